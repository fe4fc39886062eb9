//! What a server's refusal means, whoever made the server, and when another try makes sense.

use std::time::Duration;

use serde_json::Value;

use crate::config::Llm;
use crate::model::explanation::{ExplainFailure, FailureCode};

/// Of what a server said, in a sentence that people read.
pub const EXCERPT_BYTES_MAX: usize = 300;
/// After what was an accident.
pub const RETRY_SOON_SECONDS: u64 = 10;
/// After a 429 that does not say when: most limits are by the minute.
const RETRY_LIMITED_SECONDS: u64 = 60;
/// After a 5xx.
const RETRY_BROKEN_SECONDS: u64 = 30;

/// An answer that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server answered {status}")]
pub struct Refused {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// The beginning of its body.
    pub text: String,
}

/// One line of it, as long as people read.
pub fn excerpt(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let cut = &line[..line.floor_char_boundary(EXCERPT_BYTES_MAX)];
    if cut.len() < line.len() { format!("{cut}…") } else { line }
}

pub fn cut_off() -> ExplainFailure {
    let detail = "The connection to the model broke off before the answer was whole";
    failed(FailureCode::CutOff, detail, Some(RETRY_SOON_SECONDS))
}

pub fn unreachable(reason: &str, settings: &Llm) -> ExplainFailure {
    let host = settings.base_url.host_str().unwrap_or_default();
    let reason = excerpt(&without_key(reason, settings));
    let detail =
        format!("The model's server at {host} could not be reached (LIGHTTRACE_LLM_BASE_URL): {reason}");
    failed(FailureCode::Unreachable, detail, Some(RETRY_BROKEN_SECONDS))
}

fn failed(code: FailureCode, detail: impl Into<String>, retry_after: Option<u64>) -> ExplainFailure {
    ExplainFailure { code, detail: detail.into(), retry_after }
}

fn without_key(text: &str, settings: &Llm) -> String {
    match settings.api_key.as_deref() {
        Some(key) if !key.is_empty() => text.replace(key, "[key]"),
        _ => text.to_owned(),
    }
}

/// Error messages stand in different places of different servers' JSON.
fn message(text: &str) -> String {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let places = ["/error/message", "/error", "/message", "/detail", "/0/error/message"];
    let said = places.iter().find_map(|place| value.pointer(place).and_then(Value::as_str));
    said.unwrap_or(text).to_owned()
}

fn says(text: &str, any: &[&str]) -> bool {
    let text = text.to_ascii_lowercase();
    any.iter().any(|words| text.contains(words))
}

/// In the words of `OpenAI`, Azure, Anthropic, Gemini, Mistral, Groq, Bedrock, Cohere, vLLM, llama.cpp.
pub fn is_too_long(refused: &Refused) -> bool {
    refused.status == 413
        || says(
            &refused.text,
            &[
                "context_length_exceeded",
                "maximum context length",
                "exceed_context_size",
                "context size",
                "context window",
                "prompt is too long",
                "input is too long",
                "input token count",
                "too many tokens",
                "too large for model",
                "reduce the length",
                "string_above_max_length",
                "exceeds the maximum number of tokens",
                "exceeds the model's",
            ],
        )
}

