//! What goes: hours and days past their bound, releases that are let go, and all that a deleted project had.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use redb::{ReadableTable, Table, WriteTransaction};

use crate::model::ids::{ProjectId, ReleaseId};
use crate::store::error::Result;
use crate::store::health::key::{self, DAY_HOURS, Width};
use crate::store::health::remembered::{HOURS_REMEMBERED, hour_key};
use crate::store::health::{DAYS_KEPT, HOURS_KEPT};
use crate::store::keys::{join, u32_at};
use crate::store::releases::seen::LAST_STEP;
use crate::store::schema::{HEALTH_COUNTS, HEALTH_PEOPLE, HEALTH_REMEMBERED, HEALTH_SESSIONS, META, meta};

/// Rows of a deleted project that one transaction erases, before it stops behind an hour.
const ERASED_ROWS_MAX: usize = 20_000;

type Rows<'txn> = Table<'txn, &'static [u8], &'static [u8]>;

/// Drops what is past its bound.
pub(in crate::store) fn prune(txn: &WriteTransaction, now: Timestamp) -> Result<()> {
    let hour = key::hour(now);
    let oldest_day = (hour / DAY_HOURS).saturating_sub(DAYS_KEPT);
    // Whole days, so that chunks of hours are dropped or whole.
    let oldest_hour = hour.saturating_sub(HOURS_KEPT) / DAY_HOURS * DAY_HOURS;
    txn.open_table(META)?.insert(meta::HEALTH_HOURS_FROM, u64::from(oldest_hour))?;
    let mut counts = txn.open_table(HEALTH_COUNTS)?;
    let mut people = txn.open_table(HEALTH_PEOPLE)?;
    for (width, oldest) in [(Width::Hour, oldest_hour), (Width::Day, oldest_day)] {
        let [first, end] = key::times(width, 0..oldest / width.slots());
        counts.retain_in::<&[u8], _>(first.as_slice()..end.as_slice(), |_, _| false)?;
        let [first, end] = key::times(width, 0..oldest);
        people.retain_in::<&[u8], _>(first.as_slice()..end.as_slice(), |_, _| false)?;
    }
    let oldest = hour.saturating_sub(HOURS_REMEMBERED);
    let end = hour_key(oldest, ProjectId(0));
    txn.open_table(HEALTH_REMEMBERED)?.retain_in::<&[u8; 12], _>(..&end, |_, _| false)?;
    let end = join::<20>(&[&end, &[0; 8]]);
    txn.open_table(HEALTH_SESSIONS)?.retain_in::<&[u8; 20], _>(..&end, |_, _| false)?;
    Ok(())
}

/// Forgets how a release of a project fared, whose sessions began within `span`; the later end may be a minute behind.
/// The project's own sums stay.
pub(in crate::store) fn forget_release(
    txn: &WriteTransaction,
    project: ProjectId,
    release: ReleaseId,
    span: (Timestamp, Timestamp),
) -> Result<()> {
    let mut counts = txn.open_table(HEALTH_COUNTS)?;
    let mut people = txn.open_table(HEALTH_PEOPLE)?;
    let hours_from = txn.open_table(META)?.get(meta::HEALTH_HOURS_FROM)?.map_or(0, |hour| hour.value());
    let hours_from = u32::try_from(hours_from).unwrap_or(u32::MAX);
    let (first, last) = (key::hour(span.0), key::hour(span.1 + LAST_STEP));
    for (width, first) in [(Width::Hour, first.max(hours_from)), (Width::Day, first)] {
        let buckets = width.bucket_of_hour(first)..=width.bucket_of_hour(last);
        for bucket in buckets.clone() {
            let [first, end] = key::environments(width, bucket, project, release);
            people.retain_in::<&[u8], _>(first.as_slice()..end.as_slice(), |_, _| false)?;
        }
        for chunk in width.chunk(*buckets.start()).0..=width.chunk(*buckets.end()).0 {
            let [first, end] = key::environments(width, chunk, project, release);
            counts.retain_in::<&[u8], _>(first.as_slice()..end.as_slice(), |_, _| false)?;
        }
    }
    Ok(())
}

/// Some of what a deleted project has; whether there was any.
pub(in crate::store) fn erase(txn: &WriteTransaction, project: ProjectId) -> Result<bool> {
    let mut erased = 0;
    for mut table in [txn.open_table(HEALTH_COUNTS)?, txn.open_table(HEALTH_PEOPLE)?] {
        for (width, time) in times(&table)? {
            let [first, end] = key::project(width, time, project);
            let range = first.as_slice()..end.as_slice();
            table.retain_in::<&[u8], _>(range, |_, _| {
                erased += 1;
                false
            })?;
            if erased > ERASED_ROWS_MAX {
                return Ok(true);
            }
        }
    }
    Ok(erase_remembered(txn, project)? || erased > 0)
}

/// Sessions of the project; whether there were any.
fn erase_remembered(txn: &WriteTransaction, project: ProjectId) -> Result<bool> {
    let mut counts = txn.open_table(HEALTH_REMEMBERED)?;
    let mut sessions = txn.open_table(HEALTH_SESSIONS)?;
    let (mut erased, mut hours) = (0, Vec::new());
    for row in counts.iter()? {
        let key = *row?.0.value();
        if key == hour_key(u32_at(&key, 0), project) {
            hours.push(key);
        }
    }
    for hour in hours {
        let all: RangeInclusive<[u8; 20]> = join(&[&hour, &[0; 8]])..=join(&[&hour, &[u8::MAX; 8]]);
        sessions.retain_in::<&[u8; 20], _>(all.start()..=all.end(), |_, _| {
            erased += 1;
            false
        })?;
        counts.remove(&hour)?;
        if erased > ERASED_ROWS_MAX {
            return Ok(true);
        }
    }
    Ok(erased > 0)
}

/// The chunks or buckets that there are: at most some hundreds.
fn times(table: &Rows<'_>) -> Result<Vec<(Width, u32)>> {
    let mut found = Vec::new();
    for width in Width::ALL {
        let [mut next, end] = key::times(width, 0..u32::MAX);
        while let Some(row) = table.range::<&[u8]>(next.as_slice()..end.as_slice())?.next() {
            let time = key::time_of(row?.0.value());
            found.push((width, time));
            [next, _] = key::times(width, time.saturating_add(1)..u32::MAX);
        }
    }
    Ok(found)
}
