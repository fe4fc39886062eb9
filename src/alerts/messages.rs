//! What a message says. It is made once, when it is first tried, of what is known then; its bytes are kept for every
//! further try.
//!
//! [`facts`] gathers a [`story::Story`] from store and search; a file for each channel gives it that channel's form.
//! Whatever events wrote is text there and nothing else: no markup, no link, no mention.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::alerts::delivery::Made;
use crate::alerts::links::LinkSigner;
use crate::alerts::messages::facts::{Gathering, Reader as Recipients};
use crate::alerts::messages::mail::Envelope;
use crate::alerts::messages::post::Sender;
use crate::config::Config;
use crate::digest::stored::Reader;
use crate::findings::FindingError;
use crate::insight::alert::{incident as incidents, wishes};
use crate::model::account::Account;
use crate::model::ids::{AccountId, AlertId, IncidentId, TargetId};
use crate::model::incident::{Incident, IncidentStatus};
use crate::model::notification::{About, Notification, Recipient, Step, Target};
use crate::search::Search;
use crate::store::{Store, StoreError};

mod chat;
mod digest;
mod discord;
mod facts;
mod mail;
mod mattermost;
mod ntfy;
mod pagerduty;
mod place;
pub(in crate::alerts) mod plain;
mod post;
mod slack;
mod story;
mod teams;
mod telegram;
mod test_message;
mod webhook;
mod why;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
mod wording;

