//! The transactions of an incident's trace, one a service; what breadcrumbs tell of calls becomes their spans.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::demo::envelope::{self, Item};
use crate::demo::event::all_crumbs;
use crate::demo::scene::Scene;
use crate::demo::sdk;
use crate::demo::service::Service;
use crate::demo::shop::earlier;
use crate::demo::story::{Crumb, Story};
use crate::demo::{Flaw, Result, Shipment};

/// Breadcrumbs further back belong to what was done before the request.
const REQUEST_SECONDS: f64 = 5.0;
/// What a service does before anything is told of it, and after.
const MARGIN_SECONDS: f64 = 0.045;
/// A request and its answer are on their way for so long.
const WAY_SECONDS: f64 = 0.011;
/// What is put into a queue waits for so long.
const QUEUED_SECONDS: f64 = 0.030;
const PUBLISH_SECONDS: f64 = 0.004;
/// What comes before a service that is not told of itself calls another.
const BEFORE_SECONDS: f64 = 0.42;
const API: &str = "https://api.pinecone.example";
/// What the API does for every request.
const API_TRAIL: &str = "api-request";

/// From when until when, by the service's own clock.
#[derive(Clone, Copy)]
struct Window {
    start: Timestamp,
    end: Timestamp,
}

/// What one service did in the incident.
struct Part<'a> {
    told: Option<&'a Story>,
    calls: Vec<&'a Crumb>,
    window: Window,
    /// When it called the next service, by its own clock.
    call: Option<(Service, Window)>,
}

pub fn shipments(scene: &Scene, story: &Story) -> Result<Vec<Shipment>> {
    let caused = story.causes.iter().map(|name| scene.shop.story(name)).collect::<Result<Vec<_>>>()?;
    let stories: Vec<&Story> = [story].into_iter().chain(caused).collect();
    let parts = parts(scene, &stories)?;
    parts.iter().map(|(&service, _)| shipment(scene, service, &parts, story)).collect()
}

/// The innermost service first: whoever calls is there before and after it.
fn parts<'a>(scene: &'a Scene, stories: &[&'a Story]) -> Result<BTreeMap<Service, Part<'a>>> {
    let mut parts: BTreeMap<Service, Part> = BTreeMap::new();
    for &service in scene.spans.keys().rev() {
        let told = stories.iter().find(|story| story.service == service).copied();
        let crumbs = match told {
            Some(told) => all_crumbs(scene, told)?,
            None if service == Service::Api => trail(scene)?,
            None => Vec::new(),
        };
        let callee = scene.callee(service).and_then(|callee| Some((callee, parts.get(&callee)?.window)));
        let call = callee.map(|(callee, window)| (callee, call(scene, service, callee, window)));
        let is_call = |crumb: &&Crumb| {
            let url = crumb.data.get("url").and_then(|url| url.as_str()).unwrap_or_default();
            call.is_none() || !url.starts_with(API)
        };
        let calls: Vec<&Crumb> = crumbs
            .into_iter()
            .filter(|crumb| crumb.ago < REQUEST_SECONDS && op(crumb).is_some())
            .filter(is_call)
            .collect();
        let longest = calls.iter().map(|crumb| crumb.ago).fold(0.3, f64::max);
        let own = told.map(|told| {
            let at = scene.time_of(told);
            Window { start: earlier(at, longest + MARGIN_SECONDS), end: earlier(at, -MARGIN_SECONDS) }
        });
        let around = call.map(|(_, call)| Window {
            start: earlier(call.start, if told.is_some() { MARGIN_SECONDS } else { BEFORE_SECONDS }),
            end: earlier(call.end, -MARGIN_SECONDS),
        });
        let window = match (own, around) {
            (Some(own), Some(around)) => {
                Window { start: own.start.min(around.start), end: own.end.max(around.end) }
            }
            (own, around) => own.or(around).unwrap_or(Window { start: scene.at, end: scene.at }),
        };
        parts.insert(service, Part { told, calls, window, call });
    }
    Ok(parts)
}

fn trail<'a>(scene: &'a Scene) -> Result<Vec<&'a Crumb>> {
    let trail = scene.shop.trails.get(API_TRAIL);
    Ok(trail.ok_or_else(|| Flaw(format!("no trail `{API_TRAIL}`")))?.iter().collect())
}

/// Who puts work into a queue does not wait for it.
fn call(scene: &Scene, caller: Service, callee: Service, window: Window) -> Window {
    let clocks = scene.clock_behind(callee) - scene.clock_behind(caller);
    let (start, end) = (window.start + clocks, window.end + clocks);
    if callee == Service::Worker {
        let end = earlier(start, QUEUED_SECONDS);
        return Window { start: earlier(end, PUBLISH_SECONDS), end };
    }
    Window { start: earlier(start, WAY_SECONDS), end: earlier(end, -WAY_SECONDS) }
}

/// What the transaction of a service is called in this incident.
fn name<'a>(service: Service, told: Option<&'a Story>) -> &'a str {
    told.and_then(|told| told.transaction.as_deref()).unwrap_or(match service {
        Service::Web => "/checkout",
        Service::Api => "POST /api/checkout",
        Service::Worker => "orders.fulfil",
    })
}

