//! Accounts, sessions, tokens and the one-time set-up token. Of secrets only hashes are kept.

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::account::{Account, ApiToken, Role, Session, TokenHash};
use crate::model::ids::AccountId;
use crate::store::Store;
use crate::store::error::{Result, StoreError};
use crate::store::schema::{
    ACCOUNT_EMAILS, ACCOUNTS, SESSIONS, SETUP_TOKEN, TOKENS, Table, meta, next_number,
};

const SETUP: &str = "setup";

type Secrets = Table<&'static [u8; 32], &'static [u8]>;

impl Store {
    /// `Taken` where the address, in any case, has an account.
    pub fn create_account(
        &self,
        email: &str,
        name: &str,
        password_hash: &str,
        role: Role,
        now: Timestamp,
    ) -> Result<Account> {
        self.write(|txn| insert_account(txn, email, name, password_hash, role, now))
    }

    /// Creates the first account, an owner, and uses up the set-up token in one step; `Taken` once an account
    /// exists.
    pub fn create_first_account(
        &self,
        email: &str,
        name: &str,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<Account> {
        self.write(|txn| {
            if txn.open_table(ACCOUNTS)?.first()?.is_some() {
                return Err(StoreError::Taken("an account".to_owned()));
            }
            txn.open_table(SETUP_TOKEN)?.remove(SETUP)?;
            insert_account(txn, email, name, password_hash, Role::Owner, now)
        })
    }

    /// Also ends the account's sessions: whoever knew the old password is out.
    pub fn set_password(&self, account: AccountId, password_hash: &str) -> Result<()> {
        self.write(|txn| {
            let mut accounts = txn.open_table(ACCOUNTS)?;
            let known = accounts.get(account.0)?.map(|row| decode::<Account>(row.value())).transpose()?;
            let mut known =
                known.ok_or_else(|| StoreError::Failed(format!("there is no account {account}")))?;
            password_hash.clone_into(&mut known.password_hash);
            accounts.insert(account.0, encode(&known)?.as_slice())?;
            let is_other =
                |row: &[u8]| decode::<Session>(row).is_ok_and(|session| session.account != account);
            txn.open_table(SESSIONS)?.retain(|_, row| is_other(row))?;
            Ok(())
        })
    }

    pub fn accounts(&self) -> Result<Vec<Account>> {
        let table = self.inner.state.begin_read()?.open_table(ACCOUNTS)?;
        table.iter()?.map(|row| decode(row?.1.value())).collect()
    }

    pub fn find_account(&self, id: AccountId) -> Result<Option<Account>> {
        let table = self.inner.state.begin_read()?.open_table(ACCOUNTS)?;
        table.get(id.0)?.map(|row| decode(row.value())).transpose()
    }

    /// In any case.
    pub fn find_account_by_email(&self, email: &str) -> Result<Option<Account>> {
        let table = self.inner.state.begin_read()?.open_table(ACCOUNT_EMAILS)?;
        let id = table.get(email.to_lowercase().as_str())?.map(|id| AccountId(id.value()));
        id.map_or(Ok(None), |id| self.find_account(id))
    }

    pub fn put_session(&self, token: TokenHash, session: &Session) -> Result<()> {
        self.put_secret(SESSIONS, token, session)
    }

    /// `None` once it has expired.
    pub fn find_session(&self, token: TokenHash, now: Timestamp) -> Result<Option<Session>> {
        let found: Option<Session> = self.find_secret(SESSIONS, token)?;
        Ok(found.filter(|session| session.expires > now))
    }

    pub fn delete_session(&self, token: TokenHash) -> Result<()> {
        self.write(|txn| Ok(txn.open_table(SESSIONS)?.remove(&token.0).map(drop)?))
    }

    pub fn put_token(&self, token: TokenHash, record: &ApiToken) -> Result<()> {
        self.put_secret(TOKENS, token, record)
    }

    /// Ends the account's tokens, all but one.
    pub fn delete_tokens(&self, account: AccountId, but: Option<TokenHash>) -> Result<()> {
        self.write(|txn| {
            let goes = |row: &[u8]| decode::<ApiToken>(row).is_ok_and(|token| token.account == account);
            let stays = |hash: &[u8; 32]| but.is_some_and(|but| but.0 == *hash);
            txn.open_table(TOKENS)?.retain(|hash, row| stays(hash) || !goes(row))?;
            Ok(())
        })
    }

    /// `None` once it has expired.
    pub fn find_token(&self, token: TokenHash, now: Timestamp) -> Result<Option<ApiToken>> {
        let found: Option<ApiToken> = self.find_secret(TOKENS, token)?;
        Ok(found.filter(|record| record.expires.is_none_or(|expires| expires > now)))
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

    fn put_secret(&self, table: Secrets, token: TokenHash, record: &impl Serialize) -> Result<()> {
        self.write(|txn| Ok(txn.open_table(table)?.insert(&token.0, encode(record)?.as_slice()).map(drop)?))
    }

    fn find_secret<T: DeserializeOwned>(&self, table: Secrets, token: TokenHash) -> Result<Option<T>> {
        let table = self.inner.state.begin_read()?.open_table(table)?;
        table.get(&token.0)?.map(|row| decode(row.value())).transpose()
    }

    /// A small transaction of its own.
    pub(super) fn write<T>(&self, change: impl FnOnce(&WriteTransaction) -> Result<T>) -> Result<T> {
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let answer = change(&txn)?;
        txn.commit()?;
        Ok(answer)
    }
}

fn insert_account(
    txn: &WriteTransaction,
    email: &str,
    name: &str,
    password_hash: &str,
    role: Role,
    now: Timestamp,
) -> Result<Account> {
    let email = email.to_lowercase();
    let mut emails = txn.open_table(ACCOUNT_EMAILS)?;
    if emails.get(email.as_str())?.is_some() {
        return Err(StoreError::Taken(email));
    }
    let account = Account {
        id: AccountId(next_number(txn, meta::LAST_ACCOUNT)?),
        email,
        name: name.to_owned(),
        password_hash: password_hash.to_owned(),
        role,
        created: now,
    };
    emails.insert(account.email.as_str(), account.id.0)?;
    txn.open_table(ACCOUNTS)?.insert(account.id.0, encode(&account)?.as_slice())?;
    Ok(account)
}

/// Removes sessions and tokens that have expired.
pub(super) fn prune(txn: &WriteTransaction, now: Timestamp) -> Result<()> {
    let lives = |row: &[u8]| decode::<Session>(row).is_ok_and(|session| session.expires > now);
    txn.open_table(SESSIONS)?.retain(|_, row| lives(row))?;
    let lives = |row: &[u8]| {
        decode::<ApiToken>(row).is_ok_and(|token| token.expires.is_none_or(|expires| expires > now))
    };
    txn.open_table(TOKENS)?.retain(|_, row| lives(row))?;
    Ok(())
}

fn encode(record: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(record).map_err(StoreError::failed)
}

fn decode<T: DeserializeOwned>(row: &[u8]) -> Result<T> {
    serde_json::from_slice(row).map_err(StoreError::failed)
}
