//! Roles, invitations, removal: who may do what to whom, whatever the caller forgot to check.

use jiff::{SignedDuration, Timestamp};

use super::{now, open};
use crate::model::account::{Account, Role, Session, TokenHash};
use crate::model::audit::{Action, Actor};
use crate::model::ids::{AccountId, ProjectId};
use crate::store::{AccountChange, AuditFilter, InvitationChange, NewInvitation, Store, StoreError};

fn by(account: AccountId) -> Actor {
    Actor { account: Some(account), label: "test".to_owned(), ..Actor::default() }
}

fn add(store: &Store, name: &str, role: Role) -> Account {
    let email = format!("{name}@example.com");
    store.create_account(&email, name, "hash", role, &Actor::default(), now()).expect("created")
}

fn to(role: Role) -> AccountChange {
    AccountChange { role: Some(role), ..AccountChange::default() }
}

fn invitation(email: &str, role: Role, token: u8) -> NewInvitation {
    NewInvitation { email: email.to_owned(), role, projects: None, token: TokenHash([token; 32]) }
}

fn after(hours: i64) -> Timestamp {
    now() + SignedDuration::from_hours(hours)
}

#[test]
fn nobody_gives_or_takes_a_role_above_their_own() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = open(dir.path());
    let [owner, admin, member] = [("owner", Role::Owner), ("admin", Role::Admin), ("member", Role::Member)]
        .map(|(n, r)| add(&store, n, r));
    let cases = [
        (&admin, &admin, Role::Owner, false),
        (&admin, &owner, Role::Member, false),
        (&admin, &member, Role::Owner, false),
        (&member, &member, Role::Admin, false),
        (&admin, &member, Role::Admin, true),
        (&admin, &member, Role::Member, true),
        (&owner, &member, Role::Owner, true),
        (&owner, &member, Role::Member, true),
    ];
    for (who, whom, role, allowed) in cases {
        let change = store.change_account(whom.id, &to(role), Some(who.role), &by(who.id), now());
        assert_eq!(change.is_ok(), allowed, "{} makes {} {role:?}", who.name, whom.name);
    }
    let rename = AccountChange { name: Some("New".to_owned()), ..AccountChange::default() };
    store.change_account(owner.id, &rename, None, &by(owner.id), now()).expect("one's own name");
    let renamed = store.change_account(owner.id, &rename, Some(Role::Admin), &by(admin.id), now());
    assert!(renamed.is_err(), "not that of somebody above");
    let projects = AccountChange { projects: Some(None), ..AccountChange::default() };
    store.change_account(member.id, &projects, None, &by(member.id), now()).expect("no change is no change");
    let narrowed = AccountChange { projects: Some(Some(vec![ProjectId(1)])), ..AccountChange::default() };
    let own = store.change_account(member.id, &narrowed, None, &by(member.id), now());
    assert!(matches!(own, Err(StoreError::Refused(_))), "nor one's own projects");
}

#[test]
fn the_last_owner_stays() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = open(dir.path());
    let owner = add(&store, "owner", Role::Owner);
    let demote = || store.change_account(owner.id, &to(Role::Admin), Some(Role::Owner), &by(owner.id), now());
    let leave = || store.remove_account(owner.id, Role::Owner, &by(owner.id), now());
    assert!(matches!(demote(), Err(StoreError::Refused(_))));
    assert!(matches!(leave(), Err(StoreError::Refused(_))));
    let second = add(&store, "second", Role::Owner);
    leave().expect("another owner is there");
    let last = store.remove_account(second.id, Role::Owner, &by(second.id), now());
    assert!(matches!(last, Err(StoreError::Refused(_))), "one who was removed is no owner any more");
}

#[test]
fn who_is_removed_has_no_way_back() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = open(dir.path());
    let owner = add(&store, "owner", Role::Owner);
    let admin = add(&store, "admin", Role::Admin);
    let (hash, other) = (TokenHash([1; 32]), TokenHash([2; 32]));
    let session = Session {
        account: admin.id,
        created: now(),
        expires: after(1),
        user_agent: String::new(),
        address: None,
        last_active: None,
    };
    store.open_session(hash, &session, "hash", &by(admin.id)).expect("signed in");
    store
        .invite(invitation("me2@example.com", Role::Admin, 7), Role::Admin, &by(admin.id), now())
        .expect("invited");
    store.remove_account(admin.id, Role::Owner, &by(owner.id), now()).expect("removed");

    assert_eq!(store.find_session(hash, now()).expect("find"), None);
    assert!(matches!(store.open_session(other, &session, "hash", &by(admin.id)), Err(StoreError::Gone)));
    assert_eq!(store.find_account(admin.id).expect("find"), None);
    assert_eq!(store.find_account_by_email("admin@example.com").expect("find"), None);
    assert_eq!(store.invitations().expect("list"), []);
    let names: Vec<_> = store.everyone().expect("all").into_iter().map(|account| account.name).collect();
    assert_eq!(names, ["owner", "admin"], "the name stays");
    assert_ne!(add(&store, "admin", Role::Viewer).id, admin.id, "the address may come back as somebody else");
}

#[test]
fn an_invitation_is_accepted_once_in_time_and_takes_nothing_over() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = open(dir.path());
    let owner = add(&store, "owner", Role::Owner);
    let invite = |email: &str, token| {
        store.invite(invitation(email, Role::Member, token), Role::Owner, &by(owner.id), now())
    };
    let accept =
        |token, at| store.accept_invitation(TokenHash([token; 32]), "Bob", "hash", &Actor::default(), at);
    assert!(matches!(invite("owner@example.com", 1), Err(StoreError::Taken(_))));
    let bob = invite("bob@example.com", 1).expect("invited");
    assert!(matches!(invite("bob@example.com", 2), Err(StoreError::Taken(_))));
    assert!(matches!(accept(1, after(24 * 7)), Err(StoreError::Gone)), "too late");
    let renewed = InvitationChange { token: Some(TokenHash([3; 32])), ..InvitationChange::default() };
    store.change_invitation(bob.id, renewed, Role::Owner, &by(owner.id), after(1)).expect("renewed");
    assert!(matches!(accept(1, now()), Err(StoreError::Gone)), "the old link has ended");
    let account = accept(3, after(24 * 7)).expect("accepted");
    assert_eq!((account.id, account.email.as_str(), account.role), (bob.id, "bob@example.com", Role::Member));
    assert!(matches!(accept(3, now()), Err(StoreError::Gone)), "once");

    invite("eve@example.com", 4).expect("invited");
    add(&store, "eve", Role::Viewer);
    assert!(accept(4, now()).is_err(), "she has an account by now");
    let above = store.invite(invitation("x@example.com", Role::Owner, 5), Role::Admin, &by(owner.id), now());
    assert!(matches!(above, Err(StoreError::Refused(_))));
    let again = invite("late@example.com", 6).expect("invited");
    store.revoke_invitation(again.id, Role::Admin, &by(owner.id), now()).expect("revoked");
    assert!(matches!(accept(6, now()), Err(StoreError::Gone)));
    let accepted = AuditFilter { action: Some(Action::MemberAccept), actor: Some(bob.id) };
    assert_eq!(store.audit_log(accepted, None, 10).expect("log").rows.len(), 1);
}
