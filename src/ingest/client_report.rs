//! Client reports: what SDKs lost before it reached us. Summed up while they are read, so that a report costs no
//! more memory than it has distinct reasons. Pure.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::ingest::json;
use crate::model::outcome::Category;

/// Distinct categories and reasons of one report; past it reasons are folded into `other`.
const SUMS_MAX: usize = 1_000;
/// Of a reason, which clients choose.
const REASON_BYTES_MAX: usize = 64;

/// How much was lost, by category and reason.
#[derive(Debug, PartialEq, Default)]
pub struct ClientReport(HashMap<(Category, String), u64>);

impl ClientReport {
    /// `None`: it is none.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        #[expect(clippy::struct_field_names, reason = "the protocol's names")]
        struct Lists {
            discarded_events: ClientReport,
            rate_limited_events: ClientReport,
            filtered_events: ClientReport,
            filtered_sampling_events: ClientReport,
        }
        let lists: Lists = json::find(bytes)?;
        let mut all = lists.discarded_events;
        for list in [lists.rate_limited_events, lists.filtered_events, lists.filtered_sampling_events] {
            for ((category, reason), quantity) in list.0 {
                all.add(category, &reason, quantity);
            }
        }
        Some(all)
    }

    pub fn sums(&self) -> impl Iterator<Item = (Category, &str, u64)> {
        self.0.iter().map(|((category, reason), quantity)| (*category, reason.as_str(), *quantity))
    }

    fn add(&mut self, category: Category, reason: &str, quantity: u64) {
        if quantity == 0 {
            return;
        }
        let mut key = (category, reason[..reason.floor_char_boundary(REASON_BYTES_MAX)].to_owned());
        if self.0.len() >= SUMS_MAX && !self.0.contains_key(&key) {
            "other".clone_into(&mut key.1);
        }
        let sum = self.0.entry(key).or_default();
        *sum = sum.saturating_add(quantity);
    }
}

impl<'de> Deserialize<'de> for ClientReport {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(List)
    }
}

struct List;

impl<'de> Visitor<'de> for List {
    type Value = ClientReport;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of discarded events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ClientReport, A::Error> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Discarded<'a> {
            #[serde(borrow)]
            reason: Cow<'a, str>,
            #[serde(borrow)]
            category: Cow<'a, str>,
            quantity: u64,
        }
        let mut report = ClientReport::default();
        while let Some(row) = list.next_element::<Discarded<'_>>()? {
            // Relay's quantities have 32 bits: no SDK loses more between two reports.
            let quantity = row.quantity.min(u64::from(u32::MAX));
            report.add(category_by_name(&row.category), &row.reason, quantity);
        }
        Ok(report)
    }
}

/// A category as client reports name it.
fn category_by_name(name: &str) -> Category {
    match name {
        "default" => Category::Default,
        "error" => Category::Error,
        "security" => Category::Security,
        "transaction" => Category::Transaction,
        "attachment" | "attachment_item" => Category::Attachment,
        "session" => Category::Session,
        "profile" => Category::Profile,
        "profile_chunk" | "profile_chunk_ui" => Category::ProfileChunk,
        "replay" => Category::Replay,
        "monitor" => Category::Monitor,
        "span" => Category::Span,
        "log_item" => Category::LogItem,
        "feedback" | "user_report_v2" => Category::Feedback,
        "trace_metric" => Category::TraceMetric,
        _ => Category::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientReport, SUMS_MAX};
    use crate::model::outcome::Category;

    fn sums(json: &str) -> Vec<(Category, String, u64)> {
        let report = ClientReport::read(json.as_bytes()).expect("a report");
        let mut sums: Vec<_> =
            report.sums().map(|(category, reason, n)| (category, reason.to_owned(), n)).collect();
        sums.sort();
        sums
    }

    #[test]
    fn all_lists_count() {
        let json = "{\"timestamp\":1,\"discarded_events\":[{\"reason\":\"queue_overflow\",\"category\":\"error\",\
            \"quantity\":23},{\"reason\":\"queue_overflow\",\"category\":\"error\",\"quantity\":2},{}],\
            \"rate_limited_events\":[{\"reason\":\"x\",\"category\":\"y\",\"quantity\":2}]}";
        let expected = [(Category::Error, "queue_overflow".into(), 25), (Category::Other, "x".into(), 2)];
        assert_eq!(sums(json), expected);
        assert_eq!(sums("{}"), []);
        for bad in ["[]", "", "{\"discarded_events\":5}", "{\"discarded_events\":[{\"quantity\":-1}]}"] {
            assert_eq!(ClientReport::read(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn what_clients_claim_is_bounded() {
        let row =
            |reason: &str, quantity: u64| format!("{{\"reason\":\"{reason}\",\"quantity\":{quantity}}}");
        let most = u64::from(u32::MAX);
        let twice = format!("{{\"discarded_events\":[{0},{0}]}}", row("a", u64::MAX));
        assert_eq!(sums(&twice), [(Category::Other, "a".into(), 2 * most)]);
        let many: Vec<_> = (0..SUMS_MAX + 10).map(|n| row(&format!("{n:04}"), 1)).collect();
        let found = sums(&format!("{{\"discarded_events\":[{}]}}", many.join(",")));
        assert_eq!(found.len(), SUMS_MAX + 1);
        assert!(found.contains(&(Category::Other, "other".into(), 10)));
        let long = sums(&format!("{{\"discarded_events\":[{}]}}", row(&"r".repeat(1000), 1)));
        assert_eq!(long[0].1.len(), 64);
    }
}
