//! Uploads that mean harm, or are broken: a sentence each, and nothing else comes of them.

use serde_json::{Value, json};
use zip::CompressionMethod::{Deflated, Stored};

use crate::protocol::bodies::gzip;
use crate::protocol::raw::{bomb, memory_kib};
use crate::support::Server;
use crate::upload::artifacts;
use crate::upload::kit::{CHUNK_BYTES, DEBUG_ID, File, bundle, pair, post_chunk, sha1, upload, zip};

const HEADER: &[u8] = b"SYSB\x02\0\0\0";

/// A bundle whose manifest says just this.
fn with_manifest(manifest: &str) -> Vec<u8> {
    zip(HEADER, &[("files/_/_/a.js", b"a()"), ("manifest.json", manifest.as_bytes())], Deflated)
}

fn one(path: &str) -> Vec<u8> {
    let manifest = json!({"files": {path: {"type": "minified_source", "url": "~/a.js"}}}).to_string();
    zip(HEADER, &[(path, b"a()"), ("manifest.json", manifest.as_bytes())], Deflated)
}

/// The same bundle with some bytes of it replaced everywhere.
fn replaced(bundle: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bundle.to_vec();
    let places: Vec<usize> = memchr::memmem::find_iter(bundle, from).collect();
    assert!(!places.is_empty(), "there is something to replace");
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

/// Of an uncompressed bundle: the sizes in the central directory and the local header, both.
fn lying(claimed: u32) -> Vec<u8> {
    let body = b"console.log('a file of thirty-two')".as_slice();
    let manifest = json!({"files": {"a.js": {"type": "minified_source", "url": "~/a.js"}}}).to_string();
    let bytes = zip(HEADER, &[("a.js", body), ("manifest.json", manifest.as_bytes())], Deflated);
    // Behind the compressed size, which stays.
    let size = u32::try_from(body.len()).expect("small").to_le_bytes();
    replaced(&bytes, &size, &claimed.to_le_bytes())
}

#[test]
fn hostile_bundles_fail_with_a_sentence_and_leave_nothing() {
    let server = Server::start();
    let good = bundle(&pair("app.js", DEBUG_ID));
    let parts = pair("app.js", DEBUG_ID);
    let text = crate::upload::kit::manifest(&parts).to_string();
    let stored = [
        ("manifest.json", text.as_bytes()),
        (&parts[0].path, &parts[0].body),
        (&parts[1].path, &parts[1].body),
    ];
    let stored = zip(HEADER, &stored, Stored);
    let many = |count: usize| {
        let names: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        zip(HEADER, &names.iter().map(|name| (name.as_str(), b"".as_slice())).collect::<Vec<_>>(), Stored)
    };
    let zeros = vec![0; 64 << 20];
    let is_source = |url: &str| json!({"type": "source", "url": url});
    let manifest = json!({"files": {"z": is_source("~/z")}}).to_string();
    let bomb = zip(HEADER, &[("z", &zeros), ("manifest.json", manifest.as_bytes())], Deflated);
    let mut nested = "[".repeat(100_000);
    nested.insert_str(0, "{\"files\":");
    let twice = r#"{"files":{"files/_/_/a.js":{"type":"source"},"files/_/_/a.js":{"type":"source"}}}"#;
    let bad_id =
        json!({"files": {"files/_/_/a.js": {"type": "minified_source", "headers": {"debug-id": "no"}}}});
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("nothing", b"x".to_vec(), "neither an artifact bundle nor a zip"),
        ("text", b"this is no bundle at all, but long enough for a header".to_vec(), "neither"),
        ("another version", replaced(&good, HEADER, b"SYSB\x09\0\0\0"), "version 9"),
        ("cut short", good[..good.len() / 2].to_vec(), "damaged"),
        ("a header alone", HEADER.to_vec(), "damaged"),
        ("flipped bytes", replaced(&stored, b"declined", b"accepted"), "damaged"),
        ("no manifest", zip(HEADER, &[("a.js", b"a()")], Deflated), "no manifest.json"),
        ("a manifest that is no JSON", with_manifest("{"), "manifest.json can not be read"),
        ("a manifest of another shape", with_manifest("[]"), "manifest.json can not be read"),
        ("a nested manifest", with_manifest(&nested), "manifest.json can not be read"),
        ("a file twice", with_manifest(twice), "stands there twice"),
        (
            "a file that is not there",
            with_manifest(r#"{"files":{"b.js":{"type":"source"}}}"#),
            "not in the bundle",
        ),
        ("no debug id", with_manifest(&bad_id.to_string()), "debug-id"),
        ("a way out", one("../../etc/passwd"), "leads out of the bundle"),
        ("a way out within", one("a/../../b.js"), "leads out of the bundle"),
        ("an absolute path", one("/etc/passwd"), "leads out of the bundle"),
        ("a windows path", one("..\\b.js"), "leads out of the bundle"),
        (
            "one name twice",
            replaced(&zip(HEADER, &[("aa", b"1"), ("ab", b"2")], Stored), b"ab", b"aa"),
            "one name",
        ),
        ("too many files", many(20_001), "more than 20000 files"),
        ("more than a zip has", many(66_000), "the bundle"),
        ("a bomb", bomb, "grows more than"),
        ("less than it has", lying(3), "larger than its declared"),
        ("more than it has", lying(300), "does not have the 300 bytes"),
        ("too large a file", lying(300 << 20), "at most"),
    ];
    for (what, bytes, expected) in cases {
        let (state, detail) = upload(&server, bytes, &json!({}));
        let detail = detail.unwrap_or_default();
        assert!(state == "error" && detail.contains(expected), "{what}: {state}: {detail}");
    }
    assert_eq!(artifacts(&server, "maps") + artifacts(&server, "work"), 0);
    let failed = crate::upload::kit::bundles(&server, "default", "?per_page=100");
    assert!(failed.iter().all(|bundle| bundle["state"] == "failed" && bundle["detail"].is_string()));
    assert_eq!(upload(&server, &good, &json!({})).0, "ok", "and the next one is fine");
}

#[test]
fn hostile_chunks_are_refused_and_leave_nothing() {
    let server = Server::start();
    let sum = sha1(b"x");
    let check = |what: &str, field, name: &str, body: Vec<u8>, status: u16, expected: &str| {
        let answer = post_chunk(&server, field, name, body);
        let (found, text) = (answer.status().as_u16(), answer.text().expect("text"));
        assert!(found == status && text.contains(expected), "{what}: {found}: {text}");
    };
    check("another sum", "file", &sum, b"y".to_vec(), 400, "its SHA-1 is");
    check("no sum", "file", "../../etc/passwd", b"x".to_vec(), 400, "SHA-1");
    check("another field", "files", &sum, b"x".to_vec(), 400, "file_gzip");
    check("no gzip", "file_gzip", &sum, b"x".to_vec(), 400, "damaged");
    check("half of a gzip", "file_gzip", &sum, gzip(&[0; 9999])[..20].to_vec(), 400, "damaged");
    check("too large", "file", &sum, vec![0; CHUNK_BYTES + 1], 413, "at most");
    let before = memory_kib(&server);
    check("a bomb", "file_gzip", &sum, gzip(&vec![0; 1 << 30]), 413, "at most");
    assert!(memory_kib(&server).saturating_sub(before) < 32 * 1024);
    check(
        "a bomb of many streams",
        "file_gzip",
        &sum,
        bomb(b"x", 1)[..1 << 20].to_vec(),
        400,
        "behind the end",
    );
    let url = server.url("/api/0/organizations/lighttrace/chunk-upload/");
    for (content_type, encoding, body, status) in [
        ("multipart/form-data; boundary=X", "gzip", "--X--\r\n", 415),
        ("multipart/form-data; boundary=X", "identity", "--X--\r\n", 400),
        (
            "multipart/form-data; boundary=X",
            "identity",
            "--X\r\nContent-Disposition: form-data; name=\"file\"",
            400,
        ),
        ("multipart/form-data", "identity", "x", 400),
        ("application/json", "identity", "{}", 400),
    ] {
        let request = server.client.post(&url).bearer_auth(crate::support::TOKEN).body(body);
        let request = request.header("content-type", content_type).header("content-encoding", encoding);
        let answer = request.send().expect("an answer");
        let (found, text) = (answer.status().as_u16(), answer.text().expect("text"));
        assert_eq!(found, status, "{content_type} {encoding} {body}: {text}");
        assert!(serde_json::from_str::<Value>(&text).is_ok_and(|body| body["detail"].is_string()), "{text}");
    }
    assert_eq!(artifacts(&server, "chunks") + artifacts(&server, "work"), 0);
}

#[test]
fn all_artifacts_together_take_no_more_than_their_share() {
    let server = Server::start_with(&[("LIGHTTRACE_DISK_MAX_BYTES", "40000000")]);
    let files: Vec<File> = (0..3)
        .map(|n| File::new("source", &n.to_string(), Value::Null, super::noise(5_000_000 + n * 8)))
        .collect();
    let bundle = bundle(&files);
    let mut refused = 0;
    for chunk in crate::upload::kit::chunks_of(&bundle) {
        let answer = post_chunk(&server, "file", &sha1(chunk), chunk.to_vec());
        if answer.status() == 413 {
            refused += 1;
            assert!(answer.text().expect("text").contains("delete bundles of old releases"));
        }
    }
    assert_eq!(refused, 1, "ten of forty megabytes are for artifacts");
}
