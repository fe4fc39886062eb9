//! The worker that sends messages, put together: the outbox, who writes them, the ways out.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::alerts::delivery::{Delivery, Made};
use crate::alerts::messages::Messages;
use crate::app::{Engines, link_signer};
use crate::config::Config;
use crate::digest::stored::Reader;
use crate::explain::automatic::Backlog;
use crate::model::ids::{IssueId, NotificationId};
use crate::model::notification::{About, Notification, Recipient};
use crate::outbound::Outbound;
use crate::store::{Store, StoreError};

/// A mail waits so long, beyond its own time, for an explanation that is being made of what it tells.
const EXPLANATION_WAIT: SignedDuration = SignedDuration::from_secs(20);
/// How often it looks whether it is there.
const EXPLANATION_LOOK: SignedDuration = SignedDuration::from_secs(1);
/// What is to be explained is looked for every second: a mail that is due at once gives it so long to be seen.
const EXPLANATION_GRACE: SignedDuration = SignedDuration::from_secs(3);
/// Mails that wait at once; more go out without.
const WAITING_MAX: usize = 1_000;

pub(super) fn delivery(config: &Config, engines: &Engines) -> anyhow::Result<Delivery> {
    let store = &engines.store;
    let signer = link_signer(store)?;
    let reader = Arc::new(Reader::new(store.clone(), engines.symbolicator.clone()));
    let messages = Messages::new(config, store.clone(), Arc::clone(&engines.search), reader, signer);
    let outbound = Outbound::new(engines.mailer.clone(), config);
    let waiting = Waiting {
        store: store.clone(),
        has_model: config.llm.is_some(),
        backlog: engines.backlog.clone(),
        until: Mutex::default(),
    };
    let make = Box::new(move |notification: &Notification, now| {
        if let Some(until) = waiting.hold(notification, now)? {
            return Ok(Made::Hold { until, reason: "It waits for its explanation".to_owned() });
        }
        Ok(messages.make(notification, now)?)
    });
    Ok(Delivery::new(store.clone(), outbound, Arc::clone(&engines.metrics), make))
}

/// Mails that could carry an explanation if they were sent a little later.
struct Waiting {
    store: Store,
    has_model: bool,
    backlog: Backlog,
    until: Mutex<HashMap<NotificationId, Timestamp>>,
}

impl Waiting {
    /// When to look again; `None`: it is sent as it is. People read mails; programs and chats are told at once.
    fn hold(&self, notification: &Notification, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let (About::Incident { alerts, incident, .. }, Recipient::Person { .. }) =
            (&notification.about, notification.recipient)
        else {
            return Ok(None);
        };
        if !self.has_model {
            return Ok(None);
        }
        let alerts = self.store.alerts(alerts)?;
        let mut issues: Vec<IssueId> = alerts
            .iter()
            .filter_map(|alert| alert.subject.issue())
            .map(|id| self.store.shown_issue(id))
            .collect();
        if issues.is_empty() {
            issues = self.store.find_incident(*incident)?.map(|incident| incident.issues).unwrap_or_default();
        }
        let seen = notification.decided + EXPLANATION_GRACE;
        if now < seen && self.wants_any(&issues)? {
            return Ok(Some(seen));
        }
        let mut until = self.until.lock();
        until.retain(|_, until| *until > now - EXPLANATION_WAIT);
        if !self.backlog.awaits(&issues) || until.len() >= WAITING_MAX {
            until.remove(&notification.id);
            return Ok(None);
        }
        let ends = *until.entry(notification.id).or_insert(now + EXPLANATION_WAIT);
        Ok((now < ends).then(|| now + EXPLANATION_LOOK))
    }

    fn wants_any(&self, issues: &[IssueId]) -> Result<bool, StoreError> {
        let directory = self.store.directory();
        let issues = self.store.find_issues(issues)?;
        let settings = issues.iter().filter_map(|issue| directory.projects.get(&issue.project));
        let mut settings = settings.map(|project| project.settings.explain);
        Ok(settings.any(|settings| settings.automatic && !settings.forbidden))
    }
}
