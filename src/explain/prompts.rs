//! Prompts as files: `prompts/NAME.md` is built in, `DATA_DIR/prompts/NAME.md` takes its place. Front matter says name, version, inputs and
//! the schema of the answer; the parts below `# System` and `# User` are templates. One that cannot be read or rendered is told, and the
//! built-in one used: a slip in a file must not stop explanations.

use std::path::Path;

use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior};
use serde::{Deserialize, Serialize};

use crate::explain::evidence::{Fence, inert};
use crate::explain::redact::Redactor;
use crate::model::explanation::{Answer, EvidencePack, Explanation, Fact};

#[cfg(test)]
mod tests;

/// Of a prompt's file.
const FILE_BYTES_MAX: u64 = 64 << 10;
/// Questions asked before that are told again, the last.
const EARLIER_MAX: usize = 10;
/// Of a question, and of a reply told again.
const TURN_CHARS_MAX: usize = 4_000;

const EXPLAIN: &str = include_str!("../../prompts/explain.md");
const FOLLOW_UP: &str = include_str!("../../prompts/follow_up.md");

/// What is sent, and what it was made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    pub name: String,
    pub version: String,
    /// Role and text: `system`, `user`.
    pub messages: Vec<(String, String)>,
    /// Of the answer, as JSON schema.
    pub schema: serde_json::Value,
}

pub struct Prompts {
    explain: Slot,
    follow_up: Slot,
    problems: Vec<String>,
}

/// A prompt in use, and the built-in one behind it.
struct Slot {
    own: Option<Prompt>,
    built_in: Prompt,
}

#[derive(Debug, Clone, PartialEq)]
struct Prompt {
    name: String,
    version: String,
    schema: serde_json::Value,
    system: String,
    user: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    name: String,
    version: String,
    inputs: Vec<String>,
    schema: String,
}

#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    #[error("it cannot be read: {0}")]
    File(#[from] std::io::Error),
    #[error("it is larger than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    #[error("it has no front matter between two lines of `+++`")]
    NoFrontMatter,
    #[error("its front matter: {0}")]
    FrontMatter(#[from] Box<toml::de::Error>),
    #[error("its schema is no JSON: {0}")]
    Schema(#[from] serde_json::Error),
    #[error("it is the prompt `{found}`, not `{expected}`")]
    OtherName { expected: &'static str, found: String },
    #[error("there is no input `{0}`")]
    UnknownInput(String),
    #[error("it has no part `# {0}`")]
    NoPart(&'static str),
    #[error("its template: {0}")]
    Template(#[from] minijinja::Error),
}

/// What a kind of prompt is given.
struct Kind {
    name: &'static str,
    inputs: &'static [&'static str],
    text: &'static str,
}

const EXPLAIN_KIND: Kind = Kind { name: "explain", inputs: &["fence", "facts", "left_out"], text: EXPLAIN };
const FOLLOW_UP_KIND: Kind =
    Kind { name: "follow_up", inputs: &["fence", "facts", "answer", "earlier", "question"], text: FOLLOW_UP };

/// What templates are given; each prompt uses a part.
#[derive(Serialize, Default)]
struct Inputs<'a> {
    fence: &'a str,
    facts: Vec<ShownFact<'a>>,
    left_out: usize,
    answer: Option<String>,
    earlier: Vec<Turn>,
    question: String,
}

#[derive(Serialize)]
struct ShownFact<'a> {
    id: &'a str,
    kind: crate::model::explanation::FactKind,
    text: &'a str,
    fenced: String,
}

#[derive(Serialize)]
struct Turn {
    question: String,
    reply: String,
}

impl Prompts {
    /// Reads what lies in the data folder. What is wrong with it is logged, and told by [`Self::problems`].
    pub fn load(data_dir: &Path) -> Self {
        let mut problems = Vec::new();
        let explain = Slot::load(data_dir, &EXPLAIN_KIND, &mut problems);
        let follow_up = Slot::load(data_dir, &FOLLOW_UP_KIND, &mut problems);
        for problem in &problems {
            tracing::warn!("{problem}");
        }
        Self { explain, follow_up, problems }
    }

    /// Files of the data folder that are not used, and why: a sentence each.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    pub fn explain(&self, pack: &EvidencePack) -> Rendered {
        let fence = Fence::of(pack);
        self.explain.render(&Inputs {
            fence: fence.name(),
            facts: shown(&fence, &pack.facts),
            left_out: pack.left_out.len(),
            ..Inputs::default()
        })
    }

    pub fn follow_up(&self, explanation: &Explanation, question: &str) -> Rendered {
        let pack = &explanation.pack;
        let fence = Fence::of(pack);
        let mut redactor = Redactor::beside(&pack.redactions);
        let mut turn = |text: &str| {
            let redacted = redactor.redact(text);
            inert(&redacted.chars().take(TURN_CHARS_MAX).collect::<String>())
        };
        let from = explanation.questions.len().saturating_sub(EARLIER_MAX);
        let earlier: Vec<Turn> = explanation.questions[from..]
            .iter()
            .filter_map(|asked| {
                Some(Turn { question: turn(&asked.text), reply: turn(&asked.reply.as_ref()?.text) })
            })
            .collect();
        let answer = explanation.answer.as_ref().map(|answer| turn(&told(answer)));
        let question = turn(question);
        let facts = shown(&fence, &pack.facts);
        self.follow_up.render(&Inputs { fence: fence.name(), facts, answer, earlier, question, left_out: 0 })
    }
}

fn shown<'a>(fence: &Fence, facts: &'a [Fact]) -> Vec<ShownFact<'a>> {
    let shown = |fact: &'a Fact| ShownFact {
        id: &fact.id,
        kind: fact.kind,
        text: &fact.text,
        fenced: fence.fact(fact),
    };
    facts.iter().map(shown).collect()
}

