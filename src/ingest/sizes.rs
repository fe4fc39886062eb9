//! How large things may be, after inflation. The numbers are Relay's defaults; excess is a 413 that names the
//! item's type. Pure.

use std::collections::HashMap;

use crate::wire::envelope::{Envelope, ItemHeaders, ItemType};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

pub const ENVELOPE_BYTES_MAX: usize = 200 * MIB;
pub const EVENT_BYTES_MAX: usize = MIB;
pub const ATTACHMENT_BYTES_MAX: usize = 200 * MIB;
pub const ATTACHMENTS_MAX: usize = 30;
/// A check-in, a crash report's form and other small bodies.
pub const SMALL_BYTES_MAX: usize = 100 * KIB;
/// OTLP and log drains.
pub const CONTAINER_BYTES_MAX: usize = 12 * MIB;
const SESSIONS_BYTES_MAX: usize = 10 * MIB;
const SESSIONS_MAX: usize = 100;
const CLIENT_REPORTS_MAX: usize = 100;
const PROFILE_BYTES_MAX: usize = 50 * MIB;
const REPLAY_COMPRESSED_BYTES_MAX: usize = 10 * MIB;
const LOG_BYTES_MAX: usize = 2 * MIB;
const TRACE_METRIC_BYTES_MAX: usize = MIB;
const SPAN_BYTES_MAX: usize = 10 * MIB;
const LOOSE_SPANS_MAX: usize = 25;

/// The payload of one item.
pub fn item_bytes_max(headers: &ItemHeaders) -> usize {
    if is_container(headers) {
        return CONTAINER_BYTES_MAX;
    }
    match headers.ty {
        ItemType::Event
        | ItemType::Transaction
        | ItemType::Security
        | ItemType::RawSecurity
        | ItemType::Nel
        | ItemType::FormData
        | ItemType::ReplayEvent
        | ItemType::UserReport
        | ItemType::Feedback => EVENT_BYTES_MAX,
        ItemType::Session | ItemType::Sessions => SESSIONS_BYTES_MAX,
        ItemType::ClientReport | ItemType::CheckIn => SMALL_BYTES_MAX,
        ItemType::Profile | ItemType::ProfileChunk => PROFILE_BYTES_MAX,
        ItemType::ReplayRecording | ItemType::ReplayVideo => REPLAY_COMPRESSED_BYTES_MAX,
        ItemType::Log | ItemType::OtelLog => LOG_BYTES_MAX,
        ItemType::TraceMetric | ItemType::Statsd | ItemType::MetricMeta => TRACE_METRIC_BYTES_MAX,
        ItemType::Span => SPAN_BYTES_MAX,
        ItemType::Attachment | ItemType::UnrealReport => ATTACHMENT_BYTES_MAX,
        ItemType::Integration | ItemType::Unknown(_) => ENVELOPE_BYTES_MAX,
    }
}

/// Many spans, logs or metrics as `{"items": […]}` in one item.
pub fn is_container(headers: &ItemHeaders) -> bool {
    matches!(headers.ty, ItemType::Span | ItemType::Log | ItemType::TraceMetric)
        && headers.content_type.as_deref().is_some_and(|ty| ty.starts_with("application/vnd.sentry.items."))
}

/// The type whose room in an envelope an item shares.
fn kind(ty: &ItemType) -> &ItemType {
    match ty {
        ItemType::Sessions => &ItemType::Session,
        ItemType::ProfileChunk => &ItemType::Profile,
        ItemType::UnrealReport | ItemType::UserReport => &ItemType::Attachment,
        ty => ty,
    }
}

/// How many bytes all items of one kind may have together.
fn total_bytes_max(headers: &ItemHeaders) -> usize {
    match kind(&headers.ty) {
        ItemType::Attachment => ATTACHMENT_BYTES_MAX,
        ItemType::Session => SESSIONS_BYTES_MAX,
        ItemType::ClientReport => SMALL_BYTES_MAX,
        _ => usize::MAX,
    }
}

