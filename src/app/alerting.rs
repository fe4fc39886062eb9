//! The worker that holds what happens against the rules.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::alerts::evaluation::{Evaluator, Now};
use crate::inbox::Inbox;
use crate::metrics::Metrics;
use crate::search::Search;
use crate::store::Store;

/// A spike is to be seen within a minute, and people told within 75 seconds.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

pub struct Alerting {
    evaluator: Evaluator,
    inbox: Inbox,
}

impl Alerting {
    pub fn new(store: Store, search: Arc<Search>, inbox: Inbox, metrics: Arc<Metrics>) -> Self {
        Self { evaluator: Evaluator::new(store, search, metrics), inbox }
    }

    /// Runs until `stop` says so. Blocks its thread.
    pub fn run(mut self, runtime: &Handle, mut stop: watch::Receiver<bool>) {
        let started = Instant::now();
        while !*stop.borrow() {
            self.look(started.elapsed());
            runtime.block_on(async {
                tokio::select! {
                    () = tokio::time::sleep(LOOK_INTERVAL) => (),
                    _ = stop.changed() => (),
                }
            });
        }
    }

    fn look(&mut self, ticked: Duration) {
        let wall = Timestamp::now();
        let (_, oldest_seconds) = self.inbox.waiting(wall);
        let lag = SignedDuration::try_from_secs_f64(oldest_seconds).unwrap_or_default();
        if let Err(error) = self.evaluator.look(Now { wall, ticked, lag }) {
            tracing::error!(%error, "alert rules could not be evaluated; trying again");
        }
    }
}
