//! Projects, keys, accounts, sessions.

use super::{now, open};
use crate::model::account::{ApiToken, Role, Session, TokenHash};
use crate::model::ids::{AccountId, ProjectId, PublicKey};
use crate::model::project::{ProjectEdit, ProjectSettings};
use crate::store::StoreError;

#[test]
fn projects_and_keys_survive_a_restart_and_stay_unique() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = open(dir.path());
    let (first_key, second_key) = (PublicKey([1; 16]), PublicKey([2; 16]));
    let shop = store.create_project("shop", "Shop", Some("python"), first_key, now()).expect("created");
    let pay = store.create_project("pay", "Pay", None, second_key, now()).expect("created");
    assert_eq!((shop.id, pay.id), (ProjectId(1), ProjectId(2)));
    let taken = store.create_project("shop", "Other", None, PublicKey([3; 16]), now());
    assert!(matches!(taken, Err(StoreError::Taken(_))));
    let taken = store.create_project("other", "Other", None, first_key, now());
    assert!(matches!(taken, Err(StoreError::Taken(_))));

    let before = store.directory();
    let settings = ProjectSettings { grouping_rules: "rule".to_owned(), ..ProjectSettings::default() };
    let edit = ProjectEdit { slug: "shop".to_owned(), name: "Shop 2".to_owned(), platform: None, settings };
    let settings = edit.settings.clone();
    store.update_project(shop.id, &edit).expect("updated");
    let mut key = before.keys[&first_key].clone();
    key.enabled = false;
    store.put_key(&key).expect("put");
    key.project = pay.id;
    assert!(matches!(store.put_key(&key), Err(StoreError::Taken(_))));
    store.delete_key(second_key).expect("deleted");
    assert_eq!(before.projects[&shop.id].name, "Shop", "who holds the old directory keeps it");

    drop(store);
    let directory = open(dir.path()).directory();
    assert_eq!(directory.slugs["shop"], shop.id);
    assert_eq!(directory.projects[&shop.id].name, "Shop 2");
    assert_eq!(directory.projects[&shop.id].settings, settings);
    assert!(!directory.keys[&first_key].enabled);
    assert!(!directory.keys.contains_key(&second_key));
}

#[test]
fn the_first_account_uses_up_the_set_up_token() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = open(dir.path());
    let token = TokenHash([9; 32]);
    store.set_setup_token(Some(token)).expect("set");
    assert_eq!(store.setup_token().expect("get"), Some(token));
    let ada = store.create_first_account("Ada@Example.com", "Ada", "hash", now()).expect("created");
    assert_eq!((ada.role, ada.email.as_str()), (Role::Owner, "ada@example.com"));
    assert_eq!(store.setup_token().expect("get"), None);
    let second = store.create_first_account("eve@example.com", "Eve", "hash", now());
    assert!(matches!(second, Err(StoreError::Taken(_))));
    let again = store.create_account("ADA@example.com", "Ada", "hash", Role::Member, now());
    assert!(matches!(again, Err(StoreError::Taken(_))));
    store.create_account("bob@example.com", "Bob", "hash", Role::Member, now()).expect("created");
    assert_eq!(store.accounts().expect("list").len(), 2);
    assert_eq!(store.find_account_by_email("ADA@EXAMPLE.COM").expect("find"), Some(ada));
    assert_eq!(store.find_account(AccountId(9)).expect("find"), None);
}

#[test]
fn sessions_and_tokens_end() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = open(dir.path());
    let ada = store.create_first_account("ada@example.com", "Ada", "hash", now()).expect("created");
    let later = "2026-11-24T08:00:00Z".parse().expect("later");
    let session =
        Session { account: ada.id, created: now(), expires: later, user_agent: "Firefox".to_owned() };
    let hashes = [1, 2, 3].map(|byte| TokenHash([byte; 32]));
    store.put_session(hashes[0], &session).expect("put");
    assert_eq!(store.find_session(hashes[0], now()).expect("find"), Some(session.clone()));
    assert_eq!(store.find_session(hashes[0], later).expect("find"), None);
    store.delete_session(hashes[0]).expect("deleted");
    assert_eq!(store.find_session(hashes[0], now()).expect("find"), None);

    store.put_session(hashes[1], &session).expect("put");
    store.set_password(ada.id, "new").expect("set");
    assert_eq!(store.find_session(hashes[1], now()).expect("find"), None, "a new password signs out");
    assert_eq!(store.find_account(ada.id).expect("find").expect("there").password_hash, "new");

    let token = ApiToken {
        account: ada.id,
        name: "ci".to_owned(),
        scopes: vec!["event:read".to_owned()],
        created: now(),
        expires: Some(later),
        prefix: "lt_1".to_owned(),
    };
    let forever = ApiToken { expires: None, ..token.clone() };
    store.put_token(hashes[1], &token).expect("put");
    store.put_token(hashes[2], &forever).expect("put");
    assert_eq!(store.find_token(hashes[1], now()).expect("find"), Some(token));
    assert_eq!(store.find_token(hashes[1], later).expect("find"), None);
    store.prune(later).expect("pruned");
    assert_eq!(store.find_token(hashes[1], now()).expect("find"), None);
    assert_eq!(store.find_token(hashes[2], later).expect("find"), Some(forever));
}
