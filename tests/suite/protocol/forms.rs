//! The rarer forms of the protocol, as tables: dumps, reports, uploads, keys in every place.

use std::io::Write;

use base64::Engine;
use reqwest::Method;
use serde_json::{Value, json};

use super::bodies::{gzip, zlib};
use super::kept::{attachments, event};
use super::{
    AUTH, CSP, Call, EVENT, FORM, Headers, ID, JSON, ONE_FILE, PROTOBUF, REPORTS, assert_cors, check, fill,
    header, post, send,
};
use crate::support::Server;

/// An Unreal report of these files, in the newer layout.
fn unreal(files: &[(&str, &[u8])]) -> Vec<u8> {
    let number = |value: usize| u32::try_from(value).expect("small").to_le_bytes();
    let text = |value: &str| {
        let mut bytes = value.as_bytes().to_vec();
        bytes.resize(260, 0);
        [&number(260)[..], &bytes].concat()
    };
    let mut bytes = [&b"CR1"[..], &text("UE4CC"), &text("crash"), &number(0), &number(files.len())].concat();
    for (index, (name, body)) in files.iter().enumerate() {
        bytes.extend([&number(index)[..], &text(name), &number(body.len()), body].concat());
    }
    zlib(&bytes)
}

#[test]
fn an_unreal_report_is_an_issue_and_never_hears_429() {
    let server = Server::start_with(&[("LIGHTTRACE_RATE_LIMIT", "1/hour")]);
    let body = unreal(&[("UE4Minidump.dmp", b"MDMPxxxxxxxxxxxxxxxxxxxx"), ("Game.log", b"line\n")]);
    let call = Call { method: "POST", path: "/api/1/unreal/KEY/?UserID=me", headers: &[], body: &body };
    let answer = send(&server, call);
    assert_eq!(answer.status().as_u16(), 200);
    let id = answer.text().expect("a UUID").replace('-', "");
    assert_eq!(send(&server, call).status().as_u16(), 200, "over the limit, and none the wiser");
    server.settled();
    let found = event(&server, &id);
    assert_eq!((&found["platform"], &found["user"]["id"]), (&"native".into(), &"me".into()));
    let mut kinds: Vec<_> = attachments(&server, &id).iter().map(|one| one["type"].to_string()).collect();
    kinds.sort();
    assert_eq!(kinds, ["\"event.minidump\"", "\"unreal.logs\""]);
}

