//! The schedule: what is done every second, every minute, every hour.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::ingest::Ingest;
use crate::model::week::Week;
use crate::search::Search;
use crate::store::Store;

const TICK: Duration = Duration::from_secs(1);
/// Old counters, sessions and weeks go once in this time.
const PRUNE_INTERVAL: Duration = Duration::from_secs(600);

pub struct Upkeep {
    pub store: Store,
    pub search: Arc<Search>,
    pub ingest: web::Data<Ingest>,
    pub retention_days: u32,
}

impl Upkeep {
    /// Runs until `stop` says so. Blocks its thread.
    pub fn run(&self, runtime: &Handle, mut stop: watch::Receiver<bool>) {
        let mut pruned: Option<Instant> = None;
        while !*stop.borrow() {
            self.write_ledger();
            if pruned.is_none_or(|at| at.elapsed() >= PRUNE_INTERVAL) {
                self.prune(Timestamp::now());
                pruned = Some(Instant::now());
            }
            runtime.block_on(async {
                tokio::select! {
                    () = tokio::time::sleep(TICK) => (),
                    _ = stop.changed() => (),
                }
            });
        }
        self.write_ledger();
    }

    fn write_ledger(&self) {
        let rows = self.ingest.ledger.drain();
        if rows.is_empty() {
            return;
        }
        if let Err(error) = self.store.add_to_ledger(&rows, Timestamp::now()) {
            tracing::error!(%error, "the ledger could not be written");
        }
    }

    fn prune(&self, now: Timestamp) {
        if let Err(error) = self.store.prune(now) {
            tracing::error!(%error, "old counters could not be pruned");
        }
        let before = now - SignedDuration::from_hours(24 * i64::from(self.retention_days));
        match self.store.forget_weeks(before) {
            Ok(weeks) => {
                for week in weeks {
                    if let Err(error) = self.search.forget(Week(week)) {
                        tracing::error!(%error, week, "an expired index could not be removed");
                    }
                }
            }
            Err(error) => tracing::error!(%error, "expired weeks could not be removed"),
        }
    }
}