/// How many items of one kind an envelope may hold.
fn count_max(headers: &ItemHeaders) -> usize {
    match kind(&headers.ty) {
        ItemType::Event
        | ItemType::Transaction
        | ItemType::Security
        | ItemType::Feedback
        | ItemType::CheckIn
        | ItemType::Profile
        | ItemType::ReplayEvent
        | ItemType::ReplayRecording
        | ItemType::ReplayVideo => 1,
        _ if is_container(headers) => 1,
        ItemType::Span => LOOSE_SPANS_MAX,
        ItemType::Attachment => ATTACHMENTS_MAX,
        ItemType::Session => SESSIONS_MAX,
        ItemType::ClientReport => CLIENT_REPORTS_MAX,
        _ => usize::MAX,
    }
}

/// The type of the first item that is too large or one too many.
pub fn find_excess(envelope: &Envelope) -> Option<&ItemType> {
    /// (items, bytes)
    type Sum = (usize, usize);
    let mut sums: HashMap<(&ItemType, bool), Sum> = HashMap::new();
    for item in &envelope.items {
        let headers = &item.headers;
        let (count, bytes) = sums.entry((kind(&headers.ty), is_container(headers))).or_default();
        *count += 1;
        *bytes += item.payload.len();
        if *count > count_max(headers)
            || item.payload.len() > item_bytes_max(headers)
            || *bytes > total_bytes_max(headers)
        {
            return Some(&headers.ty);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{EVENT_BYTES_MAX, find_excess};
    use crate::wire::envelope::{Envelope, Item, ItemType};

    fn envelope(ty: &str, content_type: Option<&str>, count: usize, bytes: usize) -> Envelope {
        let mut item = Item::new(ItemType::from(ty), Bytes::from(vec![b' '; bytes]));
        item.headers.content_type = content_type.map(str::to_owned);
        Envelope { items: vec![item; count], ..Envelope::default() }
    }

    #[test]
    fn at_and_above_each_bound() {
        let spans = Some("application/vnd.sentry.items.span.v2+json");
        let cases = [
            ("event", None, 1, EVENT_BYTES_MAX),
            ("transaction", None, 1, EVENT_BYTES_MAX),
            ("feedback", None, 1, EVENT_BYTES_MAX),
            ("user_report", None, 30, EVENT_BYTES_MAX),
            ("session", None, 100, 10 << 20),
            ("client_report", None, 100, 100 << 10),
            ("check_in", None, 1, 100 << 10),
            ("profile", None, 1, 50 << 20),
            ("replay_event", None, 1, EVENT_BYTES_MAX),
            ("replay_video", None, 1, 10 << 20),
            ("replay_recording", None, 1, 10 << 20),
            ("log", None, usize::MAX, 2 << 20),
            ("log", Some("application/vnd.sentry.items.log+json"), 1, 12 << 20),
            ("trace_metric", None, usize::MAX, 1 << 20),
            ("span", None, 25, 10 << 20),
            ("span", spans, 1, 12 << 20),
            ("attachment", None, 30, 200 << 20),
        ];
        for (ty, content_type, count, bytes) in cases {
            let excess = |count, bytes| find_excess(&envelope(ty, content_type, count, bytes)).cloned();
            assert_eq!(excess(1, bytes), None, "{ty}");
            assert_eq!(excess(1, bytes + 1), Some(ItemType::from(ty)), "{ty}");
            assert_eq!(excess(count.min(400), 1), None, "{ty}");
            if count != usize::MAX {
                assert_eq!(excess(count + 1, 1), Some(ItemType::from(ty)), "{ty}");
            }
        }
        for (ty, count, bytes) in
            [("attachment", 2, 101 << 20), ("session", 2, 6 << 20), ("client_report", 2, 60 << 10)]
        {
            let together = envelope(ty, None, count, bytes);
            assert_eq!(find_excess(&together), Some(&ItemType::from(ty)), "{ty}: together");
        }
    }

    #[test]
    fn some_types_share_their_room() {
        for (ty, count, other) in [
            ("session", 100, "sessions"),
            ("attachment", 30, "user_report"),
            ("attachment", 30, "unreal_report"),
            ("profile", 1, "profile_chunk"),
        ] {
            let mut both = envelope(ty, None, count, 1);
            assert_eq!(find_excess(&both), None, "{ty}");
            both.items.push(Item::new(ItemType::from(other), Bytes::new()));
            assert_eq!(find_excess(&both), Some(&ItemType::from(other)), "{ty}");
        }
    }
}
