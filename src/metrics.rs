//! Every metric of `/metrics`: name, unit and meaning, in one place.
//!
//! The ledger equation that operators may rely on: accepted = digested + waiting in the inbox + rejected after
//! acceptance. Counters start at zero with the process; what waited in the inbox at start counts as accepted.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use prometheus::{
    Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

use crate::model::notification::TargetKind;

/// A failure counts for so long. What is tried only when somebody asks would else stay failed once nobody is sent
/// to it any more.
const FAILURE_LIFETIME: Duration = Duration::from_secs(30);

/// What may be dropped or refused, so that each reason is there before it first happens.
const REASONS: &[&str] = &["digest_defect", "digest_project_gone", "inbox_damaged", "not_stored"];
/// What becomes of a message with a try.
const DELIVERIES: &[&str] = &["delivered", "retried", "failed", "dropped"];
/// What becomes of bundles.
const ASSEMBLIES: &[&str] = &["ready", "failed"];

/// Whether the last try of something failed.
#[derive(Default)]
pub struct LastTry(Mutex<Option<Instant>>);

impl LastTry {
    pub fn note(&self, worked: bool) {
        *self.0.lock() = (!worked).then(Instant::now);
    }

    pub fn works(&self) -> bool {
        self.0.lock().is_none_or(|failed| failed.elapsed() > FAILURE_LIFETIME)
    }
}

pub struct Metrics {
    registry: Registry,
    /// The inbox's last commit.
    pub accepting: LastTry,
    /// The store's last batch.
    pub digesting: LastTry,
    /// Items that are in the inbox with an fsync: a 200 was or will be sent for them.
    pub accepted: IntCounter,
    /// Items whose digestion is committed in the store, duplicates among them.
    pub digested: IntCounter,
    /// Events whose search document is committed.
    pub indexed: IntCounter,
    /// Items that were refused or dropped, by reason.
    pub rejected: IntCounterVec,
    /// Items dropped because their event id was known already.
    pub duplicate: IntCounter,
    /// Stored events that indexing had to leave out: their payload cannot be read.
    pub damaged: IntCounter,
    /// Weeks that were removed, by reason: their age, or the bound on the disk.
    pub weeks_forgotten: IntCounterVec,
    /// Uploaded bundles that were read, by outcome.
    pub bundles_assembled: IntCounterVec,
    pub artifact_bytes: IntGauge,
    /// Events whose frames became readable after they were stored.
    pub late_events: IntCounter,
    /// Issues that are called otherwise since.
    pub late_issues: IntCounter,
    /// Debug ids and releases that stored events wait for.
    pub late_wanted: IntGauge,
    pub inbox_depth: IntGauge,
    pub inbox_oldest_seconds: Gauge,
    pub index_lag_events: IntGauge,
    pub store_bytes: IntGauge,
    pub index_bytes: IntGauge,
    /// How long it took to look at all alert rules once.
    pub alert_evaluation_seconds: Histogram,
    pub notifications: IntCounterVec,
    pub notifications_waiting: IntGauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    pub fn new() -> Self {
        let registry = Registry::new();
        #[cfg(target_os = "linux")]
        {
            let process = prometheus::process_collector::ProcessCollector::for_self();
            registry.register(Box::new(process)).expect("registered once");
        }
        let counter = |name: &str, help: &str| {
            let counter = IntCounter::new(name, help).expect("a valid metric");
            registry.register(Box::new(counter.clone())).expect("registered once");
            counter
        };
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help).expect("a valid metric");
            registry.register(Box::new(gauge.clone())).expect("registered once");
            gauge
        };
        let oldest = Gauge::new("lighttrace_inbox_oldest_seconds", "Age of the oldest item in the inbox.");
        let oldest = oldest.expect("a valid metric");
        registry.register(Box::new(oldest.clone())).expect("registered once");
        let vector = |name: &str, help: &str, labels: &[&str]| {
            let vector = IntCounterVec::new(Opts::new(name, help), labels).expect("a valid metric");
            registry.register(Box::new(vector.clone())).expect("registered once");
            vector
        };
        let rejected =
            vector("lighttrace_items_rejected_total", "Items refused or dropped, by reason.", &["reason"]);
        let notifications = vector(
            "lighttrace_notifications_total",
            "Messages about alerts, by channel and what became of them.",
            &["channel", "outcome"],
        );
        // A vector prints nothing, not even its name, until it has a child.
        for reason in REASONS {
            rejected.with_label_values(&[reason]);
        }
        for channel in ["mail"].into_iter().chain(TargetKind::ALL.map(TargetKind::as_str)) {
            for delivery in DELIVERIES {
                notifications.with_label_values(&[channel, delivery]);
            }
        }
        let bundles =
            vector("lighttrace_bundles_assembled_total", "Uploaded bundles that were read.", &["outcome"]);
        for outcome in ASSEMBLIES {
            bundles.with_label_values(&[outcome]);
        }
        let evaluation = HistogramOpts::new(
            "lighttrace_alert_evaluation_seconds",
            "Time to look at all alert rules once.",
        );
        let evaluation = Histogram::with_opts(evaluation).expect("a valid metric");
        registry.register(Box::new(evaluation.clone())).expect("registered once");
        let forgotten =
            vector("lighttrace_weeks_forgotten_total", "Weeks of events removed, by reason.", &["reason"]);
        Self {
            weeks_forgotten: forgotten,
            damaged: counter("lighttrace_events_damaged_total", "Stored events that cannot be read back."),
            accepted: counter("lighttrace_events_accepted_total", "Items durably accepted."),
            digested: counter("lighttrace_events_digested_total", "Items digested into the store."),
            indexed: counter("lighttrace_events_indexed_total", "Events searchable."),
            duplicate: counter("lighttrace_items_duplicate_total", "Items whose event id was known already."),
            late_events: counter(
                "lighttrace_late_events_total",
                "Stored events that became readable when their source maps came.",
            ),
            late_issues: counter(
                "lighttrace_late_issues_total",
                "Issues whose title or culprit source maps changed when they came.",
            ),
            late_wanted: gauge(
                "lighttrace_late_wanted",
                "Debug ids and releases without source maps that stored events need.",
            ),
            inbox_depth: gauge("lighttrace_inbox_depth", "Items accepted and not digested yet."),
            index_lag_events: gauge("lighttrace_index_lag_events", "Events stored and not searchable yet."),
            bundles_assembled: bundles,
            artifact_bytes: gauge(
                "lighttrace_artifact_bytes",
                "Bytes on disk: what builds uploaded, and what is made of it.",
            ),
            store_bytes: gauge("lighttrace_store_bytes", "Bytes on disk: state, payloads and attachments."),
            index_bytes: gauge("lighttrace_index_bytes", "Bytes on disk: the search index."),
            inbox_oldest_seconds: oldest,
            alert_evaluation_seconds: evaluation,
            notifications,
            notifications_waiting: gauge(
                "lighttrace_notifications_waiting",
                "Messages about alerts that are not delivered yet.",
            ),
            rejected,
            accepting: LastTry::default(),
            digesting: LastTry::default(),
            registry,
        }
    }

    /// Counts `items` as refused or dropped.
    pub fn reject(&self, reason: &str, items: u64) {
        self.rejected.with_label_values(&[reason]).inc_by(items);
    }

    /// The text that Prometheus reads.
    pub fn render(&self) -> String {
        TextEncoder::new().encode_to_string(&self.registry.gather()).expect("metrics encode")
    }
}
