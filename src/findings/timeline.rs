//! What happened in a stretch of an issue's time, from everything that this server knows: counts, deploys, releases, incidents, alerts,
//! other issues, hosts that failed, notes, and what people did.

use jiff::{SignedDuration, Timestamp};

use crate::findings::{Result, Sources};
use crate::insight::timeline::{self, Moment};
use crate::model::issue::Issue;
use crate::model::series::{Resolution, Scope};
use crate::model::standing::ChangePoint;

mod failing;
mod moments;

/// Up to here a timeline is drawn by five minutes: a day has 288 of them, and counts by the minute are kept for two.
const FINE_MAX: SignedDuration = SignedDuration::from_hours(36);
const FINE_SECONDS: i64 = 300;
/// How long counts by the minute are there for sure; they are kept by the day.
const MINUTES_KEPT: SignedDuration = SignedDuration::from_hours(47);
/// Up to here by the hour, beyond by the day.
const HOURS_MAX: SignedDuration = SignedDuration::from_hours(24 * 14);
const HOURS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 34);
/// As long as counts are kept at all.
pub const LENGTH_MAX: SignedDuration = SignedDuration::from_hours(24 * 400);
/// What is shown where nobody asked for a stretch, and around a change where there was one.
const LENGTH: SignedDuration = SignedDuration::from_hours(24);

pub struct Timeline {
    pub from: Timestamp,
    pub to: Timestamp,
    pub bucket_seconds: i64,
    /// The beginning of each bucket in seconds, and its events.
    pub issue: Vec<(i64, u64)>,
    pub project: Vec<(i64, u64)>,
    pub moments: Vec<Moment>,
    pub change: Option<ChangePoint>,
    pub sentences: Vec<String>,
}

/// What is asked of it.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// When the issue changed, as far as somebody judged it.
    pub change: Option<ChangePoint>,
    pub now: Timestamp,
}

/// The stretch whose moments are gathered, and what is near.
struct Span<'a> {
    from: Timestamp,
    to: Timestamp,
    now: Timestamp,
    change: Option<&'a ChangePoint>,
}

impl Sources<'_> {
    pub fn timeline(&self, issue: &Issue, asked: &Asked) -> Result<Timeline> {
        let (from, to) = stretch(issue, asked);
        let change = asked.change.filter(|change| change.to >= from && change.from <= to);
        let span = Span { from, to, now: asked.now, change: change.as_ref() };
        let (bucket_seconds, issue_counts, project_counts) = self.counts(issue, &span)?;
        let moments = timeline::choose(self.moments(issue, &span)?, change.as_ref());
        Ok(Timeline {
            from,
            to,
            bucket_seconds,
            issue: issue_counts,
            project: project_counts,
            sentences: timeline::sentences(&moments, change.as_ref()),
            moments,
            change,
        })
    }

    fn counts(&self, issue: &Issue, span: &Span<'_>) -> Result<(i64, Counts, Counts)> {
        let (length, age) = (span.to.duration_since(span.from), span.now.duration_since(span.from));
        let resolution = if length <= FINE_MAX && age <= MINUTES_KEPT {
            Resolution::Minute
        } else if length <= HOURS_MAX && age <= HOURS_KEPT {
            Resolution::Hour
        } else {
            Resolution::Day
        };
        let scopes = [Scope::Issue(issue.id), Scope::Project(issue.project)];
        let mut found = self.store.series_of(&scopes, resolution, span.from, span.to)?;
        if resolution == Resolution::Minute {
            found = found.into_iter().map(|counts| coarse(&counts, FINE_SECONDS)).collect();
        }
        let bucket_seconds =
            if resolution == Resolution::Minute { FINE_SECONDS } else { resolution.bucket_seconds() };
        let project = found.pop().unwrap_or_default();
        Ok((bucket_seconds, found.pop().unwrap_or_default(), project))
    }
}

type Counts = Vec<(i64, u64)>;

/// Sums of wider buckets.
fn coarse(counts: &[(i64, u64)], bucket_seconds: i64) -> Counts {
    let mut sums: Counts = Vec::with_capacity(counts.len() / 5 + 1);
    for (at, count) in counts {
        let bucket = at - at.rem_euclid(bucket_seconds);
        match sums.last_mut().filter(|last| last.0 == bucket) {
            Some(last) => last.1 += count,
            None => sums.push((bucket, *count)),
        }
    }
    sums
}

/// What was asked for; else around its change, the last day, or the last that it was seen on.
fn stretch(issue: &Issue, asked: &Asked) -> (Timestamp, Timestamp) {
    let before = |at: Timestamp, length| at.checked_sub(length).unwrap_or(Timestamp::MIN);
    if asked.from.is_none() && asked.to.is_none() {
        let half = LENGTH / 2;
        let last = asked.now.min(issue.last_seen.checked_add(half).unwrap_or(Timestamp::MAX));
        let around = asked.change.map(|change| change.at.checked_add(half).unwrap_or(Timestamp::MAX));
        let to = around.map_or(last, |around| around.min(asked.now));
        return (before(to, LENGTH), to);
    }
    let to = asked.to.unwrap_or(asked.now).min(asked.now);
    let from = asked.from.unwrap_or_else(|| before(to, LENGTH)).min(to);
    (from.max(before(to, LENGTH_MAX)), to)
}

#[cfg(test)]
mod tests;
