//! Whether the fix of an issue holds, as its page shows it.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::error::Result;
use crate::api::{Api, when};
use crate::findings::fix_watch::Watched;
use crate::insight::fix_watch::{Fixed, State};
use crate::model::issue::Issue;

/// Releases with the fix that are shown.
const RELEASES_SHOWN_MAX: usize = 10;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FixWatchJson {
    pub state: State,
    /// `Holding for 26 h over 12,400 sessions; it would have been seen about 31 times by now`.
    pub sentence: String,
    /// What releases from before the fix still send; nothing to worry about.
    #[schema(required)]
    pub quiet: Option<String>,
    /// When the fix was first there to be seen.
    #[schema(required)]
    pub since: Option<String>,
    /// Of the issue, where there should be none.
    pub events: u64,
    /// Of the issue, in releases without the fix.
    pub older_events: u64,
    /// Of releases with the fix.
    pub sessions: u64,
    /// Of other issues, in releases with the fix.
    pub other_events: u64,
    /// At the rate of the week before it would have been seen so often by now.
    #[schema(required)]
    pub expected: Option<f64>,
    /// How likely silence would be although it is not fixed.
    #[schema(required)]
    pub chance: Option<f64>,
    /// With the fix, the newest first; then those without it that still send events.
    pub releases: Vec<WatchedReleaseJson>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WatchedReleaseJson {
    pub version: String,
    pub has_fix: bool,
    /// To where it was deployed first.
    #[schema(required)]
    pub environment: Option<String>,
    #[schema(required)]
    pub date_deployed: Option<String>,
    #[schema(required)]
    pub first_seen: Option<String>,
    /// Of the issue, since it was resolved.
    pub events: u64,
}

impl Api {
    /// `None`: it is neither resolved nor back.
    pub(super) fn fix_watch_json(&self, issue: &Issue, now: Timestamp) -> Result<Option<FixWatchJson>> {
        let watched = self.sources(|sources| sources.fix_watch(issue, now))?;
        Ok(watched.map(FixWatchJson::of))
    }
}

impl FixWatchJson {
    fn of(watched: Watched) -> Self {
        let Watched { watch, facts } = watched;
        let older = facts.older.into_iter().map(|(version, events)| WatchedReleaseJson {
            version,
            has_fix: false,
            environment: None,
            date_deployed: None,
            first_seen: None,
            events,
        });
        let fixed = facts.fixed.into_iter().take(RELEASES_SHOWN_MAX).map(WatchedReleaseJson::of);
        Self {
            state: watch.state,
            sentence: watch.sentence,
            quiet: watch.quiet,
            since: watch.since.map(when),
            events: watch.events,
            older_events: facts.older_events,
            sessions: facts.sessions,
            other_events: facts.other_events,
            expected: watch.expected,
            chance: watch.chance,
            releases: fixed.chain(older).collect(),
        }
    }
}

impl WatchedReleaseJson {
    fn of(fixed: Fixed) -> Self {
        let Fixed { version, deployed, first_seen, events } = fixed;
        let (environment, deployed) = deployed.unzip();
        Self {
            version,
            has_fix: true,
            environment,
            date_deployed: deployed.map(when),
            first_seen: first_seen.map(when),
            events,
        }
    }
}
