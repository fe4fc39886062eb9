//! `make bench`: the floor of the parts, then the product beside it, on one machine with the load generator.
//!
//! Prints: accepted/s with p50 and p99, digested-and-searchable/s, server CPU per event, bytes per event, RSS idle
//! and loaded. It asserts nothing: machines differ. `BENCH_EVENTS` sets how many events
//! (20,000); `BENCH_SERVER` names another binary, to compare two.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

mod floor;
mod workload;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const CONNECTIONS: usize = 32;
const RETRY_DELAY: Duration = Duration::from_millis(100);

fn main() {
    floor::print();
    let events = std::env::var("BENCH_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
    let requests = requests(events);
    let dir = tempfile::tempdir().expect("a folder");
    let (mut server, address) = start(dir.path());
    let idle_kib = memory_kib(server.id(), "VmRSS:");
    let cpu_before = cpu_seconds(server.id());
    let begin = Instant::now();
    let latencies = load(&address, &requests);
    let accepted = begin.elapsed();
    settle(&address);
    let searchable = begin.elapsed();
    let cpu = cpu_seconds(server.id()) - cpu_before;
    println!(
        "product: {events} events over {CONNECTIONS} connections, half of them gzip, generator beside it"
    );
    println!("{:44} {:8.0} /s", "accepted", events as f64 / accepted.as_secs_f64());
    println!("{:44} {:8.0} /s", "digested and searchable", events as f64 / searchable.as_secs_f64());
    println!("{:44} {:8.1} ms", "answer, p50", percentile(&latencies, 50));
    println!("{:44} {:8.1} ms", "answer, p99", percentile(&latencies, 99));
    println!("{:44} {:8.1} µs", "server CPU per event", cpu * 1e6 / events as f64);
    println!("{:44} {:8.1} MiB", "RSS idle", idle_kib as f64 / 1024.0);
    println!("{:44} {:8.1} MiB", "RSS loaded", memory_kib(server.id(), "VmRSS:") as f64 / 1024.0);
    println!("{:44} {:8.1} MiB", "RSS at its highest", memory_kib(server.id(), "VmHWM:") as f64 / 1024.0);
    for part in ["inbox", "state.redb", "partitions"] {
        println!(
            "{:44} {:8} bytes",
            format!("per event: {part}"),
            disk_bytes(&dir.path().join(part)) / events as u64
        );
    }
    server.kill().expect("killed");
    server.wait().expect("reaped");
}

fn requests(events: usize) -> Vec<Vec<u8>> {
    let mut rng = workload::Rng::new(5);
    let build = |index: usize| {
        let body = workload::envelope(&mut rng);
        if index.is_multiple_of(2) {
            http(&gzip(&body), "Content-Encoding: gzip\r\n")
        } else {
            http(&body, "")
        }
    };
    (0..events).map(build).collect()
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(body).expect("to memory");
    encoder.finish().expect("to memory")
}

fn http(body: &[u8], encoding: &str) -> Vec<u8> {
    let mut request = format!(
        "POST /api/1/envelope/?sentry_key={KEY}&sentry_version=7 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: sentry.python/2.44.0\r\n{encoding}Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

fn start(data_dir: &Path) -> (Child, String) {
    let binary =
        std::env::var("BENCH_SERVER").unwrap_or_else(|_| env!("CARGO_BIN_EXE_lighttrace").to_owned());
    let mut server = Command::new(binary)
        .arg("serve")
        .env("LIGHTTRACE_DATA_DIR", data_dir)
        .env("LIGHTTRACE_LISTEN", "127.0.0.1:0")
        .env("LIGHTTRACE_PROJECTS", format!("bench:{KEY}"))
        .env("LIGHTTRACE_LOG", "warn")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let address = lines.find_map(|line| line.strip_prefix("Listening on http://").map(str::to_owned));
    (server, address.expect("the server says where it listens"))
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
    let mut answer = [0; 4096];
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        loop {
            let begin = Instant::now();
            stream.write_all(request).expect("sent");
            let bytes = stream.read(&mut answer).expect("answered");
            let answer = String::from_utf8_lossy(&answer[..bytes]);
            if answer.starts_with("HTTP/1.1 200") {
                latencies.push(begin.elapsed().as_secs_f64() * 1e3);
                break;
            }
            // The inbox is full: that is the server's brake, and the sender's turn to wait.
            assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
            std::thread::sleep(RETRY_DELAY);
        }
    }
    latencies
}

fn settle(address: &str) {
    loop {
        let metrics = get(address, "/metrics");
        let value = |name: &str| {
            let line = metrics.lines().find(|line| line.starts_with(&format!("{name} ")));
            line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).expect("the metric is there")
        };
        if value("lighttrace_inbox_depth") == 0.0 && value("lighttrace_index_lag_events") == 0.0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("connects");
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("answered");
    text
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() - 1) * percent / 100]
}

/// User and system time of a process.
fn cpu_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("Linux");
    let fields: Vec<&str> = stat.rsplit(") ").next().expect("a name").split(' ').collect();
    let ticks: f64 = fields[11].parse::<f64>().expect("utime") + fields[12].parse::<f64>().expect("stime");
    ticks / 100.0
}

fn memory_kib(pid: u32, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("Linux");
    let line = status.lines().find(|line| line.starts_with(field)).expect("a field");
    line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
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
