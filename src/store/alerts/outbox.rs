//! Messages: those that wait to be sent, and what became of the others.

use jiff::Timestamp;
use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::model::ids::{AlertId, IncidentId, NotificationId};
use crate::model::incident::{Moment, MomentKind};
use crate::model::notification::{About, Attempt, DeliveryState, Notification, Recipient, Step};
use crate::store::alerts::heads::recipient_number;
use crate::store::alerts::{incidents, kept};
use crate::store::error::Result;
use crate::store::keys::{order_micros, pair, u64_at};
use crate::store::reading::Reading;
use crate::store::schema::{
    DEAD_LETTERS, INCIDENT_NOTIFICATIONS, NOTIFICATION_BODIES, NOTIFICATIONS, OUTBOX, meta, next_number,
};
use crate::store::{Inner, Store};

/// Alerts that one message tells of; its incident has them all.
const ALERTS_OF_MESSAGE_MAX: usize = 200;
/// Messages that one page of their list passes.
const SCAN_MAX: usize = 20_000;
/// Messages of one incident among which one that waits is looked for, the newest first.
const OF_INCIDENT_MAX: usize = 2_000;

/// Which messages are listed; what is `None` says nothing.
#[derive(Debug, Clone, Default)]
pub struct NotificationFilter {
    pub state: Option<DeliveryState>,
    pub recipient: Option<Recipient>,
    pub incident: Option<IncidentId>,
}

impl NotificationFilter {
    fn fits(&self, notification: &Notification) -> bool {
        let incident = match notification.about {
            About::Incident { incident, .. } => Some(incident),
            _ => None,
        };
        self.state.is_none_or(|state| state == notification.state)
            && self.recipient.is_none_or(|recipient| recipient == notification.recipient)
            && self.incident.is_none_or(|wanted| incident == Some(wanted))
    }
}

/// The outbox in a transaction.
pub(super) struct Outbox<'a> {
    txn: &'a WriteTransaction,
}

impl<'a> Outbox<'a> {
    pub(super) fn of(txn: &'a WriteTransaction) -> Self {
        Self { txn }
    }

    pub(super) fn add(
        &self,
        recipient: Recipient,
        about: About,
        due: Timestamp,
        now: Timestamp,
    ) -> Result<Notification> {
        let id = NotificationId(next_number(self.txn, meta::LAST_NOTIFICATION)?);
        let incident = match about {
            About::Incident { incident, .. } => Some(incident),
            _ => None,
        };
        let notification = Notification {
            id,
            key: key(id, now),
            recipient,
            about,
            decided: now,
            due,
            attempts: 0,
            state: DeliveryState::Waiting,
            ended: None,
            reason: None,
        };
        if let Some(incident) = incident {
            self.txn.open_table(INCIDENT_NOTIFICATIONS)?.insert(&pair(incident.0, id.0), ())?;
        }
        self.write(None, &notification)?;
        Ok(notification)
    }

    /// In its place in the outbox, if it waits. `before`: as it stood.
    pub(super) fn write(&self, before: Option<&Notification>, now: &Notification) -> Result<()> {
        let mut outbox = self.txn.open_table(OUTBOX)?;
        if let Some(before) = before {
            outbox.remove(&outbox_key(before))?;
        }
        if now.state == DeliveryState::Waiting {
            outbox.insert(&outbox_key(now), recipient_number(now.recipient))?;
        }
        let mut dead = self.txn.open_table(DEAD_LETTERS)?;
        match now.state {
            DeliveryState::Failed => dead.insert(now.id.0, ())?,
            _ => dead.remove(now.id.0)?,
        };
        kept::put(self.txn, NOTIFICATIONS, now.id.0, now)
    }

    /// Of an incident, what waits and was never tried; the newest first.
    pub(super) fn untried(&self, incident: IncidentId) -> Result<Vec<Notification>> {
        let mut found = Vec::new();
        for notification in of_incident(self.txn, incident)? {
            let notification = notification?;
            if notification.state == DeliveryState::Waiting && notification.attempts == 0 {
                found.push(notification);
            }
        }
        let bodies = self.txn.open_table(NOTIFICATION_BODIES)?;
        let mut untried = Vec::with_capacity(found.len());
        for notification in found {
            if bodies.get(notification.id.0)?.is_none() {
                untried.push(notification);
            }
        }
        Ok(untried)
    }

