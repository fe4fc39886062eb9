//! Explanations and answers as server-sent events. Who goes away stops nothing.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use futures_util::{Stream, stream};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::api::Api;
use crate::api::error::{ApiError, Result};
use crate::api::explain::interrupted;
use crate::explain::conversation::Talk;
use crate::explain::run::{Progress, Run};
use crate::model::explanation::{Answer, ExplainFailure};
use crate::model::issue::Issue;

/// Proxies close connections that say nothing for long, and models think.
const HEARTBEAT: Duration = Duration::from_secs(15);

fn event(name: &str, data: &impl Serialize) -> Bytes {
    // All of it is made of texts and numbers.
    let data = serde_json::to_string(data).unwrap_or_default();
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

fn failure_event(failure: &ExplainFailure) -> Bytes {
    let ExplainFailure { code, detail, retry_after } = failure;
    event("error", &json!({ "detail": detail, "code": code, "retryAfter": retry_after }))
}

fn error_event(error: &ApiError) -> Bytes {
    let code = error.failure();
    event("error", &json!({ "detail": error.to_string(), "code": code, "retryAfter": error.retry_after() }))
}

fn respond(
    events: impl Stream<Item = std::result::Result<Bytes, actix_web::Error>> + 'static,
) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // nginx buffers answers unless told not to.
        .insert_header(("X-Accel-Buffering", "no"))
        // Compression would hold small events back.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .streaming(events)
}

/// A stream that holds nothing but why there is none.
pub fn refusal(error: &ApiError) -> HttpResponse {
    respond(stream::iter([Ok(error_event(error))]))
}

struct Watching {
    api: Arc<Api>,
    issue: Issue,
    run: Arc<Run>,
    progress: watch::Receiver<Progress>,
    /// Bytes of the text that were told.
    told: usize,
    partial: Option<Arc<Answer>>,
    closing: watch::Receiver<bool>,
    is_over: bool,
}

pub fn explanation(api: &web::Data<Api>, issue: Issue, run: Arc<Run>) -> HttpResponse {
    let hello = event(
        "started",
        &json!({
            "id": run.id.0.to_string(), "model": run.model, "promptVersion": run.prompt_version, "tokens": run.tokens,
        }),
    );
    let mut progress = run.watch();
    // What came before is told at once.
    progress.mark_changed();
    let (api, closing) = (Arc::clone(api), api.closing.clone());
    let watching = Watching { api, issue, run, progress, told: 0, partial: None, closing, is_over: false };
    let events = stream::unfold(watching, |mut watching| async move {
        let bytes = watching.next().await?;
        Some((Ok::<_, actix_web::Error>(bytes), watching))
    });
    respond(stream::StreamExt::chain(stream::iter([Ok(hello)]), events))
}

impl Watching {
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        let changed = tokio::select! {
            changed = timeout(HEARTBEAT, self.progress.changed()) => changed,
            _ = self.closing.wait_for(|closing| *closing) => {
                self.is_over = true;
                return Some(failure_event(&interrupted()));
            }
        };
        if changed.is_err() {
            return Some(Bytes::from_static(b": still here\n\n"));
        }
        let mut events = Vec::new();
        {
            let progress = self.progress.borrow_and_update();
            if progress.text.len() > self.told {
                events.extend_from_slice(&event("delta", &json!({ "text": progress.text[self.told..] })));
                self.told = progress.text.len();
            }
            let is_same = match (&progress.partial, &self.partial) {
                (Some(now), Some(told)) => Arc::ptr_eq(now, told),
                (now, _) => now.is_none(),
            };
            if !is_same {
                self.partial.clone_from(&progress.partial);
                events.extend_from_slice(&event("answer", &progress.partial));
            }
            self.is_over = progress.is_over;
        }
        if self.is_over {
            events.extend_from_slice(&self.end().await);
        }
        Some(Bytes::from(events))
    }

    async fn end(&self) -> Bytes {
        let (issue, run) = (self.issue.clone(), Arc::clone(&self.run));
        let made = self.api.run(move |api| api.made(&issue, &run, Timestamp::now())).await;
        match made {
            Ok(made) => event("done", &made),
            Err(error) => error_event(&error),
        }
    }
}

struct Listening {
    api: Arc<Api>,
    talk: mpsc::UnboundedReceiver<Talk>,
    closing: watch::Receiver<bool>,
    is_over: bool,
}

pub fn conversation(api: &web::Data<Api>, talk: mpsc::UnboundedReceiver<Talk>) -> HttpResponse {
    let (api, closing) = (Arc::clone(api), api.closing.clone());
    let listening = Listening { api, talk, closing, is_over: false };
    respond(stream::unfold(listening, |mut listening| async move {
        let bytes = listening.next().await?;
        Some((Ok::<_, actix_web::Error>(bytes), listening))
    }))
}

impl Listening {
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        let said = tokio::select! {
            said = timeout(HEARTBEAT, self.talk.recv()) => said,
            _ = self.closing.wait_for(|closing| *closing) => Ok(None),
        };
        Some(match said {
            Err(_) => Bytes::from_static(b": still here\n\n"),
            Ok(Some(Talk::Call(call))) => event("call", &call),
            Ok(Some(Talk::Delta(text))) => event("delta", &json!({ "text": text })),
            Ok(Some(Talk::Done(question))) => {
                self.is_over = true;
                self.done(*question).await.unwrap_or_else(|error| error_event(&error))
            }
            Ok(None) => {
                self.is_over = true;
                failure_event(&interrupted())
            }
        })
    }

    async fn done(&self, question: crate::model::explanation::Question) -> Result<Bytes> {
        if let Some(failure) = &question.failure {
            return Ok(failure_event(failure));
        }
        let shown: Value = self
            .api
            .run(move |api| {
                let shown = api.question_json(question)?;
                serde_json::to_value(shown).map_err(|error| ApiError::internal(&error))
            })
            .await?;
        Ok(event("done", &shown))
    }
}
