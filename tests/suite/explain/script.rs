//! A model that says what a test wants, behind `OpenAI`'s API. It keeps every request.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::event;
use crate::receivers::{Answer, HttpReceiver};
use crate::support::Server;

/// A good answer, which cites what there is.
pub const GOOD: &str = r#"{"summary": "The card was declined", "root_cause": {"text": "The bank said no", "facts": ["exception:1"]},
    "confidence": "high", "line": null, "why": [{"text": "It was charged", "facts": ["exception:1"]},
    {"text": "The moon was full", "facts": ["moon:1"]}], "fix": null, "check": "Ask the bank", "missing": ["the bank's answer"]}"#;

/// Events of a stream: the text in pieces, then how it ended, then what it cost.
pub fn pieces(text: &str, finish: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut events: Vec<String> = letters
        .chunks(24)
        .map(|chunk| json!({ "choices": [{ "index": 0, "delta": { "content": chunk.iter().collect::<String>() } }] }))
        .chain([json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": finish }] })])
        .chain([json!({ "choices": [], "usage": { "prompt_tokens": 700, "completion_tokens": 80 } })])
        .map(|data| format!("data: {data}\n\n"))
        .collect();
    events.push("data: [DONE]\n\n".to_owned());
    events
}

pub fn stream_of(pieces: Vec<String>, pause: Duration, is_whole: bool) -> Answer {
    Answer::Stream { pieces: pieces.into_iter().map(|piece| (pause, piece)).collect(), is_whole }
}

pub fn stream(text: &str) -> Answer {
    stream_of(pieces(text, "stop"), Duration::ZERO, true)
}

/// Of a server that does not stream.
pub fn whole(text: &str) -> Answer {
    let message = json!({ "role": "assistant", "content": text });
    let body = json!({ "choices": [{ "message": message, "finish_reason": "stop" }] });
    Answer::Body(200, body.to_string())
}

pub fn refuses(status: u16, message: &str) -> Answer {
    Answer::Body(status, json!({ "error": { "message": message } }).to_string())
}

/// A look-up that the model asks for.
pub fn calls(tool: &str, arguments: &Value) -> Answer {
    let function = json!({ "name": tool, "arguments": arguments.to_string() });
    let calls = json!([{ "index": 0, "id": "call_1", "type": "function", "function": function }]);
    let chunks = [
        json!({ "choices": [{ "delta": { "tool_calls": calls } }] }),
        json!({ "choices": [{ "delta": {}, "finish_reason": "tool_calls" }] }),
    ];
    stream_of(chunks.iter().map(|data| format!("data: {data}\n\n")).collect(), Duration::ZERO, true)
}

pub struct Asking {
    pub model: HttpReceiver,
    pub server: Server,
    pub issue: String,
}

impl Asking {
    pub fn start(answers: impl Fn(&Value, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_with(&[], answers)
    }

    pub fn start_with(
        settings: &[(&str, &str)],
        answers: impl Fn(&Value, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let model = HttpReceiver::start(move |request, before| {
            let body: Value = serde_json::from_str(&request.body).expect("JSON");
            answers(&body, before)
        });
        let url = format!("http://127.0.0.1:{}/v1", model.port);
        let usual = [
            ("LIGHTTRACE_LLM_BASE_URL", url.as_str()),
            ("LIGHTTRACE_LLM_MODEL", "scripted"),
            ("LIGHTTRACE_LLM_API_KEY", "sk-of-the-tests-0123456789"),
            ("LIGHTTRACE_LLM_TIMEOUT_SECONDS", "4"),
        ];
        let settings: Vec<_> = usual.iter().chain(settings).copied().collect();
        let server = Server::start_with(&settings);
        assert_eq!(server.store(&event(1, "cart")).status(), 200);
        server.settled();
        let issue = server.issues("")[0]["id"].as_str().expect("an id").to_owned();
        Self { model, server, issue }
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/api/0/issues/{}/explain/{rest}", self.issue)
    }

    /// Status, `Retry-After`, body.
    pub fn explain(&self) -> (u16, Option<u64>, Value) {
        self.post("", &json!({}))
    }

    pub fn post(&self, rest: &str, body: &Value) -> (u16, Option<u64>, Value) {
        let answer = self.server.api(Method::POST, &self.path(rest)).json(body).send().expect("an answer");
        let retry = answer.headers().get("retry-after").and_then(|after| after.to_str().ok()?.parse().ok());
        let status = answer.status().as_u16();
        (status, retry, serde_json::from_str(&answer.text().expect("text")).unwrap_or_default())
    }

    /// The events of a stream until its end.
    pub fn stream(&self, rest: &str, body: &Value) -> Vec<(String, Value)> {
        let request = self.server.api(Method::POST, &self.path(rest)).json(body);
        let answer = request.header("Accept", "text/event-stream").send().expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        events(&answer.text().expect("text"))
    }

    pub fn stored(&self) -> Value {
        self.server.api_get(&self.path(""))
    }

    pub fn requests(&self) -> Vec<Value> {
        self.model
            .requests()
            .iter()
            .map(|request| serde_json::from_str(&request.body).expect("JSON"))
            .collect()
    }
}

pub fn events(text: &str) -> Vec<(String, Value)> {
    let blocks = text.split("\n\n").filter(|block| block.starts_with("event: "));
    blocks
        .map(|block| {
            let (name, data) = block.split_once("\ndata: ").expect("an event has data");
            (name.trim_start_matches("event: ").to_owned(), serde_json::from_str(data).expect("JSON"))
        })
        .collect()
}
