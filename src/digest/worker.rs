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
use crate::digest::prepare::{Dropped, Prepared, prepare};
use crate::digest::symbolicate::Symbolicator;
use crate::inbox::{Claimed, Inbox};
use crate::metrics::Metrics;
use crate::model::ids::ProjectId;
use crate::model::outcome::{Category, Outcome};
use crate::search::{self, Search};
use crate::store::{Batch, LedgerKey, Recorded, Store, StoreError};

/// Envelopes in one batch: large enough to share a commit, small enough that the first waits little.
const BATCH_ENVELOPES_MAX: usize = 512;
/// Bytes of envelopes in one batch.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// A batch waits at most this long for the index to catch up.
const INDEX_PATIENCE: Duration = Duration::from_millis(500);
/// After a failed commit.
const RETRY_DELAY: Duration = Duration::from_secs(1);

pub struct Digest {
    inbox: Inbox,
    store: Store,
    search: Arc<Search>,
    metrics: Arc<Metrics>,
    policies: Policies,
    symbolicator: Symbolicator,
}

impl Digest {
    pub fn new(
        inbox: Inbox,
        store: Store,
        search: Arc<Search>,
        metrics: Arc<Metrics>,
        symbolicator: Symbolicator,
        retention_days: u32,
    ) -> Self {
        let policies = Policies::new(retention_days);
        Self { inbox, store, search, metrics, policies, symbolicator }
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
            self.search.wait_for_room(INDEX_PATIENCE);
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

    fn digest(&self, claimed: Vec<Claimed>) {
        let prepared: Vec<Prepared> = claimed.par_iter().map(|claimed| self.prepare(claimed)).collect();
        let (batch, drafts) = self.gather(&claimed, prepared);
        let recorded = self.store.record_and(&batch, Timestamp::now(), |outcomes| {
            let place = |index: usize| match outcomes[index] {
                Recorded::Stored { place, .. } => place,
                Recorded::Duplicate | Recorded::Sampled => None,
            };
            let stored = drafts.into_iter().filter_map(|(index, draft)| Some(draft.at(&place(index)?)));
            self.search.offer(stored);
        });
        self.metrics.digesting.note(recorded.is_ok());
        match recorded {
            Ok(outcomes) => {
                self.inbox.ack(&batch.envelopes);
                self.count(&batch, &outcomes);
                // Freeing events costs as much as scrubbing them: on all cores, as they were made.
                batch.records.into_par_iter().for_each(drop);
            }
            Err(error) => self.retry_later(claimed, &error),
        }
    }

    /// One batch of all, and what is searched of its events, by the index of their records.
    fn gather(&self, claimed: &[Claimed], prepared: Vec<Prepared>) -> (Batch, Vec<(usize, search::Draft)>) {
        let mut batch = Batch { envelopes_floor: self.inbox.floor(), ..Batch::default() };
        let mut drafts = Vec::with_capacity(claimed.len());
        for (claimed, prepared) in claimed.iter().zip(prepared) {
            let project = claimed.accepted.sender.project;
            let dropped = prepared.dropped.into_iter();
            let dropped = dropped.map(|dropped| {
                let quantity = dropped.quantity;
                (dropped.ledger_key(project), quantity)
            });
            batch.dropped.extend(dropped);
            let before = batch.records.len();
            batch.derived.extend(prepared.derived.into_iter().map(|index| before + index));
            drafts.extend(prepared.drafts.into_iter().map(|(index, draft)| (before + index, draft)));
            batch.records.extend(prepared.records);
            batch.envelopes.push(claimed.seq);
        }
        batch.envelopes.sort_unstable();
        (batch, drafts)
    }

    fn prepare(&self, claimed: &Claimed) -> Prepared {
        let directory = self.store.directory();
        let Some(project) = directory.projects.get(&claimed.accepted.sender.project) else {
            return refused(claimed, "digest_project_gone");
        };
        let policy = self.policies.of(project);
        // A defect of ours must cost one envelope, not the loop.
        let result =
            catch_unwind(AssertUnwindSafe(|| prepare(&claimed.accepted, &policy, Some(&self.symbolicator))));
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

    fn count(&self, batch: &Batch, outcomes: &[Recorded]) {
        for (_, outcome) in batch.items(outcomes) {
            self.metrics.digested.inc();
            if outcome == Recorded::Duplicate {
                self.metrics.duplicate.inc();
            }
        }
        for (dropped, items) in &batch.dropped {
            self.metrics.reject(&dropped.reason, *items);
        }
    }
}

fn refused(claimed: &Claimed, reason: &'static str) -> Prepared {
    let dropped = Dropped { category: Category::Other, reason, quantity: 1 };
    Prepared { dropped: vec![dropped; claimed.accepted.items as usize], ..Prepared::default() }
}

impl Dropped {
    fn ledger_key(self, project: ProjectId) -> LedgerKey {
        let (category, reason) = (self.category, self.reason.to_owned());
        LedgerKey { project, category, outcome: Outcome::Rejected, reason }
    }
}
