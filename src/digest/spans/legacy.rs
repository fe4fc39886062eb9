//! Spans as Sentry's SDKs write them inside of transactions, and alone (span v1).

use serde::Deserialize;

use crate::digest::spans::attributes::{self, Attributes};
use crate::digest::spans::draft::{Defaults, Draft, Said, finish};
use crate::digest::spans::{Around, Read, json, sampling};
use crate::model::ids::{SpanId, TraceId};
use crate::model::span::AttributeValue;
use crate::wire::envelope::Item;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LegacySpan {
    #[serde(deserialize_with = "json::trace_id")]
    pub trace_id: Option<TraceId>,
    #[serde(deserialize_with = "json::span_id")]
    pub span_id: Option<SpanId>,
    #[serde(deserialize_with = "json::span_id")]
    pub parent_span_id: Option<SpanId>,
    #[serde(deserialize_with = "json::text")]
    pub op: String,
    #[serde(deserialize_with = "json::text")]
    pub description: String,
    #[serde(deserialize_with = "json::text")]
    pub status: String,
    #[serde(deserialize_with = "json::text")]
    pub origin: String,
    #[serde(deserialize_with = "json::flag")]
    pub is_segment: Option<bool>,
    #[serde(deserialize_with = "json::time")]
    pub start_timestamp: Option<i64>,
    #[serde(deserialize_with = "json::time")]
    pub timestamp: Option<i64>,
    pub data: Attributes,
    pub tags: Attributes,
    pub measurements: Measurements,
    pub links: Links,
}

/// `{"lcp": {"value": 12.5, "unit": "millisecond"}}`, as attributes `measurements.lcp`.
#[derive(Default)]
pub struct Measurements(pub Attributes);

impl<'de> Deserialize<'de> for Measurements {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut measured = Attributes::default();
        for (key, value) in attributes::typed(deserializer)?.into_bounded() {
            let number = match value {
                AttributeValue::Integer(number) => number as f64,
                AttributeValue::Double(number) => number,
                _ => continue,
            };
            measured.push(format!("measurements.{key}"), AttributeValue::Double(number));
        }
        Ok(Self(measured))
    }
}

/// Links whose ids are none are left out.
#[derive(Default)]
pub struct Links(pub Vec<(TraceId, SpanId, Attributes)>);

impl<'de> Deserialize<'de> for Links {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let serde_json::Value::Array(list) = serde_json::Value::deserialize(deserializer)? else {
            return Ok(Self::default());
        };
        let read = |value: serde_json::Value| {
            let trace = value.get("trace_id")?.as_str()?.parse().ok()?;
            let span = value.get("span_id")?.as_str()?.parse().ok()?;
            let attributes = value.get("attributes").cloned().unwrap_or_default();
            let is_typed =
                attributes.as_object().is_some_and(|map| map.values().all(|one| one.get("value").is_some()));
            let attributes =
                if is_typed { attributes::typed(attributes) } else { Attributes::deserialize(attributes) };
            Some((trace, span, attributes.unwrap_or_default()))
        };
        Ok(Self(list.into_iter().filter_map(read).collect()))
    }
}

impl LegacySpan {
    /// `trace`: that of the transaction it stands in. `None`: it has no ids or no times.
    pub fn into_draft(self, trace: Option<TraceId>) -> Option<Draft> {
        let start_us = self.start_timestamp?;
        let mut attributes = self.data;
        attributes.append(self.tags);
        attributes.append(self.measurements.0);
        Some(Draft {
            trace: self.trace_id.or(trace)?,
            id: self.span_id?,
            parent: self.parent_span_id,
            is_segment: self.is_segment,
            op: self.op,
            name: self.description,
            said: Said::Word(self.status),
            kind: None,
            start_us,
            end_us: self.timestamp.unwrap_or(start_us),
            origin: self.origin,
            name_is_chosen: false,
            weight: None,
            attributes,
            links: self.links.0,
        })
    }
}

pub fn read(item: &Item, around: &Around<'_>) -> Read {
    let mut read = Read::default();
    let span = json::with_document(&item.payload, json::read::<LegacySpan>);
    let Some(draft) = span.and_then(|span| span.into_draft(None)) else {
        read.drop("digest_invalid_span", 1);
        return read;
    };
    let defaults = around.defaults(item);
    read.spans.push(finish(draft, &defaults));
    read
}

impl<'a> Around<'a> {
    /// What the envelope says for all spans in it.
    pub fn defaults(&self, item: &Item) -> Defaults<'a> {
        let trace = self.headers.trace.as_ref();
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        Defaults {
            scrubber: self.scrubber,
            clock: self.clock(),
            service: String::new(),
            environment: text(trace.and_then(|trace| trace.environment.as_ref())),
            release: text(trace.and_then(|trace| trace.release.as_ref())),
            transaction: String::new(),
            weight: sampling::of_headers(self.headers, &item.headers).unwrap_or(1.0),
        }
    }
}
