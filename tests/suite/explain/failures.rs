//! Each way in which a model's server fails: what is told, with which status and code, and when another try makes sense.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::explain::script::{Asking, GOOD, pieces, refuses, stream, stream_of, whole};
use crate::receivers::Answer;

struct Case {
    name: &'static str,
    answer: Answer,
    status: u16,
    code: &'static str,
    retry: Option<u64>,
}

fn case(name: &'static str, answer: Answer, status: u16, code: &'static str, retry: Option<u64>) -> Case {
    Case { name, answer, status, code, retry }
}

fn limited(after: &str) -> Answer {
    Answer::Status(429, vec![format!("Retry-After: {after}")])
}

fn cases() -> Vec<Case> {
    let half = || pieces(GOOD, "stop").into_iter().take(2).collect::<Vec<_>>();
    let long = "x".repeat(20_000);
    vec![
        case(
            "wrong key",
            refuses(401, "Incorrect API key provided: sk-of-the-tests-0123456789"),
            502,
            "wrong_key",
            None,
        ),
        case("no model", refuses(404, "The model `scripted` does not exist"), 502, "unknown_model", None),
        case("limited", limited("7"), 429, "rate_limited", Some(7)),
        case(
            "limited until a date",
            limited("Fri, 27 Nov 2099 02:00:30 GMT"),
            429,
            "rate_limited",
            Some(3_600),
        ),
        case("broken", Answer::Status(500, Vec::new()), 502, "server_error", Some(30)),
        case(
            "too long",
            refuses(400, "This model's maximum context length is 8192 tokens"),
            413,
            "context_too_long",
            None,
        ),
        case("hangs up", Answer::HangUp, 502, "unreachable", Some(30)),
        case("cut", stream_of(half(), Duration::ZERO, false), 502, "cut_off", Some(10)),
        case("ends in the middle", stream_of(half(), Duration::ZERO, true), 502, "cut_off", Some(15)),
        case(
            "no room",
            stream_of(pieces(&GOOD[..60], "length"), Duration::ZERO, true),
            502,
            "cut_off",
            Some(0),
        ),
        case(
            "filtered",
            stream_of(pieces("{", "content_filter"), Duration::ZERO, true),
            502,
            "refused",
            None,
        ),
        case(
            "refuses",
            Answer::Body(200, json!({ "choices": [{ "message": { "refusal": "I cannot" } }] }).to_string()),
            502,
            "refused",
            None,
        ),
        case("nothing readable", stream("{\"nothing\": [\"of use\""), 502, "unreadable", Some(0)),
        case("not an API", Answer::Body(200, "<html>welcome".to_owned()), 502, "unreadable", None),
        case(
            "an error in the stream",
            stream_of(
                vec![format!("data: {}\n\n", json!({ "error": { "message": "overloaded", "code": 503 } }))],
                Duration::ZERO,
                true,
            ),
            502,
            "server_error",
            Some(30),
        ),
        case(
            "elsewhere",
            Answer::Status(302, vec!["Location: http://127.0.0.1:1/".to_owned()]),
            502,
            "unreachable",
            None,
        ),
        case(
            "endless",
            stream_of(vec![pieces(&long, "stop").concat(); 8], Duration::ZERO, true),
            502,
            "unreadable",
            Some(0),
        ),
        case("hangs", Answer::Hang, 504, "timeout", Some(10)),
        case(
            "drips",
            // Of the answer, two pieces come in time: not enough to know the cause.
            stream_of(pieces(GOOD, "stop"), Duration::from_millis(1_900), true),
            504,
            "timeout",
            Some(10),
        ),
    ]
}

/// A person may ask twelve times a minute.
const CASES_A_SERVER: usize = 10;

#[test]
fn every_failure_is_a_clear_state_and_nothing_else_waits_on_it() {
    let mut cases = cases();
    while !cases.is_empty() {
        let now: Vec<_> = cases.drain(..cases.len().min(CASES_A_SERVER)).collect();
        let script = Arc::new(Mutex::new(now[0].answer.clone()));
        let played = Arc::clone(&script);
        let asking = Asking::start(move |_, _| played.lock().expect("unpoisoned").clone());
        for Case { name, answer, status, code, retry } in now {
            *script.lock().expect("unpoisoned") = answer;
            let (answered, retry_header, body) = std::thread::scope(|scope| {
                let explained = scope.spawn(|| asking.explain());
                // While it is asked, everything else answers.
                asking.server.api_get("/api/0/organizations/lighttrace/issues/");
                let takes_long = ["hangs", "drips"].contains(&name);
                assert!(!takes_long || !explained.is_finished(), "{name}: the list waited for it");
                explained.join().expect("explained")
            });
            assert_eq!((answered, body["code"].as_str()), (status, Some(code)), "{name}: {body}");
            assert_eq!((body["retryAfter"].as_u64(), retry_header), (retry, retry), "{name}: {body}");
            let detail = body["detail"].as_str().expect("a sentence");
            assert!(detail.len() > 10 && !detail.contains("sk-of-the-tests"), "{name}: {detail}");
            let stored = asking.stored();
            let newest = &stored["explanations"][0];
            assert_eq!(
                (&newest["state"], &newest["failure"]["code"]),
                (&json!("failed"), &json!(code)),
                "{name}"
            );
            assert_eq!(stored["running"], Value::Null, "{name}");
            assert!(newest["sent"].as_array().is_some_and(|sent| !sent.is_empty()), "{name}");
        }
        // And then it works.
        *script.lock().expect("unpoisoned") = stream(GOOD);
        assert_eq!(asking.explain().0, 200);
    }
}

