//! Asking a language model, over any server that speaks `OpenAI`'s chat completions: hosted ones, Ollama, llama.cpp, vLLM.
//!
//! Servers differ in what they take. What one refuses is left out of the next request and of all that follow
//! ([`Manners`]). Nothing is tried again on its own account: a failure is told with when another try makes sense.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use futures_util::StreamExt;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::config;
use crate::model::explanation::{ExplainFailure, FailureCode};
use crate::outbound::client::innermost;
use crate::outbound::llm::failures::{Refused, failure};
use crate::outbound::llm::manners::{Manners, Step};
use crate::outbound::llm::reading::Heard;
use crate::outbound::llm::transport::Transport;

mod failures;
mod manners;
mod reading;
mod transport;

/// A model that says nothing for so long says nothing at all. Less where a whole answer has less than twice that.
const FIRST_WORD_TIMEOUT: Duration = Duration::from_mins(1);
/// Requests for one answer: each step in which a server's manners are found out costs one.
const REQUESTS_MAX: usize = 8;
/// Asking which models there are.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Its role (`system`, `user`, `assistant`), and what it says.
    Text { role: String, content: String },
    /// What the model asked for …
    Calls(Vec<Call>),
    /// … and what it was told.
    Result { call: String, content: String },
}

impl Message {
    pub fn text(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self::Text { role: role.into(), content: content.into() }
    }
}

/// A tool that the model wants to be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Call {
    /// The server's name for this call.
    pub id: String,
    pub tool: String,
    /// JSON, as the model wrote it.
    pub arguments: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    pub name: &'static str,
    pub description: &'static str,
    /// JSON schema.
    pub parameters: Value,
}

#[derive(Debug, Clone, Default)]
pub struct Question {
    pub messages: Vec<Message>,
    /// What the answer must look like: a name and a JSON schema.
    pub schema: Option<(String, Value)>,
    pub tools: Vec<Tool>,
    /// Of the answer.
    pub tokens_max: u32,
}

/// What a model said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    pub text: String,
    pub calls: Vec<Call>,
    /// Tokens of the prompt and of the answer, where the server counts them.
    pub usage: Option<(u32, u32)>,
    pub end: End,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum End {
    /// The server did not say; the answer may be cut.
    #[default]
    Unsaid,
    Whole,
    /// There was no room for more.
    Length,
}

#[derive(Debug)]
pub enum LlmError {
    /// The server takes no tools: they have to be described in words.
    NoTools,
    Failed(ExplainFailure),
}

/// A way to one model. Cheap to clone.
#[derive(Clone)]
pub struct Llm(Arc<Inner>);

struct Inner {
    settings: config::Llm,
    /// Made for the first question: the machine's certificates cost megabytes, and many instances never ask one.
    client: OnceLock<Client<OpenAIConfig>>,
    manners: Mutex<Manners>,
}

impl Llm {
    pub fn new(settings: &config::Llm) -> Self {
        let manners = Mutex::new(Manners::default());
        Self(Arc::new(Inner { settings: settings.clone(), client: OnceLock::new(), manners }))
    }

    pub fn model(&self) -> &str {
        &self.0.settings.model
    }

    /// Whether the server takes tools, as far as is known.
    pub fn takes_tools(&self) -> bool {
        self.0.manners.lock().takes_tools
    }

