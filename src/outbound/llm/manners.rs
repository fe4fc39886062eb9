//! What a server takes of `OpenAI`'s requests, found out by what it refuses.

use serde_json::{Map, Value, json};

use crate::outbound::llm::failures::{Refused, is_too_long};
use crate::outbound::llm::{Message, Question, Tool};

/// Explanations are to be the same again, and not invented.
const TEMPERATURE: f64 = 0.1;

/// How an answer is made to be JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Schema,
    Object,
    /// By the words of the prompt alone.
    Unsaid,
}

#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a list of what is taken")]
pub struct Manners {
    format: Format,
    /// `max_tokens` is what most know; reasoning models of `OpenAI` want it called otherwise. The other way round would be
    /// worse: who does not know `max_completion_tokens` ignores it, and the answer has no end.
    calls_it_completion: bool,
    takes_temperature: bool,
    takes_stream_options: bool,
    pub takes_tools: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            format: Format::Schema,
            calls_it_completion: false,
            takes_temperature: true,
            takes_stream_options: true,
            takes_tools: true,
        }
    }
}

/// What a refusal teaches.
pub enum Step {
    Changed(Manners),
    NoTools,
}

impl Manners {
    pub fn body(&self, question: &Question, model: &str) -> Value {
        let mut body = Map::new();
        let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
        put("model", json!(model));
        put("messages", question.messages.iter().map(message).collect());
        put("stream", json!(true));
        put(
            if self.calls_it_completion { "max_completion_tokens" } else { "max_tokens" },
            json!(question.tokens_max),
        );
        if self.takes_stream_options {
            put("stream_options", json!({ "include_usage": true }));
        }
        if self.takes_temperature {
            put("temperature", json!(TEMPERATURE));
        }
        if let Some((name, schema)) = &question.schema {
            let schema = json!({ "name": name, "strict": true, "schema": schema });
            match self.format {
                Format::Schema => {
                    drop(put("response_format", json!({ "type": "json_schema", "json_schema": schema })));
                }
                Format::Object => drop(put("response_format", json!({ "type": "json_object" }))),
                Format::Unsaid => {}
            }
        }
        if !question.tools.is_empty() {
            put("tools", question.tools.iter().map(tool).collect());
        }
        Value::Object(body)
    }

    /// What to do otherwise; `None`: nothing, it failed for another reason.
    pub fn after(&self, refused: &Refused, question: &Question) -> Option<Step> {
        // Some servers tell of a grammar that they cannot make with a 500.
        if !matches!(refused.status, 400 | 422 | 500 | 501) || is_too_long(refused) {
            return None;
        }
        let words = refused.text.to_ascii_lowercase();
        let says = |any: &[&str]| any.iter().any(|word| words.contains(word));
        let changed = |change: fn(&mut Self)| {
            let mut manners = self.clone();
            change(&mut manners);
            Some(Step::Changed(manners))
        };
        if !self.calls_it_completion && says(&["max_completion_tokens"]) {
            return changed(|manners| manners.calls_it_completion = true);
        }
        if self.takes_stream_options && says(&["stream_options", "include_usage"]) {
            return changed(|manners| manners.takes_stream_options = false);
        }
        if self.takes_temperature && says(&["temperature"]) {
            return changed(|manners| manners.takes_temperature = false);
        }
        let is_about_format =
            says(&["response_format", "json_schema", "json_object", "json mode", "grammar", "schema"]);
        if question.schema.is_some() && self.format != Format::Unsaid && is_about_format {
            return changed(|manners| {
                manners.format =
                    if manners.format == Format::Schema { Format::Object } else { Format::Unsaid };
            });
        }
        let is_about_tools = says(&["tool", "function"]);
        (!question.tools.is_empty() && is_about_tools).then_some(Step::NoTools)
    }
}

fn message(message: &Message) -> Value {
    match message {
        Message::Text { role, content } => json!({ "role": role, "content": content }),
        Message::Calls(calls) => {
            let calls = calls.iter().map(|call| {
                json!({
                    "id": call.id,
                    "type": "function",
                    "function": { "name": call.tool, "arguments": call.arguments },
                })
            });
            json!({ "role": "assistant", "content": null, "tool_calls": calls.collect::<Vec<_>>() })
        }
        Message::Result { call, content } => {
            json!({ "role": "tool", "tool_call_id": call, "content": content })
        }
    }
}

fn tool(tool: &Tool) -> Value {
    let Tool { name, description, parameters } = tool;
    json!({
        "type": "function",
        "function": { "name": name, "description": description, "parameters": parameters },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Refused {
        Refused { status: 400, retry_after: None, text: text.to_owned() }
    }

    #[test]
    fn what_is_refused_is_left_out_of_the_next_request() {
        let question = Question {
            messages: vec![Message::text("user", "why?")],
            schema: Some(("answer".to_owned(), json!({ "type": "object" }))),
            tokens_max: 9,
            ..Question::default()
        };
        let mut manners = Manners::default();
        let steps = [
            (
                "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
                "max_completion_tokens",
                true,
            ),
            ("unknown field stream_options", "stream_options", false),
            ("temperature does not support 0.1 with this model", "temperature", false),
            ("'response_format.type' must be 'json_object'", "json_schema", false),
            ("This model has no JSON mode", "response_format", false),
        ];
        for (text, word, is_there) in steps {
            let Some(Step::Changed(changed)) = manners.after(&refused(text), &question) else {
                panic!("{text}")
            };
            manners = changed;
            let body = manners.body(&question, "m").to_string();
            assert_eq!(body.contains(word), is_there, "{text}: {body}");
        }
        assert!(
            manners.after(&refused("response_format"), &question).is_none(),
            "nothing is left to leave out"
        );
        assert!(Manners::default().after(&refused("invalid model"), &question).is_none());
    }

    #[test]
    fn tools_that_are_refused_are_told_to_whoever_asked() {
        let tool = Tool { name: "search", description: "", parameters: json!({}) };
        let question = Question { tools: vec![tool], ..Question::default() };
        let refused = refused("registry.ollama.ai/library/gemma does not support tools");
        assert!(matches!(Manners::default().after(&refused, &question), Some(Step::NoTools)));
    }
}
