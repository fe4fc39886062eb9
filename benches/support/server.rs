//! The server under measurement: started over a folder, asked over HTTP, looked at from outside.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub const KEY: &str = "0123456789abcdef0123456789abcdef";
/// How long a sender waits when the inbox is full.
pub const RETRY_DELAY: Duration = Duration::from_millis(100);

/// A running server; it ends with this value.
pub struct Server {
    process: Child,
    pub address: String,
}

impl Server {
    /// `BENCH_SERVER` names another binary, to compare two.
    pub fn start(data_dir: &Path, settings: &[(&str, &str)]) -> Self {
        let binary =
            std::env::var("BENCH_SERVER").unwrap_or_else(|_| env!("CARGO_BIN_EXE_lighttrace").to_owned());
        let mut process = Command::new(binary)
            .arg("serve")
            .env("LIGHTTRACE_DATA_DIR", data_dir)
            .env("LIGHTTRACE_LISTEN", "127.0.0.1:0")
            .env("LIGHTTRACE_PROJECTS", format!("bench:{KEY}"))
            .env("LIGHTTRACE_LOG", "warn")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("Listening on http://").map(str::to_owned));
        Self { process, address: address.expect("the server says where it listens") }
    }

    /// Waits until everything that was accepted is digested and searchable.
    pub fn settle(&self) {
        loop {
            let metrics = self.get("/metrics");
            let value = |name: &str| {
                let line = metrics.lines().find(|line| line.starts_with(&format!("{name} ")));
                line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
                    .expect("the metric is there")
            };
            if value("lighttrace_inbox_depth") == 0.0 && value("lighttrace_index_lag_events") == 0.0 {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("connects");
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("answered");
        text
    }

    /// User and system time so far.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).expect("Linux");
        let fields: Vec<&str> = stat.rsplit(") ").next().expect("a name").split(' ').collect();
        let ticks: f64 =
            fields[11].parse::<f64>().expect("utime") + fields[12].parse::<f64>().expect("stime");
        ticks / 100.0
    }

    /// `VmRSS:` or `VmHWM:`.
    pub fn memory_mib(&self, field: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("Linux");
        let line = status.lines().find(|line| line.starts_with(field)).expect("a field");
        let kib: f64 = line.split_whitespace().nth(1).expect("a number").parse().expect("a number");
        kib / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One request to the envelope endpoint, ready for a socket. `encoding`: a header line, or nothing.
pub fn envelope_request(body: &[u8], encoding: &str) -> Vec<u8> {
    let mut request = format!(
        "POST /api/1/envelope/?sentry_key={KEY}&sentry_version=7 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: sentry.python/2.44.0\r\n{encoding}Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// Sends until it is accepted: a full inbox is the server's brake, and the sender's turn to wait.
pub fn send(stream: &mut TcpStream, request: &[u8]) -> Duration {
    let mut answer = [0; 4096];
    loop {
        let begin = std::time::Instant::now();
        stream.write_all(request).expect("sent");
        let bytes = stream.read(&mut answer).expect("answered");
        let answer = String::from_utf8_lossy(&answer[..bytes]);
        if answer.starts_with("HTTP/1.1 200") {
            return begin.elapsed();
        }
        assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
        std::thread::sleep(RETRY_DELAY);
    }
}

pub fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() - 1) * percent / 100]
}
