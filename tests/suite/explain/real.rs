//! A real model behind a real server. It is small: that its answer streams, keeps to the schema, is checked and kept is what
//! counts, not its wit.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::api::event;
use crate::explain::script::events;
use crate::support::Server;

/// `tests/llm/serve.py`.
struct Model {
    process: Child,
    url: String,
}

impl Model {
    /// `None` where what it needs is not installed.
    fn start() -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let venv = root.join(".venv/llm");
        if !venv.join(".installed").exists() {
            let required = std::env::var("LIGHTTRACE_TEST_DEPS").is_ok_and(|value| value == "required");
            assert!(!required, "{} is missing: run scripts/test-deps.sh", venv.display());
            println!("skipped: {} is missing, run scripts/test-deps.sh", venv.display());
            return None;
        }
        let mut command = Command::new(venv.join("bin/python"));
        command.arg(root.join("tests/llm/serve.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.stderr(Stdio::null()).spawn().expect("the model's server starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let url = lines.next().expect("a line").expect("text");
        Some(Self { process, url })
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_real_model_explains_an_issue() {
    let Some(model) = Model::start() else { return };
    let server = Server::start_with(&[
        ("LIGHTTRACE_LLM_BASE_URL", &model.url),
        ("LIGHTTRACE_LLM_MODEL", "gemma3-270m"),
        ("LIGHTTRACE_LLM_CONTEXT_TOKENS", "4096"),
        ("LIGHTTRACE_LLM_TIMEOUT_SECONDS", "600"),
    ]);
    assert_eq!(server.store(&event(1, "cart")).status(), 200);
    server.settled();
    let issue = server.issues("")[0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/0/issues/{issue}/explain/");
    let patient = reqwest::blocking::Client::builder().timeout(None).build().expect("a client");
    let request = patient.post(server.url(&path)).bearer_auth(crate::support::TOKEN);
    let answer = request.header("Accept", "text/event-stream").json(&json!({})).send().expect("an answer");
    let events = events(&answer.text().expect("text"));
    let deltas = events.iter().filter(|(name, _)| name == "delta").count();
    let (name, done) = events.last().expect("the end");
    assert_eq!(name, "done", "{done}");
    assert!(deltas > 5, "it streams: {deltas}");
    assert_eq!(done["state"], "done");
    assert!(!done["summary"].as_str().expect("text").is_empty(), "{done}");
    let notes = done["notes"].as_array().expect("notes");
    assert!(!notes.contains(&json!("text_only")), "it keeps to the schema: {done}");
    assert!(done["tokens"]["completion"].as_u64().expect("counted") > 5);
    assert_eq!(done["tokens"]["estimated"], false, "the server counts them");
    let facts: Vec<_> =
        done["facts"].as_array().expect("facts").iter().map(|fact| fact["id"].clone()).collect();
    for claim in done["claims"].as_array().expect("claims") {
        let named = claim["facts"].as_array().expect("ids");
        let is_grounded = named.iter().any(|id| facts.contains(id));
        assert!(is_grounded || claim["unsupported"] == true, "{claim}");
    }
    assert_eq!(server.api_get(&path)["explanations"][0]["summary"], done["summary"]);
    println!(
        "{} tokens read, {} written, {} ms",
        done["tokens"]["prompt"], done["tokens"]["completion"], done["tookMs"]
    );
}
