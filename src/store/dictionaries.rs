//! Compression dictionaries: what the events of one project have in common, learnt from its recent ones.
//!
//! Learning is upkeep, never a part of recording. A dictionary is kept as long as a week may hold payloads that
//! need it, and kept at all only where it makes payloads clearly smaller.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use redb::{Database, ReadableDatabase, ReadableTable, WriteTransaction};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::model::ids::ProjectId;
use crate::model::week::Week;
use crate::store::error::{Result, StoreError};
use crate::store::file::DatabaseFile;
use crate::store::json::{decode, encode};
use crate::store::keys::u32_at;
use crate::store::schema::{DICTIONARIES, PROJECT_DICTIONARIES, meta, next_number};
use crate::store::{Store, payload};

/// Events of a project before its first dictionary is worth learning.
pub const FIRST_AFTER_EVENTS: u64 = 500;
/// Further events, and days, before it is learnt anew.
pub const AGAIN_AFTER_EVENTS: u64 = 20_000;
pub const AGAIN_AFTER_DAYS: i64 = 7;
const DICTIONARY_BYTES_MAX: usize = 112 * 1024;
const SAMPLE_BYTES_MAX: usize = 2 * 1024 * 1024;
const SAMPLES_MAX: usize = 400;
const SAMPLES_MIN: usize = 40;
/// Larger events are no samples: their ends would be passed over anyway.
const SAMPLE_EVENT_BYTES_MAX: usize = 128 * 1024;
/// One sample in so many is kept out of learning, to judge the result by.
const TRIAL_EVERY: usize = 5;
/// A dictionary must bring payloads to this share of their size, in percent.
const TRIAL_PERCENT_MAX: usize = 80;
/// Dictionaries ready for use at one time, about 0.5 MB each.
const LOADED_MAX: usize = 16;

/// One dictionary, ready for use both ways.
pub(super) struct Dictionary {
    pub id: u32,
    pub encoder: EncoderDictionary<'static>,
    pub decoder: DecoderDictionary<'static>,
}

impl Dictionary {
    fn new(id: u32, content: &[u8]) -> Self {
        Self {
            id,
            encoder: EncoderDictionary::copy(content, payload::COMPRESSION_LEVEL),
            decoder: DecoderDictionary::copy(content),
        }
    }
}

/// What a project compresses with, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InUse {
    id: u32,
    learnt: Timestamp,
}

pub(super) type InUseByProject = HashMap<ProjectId, InUse>;

#[derive(Default)]
pub(super) struct Dictionaries {
    in_use: RwLock<InUseByProject>,
    /// The one used last stands last.
    loaded: Mutex<Vec<Arc<Dictionary>>>,
    /// Events recorded since a dictionary was last tried, in this process.
    waiting: Mutex<HashMap<ProjectId, u64>>,
}

pub(super) fn load(state: &Database) -> Result<InUseByProject> {
    let table = state.begin_read()?.open_table(PROJECT_DICTIONARIES)?;
    let mut in_use = HashMap::new();
    for row in table.iter()? {
        let (project, row) = row?;
        let (id, learnt) = decode(row.value())?;
        in_use.insert(ProjectId(project.value()), InUse { id, learnt });
    }
    Ok(in_use)
}

impl Dictionaries {
    pub(super) fn new(in_use: InUseByProject) -> Self {
        Self { in_use: RwLock::new(in_use), ..Self::default() }
    }

    pub(super) fn replace(&self, in_use: InUseByProject) {
        *self.in_use.write() = in_use;
    }

    /// What a project's events are compressed with now.
    pub(super) fn current(
        &self,
        state: &DatabaseFile,
        project: ProjectId,
    ) -> Result<Option<Arc<Dictionary>>> {
        let id = self.in_use.read().get(&project).map_or(0, |in_use| in_use.id);
        self.find(state, id)
    }

