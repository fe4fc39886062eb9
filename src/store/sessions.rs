//! Sessions of browsers and API tokens: what a secret stands for. Only hashes are keys here.

use std::collections::HashMap;
use std::net::IpAddr;

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::account::{ApiToken, Session, TokenHash};
use crate::model::audit::{Action, Actor, Entry};
use crate::model::ids::AccountId;
use crate::store::accounts::active;
use crate::store::error::{Result, StoreError};
use crate::store::json::{decode, encode};
use crate::store::schema::{SESSIONS, TOKENS, Table};
use crate::store::{Store, audit};

/// Of one account; the one that was made first makes room.
pub const SESSIONS_MAX: usize = 50;
/// Of one account.
pub const TOKENS_MAX: usize = 100;

type Secrets = Table<&'static [u8; 32], &'static [u8]>;

impl Store {
    /// Signs a browser in. `Gone` where the account or the password that was judged has changed meanwhile.
    pub fn open_session(
        &self,
        token: TokenHash,
        session: &Session,
        password_hash: &str,
        by: &Actor,
    ) -> Result<()> {
        self.write(|txn| {
            let account = active(txn, session.account)?;
            if account.password_hash != password_hash {
                return Err(StoreError::Gone);
            }
            let mut others: Vec<(TokenHash, Session)> = owned(txn, SESSIONS, account.id)?;
            others.sort_by_key(|(_, other)| other.created);
            let mut table = txn.open_table(SESSIONS)?;
            for (oldest, _) in others.iter().take((others.len() + 1).saturating_sub(SESSIONS_MAX)) {
                table.remove(&oldest.0)?;
            }
            table.insert(&token.0, encode(session)?.as_slice())?;
            audit::write(txn, &Entry::new(session.created, by.clone(), Action::SignIn, account.email))
        })
    }

    /// `None` once it has expired.
    pub fn find_session(&self, token: TokenHash, now: Timestamp) -> Result<Option<Session>> {
        let found: Option<Session> = self.find_secret(SESSIONS, token)?;
        Ok(found.filter(|session| session.expires > now))
    }

    /// Those that have not expired, newest first.
    pub fn sessions_of(&self, account: AccountId, now: Timestamp) -> Result<Vec<(TokenHash, Session)>> {
        let mut sessions: Vec<(TokenHash, Session)> = self.secrets_of(SESSIONS, account)?;
        sessions.retain(|(_, session)| session.expires > now);
        sessions.sort_by_key(|(_, session)| std::cmp::Reverse(session.created));
        Ok(sessions)
    }

    /// Ends those of the account's sessions that `ends` names; answers how many there were.
    pub fn end_sessions(
        &self,
        account: AccountId,
        ends: impl Fn(TokenHash) -> bool,
        action: Action,
        by: &Actor,
        now: Timestamp,
    ) -> Result<usize> {
        self.write(|txn| {
            let mut sessions: Vec<(TokenHash, Session)> = owned(txn, SESSIONS, account)?;
            sessions.retain(|(hash, _)| ends(*hash));
            let mut table = txn.open_table(SESSIONS)?;
            for (hash, session) in &sessions {
                table.remove(&hash.0)?;
                audit::write(txn, &Entry::new(now, by.clone(), action, session.user_agent.clone()))?;
            }
            Ok(sessions.len())
        })
    }

    /// `Refused` where the account has as many as it may.
    pub fn put_token(&self, token: TokenHash, record: &ApiToken, by: &Actor) -> Result<()> {
        self.write(|txn| {
            if owned::<ApiToken>(txn, TOKENS, record.account)?.len() >= TOKENS_MAX {
                return Err(StoreError::Refused("An account has at most 100 API tokens: remove one first"));
            }
            txn.open_table(TOKENS)?.insert(&token.0, encode(record)?.as_slice())?;
            let scopes = record.scopes.join(" ");
            let entry = Entry::new(record.created, by.clone(), Action::TokenAdd, record.name.clone());
            audit::write(txn, &entry.with("scopes", scopes))
        })
    }

    /// Those that have not expired, newest first.
    pub fn tokens_of(&self, account: AccountId, now: Timestamp) -> Result<Vec<(TokenHash, ApiToken)>> {
        let mut tokens: Vec<(TokenHash, ApiToken)> = self.secrets_of(TOKENS, account)?;
        tokens.retain(|(_, token)| token.expires.is_none_or(|expires| expires > now));
        tokens.sort_by_key(|(_, token)| std::cmp::Reverse(token.created));
        Ok(tokens)
    }