/// An answer in lines, with the ids that it named.
fn told(answer: &Answer) -> String {
    let mut lines = vec![answer.summary.clone()];
    for claim in answer.claims() {
        let doubt = if claim.unsupported { " (nothing was found that supports it)" } else { "" };
        lines.push(format!("- {} [{}]{doubt}", claim.text, claim.facts.join(", ")));
    }
    lines.retain(|line| !line.trim().is_empty());
    lines.join("\n")
}

impl Slot {
    fn load(data_dir: &Path, kind: &Kind, problems: &mut Vec<String>) -> Self {
        let built_in = Prompt::parse(kind, kind.text).expect("the built-in prompts are tested");
        let path = data_dir.join("prompts").join(format!("{}.md", kind.name));
        let own = match read(&path) {
            Ok(None) => None,
            Ok(Some(text)) => {
                Prompt::parse(kind, &text).map_err(|error| problems.push(problem(kind, &error))).ok()
            }
            Err(error) => {
                problems.push(problem(kind, &error));
                None
            }
        };
        Self { own, built_in }
    }

    fn render(&self, inputs: &Inputs<'_>) -> Rendered {
        if let Some(own) = &self.own {
            match own.render(inputs) {
                Ok(rendered) => return rendered,
                Err(error) => {
                    tracing::warn!("prompts/{}.md of the data folder is not used: {error}", own.name);
                }
            }
        }
        self.built_in.render(inputs).expect("the built-in prompts are tested")
    }
}

fn problem(kind: &Kind, error: &PromptError) -> String {
    format!("prompts/{}.md of the data folder is not used: {error}", kind.name)
}

fn read(path: &Path) -> Result<Option<String>, PromptError> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
        Ok(file) if file.len() > FILE_BYTES_MAX => return Err(PromptError::TooLarge),
        Ok(_) => {}
    }
    Ok(Some(std::fs::read_to_string(path)?))
}

impl Prompt {
    fn parse(kind: &Kind, text: &str) -> Result<Self, PromptError> {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let rest = text.strip_prefix("+++\n").ok_or(PromptError::NoFrontMatter)?;
        let (front, body) = rest.split_once("\n+++\n").ok_or(PromptError::NoFrontMatter)?;
        let front: FrontMatter = toml::from_str(front).map_err(Box::new)?;
        if front.name != kind.name {
            return Err(PromptError::OtherName { expected: kind.name, found: front.name });
        }
        if let Some(unknown) = front.inputs.iter().find(|input| !kind.inputs.contains(&input.as_str())) {
            return Err(PromptError::UnknownInput(unknown.clone()));
        }
        let (_, body) = body.split_once("# System\n").ok_or(PromptError::NoPart("System"))?;
        let (system, user) = body.split_once("\n# User\n").ok_or(PromptError::NoPart("User"))?;
        let prompt = Self {
            name: front.name,
            version: front.version,
            schema: serde_json::from_str(&front.schema)?,
            system: system.trim().to_owned(),
            user: user.trim().to_owned(),
        };
        // What cannot be rendered is better known when the server starts than when somebody asks.
        prompt.render(&Inputs::default())?;
        Ok(prompt)
    }

    fn render(&self, inputs: &Inputs<'_>) -> Result<Rendered, PromptError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let message = |role: &str, template: &str| -> Result<(String, String), PromptError> {
            Ok((role.to_owned(), environment.render_str(template, Value::from(Serde(inputs)))?))
        };
        let messages = vec![message("system", &self.system)?, message("user", &self.user)?];
        Ok(Rendered {
            name: self.name.clone(),
            version: self.version.clone(),
            messages,
            schema: self.schema.clone(),
        })
    }
}
