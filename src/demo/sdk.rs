//! What differs between the SDKs of the three services, as their recordings in `tests/fixtures/sdk` show it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::demo::scene::Scene;
use crate::demo::service::Service;
use crate::demo::shop::Release;
use crate::demo::story::Request;
use crate::demo::{Result, fill::Filler};

pub fn name(service: Service) -> (&'static str, &'static str) {
    match service {
        Service::Web => ("sentry.javascript.react", "11.12.0"),
        Service::Api => ("sentry.javascript.node", "11.12.0"),
        Service::Worker => ("sentry.python", "2.75.0"),
    }
}

pub fn platform(service: Service) -> &'static str {
    match service {
        Service::Web => "javascript",
        Service::Api => "node",
        Service::Worker => "python",
    }
}

pub fn release(service: Service, release: &Release) -> String {
    release_name(service, &release.version)
}

pub fn release_name(service: Service, version: &str) -> String {
    format!("pinecone-{}@{version}", service.folder())
}

/// Seconds as a number from JavaScript, ISO 8601 from Python.
pub fn time(service: Service, at: Timestamp) -> Value {
    match service {
        Service::Worker => format!("{at:.6}").into(),
        Service::Web | Service::Api => (at.as_millisecond() as f64 / 1000.0).into(),
    }
}

pub fn breadcrumbs(service: Service, crumbs: Vec<Value>) -> Value {
    match service {
        Service::Worker => json!({ "values": crumbs }),
        Service::Web | Service::Api => crumbs.into(),
    }
}

/// What every event of the service has.
pub fn base(scene: &Scene, service: Service, at: Timestamp) -> Map<String, Value> {
    let (name, version) = name(service);
    let release_name = release(service, scene.release);
    let event = json!({
        "platform": platform(service),
        "timestamp": time(service, at),
        "release": release_name,
        "dist": scene.release.build,
        "environment": scene.environment,
        "sdk": {
            "name": name,
            "version": version,
            "integrations": integrations(service),
            "packages": [{"name": package(service), "version": version}],
        },
        "contexts": contexts(scene, service),
    });
    let mut event = event.as_object().cloned().expect("written as an object");
    match service {
        Service::Web => {}
        Service::Api => {
            let server = scene.dice("api server").pick(&["api-1", "api-2", "api-3"]).copied();
            event.insert("server_name".into(), server.into());
            event.insert("modules".into(), json!({
                "@sentry/node": version, "express": "5.1.0", "pg": "8.16.3", "stripe": "18.5.0", "ioredis": "5.7.0",
            }));
        }
        Service::Worker => {
            let server = scene.dice("worker").pick(&["worker-a", "worker-b"]).copied();
            event.insert("server_name".into(), server.into());
            event.insert("modules".into(), json!({
                "celery": "5.5.3", "django": "5.2.5", "requests": "2.32.5", "psycopg": "3.2.9", "sentry-sdk": version,
            }));
        }
    }
    if let Some(user) = user(scene, service) {
        event.insert("user".into(), user);
    }
    event
}

fn package(service: Service) -> &'static str {
    match service {
        Service::Web => "npm:@sentry/react",
        Service::Api => "npm:@sentry/node",
        Service::Worker => "pypi:sentry-sdk",
    }
}

fn integrations(service: Service) -> &'static [&'static str] {
    match service {
        Service::Web => &[
            "EventFilters",
            "FunctionToString",
            "BrowserApiErrors",
            "Breadcrumbs",
            "GlobalHandlers",
            "LinkedErrors",
            "Dedupe",
            "HttpContext",
            "BrowserTracing",
        ],
        Service::Api => &[
            "EventFilters",
            "LinkedErrors",
            "RequestData",
            "Console",
            "Http",
            "NodeFetch",
            "OnUncaughtException",
            "OnUnhandledRejection",
            "ContextLines",
            "LocalVariables",
            "Context",
            "Express",
            "Postgres",
            "Redis",
        ],
        Service::Worker => &[
            "argv",
            "atexit",
            "celery",
            "dedupe",
            "django",
            "excepthook",
            "logging",
            "modules",
            "redis",
            "stdlib",
            "threading",
        ],
    }
}

fn contexts(scene: &Scene, service: Service) -> Value {
    let mut trace = json!({"trace_id": scene.trace_id, "span_id": scene.spans.get(&service)});
    if let Some(parent) = scene.parent_span(service) {
        trace["parent_span_id"] = parent.into();
    }
    match (service, scene.person) {
        // Browser and system are read from the User-Agent by the server.
        (Service::Web, Some(person)) => json!({
            "trace": trace,
            "culture": {"locale": person.place.locale, "timezone": person.place.timezone, "calendar": "gregory"},
        }),
        (Service::Web, None) => json!({ "trace": trace }),
        (Service::Api, _) => json!({
            "trace": trace,
            "runtime": {"name": "node", "version": "v22.18.0"},
            "os": {"name": "Alpine Linux", "version": "3.22.1", "kernel_version": "6.12.41"},
            "app": {"app_memory": scene.dice("memory").between(180, 420) * 1_048_576},
            "device": {"arch": "x64", "memory_size": 4_294_967_296_u64, "processor_count": 2},
        }),
        (Service::Worker, _) => json!({
            "trace": trace,
            "runtime": {"name": "CPython", "version": "3.12.11", "build": "3.12.11 (main, Jul  1 2025, 05:28:13) [GCC 14.2.0]"},
        }),
    }
}

fn user(scene: &Scene, service: Service) -> Option<Value> {
    let person = scene.person?;
    let mut user = json!({"id": person.id, "email": person.email});
    if service != Service::Worker {
        user["username"] = person.username.as_str().into();
        user["ip_address"] = person.ip.as_str().into();
        user["geo"] = json!({
            "city": person.place.city, "region": person.place.region, "country_code": person.place.country,
        });
    }
    Some(user)
}

pub fn request(scene: &Scene, service: Service, request: &Request, filler: &mut Filler) -> Result<Value> {
    let url = filler.text(&request.url)?;
    let agent = scene.person.map_or("pinecone-monitor/3.1", |person| person.device.user_agent.as_str());
    if service == Service::Web {
        let referer = "https://www.pinecone.example/";
        return Ok(json!({"url": url, "headers": {"User-Agent": agent, "Referer": referer}}));
    }
    let mut sent = json!({
        "method": request.method,
        "url": url,
        "headers": {
            "host": "api.pinecone.example",
            "user-agent": agent,
            "accept": "application/json",
            "content-type": "application/json",
            "sentry-trace": format!("{}-{}-1", scene.trace_id, scene.parent_span(service).unwrap_or("0000000000000000")),
            "x-request-id": filler.text("{request:hex16}")?,
        },
        "query_string": filler.text(&request.query)?,
        "cookies": {"session": filler.text("{session:hex32}")?, "currency": "EUR"},
    });
    if let Some(data) = &request.data {
        sent["data"] = filler.json(data)?;
    }
    Ok(sent)
}
