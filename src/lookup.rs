//! Answers a person's query over store and search together.
//!
//! An issue's state, counts and order live in the store, the texts of its events in search. **An issue is found where
//! one of its events exists for which the whole query is true**, state being asked of the issue and the rest of that event;
//! a query that asks nothing of events is answered by the issue alone. So a query is taken apart into ways to
//! be found, each a state and something about events (`tree`): search gives the set of issues with such events, as
//! bits, and the store's order is walked or, where the set is small, its rows are read and sorted. Nothing holds a
//! list of all issues, and cursors stay true while events arrive.

use jiff::Timestamp;

use crate::model::ids::{AccountId, ProjectId};
use crate::model::issue::Issue;
use crate::model::query::Query;
use crate::search::{Hit, SearchError};
use crate::store::{IssueCursor, IssueSort, StoreError};

mod events;
mod issues;
mod relevance;
mod resolve;
pub mod span_query;
mod tree;
#[cfg(test)]
mod tests;

pub use crate::lookup::events::{EventAnswer, EventQuestion, Plan, find_events, plan};
pub use crate::lookup::issues::find_issues;
pub use crate::lookup::resolve::Asker;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    By(IssueSort),
    /// How well an issue's best event fits the words of the query.
    Relevance,
}

pub struct Question {
    pub query: Query,
    /// Whom `me` means.
    pub account: Option<AccountId>,
    /// As [`Asker`] has it.
    pub sees_people: bool,
    /// The projects that there are for the one who asks; `None`: all.
    pub visible: Option<Vec<ProjectId>>,
    /// `None`: all.
    pub projects: Option<Vec<ProjectId>>,
    /// Any of them; empty: all.
    pub environments: Vec<String>,
    /// Issues with events at or after this …
    pub since: Option<Timestamp>,
    /// … and before this.
    pub until: Option<Timestamp>,
    pub sort: Sort,
    pub after: Option<IssueCursor>,
    pub limit: usize,
}

pub struct Found {
    pub issue: Issue,
    /// The newest matching event, or the best where that is the order; `None` where nothing was asked of events.
    pub hit: Option<Hit>,
}

#[derive(Default)]
pub struct Answer {
    pub rows: Vec<Found>,
    pub next: Option<IssueCursor>,
    /// All rows on all pages, where that is known.
    pub total: Option<u64>,
}

#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The query asks for something there is not; the text says what.
    #[error("{0}")]
    Query(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Search(#[from] SearchError),
}
