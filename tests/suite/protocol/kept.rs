//! What happens to what was accepted: kept and readable, or counted as received and not stored.

use serde_json::Value;

use super::{AUTH, Call, EVENT, FORM, ID, JSON, ONE_FILE, check, count, header, post, send};
use crate::support::Server;

pub fn event(server: &Server, id: &str) -> Value {
    server.api_get(&format!("/api/0/projects/lighttrace/default/events/{id}/"))
}

pub fn attachments(server: &Server, id: &str) -> Vec<Value> {
    let path = format!("/api/0/projects/lighttrace/default/events/{id}/attachments/");
    server.api_get(&path).as_array().expect("a list").clone()
}

#[test]
fn the_headers_id_wins_and_attachments_follow() {
    let server = Server::start();
    let body = format!(
        "{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{{\"event_id\":\"{}\",\"message\":\"hello\"}}\n\
         {{\"type\":\"attachment\",\"length\":3,\"filename\":\"first.bin\"}}\na\nb\n",
        "0".repeat(32)
    );
    check(&server, post("/api/1/envelope/", &[AUTH], &body), 200, &format!("{{\"id\":\"{ID}\"}}"));
    check(&server, post(&format!("/api/1/events/{ID}/attachments/"), &[AUTH, FORM], ONE_FILE), 201, "");
    server.settled();
    assert_eq!(event(&server, ID)["eventID"], ID);
    let mut names: Vec<_> = attachments(&server, ID).iter().map(|one| one["name"].clone()).collect();
    names.sort_by_key(Value::to_string);
    assert_eq!(names, ["a.txt", "first.bin"]);
}

#[test]
fn a_payload_with_nan_keeps_its_id_and_reads_back_as_json() {
    let server = Server::start();
    let body = format!("{{}}\n{{\"type\":\"event\"}}\n{{\"event_id\":\"{ID}\",\"extra\":{{\"a\":NaN}}}}\n");
    let python = ("user-agent", "sentry.python/2.30.0");
    for _ in 0..2 {
        check(
            &server,
            post("/api/1/envelope/", &[AUTH, python], &body),
            200,
            &format!("{{\"id\":\"{ID}\"}}"),
        );
    }
    server.settled();
    let raw = server.api_get(&format!("/api/0/projects/lighttrace/default/events/{ID}/?raw=1"));
    assert_eq!((&raw["event_id"], &raw["extra"]["a"]), (&ID.into(), &Value::Null));
    assert_eq!(server.count_events(""), 1, "the second one is known");
}

#[test]
fn event_and_feedback_of_one_envelope_are_both_kept() {
    let server = Server::start();
    let other = "0c6d8c0c43fc4630ad850ee518f1b9d1";
    let body = format!(
        "{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{EVENT}\n{{\"type\":\"feedback\"}}\n\
         {{\"event_id\":\"{other}\",\"contexts\":{{\"feedback\":{{\"message\":\"It broke\"}}}}}}\n"
    );
    check(&server, post("/api/1/envelope/", &[AUTH], &body), 200, &format!("{{\"id\":\"{ID}\"}}"));
    server.settled();
    assert_eq!(event(&server, ID)["type"], "default");
    assert_eq!(event(&server, other)["title"], "User Feedback: It broke");
}

#[test]
fn types_that_come_later_are_counted_and_never_refused() {
    let server = Server::start();
    let container = "{\"type\":\"trace_metric\",\"item_count\":2,\"content_type\":\"application/vnd.sentry.items.trace-metric+json\"}\n\
        {\"items\":[{},{}]}\n";
    let types = [
        "check_in",
        "profile",
        "profile_chunk",
        "replay_event",
        "replay_recording",
        "replay_video",
        "trace_metric",
        "statsd",
        "of_the_future",
    ];
    for ty in types {
        let body = format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"{ty}\"}}\n{{}}\n");
        check(&server, post("/api/1/envelope/", &[AUTH], &body), 200, "{\"id\"");
    }
    check(&server, post("/api/1/envelope/", &[AUTH], &format!("{{}}\n{container}")), 200, "{}");
    assert_eq!(count(&server, "lighttrace_items_rejected_total"), types.len() as u64 + 2);
    assert_eq!(count(&server, "lighttrace_events_accepted_total"), 0);
    let report = "{}\n{\"type\":\"client_report\"}\n{\"discarded_events\":[{\"reason\":\"queue_overflow\",\
        \"category\":\"error\",\"quantity\":3}]}\n";
    check(&server, post("/api/1/envelope/", &[AUTH], report), 200, "{}");
}

