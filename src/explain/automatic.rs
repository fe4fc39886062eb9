//! Explaining without being asked: what is new, came back or spikes in projects that want it, one at a time, newest first,
//! within the day's budget. It is begun with the very event, so that the mail that tells of it can carry what came out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::explain::ask::{AskError, Asked, Explainer};
use crate::explain::run::Run;
use crate::model::alert::Because;
use crate::model::explanation::{AskedBy, FailureCode};
use crate::model::ids::{AlertId, IssueId};
use crate::model::signal::SignalKind;
use crate::store::{Store, StoreError};

/// How soon what happened is looked at: a mail goes out half a minute after it, at the latest.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Issues that wait. A flood of new ones is one cause more often than many; the oldest are passed over.
const WAITING_MAX: usize = 20;
/// What waited for so long is in no mail any more, and whoever looks can ask.
const WAIT_MAX: SignedDuration = SignedDuration::from_mins(10);
/// An issue that was explained is left alone for so long, however often it comes back.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// Signals and alerts of one look.
const LOOK_MAX: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Waiting {
    issue: IssueId,
    since: Timestamp,
}

/// What waits to be explained, and is explained now; for whoever writes mails.
#[derive(Clone, Default)]
pub struct Backlog(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    now: Option<IssueId>,
}

impl Backlog {
    /// Whether an explanation of one of them is on its way.
    pub fn awaits(&self, issues: &[IssueId]) -> bool {
        let queue = self.0.lock();
        let is_meant = |issue: &IssueId| issues.contains(issue);
        queue.now.as_ref().is_some_and(is_meant)
            || queue.waiting.iter().any(|waiting| is_meant(&waiting.issue))
    }

    fn add(&self, waiting: Waiting) {
        let mut queue = self.0.lock();
        if queue.now == Some(waiting.issue) {
            return;
        }
        queue.waiting.retain(|known| known.issue != waiting.issue);
        queue.waiting.push_back(waiting);
        while queue.waiting.len() > WAITING_MAX {
            queue.waiting.pop_front();
        }
    }

    /// The newest.
    fn take(&self, now: Timestamp) -> Option<IssueId> {
        let mut queue = self.0.lock();
        queue.waiting.retain(|waiting| now.duration_since(waiting.since) < WAIT_MAX);
        queue.now = queue.waiting.pop_back().map(|waiting| waiting.issue);
        queue.now
    }

    fn done(&self) {
        self.0.lock().now = None;
    }

    fn clear(&self) {
        self.0.lock().waiting.clear();
    }
}

/// The worker.
pub struct Automatic {
    pub store: Store,
    pub explainer: Explainer,
    pub backlog: Backlog,
}

/// How far signals and alerts were looked at.
struct Seen {
    signal: u64,
    alert: AlertId,
}

impl Automatic {
    /// Runs until `stopped` says so. Blocks its thread.
    pub fn run(self, runtime: &Handle, mut stopped: watch::Receiver<bool>) {
        if self.explainer.model().is_none() {
            // There is nothing to do; the end of a worker would be taken for its death.
            runtime.block_on(async { drop(stopped.wait_for(|stopped| *stopped).await) });
            return;
        }
        let mut seen = None;
        while !*stopped.borrow() {
            if let Err(error) = self.look(&mut seen, Timestamp::now()) {
                tracing::error!(%error, "what is to be explained could not be read; trying again");
            }
            let run = self.begin(Timestamp::now());
            runtime.block_on(async {
                let rest = async {
                    match &run {
                        // What comes meanwhile is looked at too: a mail that waits wants to know.
                        Some(run) => self.watch(run, &mut seen).await,
                        None => tokio::time::sleep(LOOK_INTERVAL).await,
                    }
                };
                tokio::select! {
                    () = rest => (),
                    _ = stopped.wait_for(|stopped| *stopped) => (),
                }
            });
            self.backlog.done();
        }
    }

