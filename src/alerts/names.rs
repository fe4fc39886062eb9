//! What people and channels are called in sentences.

use crate::alerts::messages::plain;
use crate::model::ids::AccountId;
use crate::model::incident::Actor;
use crate::store::{Result, Store};

const NAME_LETTERS_MAX: usize = 100;

/// Who did something: "Ada", "a link sent to #ops".
pub fn actor(store: &Store, actor: Actor) -> Result<String> {
    Ok(match actor {
        Actor::Person { account } => person(store, account)?.unwrap_or_else(|| "somebody".to_owned()),
        Actor::Target { target } => match store.find_notification_target(target)? {
            Some(target) => format!("a link sent to {}", plain::line(&target.name, NAME_LETTERS_MAX)),
            None => "a link in a message".to_owned(),
        },
        Actor::Instance => "the instance's token".to_owned(),
    })
}

/// By name, else by address.
pub fn person(store: &Store, id: AccountId) -> Result<Option<String>> {
    let account = store.find_account(id)?;
    Ok(account.map(|account| {
        let name = plain::line(&account.name, NAME_LETTERS_MAX);
        if name.is_empty() { account.email } else { name }
    }))
}
