//! Accounts, and the one-time set-up token. Who was removed stays as a row with a name and without a way in.

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::account::{Account, Role, TokenHash};
use crate::model::audit::{Action, Actor, Entry};
use crate::model::ids::{AccountId, ProjectId};
use crate::store::error::{Result, StoreError};
use crate::store::json::{decode, encode};
use crate::store::schema::{ACCOUNT_EMAILS, ACCOUNTS, SETUP_TOKEN, meta, next_number};
use crate::store::{Store, audit, invitations, sessions};

const SETUP: &str = "setup";
const LAST_OWNER: &str = "The last owner stays: make somebody else an owner first";
const NOT_YOURS: &str = "You may not change somebody with this role";

/// What is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub projects: Option<Option<Vec<ProjectId>>>,
}

impl Store {
    /// `Taken` where the address, in any case, has an account.
    pub fn create_account(
        &self,
        email: &str,
        name: &str,
        password_hash: &str,
        role: Role,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Account> {
        self.write(|txn| {
            let account = NewAccount { email, name, password_hash, role, projects: None };
            let account = account.insert(txn, next_number(txn, meta::LAST_ACCOUNT)?, now)?;
            let entry = Entry::new(now, by.clone(), Action::MemberAdd, account.email.clone());
            audit::write(txn, &entry.with("role", role.as_str()))?;
            // Who had been invited has come in another way.
            invitations::remove_of_email(txn, &account.email)?;
            Ok(account)
        })
    }

    /// Creates the first account, an owner, and uses up the set-up token in one step; `Taken` once an account
    /// exists.
    pub fn create_first_account(
        &self,
        email: &str,
        name: &str,
        password_hash: &str,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Account> {
        self.write(|txn| {
            if txn.open_table(ACCOUNTS)?.first()?.is_some() {
                return Err(StoreError::Taken("an account".to_owned()));
            }
            txn.open_table(SETUP_TOKEN)?.remove(SETUP)?;
            let account = NewAccount { email, name, password_hash, role: Role::Owner, projects: None };
            let account = account.insert(txn, next_number(txn, meta::LAST_ACCOUNT)?, now)?;
            let by = Actor { account: Some(account.id), label: account.email.clone(), ..by.clone() };
            let entry = Entry::new(now, by, Action::MemberAdd, account.email.clone());
            audit::write(txn, &entry.with("role", Role::Owner.as_str()))?;
            Ok(account)
        })
    }

    /// Also ends the account's sessions, all but one: whoever knew the old password is out.
    pub fn set_password(
        &self,
        account: AccountId,
        password_hash: &str,
        but: Option<TokenHash>,
        action: Action,
        by: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|txn| {
            let mut known = active(txn, account)?;
            password_hash.clone_into(&mut known.password_hash);
            put(txn, &known)?;
            sessions::end_of(txn, account, but)?;
            audit::write(txn, &Entry::new(now, by.clone(), action, known.email))
        })
    }

    /// Renames somebody, or gives another role or other projects, as far as `role` governs theirs and the new one;
    /// `None`: what people may change about themselves. The last owner stays one.
    pub fn change_account(
        &self,
        id: AccountId,
        change: &AccountChange,
        role: Option<Role>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Account> {
        self.write(|txn| {
            let mut account = active(txn, id)?;
            let before = account.clone();
            account.name = change.name.clone().unwrap_or(account.name);
            account.role = change.role.unwrap_or(account.role);
            account.projects = change.projects.clone().unwrap_or(account.projects);
            let reaches_more = (account.role, &account.projects) != (before.role, &before.projects);
            let is_governed = role.is_some_and(|by| by.governs(before.role) && by.governs(account.role));
            if !is_governed && (reaches_more || by.account != Some(id)) {
                return Err(StoreError::Refused(NOT_YOURS));
            }
            if account.role < before.role {
                keep_an_owner(txn, &before)?;
                invitations::remove_made_by(txn, id)?;
            }
            if account == before {
                return Ok(account);
            }
            put(txn, &account)?;
            let action = if reaches_more { Action::MemberEdit } else { Action::ProfileEdit };
            let mut entry = Entry::new(now, by.clone(), action, account.email.clone());
            if account.role != before.role {
                entry = entry.with("role", format!("{} → {}", before.role.as_str(), account.role.as_str()));
            }
            if account.projects != before.projects {
                entry = entry.with("projects", self.shown(account.projects.as_deref()));
            }
            if account.name != before.name {
                entry = entry.with("name", account.name.clone());
            }
            audit::write(txn, &entry)?;
            Ok(account)
        })
    }

    /// Ends the account, its sessions, its tokens and the invitations it made. Its name stays in histories.
    pub fn remove_account(&self, id: AccountId, role: Role, by: &Actor, now: Timestamp) -> Result<()> {
        self.write(|txn| {
            let account = active(txn, id)?;
            // Anybody may leave.
            if !role.governs(account.role) && by.account != Some(id) {
                return Err(StoreError::Refused(NOT_YOURS));
            }
            keep_an_owner(txn, &account)?;
            sessions::end_all_of(txn, id)?;
            invitations::remove_made_by(txn, id)?;
            txn.open_table(ACCOUNT_EMAILS)?.remove(account.email.as_str())?;
            audit::write(txn, &Entry::new(now, by.clone(), Action::MemberRemove, account.email.clone()))?;
            put(txn, &Account { removed: Some(now), password_hash: String::new(), ..account })
        })
    }

    /// Those who can sign in.
    pub fn accounts(&self) -> Result<Vec<Account>> {
        Ok(self.everyone()?.into_iter().filter(|account| account.removed.is_none()).collect())
    }

    /// Also those who were removed, for the names in histories.
    pub fn everyone(&self) -> Result<Vec<Account>> {
        let table = self.inner.state.begin_read()?.open_table(ACCOUNTS)?;
        table.iter()?.map(|row| decode(row?.1.value())).collect()
    }

    /// Unless it was removed.
    pub fn find_account(&self, id: AccountId) -> Result<Option<Account>> {
        let table = self.inner.state.begin_read()?.open_table(ACCOUNTS)?;
        let account = table.get(id.0)?.map(|row| decode::<Account>(row.value())).transpose()?;
        Ok(account.filter(|account| account.removed.is_none()))
    }

    /// In any case; unless it was removed.
    pub fn find_account_by_email(&self, email: &str) -> Result<Option<Account>> {
        let table = self.inner.state.begin_read()?.open_table(ACCOUNT_EMAILS)?;
        let id = table.get(email.to_lowercase().as_str())?.map(|id| AccountId(id.value()));
        id.map_or(Ok(None), |id| self.find_account(id))
    }

    /// The hash of the one-time set-up token.
    pub fn set_setup_token(&self, token: Option<TokenHash>) -> Result<()> {
        self.write(|txn| {
            let mut table = txn.open_table(SETUP_TOKEN)?;
            match token {
                Some(token) => table.insert(SETUP, &token.0)?,
                None => table.remove(SETUP)?,
            };
            Ok(())
        })
    }

    pub fn setup_token(&self) -> Result<Option<TokenHash>> {
        let table = self.inner.state.begin_read()?.open_table(SETUP_TOKEN)?;
        Ok(table.get(SETUP)?.map(|row| TokenHash(*row.value())))
    }

    /// Which projects, for the audit log.
    pub(super) fn shown(&self, projects: Option<&[ProjectId]>) -> String {
        let Some(projects) = projects else { return "all".to_owned() };
        let directory = self.directory();
        let slugs = projects.iter().filter_map(|id| Some(directory.projects.get(id)?.slug.as_str()));
        slugs.collect::<Vec<_>>().join(" ")
    }
}

pub(super) struct NewAccount<'a> {
    pub email: &'a str,
    pub name: &'a str,
    pub password_hash: &'a str,
    pub role: Role,
    pub projects: Option<Vec<ProjectId>>,
}

impl NewAccount<'_> {
    /// `Taken` where the address has an account.
    pub fn insert(self, txn: &WriteTransaction, id: u64, now: Timestamp) -> Result<Account> {
        let email = self.email.to_lowercase();
        let mut emails = txn.open_table(ACCOUNT_EMAILS)?;
        if emails.get(email.as_str())?.is_some() {
            return Err(StoreError::Taken(email));
        }
        let account = Account {
            id: AccountId(id),
            email,
            name: self.name.to_owned(),
            password_hash: self.password_hash.to_owned(),
            role: self.role,
            projects: self.projects,
            created: now,
            removed: None,
        };
        emails.insert(account.email.as_str(), id)?;
        put(txn, &account)?;
        Ok(account)
    }
}

/// `Gone` where it never was or was removed.
pub(super) fn active(txn: &WriteTransaction, id: AccountId) -> Result<Account> {
    let table = txn.open_table(ACCOUNTS)?;
    let account = table.get(id.0)?.map(|row| decode::<Account>(row.value())).transpose()?;
    account.filter(|account| account.removed.is_none()).ok_or(StoreError::Gone)
}

fn put(txn: &WriteTransaction, account: &Account) -> Result<()> {
    txn.open_table(ACCOUNTS)?.insert(account.id.0, encode(account)?.as_slice())?;
    Ok(())
}

/// Refuses what would leave nobody who may do everything.
fn keep_an_owner(txn: &WriteTransaction, goes: &Account) -> Result<()> {
    if goes.role != Role::Owner {
        return Ok(());
    }
    for row in txn.open_table(ACCOUNTS)?.iter()? {
        let other: Account = decode(row?.1.value())?;
        if other.id != goes.id && other.role == Role::Owner && other.removed.is_none() {
            return Ok(());
        }
    }
    Err(StoreError::Refused(LAST_OWNER))
}
