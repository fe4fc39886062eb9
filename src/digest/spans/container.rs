//! Span v2: many spans in one item, as `@sentry/node` 11 and the browser's SDK send them.

use std::collections::HashMap;

use serde::Deserialize;

use crate::digest::spans::attributes::{self, Attributes};
use crate::digest::spans::draft::{Draft, Said, finish};
use crate::digest::spans::legacy::Links;
use crate::digest::spans::{Around, RECORDS_MAX, Read, json};
use crate::model::ids::{SpanId, TraceId};
use crate::model::span::{Span, SpanStatus};
use crate::wire::envelope::Item;

/// How the things of a container are told apart without reading them.
#[derive(Deserialize)]
pub struct Container<'a> {
    #[serde(borrow)]
    pub items: json::Slices<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SpanV2 {
    #[serde(deserialize_with = "json::trace_id")]
    trace_id: Option<TraceId>,
    #[serde(deserialize_with = "json::span_id")]
    span_id: Option<SpanId>,
    #[serde(deserialize_with = "json::span_id")]
    parent_span_id: Option<SpanId>,
    #[serde(deserialize_with = "json::text")]
    name: String,
    #[serde(deserialize_with = "json::text")]
    status: String,
    #[serde(deserialize_with = "json::flag")]
    is_segment: Option<bool>,
    #[serde(deserialize_with = "json::time")]
    start_timestamp: Option<i64>,
    #[serde(deserialize_with = "json::time")]
    end_timestamp: Option<i64>,
    #[serde(deserialize_with = "attributes::typed")]
    attributes: Attributes,
    links: Links,
}

pub fn read(item: &Item, around: &Around<'_>) -> Read {
    let defaults = around.defaults(item);
    let found = json::with_document(&item.payload, |text| {
        let container: Container<'_> = serde_json::from_str(text).ok()?;
        let mut read = Read::default();
        let surplus = container.items.len().saturating_sub(RECORDS_MAX);
        read.drop("digest_too_many_spans", surplus as u64);
        for slice in container.items.iter().take(RECORDS_MAX) {
            match json::read::<SpanV2>(slice.get()).and_then(SpanV2::into_draft) {
                Some(draft) => read.spans.push(finish(draft, &defaults)),
                None => read.drop("digest_invalid_span", 1),
            }
        }
        Some(read)
    });
    let Some(mut read) = found else {
        let mut none = Read::default();
        none.drop("digest_invalid_container", item.headers.item_count.unwrap_or(1));
        return none;
    };
    name_transactions(&mut read.spans);
    read
}

/// Spans take the name of their segment where it stands in the same item: it is clustered as the segment's own is.
pub fn name_transactions(spans: &mut [Span]) {
    let segments = spans.iter().filter(|span| span.is_segment);
    let names: HashMap<SpanId, String> = segments.map(|span| (span.id, span.name.clone())).collect();
    if names.is_empty() {
        return;
    }
    let parents: HashMap<SpanId, Option<SpanId>> = spans.iter().map(|span| (span.id, span.parent)).collect();
    let mut known: HashMap<SpanId, Option<SpanId>> = HashMap::with_capacity(spans.len());
    for span in spans.iter_mut().filter(|span| !span.is_segment) {
        let segment = segment_of(span.id, &names, &parents, &mut known);
        if let Some(name) = segment.and_then(|segment| names.get(&segment)) {
            span.transaction.clone_from(name);
        }
    }
}

/// Goes up until there is a segment or an answer from before, and notes it on the way, so that all together it is one pass.
fn segment_of(
    id: SpanId,
    names: &HashMap<SpanId, String>,
    parents: &HashMap<SpanId, Option<SpanId>>,
    known: &mut HashMap<SpanId, Option<SpanId>>,
) -> Option<SpanId> {
    let mut passed = Vec::new();
    let mut at = Some(id);
    let found = loop {
        let Some(id) = at else { break None };
        if names.contains_key(&id) {
            break Some(id);
        }
        if let Some(known) = known.get(&id) {
            break *known;
        }
        // Until it is known better: a cycle ends here.
        known.insert(id, None);
        passed.push(id);
        at = parents.get(&id).copied().flatten();
    };
    for id in passed {
        known.insert(id, found);
    }
    found
}

impl SpanV2 {
    fn into_draft(self) -> Option<Draft> {
        let start_us = self.start_timestamp?;
        let sources = ["sentry.segment.name.source", "sentry.span.source", "sentry.source"];
        let mut sources = sources.iter().filter_map(|key| self.attributes.text(key)).peekable();
        let name_is_chosen =
            sources.peek().is_some() && sources.all(|source| !matches!(source, "url" | "sanitized"));
        let status = match self.status.as_str() {
            "ok" => SpanStatus::Ok,
            "error" => SpanStatus::Error,
            _ => SpanStatus::Unset,
        };
        Some(Draft {
            trace: self.trace_id?,
            id: self.span_id?,
            parent: self.parent_span_id,
            is_segment: self.is_segment,
            op: String::new(),
            name: self.name,
            said: Said::Code(status, String::new()),
            kind: None,
            start_us,
            end_us: self.end_timestamp.unwrap_or(start_us),
            origin: String::new(),
            name_is_chosen: name_is_chosen && self.is_segment == Some(true),
            weight: None,
            attributes: self.attributes,
            links: self.links.0,
        })
    }
}
