//! Crash dumps become events, so that they are issues: a minidump holds no JSON, and until it is read its event
//! says only that there was a crash. Placeholders as Relay writes them (`utils/native.rs`). Pure.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::digest::normalize;
use crate::ingest::body::apart;
use crate::ingest::budget::Lease;
use crate::ingest::json;
use crate::ingest::refusal::Refusal;
use crate::ingest::unreal;
use crate::wire::envelope::{Envelope, Item, ItemType};

pub const MINIDUMP: &str = "event.minidump";
pub const APPLE_CRASH_REPORT: &str = "event.applecrashreport";

/// Unpacks Unreal reports, and gives every crash dump its event. `lenient`: see [`json::check_object`].
pub async fn expand(envelope: &mut Envelope, lenient: bool, lease: &mut Lease) -> Result<(), Refusal> {
    if let Some(at) = envelope.items.iter().position(|item| item.headers.ty == ItemType::UnrealReport) {
        let report = envelope.items.swap_remove(at).payload;
        envelope.items.extend(apart(lease, move |lease| unreal::unpack(&report, None, lease)).await??);
    }
    add_crash(envelope, lenient)
}

/// The event that was sent beside a dump is judged as any other before the crash is written into it.
fn add_crash(envelope: &mut Envelope, lenient: bool) -> Result<(), Refusal> {
    let dump = envelope.items.iter().find_map(|item| {
        let is_attachment = item.headers.ty == ItemType::Attachment;
        let kind = item.headers.attachment_kind();
        (is_attachment && matches!(kind, MINIDUMP | APPLE_CRASH_REPORT))
            .then(|| (kind.to_owned(), item.payload.clone()))
    });
    let Some((kind, dump)) = dump else { return Ok(()) };
    match envelope.items.iter_mut().find(|item| item.headers.ty == ItemType::Event) {
        Some(event) => {
            json::check_object(&event.payload, lenient).map_err(Refusal::malformed)?;
            // As digest reads it, which mends what JSON alone would refuse.
            let sent = normalize::parse(&event.payload, true);
            let Ok(Value::Object(sent)) = sent else { return Err(Refusal::malformed("invalid event")) };
            event.payload = crash_event(sent, &kind, &dump);
        }
        None => envelope.items.insert(0, Item::new(ItemType::Event, crash_event(Map::new(), &kind, &dump))),
    }
    Ok(())
}

/// The event of a dump: what the SDK sent with it, and a placeholder for the crash.
fn crash_event(mut event: Map<String, Value>, kind: &str, dump: &[u8]) -> Bytes {
    let (ty, value, mechanism) = match kind {
        APPLE_CRASH_REPORT => ("AppleCrashReport", "Invalid Apple Crash Report", "applecrashreport"),
        _ => ("Minidump", "Invalid Minidump", "minidump"),
    };
    event.insert("platform".into(), "native".into());
    event.entry("level").or_insert_with(|| "fatal".into());
    if let Some(seconds) = minidump_seconds(dump) {
        event.entry("timestamp").or_insert_with(|| seconds.into());
    }
    let mechanism = json!({"type": mechanism, "handled": false, "synthetic": true});
    let exception = json!({"type": ty, "value": value, "mechanism": mechanism});
    event.remove("sentry.interfaces.Exception");
    event.insert("exception".into(), json!({ "values": [exception] }));
    serde_json::to_vec(&event).expect("a JSON object").into()
}

/// `MINIDUMP_HEADER.TimeDateStamp`: seconds since 1970, in the byte order that the magic tells.
fn minidump_seconds(dump: &[u8]) -> Option<u32> {
    let bytes: [u8; 4] = dump.get(20..24)?.try_into().ok()?;
    let seconds = match dump.get(..4)? {
        b"MDMP" => u32::from_le_bytes(bytes),
        b"PMDM" => u32::from_be_bytes(bytes),
        _ => return None,
    };
    (seconds > 0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::Value;

    use super::{MINIDUMP, add_crash};
    use crate::wire::envelope::{Envelope, Item, ItemType};

    fn dump() -> Item {
        let mut bytes = vec![0; 32];
        bytes[..4].copy_from_slice(b"MDMP");
        bytes[20..24].copy_from_slice(&1_790_000_000u32.to_le_bytes());
        let mut item = Item::new(ItemType::Attachment, bytes.into());
        item.headers.attachment_type = Some(MINIDUMP.into());
        item
    }

    fn expanded(items: Vec<Item>) -> Vec<Value> {
        let mut envelope = Envelope { items, ..Envelope::default() };
        add_crash(&mut envelope, false).expect("well-formed");
        let events = envelope.items.iter().filter(|item| item.headers.ty == ItemType::Event);
        events.map(|item| serde_json::from_slice(&item.payload).expect("JSON")).collect()
    }

    #[test]
    fn a_dump_alone_and_with_its_event() {
        let [event] = expanded(vec![dump()]).try_into().expect("one event");
        assert_eq!(event["platform"], "native");
        assert_eq!(event["level"], "fatal");
        assert_eq!(event["timestamp"], 1_790_000_000);
        assert_eq!(event["exception"]["values"][0]["mechanism"]["type"], "minidump");

        let sent = Bytes::from_static(b"{\"release\":\"1.0\",\"level\":\"error\",\"platform\":\"other\"}");
        let [event] = expanded(vec![dump(), Item::new(ItemType::Event, sent)]).try_into().expect("one event");
        assert_eq!((&event["release"], &event["level"]), (&"1.0".into(), &"error".into()));
        assert_eq!(event["exception"]["values"][0]["type"], "Minidump");

        assert!(expanded(vec![]).is_empty());
    }

    #[test]
    fn the_event_beside_a_dump_is_mended_or_refused() {
        let deep = format!("{{\"release\":\"1.0\",\"extra\":{}{}}}", "[".repeat(500), "]".repeat(500));
        for sent in [deep.as_bytes(), b"{\"release\":\"1.0\",\"message\":\"\xff\"}"] {
            let event = Item::new(ItemType::Event, Bytes::copy_from_slice(sent));
            let [event] = expanded(vec![dump(), event]).try_into().expect("one event");
            assert_eq!(event["release"], "1.0", "nothing that the SDK said is lost");
        }
        for bad in ["{\"release\":", "[]", ""] {
            let event = Item::new(ItemType::Event, Bytes::from_static(bad.as_bytes()));
            let mut envelope = Envelope { items: vec![dump(), event], ..Envelope::default() };
            assert_eq!(add_crash(&mut envelope, false).expect_err(bad).status, 400, "{bad}");
        }
    }
}
