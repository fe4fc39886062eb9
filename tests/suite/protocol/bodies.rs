//! Encodings, the forms of `/store/`, and how large things may be.

use std::io::Write;

use base64::Engine;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::{AUTH, Call, EVENT, check, post};
use crate::support::Server;

pub fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

fn raw_deflate(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

pub fn brotli(plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut out, 4096, 5, 22);
    writer.write_all(plain).expect("memory");
    drop(writer);
    out
}

#[test]
fn encodings() {
    let server = Server::start();
    let plain = EVENT.as_bytes();
    let zstd = zstd::encode_all(plain, 3).expect("memory");
    let cut = gzip(plain)[..20].to_vec();
    let rows: &[(&str, &[u8], u16, &str)] = &[
        ("gzip", &gzip(plain), 200, "{\"id\""),
        ("GZIP", &gzip(plain), 200, "{\"id\""),
        ("deflate", &zlib(plain), 200, "{\"id\""),
        ("deflate", &raw_deflate(plain), 200, "{\"id\""),
        ("br", &brotli(plain), 200, "{\"id\""),
        ("zstd", &zstd, 200, "{\"id\""),
        ("identity", plain, 200, "{\"id\""),
        ("utf-8", plain, 200, "{\"id\""),
        ("", plain, 200, "{\"id\""),
        ("compress", plain, 415, "content encoding"),
        ("gzip, br", plain, 415, "content encoding"),
        ("gzip", plain, 400, "failed to decode"),
        ("gzip", &cut, 400, "failed to decode"),
        ("gzip", b"", 400, "failed to decode"),
        ("br", b"", 400, "failed to decode"),
        ("zstd", plain, 400, "failed to decode"),
        ("deflate", b"", 400, "failed to decode"),
    ];
    for (encoding, body, status, expected) in rows {
        let headers = &[AUTH, ("content-encoding", *encoding)];
        check(&server, Call { method: "POST", path: "/api/1/store/", headers, body }, *status, expected);
        let envelope = Call { method: "POST", path: "/api/1/envelope/", headers, body };
        if *status != 200 {
            check(&server, envelope, *status, expected);
        }
    }
}

/// Headers, body, status, and the answer's start.
type Row<'a> = (&'a [(&'a str, &'a str)], &'a [u8], u16, &'a str);

#[test]
fn store_takes_all_its_old_forms() {
    let server = Server::start();
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes).into_bytes();
    let python = [AUTH, ("user-agent", "raven-python/6.10.0")];
    let nan = b"{\"message\":\"hello\",\"extra\":{\"a\":NaN,\"b\":-Infinity}}";
    let id = "{\"id\":\"fc6d8c0c43fc4630ad850ee518f1b9d0\"}";
    let with_id = b"{\"event_id\":\"fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0\",\"message\":\"hello\"}";
    let rows: &[Row] = &[
        (&[AUTH], EVENT.as_bytes(), 200, "{\"id\""),
        (&[AUTH], with_id, 200, id),
        (&[AUTH], &base64(EVENT.as_bytes()), 200, "{\"id\""),
        (&[AUTH], &base64(&zlib(with_id)), 200, id),
        (&python, nan, 200, "{\"id\""),
        (&[AUTH], nan, 400, "invalid JSON"),
        (&[AUTH], b"", 400, "empty request body"),
        (&[AUTH], b"[]", 400, "expected a JSON object"),
        (&[AUTH], b"\"text\"", 400, "expected a JSON object"),
        (&[AUTH], b"{\"message\":", 400, "invalid JSON"),
        (&[AUTH], b"{} trailing", 400, "invalid JSON"),
        (&[AUTH], b"neither", 400, "invalid JSON"),
        (&[AUTH], &base64(b"x\x9cnot zlib"), 400, "failed to decode"),
    ];
    for (headers, body, status, expected) in rows {
        check(&server, Call { method: "POST", path: "/api/1/store/", headers, body }, *status, expected);
    }
}