fn shipment(
    scene: &Scene,
    service: Service,
    parts: &BTreeMap<Service, Part>,
    story: &Story,
) -> Result<Shipment> {
    let part = &parts[&service];
    let id = scene.id_of(&format!("transaction {} {}", story.name, service.folder()));
    let Window { start, end } = part.window;
    let mut event = sdk::base(scene, service, end);
    event.insert("event_id".into(), id.to_string().into());
    event.insert("type".into(), "transaction".into());
    event.insert("transaction".into(), scene.filler().text(name(service, part.told))?.into());
    event.insert("transaction_info".into(), json!({"source": "route"}));
    event.insert("start_timestamp".into(), sdk::time(service, start));
    let mut spans: Vec<Value> =
        part.calls.iter().map(|crumb| span(scene, service, crumb, part)).collect::<Result<_>>()?;
    if let Some((callee, window)) = part.call {
        spans.push(call_span(scene, service, callee, window, parts[&callee].told)?);
    }
    event.insert("spans".into(), spans.into());
    let is_failed = part.told.is_some_and(|told| !told.handled);
    if let Some(contexts) = event.get_mut("contexts") {
        contexts["trace"]["op"] = match service {
            Service::Web => "navigation",
            Service::Api => "http.server",
            Service::Worker => "queue.task.celery",
        }
        .into();
        contexts["trace"]["status"] = if is_failed { "internal_error" } else { "ok" }.into();
        if is_failed && service == Service::Api {
            contexts["trace"]["data"] = json!({"http.response.status_code": 500});
        }
    }
    let items = vec![Item::json("transaction", &event.into())];
    Ok(Shipment { service, at: end, envelope: envelope::of_scene(scene, service, id, items) })
}

fn op(crumb: &Crumb) -> Option<&'static str> {
    match crumb.category.as_str() {
        "fetch" | "xhr" | "http" | "httplib" => Some("http.client"),
        "query" => Some("db"),
        "redis" => Some("cache.get"),
        _ => None,
    }
}

/// The span under which the next service's stands.
fn call_span(
    scene: &Scene,
    service: Service,
    callee: Service,
    window: Window,
    told: Option<&Story>,
) -> Result<Value> {
    let name = name(callee, told);
    let (op, description) = match name.split_once(' ') {
        _ if callee == Service::Worker => ("queue.publish", name.to_owned()),
        Some((method, path)) => {
            ("http.client", format!("{method} {API}{}", path.replace(":slug", "{product}")))
        }
        None => ("http.client", name.to_owned()),
    };
    let is_failed = callee == Service::Api && told.is_some_and(|told| !told.handled);
    let mut span = json!({
        "trace_id": scene.trace_id,
        "span_id": scene.parent_span(callee),
        "parent_span_id": scene.spans.get(&service),
        "op": op,
        "description": scene.filler().text(&description)?,
        "start_timestamp": sdk::time(service, window.start),
        "timestamp": sdk::time(service, window.end),
        "status": if is_failed { "internal_error" } else { "ok" },
        "origin": "auto",
    });
    if is_failed {
        span["data"] = json!({"http.response.status_code": 500});
    }
    Ok(span)
}

fn span(scene: &Scene, service: Service, crumb: &Crumb, part: &Part) -> Result<Value> {
    let told_at = part.told.map_or(earlier(part.window.end, MARGIN_SECONDS), |told| scene.time_of(told));
    let start = earlier(told_at, crumb.ago);
    let place = part.calls.iter().position(|call| std::ptr::eq(*call, crumb)).unwrap_or(0);
    let mut dice = scene.dice(&format!("span {} {} {place}", scene.trace_id, service.folder()));
    let most = SignedDuration::from_millis(i64::try_from(dice.between(2, 240)).unwrap_or(0));
    let description = match (&crumb.message, crumb.data.get("url").and_then(|url| url.as_str())) {
        (Some(message), _) => message.clone(),
        (None, Some(url)) => {
            format!("{} {url}", crumb.data.get("method").and_then(|method| method.as_str()).unwrap_or("GET"))
        }
        (None, None) => crumb.category.clone(),
    };
    let code = crumb.data.get("status_code").and_then(toml::Value::as_integer);
    let mut span = json!({
        "trace_id": scene.trace_id,
        "span_id": dice.hex(16),
        "parent_span_id": scene.spans.get(&service),
        "op": op(crumb),
        "description": scene.filler().text(&description)?,
        "start_timestamp": sdk::time(service, start),
        "timestamp": sdk::time(service, part.window.end.min(start + most)),
        "status": status(code),
        "origin": "auto",
    });
    if let Some(code) = code {
        span["data"] = json!({"http.response.status_code": code});
    }
    Ok(span)
}

/// What the SDKs make of an answer's status.
fn status(code: Option<i64>) -> &'static str {
    match code {
        Some(401) => "unauthenticated",
        Some(404) => "not_found",
        Some(503) => "unavailable",
        Some(504) => "deadline_exceeded",
        Some(500..) => "internal_error",
        Some(400..) => "invalid_argument",
        _ => "ok",
    }
}
