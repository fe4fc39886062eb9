//! Explanations as JSON.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::auth::sign_in::User;
use crate::api::error::Result;
use crate::api::fix_watch::FixWatchJson;
use crate::api::{Api, when};
use crate::explain::budget;
use crate::explain::run::Run;
use crate::model::explanation::{
    AskedBy, Claim, Confidence, ExactLine, ExplainFailure, Explanation, Fact, Question, Redaction,
    SuggestedFix, TokenUse, ToolCall,
};
use crate::model::ids::{AccountId, ProjectId};
use crate::model::issue::Issue;

#[derive(Serialize, ToSchema)]
pub struct ExplanationsJson {
    pub status: ExplainStatusJson,
    /// Newest first.
    pub explanations: Vec<ExplanationJson>,
    #[schema(required)]
    pub running: Option<RunningJson>,
}

/// Whether a model can be asked about an issue.
#[derive(Serialize, ToSchema)]
pub struct ExplainStatusJson {
    pub configured: bool,
    #[schema(required)]
    pub model: Option<String>,
    /// The project forbids it.
    pub forbidden: bool,
    #[schema(required)]
    pub budget: Option<TokenBudgetJson>,
    /// Why not; `null`: it can.
    #[schema(required)]
    pub failure: Option<ExplainFailure>,
}

/// Tokens of one day in UTC.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenBudgetJson {
    pub used_today: u64,
    /// For explanations that nobody asked for; those that somebody asks for may go on beyond it.
    pub per_day: u64,
    /// For all together.
    pub asked_per_day: u64,
}

#[derive(Serialize, ToSchema)]
pub struct RunningJson {
    pub id: String,
    pub asked: String,
}

