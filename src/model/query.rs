//! A search, parsed: the tree that `search` makes of what a person typed. Times are resolved to moments already;
//! names of projects, issues and people are not, since only the store knows them.
//!
//! An event is found where the whole tree is true of it; an issue where that holds for one of its events. Leaves
//! about state are asked of the issue, all others of the event.

use std::sync::Arc;

use jiff::Timestamp;

use crate::model::ids::{AccountId, IssueId, ProjectId};
use crate::model::issue::{PriorityLevel, Status, Substatus};
use crate::model::issue_set::IssueSet;
use crate::model::version::ReleaseTest;

/// A value as a query has it between quotes.
pub fn quoted(value: &str) -> String {
    format!("\"{}\"", escaped(value))
}

/// The same without the quotes around it.
pub fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}

#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub tree: Expr,
}

impl Default for Query {
    /// Everything.
    fn default() -> Self {
        Self { tree: Expr::ALL }
    }
}

impl Query {
    pub fn is_all(&self) -> bool {
        self.tree == Expr::ALL
    }

    /// The same, and this too.
    #[must_use]
    pub fn and(self, more: Expr) -> Self {
        Self { tree: Expr::all_of(vec![self.tree, more]) }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Leaf(Leaf),
}

impl Expr {
    pub const ALL: Self = Self::And(Vec::new());
    pub const NONE: Self = Self::Or(Vec::new());

    pub fn all_of(parts: Vec<Self>) -> Self {
        let mut all = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::And(more) => all.extend(more),
                other => all.push(other),
            }
        }
        if all.contains(&Self::NONE) {
            return Self::NONE;
        }
        if all.len() == 1 { all.remove(0) } else { Self::And(all) }
    }

    pub fn any_of(parts: Vec<Self>) -> Self {
        let mut any = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Or(more) => any.extend(more),
                other => any.push(other),
            }
        }
        if any.contains(&Self::ALL) {
            return Self::ALL;
        }
        if any.len() == 1 { any.remove(0) } else { Self::Or(any) }
    }

    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            Self::And(parts) if parts.is_empty() => Self::NONE,
            Self::Or(parts) if parts.is_empty() => Self::ALL,
            other => Self::Not(Box::new(other)),
        }
    }

    /// The same tree with every leaf replaced; constants fold.
    pub fn map<E>(self, change: &mut dyn FnMut(Leaf) -> Result<Self, E>) -> Result<Self, E> {
        Ok(match self {
            Self::Leaf(leaf) => change(leaf)?,
            Self::Not(inner) => inner.map(change)?.negated(),
            Self::And(parts) => {
                Self::all_of(parts.into_iter().map(|part| part.map(change)).collect::<Result<_, E>>()?)
            }
            Self::Or(parts) => {
                Self::any_of(parts.into_iter().map(|part| part.map(change)).collect::<Result<_, E>>()?)
            }
        })
    }

    /// Shows every leaf, and whether it is denied.
    pub fn each<'a>(&'a self, show: &mut dyn FnMut(&'a Leaf, bool)) {
        self.each_denied(false, show);
    }

    fn each_denied<'a>(&'a self, denied: bool, show: &mut dyn FnMut(&'a Leaf, bool)) {
        match self {
            Self::Leaf(leaf) => show(leaf, denied),
            Self::Not(inner) => inner.each_denied(!denied, show),
            Self::And(parts) | Self::Or(parts) => {
                for part in parts {
                    part.each_denied(denied, show);
                }
            }
        }
    }

    pub fn any(&self, holds: &dyn Fn(&Leaf) -> bool) -> bool {
        let mut any = false;
        self.each(&mut |leaf, _| any |= holds(leaf));
        any
    }
}

impl From<Leaf> for Expr {
    fn from(leaf: Leaf) -> Self {
        Self::Leaf(leaf)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Leaf {
    /// A word that may stand anywhere in the event, whole or as a part of an identifier. It may hold `*`.
    Text(String),
    /// Words that stand side by side.
    Phrase(String),
    /// A word in one part of the event.
    Words {
        part: Part,
        text: String,
    },
    /// A word in a function, module, file or source line of a frame.
    Frame {
        text: String,
        of: Frames,
    },
    /// A frame's path or its end.
    File {
        path: String,
        of: Frames,
    },
    /// Whether the event has a frame of the team's own code.
    InApp(bool),
    /// A tag or a field of the event. The value may hold `*`.
    Tag {
        key: String,
        value: String,
    },
    Has(String),
    /// Whatever of a user is this.
    User(String),
    /// The event's own time.
    Time(TimeRange),
    Release(ReleaseTest),
    /// Answered by the issue.
    State(StateTest),
    Project(ProjectId),
    Issue(IssueId),
    /// Issues that are known already.
    Issues(Arc<IssueSet>),
    /// What only the store can tell; `lookup` replaces it.
    Named(Named),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Headline,
    Breadcrumb,
}

/// Which frames of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frames {
    Any,
    InApp,
    Library,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Project(String),
    Issue(String),
    /// `me`, an address, `user:3`.
    Assignee(String),
    /// Whose bookmarks: `me`, an address, `user:3`.
    Bookmarks(String),
    /// `release:latest`.
    LatestRelease,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateTest {
    Status(Status),
    Substatus(Substatus),
    Assigned,
    AssignedTo(AccountId),
    /// Somebody caught it.
    Handled,
    FirstSeen(TimeRange),
    LastSeen(TimeRange),
    Events(NumberRange),
    Users(NumberRange),
    FirstRelease(ReleaseTest),
    LastRelease(ReleaseTest),
    /// The release in which it last came back.
    RegressedIn(ReleaseTest),
    Priority(PriorityLevel),
}

/// `[from, until)`; open where `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeRange {
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

impl TimeRange {
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at < until)
    }
}

/// `[least, most]`; nothing where `least > most`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberRange {
    pub least: u64,
    pub most: u64,
}

impl NumberRange {
    pub fn contains(&self, number: u64) -> bool {
        (self.least..=self.most).contains(&number)
    }
}
