//! A transaction: an event whose trace context is a span, with its children beside it. What all generations of SDKs before
//! span v2 send.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::digest::spans::attributes::Attributes;
use crate::digest::spans::draft::{Defaults, Draft, Said, finish, first, word};
use crate::digest::spans::legacy::{LegacySpan, Links, Measurements};
use crate::digest::spans::{Around, RECORDS_MAX, Read, json, sampling};
use crate::model::ids::{SpanId, TraceId};
use crate::model::span::AttributeValue;
use crate::wire::envelope::Item;

/// Parts are read one by one, so that a damaged one costs only itself.
type Slice<'a> = Option<&'a RawValue>;

#[derive(Deserialize)]
struct Transaction<'a> {
    #[serde(default, rename = "transaction", deserialize_with = "json::text")]
    name: String,
    #[serde(default, deserialize_with = "json::time")]
    start_timestamp: Option<i64>,
    #[serde(default, deserialize_with = "json::time")]
    timestamp: Option<i64>,
    #[serde(default, deserialize_with = "json::text")]
    release: String,
    #[serde(default, deserialize_with = "json::text")]
    environment: String,
    #[serde(default, deserialize_with = "json::text")]
    server_name: String,
    #[serde(default, deserialize_with = "json::text")]
    platform: String,
    #[serde(borrow, default)]
    contexts: Slice<'a>,
    #[serde(borrow, default)]
    spans: Slice<'a>,
    #[serde(borrow, default, rename = "transaction_info")]
    info: Slice<'a>,
    #[serde(borrow, default)]
    tags: Slice<'a>,
    #[serde(borrow, default)]
    user: Slice<'a>,
    #[serde(borrow, default)]
    request: Slice<'a>,
    #[serde(borrow, default)]
    measurements: Slice<'a>,
    #[serde(borrow, default)]
    sdk: Slice<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Contexts<'a> {
    #[serde(borrow)]
    trace: Slice<'a>,
    #[serde(borrow)]
    response: Slice<'a>,
    #[serde(borrow)]
    runtime: Slice<'a>,
    #[serde(borrow)]
    browser: Slice<'a>,
    #[serde(borrow)]
    os: Slice<'a>,
    #[serde(borrow)]
    device: Slice<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TraceContext {
    #[serde(deserialize_with = "json::trace_id")]
    trace_id: Option<TraceId>,
    #[serde(deserialize_with = "json::span_id")]
    span_id: Option<SpanId>,
    #[serde(deserialize_with = "json::span_id")]
    parent_span_id: Option<SpanId>,
    #[serde(deserialize_with = "json::text")]
    op: String,
    #[serde(deserialize_with = "json::text")]
    description: String,
    #[serde(deserialize_with = "json::text")]
    status: String,
    #[serde(deserialize_with = "json::text")]
    origin: String,
    #[serde(deserialize_with = "json::number")]
    client_sample_rate: Option<f64>,
    data: Attributes,
    tags: Attributes,
    links: Links,
}

pub fn read(item: &Item, around: &Around<'_>) -> Read {
    let read = json::with_document(&item.payload, |text| {
        let transaction: Transaction<'_> = serde_json::from_str(text).ok()?;
        transaction.read(item, around)
    });
    read.unwrap_or_else(|| {
        let mut none = Read::default();
        none.drop("digest_invalid_transaction", 1);
        none
    })
}

