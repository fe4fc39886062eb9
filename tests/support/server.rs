//! The real binary as a real process on a free loopback port, with a data folder of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::Value;

/// The public key of project 1 (`default`).
pub const KEY: &str = "0123456789abcdef0123456789abcdef";
/// The public key of project 2 (`second`).
pub const SECOND_KEY: &str = "fedcba9876543210fedcba9876543210";
pub const TOKEN: &str = "lttest_admin_token_0123456789abcdef";
pub const EMAIL: &str = "admin@example.com";
pub const PASSWORD: &str = "correct horse battery";
/// No wait of a test may last longer; a slow machine gets there earlier than this.
const DEADLINE: Duration = Duration::from_mins(1);

pub struct Server {
    process: Mutex<Option<Child>>,
    address: Mutex<String>,
    pub client: Client,
    data: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

/// No client is made without it. Said again it changes nothing.
pub fn with_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl Server {
    /// A server with two projects, an admin and an admin token.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with more settings, which win over the usual ones. An empty value takes a setting away.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        let mut environment: Vec<(String, String)> = [
            ("LIGHTTRACE_LISTEN", "127.0.0.1:0"),
            ("LIGHTTRACE_PROJECTS", &format!("default:{KEY},second:{SECOND_KEY}")),
            ("LIGHTTRACE_ADMIN_EMAIL", EMAIL),
            ("LIGHTTRACE_ADMIN_PASSWORD", PASSWORD),
            ("LIGHTTRACE_API_TOKEN", TOKEN),
            ("LIGHTTRACE_LOG", "warn"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        for (name, value) in settings {
            environment.retain(|(known, _)| known != name);
            if !value.is_empty() {
                environment.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        // Every client of the tests is made after a server, and wants it.
        with_crypto();
        let server = Self {
            process: Mutex::new(None),
            address: Mutex::new(String::new()),
            client: Client::builder().timeout(DEADLINE).build().expect("a client"),
            data: tempfile::tempdir().expect("a folder"),
            environment,
        };
        server.spawn();
        server
    }

    /// A command of the binary, with this server's settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lighttrace"));
        command.args(arguments).env_clear().env("LIGHTTRACE_DATA_DIR", self.data.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn spawn(&self) {
        let mut child = self.command(&["serve"]).stdout(Stdio::piped()).spawn().expect("the binary starts");
        let output = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let address = lines
            .find_map(|line| line.strip_prefix("Listening on http://").map(str::to_owned))
            .expect("the server says where it listens");
        // Keep reading, so that the server never waits for its own output.
        std::thread::spawn(move || lines.for_each(drop));
        *self.address.lock().expect("unpoisoned") = address;
        *self.process.lock().expect("unpoisoned") = Some(child);
    }

    pub fn address(&self) -> String {
        self.address.lock().expect("unpoisoned").clone()
    }

    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    #[expect(clippy::unused_self, reason = "a server's key, as its address and its DSN")]
    pub fn key(&self) -> &'static str {
        KEY
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// The DSN of project 1.
    pub fn dsn(&self) -> String {
        format!("http://{KEY}@{}/1", self.address())
    }

    pub fn pid(&self) -> u32 {
        self.process.lock().expect("unpoisoned").as_ref().expect("running").id()
    }

    /// kill -9, at once.
    pub fn kill(&self) {
        if let Some(mut child) = self.process.lock().expect("unpoisoned").take() {
            child.kill().expect("killed");
            child.wait().expect("reaped");
        }
    }

    /// Starts again on the same data folder (another port).
    pub fn restart(&self) {
        self.kill();
        self.spawn();
    }

    /// Asks the server to stop as `docker stop` does, and answers whether it ended well.
    pub fn stop(&self) -> bool {
        let Some(mut child) = self.process.lock().expect("unpoisoned").take() else { return true };
        let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        child.wait().expect("reaped").success()
    }

    /// A request of the admin.
    pub fn api(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path)).bearer_auth(TOKEN)
    }

    /// What the API answers; panics unless 200.
    pub fn api_get(&self, path: &str) -> Value {
        let response = self.api(reqwest::Method::GET, path).send().expect("an answer");
        let status = response.status();
        let text = response.text().expect("a body");
        assert!(status.is_success(), "{path}: {status}: {text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    /// Issues of a query, as the API lists them.
    pub fn issues(&self, query: &str) -> Vec<Value> {
        let request = self.api(reqwest::Method::GET, "/api/0/organizations/lighttrace/issues/");
        let response = request.query(&[("query", query), ("limit", "100")]).send().expect("an answer");
        response.json().expect("a list of issues")
    }

    /// How many events a query finds, by paging through all of them.
    pub fn count_events(&self, query: &str) -> usize {
        let mut found = 0;
        let mut cursor = String::new();
        loop {
            let request = self.api(reqwest::Method::GET, "/api/0/organizations/lighttrace/events/");
            let parameters = [("query", query), ("field", "id"), ("per_page", "100"), ("cursor", &cursor)];
            let response = request.query(&parameters).send().expect("an answer");
            let link = response.headers().get("link").map(|link| link.to_str().expect("text").to_owned());
            let body: Value = response.json().expect("JSON");
            found += body["data"].as_array().expect("rows").len();
            let next = link.as_deref().and_then(next_cursor);
            match next {
                Some(next) => cursor = next,
                None => return found,
            }
        }
    }

    /// Posts an event as JSON to `/store/` of project 1 and answers the response.
    pub fn store(&self, event: &Value) -> Response {
        let url = self.url(&format!("/api/1/store/?sentry_key={KEY}&sentry_version=7"));
        self.client.post(url).body(event.to_string()).send().expect("an answer")
    }

    /// Posts an envelope to project 1 and answers the response.
    pub fn envelope(&self, body: impl Into<reqwest::blocking::Body>) -> Response {
        let url = self.url(&format!("/api/1/envelope/?sentry_key={KEY}&sentry_version=7"));
        self.client.post(url).body(body).send().expect("an answer")
    }

    /// The sum of a metric over its labels.
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.client.get(self.url("/metrics")).send().expect("metrics").text().expect("text");
        let lines = text.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ') || rest.starts_with('{'))
        });
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// Waits until a condition holds.
    #[expect(clippy::unused_self, reason = "one waits for a server")]
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let start = Instant::now();
        while !holds() {
            assert!(start.elapsed() < DEADLINE, "waited in vain until {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until everything accepted is digested and searchable.
    pub fn settled(&self) {
        self.wait_until("everything accepted is digested and searchable", || {
            self.metric("lighttrace_inbox_depth") == 0.0 && self.metric("lighttrace_index_lag_events") == 0.0
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The cursor of the next page, if there is one.
pub fn next_cursor(link: &str) -> Option<String> {
    let next = link.split(", <").find(|part| part.contains("rel=\"next\""))?;
    if !next.contains("results=\"true\"") {
        return None;
    }
    let cursor = next.split("cursor=\"").nth(1)?;
    Some(cursor.split('"').next()?.to_owned())
}

/// Sentry's sample events and grouping cases, where this machine has them.
pub fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let place = std::env::var_os("LIGHTTRACE_CORPUS").map_or(beside, PathBuf::from);
    if place.is_dir() {
        return Some(place);
    }
    println!("skipped: no corpus beside the project");
    None
}
