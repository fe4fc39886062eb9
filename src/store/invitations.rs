//! Invitations: who was asked to join, as what, until when. Of the link's secret only the hash is kept.

use jiff::{SignedDuration, Timestamp};
use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use crate::model::account::{Account, Invitation, Role, TokenHash};
use crate::model::audit::{Action, Actor, Entry};
use crate::model::ids::{AccountId, ProjectId};
use crate::store::accounts::NewAccount;
use crate::store::error::{Result, StoreError};
use crate::store::json::{decode, encode};
use crate::store::schema::{ACCOUNT_EMAILS, INVITATIONS, meta, next_number};
use crate::store::{Store, audit};

pub const INVITATION_DAYS: i64 = 7;
/// One that has expired can be renewed for this long.
const KEPT_DAYS: i64 = 30;
const INVITATIONS_MAX: u64 = 500;
const NOT_YOURS: &str = "You may not invite somebody with this role";

/// Whom to invite, and as what.
pub struct NewInvitation {
    /// Lower case.
    pub email: String,
    pub role: Role,
    pub projects: Option<Vec<ProjectId>>,
    pub token: TokenHash,
}

/// What is `None` stays as it is.
#[derive(Default)]
pub struct InvitationChange {
    pub role: Option<Role>,
    pub projects: Option<Option<Vec<ProjectId>>>,
    /// A new secret starts the time anew, and the old link ends.
    pub token: Option<TokenHash>,
}

impl Store {
    /// `Taken` where the address has an account or an invitation.
    pub fn invite(&self, new: NewInvitation, role: Role, by: &Actor, now: Timestamp) -> Result<Invitation> {
        let NewInvitation { email, role: given, projects, token } = new;
        self.write(|txn| {
            if !role.governs(given) {
                return Err(StoreError::Refused(NOT_YOURS));
            }
            let is_invited = all(txn)?.iter().any(|invitation| invitation.email == email);
            if is_invited || txn.open_table(ACCOUNT_EMAILS)?.get(email.as_str())?.is_some() {
                return Err(StoreError::Taken(email));
            }
            if txn.open_table(INVITATIONS)?.len()? >= INVITATIONS_MAX {
                return Err(StoreError::Refused("Too many invitations are open: revoke some first"));
            }
            let invitation = Invitation {
                id: AccountId(next_number(txn, meta::LAST_ACCOUNT)?),
                email,
                role: given,
                projects,
                invited_by: by.account,
                created: now,
                expires: now + SignedDuration::from_hours(24 * INVITATION_DAYS),
                token,
            };
            put(txn, &invitation)?;
            audit::write(txn, &self.noted(&invitation, Action::MemberInvite, by, now))?;
            Ok(invitation)
        })
    }