impl Transaction<'_> {
    /// `None`: it has no ids or no times.
    fn read(&self, item: &Item, around: &Around<'_>) -> Option<Read> {
        let contexts = self.contexts.and_then(|slice| serde_json::from_str::<Contexts<'_>>(slice.get()).ok());
        let contexts = contexts.unwrap_or_default();
        let trace: TraceContext = json::read(contexts.trace?.get())?;
        let (trace_id, segment_id) = (trace.trace_id?, trace.span_id?);
        let (start_us, end_us) = (self.start_timestamp?, self.timestamp?);

        let mut defaults = around.defaults(item);
        defaults.clock = defaults.clock.for_whole(start_us, end_us);
        defaults.release = word(&first(&[&self.release, &defaults.release]));
        defaults.environment = word(&first(&[&self.environment, &defaults.environment]));
        if let Some(weight) = trace.client_sample_rate.and_then(sampling::weight) {
            defaults.weight = weight;
        }
        let segment = finish(self.segment(trace, &contexts, (start_us, end_us))?, &defaults);
        defaults.transaction.clone_from(&segment.name);
        // The rate that the segment names is that of all its children.
        defaults.weight = segment.weight;
        defaults.service.clone_from(&segment.service);

        let mut read = Read::default();
        read.spans.push(segment);
        self.read_children((trace_id, segment_id), &defaults, &mut read);
        Some(read)
    }

    fn read_children(&self, (trace, segment): (TraceId, SpanId), defaults: &Defaults<'_>, read: &mut Read) {
        let Some(slice) = self.spans else { return };
        let children: Option<json::Slices<'_>> = serde_json::from_str(slice.get()).unwrap_or_default();
        let children = children.unwrap_or_default();
        read.drop("digest_too_many_spans", children.len().saturating_sub(RECORDS_MAX - 1) as u64);
        for child in children.iter().take(RECORDS_MAX - 1) {
            let draft = json::read::<LegacySpan>(child.get()).and_then(|span| span.into_draft(Some(trace)));
            // A child without a parent belongs to the transaction it stands in, and is none itself.
            let draft = draft.map(|draft| Draft {
                parent: draft.parent.or(Some(segment)),
                is_segment: Some(false),
                ..draft
            });
            match draft {
                Some(draft) => read.spans.push(finish(draft, defaults)),
                None => read.drop("digest_invalid_span", 1),
            }
        }
    }

    fn segment(&self, trace: TraceContext, contexts: &Contexts<'_>, times: (i64, i64)) -> Option<Draft> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Info {
            #[serde(deserialize_with = "json::text")]
            source: String,
        }
        let info: Info = part(self.info);
        let mut attributes = trace.data;
        self.describe(&mut attributes, contexts);
        attributes.append(part(self.tags));
        attributes.append(trace.tags);
        attributes.append(part::<Measured>(self.measurements).0.0);
        Some(Draft {
            trace: trace.trace_id?,
            id: trace.span_id?,
            parent: trace.parent_span_id,
            is_segment: Some(true),
            op: trace.op,
            name: first(&[&self.name, &trace.description, "<unlabeled transaction>"]),
            said: Said::Word(trace.status),
            kind: None,
            start_us: times.0,
            end_us: times.1,
            origin: trace.origin,
            name_is_chosen: !matches!(info.source.as_str(), "" | "url" | "sanitized" | "unknown"),
            weight: None,
            attributes,
            links: trace.links.0,
        })
    }

    /// What an event says of request, user and machine, by the names that attributes have.
    fn describe(&self, attributes: &mut Attributes, contexts: &Contexts<'_>) {
        let Named { name: sdk, version } = part(self.sdk);
        let request: Request = part(self.request);
        let user: User = part(self.user);
        let response: Response = part(contexts.response);
        if let Some(code) = response.status_code {
            attributes.push("http.response.status_code".to_owned(), AttributeValue::Double(code));
        }
        let (runtime, browser, os): (Named, Named, Named) =
            (part(contexts.runtime), part(contexts.browser), part(contexts.os));
        let device: Named = part(contexts.device);
        for (key, text) in [
            ("url.full", request.url),
            ("http.request.method", request.method),
            ("user.id", user.id),
            ("user.email", user.email),
            ("user.name", user.username),
            ("host.name", self.server_name.clone()),
            ("process.runtime.name", runtime.name),
            ("process.runtime.version", runtime.version),
            ("browser.name", browser.name),
            ("browser.version", browser.version),
            ("os.name", os.name),
            ("device.name", device.name),
            ("sentry.platform", self.platform.clone()),
            ("sentry.sdk.name", sdk),
            ("sentry.sdk.version", version),
        ] {
            attributes.push_text(key, text.trim());
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named {
    #[serde(deserialize_with = "json::text")]
    name: String,
    #[serde(deserialize_with = "json::text")]
    version: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Request {
    #[serde(deserialize_with = "json::text")]
    url: String,
    #[serde(deserialize_with = "json::text")]
    method: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct User {
    #[serde(deserialize_with = "json::text")]
    id: String,
    #[serde(deserialize_with = "json::text")]
    email: String,
    #[serde(deserialize_with = "json::text")]
    username: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Response {
    #[serde(deserialize_with = "json::number")]
    status_code: Option<f64>,
}

#[derive(Deserialize, Default)]
#[serde(transparent)]
struct Measured(Measurements);

/// What is there and readable.
fn part<T: DeserializeOwned + Default>(slice: Slice<'_>) -> T {
    slice.and_then(|slice| serde_json::from_str(slice.get()).ok()).unwrap_or_default()
}
