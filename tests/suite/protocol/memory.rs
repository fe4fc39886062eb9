//! Bodies that mean harm: a clear answer, bounded memory, and nobody else pays for them.

use std::io::Write;
use std::net::{Shutdown, TcpStream};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use reqwest::Method;
use serde_json::Value;

use super::bodies::gzip;
use super::raw::{answer, bomb, connect, memory_kib};
use super::{AUTH, Call, EVENT, FORM, Headers, ID, JSON, check, post, send};
use crate::support::{KEY, Server};

const MIB: usize = 1 << 20;

/// How far the server's memory grew while `work` ran, in KiB.
fn grown_kib(server: &Server, work: impl FnOnce()) -> u64 {
    let before = memory_kib(server);
    work();
    memory_kib(server).saturating_sub(before)
}

fn warm() -> Server {
    let server = Server::start();
    check(&server, post("/api/1/store/", &[AUTH], EVENT), 200, "{\"id\"");
    server
}

fn parts(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut form = Vec::new();
    for (name, body) in parts {
        let head = format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a\"\r\n\r\n");
        form.extend([head.as_bytes(), body, b"\r\n"].concat());
    }
    form.extend(b"--X--\r\n");
    form
}

#[test]
fn many_dumps_in_one_form_are_refused_before_any_is_inflated() {
    let server = warm();
    let dump = [gzip(b"MDMP"), gzip(&vec![0; MIB]).repeat(64)].concat();
    let form = parts(&vec![("upload_file_minidump", dump.as_slice()); 20]);
    let grown = grown_kib(&server, || {
        let call = Call { method: "POST", path: "/api/1/minidump/", headers: &[AUTH, FORM], body: &form };
        check(&server, call, 400, "more than one minidump");
    });
    assert!(grown < 64 * 1024, "{grown} KiB");
}

#[test]
fn bodies_that_are_inflated_at_once_share_one_bound() {
    const SENDERS: usize = 12;
    let server = warm();
    let length = 190 * MIB;
    let head = format!("{{}}\n{{\"type\":\"attachment\",\"length\":{length}}}\n");
    let zeros = gzip(&vec![0; MIB]).repeat(190);
    // Refused once it is all there, so that nothing has to be written.
    let body = [gzip(head.as_bytes()), zeros, gzip(b"\n{\"type\":\"event\"}\nnope")].concat();
    let grown = grown_kib(&server, || {
        std::thread::scope(|scope| {
            for _ in 0..SENDERS {
                scope.spawn(|| {
                    let headers = &[AUTH, ("content-encoding", "gzip")];
                    let call = Call { method: "POST", path: "/api/1/envelope/", headers, body: &body };
                    let status = send(&server, call).status().as_u16();
                    assert!(matches!(status, 400 | 503), "{status}");
                });
            }
        });
    });
    // A growing buffer is there twice while it is moved; without the bound it would be four gigabytes.
    assert!(grown < 1536 * 1024, "{grown} KiB");
    check(&server, post("/api/1/store/", &[AUTH], EVENT), 200, "{\"id\"");
}

/// Compressed zeros: what a writer gives for its first mebibyte, and then for a second one as often as it takes to
/// make `GIBIBYTES` of it. Without an end, which nobody may get to.
fn zeros<W: Write>(mut writer: W, written: impl Fn(&W) -> Vec<u8>) -> Vec<u8> {
    let mut flushed = || {
        writer.write_all(&vec![0; MIB]).expect("memory");
        writer.flush().expect("memory");
        written(&writer)
    };
    let first = flushed();
    let second = flushed()[first.len()..].to_vec();
    [first, second.repeat(1024 * GIBIBYTES)].concat()
}

/// What the bombs of one kind become.
const GIBIBYTES: usize = 2;
/// One request needs 560 MiB: a buffer of 200 that is there twice while it grows, and a copy of its part. The rest is
/// for pages that the allocator has not given back yet.
const BOMB_KIB_MAX: u64 = 1000 * 1024;