#[test]
fn malformed_envelopes() {
    let server = Server::start();
    let rows = [
        ("", "missing envelope header"),
        ("[]\n", "invalid envelope header"),
        ("\"text\"\n", "invalid envelope header"),
        ("{}x", "missing newline"),
        ("{\"event_id\":\"nope\"}\n", "invalid envelope header"),
        ("{\"sent_at\":\"2026-01-01T00:00:00Z\",\"sent_at\":\"2026-01-01T00:00:00Z\"}", "duplicate field"),
        ("{}\n[]\n", "invalid item header"),
        ("{}\n{}\n{}", "missing field `type`"),
        ("{}\n{\"type\":\"event\",\"length\":\"2\"}\n{}", "invalid item header"),
        ("{}\n{\"type\":\"event\",\"length\":1}\n{}", "missing newline"),
        ("{}\n{\"type\":\"event\",\"length\":3}\n{}", "unexpected end"),
        ("{}\n{\"type\":\"event\"}\n{}\n\n", "unexpected end"),
        ("{}\n{\"type\":\"event\"}\n[]\n", "expected a JSON object"),
        ("{}\n{\"type\":\"event\"}\nnope\n", "invalid JSON"),
        ("{}\n{\"type\":\"integration\"}\n{}\n", "integration"),
    ];
    for (body, expected) in rows {
        check(&server, post("/api/1/envelope/", &[AUTH], body), 400, expected);
    }
}

#[test]
fn excess_is_named() {
    let server = Server::start();
    let of = |ty: &str, bytes: usize| {
        let payload = format!("{{\"a\":\"{}\"}}", "x".repeat(bytes.saturating_sub(8)));
        format!("{{}}\n{{\"type\":\"{ty}\",\"length\":{}}}\n{payload}\n", payload.len())
    };
    let many = |item: &str, count: usize| format!("{{}}\n{}", item.repeat(count));
    let container = "{\"type\":\"log\",\"item_count\":0,\"content_type\":\"application/vnd.sentry.items.log+json\"}\n\
        {\"items\":[]}\n";
    let rows = [
        (of("event", 1 << 20), 200, "{\"id\""),
        (of("event", (1 << 20) + 1), 413, "'event'"),
        (of("event", 5 << 20), 413, "'event'"),
        (of("session", 11 << 20), 413, "'session'"),
        (format!("{{}}x{}", "x".repeat(3 << 20)), 400, "missing newline"),
        (format!("{{}}\n[]{}", "x".repeat(3 << 20)), 400, "invalid item header"),
        (of("transaction", (1 << 20) + 1), 413, "'transaction'"),
        (of("client_report", (100 << 10) + 1), 413, "'client_report'"),
        (of("check_in", (100 << 10) + 1), 413, "'check_in'"),
        (many("{\"type\":\"event\"}\n{}\n", 2), 413, "'event'"),
        (many("{\"type\":\"attachment\"}\nx\n", 31), 413, "'attachment'"),
        (many("{\"type\":\"session\"}\n{}\n", 101), 413, "'session'"),
        (many("{\"type\":\"check_in\"}\n{}\n", 2), 413, "'check_in'"),
        (many("{\"type\":\"user_report\"}\nx\n{\"type\":\"attachment\"}\nx\n", 16), 413, "'user_report'"),
        (many("{\"type\":\"x\"}\n{}\n", 500), 200, "{}"),
        (many("{\"type\":\"x\"}\n{}\n", 501), 413, "'envelope'"),
        (many(container, 1), 200, "{}"),
        (many(container, 2), 413, "'log'"),
        (many("{\"type\":\"span\"}\n{}\n", 25), 200, "{}"),
        (many("{\"type\":\"span\"}\n{}\n", 26), 413, "'span'"),
    ];
    for (body, status, expected) in rows {
        check(&server, post("/api/1/envelope/", &[AUTH], &body), status, expected);
    }
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(2 << 20));
    check(&server, post("/api/1/store/", &[AUTH], &large), 413, "'event'");
    check(&server, post("/api/1/envelope/", &[], &of("attachment", 3 << 20)), 401, "missing authorization");
}
