//! What a language model makes of an issue: asking it, as a stream or by waiting; what was made before; questions to it.
//!
//! Failures have a code that programs read and a time after which another try makes sense, in the answer and in the stream.

use std::num::NonZeroU32;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::explain::json::{ExplanationJson, ExplanationsJson, QuestionJson};
use crate::api::issue::IssuePath;
use crate::explain::ask::Asked;
use crate::explain::conversation::{Speaker, Talk};
use crate::explain::run::Run;
use crate::model::explanation::{AskedBy, ExplainFailure, Explanation, ExplanationId, FailureCode, Feedback};
use crate::model::ids::EventId;
use crate::model::issue::Issue;
use crate::store::EXPLANATIONS_MAX;

pub(super) mod json;
mod stream;

/// Explanations and questions of one person; each may take two minutes of the model.
const ASKS_A_MINUTE: NonZeroU32 = NonZeroU32::new(12).expect("not zero");
const QUESTION_CHARS_MAX: usize = 4_000;
const NOTE_CHARS_MAX: usize = 2_000;

type Limiter = RateLimiter<u64, HashMapStateStore<u64>, MonotonicClock, NoOpMiddleware<std::time::Instant>>;

/// How often each person asked of late. As many are counted as there are accounts.
pub struct Asks(Limiter);

impl Default for Asks {
    fn default() -> Self {
        let store = HashMapStateStore::default();
        Self(RateLimiter::new(Quota::per_minute(ASKS_A_MINUTE), store, MonotonicClock))
    }
}

impl Asks {
    fn count(&self, caller: &Caller) -> std::result::Result<(), ExplainFailure> {
        let key = caller.account_id().map_or(0, |account| account.0);
        self.0.check_key(&key).map_err(|not_yet| ExplainFailure {
            code: FailureCode::Busy,
            detail: "You have asked often within a minute".to_owned(),
            retry_after: Some(not_yet.wait_time_from(MonotonicClock.now()).as_secs().max(1)),
        })
    }
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default)]
pub struct ExplainBody {
    /// The event to explain; `null`: the most telling one.
    pub event: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct ExplainAccepted {
    pub id: String,
    /// Where to ask what has become of it.
    pub href: String,
}

#[derive(Deserialize, ToSchema)]
pub struct FeedbackBody {
    pub helpful: bool,
    #[serde(default)]
    pub note: String,
}

#[derive(Deserialize, ToSchema)]
pub struct MessageBody {
    pub text: String,
}

#[derive(Deserialize)]
pub(super) struct ExplanationPath {
    id: String,
    n: u64,
}

/// What models made of an issue, newest first, and whether one can be asked.
#[utoipa::path(get, path = "/api/0/issues/{id}/explain/", tag = "explain", params(("id" = String, Path)),
    responses((status = 200, body = ExplanationsJson), (status = 404, body = ErrorBody)))]
pub async fn list_explanations(
    api: web::Data<Api>,
    path: web::Path<IssuePath>,
    caller: Caller,
) -> Result<web::Json<ExplanationsJson>> {
    let now = Timestamp::now();
    Ok(web::Json(api.run(move |api| api.explanations_json(&api.issue(&path.id)?, by(&caller), now)).await?))
}

/// Asks the model anew. `Accept: text/event-stream`: what it says as it comes (`started`, `delta`, `answer`, `done`, `error`).
/// `Prefer: respond-async`, or where one is being made already: 202 with where to poll.
#[utoipa::path(post, path = "/api/0/issues/{id}/explain/", tag = "explain", params(("id" = String, Path)),
    request_body = ExplainBody,
    responses((status = 200, body = ExplanationJson), (status = 202, body = ExplainAccepted),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 502, body = ErrorBody), (status = 503, body = ErrorBody),
        (status = 504, body = ErrorBody)))]
