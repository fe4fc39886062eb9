//! Explaining an issue: evidence is packed, sent, and what comes back is read, checked and kept. It goes on whoever watches,
//! and two that ask at once get the same.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::config;
use crate::digest::stored::Reader;
use crate::explain::evidence::pack_material;
use crate::explain::prompts::{Prompts, Rendered};
use crate::explain::run::{Began, Run};
use crate::explain::{answer, budget, cite, tokens};
use crate::findings::{FindingError, Sources};
use crate::model::explanation::{
    Answer, AskedBy, EvidencePack, ExplainFailure, Explanation, ExplanationId, FailureCode, TokenUse,
};
use crate::model::ids::{EventId, IssueId, ProjectId};
use crate::model::issue::Issue;
use crate::outbound::llm::{End, Llm, LlmError, Message, Question, Said};
use crate::search::Search;
use crate::store::{Store, StoreError};

/// Questions to the model at once. Hosted servers limit them, and a model on one's own machine gets slower with each.
const AT_ONCE_MAX: usize = 2;
/// Explanations that are being made or wait for it.
const RUNS_MAX: usize = 10;
/// For its turn.
const TURN_TIMEOUT: Duration = Duration::from_mins(1);
/// Where as many as may be are being made.
const BUSY_RETRY_SECONDS: u64 = 15;
/// Of an answer: three times what a long one has.
const ANSWER_TOKENS_MAX: u32 = 3_000;
/// For the words of the prompt, beside the evidence.
const PROMPT_TOKENS: u32 = 1_500;

#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("{}", .0.detail)]
    Failed(ExplainFailure),
    #[error(transparent)]
    Finding(#[from] FindingError),
}

impl From<StoreError> for AskError {
    fn from(error: StoreError) -> Self {
        Self::Finding(error.into())
    }
}

/// Who asks about which event of an issue.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// `None`: the most telling one.
    pub event: Option<EventId>,
    pub by: AskedBy,
    pub at: Timestamp,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Explainer(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub store: Store,
    pub search: Arc<Search>,
    pub reader: Arc<Reader>,
    pub prompts: Prompts,
    pub model: Option<Model>,
    pub runtime: Handle,
    pub turns: Arc<Semaphore>,
    runs: Mutex<HashMap<ExplanationId, Arc<Run>>>,
    /// One is begun at a time: packing takes a tenth of a second, and whoever asks beside it gets the same run.
    starting: Mutex<()>,
    /// Explanations to which a question is being answered.
    pub talking: Mutex<std::collections::HashSet<ExplanationId>>,
}

pub(super) struct Model {
    pub settings: config::Llm,
    pub llm: Llm,
}

impl Model {
    pub fn answer_tokens(&self) -> u32 {
        ANSWER_TOKENS_MAX.min(self.settings.context_tokens / 4)
    }
}

impl Explainer {
    pub fn new(
        settings: Option<&config::Llm>,
        data_dir: &Path,
        store: Store,
        search: Arc<Search>,
        reader: Arc<Reader>,
        runtime: Handle,
    ) -> Self {
        let model = settings.map(|settings| Model { settings: settings.clone(), llm: Llm::new(settings) });
        Self(Arc::new(Inner {
            store,
            search,
            reader,
            prompts: Prompts::load(data_dir),
            model,
            runtime,
            turns: Arc::new(Semaphore::new(AT_ONCE_MAX)),
            runs: Mutex::default(),
            starting: Mutex::default(),
            talking: Mutex::default(),
        }))
    }

    /// What the model is called; `None`: none is set up.
    pub fn model(&self) -> Option<&str> {
        self.0.model.as_ref().map(|model| model.llm.model())
    }

    /// Tokens that may be used in a day without being asked for.
    pub fn tokens_per_day(&self) -> Option<u64> {
        self.0.model.as_ref().map(|model| model.settings.tokens_per_day)
    }

    pub fn prompts(&self) -> &Prompts {
        &self.0.prompts
    }

    /// Tokens of evidence that the model is given.
    pub fn evidence_tokens(&self) -> u32 {
        /// Without a model, for people and agents to read.
        const UNSET: u32 = 12_000;
        self.0.model.as_ref().map_or(UNSET, |model| {
            model.settings.context_tokens.saturating_sub(model.answer_tokens() + PROMPT_TOKENS)
        })
    }

    /// What an explanation that is asked for now would be made of, and the messages word by word. `tokens_max`: of evidence; without
    /// it, what the model is given. Nothing is sent, so it answers for projects that forbid it too. Blocks.
    pub fn preview(
        &self,
        issue: &Issue,
        event: Option<EventId>,
        tokens_max: Option<u32>,
        now: Timestamp,
    ) -> Result<(EvidencePack, Rendered), AskError> {
        self.0.prepare(issue, event, tokens_max.unwrap_or_else(|| self.evidence_tokens()), now)
    }

