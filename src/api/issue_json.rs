//! An issue as Sentry's API shows it.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::error::{ApiError, Result};
use crate::api::status_details::{StatusDetails, StillSeenJson};
use crate::api::{Api, when};
use crate::model::account::Account;
use crate::model::event::Level;
use crate::model::grouping::Metadata;
use crate::model::ids::{AccountId, IssueId};
use crate::model::issue::{Issue, PriorityLevel, Status, Substatus};
use crate::model::mark::Mark;
use crate::model::project::Project;
use crate::model::series::{Resolution, Scope};
use crate::model::short_id::short_id;
use crate::model::standing::{PatternKind, Standing};
use crate::search::Match;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the shape is Sentry's")]
pub struct IssueJson {
    pub id: String,
    pub short_id: String,
    #[schema(required)]
    pub share_id: Option<String>,
    pub title: String,
    pub culprit: String,
    pub permalink: String,
    #[schema(required)]
    pub logger: Option<String>,
    pub level: Level,
    pub status: Status,
    pub status_details: StatusDetails,
    #[schema(required)]
    pub substatus: Option<Substatus>,
    /// Of a resolved issue: what releases from before the fix still send.
    #[schema(required)]
    pub still_seen: Option<StillSeenJson>,
    /// The release in which it last came back.
    #[schema(required)]
    pub regressed_in: Option<ReleaseName>,
    pub priority: PriorityLevel,
    /// When a person chose the priority.
    #[schema(required)]
    pub priority_locked_at: Option<String>,
    pub is_public: bool,
    pub platform: String,
    pub project: ProjectName,
    /// What the newest event is about: `error`, `default`, `csp`, …
    #[serde(rename = "type")]
    pub kind: String,
    pub metadata: MetadataJson,
    pub num_comments: u64,
    #[schema(required)]
    pub assigned_to: Option<Actor>,
    pub is_bookmarked: bool,
    pub is_subscribed: bool,
    pub has_seen: bool,
    pub annotations: Vec<String>,
    pub issue_type: String,
    pub issue_category: String,
    pub is_unhandled: bool,
    /// A number, as a string.
    pub count: String,
    pub user_count: u64,
    /// The number of users is an estimate: there were too many to keep each.
    pub user_count_estimated: bool,
    pub first_seen: String,
    pub last_seen: String,
    #[schema(required)]
    pub first_release: Option<ReleaseName>,
    #[schema(required)]
    pub last_release: Option<ReleaseName>,
    /// By period: pairs of a bucket's start in seconds and its count, oldest first.
    pub stats: BTreeMap<String, Vec<(i64, u64)>>,
    /// Where the free text of the query stands in an event of this issue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<MatchJson>,
    /// What kind of failure it is and how soon somebody should look, judged within the last minutes; `null` before that.
    #[schema(required)]
    pub standing: Option<StandingJson>,
}

#[derive(Serialize, ToSchema)]
pub struct StandingJson {
    pub pattern: PatternKind,
    /// When its rate changed last, where it did.
    #[schema(required)]
    pub since: Option<String>,
    /// Up to 1000.
    pub urgency: u32,
}

impl StandingJson {
    fn of(standing: Standing) -> Self {
        let since = standing.change.map(|change| when(change.at));
        Self { pattern: standing.pattern, since, urgency: standing.urgency }
    }
}

#[derive(Serialize, ToSchema, Clone)]
pub struct ProjectName {
    pub id: String,
    pub name: String,
    pub slug: String,
    #[schema(required)]
    pub platform: Option<String>,
}

impl ProjectName {
    pub fn of(project: &Project) -> Self {
        Self {
            id: project.id.to_string(),
            name: project.name.clone(),
            slug: project.slug.clone(),
            platform: project.platform.clone(),
        }
    }
}

/// What the title is made of.
#[derive(Serialize, ToSchema)]
pub struct MetadataJson {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    #[schema(required)]
    pub title: Option<String>,
}