pub fn failure(refused: &Refused, settings: &Llm) -> ExplainFailure {
    let said = excerpt(&without_key(&message(&refused.text), settings));
    let seconds = refused.retry_after.map(|after| after.as_secs().max(1));
    let text = &refused.text;
    if is_too_long(refused) {
        let detail = format!(
            "The evidence is longer than the model can read. LIGHTTRACE_LLM_CONTEXT_TOKENS is {}: set it to what the model has. {said}",
            settings.context_tokens
        );
        return failed(FailureCode::ContextTooLong, detail, None);
    }
    let no_model = ["model_not_found", "does not exist", "unknown model", "invalid model", "no such model"];
    match refused.status {
        // What it said may hold parts of the key.
        401 | 403 => {
            let detail = format!(
                "The model's server does not take the key (LIGHTTRACE_LLM_API_KEY): it answered {}",
                refused.status
            );
            failed(FailureCode::WrongKey, detail, None)
        }
        400 | 404 | 422 if refused.status == 404 || says(text, &no_model) => {
            let detail = format!(
                "The server does not know the model `{}` (LIGHTTRACE_LLM_MODEL), or LIGHTTRACE_LLM_BASE_URL is not where its API begins, often /v1. {said}",
                settings.model
            );
            failed(FailureCode::UnknownModel, detail, None)
        }
        402 => failed(
            FailureCode::RateLimited,
            format!("The account at the model's server has no credit left. {said}"),
            None,
        ),
        429 if says(text, &["insufficient_quota"]) => failed(
            FailureCode::RateLimited,
            format!("The quota at the model's server is used up. {said}"),
            None,
        ),
        429 => {
            let detail = format!("The model's server takes no more questions for now. {said}");
            failed(FailureCode::RateLimited, detail, Some(seconds.unwrap_or(RETRY_LIMITED_SECONDS)))
        }
        408 | 504 | 522 | 524 => {
            let detail =
                format!("The model's server gave up waiting for the model: it answered {}", refused.status);
            failed(FailureCode::Timeout, detail, Some(seconds.unwrap_or(RETRY_SOON_SECONDS)))
        }
        400 if says(text, &["content_filter", "content management policy", "content policy"]) => {
            failed(FailureCode::Refused, format!("The model would not answer: {said}"), None)
        }
        300..=399 => {
            let detail = "The model's server sends us elsewhere, and redirects are not followed: set LIGHTTRACE_LLM_BASE_URL to where it leads";
            failed(FailureCode::Unreachable, detail, None)
        }
        400..=499 => {
            failed(FailureCode::ServerError, format!("The model's server refused the question: {said}"), None)
        }
        status => {
            let detail = format!("The model's server answered {status}: {said}");
            failed(FailureCode::ServerError, detail, Some(seconds.unwrap_or(RETRY_BROKEN_SECONDS)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Llm {
        Llm {
            base_url: "http://llm.example.org/v1".parse().expect("a URL"),
            api_key: Some("sk-hidden".to_owned()),
            model: "small".to_owned(),
            context_tokens: 16_384,
            tokens_per_day: 500_000,
            timeout: Duration::from_mins(2),
        }
    }

    #[test]
    fn what_servers_say_has_a_code_and_a_time_for_another_try() {
        use FailureCode::{
            ContextTooLong, RateLimited, Refused as Would, ServerError, Timeout, UnknownModel, WrongKey,
        };
        for (status, text, code, retry) in [
            (401, r#"{"error":{"message":"Incorrect API key provided: sk-h****en"}}"#, WrongKey, None),
            (403, "", WrongKey, None),
            (404, r#"{"error":"model \"small\" not found, try pulling it first"}"#, UnknownModel, None),
            (404, "<html>nginx", UnknownModel, None),
            (400, r#"{"error":{"message":"The model `small` does not exist"}}"#, UnknownModel, None),
            (429, "{}", RateLimited, Some(60)),
            (429, r#"{"error":{"code":"insufficient_quota"}}"#, RateLimited, None),
            (402, "", RateLimited, None),
            (408, "", Timeout, Some(10)),
            (524, "", Timeout, Some(10)),
            (
                400,
                r#"{"error":{"code":"context_length_exceeded","message":"too big"}}"#,
                ContextTooLong,
                None,
            ),
            (
                400,
                r#"{"error":{"message":"the request exceeds the available context size"}}"#,
                ContextTooLong,
                None,
            ),
            (400, "prompt is too long: 210000 tokens > 200000 maximum", ContextTooLong, None),
            (413, "", ContextTooLong, None),
            (400, r#"{"error":{"code":"content_filter","message":"filtered"}}"#, Would, None),
            (400, "what?", ServerError, None),
            (500, "sk-hidden is at fault", ServerError, Some(30)),
            (503, "", ServerError, Some(30)),
        ] {
            let refused = Refused { status, retry_after: None, text: text.to_owned() };
            let failure = failure(&refused, &settings());
            assert_eq!((failure.code, failure.retry_after), (code, retry), "{status} {text}");
            assert!(
                !failure.detail.contains("hidden") && !failure.detail.contains("****"),
                "{}",
                failure.detail
            );
        }
        let refused = Refused { status: 429, retry_after: Some(Duration::from_secs(7)), text: String::new() };
        assert_eq!(failure(&refused, &settings()).retry_after, Some(7));
    }
}