#[test]
fn a_server_that_is_not_there_and_one_that_nobody_may_ask_so_often() {
    let asking =
        Asking::start_with(&[("LIGHTTRACE_LLM_BASE_URL", "http://127.0.0.1:1/v1")], |_, _| stream(GOOD));
    let (status, _, body) = asking.explain();
    assert_eq!((status, body["code"].as_str()), (502, Some("unreachable")), "{body}");
    let events = asking.stream("", &json!({}));
    assert_eq!(events.last().expect("an end").1["code"], "unreachable");
    assert_eq!(events.last().expect("an end").0, "error");
    for _ in 0..10 {
        asking.explain();
    }
    let (status, retry, body) = asking.explain();
    assert_eq!((status, body["code"].as_str()), (429, Some("busy")), "{body}");
    assert!(retry.is_some());
}

#[test]
fn what_a_server_does_not_take_is_left_out_and_what_it_writes_is_mended() {
    let asking = Asking::start(|body, _| {
        let has = |key: &str| body.get(key).is_some();
        if has("max_tokens") {
            return refuses(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.");
        }
        if has("stream_options") {
            return refuses(422, "stream_options: extra fields not permitted");
        }
        if has("temperature") {
            return refuses(400, "'temperature' does not support 0.1 with this model");
        }
        match body["response_format"]["type"].as_str() {
            Some("json_schema") => refuses(400, "response_format.type must be text or json_object"),
            Some(_) => refuses(500, "no JSON mode: failed to parse grammar"),
            None => whole(&format!(
                "Of course!\n```json\n{}\n```",
                GOOD.replace("\"confidence\"", ",\"confidence\"")
            )),
        }
    });
    let (status, _, body) = asking.explain();
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["summary"], "The card was declined");
    assert_eq!(body["notes"], json!(["json_repaired"]));
    assert_eq!(body["tokens"]["estimated"], true);
    assert_eq!(asking.requests().len(), 6, "five things were refused, one after the other");
    assert_eq!(asking.explain().0, 200);
    assert_eq!(asking.requests().len(), 7, "and are remembered");
}

#[test]
fn prose_is_shown_as_prose_and_a_cut_answer_as_far_as_it_goes() {
    let script = Arc::new(Mutex::new(stream("The bank said no.\n\nIts answer was 402.")));
    let played = Arc::clone(&script);
    let asking = Asking::start(move |_, _| played.lock().expect("unpoisoned").clone());
    let (status, _, body) = asking.explain();
    assert_eq!((status, &body["notes"]), (200, &json!(["text_only"])));
    assert_eq!(body["rootCause"]["unsupported"], true);
    let at = GOOD.find("\"why\"").expect("there");
    *script.lock().expect("unpoisoned") = stream_of(pieces(&GOOD[..at], "length"), Duration::ZERO, true);
    let (status, _, body) = asking.explain();
    assert_eq!((status, &body["notes"]), (200, &json!(["cut_off"])), "{body}");
    assert_eq!(body["summary"], "The card was declined");
}

#[test]
fn the_doctor_asks_for_the_list_of_models() {
    let asking = Asking::start(|_, _| stream(GOOD));
    let models = crate::receivers::HttpReceiver::start(|request, _| match request.header("authorization") {
        Some("Bearer right") => Answer::Body(200, json!({ "data": [{ "id": "scripted" }] }).to_string()),
        _ => refuses(401, "no"),
    });
    let url = format!("http://127.0.0.1:{}/v1", models.port);
    for (key, model, url, said) in [
        ("right", "scripted", url.as_str(), "ok     llm       127.0.0.1 answers as scripted"),
        (
            "right",
            "other",
            url.as_str(),
            "warn   llm       LIGHTTRACE_LLM_BASE_URL: 127.0.0.1 does not list the model `other`",
        ),
        ("wrong-key", "scripted", url.as_str(), "does not take the key"),
        ("right", "scripted", "http://127.0.0.1:1/v1", "warn   llm       LIGHTTRACE_LLM_BASE_URL: "),
    ] {
        let mut doctor = asking.server.command(&["doctor"]);
        doctor.env("LIGHTTRACE_LLM_BASE_URL", url).env("LIGHTTRACE_LLM_API_KEY", key);
        let output = doctor.env("LIGHTTRACE_LLM_MODEL", model).output().expect("ends");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(text.contains(said) && !text.contains("wrong-key"), "{text}");
    }
}
