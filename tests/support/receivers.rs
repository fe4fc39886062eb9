//! Those who receive what the server sends: a real mail server, and a real HTTP server that answers as a test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

/// `tests/mail/receiver.py`.
pub struct MailReceiver {
    process: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    pub port: u16,
}

impl MailReceiver {
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// `None` where what it needs is not installed.
    pub fn start_with(arguments: &[&str]) -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let venv = root.join(".venv/mail");
        if !venv.join(".installed").exists() {
            let required = std::env::var("LIGHTTRACE_TEST_DEPS").is_ok_and(|value| value == "required");
            assert!(!required, "{} is missing: run scripts/test-deps.sh", venv.display());
            println!("skipped: {} is missing, run scripts/test-deps.sh", venv.display());
            return None;
        }
        let mut command = Command::new(venv.join("bin/python"));
        command.arg(root.join("tests/mail/receiver.py")).args(arguments);
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the mail server starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let port = lines.next().expect("a line").expect("text").parse().expect("a port");
        Some(Self { process, lines, port })
    }

    /// Who signed its certificate.
    pub fn authority() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail/tls/authority.pem")
    }

    pub fn next(&mut self) -> Value {
        let line = self.lines.next().expect("a mail").expect("text");
        serde_json::from_str(&line).expect("JSON")
    }

    pub fn stop(&mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("reaped");
    }
}

impl Drop for MailReceiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(Debug, Clone)]
pub struct Received {
    pub at: Instant,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// How a request is answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A status, and lines of the head.
    Status(u16, Vec<String>),
    /// A status with a body.
    Body(u16, String),
    /// Server-sent events as they come: what is sent after how long. Not whole: the connection breaks off behind them.
    Stream { pieces: Vec<(Duration, String)>, is_whole: bool },
    /// Never.
    Hang,
    /// The connection ends without a word.
    HangUp,
}

type Answers = Box<dyn Fn(&Received, usize) -> Answer + Send + Sync>;

/// Keeps every request in the order in which they came.
pub struct HttpReceiver {
    pub port: u16,
    requests: Arc<Mutex<Vec<Received>>>,
    is_over: Arc<AtomicBool>,
}

impl HttpReceiver {
    /// `answers`: to a request, and how many came before it.
    pub fn start(answers: impl Fn(&Received, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::listen(answers, false)
    }

    /// The same for `https://`.
    pub fn start_encrypted() -> Self {
        Self::listen(|_, _| Answer::Status(200, Vec::new()), true)
    }

    fn listen(
        answers: impl Fn(&Received, usize) -> Answer + Send + Sync + 'static,
        is_encrypted: bool,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let is_over = Arc::new(AtomicBool::new(false));
        let (kept, over, answers) =
            (requests.clone(), is_over.clone(), Arc::new(Box::new(answers) as Answers));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let (kept, answers) = (kept.clone(), answers.clone());
                let Ok(stream) = stream else { continue };
                std::thread::spawn(move || {
                    if is_encrypted {
                        serve(encrypted(stream), &kept, &answers);
                    } else {
                        serve(stream, &kept, &answers);
                    }
                });
            }
        });
        Self { port, requests, is_over }
    }

    pub fn answering(status: u16) -> Self {
        Self::start(move |_, _| Answer::Status(status, Vec::new()))
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub fn requests(&self) -> Vec<Received> {
        self.requests.lock().expect("unpoisoned").clone()
    }

    /// Waits until so many have come.
    pub fn wait_for(&self, requests: usize) -> Vec<Received> {
        let start = Instant::now();
        loop {
            let came = self.requests();
            if came.len() >= requests {
                return came;
            }
            assert!(start.elapsed() < Duration::from_mins(1), "{} of {requests} requests came", came.len());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for HttpReceiver {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// With the certificate that the mail server of the tests has.
fn encrypted(stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail/tls/server.pem");
    let chain = CertificateDer::pem_file_iter(&file).expect("a file").collect::<Result<_, _>>();
    let key = PrivateKeyDer::from_pem_file(&file).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("usual versions").with_no_client_auth();
    let config = config.with_single_cert(chain.expect("certificates"), key).expect("they fit");
    StreamOwned::new(ServerConnection::new(Arc::new(config)).expect("a connection"), stream)
}

fn serve(mut stream: impl Read + Write, kept: &Mutex<Vec<Received>>, answers: &Answers) {
    let Some(request) = read(&mut stream) else { return };
    let before = {
        let mut kept = kept.lock().expect("unpoisoned");
        kept.push(request.clone());
        kept.len() - 1
    };
    let (status, head, body) = match answers(&request, before) {
        Answer::Status(status, head) => (status, head, String::new()),
        Answer::Body(status, body) => (status, Vec::new(), body),
        Answer::HangUp => return,
        Answer::Stream { pieces, is_whole } => return send_stream(&mut stream, pieces, is_whole),
        Answer::Hang => {
            // Until the client gives up.
            let _ = stream.read(&mut [0]);
            return;
        }
    };
    let mut lines = vec![format!("HTTP/1.1 {status} X")];
    lines.extend(head);
    lines.extend([format!("Content-Length: {}", body.len()), "Connection: close".to_owned()]);
    let answer = format!("{}\r\n\r\n{body}", lines.join("\r\n"));
    // A client that has read enough hangs up.
    let _ = stream.write_all(answer.as_bytes()).and_then(|()| stream.flush());
}

fn send_stream(stream: &mut impl Write, pieces: Vec<(Duration, String)>, is_whole: bool) {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let mut send = |text: String| stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    let mut outcome = send(head.to_owned());
    for (pause, piece) in pieces {
        std::thread::sleep(pause);
        outcome = outcome.and_then(|()| send(format!("{:x}\r\n{piece}\r\n", piece.len())));
        if outcome.is_err() {
            // Whoever has read enough hangs up.
            return;
        }
    }
    if is_whole {
        let _ = send("0\r\n\r\n".to_owned());
    }
}

fn read(stream: &mut impl Read) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        lines.push(line.to_owned());
    }
    let headers: Vec<(String, String)> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().expect("a number"))];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).expect("text");
    Some(Received { at: Instant::now(), headers, body })
}
