//! What every page of the app asks, in a store of `BENCH_EVENTS` (1,000,000) events of `BENCH_ISSUES` (100,000)
//! issues and `BENCH_RELEASES` (5,000) releases: latency of each kind of call, and the memory of the server meanwhile.
//!
//! `cargo bench --bench pages`. `BENCH_DATA` names a folder that is filled once and kept, since filling takes
//! minutes; `BENCH_SERVER` another binary; `BENCH_ONLY` the kinds of calls whose names contain it. It asserts nothing: machines differ.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::server::{Server, envelope_request, percentile};
use crate::workload::{Rng, envelope, event};

mod calls;
mod insight;
mod releases;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/workload.rs"]
mod workload;

const TOKEN: &str = "bench-token-bench-token-bench-token";
const CONNECTIONS: usize = 16;
const DAYS: usize = 14;
const ASKED: usize = 200;
const WARM_UP: usize = 10;
/// Stands in the data folder once it is full.
const FILLED: &str = "bench-filled";

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// In seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

fn main() {
    let (events, issues) = (number("BENCH_EVENTS", 1_000_000), number("BENCH_ISSUES", 100_000));
    let releases = number("BENCH_RELEASES", 5_000);
    let scratch = tempfile::tempdir().expect("a folder");
    let dir = std::env::var("BENCH_DATA").map_or_else(|_| scratch.path().to_owned(), PathBuf::from);
    std::fs::create_dir_all(&dir).expect("a folder");
    if !dir.join(FILLED).exists() {
        fill(&dir, events, issues, releases);
    }
    let begin = Instant::now();
    let server = Server::start(&dir, &[("LIGHTTRACE_API_TOKEN", TOKEN)]);
    println!(
        "pages: {events} events of {issues} issues in {releases} releases, one caller, {ASKED} calls of each kind"
    );
    println!("{:58} {:8.1} ms", "start-up", begin.elapsed().as_secs_f64() * 1e3);
    let client = Client::new(&server);
    let special = insight::prepare(&server, &dir, &releases::version(releases - 1), now());
    println!("{:58} {:>8} {:>8} {:>8} {:>8}", "", "p50 ms", "p95 ms", "most ms", "CPU ms");
    let known = calls::Known::gather(&client, issues, releases, special);
    let only = std::env::var("BENCH_ONLY").unwrap_or_default();
    let kinds = insight::KINDS.iter().chain(calls::KINDS).chain(releases::KINDS);
    for kind in kinds.filter(|kind| kind.name.contains(&only)) {
        let mut rng = Rng::new(17);
        let mut latencies = Vec::with_capacity(ASKED);
        let cpu_before = server.cpu_seconds();
        for call in 0..WARM_UP + ASKED {
            let path = (kind.path)(&mut rng, &known);
            let begin = Instant::now();
            client.get(&path);
            if call >= WARM_UP {
                latencies.push(begin.elapsed().as_secs_f64() * 1e3);
            }
        }
        let cpu_ms = (server.cpu_seconds() - cpu_before) * 1e3 / (WARM_UP + ASKED) as f64;
        latencies.sort_by(f64::total_cmp);
        let (p50, p95) = (percentile(&latencies, 50), percentile(&latencies, 95));
        let over =
            if p95 > kind.aim_ms { format!(" over the aim of {} ms", kind.aim_ms) } else { String::new() };
        let most = percentile(&latencies, 100);
        println!("{:58} {p50:8.1} {p95:8.1} {most:8.1} {cpu_ms:8.1}{over}", kind.name);
    }
    println!("{:58} {:8.1} MiB", "RSS at the end", server.memory_mib("VmRSS:"));
    println!("{:58} {:8.1} MiB", "of it not backed by files", server.memory_mib("RssAnon:"));
    println!("{:58} {:8.1} MiB", "RSS at its highest", server.memory_mib("VmHWM:"));
}

/// Every issue once, and then a long tail; over two weeks, and some of the issues decided upon.
fn fill(dir: &Path, events: usize, issues: usize, releases: usize) {
    let server = Server::start(dir, &[("LIGHTTRACE_API_TOKEN", TOKEN)]);
    let begin = Instant::now();
    let now = now();
    releases::declare(&Client::new(&server), releases, now);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for sender in 0..CONNECTIONS {
            let (next, server) = (&next, &server);
            scope.spawn(move || {
                let mut rng = Rng::new(sender as u64 + 1);
                let mut stream = TcpStream::connect(&server.address).expect("connects");
                stream.set_nodelay(true).expect("a socket option");
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= events {
                        break;
                    }
                    let request = envelope_request(&one(index, issues, releases, now, &mut rng), "");
                    server::send(&mut stream, &request);
                }
            });
        }
    });
    releases::report_sessions(&server, releases, now);
    server.settle();
    println!("filled in {:.0} s", begin.elapsed().as_secs_f64());
    decide(&Client::new(&server), issues);
    std::fs::write(dir.join(FILLED), "").expect("written");
}

fn one(index: usize, issues: usize, releases: usize, now: f64, rng: &mut Rng) -> Vec<u8> {
    let issue = if index < issues {
        index
    } else {
        let draw = rng.below(issues);
        draw * draw / issues
    };
    let mut event = event(rng);
    event["release"] = releases::of_event(index, releases, rng).into();
    event["fingerprint"] = serde_json::json!(["bench", issue.to_string()]);
    event["timestamp"] = (now - rng.below(DAYS * 86_400 * 1_000) as f64 / 1e3).into();
    envelope(&event, rng)
}

/// A fifth of the issues is resolved, a twentieth ignored.
fn decide(client: &Client<'_>, issues: usize) {
    let all: Vec<usize> = (1..=issues).collect();
    for chunk in all.chunks(1_000) {
        for (status, chosen) in [("resolved", 0), ("ignored", 7)] {
            let every = if status == "resolved" { 5 } else { 20 };
            let ids: Vec<String> =
                chunk.iter().filter(|id| *id % every == chosen).map(|id| format!("id={id}")).collect();
            let path = format!("/api/0/organizations/lighttrace/issues/?{}", ids.join("&"));
            client.put(&path, &serde_json::json!({"status": status}));
        }
    }
}

pub struct Client<'a> {
    http: reqwest::blocking::Client,
    server: &'a Server,
}

impl<'a> Client<'a> {
    fn new(server: &'a Server) -> Self {
        // No client is made without it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { http: reqwest::blocking::Client::new(), server }
    }

    /// The answer's text; the call must succeed.
    fn get(&self, path: &str) -> String {
        let answer = self.http.get(self.url(path)).bearer_auth(TOKEN).send().expect("answered");
        let status = answer.status();
        let text = answer.text().expect("read");
        assert!(status.is_success(), "{path}: {status} {text}");
        text
    }

    fn put(&self, path: &str, body: &Value) {
        send(self.http.put(self.url(path)), body);
    }

    fn post(&self, path: &str, body: &Value) {
        send(self.http.post(self.url(path)), body);
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }
}

fn send(request: reqwest::blocking::RequestBuilder, body: &Value) {
    let answer = request.bearer_auth(TOKEN).json(body).send().expect("answered");
    assert!(answer.status().is_success(), "{}: {}", answer.url(), answer.status());
}
