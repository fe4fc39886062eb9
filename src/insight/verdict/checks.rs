//! The checks one by one: what each would say if chance were no matter, and how likely chance is.

use jiff::SignedDuration;

use crate::insight::health;
use crate::insight::slower::{self, Change, Compared, DURATIONS_MIN};
use crate::insight::statistics::{Rate, Share, Test, bunching, two_rates, two_shares};
use crate::insight::verdict::{
    CRASH_FREE_STEP_MIN, Check, CheckName, ERRORED_STEP_MIN, ERRORS_MIN, ERRORS_RATIO_MIN, ERRORS_STEP_MIN,
    Facts, HOURS_MIN, Measured, NEW_ISSUES_MIN, REGRESSED_EVENTS_MIN, SESSIONS_SAME_MIN, SESSIONS_WORSE_MIN,
    State, Unit,
};
use crate::insight::words;
use crate::model::health::Outcomes;

/// A check before Holm's correction: its state is what it is, if `p` says that it is no chance.
pub(super) struct Draft {
    pub check: Check,
    /// What it is else.
    pub otherwise: State,
    /// For the sentence of the whole.
    pub fragment: String,
}

impl Draft {
    fn unknown(name: CheckName, unit: Unit, sentence: String) -> Self {
        let state = State::NotEnoughData;
        let (before, after, interval, p, test) = (None, None, None, None, None);
        let check = Check { name, state, unit, before, after, interval, p, test, sentence };
        Self { check, otherwise: state, fragment: String::new() }
    }
}

/// One of which nothing is known, as a check to fill in.
fn blank(name: CheckName, unit: Unit) -> Check {
    Draft::unknown(name, unit, String::new()).check
}

pub(super) fn all(facts: &Facts) -> Vec<Draft> {
    let after = &facts.after;
    let before = facts.before.as_ref();
    let crashed = |outcomes: &Outcomes| Share::new(outcomes.crashed, outcomes.total);
    let sessions = before.map(|before| (&before.health.sessions, &after.health.sessions));
    let users = before.map(|before| (&before.health.users, &after.health.users));
    let crash_free = |name, of: Option<(&Outcomes, &Outcomes)>, noun| {
        let shares = of.map(|(before, after)| (crashed(before), crashed(after)));
        share_check(name, shares, noun, CRASH_FREE_STEP_MIN)
    };
    vec![
        new_issues(facts),
        regressed(facts),
        error_rate(before, after),
        crash_free(CheckName::CrashFreeSessions, sessions, "session"),
        crash_free(CheckName::CrashFreeUsers, users, "user"),
        durations(facts),
    ]
}

/// The shares are of what went wrong. They are shown as what went well where they are of crashes.
fn share_check(name: CheckName, shares: Option<(Share, Share)>, noun: &str, step: f64) -> Draft {
    let Some((before, after)) = shares.filter(|(before, after)| before.of > 0 && after.of > 0) else {
        let text = format!("No {noun}s to compare");
        return Draft::unknown(name, Unit::Share, text);
    };
    let is_crash_free = name != CheckName::ErrorRate;
    let shown = |rate: f64| if is_crash_free { 1.0 - rate } else { rate };
    let interval = health::Rate::of(after.hits, after.of).map(|rate| {
        let (low, high) = (shown(rate.low), shown(rate.high));
        (low.min(high), low.max(high))
    });
    let (new, old) = words::percents(shown(after.rate()), shown(before.rate()));
    let what = if is_crash_free { format!("crash-free {noun}s") } else { format!("{noun}s with errors") };
    let fragment = format!("{what} {new} vs {old}");
    let fewest = before.of.min(after.of);
    let (p, test) = two_shares(before, after);
    let of = format!("of {} and {} {noun}s", words::number(after.of), words::number(before.of));
    let check = Check {
        before: Some(shown(before.rate())),
        after: Some(shown(after.rate())),
        interval,
        sentence: words::sentence(&format!("{fragment}, {of}")),
        ..blank(name, Unit::Share)
    };
    let otherwise = if fewest >= SESSIONS_SAME_MIN { State::Same } else { State::NotEnoughData };
    if fewest < SESSIONS_WORSE_MIN {
        return Draft { check, otherwise, fragment };
    }
    let change = after.rate() - before.rate();
    let state = if change >= step {
        State::Worse
    } else if change <= -step && fewest >= SESSIONS_SAME_MIN {
        State::Better
    } else {
        otherwise
    };
    Draft { check: Check { state, p: Some(p), test: Some(test), ..check }, otherwise, fragment }
}

