//! Keeps with issues what kind of failure they are and how urgent: looked at every minute, a bounded number of them.
//!
//! Looked at are those seen since the last looks, the most urgent, and a stretch of all others in the order of their urgency, which
//! is walked round and round: with a hundred thousand issues each has its turn within two hours, and one that nobody sees any more
//! sinks. Counts judge them all; search is asked of a few, whose rate changed or whose turn it is.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::digest::stored::Reader;
use crate::findings::pattern::Surroundings;
use crate::findings::{FindingError, Sources};
use crate::insight::pattern::PatternFinding;
use crate::model::ids::{IssueId, ProjectId};
use crate::model::issue::Issue;
use crate::model::standing::Standing;
use crate::search::Search;
use crate::store::{IssueCursor, IssueFilter, IssueSort, Store, StoreError};

/// Seen since then, an issue is looked at: a look may be late, and events arrive some minutes after their time.
const SEEN_WITHIN: SignedDuration = SignedDuration::from_mins(5);
/// Of those, the last seen; the others have their turn.
const SEEN_MAX: usize = 1_000;
/// The first pages of a list by urgency are always right.
const URGENT_MAX: usize = 100;
/// Of all others, in one look.
const WALKED_MAX: usize = 1_000;
/// Search is asked of so many in one look: each costs up to 25 ms at a million events.
const SEARCHED_MAX: usize = 20;
/// What an issue's events share is looked at again after a while: who has it may change without its rate.
const SEARCHED_AGAIN: SignedDuration = SignedDuration::from_hours(6);
/// Issues of which it is remembered that search was asked.
const SEARCHED_KEPT_MAX: usize = 20_000;
/// Unseen for so long, what counts say of it is what they said before.
const UNSEEN: SignedDuration = SignedDuration::from_hours(15 * 24);

pub(super) struct Judging {
    store: Store,
    reader: Reader,
    /// Where the walk goes on.
    walked: Option<IssueCursor>,
    searched: HashMap<IssueId, Timestamp>,
}

impl Judging {
    pub(super) fn new(store: Store, reader: Reader) -> Self {
        Self { store, reader, walked: None, searched: HashMap::new() }
    }

    /// Answers how many issues have another standing now.
    pub(super) fn look(&mut self, search: &Search, now: Timestamp) -> Result<usize, FindingError> {
        let issues = self.due(now)?;
        let sources = Sources { store: &self.store, search, reader: &self.reader, sees: &|_| true };
        let mut around: HashMap<ProjectId, Surroundings> = HashMap::new();
        let mut judged: Vec<(Issue, PatternFinding)> = Vec::with_capacity(issues.len());
        for issue in issues {
            let around = match around.get(&issue.project) {
                Some(around) => around,
                None => around.entry(issue.project).or_insert(sources.surroundings(issue.project, now)?),
            };
            let finding = sources.pattern_within(&issue, around, now, false)?;
            judged.push((issue, finding));
        }
        judged.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.urgency.value));
        let mut asked = 0;
        let mut standings: Vec<(IssueId, Standing)> = Vec::with_capacity(judged.len());
        for (issue, finding) in judged {
            let mut standing = finding.standing(now);
            if asked < SEARCHED_MAX && asks_search(&issue, &finding, self.searched.get(&issue.id), now) {
                asked += 1;
                standing = sources.pattern_within(&issue, &around[&issue.project], now, true)?.standing(now);
                self.searched.insert(issue.id, now);
            }
            standings.push((issue.id, standing));
        }
        self.forget(now);
        Ok(self.store.note_standings(&standings)?)
    }

    fn due(&mut self, now: Timestamp) -> Result<Vec<Issue>, StoreError> {
        let filter = |sort, seen_since| IssueFilter { cells: None, seen_since, sort };
        let all = |_: IssueId| true;
        let seen = filter(IssueSort::LastSeen, Some(now - SEEN_WITHIN));
        let mut due = self.store.list_issues(&seen, None, SEEN_MAX, &all)?.issues;
        let by_urgency = filter(IssueSort::Urgency, None);
        due.extend(self.store.list_issues(&by_urgency, None, URGENT_MAX, &all)?.issues);
        let walked = self.store.list_issues(&by_urgency, self.walked, WALKED_MAX, &all)?;
        self.walked = walked.next;
        due.extend(walked.issues.into_iter().filter(|issue| is_due(issue, now)));
        let mut known = HashSet::new();
        due.retain(|issue| known.insert(issue.id));
        Ok(due)
    }

    fn forget(&mut self, now: Timestamp) {
        if self.searched.len() > SEARCHED_KEPT_MAX {
            // Within six hours search is asked of fewer.
            self.searched.retain(|_, searched| now.duration_since(*searched) <= SEARCHED_AGAIN);
        }
    }
}

fn is_due(issue: &Issue, now: Timestamp) -> bool {
    let Some(standing) = &issue.standing else { return true };
    standing.urgency > 0 || now.duration_since(issue.last_seen) < UNSEEN
}

fn asks_search(
    issue: &Issue,
    finding: &PatternFinding,
    searched: Option<&Timestamp>,
    now: Timestamp,
) -> bool {
    if finding.urgency.value == 0 || now.duration_since(issue.last_seen) > SEARCHED_AGAIN {
        return false;
    }
    let Some(searched) = searched else { return true };
    let has_changed = finding.change.is_some_and(|change| change.from > *searched);
    has_changed || now.duration_since(*searched) > SEARCHED_AGAIN
}

#[cfg(test)]
mod tests;
