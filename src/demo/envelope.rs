//! Envelopes as the SDKs write them. Without `sent_at`: the times of the past would be taken for a wrong clock.

use serde_json::{Value, json};

use crate::demo::scene::Scene;
use crate::demo::sdk;
use crate::demo::service::Service;
use crate::model::ids::EventId;

pub struct Item {
    pub header: Value,
    pub payload: Vec<u8>,
}

impl Item {
    pub fn json(ty: &str, payload: &Value) -> Self {
        Self {
            header: json!({"type": ty, "content_type": "application/json"}),
            payload: payload.to_string().into(),
        }
    }

    /// Lines of a log.
    pub fn logs(lines: &[Value]) -> Self {
        let content_type = "application/vnd.sentry.items.log+json";
        let header = json!({"type": "log", "item_count": lines.len(), "content_type": content_type});
        Self { header, payload: json!({ "items": lines }).to_string().into() }
    }

    pub fn attachment(filename: &str, content_type: &str, body: String) -> Self {
        let header = json!({"type": "attachment", "filename": filename, "content_type": content_type});
        Self { header, payload: body.into() }
    }
}

/// That of an incident's event.
pub fn of_scene(scene: &Scene, service: Service, id: EventId, items: Vec<Item>) -> Vec<u8> {
    let trace = json!({
        "trace_id": scene.trace_id,
        "release": sdk::release(service, scene.release),
        "environment": scene.environment,
    });
    write(service, id, &trace, items)
}

pub fn write(service: Service, id: EventId, trace: &Value, items: Vec<Item>) -> Vec<u8> {
    let (name, version) = sdk::name(service);
    let header = json!({
        "event_id": id.to_string(),
        "sdk": {"name": name, "version": version},
        "trace": trace,
    });
    let mut bytes = header.to_string().into_bytes();
    bytes.push(b'\n');
    for mut item in items {
        item.header["length"] = item.payload.len().into();
        bytes.extend(item.header.to_string().into_bytes());
        bytes.push(b'\n');
        bytes.append(&mut item.payload);
        bytes.push(b'\n');
    }
    bytes
}
