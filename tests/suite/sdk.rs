//! Real clients, of all generations: what they say they sent is what the API gives back.
//!
//! The programs stand in `tests/sdk` and need what `scripts/test-deps.sh` installs; without it their tests say that they were
//! skipped, unless `LIGHTTRACE_TEST_DEPS=required`. The recordings of the same programs (`tests/fixtures/sdk`) need nothing.

pub mod builds;
mod expectation;
pub mod recording;
mod sessions;
mod uploaders;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::Server;

/// A current or old client: the program that uses it and what runs that program.
struct Client {
    runtime: &'static str,
    program: &'static str,
    /// Which package the Node program loads.
    module: Option<&'static str>,
}

const PYTHON_2: Client = Client::python("2", "python/report.py");
const PYTHON_1: Client = Client::python("1", "python/report.py");
const RAVEN_PYTHON: Client = Client::python("raven", "python/raven_report.py");
const NODE_11: Client = Client::node("node/report.cjs", "@sentry/node");
const NODE_8: Client = Client::node("node/report.cjs", "sentry-node-8");
const NODE_7: Client = Client::node("node/report.cjs", "sentry-node-7");
const NODE_5: Client = Client::node("node/report.cjs", "sentry-node-5");
const RAVEN_NODE: Client = Client::node("node/raven_report.cjs", "raven");
const BROWSER_11: Client = Client::node("browser/report.mjs", "@sentry/browser");
const BROWSER_7: Client = Client::node("browser/report.mjs", "sentry-browser-7");

impl Client {
    const fn python(runtime: &'static str, program: &'static str) -> Self {
        Self { runtime, program, module: None }
    }

    const fn node(program: &'static str, module: &'static str) -> Self {
        Self { runtime: "node", program, module: Some(module) }
    }

    /// The interpreter, if what the program needs is installed.
    fn find_interpreter(&self) -> Option<PathBuf> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (interpreter, installed) = match self.module {
            None => {
                let venv = root.join(".venv").join(self.runtime);
                (venv.join("bin/python"), venv.join(".installed"))
            }
            Some(module) => (PathBuf::from("node"), root.join("tests/sdk/node/node_modules").join(module)),
        };
        if installed.exists() {
            return Some(interpreter);
        }
        let required = std::env::var("LIGHTTRACE_TEST_DEPS").is_ok_and(|value| value == "required");
        assert!(!required, "{} is missing: run scripts/test-deps.sh", installed.display());
        println!("skipped: {} is missing, run scripts/test-deps.sh", installed.display());
        None
    }

    /// Runs the program to its end and answers what it says it sent.
    fn report(&self, interpreter: &Path, server: &Server, mode: &str) -> Value {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk").join(self.program);
        let mut command = Command::new(interpreter);
        command
            .arg(&program)
            .env("SENTRY_DSN", server.dsn())
            .env("REPORT_MODE", mode)
            .stderr(Stdio::inherit());
        if let Some(module) = self.module {
            command.env("SENTRY_MODULE", module);
        }
        let output = command.output().expect("the program starts");
        assert!(output.status.success(), "{} failed", program.display());
        serde_json::from_slice(&output.stdout).expect("the program prints what it sent as JSON")
    }
}

/// The interpreter with the current Python SDK, where that is installed.
pub fn python_interpreter() -> Option<PathBuf> {
    PYTHON_2.find_interpreter()
}

/// What runs the services of `tests/sdk/services`, where their packages are installed.
pub fn services_interpreter() -> Option<PathBuf> {
    Client::python("services", "services/request.py").find_interpreter()
}

/// The folder of Node packages, where this one is installed.
pub fn node_modules(package: &'static str) -> Option<PathBuf> {
    let client = Client { runtime: "node", program: "", module: Some(package) };
    client.find_interpreter()?;
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/node/node_modules"))
}

/// The whole promise for one client: its report becomes exactly one issue that reads as it was sent.
fn check(client: &Client, mode: &str) {
    let Some(interpreter) = client.find_interpreter() else { return };
    let server = Server::start();
    let sent = client.report(&interpreter, &server, mode);
    // The answer to a browser's own report is nobody's to wait for; all others have theirs by now.
    server.wait_until("an issue stands in the list", || !server.issues("").is_empty());
    server.settled();
    expectation::assert_one_issue(&server, &sent);
}

#[test]
fn python_current() {
    check(&PYTHON_2, "exception");
}

#[test]
fn python_current_inside_a_transaction() {
    check(&PYTHON_2, "transaction");
}

#[test]
fn python_current_inside_a_session() {
    check(&PYTHON_2, "session");
}

#[test]
fn python_current_message() {
    check(&PYTHON_2, "message");
}

#[test]
fn python_1() {
    check(&PYTHON_1, "exception");
}

#[test]
fn python_raven() {
    check(&RAVEN_PYTHON, "exception");
}

#[test]
fn node_current() {
    check(&NODE_11, "exception");
}

#[test]
fn node_current_inside_a_transaction() {
    check(&NODE_11, "transaction");
}

#[test]
fn node_current_message() {
    check(&NODE_11, "message");
}

#[test]
fn node_8() {
    check(&NODE_8, "exception");
}

#[test]
fn node_7() {
    check(&NODE_7, "exception");
}

#[test]
fn node_5() {
    check(&NODE_5, "exception");
}

#[test]
fn node_raven() {
    check(&RAVEN_NODE, "exception");
}

#[test]
fn browser_current() {
    check(&BROWSER_11, "exception");
}

#[test]
fn browser_current_message() {
    check(&BROWSER_11, "message");
}

#[test]
fn browser_7() {
    check(&BROWSER_7, "exception");
}

#[test]
fn browser_policy_report() {
    check(&BROWSER_11, "csp-report-uri");
}
