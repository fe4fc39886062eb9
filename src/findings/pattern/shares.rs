//! What an issue's events share since its change: calls that fail, a person, a tenant, a release; counted by search among them,
//! before the change, and among the project's other events.

use jiff::{SignedDuration, Timestamp};

use crate::findings::{Result, Sources, tagged};
use crate::insight::pattern::facts::{CallFact, Detail, TENANT_KEYS, USER_KEY, ValueFact};
use crate::insight::pattern::rates::{Change, Rates};
use crate::insight::pattern::thresholds::{EVENTS_MIN, HOURS, JUMP_RATIO_MIN, USER_SHARE_MIN};
use crate::insight::statistics::{Rate, Share, two_rates};
use crate::model::ids::{IssueId, ProjectId};
use crate::model::issue::Issue;
use crate::model::query::{Expr, Leaf, Query};
use crate::model::series::{Resolution, Scope};
use crate::search::Filter;

const HOST: &str = "failed.host";
const CALL: &str = "failed.call";
const RELEASE: &str = "release";
/// Hosts of which it is counted what share others have: what fails first of all, and a script that is blocked everywhere.
const HOSTS_MAX: usize = 3;
const VALUES_MAX: usize = 10;
/// Other issues with the same failing host that are looked at.
const ISSUES_LOOKED_AT_MAX: usize = 20;
/// Around the change, in which another issue's jump is the same one.
const TOGETHER: SignedDuration = SignedDuration::from_mins(30);
/// Another issue's usual rate is that of a day.
const USUAL: SignedDuration = SignedDuration::from_hours(24);
/// How likely chance may make it look like a jump, of one among those looked at.
const JUMP_CHANCE_MAX: f64 = 1e-4;

pub(super) struct Asked<'a> {
    sources: Sources<'a>,
    issue: &'a Issue,
    projects: [ProjectId; 1],
    all: Query,
    change: Option<Change>,
    /// Of the counted events: since the change, or as long as counts are looked at.
    from: Timestamp,
    /// As long before the change.
    before: Timestamp,
    until: Timestamp,
}

impl<'a> Asked<'a> {
    pub(super) fn of(sources: Sources<'a>, issue: &'a Issue, rates: &Rates, now: Timestamp) -> Self {
        let at = |second: i64| Timestamp::from_second(second).unwrap_or(now);
        let change = rates.jump;
        let long = SignedDuration::from_hours(i64::try_from(HOURS).unwrap_or(i64::MAX));
        let from = change.map_or(now - long, |change| at(change.at));
        let until = rates.ended.filter(|_| change.is_some()).map_or(now, at);
        Self {
            sources,
            issue,
            projects: [issue.project],
            all: Query::default(),
            change,
            from,
            before: from - long,
            until,
        }
    }

    pub(super) fn detail(&self) -> Result<Detail> {
        let own = self.since();
        let events = self.count(&own, Expr::ALL)?;
        if events < EVENTS_MIN {
            return Ok(Detail { events, ..Detail::default() });
        }
        let keys: Vec<&str> = [HOST, CALL, RELEASE, USER_KEY].into_iter().chain(TENANT_KEYS).collect();
        let found = self.sources.search.facets(&own, &keys, VALUES_MAX)?;
        let of = |key: &str| {
            let facet = found.facets.iter().find(|facet| facet.key == key);
            facet.map_or(&[][..], |facet| &facet.values)
        };
        // Of a sample a value is known to be frequent, not how frequent.
        let counted = |key: &str, value: &str, hits: u64| {
            if found.sampled { self.count(&own, tagged(key, value)) } else { Ok(hits) }
        };
        let mut calls = Vec::new();
        for (host, hits) in of(HOST).iter().take(HOSTS_MAX) {
            let hits = counted(HOST, host, *hits)?;
            calls.push(self.call(host, Share::new(hits, events), of(CALL))?);
        }
        let mut values = Vec::new();
        for key in [USER_KEY].into_iter().chain(TENANT_KEYS) {
            if let Some((value, hits)) = of(key).first() {
                values.push(self.value(key, value, counted(key, value, *hits)?)?);
            }
        }
        let (old_releases, old_releases_others) = self.old_releases(of(RELEASE))?;
        Ok(Detail { events, calls, values, old_releases, old_releases_others })
    }

