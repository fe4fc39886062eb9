//! What keeps the data folder in order, by the schedule: written down, brought back, judged, forgotten.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::alerts::digests;
use crate::app::erasing::Eraser;
use crate::app::judging::Judging;
use crate::app::schedule::{Job, REST_MAX, REST_MIN, Timetable};
use crate::artifacts::Artifacts;
use crate::digest::stored::Reader;
use crate::digest::symbolicate::Symbolicator;
use crate::ingest::Ingest;
use crate::metrics::Metrics;
use crate::model::week::Week;
use crate::search::Search;
use crate::store::{LEAP_MAX, Store, StoreError};

mod memory;

/// Bundles that expire at once; the others a little later.
const EXPIRED_BUNDLES_MAX: usize = 1_000;
const JOBS: [Job; 5] = [Job::Tidy, Job::QueueDigests, Job::JudgeIssues, Job::JudgePatterns, Job::Prune];

pub struct Upkeep {
    pub store: Store,
    pub search: Arc<Search>,
    pub artifacts: Arc<Artifacts>,
    pub symbolicator: Symbolicator,
    pub ingest: web::Data<Ingest>,
    pub metrics: Arc<Metrics>,
    pub retention_days: u32,
    pub data_dir: PathBuf,
    /// Of the whole data folder.
    pub disk_bytes_max: Option<u64>,
}

impl Upkeep {
    /// Runs until `stop` says so. Blocks its thread.
    pub fn run(&self, runtime: &Handle, mut stop: watch::Receiver<bool>) {
        let mut timetable = Timetable::of(&JOBS, Timestamp::now());
        let mut leaping = None;
        let mut mapped = memory::Mapped::default();
        let mut eraser = Eraser::new(self.store.clone(), Arc::clone(&self.search), self.retention_days);
        let reader = Reader::new(self.store.clone(), self.symbolicator.clone());
        let mut judging = Judging::new(self.store.clone(), reader);
        let mut believed: Option<(Timestamp, Instant)> = None;
        while !*stop.borrow() {
            for job in timetable.due(Timestamp::now()) {
                match job {
                    Job::Tidy => {
                        self.tidy(Timestamp::now());
                        mapped.keep_within_bound(&self.search, &self.artifacts);
                    }
                    Job::Prune => {
                        believed =
                            self.prune(Timestamp::now(), &mut leaping).map(|now| (now, Instant::now()));
                        self.keep_to_the_disk(Timestamp::now());
                    }
                    Job::JudgeIssues => self.judge_issues(Timestamp::now()),
                    Job::JudgePatterns => self.judge_patterns(&mut judging, Timestamp::now()),
                    Job::QueueDigests => self.queue_digests(Timestamp::now()),
                    // The worker that alerts has the others.
                    Job::LookAtRules | Job::LookAtSlowRules | Job::LookAtServer => {}
                }
            }
            if let Some((at, since)) = believed {
                eraser.run(at + since.elapsed());
            }
            let rest = timetable.rest(Timestamp::now()).clamp(REST_MIN, REST_MAX);
            runtime.block_on(async {
                tokio::select! {
                    () = tokio::time::sleep(rest) => (),
                    _ = stop.changed() => (),
                }
            });
        }
        self.write_ledger();
        self.write_key_uses();
    }

    fn tidy(&self, now: Timestamp) {
        self.write_ledger();
        self.write_key_uses();
        self.note_bundles_used(now);
        if let Err(error) = self.store.wake_archived(now) {
            tracing::error!(%error, "archived issues whose time is over could not be brought back");
        }
        if let Err(error) = self.store.revive() {
            tracing::error!(%error, "a file could not be opened anew");
        }
        self.learn_dictionaries(now);
    }