    /// Asks, and tells each piece of text as it comes. Dropped, it stops asking.
    pub async fn ask(
        &self,
        question: &Question,
        hear: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Said, LlmError> {
        let deadline = Instant::now() + self.0.settings.timeout;
        for _ in 0..REQUESTS_MAX {
            let manners = self.0.manners.lock().clone();
            let refused = match self.request(question, &manners, deadline, hear).await {
                Ok(said) => return Ok(said),
                Err(Refusal::Failed(failure)) => return Err(LlmError::Failed(failure)),
                Err(Refusal::Answered(refused)) => refused,
            };
            match manners.after(&refused, question) {
                Some(Step::Changed(changed)) => *self.0.manners.lock() = changed,
                Some(Step::NoTools) => {
                    self.0.manners.lock().takes_tools = false;
                    return Err(LlmError::NoTools);
                }
                None => return Err(LlmError::Failed(failure(&refused, &self.0.settings))),
            }
        }
        let detail = "The model's server refuses every form of request that is known here";
        Err(LlmError::Failed(ExplainFailure {
            code: FailureCode::ServerError,
            detail: detail.to_owned(),
            retry_after: None,
        }))
    }

    async fn request(
        &self,
        question: &Question,
        manners: &Manners,
        deadline: Instant,
        hear: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Said, Refusal> {
        let client = self.client().map_err(Refusal::Failed)?;
        let body = manners.body(question, self.model());
        let first = deadline.min(Instant::now() + FIRST_WORD_TIMEOUT.min(self.0.settings.timeout / 2));
        let chat = client.chat();
        let asked = timeout_at(first, chat.create_stream_byot::<_, Value>(body)).await;
        let mut stream =
            asked.map_err(|_| self.slow("did not begin to answer"))?.map_err(|e| self.refusal(e))?;
        let mut heard = Heard::default();
        let mut until = first;
        loop {
            let chunk = timeout_at(until, stream.next()).await;
            let what =
                if heard.is_silent() { "did not begin to answer" } else { "did not finish its answer" };
            let Some(chunk) = chunk.map_err(|_| self.slow(what))? else { break };
            let before = heard.text().len();
            match chunk {
                Ok(chunk) => heard.take(&chunk).map_err(Refusal::Answered)?,
                Err(error) => return Err(self.broken(&heard, error)),
            }
            if heard.text().len() > before {
                hear(&heard.text()[before..]);
            }
            if !heard.is_silent() {
                until = deadline;
            }
            if heard.is_full() {
                break;
            }
        }
        heard.end().map_err(Refusal::Failed)
    }

    /// Asks which models there are: whether the server is there, takes the key, and knows the model. `Ok`: a sentence.
    pub async fn probe(&self) -> Result<String, String> {
        let settings = &self.0.settings;
        let asked = transport::models(settings, PROBE_TIMEOUT).await;
        let models = asked.map_err(|error| match error {
            transport::Unasked::Refused(refused) => failure(&refused, settings).detail,
            transport::Unasked::Unreachable(reason) => reason,
        })?;
        let host = settings.base_url.host_str().unwrap_or_default();
        // Not every server lists what it has, and some take other names than they list.
        if models.is_empty() || models.iter().any(|model| is_same_model(model, &settings.model)) {
            return Ok(format!("{host} answers as {}", settings.model));
        }
        let some = models.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        Err(format!(
            "{host} does not list the model `{}` of LIGHTTRACE_LLM_MODEL; it lists {some}",
            settings.model
        ))
    }

    fn client(&self) -> Result<&Client<OpenAIConfig>, ExplainFailure> {
        if let Some(client) = self.0.client.get() {
            return Ok(client);
        }
        let settings = &self.0.settings;
        let http = transport::http_client(settings).map_err(|detail| ExplainFailure {
            code: FailureCode::Unreachable,
            detail,
            retry_after: None,
        })?;
        let key = settings.api_key.clone().unwrap_or_default();
        let base = settings.base_url.as_str().trim_end_matches('/');
        // What it would read of the environment otherwise is said here.
        let config =
            OpenAIConfig::new().with_api_base(base).with_api_key(key).with_org_id("").with_project_id("");
        let transport = Transport::new(http.clone(), settings.api_key.is_some());
        let client = Client::with_config(config).with_http_client(http).with_http_service(transport);
        Ok(self.0.client.get_or_init(|| client))
    }

    fn slow(&self, what: &str) -> Refusal {
        let seconds = self.0.settings.timeout.as_secs();
        Refusal::Failed(ExplainFailure {
            code: FailureCode::Timeout,
            detail: format!(
                "The model {what} in time. A whole answer has {seconds} seconds (LIGHTTRACE_LLM_TIMEOUT_SECONDS)"
            ),
            retry_after: Some(failures::RETRY_SOON_SECONDS),
        })
    }

    /// Before the first byte of an answer.
    fn refusal(&self, error: OpenAIError) -> Refusal {
        match error {
            OpenAIError::Boxed(error) => match error.downcast::<Refused>() {
                Ok(refused) => Refusal::Answered(*refused),
                Err(error) => Refusal::Failed(failures::unreachable(&error.to_string(), &self.0.settings)),
            },
            other => Refusal::Failed(failures::unreachable(&innermost(&other), &self.0.settings)),
        }
    }

    /// While an answer came.
    fn broken(&self, heard: &Heard, error: OpenAIError) -> Refusal {
        match error {
            OpenAIError::JSONDeserialize(..) if heard.is_silent() => Refusal::Failed(ExplainFailure {
                code: FailureCode::Unreadable,
                detail: "The model's server did not answer in the form of OpenAI's API".to_owned(),
                retry_after: None,
            }),
            OpenAIError::StreamError(_) | OpenAIError::JSONDeserialize(..) => {
                Refusal::Failed(failures::cut_off())
            }
            other => self.refusal(other),
        }
    }
}

/// Ollama adds a tag, others a path.
fn is_same_model(listed: &str, wanted: &str) -> bool {
    let bare = |name: &str| {
        name.trim_end_matches(":latest").rsplit('/').next().unwrap_or_default().to_ascii_lowercase()
    };
    listed.eq_ignore_ascii_case(wanted) || bare(listed) == bare(wanted)
}

enum Refusal {
    /// The server said why; another request may do better.
    Answered(Refused),
    Failed(ExplainFailure),
}
