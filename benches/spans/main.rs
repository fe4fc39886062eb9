//! `cargo bench --bench spans`: what spans cost, from the socket to the disk and back.
//!
//! For each format (transactions, containers of spans, OTLP as JSON) a server of its own is sent `BENCH_SPANS` spans
//! (200,000) by eight connections beside it. Prints spans/s to stored, server CPU per span beside the floor (its JSON parsed,
//! its bytes compressed), bytes per span; then what it takes to open a trace of 10,000 spans and to search, and how many errors pass beside
//! a stream of spans. It asserts nothing: machines differ. `BENCH_SERVER` names another binary.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::format::Format;
use crate::server::{Server, percentile};

mod format;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/workload.rs"]
mod workload;

const CONNECTIONS: usize = 8;
const TOKEN: &str = "bench-token-that-is-long-enough-to-be-one";
const SETTINGS: &[(&str, &str)] =
    &[("LIGHTTRACE_SPANS_PER_MINUTE", "1000000000"), ("LIGHTTRACE_API_TOKEN", TOKEN)];
const LARGE_TRACE: usize = 10_000;
const LOOKS: usize = 20;
const ERRORS: usize = 10_000;

fn main() {
    let spans = std::env::var("BENCH_SPANS").ok().and_then(|text| text.parse().ok()).unwrap_or(200_000);
    for format in Format::ALL {
        one_format(format, spans);
    }
    errors_beside(spans);
}

fn one_format(format: Format, spans: usize) {
    let mut rng = workload::Rng::new(7);
    let requests: Vec<_> =
        (0..spans / format::SPANS_EACH).map(|n| format.request(n as u64, &mut rng)).collect();
    let bytes: usize = requests.iter().map(|request| request.body.len()).sum();
    println!("{format:?}: {spans} spans, {} bytes each as sent", bytes / spans);
    let floor = floor(&requests) / spans as f64;

    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path(), SETTINGS);
    let (cpu, begin) = (server.cpu_seconds(), Instant::now());
    let latencies = load(&server.address, &requests, &AtomicBool::new(false));
    server.settle();
    let took = begin.elapsed();
    let cpu = server.cpu_seconds() - cpu;
    line("stored", spans as f64 / took.as_secs_f64(), "spans/s");
    line("answer, p99", percentile(&latencies, 99), "ms");
    line("server CPU per span", cpu * 1e6 / spans as f64, "µs");
    line("floor: its JSON parsed, its bytes compressed", floor * 1e6, "µs");
    line("bytes per span: file and state", disk(dir.path()) as f64 / spans as f64, "bytes");
    line("RSS at its highest", server.memory_mib("VmHWM:"), "MiB");
    if format == Format::Containers {
        look(&server, &mut rng, spans);
    }
}

/// Opening a large trace, and searching all spans for what is rare and for what is nowhere.
fn look(server: &Server, rng: &mut workload::Rng, spans: usize) {
    let trace = "feedfeedfeedfeedfeedfeedfeedfeed";
    let requests: Vec<_> = (0..LARGE_TRACE / format::SPANS_EACH)
        .map(|n| Format::Containers.of_trace(trace, n as u64, rng))
        .collect();
    load(&server.address, &requests, &AtomicBool::new(false));
    server.settle();
    let ask = |what: &str, path: &str| {
        let mut took: Vec<f64> = (0..LOOKS).map(|_| get(&server.address, path).as_secs_f64() * 1e3).collect();
        took.sort_by(f64::total_cmp);
        println!("{what:54} {:8.1} ms, p95 {:.1}", percentile(&took, 50), percentile(&took, 95));
    };
    let org = "/api/0/organizations/lighttrace";
    ask("a trace of 10,000 spans, as a waterfall", &format!("{org}/trace/{trace}/waterfall/"));
    ask("the newest spans", &format!("{org}/spans/?statsPeriod=1h"));
    ask(
        &format!("a search of {spans} spans, in vain"),
        &format!("{org}/spans/?statsPeriod=1h&query=op:nowhere"),
    );
    ask("a search that reads them all", &format!("{org}/spans/?statsPeriod=1h&query=description:*nowhere*"));
    ask("transactions of a day", &format!("{org}/transactions/?statsPeriod=24h"));
}

