//! Findings as people read them, and as the search takes them.

use crate::insight::differs::bounds::{FAILING_MIN, OTHERS_MIN};
use crate::insight::differs::candidates::Candidate;
use crate::insight::differs::weights::Weights;
use crate::insight::differs::{Against, Comparison, Difference, Direction, keys};
use crate::insight::words::{number, percent, some};
use crate::model::query::quoted;

/// Nearer to all or to nothing, a share is told with digits.
const WHOLE_PERCENT_MIN: f64 = 0.005;

/// Why nothing can be said; `None`: there is enough.
pub(super) fn too_few(comparison: &Comparison, weights: &Weights) -> Option<String> {
    let samples = &comparison.events;
    let events = some(comparison.failing, "event");
    if samples.failing.is_empty() {
        return Some("No events in this time".to_owned());
    }
    let voices: f64 = weights.failing.iter().sum();
    if voices < FAILING_MIN {
        let is_one =
            weights.loudest * 2 > samples.failing.len() && samples.failing.len() as f64 >= FAILING_MIN;
        return Some(if is_one {
            format!(
                "{} of {events} come from one user: too few people to tell what they have in common",
                share_of(weights.loudest, samples.failing.len())
            )
        } else {
            format!("Too few to say: {events}")
        });
    }
    if weights.others.iter().sum::<f64>() < OTHERS_MIN {
        return Some(format!("Too few others to compare with: {}", some(comparison.others, "event")));
    }
    None
}

fn share_of(hits: usize, of: usize) -> String {
    rounded(hits as f64 / of.max(1) as f64)
}

/// `94 %`, and only near all or nothing with digits.
pub fn rounded(rate: f64) -> String {
    let is_near = (rate > 0.0 && rate < WHOLE_PERCENT_MIN) || (rate < 1.0 && rate > 1.0 - WHOLE_PERCENT_MIN);
    if is_near { percent(rate) } else { format!("{:.0} %", rate * 100.0) }
}

pub(super) fn difference(comparison: &Comparison, candidate: &Candidate) -> Difference {
    let (failing, others) = (candidate.failing, candidate.others);
    let ratio = (others.hits > 0).then(|| failing.rate() / others.rate());
    Difference {
        key: candidate.key.clone(),
        label: keys::label(&candidate.key),
        value: candidate.value.clone(),
        direction: candidate.direction(),
        failing,
        others,
        against: candidate.against,
        ratio,
        p_value: candidate.p_value,
        sentence: sentence(comparison, candidate),
        query: query(&candidate.key, &candidate.value),
    }
}

fn sentence(comparison: &Comparison, candidate: &Candidate) -> String {
    let (events, others) = match (comparison.is_issue, candidate.against, candidate.key.starts_with("span."))
    {
        (_, _, true) => ("its traces", "those that went well"),
        (true, Against::Events, _) => ("its events", "the others"),
        (true, Against::Sessions, _) => ("its events", "all sessions"),
        (true, Against::Transactions, _) => ("its events", "all transactions"),
        (false, ..) => ("these events", "the others"),
    };
    let share = |rate: f64| if rate > 0.0 { rounded(rate) } else { "none".to_owned() };
    let phrase = keys::phrase(&candidate.key, &candidate.value);
    let (ours, theirs) = (share(candidate.failing.rate()), share(candidate.others.rate()));
    let days = if candidate.key == "hour" { days(comparison, &candidate.value) } else { String::new() };
    let ours = if candidate.failing.hits == 0 { "None".to_owned() } else { ours };
    debug_assert!(candidate.direction() == Direction::Over || candidate.others.hits > 0, "less than nothing");
    format!("{ours} of {events} {phrase}{days}, {theirs} of {others}")
}

fn days(comparison: &Comparison, hour: &str) -> String {
    const HOUR_MS: i64 = 3_600_000;
    let Ok(hour) = hour.parse::<i64>() else { return String::new() };
    let here = comparison.events.failing.iter().map(|event| event.at.div_euclid(HOUR_MS));
    let days: std::collections::HashSet<i64> =
        here.filter(|at| at.rem_euclid(24) == hour).map(|at| at.div_euclid(24)).collect();
    format!(", on {} days", number(days.len() as u64))
}

/// `None`: the language has no words for it.
pub fn query(key: &str, value: &str) -> Option<String> {
    if key.starts_with("span.") || value.contains('*') || value.chars().any(char::is_control) {
        return None;
    }
    let is_plain_key = key.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
    let key = match is_plain_key {
        true => key.to_owned(),
        false if key.contains([']', '"']) || key.chars().any(char::is_control) => return None,
        false => format!("tags[{key}]"),
    };
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '@' | '+' | ':');
    let is_bare = value.starts_with(|c: char| c.is_alphanumeric() || c == '/') && value.chars().all(is_plain);
    Some(if is_bare && value != "latest" {
        format!("{key}:{value}")
    } else {
        format!("{key}:{}", quoted(value))
    })
}
