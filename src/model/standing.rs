//! What kind of failure an issue is, and how urgent: judged by `insight::pattern` from counts alone, kept with the issue so that
//! lists can show it and sort by it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How an issue's events come over time, and what they coincide with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PatternKind)]
pub enum PatternKind {
    /// It began, or jumped, within the time that a deploy needs to show.
    BurstAfterDeploy,
    /// It began, or jumped, and no deploy was near.
    Burst,
    /// About as often today as the days before.
    Steady,
    /// A few a day, over days.
    Rare,
    /// The jump comes with failing calls to one host or service.
    Dependency,
    /// At the same time again and again.
    Periodic,
    /// One user, or one tenant, has nearly all of it.
    OneUser,
    /// Ever fewer.
    Fading,
    /// Rises faster than traffic does.
    LoadDependent,
    /// Too few events, or too short a time, to say.
    Unclear,
}

/// When a rate changed, as far as the counts tell: with 95 % confidence between `from` and `to`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ChangePoint {
    pub at: Timestamp,
    pub from: Timestamp,
    pub to: Timestamp,
    /// Events a day.
    pub before: f64,
    /// Events a day.
    pub after: f64,
}

/// What lists show of an issue beside its counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    pub pattern: PatternKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangePoint>,
    /// From 0 to `URGENCY_MAX`: how soon somebody should look.
    pub urgency: u32,
    pub judged: Timestamp,
}

pub const URGENCY_MAX: u32 = 1000;
