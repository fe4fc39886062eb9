//! Whether a release made it worse: measured against the release before at equal age. A difference counts where it is
//! large enough to matter and too large for chance; what cannot be told is said, never guessed.

use jiff::SignedDuration;
use serde::Serialize;
use utoipa::ToSchema;

use crate::insight::slower::Compared;
use crate::insight::statistics::{Test, holm};
use crate::insight::words;
use crate::model::health::Health;

mod checks;
#[cfg(test)]
mod tests;

use checks::Draft;

/// Of all checks together, after Holm. One verdict in a hundred is wrong by chance where nothing changed: a team that
/// deploys daily is sent to look in vain three times a year.
pub const P_MAX: f64 = 0.01;
/// Nothing is called worse from fewer sessions than this: three people can have the same broken phone.
pub const SESSIONS_WORSE_MIN: u64 = 50;
/// Nothing is called the same from fewer: with none of 300 crashed, less than 1 % crash (the rule of three).
pub const SESSIONS_SAME_MIN: u64 = 300;
/// Half a point of crash-free sessions is five people of a thousand.
pub const CRASH_FREE_STEP_MIN: f64 = 0.005;
/// Sessions with errors vary more, and hurt less, than those that crash.
pub const ERRORED_STEP_MIN: f64 = 0.01;
/// Errors an hour follow the day's traffic: half as much again is an ordinary Monday.
pub const ERRORS_RATIO_MIN: f64 = 2.0;
/// Fewer than one more an hour wakes nobody.
pub const ERRORS_STEP_MIN: f64 = 1.0;
/// Events of the worse release below which a rate says nothing.
pub const ERRORS_MIN: u64 = 20;
/// One or two new issues are how most releases begin.
pub const NEW_ISSUES_MIN: u64 = 3;
/// Events since it came back from which a resolved issue counts. Fewer may be a straggler.
pub const REGRESSED_EVENTS_MIN: u64 = 10;
/// Rates by the hour want an hour.
pub const HOURS_MIN: f64 = 1.0;
/// Neither release is measured for longer: problems of the second week are not the deploy's.
pub const WINDOW_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How sure the intervals of so many transactions must be, so that one verdict in a hundred finds a difference among them where there
/// is none (Bonferroni).
pub fn confidence_of_each(transactions: usize) -> f64 {
    1.0 - P_MAX / transactions.max(1) as f64
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VerdictState)]
pub enum State {
    NotEnoughData,
    Better,
    Same,
    Worse,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotEnoughData => "not enough data",
            Self::Better => "better",
            Self::Same => "same",
            Self::Worse => "worse",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VerdictCheckName)]
pub enum CheckName {
    NewIssues,
    RegressedIssues,
    /// Sessions with errors; without sessions, errors an hour.
    ErrorRate,
    CrashFreeSessions,
    CrashFreeUsers,
    /// Of transactions, each against itself.
    DurationP95,
}

/// What `before` and `after` are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VerdictUnit)]
pub enum Unit {
    /// Of 1.
    Share,
    PerHour,
    Count,
    Milliseconds,
}

/// One release over its first hours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measured {
    pub version: String,
    pub health: Health,
    /// Error events by the hour, for as long as it was the newest, at most the window.
    pub errors_by_hour: Vec<u64>,
    /// So many hours are these.
    pub hours: f64,
    /// First seen in it, and not archived.
    pub new_issues: u64,
}