    /// The dictionary of a stored payload; `None` for number 0.
    pub(super) fn find(&self, state: &DatabaseFile, id: u32) -> Result<Option<Arc<Dictionary>>> {
        if id == 0 {
            return Ok(None);
        }
        let mut loaded = self.loaded.lock();
        if let Some(at) = loaded.iter().position(|dictionary| dictionary.id == id) {
            let found = loaded.remove(at);
            loaded.push(Arc::clone(&found));
            return Ok(Some(found));
        }
        let table = state.begin_read()?.open_table(DICTIONARIES)?;
        let row = table.get(id)?.ok_or_else(|| StoreError::Damaged(format!("dictionary {id} is missing")))?;
        let dictionary = Arc::new(Dictionary::new(id, &row.value()[4..]));
        if loaded.len() == LOADED_MAX {
            loaded.remove(0);
        }
        loaded.push(Arc::clone(&dictionary));
        Ok(Some(dictionary))
    }

    /// Of a project that was deleted.
    pub(super) fn forget(&self, project: ProjectId) {
        self.in_use.write().remove(&project);
        self.waiting.lock().remove(&project);
    }

    pub(super) fn count(&self, project: ProjectId, events: u64) {
        *self.waiting.lock().entry(project).or_default() += events;
    }

    fn is_due(&self, project: ProjectId, now: Timestamp) -> bool {
        let events = self.waiting.lock().get(&project).copied().unwrap_or(0);
        match self.in_use.read().get(&project) {
            None => events >= FIRST_AFTER_EVENTS,
            Some(in_use) => {
                let seconds = now.as_second() - in_use.learnt.as_second();
                events >= AGAIN_AFTER_EVENTS && seconds >= AGAIN_AFTER_DAYS * 86_400
            }
        }
    }
}

impl Store {
    /// Learns a dictionary for each project that has enough new events: about a second of one core each, under no
    /// lock but for the short commit. Answers the projects that have a new one. Meant to be called every minute.
    pub fn learn_dictionaries(&self, now: Timestamp) -> Result<Vec<ProjectId>> {
        let projects: Vec<_> = self.directory().projects.keys().copied().collect();
        let mut learnt = Vec::new();
        for project in projects {
            if !self.inner.dictionaries.is_due(project, now) {
                continue;
            }
            self.inner.dictionaries.waiting.lock().remove(&project);
            if let Some(content) = learn(self.samples(project)?) {
                self.put_dictionary(project, &content, now)?;
                learnt.push(project);
            }
        }
        Ok(learnt)
    }

    /// The project's newest payloads, inflated, within the bounds of learning.
    fn samples(&self, project: ProjectId) -> Result<Vec<Vec<u8>>> {
        let (mut samples, mut bytes) = (Vec::new(), 0);
        for place in self.project_events(project, None, SAMPLES_MAX)? {
            let sample = match self.inflate(&place) {
                Err(StoreError::Damaged(_)) => continue,
                other => other?,
            };
            let Some(sample) = sample else { continue };
            if sample.len() > SAMPLE_EVENT_BYTES_MAX {
                continue;
            }
            if bytes + sample.len() > SAMPLE_BYTES_MAX {
                break;
            }
            bytes += sample.len();
            samples.push(sample);
        }
        Ok(samples)
    }

    fn put_dictionary(&self, project: ProjectId, content: &[u8], now: Timestamp) -> Result<()> {
        let id = self.write(|txn| {
            // It may have been deleted while its events were learnt from.
            if !self.directory().projects.contains_key(&project) {
                return Ok(None);
            }
            let id = u32::try_from(next_number(txn, meta::LAST_DICTIONARY)?).map_err(StoreError::failed)?;
            let mut dictionaries = txn.open_table(DICTIONARIES)?;
            let mut in_use = txn.open_table(PROJECT_DICTIONARIES)?;
            if let Some(known) = in_use.get(project.0)? {
                let (known, _): (u32, Timestamp) = decode(known.value())?;
                let row = dictionaries.get(known)?.map(|row| row.value().to_vec());
                if let Some(mut row) = row {
                    row[..4].copy_from_slice(&Week::of(now).0.to_be_bytes());
                    dictionaries.insert(known, row.as_slice())?;
                }
            }
            dictionaries.insert(id, [&[0; 4], content].concat().as_slice())?;
            let row = encode(&(id, now))?;
            in_use.insert(project.0, row.as_slice())?;
            Ok(Some(id))
        })?;
        let Some(id) = id else { return Ok(()) };
        self.inner.dictionaries.in_use.write().insert(project, InUse { id, learnt: now });
        Ok(())
    }
}