    /// There is no need for it any more.
    pub(super) fn drop(&self, notification: &Notification, reason: &str, now: Timestamp) -> Result<()> {
        let dropped = Notification {
            state: DeliveryState::Dropped,
            ended: Some(now),
            reason: Some(reason.to_owned()),
            ..notification.clone()
        };
        self.write(Some(notification), &dropped)
    }

    /// A message that has not left yet tells of this alert too, as it would have been told, and no later.
    pub(super) fn extend(
        &self,
        notification: &Notification,
        alert: AlertId,
        told: Option<(Step, Timestamp)>,
    ) -> Result<Notification> {
        let mut longer = notification.clone();
        if let About::Incident { step, alerts, .. } = &mut longer.about {
            if alerts.len() < ALERTS_OF_MESSAGE_MAX {
                alerts.push(alert);
            }
            if *step == Step::Joined {
                *step = told.map_or(Step::Joined, |(step, _)| step);
            }
        }
        longer.due = told.map_or(longer.due, |(_, due)| longer.due.min(due));
        self.write(Some(notification), &longer)?;
        Ok(longer)
    }
}

/// The newest first.
pub(super) fn of_incident(
    txn: &impl Reading,
    incident: IncidentId,
) -> Result<impl Iterator<Item = Result<Notification>>> {
    let rows = txn.table(INCIDENT_NOTIFICATIONS)?;
    let range = rows.range::<&[u8; 16]>(&pair(incident.0, 0)..=&pair(incident.0, u64::MAX))?;
    let ids: Vec<u64> =
        range.rev().take(OF_INCIDENT_MAX).map(|row| Ok(u64_at(row?.0.value(), 8))).collect::<Result<_>>()?;
    let notifications = txn.table(NOTIFICATIONS)?;
    let read = ids.into_iter().filter_map(move |id| match notifications.get(id) {
        Ok(row) => row.map(|row| crate::store::json::decode(row.value())),
        Err(error) => Some(Err(error.into())),
    });
    Ok(read)
}

/// The same for the same message whenever it is asked for; of another instance it is another.
fn key(id: NotificationId, decided: Timestamp) -> String {
    let digest = Sha256::digest(format!("notification {id} {}", decided.as_nanosecond()));
    hex::encode(&digest[..16])
}

fn outbox_key(notification: &Notification) -> [u8; 16] {
    pair(order_micros(notification.due), notification.id.0)
}

impl Inner {
    pub(super) fn wake_delivery(&self) {
        self.outbox.send_modify(|times| *times += 1);
    }
}

impl Store {
    /// Counts up whenever a message is there to be sent, or to be sent sooner.
    pub fn outbox(&self) -> watch::Receiver<u64> {
        self.inner.outbox.subscribe()
    }

    pub fn count_dead_letters(&self) -> Result<u64> {
        Ok(self.inner.state.begin_read()?.open_table(DEAD_LETTERS)?.len()?)
    }

    pub fn find_notification(&self, id: NotificationId) -> Result<Option<Notification>> {
        kept::find(&self.inner.state.begin_read()?, NOTIFICATIONS, id.0)
    }

    /// The newest first, below `before`. Looks at a bounded number; the second answer is where to go on, if there is more.
    pub fn notifications(
        &self,
        filter: &NotificationFilter,
        before: Option<NotificationId>,
        limit: usize,
    ) -> Result<(Vec<Notification>, Option<NotificationId>)> {
        let txn = self.inner.state.begin_read()?;
        let end = before.map_or(u64::MAX, |id| id.0);
        let all = txn.open_table(NOTIFICATIONS)?;
        let ids: Box<dyn Iterator<Item = Result<u64>>> = match (filter.incident, filter.state) {
            (Some(incident), _) => {
                let rows = txn.open_table(INCIDENT_NOTIFICATIONS)?;
                let range = rows.range::<&[u8; 16]>(&pair(incident.0, 0)..&pair(incident.0, end))?;
                Box::new(range.rev().map(|row| Ok(u64_at(row?.0.value(), 8))))
            }
            (None, Some(DeliveryState::Failed)) => {
                let range = txn.open_table(DEAD_LETTERS)?.range(..end)?;
                Box::new(range.rev().map(|row| Ok(row?.0.value())))
            }
            _ => Box::new(all.range(..end)?.rev().map(|row| Ok(row?.0.value()))),
        };
        let mut found = Vec::new();
        for (looked_at, id) in ids.enumerate() {
            let id = id?;
            if found.len() == limit || looked_at == SCAN_MAX {
                return Ok((found, Some(NotificationId(id + 1))));
            }
            let row = all.get(id)?.map(|row| crate::store::json::decode::<Notification>(row.value()));
            found.extend(row.transpose()?.filter(|notification| filter.fits(notification)));
        }
        Ok((found, None))
    }

