//! What comes back, chunk by chunk: text, calls of tools, usage, how it ended. Fields that are missing are no error.

use serde_json::Value;

use crate::model::explanation::{ExplainFailure, FailureCode};
use crate::outbound::llm::failures::{self, Refused, excerpt};
use crate::outbound::llm::{Call, End, Said};

/// Of an answer; a thousand words are 8 KB.
const TEXT_BYTES_MAX: usize = 128 * 1024;
const CALLS_MAX: usize = 8;
const ARGUMENTS_BYTES_MAX: usize = 8 * 1024;
const NAME_BYTES_MAX: usize = 200;

#[derive(Default)]
pub struct Heard {
    said: Said,
    refusal: String,
    is_filtered: bool,
    /// Something came, be it only thoughts.
    has_begun: bool,
    is_full: bool,
}

impl Heard {
    pub fn text(&self) -> &str {
        &self.said.text
    }

    pub fn is_silent(&self) -> bool {
        !self.has_begun
    }

    /// No more is read.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// A chunk of a stream, or a whole answer of a server that does not stream. An error in it is the server's refusal.
    pub fn take(&mut self, chunk: &Value) -> Result<(), Refused> {
        if let Some(error) = chunk.get("error").filter(|error| !error.is_null()) {
            let status = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
            return Err(Refused {
                status: status.unwrap_or(500),
                retry_after: None,
                text: chunk.to_string(),
            });
        }
        if let Some(usage) = chunk.get("usage").filter(|usage| usage.is_object()) {
            let count =
                |key| usage.get(key).and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok());
            if let Some(prompt) = count("prompt_tokens") {
                self.said.usage = Some((prompt, count("completion_tokens").unwrap_or(0)));
            }
        }
        let Some(choice) = chunk.get("choices").and_then(|choices| choices.get(0)) else { return Ok(()) };
        let said = choice.get("delta").or_else(|| choice.get("message"));
        if let Some(said) = said.filter(|said| said.is_object()) {
            self.take_words(said);
        }
        match choice.get("finish_reason").and_then(Value::as_str) {
            None | Some("") => {}
            Some("length" | "max_tokens") => self.said.end = End::Length,
            Some("content_filter" | "refusal" | "safety") => self.is_filtered = true,
            Some(_) => self.said.end = End::Whole,
        }
        Ok(())
    }

    fn take_words(&mut self, said: &Value) {
        let text = |key: &str| said.get(key).and_then(Value::as_str).unwrap_or_default();
        let content = text("content");
        let room = TEXT_BYTES_MAX - self.said.text.len();
        self.is_full |= content.len() > room;
        self.said.text.push_str(&content[..content.floor_char_boundary(room)]);
        let refusal = text("refusal");
        let room = failures::EXCERPT_BYTES_MAX.saturating_sub(self.refusal.len());
        self.refusal.push_str(&refusal[..refusal.floor_char_boundary(room)]);
        let thoughts = ["reasoning_content", "reasoning", "thinking"];
        let calls = said.get("tool_calls").and_then(Value::as_array);
        self.has_begun |= !content.is_empty()
            || !refusal.is_empty()
            || calls.is_some()
            || thoughts.iter().any(|key| !text(key).is_empty());
        for call in calls.into_iter().flatten() {
            self.take_call(call);
        }
    }

    fn take_call(&mut self, part: &Value) {
        let calls = &mut self.said.calls;
        let index = part.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
        let index = index.unwrap_or(calls.len());
        if index >= CALLS_MAX {
            return;
        }
        while calls.len() <= index {
            calls.push(Call::default());
        }
        let call = &mut calls[index];
        let add = |to: &mut String, value: Option<&Value>, bytes_max: usize| {
            // Some servers send arguments as an object.
            let text = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            let text = text.filter(|text| text != "null").unwrap_or_default();
            let room = bytes_max.saturating_sub(to.len());
            to.push_str(&text[..text.floor_char_boundary(room)]);
        };
        add(&mut call.id, part.get("id"), NAME_BYTES_MAX);
        let function = part.get("function");
        add(&mut call.tool, function.and_then(|function| function.get("name")), NAME_BYTES_MAX);
        add(
            &mut call.arguments,
            function.and_then(|function| function.get("arguments")),
            ARGUMENTS_BYTES_MAX,
        );
    }

    pub fn end(mut self) -> Result<Said, ExplainFailure> {
        if self.is_filtered || !self.refusal.is_empty() {
            let why = if self.refusal.is_empty() {
                "its filter stopped it".to_owned()
            } else {
                excerpt(&self.refusal)
            };
            return Err(ExplainFailure {
                code: FailureCode::Refused,
                detail: format!("The model would not answer: {why}"),
                retry_after: None,
            });
        }
        if self.is_full {
            self.said.end = End::Length;
        }
        for (index, call) in self.said.calls.iter_mut().enumerate() {
            if call.id.is_empty() {
                call.id = format!("call_{index}");
            }
        }
        Ok(self.said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn chunks_become_an_answer() {
        let mut heard = Heard::default();
        for chunk in [
            json!({ "choices": [{ "delta": { "role": "assistant", "content": null } }] }),
            json!({ "choices": [{ "delta": { "content": "Hel" } }] }),
            json!({ "choices": [{ "delta": { "content": "lo" }, "finish_reason": "stop" }] }),
            json!({ "choices": [], "usage": { "prompt_tokens": 7, "completion_tokens": 2 } }),
            json!({ "unheard": true }),
            json!(null),
        ] {
            heard.take(&chunk).expect("no error");
        }
        let said = heard.end().expect("an answer");
        assert_eq!((said.text.as_str(), said.usage, said.end), ("Hello", Some((7, 2)), End::Whole));
    }

    #[test]
    fn calls_come_in_pieces_and_are_bounded() {
        let mut heard = Heard::default();
        let piece = |index: usize, id: Option<&str>, arguments: &str| {
            json!({ "choices": [{ "delta": { "tool_calls": [
                { "index": index, "id": id, "function": { "name": id.map(|_| "search"), "arguments": arguments } },
            ] } }] })
        };
        for chunk in [piece(0, Some("a"), "{\"que"), piece(0, None, "ry\":1}"), piece(99, Some("z"), "{}")] {
            heard.take(&chunk).expect("no error");
        }
        let calls = heard.end().expect("calls").calls;
        let call = Call { id: "a".into(), tool: "search".into(), arguments: "{\"query\":1}".into() };
        assert_eq!(calls, [call]);
    }

    #[test]
    fn an_endless_answer_has_an_end() {
        let mut heard = Heard::default();
        let chunk = json!({ "choices": [{ "delta": { "content": "ä".repeat(1000) } }] });
        while !heard.is_full() {
            heard.take(&chunk).expect("no error");
        }
        let said = heard.end().expect("cut");
        assert!(said.text.len() <= TEXT_BYTES_MAX && said.end == End::Length);
    }

    #[test]
    fn a_refusal_is_none_of_the_answer() {
        let mut heard = Heard::default();
        heard.take(&json!({ "choices": [{ "delta": { "refusal": "I cannot" } }] })).expect("no error");
        let failure = heard.end().expect_err("refused");
        assert_eq!(failure.code, FailureCode::Refused);
        assert!(failure.detail.ends_with("I cannot"));
    }
}
