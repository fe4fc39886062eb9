//! The loop: claim a batch, prepare it on all cores, record it, acknowledge it.
//!
//! A batch that the store cannot commit goes back to the front of the inbox and is tried again; nothing is lost
//! while a disk is full, and ingest answers 429 once the inbox is full too.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rayon::prelude::*;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::digest::policy::Policies;
use crate::digest::prepare::{Dropped, Prepared, category_of, prepare};
use crate::inbox::{Claimed, Inbox};
use crate::metrics::Metrics;
use crate::model::ids::ProjectId;
use crate::model::outcome::{Category, Outcome};
use crate::store::{LedgerKey, Record, Recorded, Store, StoreError};

/// Envelopes in one batch: large enough to share a commit, small enough that the first waits little.
const BATCH_ENVELOPES_MAX: usize = 256;
/// Bytes of envelopes in one batch.
const BATCH_BYTES_MAX: usize = 8 << 20;
/// After a failed commit.
const RETRY_DELAY: Duration = Duration::from_secs(1);

pub struct Digest {
    inbox: Inbox,
    store: Store,
    metrics: Arc<Metrics>,
    policies: Policies,
}

impl Digest {
    pub fn new(inbox: Inbox, store: Store, metrics: Arc<Metrics>, retention_days: u32) -> Self {
        Self { inbox, store, metrics, policies: Policies::new(retention_days) }
    }

    /// Runs until `stop` says so; a batch that was begun is finished. Blocks its thread.
    pub fn run(&self, runtime: &Handle, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            runtime.block_on(async {
                tokio::select! {
                    () = self.inbox.arrived() => (),
                    _ = stop.changed() => (),
                }
            });
            match self.inbox.claim(BATCH_ENVELOPES_MAX, BATCH_BYTES_MAX) {
                Ok(batch) if batch.is_empty() => (),
                Ok(batch) => self.digest(batch),
                Err(error) => {
                    tracing::error!(%error, "the inbox cannot be read");
                    std::thread::sleep(RETRY_DELAY);
                }
            }
        }
    }

    fn digest(&self, batch: Vec<Claimed>) {
        let prepared: Vec<Prepared> = batch.par_iter().map(|claimed| self.prepare(claimed)).collect();
        let mut records = Vec::with_capacity(prepared.len());
        let mut ledger = Vec::new();
        for (claimed, prepared) in batch.iter().zip(prepared) {
            let project = claimed.accepted.sender.project;
            ledger.extend(prepared.dropped.into_iter().map(|dropped| (project, dropped)));
            records.extend(prepared.records);
        }
        match self.store.record(&records, Timestamp::now()) {
            Ok(outcomes) => {
                self.count(&records, &outcomes, &ledger);
                self.inbox.ack(&batch.iter().map(|claimed| claimed.seq).collect::<Vec<_>>());
            }
            Err(error) => self.retry_later(batch, &error),
        }
    }

    fn prepare(&self, claimed: &Claimed) -> Prepared {
        let directory = self.store.directory();
        let Some(project) = directory.projects.get(&claimed.accepted.sender.project) else {
            return refused(claimed, "digest_project_gone");
        };
        let policy = self.policies.of(project);
        // A defect of ours must cost one envelope, not the loop.
        let result = catch_unwind(AssertUnwindSafe(|| prepare(&claimed.accepted, &policy)));
        result.unwrap_or_else(|_| {
            tracing::error!(
                seq = claimed.seq,
                "an envelope could not be digested; this is a defect of LightTrace"
            );
            refused(claimed, "digest_defect")
        })
    }

    fn retry_later(&self, batch: Vec<Claimed>, error: &StoreError) {
        tracing::error!(%error, envelopes = batch.len(), "the store cannot be written; trying again");
        self.inbox.unclaim(batch);
        std::thread::sleep(RETRY_DELAY);
    }

    fn count(&self, records: &[Record], outcomes: &[Recorded], dropped: &[(ProjectId, Dropped)]) {
        self.metrics.digested.inc_by(records.len() as u64);
        let duplicates = outcomes.iter().filter(|outcome| matches!(outcome, Recorded::Duplicate)).count();
        self.metrics.duplicate.inc_by(duplicates as u64);
        for (_, dropped) in dropped {
            self.metrics.reject(dropped.reason, 1);
        }
        let stored = records.iter().zip(outcomes).map(|(record, outcome)| ledger_key(record, *outcome));
        let dropped = dropped.iter().map(|(project, dropped)| LedgerKey {
            project: *project,
            category: dropped.category,
            outcome: Outcome::Rejected,
            reason: dropped.reason.to_owned(),
        });
        let rows: Vec<_> = stored.chain(dropped).map(|key| (key, 1)).collect();
        if let Err(error) = self.store.add_to_ledger(&rows, Timestamp::now()) {
            tracing::error!(%error, "the ledger could not be written");
        }
    }
}

fn refused(claimed: &Claimed, reason: &'static str) -> Prepared {
    let dropped = Dropped { category: Category::Other, reason };
    Prepared { dropped: vec![dropped; claimed.accepted.items as usize], ..Prepared::default() }
}

fn ledger_key(record: &Record, outcome: Recorded) -> LedgerKey {
    let (project, category, reason) = match record {
        Record::Event(record) => (record.project, category_of(record.event.kind), record.event.kind.as_str()),
        Record::Attachment(record) => (record.project, Category::Attachment, "attachment"),
        Record::UserReport(record) => (record.project, Category::UserReport, "user_report"),
    };
    let outcome = match outcome {
        Recorded::Stored { .. } => Outcome::Stored,
        Recorded::Duplicate => Outcome::Duplicate,
    };
    LedgerKey { project, category, outcome, reason: reason.to_owned() }
}
