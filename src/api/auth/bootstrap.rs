//! What exists before anybody has signed in: the token and the admin of the settings, or the set-up link.

use jiff::Timestamp;

use crate::api::auth::{hash_token, new_token, password, scopes};
use crate::config::Admin;
use crate::model::account::{Account, ApiToken, Role};
use crate::model::audit::Actor;
use crate::model::ids::AccountId;
use crate::store::{Result, Store};

/// Owns the token of the settings. Accounts of people count from 1.
pub const INSTANCE: AccountId = AccountId(0);

/// The name of that token, and of whoever uses it.
pub const SETTING: &str = "LIGHTTRACE_API_TOKEN";
const ADMIN: &str = "LIGHTTRACE_ADMIN_EMAIL";

/// Makes `token`, where the settings have one, the only token of the instance: one that stood there before ends.
/// Saying it again changes nothing.
pub fn ensure_token(store: &Store, token: Option<&str>, now: Timestamp) -> Result<()> {
    let hash = token.map(hash_token);
    store.delete_tokens(INSTANCE, hash)?;
    let (Some(token), Some(hash)) = (token, hash) else { return Ok(()) };
    if store.find_token(hash, now)?.is_some() {
        return Ok(());
    }
    let record = record(token, INSTANCE, SETTING, scopes::all(), now);
    store.put_token(hash, &record, &by(SETTING))
}

/// Makes a random token for an account and answers it; it cannot be read again. No scopes: all of its role.
pub fn add_token(
    store: &Store,
    account: &Account,
    name: &str,
    scopes: Vec<String>,
    by: &Actor,
    now: Timestamp,
) -> Result<String> {
    let (token, hash) = new_token();
    let scopes = if scopes.is_empty() { scopes::of_role(account.role) } else { scopes };
    store.put_token(hash, &record(&token, account.id, name, scopes, now), by)?;
    Ok(token)
}

/// What is kept of a token.
pub fn record(token: &str, account: AccountId, name: &str, scopes: Vec<String>, now: Timestamp) -> ApiToken {
    ApiToken {
        account,
        name: name.to_owned(),
        scopes,
        created: now,
        expires: None,
        last_used: None,
        prefix: token.chars().take(4).collect(),
    }
}

/// What acts where no person does.
pub fn by(label: &str) -> Actor {
    Actor { label: label.to_owned(), ..Actor::default() }
}

/// Makes the first account from the settings, if there never was one with that address. A password that was changed
/// since stays changed, and who was removed stays out.
pub fn ensure_admin(store: &Store, admin: &Admin, now: Timestamp) -> Result<()> {
    let email = admin.email.trim().to_lowercase();
    if store.everyone()?.iter().any(|account| account.email == email) {
        return Ok(());
    }
    let name = email.split('@').next().unwrap_or_default();
    store.create_account(&email, name, &password::hash(&admin.password), Role::Owner, &by(ADMIN), now)?;
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
