//! What tells an issue's events from the project's others, through the real server.

use serde_json::{Value, json};

use crate::support::Server;

const OTHERS: u32 = 60;
const FAILING: u32 = 24;

fn event(issue: &str, person: u32, (browser, os): (&str, &str)) -> Value {
    json!({
        "platform": "javascript", "fingerprint": [issue], "message": issue, "user": {"id": person.to_string()},
        "contexts": {
            "browser": {"name": browser, "version": format!("{}.0", 100 + person % 3)}, "os": {"name": os},
            "flags": {"values": [{"flag": "darkMode", "result": person.is_multiple_of(2)}]},
            "culture": {"locale": if person.is_multiple_of(3) { "de-DE" } else { "en-US" }},
        },
    })
}

fn compare(server: &Server, query: &str) -> reqwest::blocking::Response {
    let path = format!("/api/0/organizations/lighttrace/compare/?{query}");
    server.api(reqwest::Method::GET, &path).send().expect("answers")
}

#[test]
fn safari_and_ios_are_one_finding() {
    let server = Server::start();
    for person in 0..OTHERS {
        let device = match person % 8 {
            0 => ("Safari", "iOS"),
            1 => ("Firefox", "Linux"),
            _ => ("Chrome", "Windows"),
        };
        server.store(&event(&format!("other {}", person % 12), person, device));
    }
    for person in 0..FAILING {
        server.store(&event("broken", 100 + person, ("Safari", "iOS")));
    }
    server.settled();
    let broken =
        server.issues("broken").first().expect("an issue")["shortId"].as_str().expect("an id").to_owned();

    let answer: Value = compare(&server, &format!("a=issue:{broken}")).json().expect("JSON");
    assert_eq!(answer["compared"]["failing"], FAILING, "{answer:#}");
    assert_eq!(answer["compared"]["others"], OTHERS);
    assert_eq!((&answer["tooFew"], &answer["compared"]["sampled"]), (&Value::Null, &json!(false)));
    let findings = answer["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 1, "{answer:#}");
    assert_eq!(findings[0]["sentence"], "100 % of its events come from Safari, 13 % of the others");
    assert_eq!(findings[0]["query"], "browser.name:Safari");
    assert_eq!(findings[0]["failing"], json!({"hits": FAILING, "of": FAILING}));
    let alike = findings[0]["alike"].as_array().expect("alike");
    assert!(alike.iter().any(|alike| alike["value"] == "iOS"), "{answer:#}");

    // What the finding says can be asked for, and so can its like.
    assert_eq!(server.count_events("browser.name:Safari flag.darkMode:true locale:de-DE !hour:99"), 7);

    let nothing: Value = compare(&server, "a=level:fatal").json().expect("JSON");
    assert_eq!(nothing["tooFew"], "No events in this time", "{nothing:#}");
    for (query, said) in [
        ("a=level:error&b=level:error", "another search"),
        ("", "another search"),
        ("a=level:", "value"),
        ("a=level:error&aStart=2026-01-02&aEnd=2026-01-01", "before aEnd"),
        ("a=level:error&bStart=soon", "expected a time"),
    ] {
        let refused = compare(&server, query);
        assert_eq!(refused.status(), 400, "{query}");
        let detail =
            refused.json::<Value>().expect("JSON")["detail"].as_str().expect("a sentence").to_owned();
        assert!(detail.contains(said), "{query}: {detail}");
    }
}