impl MetadataJson {
    pub fn of(metadata: &Metadata) -> Self {
        let Metadata { kind, value, filename, function, title } = metadata.clone();
        Self { kind, value, filename, function, title }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Actor {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    pub name: String,
    pub email: String,
}

impl Actor {
    pub fn of(account: &Account) -> Self {
        let Account { id, name, email, .. } = account;
        Self { kind: "user".into(), id: id.to_string(), name: name.clone(), email: email.clone() }
    }
}

#[derive(Serialize, ToSchema)]
pub struct ReleaseName {
    pub version: String,
}

/// A place where a query matches an event.
#[derive(Clone, Serialize, ToSchema)]
pub struct MatchJson {
    /// In a person's words: `breadcrumb http`, `request URL`, `tag browser`, …
    #[serde(rename = "where")]
    pub place: String,
    /// The text around what was found.
    pub snippet: String,
    /// What was found in the snippet: `[from, to)` in UTF-16 units, as browsers count, in order.
    pub highlights: Vec<(usize, usize)>,
}

impl MatchJson {
    pub fn of(found: Match) -> Self {
        let Match { place, snippet, highlights } = found;
        let units = |chars: usize| snippet.chars().take(chars).map(char::len_utf16).sum();
        let highlights = highlights.into_iter().map(|(from, to)| (units(from), units(to))).collect();
        Self { place, snippet, highlights }
    }
}

type SeriesByPeriod = BTreeMap<String, Vec<(i64, u64)>>;

/// Which series an issue is shown with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stats {
    Day,
    Fortnight,
    DayAndMonth,
}

impl Api {
    pub(super) fn issue_json(&self, issue: Issue, stats: Stats, now: Timestamp) -> Result<IssueJson> {
        let shown = self.issues_json(vec![issue], stats, now)?.pop();
        shown.ok_or_else(ApiError::not_found)
    }

    /// A page of issues. Series and people are read once for all of them.
    pub(super) fn issues_json(
        &self,
        issues: Vec<Issue>,
        stats: Stats,
        now: Timestamp,
    ) -> Result<Vec<IssueJson>> {
        let directory = self.store.directory();
        let mut people = HashMap::new();
        let resolvers = issues.iter().filter_map(|issue| issue.resolution.as_ref()?.by);
        for id in issues.iter().filter_map(|issue| issue.assigned_to).chain(resolvers) {
            if let Entry::Vacant(person) = people.entry(id) {
                person.insert(self.store.find_account(id)?);
            }
        }
        let ids: Vec<IssueId> = issues.iter().map(|issue| issue.id).collect();
        let marks = match self.by.account {
            Some(account) => self.store.marks(&ids, account)?,
            None => vec![Mark::default(); ids.len()],
        };
        let mut series = self.stats_of(&issues, stats, now)?;
        let row = |(at, issue): (usize, Issue)| {
            let person = |id: Option<AccountId>| id.and_then(|id| people.get(&id)?.as_ref()).map(Actor::of);
            let assigned_to = person(issue.assigned_to);
            let resolver = person(issue.resolution.as_ref().and_then(|resolution| resolution.by));
            let project = directory.projects.get(&issue.project).map(|project| &**project);
            let details = StatusDetails::of(&issue, resolver);
            let Mark { is_bookmarked, is_subscribed, seen } = marks[at];
            let shown =
                self.one_issue(issue, project, (assigned_to, details), std::mem::take(&mut series[at]));
            IssueJson {
                is_bookmarked,
                is_subscribed: is_subscribed == Some(true),
                has_seen: seen.is_some(),
                ..shown
            }
        };
        Ok(issues.into_iter().enumerate().map(row).collect())
    }

