//! One try of one message: what it says is made and kept, sent, and what became of it is noted.
//!
//! A crash between sending and noting sends it once more, the same bytes under the same key: receivers tell by it.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::spawn_blocking;

use crate::alerts::delivery::pace::{DOUBTFUL_TRIES_MAX, Pace, TRIES_MAX};
use crate::alerts::delivery::{Made, Make};
use crate::metrics::Metrics;
use crate::model::notification::{Attempt, DeliveryState, Notification, Recipient};
use crate::outbound::{Outbound, Outcome, Outgoing};
use crate::store::Store;

/// A message that waited for so long behind others, to a recipient that still fails, is given up with its first try.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Times that a message is made anew, where it came to tell of more meanwhile.
const MAKES_MAX: usize = 5;
/// A message that has changed at each of those waits so long.
const CHANGING_PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// It counts as a try: it is made again as often as others are sent again.
const UNMADE_REASON: &str = "The message could not be written; the server's log says why";

pub(super) struct Sending {
    pub store: Store,
    pub outbound: Outbound,
    pub metrics: Arc<Metrics>,
    pub make: Make,
    pub pace: Pace,
}

/// What a try says about its recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    /// Also where this one message was not wanted.
    Yes,
    /// Rest, at least for so long.
    No { at_least: Duration },
    /// Nothing was sent.
    Untried,
}

impl Sending {
    /// `failures`: of its recipient's tries before, in a row.
    pub async fn attempt(self: Arc<Self>, notification: Notification, failures: u32) -> Reached {
        let error = match self.try_once(notification.clone(), failures).await {
            Ok(reached) => return reached,
            Err(error) => error,
        };
        let id = notification.id.0;
        tracing::error!(notification = id, error = format!("{error:#}"), "a message could not be handled");
        // A defect of ours counts as a try, or the others to this recipient would wait behind it for ever.
        let outcome = Outcome::Later { reason: UNMADE_REASON.to_owned(), after: None };
        let (attempt, reached) = self.judge(&notification, failures, outcome, Timestamp::now());
        let noted = spawn_blocking(move || self.note(&notification, &attempt)).await;
        if !matches!(noted, Ok(Ok(()))) {
            tracing::error!(notification = id, "nor could that be noted");
        }
        reached
    }

    async fn try_once(
        self: &Arc<Self>,
        notification: Notification,
        failures: u32,
    ) -> anyhow::Result<Reached> {
        let prepared = self.clone();
        let (notification, ready) = spawn_blocking(move || prepared.prepare(notification)).await??;
        let Some(outgoing) = ready else { return Ok(Reached::Untried) };
        let outcome = match outgoing {
            Ok(outgoing) => self.outbound.send(&outgoing).await,
            Err(reason) => Outcome::Later { reason, after: None },
        };
        let (attempt, reached) = self.judge(&notification, failures, outcome, Timestamp::now());
        let noted = self.clone();
        spawn_blocking(move || noted.note(&notification, &attempt)).await??;
        Ok(reached)
    }

    /// What is sent: what was kept with the first try, or else what it says now, kept from here on. Blocks.
    fn prepare(
        &self,
        notification: Notification,
    ) -> anyhow::Result<(Notification, Option<Result<Outgoing, String>>)> {
        if let Some(kept) = self.store.kept_message(notification.id)? {
            match serde_json::from_slice(&kept) {
                Ok(outgoing) => return Ok((notification, Some(Ok(outgoing)))),
                // Another version kept it: it is written anew, under its key.
                Err(error) => {
                    tracing::warn!(notification = notification.id.0, %error, "a message is not readable");
                }
            }
        }
        if let Some(earlier) = self.store.tried_before(&notification)? {
            let reason = "An earlier message about the same incident goes first";
            self.store.postpone_notification(notification.id, earlier.due, reason)?;
            return Ok((notification, None));
        }
        let mut notification = notification;
        for _ in 0..MAKES_MAX {
            let now = Timestamp::now();
            let outgoing = match (self.make)(&notification, now) {
                Ok(Made::Send(outgoing)) => outgoing,
                Ok(Made::Hold { until, reason }) => {
                    self.store.postpone_notification(notification.id, until, &reason)?;
                    return Ok((notification, None));
                }
                Ok(Made::Drop { reason }) => {
                    self.note(&notification, &Attempt::Dropped { reason })?;
                    return Ok((notification, None));
                }
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::error!(
                        notification = notification.id.0,
                        error,
                        "a message could not be written"
                    );
                    return Ok((notification, Some(Err(UNMADE_REASON.to_owned()))));
                }
            };
            if self.store.keep_message(&notification, &serde_json::to_vec(&outgoing)?)? {
                return Ok((notification, Some(Ok(outgoing))));
            }
            // It tells of more by now, or of nothing any more.
            match self.store.find_notification(notification.id)? {
                Some(changed) if changed.state == DeliveryState::Waiting => notification = changed,
                _ => return Ok((notification, None)),
            }
        }
        let later = Timestamp::now().saturating_add(CHANGING_PAUSE)?;
        self.store.postpone_notification(notification.id, later, "It is still growing")?;
        Ok((notification, None))
    }

    fn judge(
        &self,
        notification: &Notification,
        failures: u32,
        outcome: Outcome,
        now: Timestamp,
    ) -> (Attempt, Reached) {
        let tries = notification.attempts.saturating_add(1);
        let (reason, after, tries_max) = match outcome {
            Outcome::Delivered => return (Attempt::Delivered, Reached::Yes),
            // The recipient is there; it is this message that it does not want.
            Outcome::Refused { reason } => return (Attempt::Failed { reason }, Reached::Yes),
            Outcome::Doubtful { reason } => (reason, None, DOUBTFUL_TRIES_MAX),
            Outcome::Later { reason, after } => (reason, after, TRIES_MAX),
        };
        let at_least = after.unwrap_or_default();
        let reached = Reached::No { at_least };
        let waited = now.duration_since(notification.due);
        if notification.attempts == 0 && failures > 0 && waited > GIVE_UP_AFTER {
            let reason = format!("Nothing could be delivered there for a day. {reason}");
            return (Attempt::Failed { reason }, reached);
        }
        if tries >= tries_max {
            return (Attempt::Failed { reason }, reached);
        }
        let delay = self.pace.delay(tries, notification.id.0 ^ now.as_microsecond().unsigned_abs());
        let delay = SignedDuration::try_from(delay.max(at_least)).unwrap_or(GIVE_UP_AFTER);
        let due = now.saturating_add(delay).unwrap_or(Timestamp::MAX);
        (Attempt::Later { due, reason }, reached)
    }

    /// Blocks.
    fn note(&self, notification: &Notification, attempt: &Attempt) -> anyhow::Result<()> {
        let channel = match notification.recipient {
            Recipient::Person { .. } => "mail",
            Recipient::Target { target } => {
                self.store.find_notification_target(target)?.map_or("gone", |target| target.kind.as_str())
            }
        };
        let outcome = match attempt {
            Attempt::Delivered => "delivered",
            Attempt::Later { .. } => "retried",
            Attempt::Failed { .. } => "failed",
            Attempt::Dropped { .. } => "dropped",
        };
        self.store.note_attempt(notification.id, attempt, Timestamp::now())?;
        self.metrics.notifications.with_label_values(&[channel, outcome]).inc();
        if let Attempt::Failed { reason } = attempt {
            tracing::warn!(notification = notification.id.0, channel, reason, "a message is given up");
        }
        Ok(())
    }
}
