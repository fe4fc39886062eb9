//! Labelled stories: what findings say of made-up failures whose cause is known. Each kind is told with fifty seeds, with noise,
//! low counts, other issues beside it, and things that only look like the cause.

use lighttrace::model::standing::PatternKind;

pub mod dice;
mod differs;
mod pack;
mod pattern;

/// Of each kind so many are told.
pub const SEEDS: u64 = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A deploy brings it; the new release has it, the old one not.
    DeployBroke,
    /// The same, while traffic grows by itself at that time and another project deployed too.
    DeployAndGrowth,
    /// A flag is switched on: a burst without a deploy.
    FlagOn,
    /// An old bug, every day about as often.
    OldBug,
    /// One or two a day for a week.
    RareEdge,
    /// A third party's API answers 503; issues of several places jump.
    DependencyDown,
    /// A third party's API times out, slowly worse, over two releases.
    DependencySlow,
    /// A nightly job fails.
    NightlyJob,
    /// Each hour at the same minute.
    HourlyJob,
    /// One user's client tries again and again.
    OneUserLoop,
    /// One tenant's data is broken, many users of it.
    OneTenant,
    /// A fix is rolling out.
    FixRollsOut,
    /// A pool is exhausted when traffic is high.
    PoolExhausted,
    /// Safari on iOS only: browser and system say the same.
    SafariOnly,
    /// One locale and time zone.
    LocaleOnly,
    /// A query takes seconds where the row count is large: told by a span.
    SlowQuery,
    /// A token expires between page load and payment: told by a breadcrumb.
    TokenExpired,
    /// Nothing is behind it: every event is like every other of the project.
    Noise,
}

impl Kind {
    pub const ALL: [Self; 18] = [
        Self::DeployBroke,
        Self::DeployAndGrowth,
        Self::FlagOn,
        Self::OldBug,
        Self::RareEdge,
        Self::DependencyDown,
        Self::DependencySlow,
        Self::NightlyJob,
        Self::HourlyJob,
        Self::OneUserLoop,
        Self::OneTenant,
        Self::FixRollsOut,
        Self::PoolExhausted,
        Self::SafariOnly,
        Self::LocaleOnly,
        Self::SlowQuery,
        Self::TokenExpired,
        Self::Noise,
    ];

    /// What the counts over time say of it.
    pub fn pattern(self) -> PatternKind {
        match self {
            Self::DeployBroke | Self::DeployAndGrowth => PatternKind::BurstAfterDeploy,
            Self::FlagOn => PatternKind::Burst,
            Self::RareEdge => PatternKind::Rare,
            Self::DependencyDown | Self::DependencySlow => PatternKind::Dependency,
            Self::NightlyJob | Self::HourlyJob => PatternKind::Periodic,
            Self::OneUserLoop | Self::OneTenant => PatternKind::OneUser,
            Self::FixRollsOut => PatternKind::Fading,
            Self::PoolExhausted => PatternKind::LoadDependent,
            Self::OldBug
            | Self::SafariOnly
            | Self::LocaleOnly
            | Self::SlowQuery
            | Self::TokenExpired
            | Self::Noise => PatternKind::Steady,
        }
    }
}
