//! Any JSON object becomes an event, and the event reads back from its own JSON.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use lighttrace::digest::normalize::{self, Context};
use lighttrace::digest::scrub::Scrubber;
use lighttrace::model::event::Event;
use lighttrace::model::project::Scrubbing;

fuzz_target!(|data: &[u8]| {
    let Ok(mut value) = normalize::parse(data, true) else { return };
    Scrubber::new(&Scrubbing::default()).scrub(&mut value);
    let context = Context {
        received: Timestamp::from_second(1_790_000_000).expect("valid"),
        sent_at: None,
        client_ip: None,
        user_agent: None,
        event_id: None,
        retention_days: 90,
        kind: None,
    };
    if let Ok(event) = normalize::normalize(value, &context) {
        let json = serde_json::to_vec(&event).expect("an event is JSON");
        let again: Event = serde_json::from_slice(&json).expect("an event reads back");
        assert_eq!(again.exceptions.len(), event.exceptions.len());
    }
});
