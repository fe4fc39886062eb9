//! The rows that hold a stretch of time, and reading them.

use std::ops::Range;

use jiff::Timestamp;
use redb::ReadOnlyTable;

use crate::model::ids::{ProjectId, ReleaseId};
use crate::store::Store;
use crate::store::error::Result;
use crate::store::health::counts::{Chunk, Counted};
use crate::store::health::key::{self, DAY_HOURS, Series, Width};
use crate::store::health::people::{People, Union};
use crate::store::health::{ALL, HealthScope};
use crate::store::schema::{HEALTH_COUNTS, HEALTH_PEOPLE, META, RELEASE_VERSIONS, meta};

/// Stretches up to this are added up from hours, so that people are exact; longer ones from days, but for their ends.
const HOURS_SPAN_MAX: u32 = 49;

/// A scope by its number.
pub(super) struct Rows<'a> {
    pub project: ProjectId,
    pub release: ReleaseId,
    pub environments: &'a [String],
}

pub(super) struct Reader {
    pub counts: ReadOnlyTable<&'static [u8], &'static [u8]>,
    people: ReadOnlyTable<&'static [u8], &'static [u8]>,
    versions: ReadOnlyTable<&'static str, u64>,
    /// The oldest hour that is still told apart.
    pub hours_from: u32,
}

impl Reader {
    pub(super) fn open(store: &Store) -> Result<Self> {
        let txn = store.inner.state.begin_read()?;
        let hours_from = txn.open_table(META)?.get(meta::HEALTH_HOURS_FROM)?.map_or(0, |hour| hour.value());
        Ok(Self {
            counts: txn.open_table(HEALTH_COUNTS)?,
            people: txn.open_table(HEALTH_PEOPLE)?,
            versions: txn.open_table(RELEASE_VERSIONS)?,
            hours_from: u32::try_from(hours_from).unwrap_or(u32::MAX),
        })
    }

    /// Releases that nobody has heard of have no rows.
    pub(super) fn rows<'a>(&self, scopes: &[HealthScope<'a>]) -> Result<Vec<Rows<'a>>> {
        let mut rows = Vec::with_capacity(scopes.len());
        for HealthScope { project, release, environments } in scopes.iter().copied() {
            let release = match release {
                None => Some(ALL),
                Some(version) => self.versions.get(version)?.map(|id| ReleaseId(id.value())),
            };
            rows.extend(release.map(|release| Rows { project, release, environments }));
        }
        Ok(rows)
    }

    /// One a bucket.
    pub(super) fn counted(&self, rows: &Rows<'_>, width: Width, buckets: Range<u32>) -> Result<Vec<Counted>> {
        let mut counted = vec![Counted::default(); buckets.len()];
        for chunk in chunks(width, &buckets) {
            each(&self.counts, rows, width, chunk, |row| {
                let row = Chunk::decode(row);
                for slot in slots(width, chunk, &buckets) {
                    let bucket = chunk * width.slots() + u32::from(slot);
                    counted[(bucket - buckets.start) as usize].add(&row.get(slot));
                }
            })?;
        }
        Ok(counted)
    }

    pub(super) fn gather(&self, rows: &Rows<'_>, width: Width, bucket: u32, union: &mut Union) -> Result<()> {
        each(&self.people, rows, width, bucket, |row| union.add(People::decode(row)))
    }
}

/// The rows of a chunk or bucket, one an environment.
fn each(
    table: &ReadOnlyTable<&'static [u8], &'static [u8]>,
    rows: &Rows<'_>,
    width: Width,
    time: u32,
    mut see: impl FnMut(&[u8]),
) -> Result<()> {
    let Rows { project, release, environments } = *rows;
    for environment in environments {
        let key = Series { project, release, environment }.key(width, time);
        if let Some(row) = table.get(key.as_slice())? {
            see(row.value());
        }
    }
    if environments.is_empty() {
        let [first, end] = key::environments(width, time, project, release);
        for row in table.range::<&[u8]>(first.as_slice()..end.as_slice())? {
            see(row?.1.value());
        }
    }
    Ok(())
}

/// Which buckets hold a stretch of time: hours where it is short, else whole days with hours at its ends. Hours before
/// `hours_from` are told by days alone.
pub(super) fn stretches(from: Timestamp, to: Timestamp, hours_from: u32) -> Vec<(Width, Range<u32>)> {
    let hours = key::hour(from)..key::end_hour(to);
    if hours.is_empty() || from >= to {
        return Vec::new();
    }
    if hours.start >= hours_from && hours.len() <= HOURS_SPAN_MAX as usize {
        return vec![(Width::Hour, hours)];
    }
    let first_day =
        if hours.start < hours_from { hours.start / DAY_HOURS } else { hours.start.div_ceil(DAY_HOURS) };
    let end_day = if hours.end <= hours_from { hours.end.div_ceil(DAY_HOURS) } else { hours.end / DAY_HOURS };
    let days = first_day..end_day.max(first_day);
    [
        (Width::Hour, hours.start..(days.start * DAY_HOURS).max(hours.start)),
        (Width::Day, days.clone()),
        (Width::Hour, (days.end * DAY_HOURS).min(hours.end)..hours.end),
    ]
    .into_iter()
    .filter(|(_, buckets)| !buckets.is_empty())
    .collect()
}

pub(super) fn end_bucket(width: Width, end_hour: u32) -> u32 {
    match width {
        Width::Hour => end_hour,
        Width::Day => end_hour.div_ceil(DAY_HOURS),
    }
}

pub(super) fn chunks(width: Width, buckets: &Range<u32>) -> Range<u32> {
    buckets.start / width.slots()..buckets.end.div_ceil(width.slots())
}

/// The slots of a chunk that are among the buckets.
pub(super) fn slots(width: Width, chunk: u32, buckets: &Range<u32>) -> impl Iterator<Item = u8> {
    let first = chunk * width.slots();
    let inside = buckets.start.max(first) - first..(buckets.end.min(first + width.slots()) - first);
    inside.filter_map(|slot| u8::try_from(slot).ok())
}
