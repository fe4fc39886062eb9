//! What operators meet: readiness, metrics, the ledger, a stop, settings that change.

use reqwest::Method;
use serde_json::json;

use crate::api::{ORG, PROJECT, event, with_events};
use crate::support::{KEY, Server};

#[test]
fn a_stop_ends_open_pages() {
    let server = Server::start();
    let stream = server.api(Method::GET, &format!("{ORG}/live/")).send().expect("an answer");
    assert!(server.stop(), "a clean stop");
    // A stream that is cut off has no last chunk, and reading it fails.
    stream.text().expect("the stream has ended by itself");
}

#[test]
fn a_key_of_the_settings_is_added_to_a_project_that_exists() {
    let later = "00112233445566778899aabbccddeeff";
    let server = Server::start();
    server.stop();
    let start = |projects: &str| {
        let mut own = server.command(&["serve"]);
        own.env("LIGHTTRACE_PROJECTS", projects);
        own.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        own.spawn().expect("starts")
    };
    let mut own = start(&format!("default:{later}"));
    let lines = std::io::BufRead::lines(std::io::BufReader::new(own.stdout.take().expect("piped")));
    let mut lines = lines.map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("Listening on ")));
    own.kill().expect("killed");
    own.wait().expect("reaped");
    let refused = start(&format!("second:{later}")).wait_with_output().expect("ends");
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("LIGHTTRACE_PROJECTS") && said.contains("`default`'s"), "{said}");

    server.restart();
    let keys = server.api_get(&format!("{PROJECT}/keys/"));
    let keys: Vec<_> = keys.as_array().expect("keys").iter().map(|key| &key["public"]).collect();
    assert!(keys.contains(&&json!(later)) && keys.contains(&&json!(KEY)), "{keys:?}");
}

#[test]
fn every_promised_metric_is_there_from_the_start() {
    let server = Server::start();
    let text = server.client.get(server.url("/metrics")).send().expect("metrics").text().expect("text");
    for name in [
        "lighttrace_events_accepted_total ",
        "lighttrace_events_digested_total ",
        "lighttrace_events_indexed_total ",
        "lighttrace_items_rejected_total{reason=",
        "lighttrace_items_duplicate_total ",
        "lighttrace_inbox_depth ",
        "lighttrace_inbox_oldest_seconds ",
        "lighttrace_index_lag_events ",
        "lighttrace_store_bytes ",
        "lighttrace_index_bytes ",
        "lighttrace_alert_evaluation_seconds_count ",
        "lighttrace_notifications_total{channel=",
        "process_resident_memory_bytes ",
    ] {
        assert!(text.lines().any(|line| line.starts_with(name)), "{name} in {text}");
    }
}

#[test]
fn the_ledger_page_shows_the_queues_as_they_are_now() {
    let server = with_events(3);
    // Nobody has asked `/metrics` since the start, so its gauges say nothing.
    server.restart();
    server.wait_until("the ledger knows that the index is up to date", || {
        server.api_get(&format!("{ORG}/stats/ledger/"))["index"]["lagEvents"] == 0
    });
    assert_eq!(server.store(&event(9, "x")).status(), 200);
    server.wait_until("the ledger sees what has come", || {
        let ledger = server.api_get(&format!("{ORG}/stats/ledger/"));
        ledger["inbox"]["depth"] != 0 || ledger["index"]["lagEvents"] != 0
    });
}

/// A process of a test's own, ended with the test, whether it passes or not.
struct Own(std::process::Child);

impl Drop for Own {
    fn drop(&mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("reaped");
    }
}

#[test]
fn a_server_whose_disk_takes_nothing_more_is_not_ready() {
    let server = Server::start();
    server.stop();
    let usual = server.command(&["serve"]);
    let mut limited = std::process::Command::new("/bin/sh");
    // Writes beyond the limit fail, as on a full disk, once the signal that comes with them is ignored.
    limited.args(["-c", "trap '' XFSZ; ulimit -f 6000; exec \"$0\" serve"]).arg(usual.get_program());
    limited.env_clear().envs(usual.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut own = limited
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .map(Own)
        .expect("starts");
    let lines = std::io::BufRead::lines(std::io::BufReader::new(own.0.stdout.take().expect("piped")));
    let mut lines = lines.map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("Listening on ").map(str::to_owned));
    let address = address.expect("the server says where it listens");
    let ready = || server.client.get(format!("{address}/ready")).send().expect("an answer").status().as_u16();
    let before = ready();
    let mut noise = vec![0; 160_000];
    server.wait_until("the server says that it is not ready", || {
        // What does not compress.
        getrandom::fill(&mut noise).expect("the system has randomness");
        let text = hex::encode(&noise);
        let url = format!("{address}/api/1/store/?sentry_key={KEY}&sentry_version=7");
        let _ = server.client.post(url).body(json!({"extra": {"text": text}}).to_string()).send();
        ready() == 503
    });
    assert_eq!(before, 200);
}