impl RunningJson {
    pub fn of(run: &Run) -> Self {
        Self { id: run.id.0.to_string(), asked: when(run.asked) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExplanationState {
    Running,
    Done,
    Failed,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AskedByJson {
    Person,
    Program,
    Automatic,
}

/// A message as it was sent to the model.
#[derive(Serialize, ToSchema)]
pub struct SentMessageJson {
    pub role: String,
    pub content: String,
}

#[derive(Serialize, ToSchema)]
pub struct StaleJson {
    pub is: bool,
    /// What is new since, in sentences.
    pub reasons: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub struct FeedbackJson {
    pub helpful: bool,
    pub note: String,
    #[schema(required)]
    pub user: Option<User>,
    pub date: String,
}

/// What a model made of an issue. What it says is empty or `null` while there is no answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplanationJson {
    pub id: String,
    pub state: ExplanationState,
    pub issue: String,
    pub event: String,
    pub date_created: String,
    #[schema(required)]
    pub date_finished: Option<String>,
    pub by: AskedByJson,
    #[schema(required)]
    pub user: Option<User>,
    pub model: String,
    pub prompt: String,
    pub prompt_version: String,
    /// The same.
    #[serde(rename = "prompt_version")]
    pub version: String,
    pub summary: String,
    #[schema(required)]
    pub root_cause: Option<Claim>,
    #[schema(required)]
    pub confidence: Option<Confidence>,
    #[schema(required)]
    pub line: Option<ExactLine>,
    pub why: Vec<Claim>,
    #[schema(required)]
    pub fix: Option<SuggestedFix>,
    /// The cheapest check that would disprove it.
    #[schema(required)]
    pub check: Option<String>,
    pub missing: Vec<String>,
    /// How the answer had to be mended to be read: `json_repaired`, `text_only`, `cut_off`.
    pub notes: Vec<String>,
    /// Root cause first, then why.
    pub claims: Vec<Claim>,
    /// What the model was given to know.
    pub facts: Vec<Fact>,
    pub left_out: Vec<String>,
    pub redactions: Vec<Redaction>,
    /// Exactly what was sent.
    pub sent: Vec<SentMessageJson>,
    pub tokens: TokenUse,
    pub took_ms: u64,
    #[schema(required)]
    pub failure: Option<ExplainFailure>,
    pub stale: StaleJson,
    #[schema(required)]
    pub feedback: Option<FeedbackJson>,
    pub questions: Vec<QuestionJson>,
    /// Whether the issue's fix holds.
    #[schema(required)]
    pub fix_watch: Option<FixWatchJson>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuestionJson {
    pub date: String,
    #[schema(required)]
    pub user: Option<User>,
    pub text: String,
    /// What the model looked up.
    pub calls: Vec<ToolCall>,
    #[schema(required)]
    pub reply: Option<Claim>,
    #[schema(required)]
    pub failure: Option<ExplainFailure>,
    pub tokens: TokenUse,
    pub took_ms: u64,
}

impl Api {
    pub(super) fn explain_status(
        &self,
        project: ProjectId,
        by: AskedBy,
        now: Timestamp,
    ) -> Result<ExplainStatusJson> {
        let used = self.store.tokens_today(now)?;
        let budget = self.explainer.tokens_per_day().map(|per_day| TokenBudgetJson {
            used_today: used.automatic.saturating_add(used.asked),
            per_day,
            asked_per_day: per_day.saturating_mul(budget::ASKED_FACTOR),
        });
        let found = self.find_project(project);
        Ok(ExplainStatusJson {
            configured: self.explainer.model().is_some(),
            model: self.explainer.model().map(str::to_owned),
            forbidden: found.is_some_and(|project| project.settings.explain.forbidden),
            budget,
            failure: self.explainer.refusal(project, by, now)?,
        })
    }

    pub(super) fn explanation_json(
        &self,
        issue: &Issue,
        explanation: Explanation,
        now: Timestamp,
    ) -> Result<ExplanationJson> {
        let state = match (&explanation.failure, explanation.finished) {
            (Some(_), _) => ExplanationState::Failed,
            (None, Some(_)) => ExplanationState::Done,
            (None, None) => ExplanationState::Running,
        };
        let reasons = match state {
            ExplanationState::Done => self.explainer.stale(issue, &explanation, now)?,
            ExplanationState::Running | ExplanationState::Failed => Vec::new(),
        };
        let (by, user) = self.asked_by(explanation.by)?;
        let feedback = explanation.feedback.map(|feedback| {
            let user = self.user(Some(feedback.by))?;
            let (helpful, note, date) = (feedback.helpful, feedback.note, when(feedback.at));
            Ok::<_, crate::api::error::ApiError>(FeedbackJson { helpful, note, user, date })
        });
        let is_told = explanation.answer.is_some();
        let answer = explanation.answer.unwrap_or_default();
        let claims = if is_told { answer.claims().cloned().collect() } else { Vec::new() };
        let questions = explanation.questions.into_iter().map(|question| self.question_json(question));
        let sent = explanation.sent.into_iter().map(|(role, content)| SentMessageJson { role, content });
        Ok(ExplanationJson {
            id: explanation.id.0.to_string(),
            state,
            issue: issue.id.to_string(),
            event: explanation.pack.event.to_string(),
            date_created: when(explanation.asked),
            date_finished: explanation.finished.map(when),
            by,
            user,
            model: explanation.model,
            prompt: explanation.prompt,
            version: explanation.prompt_version.clone(),
            prompt_version: explanation.prompt_version,
            summary: answer.summary,
            root_cause: is_told.then_some(answer.root_cause),
            confidence: is_told.then_some(answer.confidence),
            line: answer.line,
            why: answer.why,
            fix: answer.fix,
            check: answer.check,
            missing: answer.missing,
            notes: answer.notes,
            claims,
            facts: explanation.pack.facts,
            left_out: explanation.pack.left_out,
            redactions: explanation.pack.redactions,
            sent: sent.collect(),
            tokens: explanation.tokens,
            took_ms: explanation.took_ms,
            failure: explanation.failure,
            stale: StaleJson { is: !reasons.is_empty(), reasons },
            feedback: feedback.transpose()?,
            questions: questions.collect::<Result<_>>()?,
            fix_watch: self.fix_watch_json(issue, now)?,
        })
    }

    pub(super) fn question_json(&self, question: Question) -> Result<QuestionJson> {
        Ok(QuestionJson {
            date: when(question.at),
            user: self.asked_by(question.by)?.1,
            text: question.text,
            calls: question.calls,
            reply: question.reply,
            failure: question.failure,
            tokens: question.tokens,
            took_ms: question.took_ms,
        })
    }

    fn asked_by(&self, by: AskedBy) -> Result<(AskedByJson, Option<User>)> {
        Ok(match by {
            AskedBy::Person(account) => (AskedByJson::Person, self.user(Some(account))?),
            AskedBy::Program => (AskedByJson::Program, None),
            AskedBy::Automatic => (AskedByJson::Automatic, None),
        })
    }

    fn user(&self, account: Option<AccountId>) -> Result<Option<User>> {
        let account = account.map(|account| self.store.find_account(account)).transpose()?.flatten();
        Ok(account.as_ref().map(User::of_account))
    }
}