    /// Events of the issue, of a stretch of time.
    fn own(&self, from: Timestamp, to: Timestamp) -> Filter<'_> {
        Filter {
            projects: Some(&self.projects),
            issue: Some(self.issue.id),
            from: Some(from),
            to: Some(to),
            ..Filter::of(&self.all)
        }
    }

    fn since(&self) -> Filter<'_> {
        self.own(self.from, self.until)
    }

    fn count(&self, filter: &Filter<'_>, tree: Expr) -> Result<u64> {
        Ok(self.sources.search.count(&Filter { query: &Query { tree }, ..*filter })?)
    }

    /// Of the project's events that are not of the issue, those with a value, of those like `among`: since two weeks before the
    /// change, for a jump of the last minutes has few beside it, and in an outage those fail of the same.
    fn others(&self, key: &str, value: &str, among: &Expr) -> Result<Share> {
        let from = if self.change.is_some() { self.before } else { self.from };
        let own = self.own(from, self.until);
        let all = Filter { issue: None, ..own };
        let with = Expr::all_of(vec![tagged(key, value), among.clone()]);
        let hits = self.count(&all, with.clone())?.saturating_sub(self.count(&own, with)?);
        let of = self.count(&all, among.clone())?.saturating_sub(self.count(&own, among.clone())?);
        Ok(Share::new(hits, of))
    }

    fn call(&self, host: &str, after: Share, calls: &[(String, u64)]) -> Result<CallFact> {
        let before = self.own(self.before, self.from);
        let before = match self.change {
            Some(_) => Share::new(self.count(&before, tagged(HOST, host))?, self.count(&before, Expr::ALL)?),
            None => Share::default(),
        };
        let (call, status) = calls.iter().find_map(|(label, _)| target(label, host)).unzip();
        let issues = match self.change {
            Some(change) => self.jumped_with(host, &change)?,
            None => Vec::new(),
        };
        let others = self.others(HOST, host, &Expr::ALL)?;
        let status = status.flatten();
        Ok(CallFact { host: host.to_owned(), call, status, after, before, others, issues })
    }

    /// Other issues whose events follow failing calls to the same host and that jumped in the same minutes.
    fn jumped_with(&self, host: &str, change: &Change) -> Result<Vec<IssueId>> {
        let at = |second: i64| Timestamp::from_second(second).unwrap_or(self.from);
        let (from, to) =
            (at(change.from) - TOGETHER, (at(change.to) + TOGETHER).min(self.until.max(self.from)));
        let query = Query { tree: tagged(HOST, host) };
        let filter = Filter { from: Some(from), to: Some(to), ..Filter::of(&query) };
        let with_host = self.sources.search.issues(&filter)?;
        let ids: Vec<IssueId> =
            with_host.iter().filter(|id| *id != self.issue.id).take(ISSUES_LOOKED_AT_MAX).collect();
        let mut jumped = Vec::new();
        for issue in self.sources.store.find_issues(&ids)? {
            if (self.sources.sees)(issue.project) && self.has_jumped(issue.id, from, to)? {
                jumped.push(issue.id);
            }
        }
        Ok(jumped)
    }

    fn has_jumped(&self, issue: IssueId, from: Timestamp, to: Timestamp) -> Result<bool> {
        let hours = |from: Timestamp, to: Timestamp| -> Result<Rate> {
            let counts = self.sources.store.series(Scope::Issue(issue), Resolution::Hour, from, to)?;
            Ok(Rate { events: counts.iter().map(|(_, count)| count).sum(), exposure: counts.len() as f64 })
        };
        let (usual, now) = (hours(from - USUAL, from - SignedDuration::from_hours(1))?, hours(from, to)?);
        Ok(now.events >= EVENTS_MIN
            && now.per_one() >= usual.per_one() * JUMP_RATIO_MIN
            && two_rates(usual, now) <= JUMP_CHANCE_MAX)
    }

    fn value(&self, key: &str, value: &str, hits: u64) -> Result<ValueFact> {
        let has = Expr::from(Leaf::Has(key.to_owned()));
        let own = Share::new(hits, self.count(&self.since(), has.clone())?);
        // Where nobody has most of it, what others have does not matter.
        let others =
            if own.rate() < USER_SHARE_MIN { Share::default() } else { self.others(key, value, &has)? };
        Ok(ValueFact { key: key.to_owned(), value: value.to_owned(), own, others })
    }

    /// Events since the change of releases that were there before it.
    fn old_releases(&self, releases: &[(String, u64)]) -> Result<(Share, Share)> {
        let Some(change) = self.change else { return Ok((Share::default(), Share::default())) };
        let (mut own, mut others) = (Share::default(), Share::default());
        let has = Expr::from(Leaf::Has(RELEASE.to_owned()));
        let mut new = Vec::new();
        for (version, hits) in releases {
            let release = self.sources.store.find_release(version)?;
            let seen = match &release {
                Some(release) => self.sources.first_seen(self.issue.project, None, release)?,
                None => None,
            };
            // A release shows before its first error does.
            let is_new = seen.is_some_and(|seen| seen.as_second() >= change.from - TOGETHER.as_secs());
            own = Share::new(own.hits + if is_new { 0 } else { *hits }, own.of + hits);
            if is_new {
                new.push(tagged(RELEASE, version));
            }
        }
        if !new.is_empty() && own.hits == 0 {
            let own_events = self.since();
            let all = Filter { issue: None, ..own_events };
            let is_new = Expr::any_of(new);
            let without_issue = |tree: Expr| -> Result<u64> {
                Ok(self.count(&all, tree.clone())?.saturating_sub(self.count(&own_events, tree)?))
            };
            let of = without_issue(has)?;
            others = Share::new(of.saturating_sub(without_issue(is_new)?), of);
        }
        Ok((own, others))
    }
}