pub async fn explain(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<IssuePath>,
    caller: Caller,
    body: web::Bytes,
) -> Result<HttpResponse> {
    let now = Timestamp::now();
    let body: ExplainBody = match body.trim_ascii() {
        b"" => ExplainBody::default(),
        text => serde_json::from_slice(text)
            .map_err(|error| ApiError::bad_request(format!("Invalid JSON body: {error}")))?,
    };
    let event = body.event.filter(|event| !event.is_empty()).map(|event| event.parse::<EventId>());
    let event =
        event.transpose().map_err(|_| ApiError::bad_request("event: expected 32 hexadecimal digits"))?;
    let started = api.run(move |api| {
        let issue = api.issue(&path.id)?;
        let counted = api.asks.count(&caller);
        let asked = Asked { event, by: by(&caller), at: now };
        let run = counted.map_err(ApiError::from).and_then(|()| Ok(api.explainer.ask(&issue, asked)?));
        Ok((issue, run))
    });
    let (issue, run) = started.await?;
    if wants_stream(&request) {
        return match run {
            Ok((run, _)) => Ok(stream::explanation(&api, issue, run)),
            Err(error) => Ok(stream::refusal(&error)),
        };
    }
    let (run, is_new) = run?;
    if !is_new || prefers_later(&request) {
        let id = run.id.0.to_string();
        let href = format!("{}/issues/{}/explain/{id}/", crate::api::ROOT, issue.id);
        return Ok(HttpResponse::build(StatusCode::ACCEPTED)
            .insert_header((header::LOCATION, href.clone()))
            .json(ExplainAccepted { id, href }));
    }
    let mut closing = api.closing.clone();
    tokio::select! {
        () = run.over() => {}
        _ = closing.wait_for(|closing| *closing) => {}
    }
    let made = api.run(move |api| api.made(&issue, &run, now)).await?;
    Ok(HttpResponse::Ok().json(made))
}

/// One explanation, whatever became of it. While it is being made, `Accept: text/event-stream` hears it: what was said so far first.
#[utoipa::path(get, path = "/api/0/issues/{id}/explain/{n}/", tag = "explain",
    params(("id" = String, Path), ("n" = u64, Path)),
    responses((status = 200, body = ExplanationJson), (status = 404, body = ErrorBody)))]
pub async fn get_explanation(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<ExplanationPath>,
) -> Result<HttpResponse> {
    let streams = wants_stream(&request);
    let found = api.run(move |api| {
        let (issue, explanation) = api.explanation(&path)?;
        let run = api.explainer.running(issue.id).filter(|run| streams && run.id == explanation.id);
        Ok(match run {
            Some(run) => Err((issue, run)),
            None => Ok(api.explanation_json(&issue, explanation, Timestamp::now())?),
        })
    });
    Ok(match found.await? {
        Ok(explanation) => HttpResponse::Ok().json(explanation),
        Err((issue, run)) => stream::explanation(&api, issue, run),
    })
}

/// Whether it helped. What was said before is replaced.
#[utoipa::path(put, path = "/api/0/issues/{id}/explain/{n}/feedback/", tag = "explain",
    params(("id" = String, Path), ("n" = u64, Path)), request_body = FeedbackBody,
    responses((status = 200, body = ExplanationJson), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn rate_explanation(
    api: web::Data<Api>,
    path: web::Path<ExplanationPath>,
    caller: Caller,
    body: web::Json<FeedbackBody>,
) -> Result<web::Json<ExplanationJson>> {
    let FeedbackBody { helpful, note } = body.into_inner();
    let note = note.trim().to_owned();
    if note.chars().count() > NOTE_CHARS_MAX {
        return Err(ApiError::bad_request(format!("note: at most {NOTE_CHARS_MAX} characters")));
    }
    let (person, now) = (caller.person()?.id, Timestamp::now());
    let rated = api.run(move |api| {
        let (issue, explanation) = api.explanation(&path)?;
        let feedback = Feedback { helpful, note, by: person, at: now };
        let rated = api.store.rate_explanation(explanation.id, feedback)?.ok_or_else(ApiError::not_found)?;
        api.explanation_json(&issue, rated, now)
    });
    Ok(web::Json(rated.await?))
}

/// A question to an explanation. `Accept: text/event-stream`: what is looked up and said as it comes (`call`, `delta`, `done`,
/// `error`).
#[utoipa::path(post, path = "/api/0/issues/{id}/explain/{n}/messages/", tag = "explain",
    params(("id" = String, Path), ("n" = u64, Path)), request_body = MessageBody,
    responses((status = 200, body = QuestionJson), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 429, body = ErrorBody),
        (status = 502, body = ErrorBody), (status = 503, body = ErrorBody), (status = 504, body = ErrorBody)))]
