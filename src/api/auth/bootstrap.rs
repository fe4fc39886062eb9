//! What exists before anybody has signed in: the token and the admin of the settings, or the set-up link.

use jiff::Timestamp;

use crate::api::auth::{hash_token, new_token, password, scopes};
use crate::config::Admin;
use crate::model::account::{ApiToken, Role};
use crate::model::ids::AccountId;
use crate::store::{Result, Store};

/// Owns the token of the settings. Accounts of people count from 1.
pub const INSTANCE: AccountId = AccountId(0);

/// The name of that token.
const SETTING: &str = "LIGHTTRACE_API_TOKEN";

/// Makes `token`, where the settings have one, the only token of the instance: one that stood there before ends.
/// Saying it again changes nothing.
pub fn ensure_token(store: &Store, token: Option<&str>, now: Timestamp) -> Result<()> {
    let hash = token.map(hash_token);
    store.delete_tokens(INSTANCE, hash)?;
    let (Some(token), Some(hash)) = (token, hash) else { return Ok(()) };
    if store.find_token(hash, now)?.is_some() {
        return Ok(());
    }
    put_token(store, token, INSTANCE, SETTING, scopes::all(), now)
}

/// Makes a random token for an account and answers it; it cannot be read again. No scopes: all of them.
pub fn add_token(
    store: &Store,
    account: AccountId,
    name: &str,
    scopes: Vec<String>,
    now: Timestamp,
) -> Result<String> {
    let (token, _) = new_token();
    let scopes = if scopes.is_empty() { scopes::all() } else { scopes };
    put_token(store, &token, account, name, scopes, now)?;
    Ok(token)
}

fn put_token(
    store: &Store,
    token: &str,
    account: AccountId,
    name: &str,
    scopes: Vec<String>,
    now: Timestamp,
) -> Result<()> {
    let record = ApiToken {
        account,
        name: name.to_owned(),
        scopes,
        created: now,
        expires: None,
        prefix: token.chars().take(4).collect(),
    };
    store.put_token(hash_token(token), &record)
}

/// Makes the first account from the settings, if there is none with that address. A password that was changed
/// since stays changed.
pub fn ensure_admin(store: &Store, admin: &Admin, now: Timestamp) -> Result<()> {
    let email = admin.email.trim().to_lowercase();
    if store.find_account_by_email(&email)?.is_some() {
        return Ok(());
    }
    let name = email.split('@').next().unwrap_or_default();
    store.create_account(&email, name, &password::hash(&admin.password), Role::Owner, now)?;
    store.set_setup_token(None)
}

/// While there is no account: a new one-time token for `/setup?token=…`. Earlier ones end.
pub fn offer_setup(store: &Store) -> Result<Option<String>> {
    if !store.accounts()?.is_empty() {
        return Ok(None);
    }
    let (token, hash) = new_token();
    store.set_setup_token(Some(hash))?;
    Ok(Some(token))
}
