//! `lighttrace user …` and `lighttrace token …`: for whoever has the machine and no password.

use anyhow::{Context, bail};
use jiff::Timestamp;

use crate::api::auth::{bootstrap, password};
use crate::config::Config;
use crate::model::account::{Account, Role};
use crate::store::Store;

pub fn add(
    config: &Config,
    email: &str,
    name: Option<&str>,
    role: &str,
    password: &str,
) -> anyhow::Result<()> {
    let role = match role {
        "viewer" => Role::Viewer,
        "member" => Role::Member,
        "admin" => Role::Admin,
        "owner" => Role::Owner,
        other => bail!("`{other}` is no role: expected viewer, member, admin or owner"),
    };
    let email = email.trim().to_lowercase();
    if !email.contains('@') {
        bail!("`{email}` is no email address");
    }
    check(password)?;
    let store = open(config)?;
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default());
    store.create_account(&email, name, &password::hash(password), role, Timestamp::now())?;
    println!("Added {email}.");
    Ok(())
}

pub fn set_password(config: &Config, email: &str, password: &str) -> anyhow::Result<()> {
    check(password)?;
    let store = open(config)?;
    let account = find(&store, email)?;
    store.set_password(account.id, &password::hash(password))?;
    println!("Changed the password of {}.", account.email);
    Ok(())
}

pub fn add_token(
    config: &Config,
    name: &str,
    email: Option<&str>,
    scopes: Vec<String>,
) -> anyhow::Result<()> {
    let store = open(config)?;
    let owner = if let Some(email) = email {
        find(&store, email)?
    } else {
        let owner = store.accounts()?.into_iter().find(|account| account.role == Role::Owner);
        owner.context("there is no owner yet: add one with `lighttrace user add --role owner`")?
    };
    let token = bootstrap::add_token(&store, owner.id, name, scopes, Timestamp::now())?;
    println!("{token}");
    Ok(())
}

fn check(password: &str) -> anyhow::Result<()> {
    let least = password::PASSWORD_BYTES_MIN;
    if !(least..=password::PASSWORD_BYTES_MAX).contains(&password.len()) {
        bail!("a password has at least {least} characters");
    }
    Ok(())
}

fn find(store: &Store, email: &str) -> anyhow::Result<Account> {
    let email = email.trim().to_lowercase();
    store.find_account_by_email(&email)?.with_context(|| format!("nobody has the address {email}"))
}

fn open(config: &Config) -> anyhow::Result<Store> {
    let store = Store::open(&config.data_dir, Timestamp::now());
    store.context("the server must be stopped for this command")
}