#[test]
fn bombs_of_every_kind_cost_a_refusal_and_no_memory() {
    let server = warm();
    let deflate = zeros(ZlibEncoder::new(Vec::new(), Compression::fast()), |writer| writer.get_ref().clone());
    let br = zeros(brotli::CompressorWriter::new(Vec::new(), 4096, 1, 22), |writer| writer.get_ref().clone());
    let zstd = zstd::encode_all(vec![0; MIB].as_slice(), 1).expect("memory").repeat(1024 * GIBIBYTES);
    let dump = parts(&[("upload_file_minidump", &bomb(b"MDMP", GIBIBYTES))]);
    let head = b"--X\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a\"\r\n\r\n";
    let attachment = bomb(head, GIBIBYTES);
    let attachments = format!("/api/1/events/{ID}/attachments/");
    let rows: &[(&str, Headers, &[u8])] = &[
        ("/api/1/store/", &[AUTH, ("content-encoding", "br")], &br),
        ("/api/1/envelope/", &[AUTH, ("content-encoding", "br")], &br),
        ("/api/1/store/", &[AUTH, ("content-encoding", "deflate")], &deflate),
        ("/api/1/envelope/", &[AUTH, ("content-encoding", "deflate")], &deflate),
        ("/api/1/store/", &[AUTH, ("content-encoding", "zstd")], &zstd),
        ("/api/1/envelope/", &[AUTH, ("content-encoding", "zstd")], &zstd),
        ("/api/1/minidump/", &[AUTH, FORM], &dump),
        ("/api/1/unreal/KEY/", &[], &deflate),
        (&attachments, &[AUTH, FORM, ("content-encoding", "gzip")], &attachment),
    ];
    let grown = grown_kib(&server, || {
        for (path, headers, body) in rows {
            check(&server, Call { method: "POST", path, headers, body }, 413, "exceeded size limits");
        }
    });
    assert!(grown < BOMB_KIB_MAX, "{grown} KiB");
}

#[test]
fn client_reports_cost_what_they_say_and_never_overflow() {
    let server = warm();
    let report =
        |payload: &str| format!("{{\"type\":\"client_report\",\"length\":{}}}\n{payload}\n", payload.len());
    let empty = report(&format!("{{\"discarded_events\":[{{}}{}]}}", ",{}".repeat(33_000)));
    let many = gzip(format!("{{}}\n{}", empty.repeat(100)).as_bytes());
    let grown = grown_kib(&server, || {
        let headers = &[AUTH, ("content-encoding", "gzip")];
        let call = Call { method: "POST", path: "/api/1/envelope/", headers, body: &many };
        check(&server, call, 413, "'client_report'");
        check(&server, post("/api/1/envelope/", &[AUTH], &format!("{{}}\n{empty}")), 200, "{}");
    });
    assert!(grown < 64 * 1024, "{grown} KiB");

    let most = report(
        "{\"discarded_events\":[{\"reason\":\"lie\",\"category\":\"error\",\"quantity\":18446744073709551615}]}",
    );
    for _ in 0..3 {
        check(&server, post("/api/1/envelope/", &[AUTH], &format!("{{}}\n{most}{most}")), 200, "{}");
    }
    let claimed = || {
        let ledger = server.api_get("/api/0/organizations/lighttrace/stats/ledger/");
        ledger["projects"][0]["clientDiscarded"]["lie"].as_u64()
    };
    server.wait_until("all six are in the ledger", || claimed() == Some(6 * u64::from(u32::MAX)));
}

/// An envelope of one attachment, without its end.
fn opening(dsn: &str, bytes: usize) -> Vec<u8> {
    let head = if dsn.is_empty() { "{}".to_owned() } else { format!("{{\"dsn\":\"{dsn}\"}}") };
    let mut body = format!("{head}\n{{\"type\":\"attachment\",\"length\":9000000}}\n").into_bytes();
    body.resize(bytes, b'x');
    body
}

fn stranger(server: &Server, path: &str, body: &[u8]) -> TcpStream {
    let mut stream = connect(server);
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 10000000\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat()).expect("sent");
    stream
}

#[test]
fn strangers_name_their_key_early_or_go() {
    let server = warm();
    let dsn = format!("http://{KEY}@localhost/1");
    for (dsn, path, expected) in [
        ("", "/api/1/envelope/", "HTTP/1.1 401"),
        ("http://00000000000000000000000000000000@localhost/1", "/api/1/envelope/", "HTTP/1.1 403"),
        (dsn.as_str(), "/api/2/envelope/", "HTTP/1.1 400"),
    ] {
        // Far from complete: the answer is one to what is there.
        let stream = stranger(&server, path, &opening(dsn, 200_000));
        stream.shutdown(Shutdown::Write).expect("closed");
        let text = answer(stream);
        assert!(text.starts_with(expected), "{dsn}: {text}");
    }
    // Whoever names it may be as large as anybody, compressed or not.
    let mut state = 1u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    })
    .take(3 * MIB)
    .collect();
    let body = [
        format!(
            "{{\"dsn\":\"{dsn}\"}}\n{{\"type\":\"event\"}}\n{EVENT}\n{{\"type\":\"attachment\",\"length\":{}}}\n",
            noise.len()
        )
        .as_bytes(),
        &noise,
    ]
    .concat();
    let zipped = gzip(&body);
    assert!(zipped.len() > MIB, "{}", zipped.len());
    for (headers, body) in [(&[][..], &body), (&[("content-encoding", "gzip")][..], &zipped)] {
        let call = Call { method: "POST", path: "/api/1/envelope/", headers, body };
        check(&server, call, 200, "{\"id\"");
    }
    let nobody = gzip(&opening("", 3 * MIB));
    let headers = &[("content-encoding", "gzip")];
    check(&server, Call { method: "POST", path: "/api/1/envelope/", headers, body: &nobody }, 401, "missing");
}

