//! What a model is asked, in words.

use std::path::Path;

use serde_json::{Value, json};

use crate::model::explanation::{EvidencePack, Explanation};

#[derive(Default)]
pub struct Prompts {}

pub struct Rendered {
    pub name: String,
    pub version: String,
    /// Role and text.
    pub messages: Vec<(String, String)>,
    pub schema: Value,
}

impl Prompts {
    pub fn load(_data_dir: &Path) -> Self {
        Self::default()
    }

    pub fn explain(&self, pack: &EvidencePack) -> Rendered {
        let facts: Vec<_> = pack.facts.iter().map(|fact| format!("[{}] {}", fact.id, fact.text)).collect();
        let claim = json!({ "type": "object", "properties": {
            "text": { "type": "string" }, "facts": { "type": "array", "items": { "type": "string" } },
        }, "required": ["text", "facts"], "additionalProperties": false });
        let schema = json!({ "type": "object", "properties": {
            "summary": { "type": "string" }, "root_cause": claim,
            "confidence": { "type": "string", "enum": ["high", "medium", "low"] },
            "why": { "type": "array", "items": claim },
        }, "required": ["summary", "root_cause", "confidence", "why"], "additionalProperties": false });
        rendered("explain", "Explain the error in JSON.", facts.join("\n"), schema)
    }

    pub fn follow_up(&self, explanation: &Explanation, question: &str) -> Rendered {
        let facts: Vec<_> =
            explanation.pack.facts.iter().map(|fact| format!("[{}] {}", fact.id, fact.text)).collect();
        let schema = json!({ "type": "object", "properties": {
            "text": { "type": "string" }, "facts": { "type": "array", "items": { "type": "string" } },
        }, "required": ["text", "facts"], "additionalProperties": false });
        rendered("follow_up", "Answer the question.", format!("{}\n\n{question}", facts.join("\n")), schema)
    }
}

fn rendered(name: &str, system: &str, user: String, schema: Value) -> Rendered {
    let messages = vec![("system".to_owned(), system.to_owned()), ("user".to_owned(), user)];
    Rendered { name: name.to_owned(), version: "1".to_owned(), messages, schema }
}
