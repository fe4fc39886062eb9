//! Every metric of `/metrics`: name, unit and meaning, in one place.
//!
//! The ledger equation that operators may rely on: accepted = digested + waiting in the inbox + rejected after
//! acceptance. Counters start at zero with the process; what waited in the inbox at start counts as accepted.

use prometheus::{Gauge, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

pub struct Metrics {
    registry: Registry,
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
    pub inbox_depth: IntGauge,
    pub inbox_oldest_seconds: Gauge,
    pub index_lag_events: IntGauge,
    pub store_bytes: IntGauge,
    pub index_bytes: IntGauge,
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
        let rejected = Opts::new("lighttrace_items_rejected_total", "Items refused or dropped, by reason.");
        let rejected = IntCounterVec::new(rejected, &["reason"]).expect("a valid metric");
        registry.register(Box::new(rejected.clone())).expect("registered once");
        let forgotten = Opts::new("lighttrace_weeks_forgotten_total", "Weeks of events removed, by reason.");
        let forgotten = IntCounterVec::new(forgotten, &["reason"]).expect("a valid metric");
        registry.register(Box::new(forgotten.clone())).expect("registered once");
        Self {
            weeks_forgotten: forgotten,
            damaged: counter("lighttrace_events_damaged_total", "Stored events that cannot be read back."),
            accepted: counter("lighttrace_events_accepted_total", "Items durably accepted."),
            digested: counter("lighttrace_events_digested_total", "Items digested into the store."),
            indexed: counter("lighttrace_events_indexed_total", "Events searchable."),
            duplicate: counter("lighttrace_items_duplicate_total", "Items whose event id was known already."),
            inbox_depth: gauge("lighttrace_inbox_depth", "Items accepted and not digested yet."),
            index_lag_events: gauge("lighttrace_index_lag_events", "Events stored and not searchable yet."),
            store_bytes: gauge("lighttrace_store_bytes", "Bytes on disk: state, payloads and attachments."),
            index_bytes: gauge("lighttrace_index_bytes", "Bytes on disk: the search index."),
            inbox_oldest_seconds: oldest,
            rejected,
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