fn error_rate(before: Option<&Measured>, after: &Measured) -> Draft {
    let name = CheckName::ErrorRate;
    let Some(before) = before else {
        return Draft::unknown(name, Unit::Share, "Nothing to compare with".to_owned());
    };
    let errored = |measured: &Measured| {
        let sessions = measured.health.sessions;
        Share::new(sessions.errored, sessions.total)
    };
    if before.health.sessions.total > 0 {
        return share_check(name, Some((errored(before), errored(after))), "session", ERRORED_STEP_MIN);
    }
    errors_by_hour(before, after)
}

/// Without sessions. Errors come in bunches, so counts are taken for fewer than they are, as a quasi-Poisson model does.
fn errors_by_hour(before: &Measured, after: &Measured) -> Draft {
    let name = CheckName::ErrorRate;
    let (had, have) = (before.errors(), after.errors());
    let is_unused = have == 0 && after.health.sessions.total == 0;
    if before.hours < HOURS_MIN || after.hours < HOURS_MIN || is_unused {
        let text = "There are no sessions, and errors by the hour want an hour of each release and an error"
            .to_owned();
        return Draft::unknown(name, Unit::PerHour, text);
    }
    let bunch = bunching(&before.errors_by_hour);
    let rate = |events: u64, hours: f64| Rate { events, exposure: hours };
    let thinned = |events: u64| thin(events, bunch);
    let p = two_rates(rate(thinned(had), before.hours), rate(thinned(have), after.hours));
    let (old, new) = (rate(had, before.hours).per_one(), rate(have, after.hours).per_one());
    let is_more = |more: f64, less: f64| more >= less * ERRORS_RATIO_MIN && more - less >= ERRORS_STEP_MIN;
    let state = if is_more(new, old) && have >= ERRORS_MIN {
        State::Worse
    } else if is_more(old, new) && had >= ERRORS_MIN {
        State::Better
    } else {
        State::Same
    };
    let fragment = format!("errors {new:.1} vs {old:.1} an hour");
    let check = Check {
        state,
        before: Some(old),
        after: Some(new),
        p: Some(p),
        test: Some(Test::PoissonRates),
        sentence: words::sentence(&format!("{fragment}; there are no sessions to measure by")),
        ..blank(name, Unit::PerHour)
    };
    Draft { check, otherwise: State::Same, fragment }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count, and no larger than it was"
)]
fn thin(events: u64, bunch: f64) -> u64 {
    (events as f64 / bunch).round() as u64
}

fn new_issues(facts: &Facts) -> Draft {
    let (name, after) = (CheckName::NewIssues, &facts.after);
    let fragment = words::some(after.new_issues, "new issue");
    let Some(before) = &facts.before else {
        let unknown = Draft::unknown(name, Unit::Count, words::sentence(&fragment));
        let check = Check { after: Some(after.new_issues as f64), ..unknown.check };
        return Draft { check, fragment, ..unknown };
    };
    let earlier = facts.earlier.iter().copied();
    let (known, hours) = earlier
        .chain([(before.new_issues, before.hours)])
        .fold((0, 0.0), |(issues, hours), (more, longer)| (issues + more, hours + longer));
    let usual = Rate { events: known, exposure: hours };
    let now = Rate { events: after.new_issues, exposure: after.hours };
    let expected = usual.per_one() * after.hours;
    let is_more = after.new_issues >= NEW_ISSUES_MIN && now.per_one() > usual.per_one();
    let usually = match facts.earlier.len() + 1 {
        1 => format!("{} in the release before at this age", before.new_issues),
        of => format!("{expected:.1} on average in the {of} releases before at this age"),
    };
    let check = Check {
        state: if is_more { State::Worse } else { State::Same },
        before: Some(expected),
        after: Some(after.new_issues as f64),
        p: Some(two_rates(usual, now)),
        test: Some(Test::PoissonRates),
        sentence: words::sentence(&format!("{fragment}; {usually}")),
        ..blank(name, Unit::Count)
    };
    Draft { check, otherwise: State::Same, fragment }
}

