//! How soon somebody should look at an issue, from 0 to 1000, with the reasons in words.
//!
//! Points, because a person must be able to follow them: what it costs now (how many events, how many people), what is new (a jump,
//! that counts less by half every six hours), what is known to be bad (priority, nobody caught it). Kinds that can wait take a
//! share off, and so does time without an event. What is resolved or archived has been looked at.

use jiff::SignedDuration;

use crate::insight::pattern::Evidence;
use crate::insight::pattern::told;
use crate::insight::words;
use crate::model::issue::PriorityLevel;
use crate::model::standing::{PatternKind, URGENCY_MAX};

/// A jump is the one thing that somebody can still stop: the most points.
const JUMP_POINTS: f64 = 300.0;
/// After as long somebody has seen it, or it is how things are.
const JUMP_HALF_LIFE_HOURS: f64 = 6.0;
/// From ten times as much on a jump counts in full.
const JUMP_RATIO_FULL: f64 = 10.0;
/// People count more than events: one person's loop is many events.
const USERS_POINTS: f64 = 250.0;
/// So many have all points; each tenth of them a third less.
const USERS_FULL: f64 = 1_000.0;
const EVENTS_POINTS: f64 = 200.0;
/// Events a day.
const EVENTS_FULL: f64 = 10_000.0;
const HIGH_POINTS: f64 = 150.0;
const MEDIUM_POINTS: f64 = 75.0;
const UNHANDLED_POINTS: f64 = 50.0;
/// A service that fails takes more with it than the one issue shows.
const DEPENDENCY_POINTS: f64 = 50.0;
/// What one user has can be told to that user; what fades is being mended; what is rare is so tomorrow too.
const ONE_USER_SHARE: f64 = 0.6;
const FADING_SHARE: f64 = 0.5;
const RARE_SHARE: f64 = 0.8;
/// Without an event for a day it is half as urgent, and after ten days not at all.
const QUIET_HALF_LIFE_HOURS: f64 = 24.0;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Urgency {
    pub value: u32,
    /// What counts most first.
    pub reasons: Vec<String>,
}

pub(in crate::insight) fn urgency(evidence: &Evidence<'_>, kind: PatternKind) -> Urgency {
    let facts = evidence.facts;
    if !facts.is_open {
        return Urgency { value: 0, reasons: vec!["it is resolved or archived".to_owned()] };
    }
    let mut points: Vec<(f64, String)> = Vec::new();
    let mut add = |worth: f64, reason: String| points.push((worth, reason));
    let hours_since = |second: i64| ((facts.now.as_second() - second) as f64 / 3_600.0).max(0.0);
    if let Some(jump) = evidence.jump.filter(|_| evidence.rates.ended.is_none()) {
        let size = (jump.ratio().min(JUMP_RATIO_FULL).ln() / JUMP_RATIO_FULL.ln()).clamp(0.0, 1.0);
        let ago = words::length(SignedDuration::from_secs(facts.now.as_second() - jump.at));
        add(
            JUMP_POINTS * size * halved(hours_since(jump.at), JUMP_HALF_LIFE_HOURS),
            format!("it jumped {ago} ago"),
        );
    }
    add(USERS_POINTS * on_scale(facts.users as f64, USERS_FULL), words::some(facts.users, "user"));
    let per_day = evidence.rates.now_per_day;
    add(EVENTS_POINTS * on_scale(per_day, EVENTS_FULL), format!("{} a day", told::rate(per_day)));
    match facts.priority {
        PriorityLevel::High => add(HIGH_POINTS, "its priority is high".to_owned()),
        PriorityLevel::Medium => add(MEDIUM_POINTS, "its priority is medium".to_owned()),
        PriorityLevel::Low => {}
    }
    if facts.is_unhandled {
        add(UNHANDLED_POINTS, "nobody catches it".to_owned());
    }
    if kind == PatternKind::Dependency {
        add(DEPENDENCY_POINTS, "a service fails that others may call too".to_owned());
    }
    let (share, lessened) = match kind {
        PatternKind::OneUser => (ONE_USER_SHARE, Some("less, because one user or tenant has it")),
        PatternKind::Fading => (FADING_SHARE, Some("less, because it fades")),
        PatternKind::Rare => (RARE_SHARE, Some("less, because it is rare")),
        _ => (1.0, None),
    };
    let quiet_hours = hours_since(facts.last_seen.as_second());
    let sum: f64 = points.iter().map(|(worth, _)| worth).sum();
    let value = sum * share * halved(quiet_hours, QUIET_HALF_LIFE_HOURS);
    points.retain(|(worth, _)| *worth >= 1.0);
    points.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut reasons: Vec<String> = points.into_iter().map(|(_, reason)| reason).collect();
    reasons.extend(lessened.map(str::to_owned));
    if quiet_hours >= QUIET_HALF_LIFE_HOURS / 2.0 {
        let quiet =
            words::length(SignedDuration::from_secs(facts.now.duration_since(facts.last_seen).as_secs()));
        reasons.push(format!("less, because it was last seen {quiet} ago"));
    }
    let value = u32::try_from(words::whole(value)).unwrap_or(URGENCY_MAX).min(URGENCY_MAX);
    Urgency { value, reasons }
}

fn halved(hours: f64, half_life: f64) -> f64 {
    0.5_f64.powf(hours / half_life)
}

/// From 0 of one to 1 of `full`, alike for each tenfold.
fn on_scale(count: f64, full: f64) -> f64 {
    (count.max(1.0).ln() / full.ln()).clamp(0.0, 1.0)
}
