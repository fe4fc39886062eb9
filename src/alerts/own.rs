//! What is wrong with this server, as far as it can tell.

use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::inbox::Inbox;
use crate::indexing::Progress;
use crate::insight::alert::own::{Disk, OwnFacts, Undelivered};
use crate::model::notification::{DeliveryState, Notification, Recipient};
use crate::store::{NotificationFilter, Result, Store};

/// Fewer events that are not searchable are those under way.
const UNSEARCHABLE_MIN: u64 = 1_000;
/// Messages that were given up are looked at back to then …
const UNDELIVERED_OVER: SignedDuration = SignedDuration::from_hours(1);
/// … and at most so many.
const UNDELIVERED_MAX: usize = 500;

pub struct Own {
    pub store: Store,
    pub inbox: Inbox,
    pub indexing: Progress,
    pub data_dir: PathBuf,
    /// Since when search is behind, by a clock that never goes back.
    pub behind_since: Option<Duration>,
}

impl Own {
    pub fn facts(&mut self, now: Timestamp, ticked: Duration) -> Result<OwnFacts> {
        let (waiting, oldest) = self.inbox.waiting(now);
        let unsearchable = self.indexing.lag(&self.store)?;
        if unsearchable < UNSEARCHABLE_MIN {
            self.behind_since = None;
        } else {
            self.behind_since.get_or_insert(ticked);
        }
        let space = fs4::available_space(&self.data_dir).ok().zip(fs4::total_space(&self.data_dir).ok());
        Ok(OwnFacts {
            waiting,
            waiting_seconds: Duration::try_from_secs_f64(oldest).map_or(0, |oldest| oldest.as_secs()),
            unsearchable,
            unsearchable_seconds: self.behind_since.map_or(0, |since| ticked.saturating_sub(since).as_secs()),
            disk: space.map(|(free_bytes, total_bytes)| Disk { free_bytes, total_bytes }),
            undelivered: self.undelivered(now)?,
        })
    }

    fn undelivered(&self, now: Timestamp) -> Result<Vec<Undelivered>> {
        let filter =
            NotificationFilter { state: Some(DeliveryState::Failed), ..NotificationFilter::default() };
        let (failed, _) = self.store.notifications(&filter, None, UNDELIVERED_MAX)?;
        let is_recent =
            |failed: &Notification| failed.ended.is_some_and(|at| now.duration_since(at) <= UNDELIVERED_OVER);
        let mut by_target: Vec<Undelivered> = Vec::new();
        for failed in failed.iter().filter(|failed| is_recent(failed)) {
            let target = self.name_of(failed.recipient)?;
            match by_target.iter_mut().find(|known| known.target == target) {
                Some(known) => known.messages += 1,
                // The newest come first: theirs is the last answer.
                None => by_target.push(Undelivered {
                    target,
                    messages: 1,
                    reason: failed.reason.clone().unwrap_or_default(),
                }),
            }
        }
        Ok(by_target)
    }

    fn name_of(&self, recipient: Recipient) -> Result<String> {
        Ok(match recipient {
            Recipient::Person { .. } => "mail".to_owned(),
            Recipient::Target { target } => self
                .store
                .find_notification_target(target)?
                .map_or_else(|| "a channel that is gone".to_owned(), |target| target.name),
        })
    }
}
