//! Stack-trace rules: which frames are the team's own, which say nothing about the problem.
//!
//! The syntax is Sentry's, one rule a line: `family:native function:std::* -app`. A ruleset is the built-in rules
//! followed by a project's, parsed once, shared, and applied to whole stacks by `matching`. Rules only look at
//! frames and the exception above them; they never see the rest of the event.

use std::sync::LazyLock;

use thiserror::Error;

use crate::digest::grouping::rules::glob::Glob;
use crate::digest::grouping::rules::index::Index;

pub(crate) mod glob;
mod index;
mod matching;
mod parse;

pub(crate) use crate::digest::grouping::rules::matching::{
    Contribution, ErrorFacts, FRAMES_MAX, FrameFacts, Mask, StackRun,
};

/// Rules a project may add; the built-in ones do not count.
pub const RULES_MAX: usize = 500;
/// Bytes of one line of rules.
pub const RULE_LINE_BYTES_MAX: usize = 4096;

const BUILT_IN: &str = include_str!("../../../data/grouping/stack-rules.txt");

/// Why a text of rules was refused. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RulesError {
    #[error("line {line}: {reason}")]
    Line { line: usize, reason: String },
    #[error("more than {RULES_MAX} rules")]
    TooMany,
}

/// What kind of platform a frame comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Native,
    JavaScript,
    Other,
}

impl Family {
    pub(crate) fn of(platform: &str) -> Self {
        match platform {
            "objc" | "cocoa" | "swift" | "native" | "c" => Self::Native,
            "javascript" | "node" => Self::JavaScript,
            _ => Self::Other,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::JavaScript => "javascript",
            Self::Other => "other",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Native => 1,
            Self::JavaScript => 2,
            Self::Other => 4,
        }
    }
}

/// A string of a frame that rules look at. `Package` and `Path` are compared in lower case with `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Function,
    Module,
    Package,
    Path,
}

impl Field {
    const ALL: [Self; 4] = [Self::Function, Self::Module, Self::Package, Self::Path];

    fn is_path(self) -> bool {
        matches!(self, Self::Package | Self::Path)
    }
}

#[derive(Debug, Clone)]
enum Test {
    /// Index into `StackRules::atoms`.
    Atom(usize),
    /// Bits of `Family::bit`.
    Family(u8),
    /// Indices into `StackRules::categories`.
    Category(Vec<usize>),
    App(bool),
    /// A pattern that cannot match, as Sentry treats what it cannot read.
    Never,
}

#[derive(Debug, Clone)]
struct Condition {
    negated: bool,
    test: Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ErrorField {
    Type,
    Value,
    Mechanism,
}

#[derive(Debug, Clone)]
struct ErrorCondition {
    negated: bool,
    field: ErrorField,
    glob: Glob,
}

/// Which frames an action changes, seen from the one that matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    This,
    /// `^`: the frames after it, towards the crash.
    After,
    /// `v`: the frames before it.
    Before,
}

#[derive(Debug, Clone, Copy)]
enum Action {
    App(bool, Reach),
    Group(bool, Reach),
    Category(usize),
    FramesMax(usize),
    FramesMin(usize),
}

impl Action {
    /// Changes the frames themselves, and so what later rules see.
    fn classifies(self) -> bool {
        matches!(self, Self::App(..) | Self::Category(_))
    }
}

#[derive(Debug)]
struct Rule {
    text: Box<str>,
    error: Vec<ErrorCondition>,
    own: Vec<Condition>,
    caller: Option<Condition>,
    callee: Option<Condition>,
    actions: Vec<Action>,
}

/// A rule and the pattern without which it cannot match: all that is read of most rules.
#[derive(Debug, Clone, Copy)]
struct Entry {
    rule: u16,
    atom: Option<u16>,
}

#[derive(Debug)]
struct Atom {
    field: Field,
    glob: Glob,
}

/// A parsed and indexed set of rules, in the order in which they apply.
#[derive(Debug)]
pub(crate) struct StackRules {
    /// Tells rulesets apart within this process.
    id: u64,
    rules: Vec<Rule>,
    /// Rules that change frames, and rules that change what counts.
    classifying: Vec<Entry>,
    contributing: Vec<Entry>,
    atoms: Vec<Atom>,
    categories: Vec<Box<str>>,
    index: Index,
}

impl StackRules {
    /// The built-in rules alone.
    pub(crate) fn built_in() -> Self {
        Self::with_project("").expect("the built-in rules are tested")
    }

    /// The built-in rules, then a project's.
    pub(crate) fn with_project(text: &str) -> Result<Self, RulesError> {
        let mut parser = parse::Parser::default();
        for (index, line) in BUILT_IN.lines().enumerate() {
            parser.line(index + 1, line)?;
        }
        let built_in_count = parser.rules_count();
        for (index, line) in text.lines().enumerate() {
            parser.line(index + 1, line)?;
            if parser.rules_count() - built_in_count > RULES_MAX {
                return Err(RulesError::TooMany);
            }
        }
        Ok(parser.finish())
    }
}

/// Shared by every project without rules of its own.
pub(crate) static BUILT_IN_RULES: LazyLock<std::sync::Arc<StackRules>> =
    LazyLock::new(|| std::sync::Arc::new(StackRules::built_in()));