    async fn watch(&self, run: &Run, seen: &mut Option<Seen>) {
        let mut over = std::pin::pin!(run.over());
        loop {
            tokio::select! {
                () = &mut over => return,
                () = tokio::time::sleep(LOOK_INTERVAL) => {
                    if let Err(error) = self.look(seen, Timestamp::now()) {
                        tracing::error!(%error, "what is to be explained could not be read; trying again");
                    }
                }
            }
        }
    }

    /// What happened since the last look. What happened before the server started is told already.
    fn look(&self, seen: &mut Option<Seen>, now: Timestamp) -> Result<(), StoreError> {
        let Some(seen) = seen else {
            let alert = self.store.latest_alerts(1)?.first().map_or(AlertId(0), |alert| alert.id);
            *seen = Some(Seen { signal: self.store.last_signal()?, alert });
            return Ok(());
        };
        for signal in self.store.signals_after(seen.signal, LOOK_MAX)? {
            seen.signal = signal.number;
            if matches!(signal.kind, SignalKind::New | SignalKind::Regressed) {
                self.backlog_one(signal.issue, now)?;
            }
        }
        let mut alerts = self.store.latest_alerts(LOOK_MAX)?;
        alerts.retain(|alert| alert.id > seen.alert);
        alerts.sort_unstable_by_key(|alert| alert.id);
        for alert in alerts {
            seen.alert = alert.id;
            if let (Because::Spike { .. }, Some(issue)) = (&alert.because, alert.subject.issue()) {
                self.backlog_one(issue, now)?;
            }
        }
        Ok(())
    }

    fn backlog_one(&self, issue: IssueId, now: Timestamp) -> Result<(), StoreError> {
        let Some(issue) = self.store.find_issue(self.store.shown_issue(issue))? else { return Ok(()) };
        let directory = self.store.directory();
        let settings = directory.projects.get(&issue.project).map(|project| project.settings.explain);
        if !settings.is_some_and(|settings| settings.automatic && !settings.forbidden) {
            return Ok(());
        }
        let newest = self.store.explanations(issue.id, 1)?;
        let is_fresh = |at: Timestamp| now.duration_since(at) < AGAIN_AFTER;
        if !newest.iter().any(|known| known.failure.is_none() && is_fresh(known.asked)) {
            self.backlog.add(Waiting { issue: issue.id, since: now });
        }
        Ok(())
    }

    fn begin(&self, now: Timestamp) -> Option<Arc<Run>> {
        let id = self.backlog.take(now)?;
        let issue = self.store.find_issue(id).ok().flatten()?;
        let asked = Asked { event: None, by: AskedBy::Automatic, at: now };
        match self.explainer.ask(&issue, asked) {
            Ok((run, _)) => return Some(run),
            Err(AskError::Failed(failure)) => {
                if failure.code == FailureCode::BudgetSpent {
                    tracing::info!("today's tokens for automatic explanations are used up");
                    self.backlog.clear();
                }
            }
            Err(error) => tracing::error!(%error, issue = id.0, "an issue could not be explained"),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_764_000_000 + second).expect("a time")
    }

    #[test]
    fn the_newest_is_first_and_a_flood_has_an_end() {
        let backlog = Backlog::default();
        for issue in 0..50 {
            backlog.add(Waiting { issue: IssueId(issue), since: at(0) });
        }
        backlog.add(Waiting { issue: IssueId(40), since: at(1) });
        assert!(!backlog.awaits(&[IssueId(1)]), "passed over");
        assert_eq!(backlog.take(at(2)), Some(IssueId(40)));
        assert!(backlog.awaits(&[IssueId(40), IssueId(7)]), "it is being explained");
        backlog.add(Waiting { issue: IssueId(40), since: at(2) });
        backlog.done();
        assert!(!backlog.awaits(&[IssueId(40)]));
        assert_eq!(backlog.take(at(2)), Some(IssueId(49)));
        backlog.done();
        assert_eq!(backlog.take(at(2) + WAIT_MAX), None, "nobody waits so long");
    }
}
