//! Crash dumps become events, so that they are issues: a minidump holds no JSON, and until it is read its event
//! says only that there was a crash. Placeholders as Relay writes them (`utils/native.rs`). Pure.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::ingest::refusal::Refusal;
use crate::ingest::unreal;
use crate::wire::envelope::{Envelope, Item, ItemType};

pub const MINIDUMP: &str = "event.minidump";
pub const APPLE_CRASH_REPORT: &str = "event.applecrashreport";

/// Unpacks Unreal reports, and gives every crash dump its event.
pub fn expand(envelope: &mut Envelope) -> Result<(), Refusal> {
    if let Some(at) = envelope.items.iter().position(|item| item.headers.ty == ItemType::UnrealReport) {
        let report = envelope.items.swap_remove(at);
        envelope.items.extend(unreal::unpack(&report.payload, None)?);
    }
    let dump = envelope.items.iter().find_map(|item| {
        let is_attachment = item.headers.ty == ItemType::Attachment;
        let kind = item.headers.attachment_kind();
        (is_attachment && matches!(kind, MINIDUMP | APPLE_CRASH_REPORT))
            .then(|| (kind.to_owned(), item.payload.clone()))
    });
    let Some((kind, dump)) = dump else { return Ok(()) };
    match envelope.items.iter_mut().find(|item| item.headers.ty == ItemType::Event) {
        Some(event) => event.payload = crash_event(Some(&event.payload), &kind, &dump),
        None => envelope.items.insert(0, Item::new(ItemType::Event, crash_event(None, &kind, &dump))),
    }
    Ok(())
}

/// The event of a dump: what the SDK sent with it, and a placeholder for the crash.
fn crash_event(sent: Option<&[u8]>, kind: &str, dump: &[u8]) -> Bytes {
    let (ty, value, mechanism) = match kind {
        APPLE_CRASH_REPORT => ("AppleCrashReport", "Invalid Apple Crash Report", "applecrashreport"),
        _ => ("Minidump", "Invalid Minidump", "minidump"),
    };
    let sent = sent.and_then(|bytes| serde_json::from_slice::<Map<String, Value>>(bytes).ok());
    let mut event = sent.unwrap_or_default();
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

    use super::{MINIDUMP, expand};
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
        expand(&mut envelope).expect("no Unreal report");
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
}