/// Removes what a project compresses with: it holds parts of its events. Those that it replaced go with their weeks.
pub(super) fn remove(txn: &WriteTransaction, project: ProjectId) -> Result<()> {
    let row = txn.open_table(PROJECT_DICTIONARIES)?.remove(project.0)?.map(|row| decode(row.value()));
    if let Some((id, _)) = row.transpose()?.map(|row: (u32, Timestamp)| row) {
        txn.open_table(DICTIONARIES)?.remove(id)?;
    }
    Ok(())
}

/// Drops dictionaries that went out of use before the oldest week that is left. The week in which one was
/// replaced may still hold payloads of it, and so may the next, where the clock was set back.
pub(super) fn forget(txn: &WriteTransaction, oldest: Option<Week>) -> Result<()> {
    let oldest = oldest.map_or(u32::MAX, |week| week.0);
    let is_used = |row: &[u8]| match u32_at(row, 0) {
        0 => true,
        last_week => last_week.saturating_add(7) >= oldest,
    };
    txn.open_table(DICTIONARIES)?.retain(|_, row| is_used(row))?;
    Ok(())
}

/// `None` where the samples are too few or have too little in common.
fn learn(samples: Vec<Vec<u8>>) -> Option<Vec<u8>> {
    if samples.len() < SAMPLES_MIN {
        return None;
    }
    let (mut trial, mut known) = (Vec::new(), Vec::new());
    for (at, sample) in samples.into_iter().enumerate() {
        if at % TRIAL_EVERY == 0 { trial.push(sample) } else { known.push(sample) }
    }
    // Training fails where samples are all but equal; then some of them are the best dictionary.
    let trained = zstd::dict::from_samples(&known, DICTIONARY_BYTES_MAX).ok();
    let candidates = [trained, Some(side_by_side(&known))];
    drop(known);
    let bytes = |dictionary: Option<&Dictionary>| -> usize {
        trial
            .iter()
            .filter_map(|sample| payload::frame(sample, dictionary).ok())
            .map(|frame| frame.len())
            .sum()
    };
    let judged = candidates.into_iter().flatten().map(|content| {
        let dictionary = Dictionary::new(u32::MAX, &content);
        (bytes(Some(&dictionary)), content)
    });
    let (best_bytes, best) = judged.min_by_key(|(bytes, _)| *bytes)?;
    (best_bytes * 100 <= bytes(None) * TRIAL_PERCENT_MAX).then_some(best)
}

/// As many samples as fit, spread over all, the newest (first) at the end, where references to it are shortest.
fn side_by_side(samples: &[Vec<u8>]) -> Vec<u8> {
    let mean = samples.iter().map(Vec::len).sum::<usize>() / samples.len().max(1);
    let fitting = (DICTIONARY_BYTES_MAX / mean.max(1)).max(1);
    let step = samples.len().div_ceil(fitting).max(1);
    let chosen: Vec<&[u8]> = samples.iter().step_by(step).map(Vec::as_slice).rev().collect();
    let mut content = chosen.concat();
    content.drain(..content.len().saturating_sub(DICTIONARY_BYTES_MAX));
    content
}

/// The dictionaries on disk.
#[cfg(test)]
pub(super) fn stored(store: &Store) -> Vec<u32> {
    let txn = store.inner.state.begin_read().expect("read");
    let table = txn.open_table(DICTIONARIES).expect("table");
    table.iter().expect("rows").map(|row| row.expect("row").0.value()).collect()
}

#[cfg(test)]
mod tests {
    use super::learn;

    #[test]
    fn samples_that_are_all_but_equal_make_a_dictionary_too() {
        let mut state = 1u64;
        let body: String = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            format!("{state:016x} ")
        })
        .take(700)
        .collect();
        let samples: Vec<_> =
            (0..80).map(|n| format!("{{\"n\":{n},{body}}}{{\"n\":{n},{body}}}").into_bytes()).collect();
        assert!(learn(samples).is_some());
        assert!(learn(vec![body.into_bytes(); 3]).is_none(), "too few");
    }
}