#[derive(Debug, thiserror::Error)]
pub enum MessagesError {
    #[error(transparent)]
    Finding(#[from] FindingError),
    #[error("a template of a message: {0:#}")]
    Template(#[from] minijinja::Error),
    #[error("the body of a message: {0}")]
    Body(#[from] serde_json::Error),
}

impl From<StoreError> for MessagesError {
    fn from(error: StoreError) -> Self {
        Self::Finding(error.into())
    }
}

pub type Result<T> = std::result::Result<T, MessagesError>;

/// Makes messages. Cheap to clone.
#[derive(Clone)]
pub struct Messages {
    store: Store,
    search: Arc<Search>,
    reader: Arc<Reader>,
    signer: LinkSigner,
    /// Without a slash at the end.
    url: Arc<str>,
    /// For ids of mails.
    host: Arc<str>,
    sends_mail: bool,
}

impl Messages {
    pub fn new(
        config: &Config,
        store: Store,
        search: Arc<Search>,
        reader: Arc<Reader>,
        signer: LinkSigner,
    ) -> Self {
        let url = config.url.as_str().trim_end_matches('/').into();
        let host = config.url.host_str().unwrap_or("localhost").trim_matches(['[', ']']).into();
        Self { store, search, reader, signer, url, host, sends_mail: config.smtp.is_some() }
    }

    /// What is to be sent now. Reads much: not for an async thread.
    pub fn make(&self, notification: &Notification, now: Timestamp) -> Result<Made> {
        let to = match self.addressee(notification.recipient)? {
            Ok(to) => to,
            Err(reason) => return Ok(Made::Drop { reason: reason.to_owned() }),
        };
        match &notification.about {
            About::Incident { incident, step, alerts } => {
                self.about_incident(notification, &to, *incident, *step, alerts, now)
            }
            About::Test => self.test(notification, &to, now),
            About::Digest { from, to: until } => self.digest(notification, &to, *from, *until),
        }
    }

    fn about_incident(
        &self,
        notification: &Notification,
        to: &Addressee,
        incident: IncidentId,
        step: Step,
        alerts: &[AlertId],
        now: Timestamp,
    ) -> Result<Made> {
        let Some(incident) = self.store.find_incident(incident)? else {
            return Ok(Made::Drop { reason: "The incident is gone".to_owned() });
        };
        if let Some(otherwise) = self.unwanted(to, &incident, step, now)? {
            return Ok(otherwise);
        }
        let gathering = Gathering {
            store: &self.store,
            search: &self.search,
            reader: &self.reader,
            signer: &self.signer,
            url: &self.url,
            to: match to {
                Addressee::Person { account, zone } => Recipients::Person { account, zone },
                Addressee::Target(_) => Recipients::Target,
            },
            now,
        };
        let Some(story) = gathering.story(notification, &incident, step, alerts)? else {
            return Ok(Made::Drop { reason: "Nothing of it may be seen by this person any more".to_owned() });
        };
        let outgoing = match to {
            Addressee::Person { account, .. } => mail::mail(&story, &self.envelope(notification, account))?,
            Addressee::Target(target) => post::incident(&story, &self.sender(notification, target))?,
        };
        Ok(Made::Send(outgoing))
    }

    /// What changed since it was decided that this is told.
    fn unwanted(
        &self,
        to: &Addressee,
        incident: &Incident,
        step: Step,
        now: Timestamp,
    ) -> Result<Option<Made>> {
        let is_news = matches!(step, Step::Opened | Step::Joined | Step::Raised | Step::Reopened);
        if is_news && incident.muted.is_some() {
            let users = self.store.users_of_incident(incident)?;
            if incidents::is_muted(incident.muted.as_ref(), users, now) {
                return Ok(Some(Made::Drop { reason: "The incident is muted".to_owned() }));
            }
        }
        let Addressee::Person { account, .. } = to else { return Ok(None) };
        let preferences = self.store.preferences(account.id)?;
        let when = wishes::when(&preferences, &incident.projects, incident.severity, now);
        Ok(match when {
            None => Some(Made::Drop { reason: "This person does not want it any more".to_owned() }),
            Some(until) if until > now => {
                Some(Made::Hold { until, reason: "Quiet hours of this person".to_owned() })
            }
            Some(_) => None,
        })
    }

    fn digest(
        &self,
        notification: &Notification,
        to: &Addressee,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Made> {
        let Addressee::Person { account, zone } = to else {
            return Ok(Made::Drop { reason: "Digests are for people".to_owned() });
        };
        let preferences = &self.store.preferences(account.id)?;
        if preferences.digest.is_none() {
            return Ok(Made::Drop { reason: "This person wants no digest any more".to_owned() });
        }
        let (store, url) = (&self.store, &*self.url);
        let digest = digest::Digest { store, account, preferences, zone, url, from, to: until };
        Ok(match digest::mail(&digest, &self.envelope(notification, account))? {
            Some(outgoing) => Made::Send(outgoing),
            None => Made::Drop { reason: "Nothing happened".to_owned() },
        })
    }

    fn test(&self, notification: &Notification, to: &Addressee, now: Timestamp) -> Result<Made> {
        Ok(Made::Send(match to {
            Addressee::Person { account, zone } => {
                let envelope = self.envelope(notification, account);
                test_message::mail(&envelope, &self.url, now, zone)?
            }
            Addressee::Target(target) => {
                test_message::post(&self.sender(notification, target), &self.url, now)?
            }
        }))
    }

    /// Why nobody can be reached, in words, where nobody can.
    fn addressee(&self, recipient: Recipient) -> Result<std::result::Result<Addressee, &'static str>> {
        Ok(match recipient {
            Recipient::Person { account } => self.person(account)?,
            Recipient::Target { target } => self.target(target)?,
        })
    }

    fn person(&self, id: AccountId) -> Result<std::result::Result<Addressee, &'static str>> {
        let account = self.store.find_account(id)?.filter(|account| account.removed.is_none());
        let Some(account) = account else { return Ok(Err("This person's account was removed")) };
        if !self.sends_mail {
            return Ok(Err("No mail server is set up: see LIGHTTRACE_SMTP_URL"));
        }
        let zone = wishes::zone(&self.store.preferences(id)?.time_zone);
        Ok(Ok(Addressee::Person { account: Box::new(account), zone }))
    }

    fn target(&self, id: TargetId) -> Result<std::result::Result<Addressee, &'static str>> {
        Ok(match self.store.find_notification_target(id)? {
            None => Err("The channel was removed"),
            Some(target) if !target.enabled => Err("The channel is switched off"),
            Some(target) => Ok(Addressee::Target(Box::new(target))),
        })
    }

    fn envelope(&self, notification: &Notification, account: &Account) -> Envelope {
        let (to, key) = (account.email.clone(), notification.key.clone());
        Envelope { to, key, host: self.host.to_string() }
    }

    fn sender<'a>(&'a self, notification: &'a Notification, target: &'a Target) -> Sender<'a> {
        Sender { target, key: &notification.key, decided: notification.decided, url: &self.url }
    }
}

/// Who is told, as they are now.
enum Addressee {
    Person { account: Box<Account>, zone: TimeZone },
    Target(Box<Target>),
}

/// Whether there is something to be done about it.
fn is_open(incident: &Incident) -> bool {
    incident.status != IncidentStatus::Resolved
}