    fn one_issue(
        &self,
        issue: Issue,
        project: Option<&Project>,
        (assigned_to, status_details): (Option<Actor>, StatusDetails),
        stats: SeriesByPeriod,
    ) -> IssueJson {
        let release = |version: Option<String>| version.map(|version| ReleaseName { version });
        let still_seen = StillSeenJson::of(&issue);
        let headline = issue.headline;
        IssueJson {
            short_id: project.map(|project| short_id(project, issue.number)).unwrap_or_default(),
            share_id: None,
            permalink: self.link(&format!("/issues/{}/", issue.id)),
            id: issue.id.to_string(),
            title: headline.title,
            culprit: headline.culprit,
            logger: headline.logger,
            level: headline.level,
            status: issue.status,
            status_details,
            substatus: issue.substatus,
            still_seen,
            regressed_in: release(issue.regressed_in),
            priority: issue.priority.level,
            priority_locked_at: issue.priority.chosen_at.map(when),
            is_public: false,
            platform: headline.platform,
            project: project.map_or_else(|| unknown(issue.project.0), ProjectName::of),
            kind: headline.kind.as_str().to_owned(),
            metadata: MetadataJson::of(&headline.metadata),
            num_comments: issue.comments,
            assigned_to,
            is_bookmarked: false,
            is_subscribed: false,
            has_seen: false,
            annotations: Vec::new(),
            issue_type: "error".into(),
            issue_category: "error".into(),
            is_unhandled: headline.handled == Some(false),
            count: issue.events.to_string(),
            user_count: issue.users,
            user_count_estimated: issue.users_estimated,
            first_seen: when(issue.first_seen),
            last_seen: when(issue.last_seen),
            first_release: release(issue.first_release),
            last_release: release(issue.last_release),
            stats,
            matches: Vec::new(),
            standing: issue.standing.map(StandingJson::of),
        }
    }

    /// In the order of the issues.
    fn stats_of(&self, issues: &[Issue], stats: Stats, now: Timestamp) -> Result<Vec<SeriesByPeriod>> {
        let periods: &[(&str, Resolution, i64)] = match stats {
            Stats::Day => &[("24h", Resolution::Hour, 24)],
            Stats::Fortnight => &[("14d", Resolution::Day, 14)],
            Stats::DayAndMonth => &[("24h", Resolution::Hour, 24), ("30d", Resolution::Day, 30)],
        };
        let scopes: Vec<Scope> = issues.iter().map(|issue| Scope::Issue(issue.id)).collect();
        let mut shown = vec![SeriesByPeriod::new(); issues.len()];
        for &(name, resolution, buckets) in periods {
            let (from, to) = window(now, resolution, buckets);
            let series = self.store.series_of(&scopes, resolution, from, to)?;
            for (shown, series) in shown.iter_mut().zip(series) {
                shown.insert(name.to_owned(), series);
            }
        }
        Ok(shown)
    }
}

/// The last `buckets` buckets, the one that is still open among them.
fn window(now: Timestamp, resolution: Resolution, buckets: i64) -> (Timestamp, Timestamp) {
    let width = resolution.bucket_seconds();
    let end = (now.as_second().div_euclid(width) + 1) * width;
    let at = |second| Timestamp::from_second(second).unwrap_or(now);
    (at(end - buckets * width), at(end))
}

fn unknown(id: u64) -> ProjectName {
    ProjectName { id: id.to_string(), name: String::new(), slug: String::new(), platform: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn highlights_count_as_browsers_do() {
        let found = Match { place: "message".into(), snippet: "💥 boom".into(), highlights: vec![(2, 6)] };
        assert_eq!(MatchJson::of(found).highlights, [(3, 7)]);
    }

    #[test]
    fn the_window_ends_with_the_open_bucket() {
        let now: Timestamp = "2026-11-23T08:30:00Z".parse().expect("a time");
        let (from, to) = window(now, Resolution::Hour, 24);
        assert_eq!(
            (from.to_string(), to.to_string()),
            ("2026-11-22T09:00:00Z".into(), "2026-11-23T09:00:00Z".into())
        );
    }
}