/// That a fix did not hold follows from the order of releases: no chance is in it.
fn regressed(facts: &Facts) -> Draft {
    let all = facts.regressed.len() as u64;
    let events: u64 = facts.regressed.iter().sum();
    let loud = facts.regressed.iter().any(|events| *events >= REGRESSED_EVENTS_MIN);
    let fragment = match all {
        0 => "no issue came back".to_owned(),
        1 => "1 issue came back".to_owned(),
        all => format!("{} issues came back", words::number(all)),
    };
    let events = if all > 0 {
        format!(", with {} in this release", words::some(events, "event"))
    } else {
        String::new()
    };
    let check = Check {
        state: if loud { State::Worse } else { State::Same },
        after: Some(all as f64),
        sentence: words::sentence(&format!("{fragment}{events}")),
        ..blank(CheckName::RegressedIssues, Unit::Count)
    };
    Draft { check, otherwise: State::Same, fragment }
}

/// The transaction that became slowest stands for all. That a difference is no chance is in the comparison, and for how many there are.
fn durations(facts: &Facts) -> Draft {
    let (name, unit) = (CheckName::DurationP95, Unit::Milliseconds);
    if facts.transactions.is_empty() {
        return Draft::unknown(name, unit, "No traces yet".to_owned());
    }
    let of = |change: Change| facts.transactions.iter().filter(move |one| one.comparison.change == change);
    let by_ratio = |a: &&Compared, b: &&Compared| a.ratio().total_cmp(&b.ratio());
    let (slower, faster, same) =
        (of(Change::Slower).count(), of(Change::Faster).count(), of(Change::Same).count());
    let known = (slower + faster + same) as u64;
    let (state, telling, others) = if slower > 0 {
        (State::Worse, of(Change::Slower).max_by(by_ratio), slower - 1)
    } else if faster > 0 {
        (State::Better, of(Change::Faster).min_by(by_ratio), faster - 1)
    } else {
        (State::Same, of(Change::Same).max_by(by_ratio), 0)
    };
    let Some((telling, before, after)) =
        telling.and_then(|one| Some((one, one.comparison.before?, one.comparison.after?)))
    else {
        let text = format!(
            "{}, none with {DURATIONS_MIN} in both releases",
            words::some(facts.transactions.len() as u64, "transaction")
        );
        return Draft::unknown(name, unit, words::sentence(&text));
    };
    let times = format!("{} vs {}", slower::duration(after.us), slower::duration(before.us));
    let fragment = format!("p95 of {} {times}", telling.name);
    let told = match state {
        State::Same => format!("of {}, none is slower", words::some(known, "transaction")),
        _ if others > 0 => {
            let how = if slower > 0 { "slower" } else { "faster" };
            format!("{} more of {} {how}", words::number(others as u64), words::number(known))
        }
        _ => format!("of {}", words::some(known, "transaction")),
    };
    let ms = |us: f64| us / 1_000.0;
    let check = Check {
        state,
        before: Some(ms(before.us)),
        after: Some(ms(after.us)),
        // JSON has no infinity.
        interval: after.high_us.is_finite().then_some((ms(after.low_us), ms(after.high_us))),
        sentence: words::sentence(&format!("{fragment}; {told}")),
        ..blank(name, unit)
    };
    Draft { check, otherwise: State::Same, fragment }
}

/// How long it takes for so many more, at the rate until now.
pub(super) fn time_for(more: u64, have: u64, age: SignedDuration) -> Option<SignedDuration> {
    if have == 0 || !age.is_positive() {
        return None;
    }
    SignedDuration::try_from_secs_f64(age.as_secs_f64() * more as f64 / have as f64).ok()
}
