//! Any event has hashes and a title; grouping it twice gives the same ones.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use lighttrace::digest::grouping::{self, ProjectRules};
use lighttrace::digest::headline::headline;
use lighttrace::digest::normalize::{self, Context};

fuzz_target!(|data: &[u8]| {
    let (rules, event) = data.split_at(data.iter().position(|&b| b == 0).unwrap_or(0));
    let rules = std::str::from_utf8(rules).ok().and_then(|text| ProjectRules::new(text, text).ok());
    let rules = rules.unwrap_or_default();
    let Ok(value) = normalize::parse(event.strip_prefix(&[0]).unwrap_or(event), true) else { return };
    let context = Context {
        received: Timestamp::from_second(1_790_000_000).expect("valid"),
        sent_at: None,
        client_ip: None,
        user_agent: None,
        event_id: None,
        retention_days: 90,
        kind: None,
    };
    let Ok(mut event) = normalize::normalize(value, &context) else { return };
    grouping::apply_rules(&mut event, &rules);
    let found = grouping::group(&event, &rules);
    assert!(!found.hashes().is_empty());
    assert_eq!(found.hashes(), grouping::group(&event, &rules).hashes());
    assert!(headline(&event).title.len() <= 1024);
});
