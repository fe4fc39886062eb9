//! Source maps that come after the events they are for.
//!
//! Whoever reads an event reads it with today's maps. What was made of it on the day it came is made anew here: its
//! document in the search index, and the name of its issue where it is the latest. Its group stays: hashes are those of
//! the day. The store knows from which to which event a debug id or a release was missing (`Store::wanted`); that stretch
//! is read newest first and noted page by page, so that a restart goes on where this ended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rayon::prelude::*;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::digest::headline::headline;
use crate::digest::stored::{Reader, StoredEvent};
use crate::digest::symbolicate::{Symbolicator, is_symbolicated};
use crate::indexing::IndexingError;
use crate::metrics::Metrics;
use crate::model::artifact::{BundleState, MapState};
use crate::model::ids::EventSeq;
use crate::model::issue::EventRef;
use crate::model::week::Week;
use crate::search::{self, Document, Search};
use crate::store::{DebugIdFound, Store, StoreError, Unread, Wanted};

/// Events that are made anew together.
const PAGE_EVENTS: usize = 200;
/// Of one stretch the newest so many; older ones are read with their maps all the same whenever somebody looks.
const STRETCH_EVENTS_MAX: usize = 20_000;
/// How often it is looked whether something was uploaded.
const TICK: Duration = Duration::from_millis(500);
/// Events that were on their way while something was uploaded are found by then.
const INTERVAL_MAX: Duration = Duration::from_mins(1);
/// Between two pages, so that accepting and digesting come first.
const PAUSE: Duration = Duration::from_millis(20);
/// Bundles of a release that tell whether there is something new.
const BUNDLES_MAX: usize = 100;

/// Makes events anew; clones share one.
#[derive(Clone)]
pub struct Late {
    store: Store,
    reader: Arc<Reader>,
    search: Arc<Search>,
    metrics: Arc<Metrics>,
}

/// What became of some events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Renewed {
    /// Those of which at least one frame is read.
    pub events: u64,
    /// Issues that are called otherwise now.
    pub issues: u64,
}

impl Late {
    pub fn new(store: Store, search: Arc<Search>, metrics: Arc<Metrics>, symbolicator: Symbolicator) -> Self {
        let reader = Arc::new(Reader::new(store.clone(), symbolicator));
        Self { store, reader, search, metrics }
    }

    /// What reads events as this does.
    pub fn reader(&self) -> Arc<Reader> {
        Arc::clone(&self.reader)
    }

    /// Runs until `stop` says so. Blocks its thread.
    pub fn run(&self, runtime: &Handle, mut stop: watch::Receiver<bool>) {
        let mut seen = None;
        let mut idle = Duration::ZERO;
        while !*stop.borrow() {
            let generation = self.store.artifacts_generation();
            if seen != Some(generation) || idle >= INTERVAL_MAX {
                match self.follow_up(&|| *stop.borrow()) {
                    Ok(()) => (seen, idle) = (Some(generation), Duration::ZERO),
                    Err(error) => {
                        tracing::error!(%error, "events could not be read anew; trying again");
                        (seen, idle) = (Some(generation), INTERVAL_MAX / 2);
                    }
                }
            }
            runtime.block_on(async {
                tokio::select! {
                    () = tokio::time::sleep(TICK) => idle += TICK,
                    _ = stop.changed() => (),
                }
            });
        }
    }

    fn follow_up(&self, is_over: &dyn Fn() -> bool) -> Result<(), IndexingError> {
        let wanted = self.store.wanted()?;
        self.metrics.late_wanted.set(i64::try_from(wanted.len()).unwrap_or(i64::MAX));
        for unread in wanted {
            let Some(there_is) = self.what_there_is(&unread)? else { continue };
            if !self.renew_stretch(&unread, there_is, is_over)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Names what is there now of what is wanted, where that is something that was not tried.
    fn what_there_is(&self, unread: &Unread) -> Result<Option<u64>, StoreError> {
        if !self.store.has_artifacts(unread.project) {
            return Ok(None);
        }
        let there_is = match &unread.wanted {
            Wanted::DebugId(id) => match self.store.file_by_debug_id(unread.project, *id)? {
                DebugIdFound::Found { bundle, file } if matches!(file.map, Some(MapState::Ready { .. })) => {
                    bundle.0
                }
                _ => return Ok(None),
            },
            Wanted::Release(release) => {
                let bundles = self.store.bundles_of(unread.project, Some(release), None, BUNDLES_MAX)?;
                let ready = bundles.iter().filter(|bundle| bundle.state == BundleState::Ready);
                ready.fold(0, |sum: u64, bundle| sum.wrapping_mul(31).wrapping_add(bundle.id.0))
            }
        };
        Ok(Some(there_is).filter(|there_is| *there_is != 0 && *there_is != unread.tried))
    }

    /// Whether it came to its end.
    fn renew_stretch(
        &self,
        unread: &Unread,
        there_is: u64,
        is_over: &dyn Fn() -> bool,
    ) -> Result<bool, IndexingError> {
        let tried = matches!(unread.wanted, Wanted::Release(_)).then_some(there_is);
        let mut before = EventSeq(unread.last.0.saturating_add(1));
        let (mut read, mut renewed) = (0, Renewed::default());
        loop {
            let mut places = self.store.project_events(unread.project, Some(before), PAGE_EVENTS)?;
            places.retain(|place| place.seq >= unread.first);
            let Some(last) = places.last() else { break };
            before = last.seq;
            read += places.len();
            let page = self.renew(&places)?;
            renewed = Renewed { events: renewed.events + page.events, issues: renewed.issues + page.issues };
            if read >= STRETCH_EVENTS_MAX {
                break;
            }
            // A release may get more: its stretch stays whole, and is begun anew.
            if tried.is_none() {
                self.store.note_followed_up(unread, before.max(EventSeq(unread.first.0 + 1)), None)?;
            }
            if is_over() {
                return Ok(false);
            }
            std::thread::sleep(PAUSE);
        }
        self.store.note_followed_up(unread, unread.first, tried)?;
        if renewed.events > 0 {
            let Renewed { events, issues } = renewed;
            tracing::info!(events, issues, wanted = ?unread.wanted, "events became readable");
        }
        Ok(true)
    }

    /// Reads these events with what is there now; takes them into search anew, and calls their issues as they say.
    pub fn renew(&self, places: &[EventRef]) -> Result<Renewed, IndexingError> {
        let read = |place: &EventRef| match self.reader.read(place) {
            Ok(stored) => Ok(stored.filter(|stored| is_symbolicated(&stored.event))),
            // Indexing has counted it.
            Err(StoreError::Damaged(_)) => Ok(None),
            Err(error) => Err(error),
        };
        let read: Vec<Option<StoredEvent>> = places.par_iter().map(read).collect::<Result<_, _>>()?;
        let mut documents: BTreeMap<u32, Vec<Document>> = BTreeMap::new();
        let mut headlines = Vec::new();
        for StoredEvent { place, event, .. } in read.into_iter().flatten() {
            documents.entry(place.week).or_default().push(search::document(&event, &place));
            headlines.push((place, headline(&event)));
        }
        let events = headlines.len() as u64;
        for (week, documents) in documents {
            self.search.replace(Week(week), documents)?;
        }
        let issues = if headlines.is_empty() { 0 } else { self.store.refresh_headlines(&headlines)? };
        self.metrics.late_events.inc_by(events);
        self.metrics.late_issues.inc_by(issues);
        Ok(Renewed { events, issues })
    }
}