pub async fn ask_explanation(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<ExplanationPath>,
    caller: Caller,
    body: web::Json<MessageBody>,
) -> Result<HttpResponse> {
    let text = body.into_inner().text.trim().to_owned();
    if !(1..=QUESTION_CHARS_MAX).contains(&text.chars().count()) {
        return Err(ApiError::bad_request(format!("text: expected 1 to {QUESTION_CHARS_MAX} characters")));
    }
    let now = Timestamp::now();
    let begun = api.run(move |api| {
        let (issue, explanation) = api.explanation(&path)?;
        if explanation.told().is_none() {
            return Err(ApiError::conflict("There is no answer yet to ask about"));
        }
        let speaker = Speaker { by: by(&caller), visible: api.sight().map(<[_]>::to_vec) };
        let counted = api.asks.count(&caller).map_err(ApiError::from);
        Ok(counted.and_then(|()| Ok(api.explainer.converse(issue, explanation, text, speaker, now)?)))
    });
    let begun = begun.await?;
    if wants_stream(&request) {
        return match begun {
            Ok(talk) => Ok(stream::conversation(&api, talk)),
            Err(error) => Ok(stream::refusal(&error)),
        };
    }
    let mut talk = begun?;
    let mut closing = api.closing.clone();
    loop {
        let said = tokio::select! {
            said = talk.recv() => said,
            _ = closing.wait_for(|closing| *closing) => None,
        };
        match said {
            Some(Talk::Call(_) | Talk::Delta(_)) => {}
            Some(Talk::Done(question)) => {
                if let Some(failure) = question.failure {
                    return Err(failure.into());
                }
                let answered = api.run(move |api| api.question_json(*question)).await?;
                return Ok(HttpResponse::Ok().json(answered));
            }
            None => return Err(interrupted().into()),
        }
    }
}

/// Stops an explanation that is being made; whatever it is, it is then not.
#[utoipa::path(post, path = "/api/0/issues/{id}/explain/{n}/cancel/", tag = "explain",
    params(("id" = String, Path), ("n" = u64, Path)), responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn cancel_explanation(
    api: web::Data<Api>,
    path: web::Path<ExplanationPath>,
) -> Result<HttpResponse> {
    let run = api.run(move |api| {
        let (_, explanation) = api.explanation(&path)?;
        Ok(api.explainer.run(explanation.id))
    });
    if let Some(run) = run.await? {
        run.cancel();
        run.over().await;
    }
    Ok(HttpResponse::NoContent().finish())
}

fn by(caller: &Caller) -> AskedBy {
    caller.account_id().map_or(AskedBy::Program, AskedBy::Person)
}

fn interrupted() -> ExplainFailure {
    ExplainFailure {
        code: FailureCode::Interrupted,
        detail: "The server was stopped while the answer was made".to_owned(),
        retry_after: Some(1),
    }
}

fn asks_for(request: &HttpRequest, name: header::HeaderName, word: &str) -> bool {
    let values = request.headers().get_all(name).filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().to_ascii_lowercase().starts_with(word))
}

fn wants_stream(request: &HttpRequest) -> bool {
    asks_for(request, header::ACCEPT, "text/event-stream")
}

/// RFC 7240.
fn prefers_later(request: &HttpRequest) -> bool {
    asks_for(request, header::HeaderName::from_static("prefer"), "respond-async")
}

impl Api {
    /// Of an issue that the caller sees, or of what was merged into it.
    fn explanation(&self, path: &ExplanationPath) -> Result<(Issue, Explanation)> {
        let issue = self.issue(&path.id)?;
        let found = self.store.find_explanation(ExplanationId(path.n))?;
        let found = found.filter(|found| self.store.shown_issue(found.issue) == issue.id);
        Ok((issue, found.ok_or_else(ApiError::not_found)?))
    }

    fn explanations_json(&self, issue: &Issue, by: AskedBy, now: Timestamp) -> Result<ExplanationsJson> {
        let running = self.explainer.running(issue.id);
        let found = self.store.explanations(issue.id, EXPLANATIONS_MAX)?.into_iter();
        let explanations = found.map(|explanation| self.explanation_json(issue, explanation, now));
        Ok(ExplanationsJson {
            status: self.explain_status(issue.project, by, now)?,
            explanations: explanations.collect::<Result<_>>()?,
            running: running.as_deref().map(json::RunningJson::of),
        })
    }

    /// What a run that is over has become; its failure is the answer's.
    fn made(&self, issue: &Issue, run: &Run, now: Timestamp) -> Result<ExplanationJson> {
        let made = self.store.find_explanation(run.id)?.ok_or_else(ApiError::not_found)?;
        match (&made.failure, made.finished) {
            (Some(failure), _) => Err(failure.clone().into()),
            (None, None) => Err(interrupted().into()),
            (None, Some(_)) => self.explanation_json(issue, made, now),
        }
    }
}