/// Of `GET api.stripe.com/v1/charges 503` the call `GET api.stripe.com` and the status, if it went there.
fn target(label: &str, host: &str) -> Option<(String, Option<String>)> {
    let (call, status) = match label.rsplit_once(' ') {
        Some((call, status)) if status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit()) => {
            (call, Some(status.to_owned()))
        }
        _ => (label, None),
    };
    let (method, address) = match call.split_once(' ') {
        Some((method, address)) => (Some(method), address),
        None => (None, call),
    };
    let rest = address.to_ascii_lowercase();
    let rest = rest.strip_prefix(&host.to_ascii_lowercase())?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    // Terms are in lower case; methods are written in capitals.
    let method = method.map(|method| format!("{} ", method.to_ascii_uppercase())).unwrap_or_default();
    Some((format!("{method}{host}"), status))
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn a_call_is_told_by_whom_it_went_to() {
        let told = |label: &str, host: &str| target(label, host);
        let stripe = Some(("GET api.stripe.com".to_owned(), Some("503".to_owned())));
        assert_eq!(told("GET api.stripe.com/v1/charges 503", "api.stripe.com"), stripe);
        assert_eq!(told("get api.stripe.com/v1/charges 503", "api.stripe.com"), stripe);
        assert_eq!(told("POST /api/pay", "/api/pay"), Some(("POST /api/pay".to_owned(), None)));
        assert_eq!(told("api.stripe.com/", "api.stripe.com"), Some(("api.stripe.com".to_owned(), None)));
        assert_eq!(told("GET api.stripe.com.evil.example/ 503", "api.stripe.com"), None);
        assert_eq!(told("GET /api/other 500", "/api/pay"), None);
    }
}
