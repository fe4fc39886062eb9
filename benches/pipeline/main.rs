//! `make bench`: the floor of the parts, then the product beside it, on one machine with the load generator.
//!
//! Prints: accepted/s with p50 and p99, digested-and-searchable/s, server CPU per event, bytes per event, RSS idle
//! and loaded. It asserts nothing: machines differ. `BENCH_EVENTS` sets how many events
//! (20,000); `BENCH_SERVER` names another binary, to compare two.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::server::{Server, envelope_request, percentile};

mod floor;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/workload.rs"]
mod workload;

const CONNECTIONS: usize = 32;

fn main() {
    floor::print();
    let events = std::env::var("BENCH_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
    let requests = requests(events);
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path(), &[]);
    let idle_mib = server.memory_mib("VmRSS:");
    let cpu_before = server.cpu_seconds();
    let begin = Instant::now();
    let latencies = load(&server.address, &requests);
    let accepted = begin.elapsed();
    server.settle();
    let searchable = begin.elapsed();
    let cpu = server.cpu_seconds() - cpu_before;
    println!(
        "product: {events} events over {CONNECTIONS} connections, half of them gzip, generator beside it"
    );
    println!("{:44} {:8.0} /s", "accepted", events as f64 / accepted.as_secs_f64());
    println!("{:44} {:8.0} /s", "digested and searchable", events as f64 / searchable.as_secs_f64());
    println!("{:44} {:8.1} ms", "answer, p50", percentile(&latencies, 50));
    println!("{:44} {:8.1} ms", "answer, p99", percentile(&latencies, 99));
    println!("{:44} {:8.1} µs", "server CPU per event", cpu * 1e6 / events as f64);
    println!("{:44} {:8.1} MiB", "RSS idle", idle_mib);
    println!("{:44} {:8.1} MiB", "RSS loaded", server.memory_mib("VmRSS:"));
    println!("{:44} {:8.1} MiB", "RSS at its highest", server.memory_mib("VmHWM:"));
    for part in ["inbox", "state.redb", "partitions"] {
        println!(
            "{:44} {:8} bytes",
            format!("per event: {part}"),
            disk_bytes(&dir.path().join(part)) / events as u64
        );
    }
}

fn requests(events: usize) -> Vec<Vec<u8>> {
    let mut rng = workload::Rng::new(5);
    let build = |index: usize| {
        let body = workload::envelope(&workload::event(&mut rng), &mut rng);
        if index.is_multiple_of(2) {
            envelope_request(&gzip(&body), "Content-Encoding: gzip\r\n")
        } else {
            envelope_request(&body, "")
        }
    };
    (0..events).map(build).collect()
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(body).expect("to memory");
    encoder.finish().expect("to memory")
}

/// Sends everything as fast as answers come; the answers' latencies in milliseconds, sorted.
fn load(address: &str, requests: &[Vec<u8>]) -> Vec<f64> {
    let next = AtomicUsize::new(0);
    let mut latencies: Vec<f64> = std::thread::scope(|scope| {
        let senders: Vec<_> =
            (0..CONNECTIONS).map(|_| scope.spawn(|| send(address, requests, &next))).collect();
        senders.into_iter().flat_map(|sender| sender.join().expect("a sender")).collect()
    });
    latencies.sort_by(f64::total_cmp);
    latencies
}

fn send(address: &str, requests: &[Vec<u8>], next: &AtomicUsize) -> Vec<f64> {
    let mut stream = TcpStream::connect(address).expect("connects");
    stream.set_nodelay(true).expect("a socket option");
    let mut latencies = Vec::new();
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        latencies.push(server::send(&mut stream, request).as_secs_f64() * 1e3);
    }
    latencies
}

/// Blocks in use, so that holes do not count.
fn disk_bytes(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = fs::metadata(path) else { return 0 };
    if metadata.is_dir() {
        let entries = fs::read_dir(path).expect("readable");
        return entries.map(|entry| disk_bytes(&entry.expect("an entry").path())).sum();
    }
    metadata.blocks() * 512
}
