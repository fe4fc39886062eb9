//! Whether a fix holds: what was seen since it was there to be seen. That nothing came says something only where people
//! were there, so silence is weighed by how often the issue was seen before.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::insight::statistics::{bunching, nothing_of};
use crate::insight::words;

/// How long before the resolution it is looked at how often the issue was seen: a week has its weekend.
pub const BEFORE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Sessions before the resolution from which on a rate by session is one.
const SESSIONS_MIN: u64 = 50;
/// Silence that is likelier than this by chance alone is called early (the usual bound, and the rule of three).
const CHANCE_MAX: f64 = 0.05;
/// Releases that a sentence names.
const NAMED_MAX: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FixState)]
pub enum State {
    Holding,
    NotFixed,
    NoTraffic,
    NotDeployed,
}

/// Where the fix is said to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Promise {
    /// In what ran when it was said.
    Now,
    Release(String),
    NextRelease,
    Commit(String),
}

/// A release that has the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    pub version: String,
    /// First, and to where.
    pub deployed: Option<(String, Timestamp)>,
    /// By an event or a session.
    pub first_seen: Option<Timestamp>,
    /// Events of the issue since the fix was there.
    pub events: u64,
}

impl Fixed {
    fn began(&self) -> Option<Timestamp> {
        let deployed = self.deployed.as_ref().map(|(_, at)| *at);
        [deployed, self.first_seen].into_iter().flatten().min()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub promise: Promise,
    pub resolved: Timestamp,
    pub now: Timestamp,
    /// Nothing tells releases of this project apart: what came after the resolution counts.
    pub without_releases: bool,
    pub fixed: Vec<Fixed>,
    /// Events of the issue that count and name no release.
    pub events_without_release: u64,
    /// Events of the issue since the resolution in releases without the fix …
    pub older_events: u64,
    /// … and in which, those that last sent some first.
    pub older: Vec<(String, u64)>,
    /// Sessions of releases with the fix since it was there.
    pub sessions: u64,
    /// Events of other issues in them.
    pub other_events: u64,
    /// Before the resolution: events of the issue by the hour, and sessions of the project.
    pub before_by_hour: Vec<u64>,
    pub sessions_before: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FixWatch {
    pub state: State,
    /// When the fix was first there to be seen.
    pub since: Option<Timestamp>,
    /// Events of the issue where there should be none.
    pub events: u64,
    /// At the rate before it would have been seen so often by now.
    pub expected: Option<f64>,
    /// How likely it would be to see nothing although it is not fixed.
    pub chance: Option<f64>,
    pub sentence: String,
    /// What releases without the fix still send; nothing to worry about.
    pub quiet: Option<String>,
}

/// When a fix could first be seen; of one that was there already, since it was said.
pub fn since(
    promise: &Promise,
    resolved: Timestamp,
    without_releases: bool,
    fixed: &[Fixed],
) -> Option<Timestamp> {
    if without_releases {
        return Some(resolved);
    }
    let began = fixed.iter().filter_map(Fixed::began).min()?;
    Some(if *promise == Promise::Now { began.max(resolved) } else { began })
}

pub fn watch(facts: &Facts) -> FixWatch {
    let since = since(&facts.promise, facts.resolved, facts.without_releases, &facts.fixed);
    let events = facts.events_without_release + facts.fixed.iter().map(|fixed| fixed.events).sum::<u64>();
    let quiet = (facts.older_events > 0).then(|| {
        format!("Still seen in releases before the fix: {}", words::some(facts.older_events, "event"))
    });
    let plain = |state, sentence| FixWatch {
        state,
        since,
        events,
        expected: None,
        chance: None,
        sentence,
        quiet: quiet.clone(),
    };
    if events > 0 {
        return plain(State::NotFixed, format!("Not fixed: {}", seen(facts)));
    }
    let Some(since) = since else {
        return plain(State::NotDeployed, undeployed(&facts.promise));
    };
    if facts.sessions == 0 && facts.other_events == 0 {
        return plain(State::NoTraffic, format!("No traffic yet, cannot tell{}", deployed(facts)));
    }
    let length = facts.now.duration_since(since);
    let traffic = if facts.sessions > 0 {
        format!("over {}", words::some(facts.sessions, "session"))
    } else {
        format!("over {} of other issues", words::some(facts.other_events, "event"))
    };
    let holding = format!("Holding for {} {traffic}", words::length(length));
    let expected = expected(facts, length);
    let chance = expected.map(|expected| nothing_of(expected / bunching(&facts.before_by_hour)));
    let certainty = match (expected, chance) {
        (Some(expected), Some(chance)) if chance <= CHANCE_MAX => {
            format!("; it would have been seen about {} by now", times(expected))
        }
        (Some(_), Some(chance)) => {
            format!("; early: by chance alone it would be this quiet with {}", words::percent(chance))
        }
        _ => String::new(),
    };
    FixWatch { expected, chance, ..plain(State::Holding, format!("{holding}{certainty}")) }
}

/// `None` where it was not seen before, so that nothing can be expected.
fn expected(facts: &Facts, length: SignedDuration) -> Option<f64> {
    let before: u64 = facts.before_by_hour.iter().sum();
    if before == 0 {
        return None;
    }
    if facts.sessions_before >= SESSIONS_MIN && facts.sessions > 0 {
        return Some(before as f64 / facts.sessions_before as f64 * facts.sessions as f64);
    }
    let hours = facts.before_by_hour.len() as f64;
    Some(before as f64 / hours * length.as_secs_f64().max(0.0) / 3_600.0)
}

fn times(expected: f64) -> String {
    if expected >= 2.0 { format!("{expected:.0} times") } else { "once".to_owned() }
}

/// `14 events in shop 2.14.4 and 2 in shop 2.14.5`, the most first.
fn seen(facts: &Facts) -> String {
    let mut loud: Vec<&Fixed> = facts.fixed.iter().filter(|fixed| fixed.events > 0).collect();
    loud.sort_by_key(|fixed| std::cmp::Reverse(fixed.events));
    let mut parts: Vec<String> = Vec::new();
    let mut add = |events: u64, place: &str| {
        let events = if parts.is_empty() { words::some(events, "event") } else { words::number(events) };
        parts.push(format!("{events} {place}"));
    };
    for fixed in loud.iter().take(NAMED_MAX) {
        add(fixed.events, &format!("in {}", words::release(&fixed.version)));
    }
    let rest: u64 = loud.iter().skip(NAMED_MAX).map(|fixed| fixed.events).sum();
    if rest > 0 {
        add(rest, "in newer releases");
    }
    if facts.events_without_release > 0 {
        let place = if facts.without_releases { "since it was resolved" } else { "without a release" };
        add(facts.events_without_release, place);
    }
    words::list(&parts)
}

fn undeployed(promise: &Promise) -> String {
    match promise {
        Promise::Release(version) => {
            format!("{} is not deployed yet", words::sentence(&words::release(version)))
        }
        Promise::NextRelease => "The next release is not out yet".to_owned(),
        Promise::Commit(commit) => format!("No release with commit {} is out yet", words::release(commit)),
        Promise::Now => "No release is in use yet".to_owned(),
    }
}

fn deployed(facts: &Facts) -> String {
    let deploys = facts.fixed.iter().filter_map(|fixed| Some((fixed, fixed.deployed.as_ref()?)));
    let Some((fixed, (environment, at))) = deploys.min_by_key(|(_, (_, at))| *at) else {
        return String::new();
    };
    let release = words::release(&fixed.version);
    format!(": {release} went to {environment} {} ago", words::length(facts.now.duration_since(*at)))
}

#[cfg(test)]
mod tests;