impl Measured {
    pub fn errors(&self) -> u64 {
        self.errors_by_hour.iter().sum()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub environment: Option<String>,
    pub age: SignedDuration,
    pub after: Measured,
    /// The release before that had traffic there.
    pub before: Option<Measured>,
    /// New issues of releases before that one, and the hours over which they came.
    pub earlier: Vec<(u64, f64)>,
    /// Events in this release of each issue that came back in it.
    pub regressed: Vec<u64>,
    /// Transactions that both releases had, in all environments.
    pub transactions: Vec<Compared>,
    /// More of it is to come: no release has taken its place.
    pub is_newest: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    pub name: CheckName,
    pub state: State,
    pub unit: Unit,
    pub before: Option<f64>,
    pub after: Option<f64>,
    /// 95 %, of `after`.
    pub interval: Option<(f64, f64)>,
    /// After Holm's correction over all checks.
    pub p: Option<f64>,
    pub test: Option<Test>,
    pub sentence: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub state: State,
    pub checks: Vec<Check>,
    pub sentence: String,
    /// At this rate there will be enough data.
    pub ready_in: Option<SignedDuration>,
}

pub fn judge(facts: &Facts) -> Verdict {
    let mut drafts = checks::all(facts);
    let tested: Vec<f64> = drafts.iter().filter_map(|draft| draft.check.p).collect();
    let mut corrected = holm(&tested).into_iter();
    for Draft { check, otherwise, .. } in &mut drafts {
        check.p = check.p.and_then(|_| corrected.next());
        // A difference that matters and is no chance.
        if check.p.is_some_and(|p| p >= P_MAX) {
            check.state = *otherwise;
        }
    }
    let state = overall(&drafts);
    let (sentence, ready_in) = match state {
        State::NotEnoughData => missing(facts),
        _ => (said(state, &drafts, facts), None),
    };
    Verdict { state, checks: drafts.into_iter().map(|draft| draft.check).collect(), sentence, ready_in }
}

fn overall(drafts: &[Draft]) -> State {
    let has = |state| drafts.iter().any(|draft| draft.check.state == state);
    // That no issue is new says little where nobody used it.
    let rates = [CheckName::ErrorRate, CheckName::CrashFreeSessions];
    let is_known = |check: &Check| rates.contains(&check.name) && check.state != State::NotEnoughData;
    match () {
        () if has(State::Worse) => State::Worse,
        () if !drafts.iter().any(|draft| is_known(&draft.check)) => State::NotEnoughData,
        () if has(State::Better) => State::Better,
        () => State::Same,
    }
}

fn said(state: State, drafts: &[Draft], facts: &Facts) -> String {
    let of = |state: State| -> Vec<String> {
        let found = drafts.iter().filter(|draft| draft.check.state == state);
        found.map(|draft| draft.fragment.clone()).collect()
    };
    let before = facts.before.as_ref().map(|before| words::release(&before.version)).unwrap_or_default();
    let mut parts = of(state);
    let new_issues = words::some(facts.after.new_issues, "new issue");
    let says_new = |Draft { check, .. }: &Draft| check.name == CheckName::NewIssues && check.state == state;
    if !drafts.iter().any(says_new) && facts.after.new_issues > 0 && state != State::Same {
        parts.insert(0, new_issues.clone());
    }
    match state {
        State::Worse => {
            let hurts = |check: &Check| {
                let is_bearable = matches!(
                    check.name,
                    CheckName::NewIssues | CheckName::RegressedIssues | CheckName::DurationP95
                );
                check.state == State::Worse && !is_bearable
            };
            let advice = if drafts.iter().any(|draft| hurts(&draft.check)) {
                "roll back"
            } else {
                "look into it first"
            };
            format!("Worse: {}; {advice}", parts.join(", "))
        }
        State::Better => format!("Better than {before}: {}", parts.join(", ")),
        _ => {
            let rate = [CheckName::CrashFreeSessions, CheckName::ErrorRate].into_iter().find_map(|name| {
                drafts.iter().find(|Draft { check, .. }| check.name == name && check.state == State::Same)
            });
            let rate = rate.map(|Draft { fragment, .. }| format!("{fragment}, ")).unwrap_or_default();
            format!("Same as {before}: {rate}{new_issues}")
        }
    }
}

/// What there is too little of, and when there may be enough.
fn missing(facts: &Facts) -> (String, Option<SignedDuration>) {
    let place = facts.environment.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
    let after = words::release(&facts.after.version);
    let Some(before) = &facts.before else {
        return (format!("Not enough data: no release before {after} had traffic{place}"), None);
    };
    let (have, had) = (facts.after.health.sessions.total, before.health.sessions.total);
    if have == 0 && facts.after.errors() == 0 {
        return (format!("Not enough data: neither sessions nor errors of {after}{place} yet"), None);
    }
    if had == 0 {
        let left = SignedDuration::from_secs(3_600).saturating_sub(facts.age);
        if left.is_positive() {
            let text = format!(
                "Not enough data: there are no sessions, and errors by the hour want an hour; {} to go",
                words::length(left)
            );
            return (text, Some(left));
        }
        let before = words::release(&before.version);
        let text = format!(
            "Not enough data: there are no sessions, and {before} was the newest{place} for less than an hour"
        );
        return (text, None);
    }
    if had < SESSIONS_SAME_MIN && have >= SESSIONS_SAME_MIN {
        let text = format!(
            "Not enough data: {} had only {} at this age, of {SESSIONS_SAME_MIN}",
            words::release(&before.version),
            words::some(had, "session"),
        );
        return (text, None);
    }
    let needed = SESSIONS_SAME_MIN.saturating_sub(have);
    let ready = checks::time_for(needed, have, facts.age);
    // Nothing counts that comes behind the window.
    let ready = ready.filter(|wait| facts.is_newest && facts.age.saturating_add(*wait) <= WINDOW_MAX);
    let wait =
        ready.map(|wait| format!("; about {} more at this rate", words::length(wait))).unwrap_or_default();
    (format!("Not enough data: {} of {SESSIONS_SAME_MIN} sessions{wait}", words::number(have)), ready)
}

/// Several projects of one release: the worst of them, and what is not known only where nothing else is.
pub fn worst(states: impl IntoIterator<Item = State>) -> State {
    states.into_iter().max().unwrap_or(State::NotEnoughData)
}