/// Errors by themselves, then with spans coming in beside them as fast as they can.
fn errors_beside(spans: usize) {
    let mut rng = workload::Rng::new(9);
    let errors: Vec<_> = (0..ERRORS)
        .map(|_| format::Request {
            body: workload::envelope(&workload::event(&mut rng), &mut rng),
            path: format::ENVELOPE,
        })
        .collect();
    let stream: Vec<_> =
        (0..spans / format::SPANS_EACH).map(|n| Format::Containers.request(n as u64, &mut rng)).collect();
    for with_spans in [false, true] {
        let dir = tempfile::tempdir().expect("a folder");
        let server = Server::start(dir.path(), SETTINGS);
        let over = AtomicBool::new(false);
        let (took, latencies) = std::thread::scope(|scope| {
            if with_spans {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        load(&server.address, &stream, &over);
                    }
                });
            }
            let begin = Instant::now();
            let latencies = load(&server.address, &errors, &AtomicBool::new(false));
            let took = begin.elapsed();
            over.store(true, Ordering::Relaxed);
            (took, latencies)
        });
        let what = if with_spans { "errors accepted, spans beside them" } else { "errors accepted, alone" };
        println!(
            "{what:44} {:8.0} /s, p99 {:.1} ms",
            ERRORS as f64 / took.as_secs_f64(),
            percentile(&latencies, 99)
        );
    }
}

fn line(what: &str, value: f64, unit: &str) {
    println!("  {what:44} {value:10.1} {unit}");
}

/// Seconds of CPU that nothing can do without: JSON read once, bytes compressed once.
fn floor(requests: &[format::Request]) -> f64 {
    let begin = Instant::now();
    for request in requests {
        let json = request.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        for line in json {
            let _: serde::de::IgnoredAny = serde_json::from_slice(line).expect("JSON");
        }
    }
    for batch in requests.chunks(100) {
        let plain: Vec<u8> = batch.iter().flat_map(|request| request.body.iter().copied()).collect();
        let frame = zstd::bulk::compress(&plain, 3).expect("compressed");
        assert!(!frame.is_empty());
    }
    begin.elapsed().as_secs_f64()
}

/// The answers' latencies in milliseconds, sorted.
fn load(address: &str, requests: &[format::Request], stop: &AtomicBool) -> Vec<f64> {
    let next = AtomicUsize::new(0);
    let send = || {
        let mut stream = TcpStream::connect(address).expect("connects");
        stream.set_nodelay(true).expect("a socket option");
        let mut latencies = Vec::new();
        while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            latencies.push(server::send(&mut stream, &request.bytes()).as_secs_f64() * 1e3);
        }
        latencies
    };
    let mut all: Vec<f64> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(send)).collect();
        senders.into_iter().flat_map(|sender| sender.join().expect("a sender")).collect()
    });
    all.sort_by(f64::total_cmp);
    all
}

fn get(address: &str, path: &str) -> Duration {
    let begin = Instant::now();
    let mut stream = TcpStream::connect(address).expect("connects");
    write!(stream, "GET {path} HTTP/1.0\r\nAuthorization: Bearer {TOKEN}\r\n\r\n").expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answered");
    let took = begin.elapsed();
    assert!(
        answer.starts_with(b"HTTP/1.0 200") || answer.starts_with(b"HTTP/1.1 200"),
        "{path}: {}",
        String::from_utf8_lossy(&answer[..answer.len().min(400)])
    );
    took
}

fn disk(dir: &Path) -> u64 {
    ["state.redb", "partitions"].iter().map(|part| blocks(&dir.join(part))).sum()
}

/// Blocks in use, so that holes do not count.
fn blocks(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = std::fs::metadata(path) else { return 0 };
    if metadata.is_dir() {
        let entries = std::fs::read_dir(path).expect("readable");
        return entries.map(|entry| blocks(&entry.expect("an entry").path())).sum();
    }
    metadata.blocks() * 512
}
