//! The schedule: what is done every second, every minute, every hour.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::ingest::Ingest;
use crate::search::Search;
use crate::store::Store;

const TICK: Duration = Duration::from_secs(1);
/// Old counters, sessions and weeks go once in this time.
const PRUNE_INTERVAL: Duration = Duration::from_mins(10);

/// Projects with enough new events get a compression dictionary of their own.
const LEARN_INTERVAL: Duration = Duration::from_secs(1);

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
        let mut learned = Instant::now();
        while !*stop.borrow() {
            self.write_ledger();
            if pruned.is_none_or(|at| at.elapsed() >= PRUNE_INTERVAL) {
                self.prune(Timestamp::now());
                pruned = Some(Instant::now());
            }
            if learned.elapsed() >= LEARN_INTERVAL {
                self.learn_dictionaries(Timestamp::now());
                learned = Instant::now();
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
            tracing::error!(%error, "the ledger could not be written; trying again");
            self.ingest.ledger.give_back(rows);
        }
    }

    fn prune(&self, now: Timestamp) {
        if let Err(error) = self.store.prune(now) {
            tracing::error!(%error, "old counters could not be pruned");
        }
        let before = now - SignedDuration::from_hours(24 * i64::from(self.retention_days));
        // The index lies in the week's folder: it is closed before the folder goes.
        for week in self.store.expired_weeks(before) {
            if let Err(error) = self.search.forget(week) {
                tracing::error!(%error, %week, "an expired index could not be removed");
            }
        }
        match self.store.forget_weeks(before) {
            Ok(weeks) if weeks.is_empty() => (),
            Ok(weeks) => tracing::info!(weeks = weeks.len(), "forgot weeks past the retention time"),
            Err(error) => tracing::error!(%error, "expired weeks could not be removed"),
        }
    }

    fn learn_dictionaries(&self, now: Timestamp) {
        if let Err(error) = self.store.learn_dictionaries(now) {
            tracing::error!(%error, "a compression dictionary could not be learned");
        }
    }
}
