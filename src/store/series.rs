//! Exact counts over time, per project and issue, by the events' own time.
//!
//! Buckets lie in chunks (60 minutes, 24 hours, 32 days), one row a chunk, so that what is counted now lies side
//! by side on disk and forgetting old buckets is one range. A row holds only buckets that are not zero.

use std::collections::HashMap;

use jiff::Timestamp;
use redb::{ReadableTable, Table, WriteTransaction};

use crate::model::ids::IssueId;
use crate::model::series::{Resolution, Scope};
use crate::store::Store;
use crate::store::error::Result;
use crate::store::keys::{join, u32_at};
use crate::store::schema::SERIES;

pub const MINUTE_SERIES_DAYS: i64 = 2;
pub const HOUR_SERIES_DAYS: i64 = 35;
pub const DAY_SERIES_DAYS: i64 = 400;

const DAY_SECONDS: i64 = 86_400;
/// Buckets that one answer may hold; a longer span is answered from its end.
const BUCKETS_MAX: i64 = 20_000;
const SLOTS_MAX: usize = 60;

pub(super) type ChunkKey = [u8; 14];

/// The counts of one chunk. They stop at `u32::MAX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counts([u32; SLOTS_MAX]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; SLOTS_MAX])
    }
}

impl Counts {
    pub(super) fn add(&mut self, slot: usize, events: u32) {
        self.0[slot] = self.0[slot].saturating_add(events);
    }

    fn merge(&mut self, other: &Self) {
        for (slot, &events) in other.0.iter().enumerate() {
            self.add(slot, events);
        }
    }

