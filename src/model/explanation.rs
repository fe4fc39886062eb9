//! What is known of an issue as facts with ids, what a model made of them, and what people asked it further.
//!
//! An explanation is kept with exactly what was sent, so that anybody can see later what left the machine. Texts of a model
//! are untrusted: they are shown as text, and what they claim is marked where code found no support.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::ids::{AccountId, EventId, IssueId};

/// One thing that is known, small enough to be cited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    /// Unique in its pack: the kind, a colon, and what tells it from others: `frame:2`, `crumb:7`, `span:ab12`, `commit:9f3c01d`.
    pub id: String,
    pub kind: FactKind,
    /// As the model reads it, redacted. May have several lines.
    pub text: String,
    /// Where the page shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<FactPlace>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// What the issue is: its title, since when, how often, for how many.
    Issue,
    Exception,
    Frame,
    /// A local variable of a frame.
    Local,
    Crumb,
    Request,
    Tag,
    Context,
    Span,
    Log,
    Release,
    Commit,
    Deploy,
    Finding,
    /// A similar issue, and how it was resolved.
    Similar,
    /// Another event of the same issue, in what it differs.
    Contrast,
    /// What a person or a program noted at that time.
    Annotation,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum FactPlace {
    /// Both counted as in the event's JSON: exceptions root cause first, frames outermost first.
    Frame {
        exception: usize,
        frame: usize,
    },
    Exception {
        exception: usize,
    },
    /// Counted from the oldest, from 0.
    Crumb {
        index: usize,
    },
    Span {
        trace: String,
        span: String,
    },
    Commit {
        sha: String,
        repository: Option<String>,
    },
    Release {
        version: String,
    },
    Event {
        event: String,
    },
    /// By its short id.
    Issue {
        issue: String,
    },
    /// A part of the issue's page: `request`, `tags`, `contexts`, `differs`, `pattern`.
    Section {
        name: String,
    },
}

/// Something that was replaced before a text may leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Redaction {
    /// What stands in its place: `user_1`, `ip_2`, `[secret_1]`.
    pub placeholder: String,
    /// In a word or two: `e-mail address`, `IP address`, `name`, `secret`.
    pub kind: String,
    pub times: u32,
}

/// What a model is given to know. The same facts make the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvidencePack {
    #[schema(value_type = String)]
    pub event: EventId,
    /// The most telling first.
    pub facts: Vec<Fact>,
    /// Facts for which there was no room, by their ids.
    pub left_out: Vec<String>,
    pub redactions: Vec<Redaction>,
    /// Estimated, never too low: see `explain::tokens`.
    pub tokens: u32,
    pub tokens_max: u32,
    /// SHA-256 of the facts, in hex: whether there is new evidence.
    pub digest: String,
}

/// What a model claims, and on what grounds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    pub text: String,
    /// Ids of facts, as the model named them.
    #[serde(default)]
    pub facts: Vec<String>,
    /// Code found no support for it: no facts are named, none of them exists, or what is quoted stands in none of them.
    #[serde(default)]
    pub unsupported: bool,
    /// Why it is unsupported, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    High,
    Medium,
    #[default]
    Low,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExactLine {
    pub file: String,
    pub line: Option<u64>,
    pub function: Option<String>,
    /// The frame that shows it; `None`: the model named a line that no frame shows.
    pub fact: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuggestedFix {
    pub text: String,
    /// Unified, against the source that the facts show; `None` where the model gave none or it fits no source shown.
    pub diff: Option<String>,
    /// Why a diff that the model gave is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff_refused: Option<String>,
}

/// What a model said, read, checked, and never taken for more than a claim.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    pub summary: String,
    pub root_cause: Claim,
    pub confidence: Confidence,
    pub line: Option<ExactLine>,
    /// Step by step.
    pub why: Vec<Claim>,
    pub fix: Option<SuggestedFix>,
    /// The cheapest check that would disprove it.
    pub check: Option<String>,
    /// What it would need to know.
    pub missing: Vec<String>,
    /// How the answer had to be mended to be read: `json_repaired`, `text_only`, …
    #[serde(default)]
    pub notes: Vec<String>,
}

impl Explanation {
    /// What there is to read of it.
    pub fn told(&self) -> Option<&Answer> {
        self.answer.as_ref().filter(|answer| !answer.summary.is_empty() || !answer.root_cause.text.is_empty())
    }
}

impl Answer {
    /// The root cause and each step: everything that stands on facts.
    pub fn claims(&self) -> impl Iterator<Item = &Claim> {
        std::iter::once(&self.root_cause).chain(&self.why)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenUse {
    pub prompt: u32,
    pub completion: u32,
    /// The model did not say; counted by ourselves.
    pub estimated: bool,
}

/// Why there is no answer. Its code is what programs read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainFailure {
    pub code: FailureCode,
    /// For people, a sentence that says what to do.
    pub detail: String,
    /// When another try makes sense, in seconds; `None`: not until something is changed.
    pub retry_after: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// No model is set up.
    NotConfigured,
    /// The project forbids sending.
    Forbidden,
    /// The model's server does not take the key.
    WrongKey,
    /// The model's server does not know the model.
    UnknownModel,
    /// 429.
    RateLimited,
    /// This instance's own daily budget is used up.
    BudgetSpent,
    /// As many answers are being made as may be at once.
    Busy,
    Timeout,
    Unreachable,
    /// The stream broke off before the answer was whole.
    CutOff,
    /// The model would not answer.
    Refused,
    /// Not even mended could the answer be read.
    Unreadable,
    ContextTooLong,
    /// 5xx, or what no rule above knows.
    ServerError,
    /// The server was stopped while the answer was made.
    Interrupted,
    /// Somebody stopped it.
    Cancelled,
}

/// Tokens that models read and wrote on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokensToday {
    /// For explanations that nobody asked for.
    pub automatic: u64,
    /// For people's and programs'.
    pub asked: u64,
}

/// Who asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedBy {
    Person(AccountId),
    /// A token of the API that belongs to nobody any more, or the server's own.
    Program,
    /// Since the issue was new, came back or spiked.
    Automatic,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    pub helpful: bool,
    pub note: String,
    pub by: AccountId,
    pub at: Timestamp,
}

/// What the model asked us while it answered a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolCall {
    /// `get_event`, `get_span`, `search`, `get_release`.
    pub tool: String,
    /// As JSON.
    pub arguments: String,
    /// What it was told, redacted; cut to what fits.
    pub result: String,
    pub failed: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub at: Timestamp,
    pub by: AskedBy,
    /// As the person wrote it; sent redacted.
    pub text: String,
    pub calls: Vec<ToolCall>,
    pub reply: Option<Claim>,
    pub failure: Option<ExplainFailure>,
    pub tokens: TokenUse,
    pub took_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExplanationId(pub u64);

/// An answer, or why there is none, as it is kept: the newest of an issue are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Counted from 1 over the instance.
    pub id: ExplanationId,
    pub issue: IssueId,
    pub asked: Timestamp,
    pub by: AskedBy,
    /// Name and version of the prompt: `explain`, `3`.
    pub prompt: String,
    pub prompt_version: String,
    pub model: String,
    pub pack: EvidencePack,
    /// The messages exactly as they were sent: role and text.
    pub sent: Vec<(String, String)>,
    /// `None` while it is being made.
    pub finished: Option<Timestamp>,
    pub answer: Option<Answer>,
    pub failure: Option<ExplainFailure>,
    pub tokens: TokenUse,
    pub took_ms: u64,
    pub feedback: Option<Feedback>,
    pub questions: Vec<Question>,
}
