//! Server-sent events: which issues are new or changed, and that something became of an incident, so that a page knows
//! when to ask again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use futures_util::stream;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::auth::{self, Caller};
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::scope::Sight;
use crate::model::ids::IssueId;
use crate::store::{Change, ChangeKind};

const LISTENERS_MAX: usize = 200;
/// Changes within this time are told together.
const COALESCE: Duration = Duration::from_millis(500);
/// Proxies close connections that say nothing for long.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A listener that is further behind is told of the newest only; its page asks for the list anyway.
const CHANGES_MAX: usize = 2_000;

#[derive(Default)]
pub struct Listeners(Arc<AtomicUsize>);

/// One open connection; counts itself out when the browser goes away.
struct Seat(Arc<AtomicUsize>);

impl Listeners {
    fn take_seat(&self) -> Option<Seat> {
        let seat = Seat(Arc::clone(&self.0));
        (self.0.fetch_add(1, Ordering::Relaxed) < LISTENERS_MAX).then_some(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Listener {
    api: Arc<Api>,
    head: watch::Receiver<u64>,
    /// Whatever becomes of an incident may have to be told to somebody.
    outbox: watch::Receiver<u64>,
    /// All changes through this one were told.
    told: u64,
    told_at: Instant,
    caller: Caller,
    closing: watch::Receiver<bool>,
    _seat: Seat,
}

/// The data of an `issues` event of the stream.
#[derive(Serialize, Default, ToSchema)]
pub struct Nudge {
    /// Ids of issues.
    pub new: Vec<String>,
    pub updated: Vec<String>,
}

/// A stream of `event: issues`, whose data is a `Nudge`, and of `event: incidents`, which says no more.
#[utoipa::path(get, path = "/api/0/organizations/{org}/live/", tag = "issues", params(("org" = String, Path)),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 429, body = ErrorBody)))]
pub async fn live(api: web::Data<Api>, caller: Caller) -> Result<HttpResponse> {
    let seat = api.listeners.take_seat().ok_or_else(|| ApiError::throttled(30))?;
    let mut head = api.store.head();
    let told = *head.borrow_and_update();
    let (api, closing) = (api.clone().into_inner(), api.closing.clone());
    let outbox = api.store.outbox();
    let listener =
        Listener { api, head, outbox, told, told_at: Instant::now(), caller, closing, _seat: seat };
    let hello = stream::iter([Ok(Bytes::from_static(b"retry: 2000\n\n"))]);
    let nudges = stream::unfold(listener, |mut listener| async move {
        let text = listener.next().await?;
        Some((Ok::<_, actix_web::Error>(text), listener))
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // nginx buffers answers unless told not to.
        .insert_header(("X-Accel-Buffering", "no"))
        // Compression would hold small events back.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .streaming(stream::StreamExt::chain(hello, nudges)))
}

impl Listener {
    /// The next thing to send; `None` when the server stops or the session has ended.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let (is_heartbeat, is_incident) = tokio::select! {
                changed = timeout(HEARTBEAT, self.head.changed()) => (changed.is_err(), false),
                _ = self.outbox.changed() => (false, true),
                _ = self.closing.wait_for(|closing| *closing) => return None,
            };
            if is_incident {
                return self.sight().await.map(|_| Bytes::from_static(b"event: incidents\ndata: {}\n\n"));
            }
            if is_heartbeat {
                return self.sight().await.map(|_| Bytes::from_static(b": still here\n\n"));
            }
            tokio::select! {
                () = sleep_until(self.told_at + COALESCE) => (),
                _ = self.closing.wait_for(|closing| *closing) => return None,
            }
            let sight = self.sight().await?;
            let head = *self.head.borrow_and_update();
            let after = self.told.max(head.saturating_sub(CHANGES_MAX as u64));
            self.told = head;
            self.told_at = Instant::now();
            let nudge = self.api.run(move |api| api.nudge(after, &sight)).await.ok()?;
            if let Some(nudge) = nudge {
                let data = serde_json::to_string(&nudge).ok()?;
                return Some(Bytes::from(format!("event: issues\ndata: {data}\n\n")));
            }
        }
    }

    /// What the listener may see now, which may have changed since the page was opened; `None` once its session or
    /// token has ended.
    async fn sight(&self) -> Option<Sight> {
        let caller = self.caller.clone();
        let asked = self.api.run(move |api| auth::again(&api.store, &caller, Timestamp::now())).await;
        asked.ok().flatten().as_ref().map(Sight::of)
    }
}

impl Api {
    fn nudge(&self, after: u64, sight: &Sight) -> Result<Option<Nudge>> {
        let issues = issues_of(&self.store.changes(after, CHANGES_MAX)?);
        let issues: Vec<IssueId> = issues.into_iter().collect();
        let mut nudge = Nudge::default();
        for issue in self.store.find_issues(&issues)?.iter().filter(|issue| sight.sees(issue.project)) {
            let first = self.store.issue_events_after(issue.id, None, 1)?;
            // An issue is new when its first event is.
            let is_new = first.first().is_some_and(|first| first.seq.0 > after);
            let list = if is_new { &mut nudge.new } else { &mut nudge.updated };
            list.push(issue.id.to_string());
        }
        Ok(Some(nudge).filter(|nudge| !nudge.new.is_empty() || !nudge.updated.is_empty()))
    }
}

fn issues_of(changes: &[Change]) -> BTreeSet<IssueId> {
    let issue = |change: &Change| match &change.kind {
        ChangeKind::Event(place) => place.issue,
        ChangeKind::Issue(issue) => *issue,
    };
    changes.iter().map(issue).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_bounded_and_given_back() {
        let listeners = Listeners::default();
        let seats: Vec<_> = (0..LISTENERS_MAX).filter_map(|_| listeners.take_seat()).collect();
        assert_eq!(seats.len(), LISTENERS_MAX);
        assert!(listeners.take_seat().is_none());
        drop(seats);
        assert!(listeners.take_seat().is_some());
    }

    #[test]
    fn many_changes_of_one_issue_are_one() {
        let change = |seq| Change { seq, kind: ChangeKind::Issue(IssueId(7)) };
        assert_eq!(issues_of(&[change(1), change(2)]), BTreeSet::from([IssueId(7)]));
    }
}