#[test]
fn a_minidump_is_an_issue() {
    let server = Server::start();
    let body = "--X\r\nContent-Disposition: form-data; name=\"sentry\"\r\n\r\n{\"release\":\"game@1\"}\r\n\
        --X\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"a.dmp\"\r\n\r\n\
        MDMPxxxxxxxxxxxxxxxx\0\0\0\0xxxxxxxx\r\n--X--\r\n";
    for (path, headers, body) in [
        ("/api/1/minidump/?sentry_key=KEY", &[FORM][..], body),
        ("/api/1/minidump/", &[AUTH, ("content-type", "application/x-dmp")][..], "MDMPraw"),
    ] {
        let answer = send(&server, post(path, headers, body));
        assert_eq!(answer.status().as_u16(), 200);
        let id = answer.text().expect("a UUID").replace('-', "");
        server.settled();
        assert_eq!(event(&server, &id)["platform"], "native");
        let found = attachments(&server, &id);
        assert_eq!((found.len(), &found[0]["type"]), (1, &"event.minidump".into()));
    }
}

#[test]
fn the_crash_dialog() {
    let server = Server::start();
    check(
        &server,
        post(
            "/api/1/envelope/",
            &[AUTH],
            &format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{EVENT}"),
        ),
        200,
        "{",
    );
    let path = format!("/api/embed/error-page/?dsn=https://KEY@x/1&eventId={ID}&title=%3C/script%3E");
    let script = send(&server, Call { method: "GET", path: &path, headers: &[], body: b"" });
    assert_eq!(script.status().as_u16(), 200);
    assert!(header(script.headers(), "content-type").starts_with("text/javascript"));
    let text = script.text().expect("a body");
    assert!(text.contains(ID) && !text.contains("</script>") && !text.contains("__OPTIONS__"), "{text}");

    let form = ("content-type", "application/x-www-form-urlencoded");
    check(&server, post(&path, &[form], "name=Ann&email=ann%40example.com&comments=It+broke"), 200, "{}");
    let incomplete = send(&server, post(&path, &[form], "name=Ann&email=nope"));
    assert_eq!(incomplete.status().as_u16(), 400);
    assert!(incomplete.text().expect("a body").contains("\"errors\""));
    check(&server, post("/api/embed/error-page/?dsn=https://KEY@x/1", &[form], ""), 400, "eventId");
    check(&server, post(&format!("/api/embed/error-page/?eventId={ID}"), &[form], ""), 404, "unknown dsn");
}

#[test]
fn a_resumable_upload_becomes_an_attachment() {
    let server = Server::start();
    let create = [AUTH, ("tus-resumable", "1.0.0"), ("upload-length", "10")];
    let answer = send(&server, post("/api/1/upload/", &create, ""));
    assert_eq!((answer.status().as_u16(), header(answer.headers(), "upload-offset")), (201, "0"));
    let location = header(answer.headers(), "location").to_owned();
    let path = &location[location.find("/api/").expect("a path")..];
    let resume = |offset: &'static str, body: &'static [u8]| {
        let headers = &[AUTH, ("content-type", "application/offset+octet-stream"), ("upload-offset", offset)];
        let answer = send(&server, Call { method: "PATCH", path, headers, body });
        (answer.status().as_u16(), header(answer.headers(), "upload-offset").to_owned())
    };
    assert_eq!(resume("0", b"hello"), (204, "5".into()));
    assert_eq!(resume("0", b"hello").0, 409);
    assert_eq!(resume("5", b"world"), (204, "10".into()));
    assert_eq!(resume("10", b"more").0, 413);
    let gone = path.replace("-10", "-11");
    let headers = &[AUTH, ("content-type", "application/offset+octet-stream"), ("upload-offset", "0")];
    check(&server, Call { method: "PATCH", path: &gone, headers, body: b"x" }, 404, "no such upload");
    check(&server, post("/api/1/upload/", &[AUTH, JSON], ""), 400, "upload-length");
    check(&server, post("/api/1/upload/", &[AUTH, ("upload-length", "2000000000")], ""), 413, "'attachment'");

    let reference = format!("{{\"location\":\"{location}\",\"content_type\":\"text/plain\"}}");
    let body = format!(
        "{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{EVENT}\n{{\"type\":\"attachment\",\"filename\":\"a.txt\",\
         \"content_type\":\"application/vnd.sentry.attachment-ref+json\",\"length\":{}}}\n{reference}\n",
        reference.len()
    );
    check(&server, post("/api/1/envelope/", &[AUTH], &body), 200, "{\"id\"");
    server.settled();
    assert_eq!(attachments(&server, ID)[0]["size"], 10);
}

#[test]
fn the_clients_address_is_believed_behind_known_proxies_only() {
    let body = "{\"message\":\"hello\",\"platform\":\"javascript\"}";
    let headers = [AUTH, ("x-forwarded-for", "6.6.6.6, 9.9.9.9")];
    for (proxies, expected) in [("", "127.0.0.1"), ("127.0.0.0/8", "9.9.9.9")] {
        let server = Server::start_with(&[("LIGHTTRACE_TRUSTED_PROXIES", proxies)]);
        let answer: Value = send(&server, post("/api/1/store/", &headers, body)).json().expect("JSON");
        server.settled();
        let found = event(&server, answer["id"].as_str().expect("an id"));
        assert_eq!(found["user"]["ip_address"], expected, "{proxies}");
    }
}