    /// `Gone` where the account has no such token.
    pub fn delete_token(&self, account: AccountId, id: &str, by: &Actor, now: Timestamp) -> Result<()> {
        self.write(|txn| {
            let tokens: Vec<(TokenHash, ApiToken)> = owned(txn, TOKENS, account)?;
            let found = tokens.into_iter().find(|(hash, _)| hash.id() == id);
            let (hash, token) = found.ok_or(StoreError::Gone)?;
            txn.open_table(TOKENS)?.remove(&hash.0)?;
            audit::write(txn, &Entry::new(now, by.clone(), Action::TokenRemove, token.name))
        })
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

    /// Notes that a session or a token is in use. Nothing where it has ended.
    pub fn touch(&self, secret: TokenHash, address: Option<IpAddr>, now: Timestamp) -> Result<()> {
        self.write(|txn| {
            change(txn, SESSIONS, secret, |session: &mut Session| {
                session.last_active = Some(now);
                session.address = address.or(session.address);
            })?;
            change(txn, TOKENS, secret, |token: &mut ApiToken| token.last_used = Some(now))
        })
    }

    /// When each account was last seen, by what it still has.
    pub fn last_active(&self) -> Result<HashMap<AccountId, Timestamp>> {
        let txn = self.inner.state.begin_read()?;
        let mut last: HashMap<AccountId, Timestamp> = HashMap::new();
        let mut see = |account, at: Option<Timestamp>| {
            let known = last.entry(account).or_default();
            *known = at.map_or(*known, |at| at.max(*known));
        };
        for row in txn.open_table(SESSIONS)?.iter()? {
            let session: Session = decode(row?.1.value())?;
            see(session.account, session.last_active.or(Some(session.created)));
        }
        for row in txn.open_table(TOKENS)?.iter()? {
            let token: ApiToken = decode(row?.1.value())?;
            see(token.account, token.last_used);
        }
        last.retain(|_, at| *at > Timestamp::UNIX_EPOCH);
        Ok(last)
    }

    fn find_secret<T: DeserializeOwned>(&self, table: Secrets, token: TokenHash) -> Result<Option<T>> {
        let table = self.inner.state.begin_read()?.open_table(table)?;
        table.get(&token.0)?.map(|row| decode(row.value())).transpose()
    }

    fn secrets_of<T: Owned>(&self, table: Secrets, account: AccountId) -> Result<Vec<(TokenHash, T)>> {
        of(&self.inner.state.begin_read()?.open_table(table)?, account)
    }
}

/// What belongs to an account.
trait Owned: DeserializeOwned {
    fn account(&self) -> AccountId;
}

impl Owned for Session {
    fn account(&self) -> AccountId {
        self.account
    }
}

impl Owned for ApiToken {
    fn account(&self) -> AccountId {
        self.account
    }
}

fn owned<T: Owned>(
    txn: &WriteTransaction,
    table: Secrets,
    account: AccountId,
) -> Result<Vec<(TokenHash, T)>> {
    of(&txn.open_table(table)?, account)
}

/// Walks all: there are few people, each with few.
fn of<T: Owned>(
    table: &impl ReadableTable<&'static [u8; 32], &'static [u8]>,
    account: AccountId,
) -> Result<Vec<(TokenHash, T)>> {
    let mut found = Vec::new();
    for row in table.iter()? {
        let (hash, row) = row?;
        let record: T = decode(row.value())?;
        if record.account() == account {
            found.push((TokenHash(*hash.value()), record));
        }
    }
    Ok(found)
}

fn change<T: DeserializeOwned + Serialize>(
    txn: &WriteTransaction,
    table: Secrets,
    secret: TokenHash,
    change: impl FnOnce(&mut T),
) -> Result<()> {
    let mut table = txn.open_table(table)?;
    let known = table.get(&secret.0)?.map(|row| decode::<T>(row.value())).transpose()?;
    if let Some(mut record) = known {
        change(&mut record);
        table.insert(&secret.0, encode(&record)?.as_slice())?;
    }
    Ok(())
}

/// Ends the account's sessions, all but one.
pub(super) fn end_of(txn: &WriteTransaction, account: AccountId, but: Option<TokenHash>) -> Result<()> {
    let is_theirs = |row: &[u8]| decode::<Session>(row).is_ok_and(|session| session.account == account);
    let stays = |hash: &[u8; 32]| but.is_some_and(|but| but.0 == *hash);
    txn.open_table(SESSIONS)?.retain(|hash, row| stays(hash) || !is_theirs(row))?;
    Ok(())
}

/// Ends all that somebody who was removed could still come in with.
pub(super) fn end_all_of(txn: &WriteTransaction, account: AccountId) -> Result<()> {
    end_of(txn, account, None)?;
    let is_theirs = |row: &[u8]| decode::<ApiToken>(row).is_ok_and(|token| token.account == account);
    txn.open_table(TOKENS)?.retain(|_, row| !is_theirs(row))?;
    Ok(())
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
