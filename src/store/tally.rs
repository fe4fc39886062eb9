//! What a batch adds up to, in memory, so that each counter on disk is touched once a batch.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use crate::model::event::User;
use crate::model::ids::IssueId;
use crate::model::series::{Resolution, Scope};
use crate::store::environments::EnvironmentTally;
use crate::store::keys::{cut, micros};
use crate::store::records::EventRecord;
use crate::store::series::{self, ChunkKey, Counts};
use crate::store::users_lately::UsersTally;

/// Longer keys and values are counted under their beginnings.
pub(super) const TAG_KEY_BYTES_MAX: usize = 200;
pub(super) const TAG_VALUE_BYTES_MAX: usize = 512;

#[derive(Default)]
pub(super) struct Tally<'a> {
    pub series: HashMap<ChunkKey, Counts>,
    pub tags: HashMap<IssueId, HashMap<&'a str, TagTally<'a>>>,
    pub users: HashMap<IssueId, HashSet<u64>>,
    pub environments: EnvironmentTally<'a>,
    pub users_lately: UsersTally,
}

#[derive(Default)]
pub(super) struct TagTally<'a> {
    pub events: u64,
    pub values: HashMap<&'a str, Span>,
}

/// How often and when, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    pub events: u64,
    pub first: i64,
    pub last: i64,
}

impl Span {
    pub(super) fn widen(&mut self, other: Self) {
        self.events = self.events.saturating_add(other.events);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

impl<'a> Tally<'a> {
    /// Into its project, and into each of these issues: mostly one, and of a merged one the part too.
    pub(super) fn add(&mut self, record: &'a EventRecord, issues: impl Iterator<Item = IssueId>) {
        let at = record.event.timestamp;
        self.add_to_series(Scope::Project(record.project), at);
        let environment = record.event.environment.as_deref();
        let environment = environment.and_then(|name| self.environments.place(record.project, name));
        if let Some(environment) = environment {
            self.environments.add(environment, Scope::Project(record.project), at);
        }
        for issue in issues {
            self.add_to_issue(record, issue, environment);
            if let Some(environment) = environment {
                self.environments.add(environment, Scope::Issue(issue), at);
            }
        }
    }

    fn add_to_issue(&mut self, record: &'a EventRecord, issue: IssueId, environment: Option<u32>) {
        let at = record.event.timestamp;
        self.add_to_series(Scope::Issue(issue), at);
        let once = Span { events: 1, first: micros(at), last: micros(at) };
        let tags = self.tags.entry(issue).or_default();
        for (key, value) in &record.tags {
            let tag = tags.entry(cut(key, TAG_KEY_BYTES_MAX)).or_default();
            tag.events += 1;
            let value = cut(value, TAG_VALUE_BYTES_MAX);
            tag.values.entry(value).and_modify(|span| span.widen(once)).or_insert(once);
        }
        if let Some(user) = record.event.user.as_ref().and_then(User::tag_value) {
            let user = user_hash(&user);
            self.users.entry(issue).or_default().insert(user);
            self.users_lately.add(issue, environment, user, at);
        }
    }

    fn add_to_series(&mut self, scope: Scope, at: Timestamp) {
        for resolution in Resolution::ALL {
            let (key, slot) = series::place(scope, resolution, at);
            self.series.entry(key).or_default().add(slot, 1);
        }
    }
}

/// The same for the same user forever: it is kept on disk.
pub(super) fn user_hash(tag_value: &str) -> u64 {
    let digest = Md5::digest(tag_value.as_bytes());
    u64::from_be_bytes(digest[..8].try_into().expect("MD5 has 16 bytes"))
}
