//! Over a bare socket: what no well-behaved client sends.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::bodies::gzip;
use super::{AUTH, Call, EVENT, check, count, post};
use crate::support::{KEY, Server};

pub fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).expect("connected");
    stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a timeout");
    stream
}

fn head(path: &str, more: &str) -> String {
    format!("POST {path}?sentry_key={KEY} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n")
}

pub fn answer(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    stream.read_to_end(&mut text).expect("an answer");
    String::from_utf8_lossy(&text).into_owned()
}

/// Highest memory so far, in KiB.
pub fn memory_kib(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a field");
    line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
}

/// A gzip body that becomes `start` and then gibibytes of zeros: one member of a mebibyte, over and over.
pub fn bomb(start: &[u8], gibibytes: usize) -> Vec<u8> {
    [gzip(start), gzip(&vec![0; 1 << 20]).repeat(1024 * gibibytes)].concat()
}

#[test]
fn bombs_cost_a_refusal_and_no_memory() {
    const MEMORY_KIB_MAX: u64 = 128 * 1024;
    let server = Server::start();
    check(&server, post("/api/1/store/", &[AUTH], EVENT), 200, "{\"id\"");
    let event = b"{}\n{\"type\":\"event\"}\n";
    let before = memory_kib(&server);
    // Ten megabytes become ten gibibytes; one member alone becomes a hundred mebibytes.
    let (zeros, in_event, ten) = (gzip(&vec![0; 100 << 20]), bomb(event, 1), bomb(b"", 10));
    for (path, body) in [
        ("/api/1/store/", &zeros),
        ("/api/1/envelope/", &zeros),
        ("/api/1/envelope/", &in_event),
        ("/api/1/envelope/", &ten),
        ("/api/1/security/", &ten),
    ] {
        let headers = &[AUTH, ("content-encoding", "gzip"), ("content-type", "application/json")];
        check(&server, Call { method: "POST", path, headers, body }, 413, "exceeded size limits");
    }
    let grown = memory_kib(&server).saturating_sub(before);
    assert!(grown < MEMORY_KIB_MAX, "{grown} KiB");
}

#[test]
fn a_stalled_upload_blocks_nobody() {
    let server = Server::start();
    let stalled: Vec<TcpStream> = (0..64)
        .map(|_| {
            let mut stream = connect(&server);
            stream.write_all(head("/api/1/store/", "Content-Length: 1000\r\n").as_bytes()).expect("sent");
            stream.write_all(b"{\"mess").expect("sent");
            stream
        })
        .collect();
    for _ in 0..20 {
        check(&server, post("/api/1/store/", &[AUTH], EVENT), 200, "{\"id\"");
    }
    // Whoever goes on later is served as ever.
    let mut stream = stalled.into_iter().next().expect("one of them");
    let rest = format!("age\":\"{}\"}}", "x".repeat(1000 - 6 - 8));
    stream.write_all(rest.as_bytes()).expect("sent");
    assert!(answer(stream).starts_with("HTTP/1.1 200"));
}

#[test]
fn chunked_and_announced_bodies() {
    let server = Server::start();
    let mut stream = connect(&server);
    stream.write_all(head("/api/1/store/", "Transfer-Encoding: chunked\r\n").as_bytes()).expect("sent");
    let (first, second) = EVENT.split_at(5);
    for part in [first, second, ""] {
        stream.write_all(format!("{:x}\r\n{part}\r\n", part.len()).as_bytes()).expect("sent");
    }
    assert!(answer(stream).starts_with("HTTP/1.1 200"));

    // Refused by what it announces, before a byte of it was sent.
    let mut stream = connect(&server);
    stream.write_all(head("/api/1/envelope/", "Content-Length: 300000000\r\n").as_bytes()).expect("sent");
    let text = answer(stream);
    assert!(text.starts_with("HTTP/1.1 413"), "{text}");

    // Cut off in the middle: nothing is accepted.
    let before = count(&server, "lighttrace_events_accepted_total");
    let body = gzip(EVENT.as_bytes());
    let mut stream = connect(&server);
    let more = format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n", body.len() + 10);
    stream.write_all(head("/api/1/store/", &more).as_bytes()).expect("sent");
    stream.write_all(&body).expect("sent");
    stream.shutdown(std::net::Shutdown::Write).expect("closed");
    drop(stream);
    check(&server, post("/api/1/store/", &[AUTH], EVENT), 200, "{\"id\"");
    assert_eq!(count(&server, "lighttrace_events_accepted_total"), before + 1);
}