#[test]
fn minidumps_in_every_form() {
    let server = Server::start();
    let plain = [&b"MDMP"[..], &[7; 4000]].concat();
    let turned = [&b"PMDM"[..], &[7; 4000]].concat();
    let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bz.write_all(&plain).expect("memory");
    let mut xz = Vec::new();
    lzma_rs::xz_compress(&mut plain.as_slice(), &mut xz).expect("memory");
    let fields = [
        ("sentry", "{\"release\":\"game@1\"}"),
        ("sentry[release]", "game@1"),
        ("sentry__1", "{\"release\":"),
        ("sentry__2", "\"game@1\"}"),
    ];
    for (name, dump, fields) in [
        ("plain", plain.clone(), &fields[..1]),
        ("PMDM", turned, &fields[1..2]),
        ("gzip", gzip(&plain), &fields[2..]),
        ("zstd", zstd::encode_all(plain.as_slice(), 1).expect("memory"), &fields[..1]),
        ("bzip2", bz.finish().expect("memory"), &fields[..1]),
        ("xz", xz, &fields[..1]),
    ] {
        let mut form = Vec::new();
        for (field, value) in fields {
            let part = format!("--X\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            form.extend(part.into_bytes());
        }
        form.extend(
            b"--X\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"a.dmp.gz\"",
        );
        form.extend([&b"\r\n\r\n"[..], &dump, b"\r\n--X--\r\n"].concat());
        let call = Call { method: "POST", path: "/api/1/minidump/", headers: &[AUTH, FORM], body: &form };
        let answer = send(&server, call);
        assert_eq!(answer.status().as_u16(), 200, "{name}");
        let id = answer.text().expect("a UUID").replace('-', "");
        server.settled();
        let found = event(&server, &id);
        assert!(found["release"].to_string().contains("game@1"), "{name}: {}", found["release"]);
        assert_eq!(attachments(&server, &id)[0]["size"], plain.len(), "{name}");
    }
    // What is malformed beside a dump is refused as it is without one.
    let body = "{}\n{\"type\":\"event\"}\n{\"release\":\n\
        {\"type\":\"attachment\",\"attachment_type\":\"event.minidump\"}\nMDMPxxxx\n";
    check(&server, post("/api/1/envelope/", &[AUTH], body), 400, "invalid JSON");
}

#[test]
fn a_browsers_report_names_its_release_and_one_bad_report_refuses_all() {
    let server = Server::start();
    let report = "{\"csp-report\":{\"effective-directive\":\"img-src\",\"blocked-uri\":\"http://a.example/x\",\
        \"document-uri\":\"http://b.example/\"}}";
    let path = "/api/1/security/?sentry_key=KEY&sentry_release=shop%402&sentry_environment=live";
    check(&server, post(path, &[REPORTS], &format!("[{report},5]")), 400, "expected a JSON object");
    assert_eq!(server.metric("lighttrace_events_accepted_total").to_string(), "0");
    check(&server, post(path, &[CSP], report), 200, "");
    server.settled();
    let issue = server.issues("").remove(0);
    let latest =
        server.api_get(&format!("/api/0/issues/{}/events/latest/", issue["id"].as_str().expect("id")));
    let tag = |key: &str| {
        let tags = latest["tags"].as_array().expect("tags");
        tags.iter().find(|tag| tag["key"] == key).map(|tag| tag["value"].clone())
    };
    assert_eq!((tag("release"), tag("environment")), (Some("shop@2".into()), Some("live".into())));
    for ty in ["application/xss-auditor-report", "application/permissions-policy"] {
        check(&server, post(path, &[("content-type", ty)], report), 415, "expected");
    }
}

#[test]
fn keys_in_every_place() {
    let server = Server::start();
    let basic =
        |text: &str| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(fill(text)));
    let flagged = basic("KEY.flag:");
    let rows: &[(&str, Headers, u16)] = &[
        ("/api/1/store/", &[("x-sentry-auth", "Sentry sentry_key=KEY.flag")], 200),
        ("/api/1/store/", &[("authorization", "Sentry sentry_key=KEY.flag")], 200),
        ("/api/1/store/", &[("authorization", &flagged)], 200),
        ("/api/1/store/?sentry_key=KEY.flag", &[], 200),
        ("/api/1/cron/x/KEY.flag/?status=ok", &[], 202),
        ("/api/1/store/", &[("x-sentry-auth", "Sentry sentry_key=KEY, sentry_version=8")], 400),
        ("/api/1/store/", &[("authorization", "Sentry sentry_key=KEY, sentry_version=8")], 400),
        ("/api/1/store/?sentry_key=KEY&sentry_version=8", &[], 400),
        ("/api/1/cron/x/KEY/?status=ok&sentry_key=KEY", &[], 401),
        ("/api/1/unreal/KEY/?sentry_key=KEY", &[], 401),
        // A client's name is its own affair.
        ("/api/1/store/", &[("x-sentry-auth", "Sentry sentry_key=KEY, sentry_client=caf\u{e9}/1")], 200),
    ];
    for (path, headers, status) in rows {
        let expected = match status {
            200 => "{\"id\"",
            202 => "",
            _ => "detail",
        };
        check(&server, post(path, headers, EVENT), *status, expected);
    }
    let pixel = "/api/store/?sentry_key=KEY&sentry_data=eyJtZXNzYWdlIjoiaGVsbG8ifQ";
    let answer = send(&server, Call { method: "GET", path: pixel, headers: &[], body: b"" });
    assert_eq!((answer.status().as_u16(), header(answer.headers(), "content-type")), (200, "image/gif"));

    let path = fill("/api/0/projects/lighttrace/default/keys/KEY/");
    let disabled = server.api(Method::PUT, &path).json(&json!({"isActive": false})).send();
    assert!(disabled.expect("an answer").status().is_success());
    let attachments = format!("/api/1/events/{ID}/attachments/");
    for (path, headers) in [
        ("/api/1/store/", &[AUTH][..]),
        ("/api/1/security/?sentry_key=KEY", &[CSP]),
        ("/api/1/minidump/", &[AUTH, FORM]),
        ("/api/1/unreal/KEY/", &[]),
        (attachments.as_str(), &[AUTH, FORM]),
        ("/api/1/cron/x/KEY/?status=ok", &[]),
        ("/api/1/integration/otlp/v1/traces", &[AUTH, JSON]),
        ("/api/1/integration/vercel/logs/", &[AUTH, JSON]),
        ("/api/1/upload/", &[AUTH]),
    ] {
        let answer = send(&server, post(path, headers, ""));
        assert_eq!(answer.status().as_u16(), 403, "{path}");
        assert_cors(answer.headers(), path);
        assert!(header(answer.headers(), "x-sentry-error").contains("rejected"), "{path}");
    }
}