    /// `Gone` where it was accepted or revoked.
    pub fn change_invitation(
        &self,
        id: AccountId,
        change: InvitationChange,
        role: Role,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Invitation> {
        self.write(|txn| {
            let mut invitation = get(txn, id)?;
            let given = change.role.unwrap_or(invitation.role);
            if !role.governs(invitation.role) || !role.governs(given) {
                return Err(StoreError::Refused(NOT_YOURS));
            }
            invitation.role = given;
            invitation.projects = change.projects.unwrap_or(invitation.projects);
            let mut action = Action::MemberEdit;
            if let Some(token) = change.token {
                invitation.token = token;
                invitation.expires = now + SignedDuration::from_hours(24 * INVITATION_DAYS);
                // Who renews it answers for it.
                invitation.invited_by = by.account;
                action = Action::MemberReinvite;
            }
            put(txn, &invitation)?;
            audit::write(txn, &self.noted(&invitation, action, by, now))?;
            Ok(invitation)
        })
    }

    /// `Gone` where it was accepted or revoked.
    pub fn revoke_invitation(&self, id: AccountId, role: Role, by: &Actor, now: Timestamp) -> Result<()> {
        self.write(|txn| {
            let invitation = get(txn, id)?;
            if !role.governs(invitation.role) {
                return Err(StoreError::Refused(NOT_YOURS));
            }
            txn.open_table(INVITATIONS)?.remove(id.0)?;
            audit::write(txn, &self.noted(&invitation, Action::MemberRevoke, by, now))
        })
    }

    /// Makes the account and uses the invitation up in one step. `Gone` where it is none any more, `Taken` where the
    /// address has an account by now.
    pub fn accept_invitation(
        &self,
        token: TokenHash,
        name: &str,
        password_hash: &str,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Account> {
        self.write(|txn| {
            let invitation = all(txn)?.into_iter().find(|row| row.token == token && row.expires > now);
            let invitation = invitation.ok_or(StoreError::Gone)?;
            txn.open_table(INVITATIONS)?.remove(invitation.id.0)?;
            let account = NewAccount {
                email: &invitation.email,
                name,
                password_hash,
                role: invitation.role,
                projects: invitation.projects.clone(),
            };
            let account = account.insert(txn, invitation.id.0, now)?;
            let by = Actor { account: Some(account.id), label: account.email.clone(), ..by.clone() };
            audit::write(txn, &self.noted(&invitation, Action::MemberAccept, &by, now))?;
            Ok(account)
        })
    }

    fn noted(&self, invitation: &Invitation, action: Action, by: &Actor, now: Timestamp) -> Entry {
        Entry::new(now, by.clone(), action, invitation.email.clone())
            .with("role", invitation.role.as_str())
            .with("projects", self.shown(invitation.projects.as_deref()))
    }

    /// In the order in which they were made, expired ones too.
    pub fn invitations(&self) -> Result<Vec<Invitation>> {
        let table = self.inner.state.begin_read()?.open_table(INVITATIONS)?;
        table.iter()?.map(|row| decode(row?.1.value())).collect()
    }

    pub fn find_invitation(&self, id: AccountId) -> Result<Option<Invitation>> {
        let table = self.inner.state.begin_read()?.open_table(INVITATIONS)?;
        table.get(id.0)?.map(|row| decode(row.value())).transpose()
    }

    /// `None` once it has expired, was accepted or revoked.
    pub fn find_invitation_by_token(&self, token: TokenHash, now: Timestamp) -> Result<Option<Invitation>> {
        let mut invitations = self.invitations()?.into_iter();
        Ok(invitations.find(|invitation| invitation.token == token && invitation.expires > now))
    }
}

fn put(txn: &WriteTransaction, invitation: &Invitation) -> Result<()> {
    txn.open_table(INVITATIONS)?.insert(invitation.id.0, encode(invitation)?.as_slice())?;
    Ok(())
}

fn get(txn: &WriteTransaction, id: AccountId) -> Result<Invitation> {
    let table = txn.open_table(INVITATIONS)?;
    let found = table.get(id.0)?.map(|row| decode(row.value())).transpose()?;
    found.ok_or(StoreError::Gone)
}

fn all(txn: &WriteTransaction) -> Result<Vec<Invitation>> {
    txn.open_table(INVITATIONS)?.iter()?.map(|row| decode(row?.1.value())).collect()
}

/// Who lost their say invites nobody: an open invitation would be a way back.
pub(super) fn remove_made_by(txn: &WriteTransaction, account: AccountId) -> Result<()> {
    retain(txn, |invitation| invitation.invited_by != Some(account))
}

pub(super) fn remove_of_email(txn: &WriteTransaction, email: &str) -> Result<()> {
    retain(txn, |invitation| invitation.email != email)
}

pub(super) fn prune(txn: &WriteTransaction, now: Timestamp) -> Result<()> {
    let kept = SignedDuration::from_hours(24 * KEPT_DAYS);
    retain(txn, |invitation| now.duration_since(invitation.expires) < kept)
}

fn retain(txn: &WriteTransaction, stays: impl Fn(&Invitation) -> bool) -> Result<()> {
    txn.open_table(INVITATIONS)?.retain(|_, row| decode(row).is_ok_and(|row| stays(&row)))?;
    Ok(())
}