#[test]
fn strangers_that_stall_keep_no_project_from_sending() {
    let server = warm();
    // More than strangers may have together, and never enough of one to be told who it is.
    let body = opening("", 60_000);
    let stalled: Vec<_> = (0..650).map(|_| stranger(&server, "/api/1/envelope/", &body)).collect();
    server.wait_until("there is no room for one more stranger", || {
        let call = Call { method: "POST", path: "/api/1/envelope/", headers: &[], body: &body };
        send(&server, call).status().as_u16() == 503
    });
    for (path, key) in [("/api/1/store/", "KEY"), ("/api/2/store/", "OTHER")] {
        let auth = format!("Sentry sentry_key={key}");
        check(&server, post(path, &[("x-sentry-auth", &auth)], EVENT), 200, "{\"id\"");
    }
    drop(stalled);
}

/// What was answered 200 is read back by digest, however long its headers and however many its items.
#[test]
fn nothing_that_was_accepted_is_too_large_for_digest() {
    let server = warm();
    let long = "n".repeat(60_000);
    let named = format!(
        "{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{EVENT}\n{{\"type\":\"attachment\",\"filename\":\"{long}\",\
         \"content_type\":\"{}\"}}\nhello\n",
        "t".repeat(5_000)
    );
    check(&server, post("/api/1/envelope/", &[AUTH], &named), 200, "{\"id\"");
    let csp = format!("/api/1/security/?sentry_key=KEY&sentry_release={long}");
    let report = "{\"csp-report\":{\"effective-directive\":\"img-src\",\"blocked-uri\":\"http://a.example/x\",\
        \"document-uri\":\"http://b.example/\"}}";
    check(&server, post(&csp, &[JSON], report), 200, "");
    let items =
        "{\"type\":\"nel\"}\n{\"type\":\"network-error\",\"url\":\"http://a.example/\",\"body\":{}}\n";
    let dump = "{\"type\":\"attachment\",\"attachment_type\":\"event.minidump\"}\nMDMPxxxxxxxxxxxx\n";
    let many = format!("{{}}\n{}{dump}", items.repeat(499));
    check(&server, post("/api/1/envelope/", &[AUTH], &many), 200, "{\"id\"");
    server.settled();
    let metrics = server.client.get(server.url("/metrics")).send().expect("metrics").text().expect("text");
    assert!(!metrics.contains("digest_invalid_envelope"), "{metrics}");
    let path = format!("/api/0/projects/lighttrace/default/events/{ID}/attachments/");
    let found = server.api_get(&path);
    let name = found[0]["name"].as_str().expect("a name");
    assert!(long.starts_with(name) && name.len() <= 1024, "{} bytes", name.len());
}

#[test]
fn a_used_upload_is_gone_and_a_refused_envelope_counts_its_items() {
    let server = warm();
    let create = [AUTH, ("tus-resumable", "1.0.0"), ("upload-length", "5")];
    let created = send(&server, post("/api/1/upload/", &create, "hello"));
    let location = created.headers()["location"].to_str().expect("text").to_owned();
    let files = || std::fs::read_dir(server.data_dir().join("uploads")).expect("a folder").count();
    assert_eq!((created.status().as_u16(), files()), (201, 1));
    let reference = format!("{{\"location\":\"{location}\"}}");
    let attachment = format!(
        "{{\"type\":\"attachment\",\"content_type\":\"application/vnd.sentry.attachment-ref+json\",\"length\":{}}}\n\
         {reference}\n",
        reference.len()
    );
    let envelope = |event: &str| format!("{{}}\n{{\"type\":\"event\"}}\n{event}\n{attachment}");
    check(&server, post("/api/1/envelope/", &[AUTH], &envelope("nope")), 400, "invalid JSON");
    assert_eq!(files(), 1, "refused: it may be sent again");
    check(&server, post("/api/1/envelope/", &[AUTH], &envelope(EVENT)), 200, "{\"id\"");
    assert_eq!(files(), 0);
    let rejected = || {
        let answer = server.api(Method::GET, "/api/0/organizations/lighttrace/stats/ledger/").send();
        let ledger: Value = answer.expect("an answer").json().expect("JSON");
        ledger["projects"][0]["rejected"]["malformed"].as_u64()
    };
    server.wait_until("the event and its attachment count as malformed", || rejected() == Some(2));
}
