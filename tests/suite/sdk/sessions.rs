//! Sessions of real SDKs stand in the health of their release, over HTTP.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::api::ORG;
use crate::sdk::{BROWSER_7, BROWSER_11, Client, NODE_8, NODE_11, PYTHON_1, PYTHON_2};
use crate::support::Server;

const RELEASE: &str = "shop-sessions@2.4.1";

/// Sessions by how they ended, and the people who had them.
#[derive(Debug, PartialEq, Eq, Default)]
struct Ended {
    healthy: u64,
    errored: u64,
    unhandled: u64,
    crashed: u64,
    users: u64,
}

/// Runs a program with its sessions to its end; a crash ends it badly, as it should.
fn run(client: &Client, mode: &str) -> Option<Server> {
    let interpreter = client.find_interpreter()?;
    let server = Server::start();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk").join(client.program);
    let mut command = Command::new(interpreter);
    command.arg(&program).env("SENTRY_DSN", server.dsn()).env("REPORT_RELEASE", RELEASE);
    command.env("REPORT_MODE", mode).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some(module) = client.module {
        command.env("SENTRY_MODULE", module);
    }
    let status = command.status().expect("the program starts");
    assert_eq!(status.success(), mode != "crash", "{} {mode}", program.display());
    Some(server)
}

fn ended(server: &Server) -> Ended {
    let totals = |query: &str| {
        let path = format!("{ORG}/sessions/?statsPeriod=24h&includeSeries=0&environment=staging&{query}");
        server.api_get(&path)["groups"].as_array().expect("groups").clone()
    };
    let by_status = totals(&format!("field=sum(session)&groupBy=session.status&query=release:{RELEASE}"));
    let of = |status: &str| {
        let group = by_status.iter().find(|group| group["by"]["session.status"] == status);
        group.and_then(|group| group["totals"]["sum(session)"].as_u64()).expect("a number")
    };
    let users = &totals(&format!("field=count_unique(user)&query=release:{RELEASE}"))[0]["totals"];
    Ended {
        healthy: of("healthy"),
        errored: of("errored"),
        unhandled: of("unhandled"),
        crashed: of("crashed"),
        users: users["count_unique(user)"].as_u64().expect("a number"),
    }
}

fn check(client: &Client, mode: &str, expected: &Ended) {
    let Some(server) = run(client, mode) else { return };
    // A page sends its session while it is idle.
    server.wait_until("the sessions are there", || {
        server.settled();
        ended(&server) == *expected
    });
    let release = server.api_get(&format!("{ORG}/releases/{RELEASE}/?health=1&environment=staging"));
    let health: &Value = &release["projects"][0]["healthData"];
    let total = expected.healthy + expected.errored + expected.unhandled + expected.crashed;
    assert_eq!(health["totalSessions"], total, "{health}");
    assert_eq!(health["sessionsCrashed"], expected.crashed, "{health}");
    let rate = health["crashFreeSessions"].as_f64().expect("a rate");
    let expected = 100.0 * (1.0 - expected.crashed as f64 / total as f64);
    assert!((rate - expected).abs() < 1e-9, "{health}");
}

/// Five requests, of which one reports an error and one fails; whoever sent them is not told.
fn requests() -> Ended {
    Ended { healthy: 3, errored: 1, crashed: 1, ..Ended::default() }
}

const fn sessions(client: &Client, program: &'static str) -> Client {
    Client { runtime: client.runtime, program, module: client.module }
}

const NODE_11_SESSIONS: Client = sessions(&NODE_11, "node/sessions.cjs");
const NODE_8_SESSIONS: Client = sessions(&NODE_8, "node/sessions.cjs");
const PYTHON_2_SESSIONS: Client = sessions(&PYTHON_2, "python/sessions.py");
const PYTHON_1_SESSIONS: Client = sessions(&PYTHON_1, "python/sessions.py");

#[test]
fn node_process_that_ends_well() {
    check(&NODE_11_SESSIONS, "process", &Ended { errored: 1, users: 1, ..Ended::default() });
}

#[test]
fn node_process_that_crashes() {
    check(&NODE_11_SESSIONS, "crash", &Ended { crashed: 1, users: 1, ..Ended::default() });
}

#[test]
fn node_requests() {
    check(&NODE_11_SESSIONS, "requests", &requests());
}

#[test]
fn node_8_process_that_crashes() {
    check(&NODE_8_SESSIONS, "crash", &Ended { crashed: 1, users: 1, ..Ended::default() });
}

#[test]
fn python_requests() {
    check(&PYTHON_2_SESSIONS, "requests", &requests());
}

#[test]
fn python_1_requests() {
    check(&PYTHON_1_SESSIONS, "requests", &requests());
}

/// Since its version 10 the SDK calls what a page did not catch unhandled, and not a crash.
#[test]
fn browser_page_whose_error_nobody_caught() {
    check(&BROWSER_11, "exception", &Ended { unhandled: 1, users: 1, ..Ended::default() });
}

#[test]
fn browser_7_page_that_crashes() {
    check(&BROWSER_7, "exception", &Ended { crashed: 1, users: 1, ..Ended::default() });
}
