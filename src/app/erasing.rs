//! What erases events before their week is over, a little every second: of projects that keep less than the
//! instance, and of projects that were deleted.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::model::ids::{EventSeq, ProjectId};
use crate::model::week::Week;
use crate::search::{Search, SearchError};
use crate::store::{Directory, Emptied, Store, StoreError};

/// Transactions of one round, each of which holds the store's writer for a few milliseconds.
const STEPS_MAX: usize = 5;
/// How soon a round follows one that found nothing more to do.
const IDLE_INTERVAL: Duration = Duration::from_mins(1);

#[derive(Debug, thiserror::Error)]
enum EraseError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Search(#[from] SearchError),
}

pub struct Eraser {
    store: Store,
    search: Arc<Search>,
    /// Of the instance; a project keeps no more.
    retention_days: u32,
    /// Lost at a restart, which then looks through all weeks once.
    emptied: HashMap<ProjectId, Emptied>,
    /// The projects as they were at the last round: a change is looked at without delay.
    seen: Option<Arc<Directory>>,
    /// `None`: there was more to do.
    idle_since: Option<Instant>,
}

impl Eraser {
    pub fn new(store: Store, search: Arc<Search>, retention_days: u32) -> Self {
        Self { store, search, retention_days, emptied: HashMap::new(), seen: None, idle_since: None }
    }

    /// One round, if it is time. `now` is the time that retention believes in.
    pub fn run(&mut self, now: Timestamp) {
        let directory = self.store.directory();
        let is_new = self.seen.as_ref().is_none_or(|seen| !Arc::ptr_eq(seen, &directory));
        let is_idle = self.idle_since.is_some_and(|since| since.elapsed() < IDLE_INTERVAL);
        if is_idle && !is_new {
            return;
        }
        let has_more =
            self.erase_expired(&directory, now).and_then(|more| Ok(self.erase_deleted(now)? | more));
        self.seen = Some(directory);
        match has_more {
            Ok(has_more) => self.idle_since = (!has_more).then(Instant::now),
            Err(error) => {
                tracing::error!(%error, "events could not be erased; trying again");
                self.idle_since = Some(Instant::now());
            }
        }
    }

    fn erase_expired(&mut self, directory: &Directory, now: Timestamp) -> Result<bool, EraseError> {
        let mut has_more = false;
        for project in directory.projects.values() {
            let days = project.settings.retention_days.filter(|days| *days < self.retention_days);
            let Some(days) = days else { continue };
            let before = now - SignedDuration::from_hours(24 * i64::from(days));
            has_more |= self.erase_events(project.id, Some(before))?;
            has_more |= self.store.erase_spans(project.id, Some(before))?;
        }
        Ok(has_more)
    }

    fn erase_deleted(&mut self, now: Timestamp) -> Result<bool, EraseError> {
        let mut has_more = false;
        for project in self.store.projects_to_erase()? {
            if self.erase_events(project, None)?
                || self.store.erase_spans(project, None)?
                || self.store.erase_rest(project, now)?
            {
                has_more = true;
            } else if !self.store.projects_to_erase()?.contains(&project) {
                // What was on its way into the index when its events were erased.
                self.search.forget_project(project)?;
                self.emptied.remove(&project);
            }
        }
        Ok(has_more)
    }

    /// Answers whether there is more.
    fn erase_events(&mut self, project: ProjectId, before: Option<Timestamp>) -> Result<bool, EraseError> {
        let emptied = self.emptied.entry(project).or_default();
        let (mut weeks, mut events, mut has_more) = (BTreeMap::<Week, EventSeq>::new(), 0, true);
        for _ in 0..STEPS_MAX {
            let Some(erased) = self.store.erase_events(project, before, emptied)? else {
                has_more = false;
                break;
            };
            weeks.insert(erased.week, erased.through);
            events += erased.events;
        }
        for (week, through) in weeks {
            self.search.forget_events(week, project, through)?;
        }
        if events > 0 {
            tracing::info!(%project, events, "erased events");
        }
        Ok(has_more)
    }
}
