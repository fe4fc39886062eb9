//! The outbox as those see it who work it off: what is next for each recipient.

use std::collections::HashSet;

use jiff::Timestamp;
use redb::ReadableTableMetadata;

use crate::model::notification::{About, DeliveryState, Notification, Recipient};
use crate::store::Store;
use crate::store::alerts::kept;
use crate::store::alerts::outbox::of_incident;
use crate::store::error::{Result, StoreError};
use crate::store::keys::{from_micros, order_micros, pair, u64_at};
use crate::store::schema::{NOTIFICATION_BODIES, NOTIFICATIONS, OUTBOX};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heads {
    /// Of each recipient the message that is due longest; the longest due first.
    pub due: Vec<Notification>,
    /// When another one will be due.
    pub next: Option<Timestamp>,
    pub waiting: u64,
}

impl Store {
    /// Looks at the rows of the outbox that are due, some bytes each, and reads one message for each recipient. So what
    /// waits for a receiver that fails hides nobody else's.
    pub fn outbox_heads(&self, now: Timestamp) -> Result<Heads> {
        let txn = self.inner.state.begin_read()?;
        let outbox = txn.open_table(OUTBOX)?;
        let now_last = pair(order_micros(now), u64::MAX);
        let mut heads = Heads { waiting: outbox.len()?, ..Heads::default() };
        let mut seen = HashSet::new();
        for row in outbox.range::<&[u8; 16]>(..=&now_last)? {
            let (key, recipient) = row?;
            if seen.insert(recipient.value()) {
                let id = u64_at(key.value(), 8);
                let message = kept::find(&txn, NOTIFICATIONS, id)?;
                heads.due.push(
                    message
                        .ok_or_else(|| StoreError::Failed(format!("message {id} waits and is not there")))?,
                );
            }
        }
        let mut later = outbox.range::<&[u8; 16]>(&now_last..)?;
        heads.next = later.next().transpose()?.map(|(key, _)| due_of(key.value()));
        Ok(heads)
    }

    /// A message to the same recipient about the same incident that was tried, and goes first: what ends an incident must
    /// not arrive before what opened it.
    pub fn tried_before(&self, notification: &Notification) -> Result<Option<Notification>> {
        let About::Incident { incident, .. } = notification.about else { return Ok(None) };
        let txn = self.inner.state.begin_read()?;
        for other in of_incident(&txn, incident)? {
            let other = other?;
            let is_earlier = other.id < notification.id && other.recipient == notification.recipient;
            if is_earlier && other.state == DeliveryState::Waiting && other.attempts > 0 {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }

    /// Every try sends the same from here on. `false`: nothing is kept, since it has come to tell of something else.
    pub fn keep_message(&self, made_of: &Notification, message: &[u8]) -> Result<bool> {
        self.write(|txn| {
            let now = kept::find::<Notification>(txn, NOTIFICATIONS, made_of.id.0)?;
            let is_same =
                now.is_some_and(|now| now.about == made_of.about && now.state == DeliveryState::Waiting);
            if is_same {
                txn.open_table(NOTIFICATION_BODIES)?.insert(made_of.id.0, message)?;
            }
            Ok(is_same)
        })
    }
}

/// What the outbox says of a message beside its place in it.
pub(super) fn recipient_number(recipient: Recipient) -> u64 {
    match recipient {
        Recipient::Person { account } => account.0 << 1,
        Recipient::Target { target } => target.0 << 1 | 1,
    }
}

fn due_of(key: &[u8; 16]) -> Timestamp {
    from_micros(i64::try_from(u64_at(key, 0)).unwrap_or(i64::MAX))
}