    /// What it says, if it was tried.
    pub fn kept_message(&self, id: NotificationId) -> Result<Option<Vec<u8>>> {
        let table = self.inner.state.begin_read()?.open_table(NOTIFICATION_BODIES)?;
        Ok(table.get(id.0)?.map(|row| row.value().to_owned()))
    }

    /// How a try ended. Of a message that has ended it says nothing.
    pub fn note_attempt(&self, id: NotificationId, attempt: &Attempt, now: Timestamp) -> Result<()> {
        self.write(|txn| {
            let Some(before) = kept::find::<Notification>(txn, NOTIFICATIONS, id.0)? else { return Ok(()) };
            if before.state != DeliveryState::Waiting {
                return Ok(());
            }
            let mut after = before.clone();
            after.ended = Some(now);
            let was_tried = !matches!(attempt, Attempt::Dropped { .. });
            after.attempts = after.attempts.saturating_add(u32::from(was_tried));
            match attempt.clone() {
                Attempt::Delivered => (after.state, after.reason) = (DeliveryState::Delivered, None),
                Attempt::Later { due, reason } => {
                    (after.ended, after.due, after.reason) = (None, due, Some(reason));
                }
                Attempt::Failed { reason } => {
                    (after.state, after.reason) = (DeliveryState::Failed, Some(reason));
                }
                Attempt::Dropped { reason } => {
                    (after.state, after.reason) = (DeliveryState::Dropped, Some(reason));
                }
            }
            if after.state == DeliveryState::Delivered || after.state == DeliveryState::Dropped {
                txn.open_table(NOTIFICATION_BODIES)?.remove(id.0)?;
            }
            if let (DeliveryState::Delivered, About::Incident { incident, .. }) = (after.state, &after.about)
            {
                let told = MomentKind::Told { notification: id };
                incidents::append_moment(txn, *incident, &Moment { at: now, by: None, kind: told })?;
            }
            Outbox::of(txn).write(Some(&before), &after)
        })
    }

    /// Gives a message more time without counting a try.
    pub fn postpone_notification(&self, id: NotificationId, due: Timestamp, reason: &str) -> Result<()> {
        self.write(|txn| {
            let Some(before) = kept::find::<Notification>(txn, NOTIFICATIONS, id.0)? else { return Ok(()) };
            if before.state != DeliveryState::Waiting {
                return Ok(());
            }
            let after = Notification { due, reason: Some(reason.to_owned()), ..before.clone() };
            Outbox::of(txn).write(Some(&before), &after)
        })
    }

    /// Takes a dead letter up again, under its old key. `false`: it is none.
    pub fn send_again(&self, id: NotificationId, now: Timestamp) -> Result<bool> {
        let is_again = self.write(|txn| {
            let found = kept::find::<Notification>(txn, NOTIFICATIONS, id.0)?;
            let Some(before) = found.filter(|found| found.state == DeliveryState::Failed) else {
                return Ok(false);
            };
            let (state, ended) = (DeliveryState::Waiting, None);
            let after = Notification { state, ended, due: now, attempts: 0, ..before.clone() };
            Outbox::of(txn).write(Some(&before), &after)?;
            Ok(true)
        })?;
        self.inner.wake_delivery();
        Ok(is_again)
    }

    /// A message that says that messages arrive.
    pub fn queue_test(&self, recipient: Recipient, now: Timestamp) -> Result<Notification> {
        let notification = self.write(|txn| Outbox::of(txn).add(recipient, About::Test, now, now))?;
        self.inner.wake_delivery();
        Ok(notification)
    }
}