    fn queue_digests(&self, now: Timestamp) {
        if let Err(error) = digests::run(&self.store, now) {
            tracing::error!(%error, "digests that are due could not be queued; trying again");
        }
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

    fn write_key_uses(&self) {
        let uses = self.ingest.uses.drain();
        if uses.is_empty() {
            return;
        }
        if let Err(error) = self.store.note_key_uses(&uses) {
            tracing::error!(%error, "when keys were used could not be written; trying again");
            self.ingest.uses.give_back(&uses);
        }
    }

    /// What is lost here is noted with the next event: bundles expire after weeks.
    fn note_bundles_used(&self, now: Timestamp) {
        if let Err(error) = self.store.note_bundles_used(&self.symbolicator.take_used(), now) {
            tracing::error!(%error, "which artifact bundles are in use could not be noted");
        }
    }

    /// `leaping`: since when the clock has been somewhere else than retention believes. Answers the time it believes.
    fn prune(&self, clock: Timestamp, leaping: &mut Option<Instant>) -> Option<Timestamp> {
        let leaping_for = leaping.map_or(Duration::ZERO, |since| since.elapsed());
        let now = match self.store.believe(clock, leaping_for, self.retention_days) {
            Ok(now) => now,
            Err(error) => {
                tracing::error!(%error, "retention could not note the time");
                return None;
            }
        };
        if clock.duration_since(now).abs() > LEAP_MAX {
            leaping.get_or_insert_with(Instant::now);
            tracing::warn!(%clock, last = %now, "the clock leapt: nothing expires until it has held for a day");
        } else {
            *leaping = None;
        }
        if let Err(error) = self.store.prune(now) {
            tracing::error!(%error, "old counters could not be pruned");
        }
        let before = now - SignedDuration::from_hours(24 * i64::from(self.retention_days));
        let expired = self.store.expired_weeks(before);
        if forget(&self.store, &self.search, &expired) && !expired.is_empty() {
            self.metrics.weeks_forgotten.with_label_values(&["age"]).inc_by(expired.len() as u64);
            tracing::info!(weeks = expired.len(), "forgot weeks past the retention time");
        }
        if let Err(error) = self.expire_bundles(before) {
            tracing::error!(%error, "expired artifact bundles could not be removed");
        }
        if let Err(error) = self.store.drop_annotations(before) {
            tracing::error!(%error, "old annotations could not be dropped");
        }
        if let Err(error) = self.store.drop_unseen(before) {
            tracing::error!(%error, "details of issues long unseen could not be dropped");
        }
        if let Err(error) = self.store.drop_unseen_releases(before) {
            tracing::error!(%error, "releases long unseen could not be dropped");
        }
        if let Err(error) = self.store.prune_explanations(before) {
            tracing::error!(%error, "explanations of events that are gone could not be removed");
        }
        Some(now)
    }

    fn expire_bundles(&self, before: Timestamp) -> Result<(), StoreError> {
        let expired = self.store.expired_bundles(before, EXPIRED_BUNDLES_MAX)?;
        for bundle in &expired {
            self.store.delete_bundle(*bundle, None, None)?;
        }
        if !expired.is_empty() {
            tracing::info!(bundles = expired.len(), "forgot artifact bundles past the retention time");
            self.artifacts.wake_to_sweep();
        }
        Ok(())
    }

    fn keep_to_the_disk(&self, now: Timestamp) {
        let Some(bytes_max) = self.disk_bytes_max else { return };
        let forgotten = forget_beyond(&self.store, &self.search, &self.data_dir, bytes_max, now);
        self.metrics.weeks_forgotten.with_label_values(&["disk"]).inc_by(forgotten);
    }

    fn judge_issues(&self, now: Timestamp) {
        if let Err(error) = self.store.look_for_surges(now) {
            tracing::error!(%error, "issues that escalate could not be looked for");
        }
        if let Err(error) = self.store.settle_issues(now) {
            tracing::error!(%error, "issues that are new no longer could not be settled");
        }
    }

    fn judge_patterns(&self, judging: &mut Judging, now: Timestamp) {
        if let Err(error) = judging.look(&self.search, now) {
            tracing::error!(%error, "the patterns of issues could not be judged; trying again");
        }
    }

    /// Projects with enough new events get a compression dictionary of their own.
    fn learn_dictionaries(&self, now: Timestamp) {
        if let Err(error) = self.store.learn_dictionaries(now) {
            tracing::error!(%error, "a compression dictionary could not be learned");
        }
    }
}

/// The index lies in the week's folder: it is closed before the folder goes.
fn forget(store: &Store, search: &Search, weeks: &[Week]) -> bool {
    for week in weeks {
        if let Err(error) = search.forget(*week) {
            tracing::error!(%error, %week, "an expired index could not be removed");
        }
    }
    let forgotten = store.forget(weeks);
    if let Err(error) = &forgotten {
        tracing::error!(%error, "expired weeks could not be removed");
    }
    forgotten.is_ok()
}

/// Forgets the oldest weeks, never this one, until the folder is within its bound; answers how many those were.
fn forget_beyond(store: &Store, search: &Search, data_dir: &Path, bytes_max: u64, now: Timestamp) -> u64 {
    let mut forgotten = 0;
    loop {
        let bytes = folder_bytes(data_dir);
        if bytes <= bytes_max {
            return forgotten;
        }
        let Some(week) = store.oldest_spare_week(now) else {
            tracing::warn!(
                bytes,
                bytes_max,
                "the data folder is over LIGHTTRACE_DISK_MAX_BYTES with one week left"
            );
            return forgotten;
        };
        if !forget(store, search, &[week]) {
            return forgotten;
        }
        tracing::warn!(%week, bytes, bytes_max, "forgot a week: the data folder is over LIGHTTRACE_DISK_MAX_BYTES");
        forgotten += 1;
    }
}

/// All files below a folder. Those that vanish meanwhile count nothing.
fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let entries = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let metadata = entry.metadata().ok()?;
        Some(if metadata.is_dir() { folder_bytes(&entry.path()) } else { metadata.len() })
    });
    entries.sum()
}

#[cfg(test)]
mod tests;