#[test]
fn otlp_speaks_as_its_caller_does() {
    let server = Server::start();
    let path = "/api/1/integration/otlp/v1/logs";
    check(&server, post(path, &[AUTH, JSON], "{\"resourceLogs\":null}"), 200, "{}");
    check(&server, post(path, &[AUTH, PROTOBUF], ""), 200, "");
    check(&server, Call { method: "GET", path, headers: &[JSON], body: b"" }, 405, "\"code\":12");
    for (headers, code) in [(&[PROTOBUF][..], 16), (&[AUTH, PROTOBUF][..], 3)] {
        let answer = send(&server, post(path, headers, "nope"));
        assert_eq!(header(answer.headers(), "content-type"), "application/x-protobuf");
        assert!(answer.bytes().expect("a body").starts_with(&[0x08, code, 0x12]), "{code}");
    }
}

#[test]
fn uploads_and_check_ins_refuse_encodings_that_they_do_not_speak() {
    let server = Server::start();
    let snappy = ("content-encoding", "snappy");
    check(&server, post("/api/1/upload/", &[AUTH, snappy, ("upload-length", "5")], ""), 415, "encoding");
    check(&server, post("/api/1/cron/x/?status=ok", &[AUTH, snappy], ""), 415, "encoding");
    let gzipped = [AUTH, ("content-encoding", "gzip"), ("upload-length", "5")];
    check(&server, post("/api/1/upload/", &gzipped, ""), 415, "encoding");

    let headers = &[("origin", "https://shop.example"), ("access-control-request-method", "PATCH")];
    let path = "/api/1/upload/x/";
    let answer = send(&server, Call { method: "OPTIONS", path, headers, body: b"" });
    assert_eq!(header(answer.headers(), "access-control-allow-methods"), "POST, PATCH");
    let exposed = header(answer.headers(), "access-control-expose-headers");
    assert!(exposed.contains("location") && exposed.contains("upload-offset"), "{exposed}");
}

#[test]
fn feedback_and_attachments_hear_of_their_own_limits() {
    let server = Server::start_with(&[("LIGHTTRACE_RATE_LIMIT", "1/hour")]);
    let feedback = "{}\n{\"type\":\"feedback\"}\n{\"contexts\":{\"feedback\":{\"message\":\"m\"}}}\n";
    let attachments = format!("/api/1/events/{ID}/attachments/");
    for (call, status, category) in [
        (post("/api/1/envelope/", &[AUTH], feedback), 200, ":feedback:"),
        (post(&attachments, &[AUTH, FORM], ONE_FILE), 201, ":attachment:"),
    ] {
        assert_eq!(send(&server, call).status().as_u16(), status, "{category}");
        let answer = send(&server, call);
        assert_eq!(answer.status().as_u16(), 429, "{category}");
        let limits = header(answer.headers(), "x-sentry-rate-limits");
        assert!(limits.contains(category), "{limits}");
    }
}

#[test]
fn what_people_wrote_is_read_back() {
    let server = Server::start();
    let report =
        format!("{{\"event_id\":\"{ID}\",\"name\":\"Ann\",\"email\":\"a@b.c\",\"comments\":\"It broke\"}}");
    let feedback = format!(
        "{{\"contexts\":{{\"feedback\":{{\"message\":\"Also this\",\"name\":\"Bob\",\"associated_event_id\":\"{ID}\"}}}}}}"
    );
    let event = format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{EVENT}\n");
    for body in [
        format!("{event}{{\"type\":\"user_report\"}}\n{report}\n"),
        format!("{{}}\n{{\"type\":\"feedback\"}}\n{feedback}\n"),
    ] {
        check(&server, post("/api/1/envelope/", &[AUTH], &body), 200, "{");
    }
    server.settled();
    let found = server.api_get(&format!("/api/0/projects/lighttrace/default/events/{ID}/"));
    let issue = found["groupID"].as_str().expect("an issue");
    let reports = server.api_get(&format!("/api/0/issues/{issue}/user-reports/"));
    let mut comments: Vec<_> =
        reports.as_array().expect("a list").iter().map(|one| &one["comments"]).collect();
    comments.sort_by_key(ToString::to_string);
    assert_eq!(comments, [&Value::from("Also this"), &Value::from("It broke")]);
}

#[test]
fn a_false_item_count_drops_its_container_alone() {
    let server = Server::start();
    let body = format!(
        "{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{EVENT}\n\
         {{\"type\":\"log\",\"item_count\":3,\"content_type\":\"application/vnd.sentry.items.log+json\"}}\n\
         {{\"items\":[{{}}]}}\n{{\"type\":\"invented_{ID}\"}}\n{{}}\n"
    );
    check(&server, post("/api/1/envelope/", &[AUTH], &body), 200, "{\"id\"");
    server.settled();
    let found = || server.api_get("/api/0/organizations/lighttrace/stats/ledger/")["projects"][0].clone();
    server.wait_until("the container counts as rejected", || found()["rejected"]["item_count"] == 1);
    assert_eq!(found()["notStored"], json!({"unknown": 1}), "invented types are one");
    assert_eq!(event(&server, ID)["eventID"], ID);
}
