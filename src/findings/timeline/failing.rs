//! What else began to fail when an issue changed: other issues, by their counts and by what happened to them, and the hosts that its events
//! tell of.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::findings::timeline::Span;
use crate::findings::{Result, Sources};
use crate::insight::timeline::jumps::{BEFORE_SECONDS, Counts, Jump, jump};
use crate::insight::timeline::{Kind, Moment, Target, near};
use crate::insight::words::{length, number, some};
use crate::model::event::calls::calls;
use crate::model::ids::{IssueId, ProjectId};
use crate::model::issue::Issue;
use crate::model::query::{Expr, Leaf, Query};
use crate::model::series::{Resolution, Scope};
use crate::model::short_id::short_id;
use crate::model::signal::SignalKind;
use crate::model::standing::ChangePoint;
use crate::search::Filter;

/// Other issues that one timeline names, those with the most events first.
const ISSUES_MAX: usize = 30;
/// What happened near a change, over all projects.
const SIGNALS_MAX: usize = 500;
/// What is counted behind the stretch that is near, so that a jump at its end can be told.
const AFTER: SignedDuration = SignedDuration::from_mins(30);
/// Beyond this age of a change counts are taken by the hour.
const MINUTES_KEPT: SignedDuration = SignedDuration::from_hours(45);
/// A change-point that is this uncertain is near to too much.
const UNCERTAIN_MAX: SignedDuration = SignedDuration::from_hours(6);
/// Events of the issue whose calls are read, the newest first.
const EVENTS_READ_MAX: usize = 5;
/// Hosts that are followed; each costs a walk over an hour or two of the index.
const HOSTS_MAX: usize = 2;
/// Search key of a host that calls failed to, as breadcrumbs tell.
const FAILED_HOST: &str = "failed.host";

/// The buckets around a change.
struct Window {
    resolution: Resolution,
    /// The last bucket is the one that this is in.
    end: Timestamp,
    buckets: usize,
    /// Which of them are near the change.
    near: (usize, usize),
}

impl Window {
    fn of(change: &ChangePoint, now: Timestamp) -> Option<Self> {
        let (from, to) = near(change);
        if change.to.duration_since(change.from) > UNCERTAIN_MAX {
            return None;
        }
        let resolution =
            if now.duration_since(from) <= MINUTES_KEPT { Resolution::Minute } else { Resolution::Hour };
        let seconds = resolution.bucket_seconds();
        // A quarter more than what a jump needs before it; of hours a day.
        let before = match resolution {
            Resolution::Minute => SignedDuration::from_secs(BEFORE_SECONDS * 5 / 4),
            Resolution::Hour | Resolution::Day => SignedDuration::from_secs(seconds * 24),
        };
        let end = to.checked_add(AFTER).unwrap_or(Timestamp::MAX).min(now);
        let bucket = |at: Timestamp| at.as_second().div_euclid(seconds);
        let first = bucket(from.checked_sub(before).ok()?);
        let place = |at: Timestamp| usize::try_from(bucket(at) - first).ok();
        Some(Self { resolution, end, buckets: place(end)? + 1, near: (place(from)?, place(to)?) })
    }

    fn start(&self, bucket: usize) -> Timestamp {
        let seconds = self.resolution.bucket_seconds();
        let last = self.end.as_second().div_euclid(seconds);
        let behind = i64::try_from(self.buckets - 1 - bucket).unwrap_or(0);
        Timestamp::from_second((last - behind) * seconds).unwrap_or(self.end)
    }

    fn jump(&self, counts: &[u64]) -> Option<Jump> {
        let bucket_seconds = self.resolution.bucket_seconds();
        jump(Counts { counts, bucket_seconds }, self.near.0, self.near.1)
    }

    /// When it began. An hour that holds the change tells no more than that it was about then.
    fn moment(&self, bucket: usize, change: &ChangePoint) -> Timestamp {
        let start = self.start(bucket);
        let holds =
            (0..self.resolution.bucket_seconds()).contains(&(change.at.as_second() - start.as_second()));
        if self.resolution == Resolution::Hour && holds { change.at } else { start }
    }
}