    /// Why nothing can be asked about a project's issues now.
    pub fn refusal(
        &self,
        project: ProjectId,
        by: AskedBy,
        now: Timestamp,
    ) -> Result<Option<ExplainFailure>, StoreError> {
        let failure =
            |code, detail: &str| Some(ExplainFailure { code, detail: detail.to_owned(), retry_after: None });
        let Some(model) = &self.0.model else {
            let detail =
                "No language model is set up: LIGHTTRACE_LLM_BASE_URL and LIGHTTRACE_LLM_MODEL name one";
            return Ok(failure(FailureCode::NotConfigured, detail));
        };
        if self.0.forbids(project) {
            return Ok(failure(
                FailureCode::Forbidden,
                "The project's settings forbid sending its events to a language model",
            ));
        }
        let used = self.0.store.tokens_today(now)?;
        Ok(budget::spent(used, model.settings.tokens_per_day, by != AskedBy::Automatic, now))
    }

    /// The explanation of an issue that is being made.
    pub fn running(&self, issue: IssueId) -> Option<Arc<Run>> {
        self.0.runs.lock().values().find(|run| run.issue == issue).cloned()
    }

    pub fn run(&self, id: ExplanationId) -> Option<Arc<Run>> {
        self.0.runs.lock().get(&id).cloned()
    }

    /// Begins an explanation, or joins the one that is being made: `false` with it then. Blocks.
    pub fn ask(&self, issue: &Issue, asked: Asked) -> Result<(Arc<Run>, bool), AskError> {
        let _starting = self.0.starting.lock();
        if let Some(run) = self.running(issue.id) {
            return Ok((run, false));
        }
        if let Some(failure) = self.refusal(issue.project, asked.by, asked.at)? {
            return Err(AskError::Failed(failure));
        }
        if self.0.runs.lock().len() >= RUNS_MAX {
            return Err(AskError::Failed(busy()));
        }
        let (pack, prompt) = self.0.prepare(issue, asked.event, self.evidence_tokens(), asked.at)?;
        let explanation = self.0.store.start_explanation(Explanation {
            id: ExplanationId(0),
            issue: issue.id,
            asked: asked.at,
            by: asked.by,
            prompt: prompt.name,
            prompt_version: prompt.version,
            model: self.model().unwrap_or_default().to_owned(),
            pack,
            sent: prompt.messages,
            finished: None,
            answer: None,
            failure: None,
            tokens: TokenUse::default(),
            took_ms: 0,
            feedback: None,
            questions: Vec::new(),
        })?;
        let run = Arc::new(Run::new(Began {
            id: explanation.id,
            issue: issue.id,
            asked: asked.at,
            model: explanation.model.clone(),
            prompt_version: explanation.prompt_version.clone(),
            tokens: sent_tokens(&explanation.sent),
        }));
        self.0.runs.lock().insert(run.id, Arc::clone(&run));
        let (inner, making) = (Arc::clone(&self.0), Arc::clone(&run));
        self.0.runtime.spawn(async move { inner.make(making, explanation, prompt.schema).await });
        Ok((run, true))
    }
}

fn busy() -> ExplainFailure {
    ExplainFailure {
        code: FailureCode::Busy,
        detail: "As many explanations are being made as may be at once".to_owned(),
        retry_after: Some(BUSY_RETRY_SECONDS),
    }
}

pub(super) fn sent_tokens(sent: &[(String, String)]) -> u32 {
    sent.iter().map(|(_, text)| tokens::estimate(text)).fold(0, u32::saturating_add)
}

/// As the server counted, or as we do where it did not.
pub(super) fn tokens_of(said: &Said, sent: u32) -> TokenUse {
    match said.usage {
        Some((prompt, completion)) => TokenUse { prompt, completion, estimated: false },
        None => TokenUse { prompt: sent, completion: tokens::estimate(&said.text), estimated: true },
    }
}

pub(super) fn messages(sent: &[(String, String)]) -> Vec<Message> {
    sent.iter().map(|(role, text)| Message::text(role.as_str(), text.as_str())).collect()
}

pub(super) fn failure_of(error: LlmError) -> ExplainFailure {
    match error {
        LlmError::Failed(failure) => failure,
        LlmError::NoTools => ExplainFailure {
            code: FailureCode::ServerError,
            detail: "The model's server takes no tools".to_owned(),
            retry_after: None,
        },
    }
}

impl Inner {
    /// Whether nothing of a project may be sent, not even beside an issue of another.
    pub(super) fn forbids(&self, project: ProjectId) -> bool {
        let directory = self.store.directory();
        directory.projects.get(&project).is_some_and(|project| project.settings.explain.forbidden)
    }

