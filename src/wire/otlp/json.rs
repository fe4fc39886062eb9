//! Requests as JSON. Lists are held as slices of the text; what lies in them is read one by one.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::wire::otlp::{LogRecord, OtlpError, Part, RECORD_BYTES_MAX, Signal, Span};

/// Null where an exporter had nothing to say.
type Slices<'a> = Option<Vec<&'a RawValue>>;

#[derive(Deserialize)]
struct Export<'a> {
    #[serde(borrow, default, rename = "resourceSpans", alias = "resource_spans")]
    spans: Slices<'a>,
    #[serde(borrow, default, rename = "resourceLogs", alias = "resource_logs")]
    logs: Slices<'a>,
}

#[derive(Deserialize)]
struct OfResource<'a> {
    #[serde(borrow, default)]
    resource: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "scopeSpans", alias = "scope_spans")]
    spans: Slices<'a>,
    #[serde(borrow, default, rename = "scopeLogs", alias = "scope_logs")]
    logs: Slices<'a>,
}

#[derive(Deserialize)]
struct OfScope<'a> {
    #[serde(borrow, default)]
    scope: Option<&'a RawValue>,
    #[serde(borrow, default)]
    spans: Slices<'a>,
    #[serde(borrow, default, rename = "logRecords", alias = "log_records")]
    logs: Slices<'a>,
}

fn slices<'a>(signal: Signal, spans: Slices<'a>, logs: Slices<'a>) -> Vec<&'a RawValue> {
    match signal {
        Signal::Traces => spans,
        Signal::Logs => logs,
    }
    .unwrap_or_default()
}

pub fn each(body: &[u8], signal: Signal, see: &mut dyn FnMut(Part)) -> Result<(), OtlpError> {
    let export: Export<'_> = parse(body)?;
    for resource in slices(signal, export.spans, export.logs) {
        let resource: OfResource<'_> = parse(resource.get().as_bytes())?;
        see(Part::Resource(part(resource.resource)));
        for scope in slices(signal, resource.spans, resource.logs) {
            let scope: OfScope<'_> = parse(scope.get().as_bytes())?;
            see(Part::Scope(part(scope.scope)));
            for one in slices(signal, scope.spans, scope.logs) {
                see(match signal {
                    Signal::Traces => Part::Span(record::<Span>(one.get().as_bytes()).map(Box::new)),
                    Signal::Logs => Part::Log(record::<LogRecord>(one.get().as_bytes()).map(Box::new)),
                });
            }
        }
    }
    Ok(())
}

fn part<T: DeserializeOwned + Default>(slice: Option<&RawValue>) -> Option<Box<T>> {
    match slice {
        None => Some(Box::default()),
        Some(slice) => record(slice.get().as_bytes()).map(Box::new),
    }
}

pub fn record<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    // Serde would take a list for a struct.
    let is_object = json.trim_ascii_start().starts_with(b"{");
    if is_object && json.len() <= RECORD_BYTES_MAX { serde_json::from_slice(json).ok() } else { None }
}

fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, OtlpError> {
    if !json.trim_ascii_start().starts_with(b"{") {
        return Err(OtlpError::Json("expected a JSON object".to_owned()));
    }
    serde_json::from_slice(json).map_err(|error| OtlpError::Json(error.to_string()))
}

/// Counts what [`each`] shows, in one pass that keeps nothing.
pub fn count(body: &[u8], signal: Signal) -> Result<u64, OtlpError> {
    #[derive(Deserialize)]
    struct Export {
        #[serde(default, rename = "resourceSpans", alias = "resource_spans")]
        spans: Sum<Resource>,
        #[serde(default, rename = "resourceLogs", alias = "resource_logs")]
        logs: Sum<Resource>,
    }
    #[derive(Deserialize)]
    struct Resource {
        #[serde(default, rename = "scopeSpans", alias = "scope_spans")]
        spans: Sum<Scope>,
        #[serde(default, rename = "scopeLogs", alias = "scope_logs")]
        logs: Sum<Scope>,
    }
    #[derive(Deserialize)]
    struct Scope {
        #[serde(default)]
        spans: Sum<IgnoredAny>,
        #[serde(default, rename = "logRecords", alias = "log_records")]
        logs: Sum<IgnoredAny>,
    }
    impl Count for Resource {
        fn count(&self) -> (u64, u64) {
            (self.spans.0.0, self.logs.0.1)
        }
    }
    impl Count for Scope {
        fn count(&self) -> (u64, u64) {
            (self.spans.0.0, self.logs.0.1)
        }
    }
    let export: Export = parse(body)?;
    Ok(match signal {
        Signal::Traces => export.spans.0.0,
        Signal::Logs => export.logs.0.1,
    })
}

/// Spans and log records.
trait Count {
    fn count(&self) -> (u64, u64);
}

impl Count for IgnoredAny {
    fn count(&self) -> (u64, u64) {
        (1, 1)
    }
}

/// A list, or `null`, of which only the counts are kept.
struct Sum<T>((u64, u64), PhantomData<T>);

impl<T> Default for Sum<T> {
    fn default() -> Self {
        Self((0, 0), PhantomData)
    }
}

impl<'de, T: Count + Deserialize<'de>> Deserialize<'de> for Sum<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self::default())
    }
}

impl<'de, T: Count + Deserialize<'de>> Visitor<'de> for Sum<T> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Self, A::Error> {
        while let Some(item) = list.next_element::<T>()? {
            let (spans, logs) = item.count();
            self.0.0 += spans;
            self.0.1 += logs;
        }
        Ok(self)
    }
}
