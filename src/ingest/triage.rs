//! What becomes of each item of an envelope: kept for digest, or counted and let go. Pure.
//!
//! Item types whose feature comes later are accepted and counted, never refused: an SDK that is new to us
//! loses nothing that it would not lose anyway, and keeps sending what we do keep.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::ingest::client_report::ClientReport;
use crate::ingest::json;
use crate::ingest::rate::Group;
use crate::ingest::sizes;
use crate::model::outcome::Category;
use crate::wire::envelope::{Item, ItemHeaders, ItemType};
use crate::wire::otlp::{Signal, integration};

#[derive(Debug, PartialEq)]
pub enum Fate {
    /// Digest stores it; `Group` is which limit counts it.
    Keep(Group),
    /// Of a type that this version does not keep; how many things it holds.
    NotStored(u64),
    /// What SDKs lost before it reached us.
    Report(ClientReport),
    /// Dropped; the rest of the envelope is not to blame.
    Dropped(&'static str),
    /// The whole request is refused as malformed.
    Refused(String),
}

pub fn category(headers: &ItemHeaders) -> Category {
    match &headers.ty {
        ItemType::Event | ItemType::UnrealReport => Category::Error,
        ItemType::Security | ItemType::RawSecurity | ItemType::Nel => Category::Security,
        ItemType::Transaction => Category::Transaction,
        ItemType::Attachment | ItemType::FormData => Category::Attachment,
        ItemType::UserReport => Category::UserReport,
        ItemType::Feedback => Category::Feedback,
        ItemType::Session | ItemType::Sessions => Category::Session,
        ItemType::ClientReport => Category::ClientReport,
        ItemType::CheckIn => Category::Monitor,
        ItemType::Span => Category::Span,
        ItemType::Log | ItemType::OtelLog => Category::LogItem,
        ItemType::TraceMetric | ItemType::Statsd | ItemType::MetricMeta => Category::TraceMetric,
        ItemType::Profile => Category::Profile,
        ItemType::ProfileChunk => Category::ProfileChunk,
        ItemType::ReplayEvent | ItemType::ReplayRecording | ItemType::ReplayVideo => Category::Replay,
        ItemType::Integration => match integration::read(headers) {
            Some((Signal::Traces, _)) => Category::Span,
            Some((Signal::Logs, _)) => Category::LogItem,
            None => Category::Other,
        },
        ItemType::Unknown(_) => Category::Other,
    }
}

/// How many things an item holds, where its header tells.
pub fn quantity(item: &Item) -> u64 {
    let holds_many = item.headers.ty == ItemType::Integration || sizes::is_container(&item.headers);
    item.headers.item_count.filter(|_| holds_many).unwrap_or(1)
}

/// `lenient`: see [`json::check_object`].
pub fn judge(item: &Item, lenient: bool) -> Fate {
    match &item.headers.ty {
        ItemType::Event | ItemType::Security | ItemType::RawSecurity | ItemType::Nel => {
            object_or_refused(item, lenient, Group::Errors)
        }
        ItemType::Feedback => object_or_refused(item, lenient, Group::Feedback),
        ItemType::UserReport => user_report(item),
        ItemType::Attachment => Fate::Keep(Group::Attachments),
        ItemType::Session | ItemType::Sessions => Fate::Keep(Group::Sessions),
        ItemType::ClientReport => client_report(item),
        ItemType::Integration => Fate::Refused("item type `integration` is not accepted from outside".into()),
        ItemType::Transaction => object_or_dropped(item, lenient, Group::Spans, "invalid_transaction"),
        ItemType::OtelLog => object_or_dropped(item, lenient, Group::Logs, "invalid_log"),
        ItemType::Span if !sizes::is_container(&item.headers) => {
            object_or_dropped(item, lenient, Group::Spans, "invalid_span")
        }
        ItemType::Span => container(item, |_| Fate::Keep(Group::Spans)),
        ItemType::Log if sizes::is_container(&item.headers) => container(item, |_| Fate::Keep(Group::Logs)),
        ItemType::TraceMetric if sizes::is_container(&item.headers) => container(item, Fate::NotStored),
        ItemType::Log
        | ItemType::TraceMetric
        | ItemType::UnrealReport
        | ItemType::FormData
        | ItemType::CheckIn
        | ItemType::Statsd
        | ItemType::MetricMeta
        | ItemType::Profile
        | ItemType::ProfileChunk
        | ItemType::ReplayEvent
        | ItemType::ReplayRecording
        | ItemType::ReplayVideo
        | ItemType::Unknown(_) => Fate::NotStored(1),
    }
}

fn object_or_refused(item: &Item, lenient: bool, group: Group) -> Fate {
    match json::check_object(&item.payload, lenient) {
        Ok(()) => Fate::Keep(group),
        Err(reason) => Fate::Refused(reason),
    }
}

/// What is no event is not worth the whole envelope.
fn object_or_dropped(item: &Item, lenient: bool, group: Group, reason: &'static str) -> Fate {
    match json::check_object(&item.payload, lenient) {
        Ok(()) => Fate::Keep(group),
        Err(_) => Fate::Dropped(reason),
    }
}

fn user_report(item: &Item) -> Fate {
    #[derive(Deserialize)]
    struct Essentials {
        #[expect(dead_code, reason = "its presence is what is checked")]
        event_id: crate::model::ids::EventId,
    }
    match json::find::<Essentials>(&item.payload) {
        Some(_) => Fate::Keep(Group::Feedback),
        None => Fate::Dropped("invalid_user_report"),
    }
}

fn client_report(item: &Item) -> Fate {
    ClientReport::read(&item.payload).map_or(Fate::Dropped("invalid_client_report"), Fate::Report)
}

/// A container's `item_count` must be true; the things in it are counted one by one.
fn container(item: &Item, fate: impl Fn(u64) -> Fate) -> Fate {
    #[derive(Deserialize)]
    struct Container {
        items: Vec<IgnoredAny>,
    }
    match json::find::<Container>(&item.payload) {
        None => Fate::Dropped("invalid_container"),
        Some(found) if item.headers.item_count != Some(found.items.len() as u64) => {
            Fate::Dropped("item_count")
        }
        Some(found) => fate(found.items.len() as u64),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Fate, judge};
    use crate::ingest::rate::Group;
    use crate::wire::envelope::{Item, ItemType};

    fn fate(ty: &str, payload: &str) -> Fate {
        judge(&Item::new(ItemType::from(ty), Bytes::copy_from_slice(payload.as_bytes())), false)
    }

    #[test]
    fn fates() {
        let id = "fc6d8c0c43fc4630ad850ee518f1b9d0";
        assert_eq!(fate("event", "{}"), Fate::Keep(Group::Errors));
        assert_eq!(fate("feedback", "{}"), Fate::Keep(Group::Feedback));
        assert_eq!(fate("attachment", "\0"), Fate::Keep(Group::Attachments));
        assert_eq!(fate("user_report", &format!("{{\"event_id\":\"{id}\"}}")), Fate::Keep(Group::Feedback));
        assert_eq!(fate("user_report", "{}"), Fate::Dropped("invalid_user_report"));
        assert!(matches!(fate("event", "[]"), Fate::Refused(_)));
        assert!(matches!(fate("event", ""), Fate::Refused(_)));
        assert!(matches!(fate("integration", "{}"), Fate::Refused(_)));
        for kept in ["session", "sessions"] {
            assert_eq!(fate(kept, "{}"), Fate::Keep(Group::Sessions), "{kept}");
        }
        for kept in ["transaction", "span"] {
            assert_eq!(fate(kept, "{}"), Fate::Keep(Group::Spans), "{kept}");
            assert!(matches!(fate(kept, "[]"), Fate::Dropped(_)), "{kept}");
        }
        assert_eq!(fate("otel_log", "{}"), Fate::Keep(Group::Logs));
        for later in ["log", "check_in", "replay_event", "statsd", "no_such_type", "trace_metric"] {
            assert_eq!(fate(later, "{}"), Fate::NotStored(1), "{later}");
        }
    }

    #[test]
    fn containers_tell_the_truth() {
        let run = |count: Option<u64>, payload: &str| {
            let mut item = Item::new(ItemType::Log, Bytes::copy_from_slice(payload.as_bytes()));
            item.headers.content_type = Some("application/vnd.sentry.items.log+json".into());
            item.headers.item_count = count;
            judge(&item, false)
        };
        assert_eq!(run(Some(2), "{\"items\":[{},{}]}"), Fate::Keep(Group::Logs));
        assert_eq!(run(Some(1), "{\"items\":[{},{}]}"), Fate::Dropped("item_count"));
        assert_eq!(run(None, "{\"items\":[{}]}"), Fate::Dropped("item_count"));
        assert_eq!(run(Some(0), "nope"), Fate::Dropped("invalid_container"));
    }

    #[test]
    fn client_reports() {
        let good = "{\"discarded_events\":[{\"reason\":\"a\",\"category\":\"error\",\"quantity\":1}]}";
        assert!(matches!(fate("client_report", good), Fate::Report(_)));
        assert_eq!(fate("client_report", "[]"), Fate::Dropped("invalid_client_report"));
    }
}