    /// The evidence within the model's room, and the messages made of it. Everybody who sees the issue sees its
    /// explanation: so it is made of what all of them may see.
    fn prepare(
        &self,
        issue: &Issue,
        event: Option<EventId>,
        tokens_max: u32,
        now: Timestamp,
    ) -> Result<(EvidencePack, Rendered), AskError> {
        let readers: Vec<_> =
            self.store.accounts()?.into_iter().filter(|account| account.sees(issue.project)).collect();
        let sees = |project: ProjectId| {
            let may_leave = project == issue.project || !self.forbids(project);
            may_leave && readers.iter().all(|account| account.sees(project))
        };
        let sources = Sources { store: &self.store, search: &self.search, reader: &self.reader, sees: &sees };
        let material = sources.material(issue, event, now)?;
        let pack = pack_material(&material, tokens_max);
        let prompt = self.prompts.explain(&pack);
        // A prompt of one's own may have more words than there was room left for.
        let excess = sent_tokens(&prompt.messages).saturating_sub(tokens_max + PROMPT_TOKENS);
        if excess == 0 {
            return Ok((pack, prompt));
        }
        let pack = pack_material(&material, tokens_max.saturating_sub(excess));
        let prompt = self.prompts.explain(&pack);
        Ok((pack, prompt))
    }

    async fn make(self: Arc<Self>, run: Arc<Run>, explanation: Explanation, schema: serde_json::Value) {
        let sent = sent_tokens(&explanation.sent);
        let said = tokio::select! {
            said = self.answer(&run, &explanation, schema) => said,
            () = run.cancelled() => Err(ExplainFailure {
                code: FailureCode::Cancelled,
                detail: "Somebody stopped it".to_owned(),
                retry_after: Some(0),
            }),
        };
        // What was heard of an answer that failed was paid for.
        let heard = run.watch().borrow().text.clone();
        let (tokens, said) = match said {
            Ok(said) => (tokens_of(&said, sent), Ok(said)),
            Err(_) if heard.is_empty() => (TokenUse::default(), said),
            Err(_) => {
                let completion = tokens::estimate(&heard);
                (TokenUse { prompt: sent, completion, estimated: true }, said)
            }
        };
        let (store, id, is_asked) =
            (self.store.clone(), explanation.id, explanation.by != AskedBy::Automatic);
        let reading = tokio::task::spawn_blocking(move || read(said, &heard, &explanation.pack));
        let outcome = reading.await.unwrap_or_else(|_| Err(unreadable()));
        let keeping = tokio::task::spawn_blocking(move || {
            let kept = store.finish_explanation(id, outcome, tokens, is_asked, Timestamp::now());
            if let Err(error) = kept {
                tracing::error!(%error, explanation = id.0, "an explanation could not be kept");
            }
        });
        // Broken off only where the server stops.
        let _ = keeping.await;
        self.runs.lock().remove(&run.id);
        run.end();
    }

    async fn answer(
        &self,
        run: &Run,
        explanation: &Explanation,
        schema: serde_json::Value,
    ) -> Result<Said, ExplainFailure> {
        let Some(model) = &self.model else { return Err(busy()) };
        let turn = timeout(TURN_TIMEOUT, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(_turn)) = turn else { return Err(busy()) };
        let question = Question {
            messages: messages(&explanation.sent),
            schema: Some((explanation.prompt.clone(), schema)),
            tools: Vec::new(),
            tokens_max: model.answer_tokens(),
        };
        model.llm.ask(&question, &mut |text| run.hear(text)).await.map_err(failure_of)
    }
}

fn unreadable() -> ExplainFailure {
    ExplainFailure {
        code: FailureCode::Unreadable,
        detail: "The model's answer could not be read. Another try may do better; small models often fail"
            .to_owned(),
        retry_after: Some(0),
    }
}

/// What is made of an answer, and of the beginning of one where the rest did not come.
fn read(
    said: Result<Said, ExplainFailure>,
    heard: &str,
    pack: &EvidencePack,
) -> Result<Answer, ExplainFailure> {
    let mut answer = match said {
        Ok(said) if said.end == End::Length => answer::read(&said.text, true).ok_or_else(|| ExplainFailure {
            code: FailureCode::CutOff,
            detail: "The answer was longer than there was room for, and broke off before it said why"
                .to_owned(),
            retry_after: Some(0),
        }),
        Ok(said) => {
            let is_cut = said.end == End::Unsaid;
            answer::read(&said.text, is_cut).ok_or_else(|| if is_cut { cut_off() } else { unreadable() })
        }
        Err(failure) if failure.code == FailureCode::CutOff => answer::read(heard, true).ok_or(failure),
        Err(failure) => Err(failure),
    }?;
    cite::check(&mut answer, pack);
    Ok(answer)
}

fn cut_off() -> ExplainFailure {
    ExplainFailure {
        code: FailureCode::CutOff,
        detail: "The answer ended before it was whole".to_owned(),
        retry_after: Some(BUSY_RETRY_SECONDS),
    }
}
