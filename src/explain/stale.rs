//! Whether there is new evidence since an explanation was made: from numbers that lie at hand, not by packing it all again.

use jiff::{SignedDuration, Timestamp};

use crate::explain::ask::Explainer;
use crate::insight::words;
use crate::model::explanation::Explanation;
use crate::model::issue::{Issue, Status, Substatus};
use crate::model::series::{Resolution, Scope};
use crate::store::StoreError;

/// An hour has so many times what was usual before it was explained …
const JUMP_FACTOR: f64 = 5.0;
/// … and is no accident of few.
const JUMP_EVENTS_MIN: u64 = 20;
/// What is usual is taken from so many hours before.
const USUAL_HOURS: i64 = 24;

impl Explainer {
    /// In sentences, the most telling first. Empty: nothing that counts has changed.
    pub fn stale(
        &self,
        issue: &Issue,
        explanation: &Explanation,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let store = &self.0.store;
        let mut reasons = Vec::new();
        let has_fact = |id: &str| explanation.pack.facts.iter().any(|fact| fact.id == id);
        let changed = issue.status_changed.is_some_and(|at| at > explanation.asked);
        if changed && issue.status == Status::Unresolved && issue.substatus == Some(Substatus::Regressed) {
            reasons.push("It was resolved, and came back since".to_owned());
        }
        if let Some(version) = issue.last_release.as_deref().filter(|_| issue.last_seen > explanation.asked) {
            let release = store.find_release(version)?;
            let is_new = release.as_ref().is_some_and(|release| release.created > explanation.asked);
            if is_new {
                reasons.push(format!("It was seen in a new release since: {}", words::release(version)));
            } else if has_fact(&format!("release:{version}"))
                && release.is_some_and(|release| release.commits > 0)
            {
                let knew_commits = explanation.pack.facts.iter().any(|fact| fact.id.starts_with("commit:"));
                let left_out = explanation.pack.left_out.iter().any(|id| id.starts_with("commit:"));
                if !knew_commits && !left_out {
                    reasons.push(format!("The commits of {} are known by now", words::release(version)));
                }
            }
        }
        if let Some(sentence) = self.jump(issue, explanation.asked, now)? {
            reasons.push(sentence);
        }
        Ok(reasons)
    }

    fn jump(&self, issue: &Issue, asked: Timestamp, now: Timestamp) -> Result<Option<String>, StoreError> {
        let from = asked - SignedDuration::from_hours(USUAL_HOURS);
        let hours = self.0.store.series(Scope::Issue(issue.id), Resolution::Hour, from, now)?;
        // The hour in which it was explained is of neither side.
        let (before, rest): (Vec<_>, Vec<_>) =
            hours.iter().partition(|(at, _)| *at < asked.as_second() - 3600);
        let after = rest.iter().filter(|(at, _)| *at >= asked.as_second()).map(|(_, events)| *events);
        let most = after.max().unwrap_or(0);
        let usual = before.iter().map(|(_, events)| *events as f64).sum::<f64>() / before.len().max(1) as f64;
        let is_jump = most >= JUMP_EVENTS_MIN && most as f64 >= JUMP_FACTOR * usual;
        Ok(is_jump.then(|| format!("Its rate rose since, to {} events an hour", words::number(most))))
    }
}
