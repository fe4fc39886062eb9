//! The facts behind what differs: an issue's events beside the project's others in the same time, sessions by release and
//! environment, and the traces of failing events beside those of the same transaction that went well.

mod traces;

use jiff::{SignedDuration, Timestamp};

use crate::findings::{Result, Sources};
use crate::insight::differs::{Against, Comparison, Differs, Healthy, Samples, differences, keys};
use crate::model::issue::Issue;
use crate::model::query::Query;
use crate::search::{Compared, Filter, Search, SearchError};
use crate::store::HealthScope;

/// Older events say less of today, and cost more.
const WINDOW_MAX: SignedDuration = SignedDuration::from_hours(14 * 24);
/// What began just now is compared with others of so long at least: within minutes there are too few.
const WINDOW_MIN: SignedDuration = SignedDuration::from_hours(6);
/// Tags and flags of a team's own that are looked at, beside the keys that everybody has.
const TAGS_MAX: usize = 12;
const FLAGS_MAX: usize = 15;
const FLAG: &str = "flag.";
/// Releases, or environments, whose sessions are counted: the busiest.
const SESSION_VALUES_MAX: usize = 20;
/// Events whose release, or environment, must be one that has sessions: else those who report sessions are not those who fail.
const SESSIONS_COVER_MIN: f64 = 0.9;

pub struct Found {
    pub differs: Differs,
    pub facts: Comparison,
}

impl Sources<'_> {
    /// What an issue's events have that others have not, since it began or changed.
    pub fn differs(&self, issue: &Issue, now: Timestamp) -> Result<Found> {
        let (from, to) = window(issue, now);
        let all = Query::default();
        let others =
            Filter { projects: Some(&[issue.project]), from: Some(from), to: Some(to), ..Filter::of(&all) };
        let failing = Filter { issue: Some(issue.id), ..others };
        let tags = self.store.tag_keys(issue.id)?;
        let further =
            tags.iter().map(|tag| tag.key.as_str()).filter(|key| keys::is_further(key)).take(TAGS_MAX);
        let asked = Asked::of(self.search, further, true)?;
        let compared = self.search.compare(&failing, &others, &asked.keys())?;
        let healthy = self.sessions(issue, &compared.samples, from, to)?;
        let traces = self.traces_of(issue, from, to)?;
        let facts = Comparison { healthy, traces, ..comparison(compared, true, from, to) };
        Ok(Found { differs: differences(&facts), facts })
    }

    /// Sessions by release and environment, where those who fail are among those who report them.
    fn sessions(
        &self,
        issue: &Issue,
        samples: &Samples,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Healthy>> {
        let project = issue.project;
        let count = |release: Option<&str>, environments: &[String]| -> Result<u64> {
            let scope = HealthScope { project, release, environments };
            Ok(self.store.session_counts(scope, from, to)?.iter().map(|(_, sessions)| sessions).sum())
        };
        let of = count(None, &[])?;
        if of == 0 {
            return Ok(Vec::new());
        }
        let mut releases = Vec::new();
        for release in self.store.health_releases(project, &[], from, to, SESSION_VALUES_MAX)? {
            let sessions = count(Some(&release), &[])?;
            releases.push((release, sessions));
        }
        let mut environments = Vec::new();
        for name in
            self.store.health_environments(project, None, from, to)?.into_iter().take(SESSION_VALUES_MAX)
        {
            let sessions = count(None, std::slice::from_ref(&name))?;
            environments.push((name, sessions));
        }
        let healthy = [("release", releases), ("environment", environments)].map(|(key, values)| Healthy {
            against: Against::Sessions,
            key: key.to_owned(),
            values,
            of,
        });
        Ok(healthy.into_iter().filter(|healthy| covers(healthy, samples)).collect())
    }
}

/// Where sessions, failing events and others name the same values.
fn covers(healthy: &Healthy, samples: &Samples) -> bool {
    let Some(key) = samples.keys.iter().find(|key| key.key == healthy.key) else { return false };
    let (mut known, mut all) = (0, 0);
    for value in &key.values {
        let events = value.failing.len() + value.others.len();
        let has_sessions = healthy.values.iter().any(|(name, _)| name.eq_ignore_ascii_case(&value.value));
        all += events;
        known += if has_sessions { events } else { 0 };
    }
    known as f64 >= SESSIONS_COVER_MIN * all as f64
}

/// From where the issue jumped, else from where it began, to its last event.
fn window(issue: &Issue, now: Timestamp) -> (Timestamp, Timestamp) {
    let back = |from: Timestamp, by| from.checked_sub(by).unwrap_or(Timestamp::MIN);
    let last = issue.last_seen.checked_add(SignedDuration::from_secs(1)).unwrap_or(now);
    let to = last.min(now).max(issue.first_seen);
    let change =
        issue.standing.and_then(|standing| standing.change).filter(|change| change.after > change.before);
    let began = change.map_or(issue.first_seen, |change| change.from.max(issue.first_seen));
    (began.min(back(to, WINDOW_MIN)).max(back(to, WINDOW_MAX)), to)
}

/// What is asked of events.
pub struct Asked {
    keys: Vec<String>,
}

impl Asked {
    /// `further`: tags of a team's own.
    pub fn of<'a>(
        search: &Search,
        further: impl Iterator<Item = &'a str>,
        is_issue: bool,
    ) -> std::result::Result<Self, SearchError> {
        let of_searches = if is_issue { &[] } else { keys::ASKED_OF_SEARCHES };
        let known = keys::ASKED.iter().chain(of_searches).map(|key| (*key).to_owned());
        // Flags of other projects find nothing here.
        let flags = search.keys(FLAG, None, FLAGS_MAX)?.into_iter().map(|flag| flag.text);
        let flags = flags.filter(|flag| flag.starts_with(FLAG));
        Ok(Self { keys: known.chain(flags).chain(further.map(str::to_owned)).collect() })
    }

    pub fn keys(&self) -> Vec<&str> {
        self.keys.iter().map(String::as_str).collect()
    }
}

/// Of what search found, without anything healthy beside it.
pub fn comparison(compared: Compared, is_issue: bool, from: Timestamp, to: Timestamp) -> Comparison {
    Comparison {
        is_issue,
        from,
        to,
        events: compared.samples,
        failing: compared.a,
        others: compared.b,
        sampled: compared.sampled,
        healthy: Vec::new(),
        traces: None,
    }
}
