//! The transactions of an incident's trace, one a service; what breadcrumbs tell of calls becomes their spans.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::demo::envelope::{self, Item};
use crate::demo::event::all_crumbs;
use crate::demo::scene::Scene;
use crate::demo::sdk;
use crate::demo::service::Service;
use crate::demo::shop::earlier;
use crate::demo::story::{Crumb, Story};
use crate::demo::{Result, Shipment};

/// Breadcrumbs further back belong to what was done before the request.
const REQUEST_SECONDS: f64 = 5.0;

pub fn shipments(scene: &Scene, story: &Story) -> Result<Vec<Shipment>> {
    let caused = story.causes.iter().map(|name| scene.shop.story(name)).collect::<Result<Vec<_>>>()?;
    let stories: Vec<&Story> = [story].into_iter().chain(caused).collect();
    scene
        .spans
        .keys()
        .map(|&service| {
            let told = stories.iter().find(|story| story.service == service).copied();
            shipment(scene, service, told, story)
        })
        .collect()
}

fn shipment(scene: &Scene, service: Service, told: Option<&Story>, story: &Story) -> Result<Shipment> {
    let id = scene.id_of(&format!("transaction {} {}", story.name, service.folder()));
    // Whoever calls is there before and after those who are called.
    let margin = match service {
        Service::Web => 0.160,
        Service::Api => 0.045,
        Service::Worker => 0.0,
    };
    let end = earlier(told.map_or(scene.at, |told| scene.time_of(told)), -margin);
    let crumbs = told.map(|told| all_crumbs(scene, told)).transpose()?.unwrap_or_default();
    let calls: Vec<&Crumb> =
        crumbs.into_iter().filter(|crumb| crumb.ago < REQUEST_SECONDS && op(crumb).is_some()).collect();
    let longest = calls.iter().map(|crumb| crumb.ago).fold(0.3, f64::max);
    let start = earlier(end, longest + 2.0 * margin + 0.02);
    let mut event = sdk::base(scene, service, end);
    let name = told.and_then(|told| told.transaction.as_deref()).unwrap_or("/checkout");
    event.insert("event_id".into(), id.to_string().into());
    event.insert("type".into(), "transaction".into());
    event.insert("transaction".into(), scene.filler().text(name)?.into());
    event.insert("transaction_info".into(), json!({"source": "route"}));
    event.insert("start_timestamp".into(), sdk::time(service, start));
    let spans: Result<Vec<Value>> = calls.iter().map(|crumb| span(scene, service, crumb, end)).collect();
    event.insert("spans".into(), spans?.into());
    if let Some(contexts) = event.get_mut("contexts") {
        contexts["trace"]["op"] = match service {
            Service::Web => "navigation",
            Service::Api => "http.server",
            Service::Worker => "queue.task.celery",
        }
        .into();
        contexts["trace"]["status"] = if told.is_some() { "internal_error" } else { "ok" }.into();
    }
    let items = vec![Item::json("transaction", &event.into())];
    Ok(Shipment { service, at: end, envelope: envelope::write(scene, service, id, items) })
}

fn op(crumb: &Crumb) -> Option<&'static str> {
    match crumb.category.as_str() {
        "fetch" | "xhr" | "http" | "httplib" => Some("http.client"),
        "query" => Some("db"),
        "redis" => Some("cache.get"),
        _ => None,
    }
}

fn span(scene: &Scene, service: Service, crumb: &Crumb, end: Timestamp) -> Result<Value> {
    let start = earlier(end, crumb.ago);
    let mut dice = scene.dice(&format!("span {} {}", service.folder(), crumb.ago));
    let most = SignedDuration::from_millis(i64::try_from(dice.between(2, 240)).unwrap_or(0));
    let description = match (&crumb.message, crumb.data.get("url").and_then(|url| url.as_str())) {
        (Some(message), _) => message.clone(),
        (None, Some(url)) => {
            format!("{} {url}", crumb.data.get("method").and_then(|method| method.as_str()).unwrap_or("GET"))
        }
        (None, None) => crumb.category.clone(),
    };
    Ok(json!({
        "trace_id": scene.trace_id,
        "span_id": dice.hex(16),
        "parent_span_id": scene.spans.get(&service),
        "op": op(crumb),
        "description": scene.filler().text(&description)?,
        "start_timestamp": sdk::time(service, start),
        "timestamp": sdk::time(service, end.min(start + most)),
        "status": "ok",
        "origin": "auto",
    }))
}