    /// (slot, count in seven-bit groups, lowest first), zeros left out.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32);
        for (slot, &count) in (0u8..).zip(&self.0) {
            if count == 0 {
                continue;
            }
            bytes.push(slot);
            let mut rest = count;
            while rest >= 0x80 {
                bytes.push(u8::try_from(rest & 0x7f).expect("seven bits") | 0x80);
                rest >>= 7;
            }
            bytes.push(u8::try_from(rest).expect("seven bits"));
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Self {
        let mut counts = Self::default();
        each_slot(bytes, |slot, count| {
            if let Some(place) = counts.0.get_mut(slot) {
                *place = count;
            }
        });
        counts
    }
}

/// What a row holds, slot by slot.
pub(super) fn each_slot(bytes: &[u8], mut see: impl FnMut(usize, u32)) {
    let mut bytes = bytes.iter();
    while let Some(&slot) = bytes.next() {
        let mut count = 0u32;
        for (group, &byte) in (0u32..).zip(bytes.by_ref()) {
            count |= u32::from(byte & 0x7f).checked_shl(7 * group).unwrap_or(0);
            if byte & 0x80 == 0 {
                break;
            }
        }
        see(usize::from(slot), count);
    }
}

pub(super) fn slots(resolution: Resolution) -> i64 {
    match resolution {
        Resolution::Minute => 60,
        Resolution::Hour => 24,
        Resolution::Day => 32,
    }
}

/// What stands for a resolution in keys. Never renumbered.
fn resolution_code(resolution: Resolution) -> u8 {
    match resolution {
        Resolution::Minute => 0,
        Resolution::Hour => 1,
        Resolution::Day => 2,
    }
}

fn kept_days(resolution: Resolution) -> i64 {
    match resolution {
        Resolution::Minute => MINUTE_SERIES_DAYS,
        Resolution::Hour => HOUR_SERIES_DAYS,
        Resolution::Day => DAY_SERIES_DAYS,
    }
}

/// Buckets since 1970; moments before count to the first.
pub(super) fn bucket(resolution: Resolution, at: Timestamp) -> i64 {
    at.as_second().max(0) / resolution.bucket_seconds()
}

pub(super) fn key(scope: Scope, resolution: Resolution, chunk: i64) -> ChunkKey {
    let (kind, id) = match scope {
        Scope::Project(project) => (0u8, project.0),
        Scope::Issue(issue) => (1u8, issue.0),
    };
    let chunk = u32::try_from(chunk).unwrap_or(u32::MAX);
    join(&[&[resolution_code(resolution)], &chunk.to_be_bytes(), &[kind], &id.to_be_bytes()])
}

/// Where a moment is counted: the chunk and the slot in it.
pub(super) fn place(scope: Scope, resolution: Resolution, at: Timestamp) -> (ChunkKey, usize) {
    let (chunk, slot) = chunk_of(resolution, at);
    (key(scope, resolution, chunk), slot)
}

pub(super) fn chunk_of(resolution: Resolution, at: Timestamp) -> (i64, usize) {
    let bucket = bucket(resolution, at);
    let slot = usize::try_from(bucket % slots(resolution)).expect("never negative");
    (bucket / slots(resolution), slot)
}

/// Adds what a batch counted.
pub(super) fn add(txn: &WriteTransaction, tallies: &HashMap<ChunkKey, Counts>) -> Result<()> {
    add_to(&mut txn.open_table(SERIES)?, tallies)
}

pub(super) fn add_to<const N: usize>(
    table: &mut Table<'_, &'static [u8; N], &'static [u8]>,
    tallies: &HashMap<[u8; N], Counts>,
) -> Result<()> {
    let mut keys: Vec<_> = tallies.iter().collect();
    keys.sort_unstable_by_key(|(key, _)| **key);
    for (key, tally) in keys {
        let known = table.get(key)?.map(|row| Counts::decode(row.value()));
        let mut counts = known.unwrap_or_default();
        counts.merge(tally);
        table.insert(key, counts.encode().as_slice())?;
    }
    Ok(())
}

/// Adds all that was counted of one issue to another.
pub(super) fn unite(txn: &WriteTransaction, into: IssueId, from: IssueId) -> Result<()> {
    let mut table = txn.open_table(SERIES)?;
    unite_in(&mut table, &Resolution::ALL, key, into, from)
}

pub(super) fn unite_in<const N: usize>(
    table: &mut Table<'_, &'static [u8; N], &'static [u8]>,
    resolutions: &[Resolution],
    key: impl Fn(Scope, Resolution, i64) -> [u8; N],
    into: IssueId,
    from: IssueId,
) -> Result<()> {
    let mut moved = HashMap::new();
    for (mut key, counts) in chunks_of(table, resolutions, key, from)? {
        key[N - 8..].copy_from_slice(&into.0.to_be_bytes());
        moved.insert(key, counts);
    }
    add_to(table, &moved)
}

/// Forgets all that was counted of an issue.
pub(super) fn remove(txn: &WriteTransaction, issue: IssueId) -> Result<()> {
    remove_from(&mut txn.open_table(SERIES)?, &Resolution::ALL, key, issue)
}

pub(super) fn remove_from<const N: usize>(
    table: &mut Table<'_, &'static [u8; N], &'static [u8]>,
    resolutions: &[Resolution],
    key: impl Fn(Scope, Resolution, i64) -> [u8; N],
    issue: IssueId,
) -> Result<()> {
    for (key, _) in chunks_of(table, resolutions, key, issue)? {
        table.remove(&key)?;
    }
    Ok(())
}

/// All chunks of an issue: of each stretch of time that anything was counted in, its row is looked up. Keys end with the
/// chunk and the scope.
fn chunks_of<const N: usize>(
    table: &Table<'_, &'static [u8; N], &'static [u8]>,
    resolutions: &[Resolution],
    key: impl Fn(Scope, Resolution, i64) -> [u8; N],
    issue: IssueId,
) -> Result<Vec<([u8; N], Counts)>> {
    let mut found = Vec::new();
    for &resolution in resolutions {
        let last = key(Scope::Issue(IssueId(u64::MAX)), resolution, i64::from(u32::MAX));
        let mut chunk = 0;
        while chunk <= i64::from(u32::MAX) {
            let wanted = key(Scope::Issue(issue), resolution, chunk);
            let next = table.range::<&[u8; N]>(&wanted..=&last)?.next().transpose()?;
            let Some((next, row)) = next else { break };
            let there = i64::from(u32_at(next.value(), N - 13));
            if *next.value() == wanted {
                found.push((wanted, Counts::decode(row.value())));
            }
            chunk = if there == chunk { chunk + 1 } else { there };
        }
    }
    Ok(found)
}

/// Events of the buckets that [from, to] touches: minutes where these are kept for so long, else hours.
pub(super) fn sum(txn: &WriteTransaction, scope: Scope, from: Timestamp, to: Timestamp) -> Result<u64> {
    let is_recent = to.as_second() - from.as_second() < MINUTE_SERIES_DAYS * DAY_SECONDS;
    let resolution = if is_recent { Resolution::Minute } else { Resolution::Hour };
    let (first, last) = (bucket(resolution, from), bucket(resolution, to));
    let table = txn.open_table(SERIES)?;
    let mut sum = 0;
    for chunk in first / slots(resolution)..=last / slots(resolution) {
        let row = redb::ReadableTable::get(&table, &key(scope, resolution, chunk))?;
        let Some(counts) = row.map(|row| Counts::decode(row.value())) else { continue };
        for slot in 0..slots(resolution) {
            let bucket = chunk * slots(resolution) + slot;
            if (first..=last).contains(&bucket) {
                sum += u64::from(counts.0[usize::try_from(slot).expect("never negative")]);
            }
        }
    }
    Ok(sum)
}

/// The first that is kept.
pub(super) fn oldest_chunk(resolution: Resolution, now: Timestamp) -> i64 {
    let oldest_second = now.as_second() - kept_days(resolution) * DAY_SECONDS;
    oldest_second.max(0) / resolution.bucket_seconds() / slots(resolution)
}

/// Drops the chunks that end before their series' bound.
pub(super) fn prune(txn: &WriteTransaction, now: Timestamp) -> Result<()> {
    let mut table = txn.open_table(SERIES)?;
    for resolution in Resolution::ALL {
        let oldest = oldest_chunk(resolution, now);
        let first = key(Scope::Project(crate::model::ids::ProjectId(0)), resolution, 0);
        let end = key(Scope::Project(crate::model::ids::ProjectId(0)), resolution, oldest);
        table.retain_in::<&ChunkKey, _>(&first..&end, |_, _| false)?;
    }
    Ok(())
}

impl Store {
    /// Counts of the buckets that [from, to) touches, zeros included, oldest first; (bucket start in seconds, count).
    pub fn series(
        &self,
        scope: Scope,
        resolution: Resolution,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(i64, u64)>> {
        Ok(self.series_of(&[scope], resolution, from, to)?.pop().unwrap_or_default())
    }

    /// The same of many at once, in their order: what a page of a list needs.
    pub fn series_of(
        &self,
        scopes: &[Scope],
        resolution: Resolution,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Vec<(i64, u64)>>> {
        let table = self.inner.state.begin_read()?.open_table(SERIES)?;
        read(&table, scopes, resolution, key, (from, to))
    }
}

pub(super) fn read<const N: usize>(
    table: &impl ReadableTable<&'static [u8; N], &'static [u8]>,
    scopes: &[Scope],
    resolution: Resolution,
    key: impl Fn(Scope, Resolution, i64) -> [u8; N],
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Vec<(i64, u64)>>> {
    let seconds = resolution.bucket_seconds();
    // The last moment that counts lies before `to`; one that is no whole second rounds down to its own.
    let last = (to.as_millisecond() - 1).div_euclid(1000);
    let end = if from < to { last.max(0) / seconds + 1 } else { 0 };
    let start = bucket(resolution, from).max(end - BUCKETS_MAX);
    let series = |scope: &Scope| {
        let mut answer = Vec::with_capacity(usize::try_from(end - start).unwrap_or_default());
        let mut chunk = (i64::MIN, Counts::default());
        for bucket in start..end {
            let wanted = bucket / slots(resolution);
            if chunk.0 != wanted {
                let row = table.get(&key(*scope, resolution, wanted))?;
                chunk = (wanted, row.map(|row| Counts::decode(row.value())).unwrap_or_default());
            }
            let slot = usize::try_from(bucket % slots(resolution)).expect("never negative");
            answer.push((bucket * seconds, u64::from(chunk.1.0[slot])));
        }
        Ok(answer)
    };
    scopes.iter().map(series).collect()
}

#[cfg(test)]
mod tests {
    use super::{Counts, SLOTS_MAX, place};
    use crate::model::ids::IssueId;
    use crate::model::series::{Resolution, Scope};
    use jiff::Timestamp;

    #[test]
    fn counts_survive_their_bytes() {
        let mut counts = Counts::default();
        for (slot, events) in [(0, 1), (1, 127), (2, 128), (31, 300_000), (SLOTS_MAX - 1, u32::MAX)] {
            counts.add(slot, events);
        }
        counts.add(SLOTS_MAX - 1, 1);
        assert_eq!(Counts::decode(&counts.encode()), counts);
        assert_eq!(Counts::default().encode(), Vec::<u8>::new());
        // Damage reads as something, never as a panic.
        Counts::decode(&[200, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    }

    #[test]
    fn any_moment_has_a_place() {
        let scope = Scope::Issue(IssueId(1));
        for resolution in Resolution::ALL {
            for at in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
                assert!(place(scope, resolution, at).1 < SLOTS_MAX);
            }
            assert!(place(scope, resolution, Timestamp::MIN).0 < place(scope, resolution, Timestamp::MAX).0);
        }
    }
}