impl Sources<'_> {
    pub(super) fn failing_with(&self, issue: &Issue, span: &Span<'_>) -> Result<Vec<Moment>> {
        let Some(change) = span.change else { return Ok(Vec::new()) };
        let Some(window) = Window::of(change, span.now) else { return Ok(Vec::new()) };
        let mut found = self.issues_with(issue, change, &window)?;
        found.extend(self.hosts_with(issue, change, &window)?);
        found.retain(|moment| (span.from..=span.to).contains(&moment.at));
        Ok(found)
    }

    fn issues_with(&self, issue: &Issue, change: &ChangePoint, window: &Window) -> Result<Vec<Moment>> {
        // Of each issue when, how much of it there was, and what to say.
        let mut found: HashMap<IssueId, (Timestamp, u64, String)> = HashMap::new();
        self.store.each_recent(
            window.resolution,
            None,
            window.end,
            window.buckets,
            &mut |scope, counts| {
                let Scope::Issue(of) = scope else { return };
                let counts: Vec<u64> = counts.iter().map(|count| u64::from(*count)).collect();
                let Some(jumped) = window.jump(&counts) else { return };
                let of = self.store.shown_issue(of);
                let known = found.get(&of).map_or(0, |(_, events, _)| *events);
                if of != issue.id && jumped.events > known {
                    found.insert(of, (window.moment(jumped.bucket, change), jumped.events, worded(&jumped)));
                }
            },
        )?;
        let (from, to) = near(change);
        for signal in self.store.signals_between(from, to, SIGNALS_MAX)? {
            let what = match signal.kind {
                SignalKind::New => "began",
                SignalKind::Regressed => "came back",
                SignalKind::CameBack => "came back from the archive",
            };
            let of = self.store.shown_issue(signal.issue);
            let is_near = (from..=to).contains(&signal.event_at);
            if of != issue.id && is_near {
                let entry = found.entry(of).or_insert_with(|| (signal.event_at, 0, String::new()));
                let counted = if entry.2.is_empty() { String::new() } else { format!(": {}", entry.2) };
                *entry = (signal.event_at, entry.1.max(1), format!("{what}{counted}"));
            }
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by_key(|(of, (_, events, _))| (std::cmp::Reverse(*events), *of));
        let ids: Vec<IssueId> = found.iter().map(|(of, _)| *of).collect();
        let issues = self.store.find_issues(&ids)?.into_iter().filter(|of| (self.sees)(of.project));
        let issues: HashMap<IssueId, Issue> = issues.map(|of| (of.id, of)).collect();
        let directory = self.store.directory();
        let moment = |(of, (at, _, detail)): (IssueId, (Timestamp, u64, String))| {
            let of = issues.get(&of)?;
            let project = directory.projects.get(&of.project)?;
            let title = format!("{} {}", short_id(project, of.number), of.headline.title);
            Some(Moment {
                target: Some(Target::Issue(of.id)),
                project: Some(of.project),
                is_own: of.project == issue.project,
                ..Moment::new(Kind::Issue, at, &title).detailed(&detail)
            })
        };
        Ok(found.into_iter().filter_map(moment).take(ISSUES_MAX).collect())
    }

    /// Hosts that the issue's own events failed to call, where failed calls to them jumped with it.
    fn hosts_with(&self, issue: &Issue, change: &ChangePoint, window: &Window) -> Result<Vec<Moment>> {
        let mut hosts: Vec<(String, usize)> = Vec::new();
        for place in self.store.issue_events(issue.id, None, EVENTS_READ_MAX)? {
            let Some(stored) = self.reader.read(&place)? else { continue };
            for (_, call) in calls(&stored.event).filter(|(_, call)| call.failed) {
                let host = call.host.unwrap_or(call.path);
                // A star would stand for any host.
                if host.contains('*') {
                    continue;
                }
                match hosts.iter_mut().find(|(known, _)| *known == host) {
                    Some((_, times)) => *times += 1,
                    None => hosts.push((host, 1)),
                }
            }
        }
        hosts.sort_by_key(|(host, times)| (std::cmp::Reverse(*times), host.clone()));
        let visible: Vec<ProjectId> =
            self.store.directory().projects.keys().copied().filter(|project| (self.sees)(*project)).collect();
        let seconds = window.resolution.bucket_seconds();
        let end = window.start(window.buckets - 1).checked_add(SignedDuration::from_secs(seconds));
        let (from, to) = (window.start(0), end.unwrap_or(window.end));
        let mut found = Vec::new();
        for (host, _) in hosts.into_iter().take(HOSTS_MAX) {
            let leaf = Leaf::Tag { key: FAILED_HOST.to_owned(), value: host.clone() };
            let query = Query { tree: Expr::from(leaf) };
            let filter = Filter { projects: Some(&visible), ..Filter::of(&query) };
            let counts = self.search.histogram(&filter, from, to, window.buckets)?;
            if let Some(jumped) = window.jump(&counts) {
                found.push(Moment {
                    is_own: true,
                    ..Moment::new(Kind::Host, window.moment(jumped.bucket, change), &host)
                        .detailed(&format!("failed calls: {}", worded(&jumped)))
                });
            }
        }
        Ok(found)
    }
}

/// `200 events in 30 min, 2 in the 60 min before`.
fn worded(jumped: &Jump) -> String {
    let (after, before) =
        (SignedDuration::from_secs(jumped.seconds), SignedDuration::from_secs(jumped.before_seconds));
    format!(
        "{} in {}, {} in the {} before",
        some(jumped.events, "event"),
        length(after),
        number(jumped.before),
        length(before)
    )
}
