//! How releases fare: sessions and the people who had them, by project, release, environment and hour.
//!
//! Sessions are counted in chunks (24 hours, 32 days), a row a release and environment; release 0 stands for all of a
//! project. Who had them are sets of hashes, a row an hour and a row a day ([`people`]): exact while they are few. So that
//! late, repeated and reordered updates of a session count once, what each session was counted for is remembered for
//! as long as updates are taken ([`remembered`]). Keys begin with the time: forgetting is a range.
//!
//! Sessions that name no environment stand under the empty one.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{ProjectId, ReleaseId};
use crate::store::error::Result;
use crate::store::health::counts::{Chunk, Counted};
use crate::store::health::key::{Series, Width};
use crate::store::health::people::People;
use crate::store::health::remembered::{Memory, SESSIONS_REMEMBERED_MAX};
use crate::store::records::SessionRecord;
use crate::store::releases;
use crate::store::schema::{HEALTH_COUNTS, HEALTH_PEOPLE};
use crate::store::tally::user_hash;

mod adoption;
mod counts;
mod key;
mod keep;
mod people;
mod read;
mod remembered;
mod rows;

pub(super) use crate::store::health::keep::{erase, forget_release, prune};
pub use crate::store::health::read::HealthScope;

pub const HOURS_KEPT: u32 = 35 * 24;
pub const DAYS_KEPT: u32 = 400;
/// Of a project and day. Sessions of further ones are counted as if they named none.
pub const ENVIRONMENTS_MAX: usize = 200;

/// Stands for all releases of a project; no release has the number.
const ALL: ReleaseId = ReleaseId(0);

/// What a batch says of one series, by hours since 1970.
type Hours = BTreeMap<u32, Said>;

#[derive(Default)]
struct Said {
    counted: Counted,
    people: People,
}

/// Counts what a batch says of sessions. Its releases are registered already.
pub(super) fn record(txn: &WriteTransaction, sessions: &[&SessionRecord]) -> Result<()> {
    if sessions.is_empty() {
        return Ok(());
    }
    let mut environments = Environments::default();
    let mut ids = HashMap::new();
    let mut by_series: BTreeMap<Series<'_>, Hours> = BTreeMap::new();
    let mut memory = Memory::open(txn, SESSIONS_REMEMBERED_MAX)?;
    for SessionRecord { project, report, .. } in sessions {
        let release = match ids.entry((*project, report.release.as_str())) {
            Entry::Occupied(id) => *id.get(),
            Entry::Vacant(slot) => *slot.insert(releases::id_in_project(txn, *project, &report.release)?),
        };
        let sent = report.environment.as_deref().unwrap_or_default();
        for update in &report.updates {
            let hour = key::hour(update.started);
            let environment = environments.admit(txn, *project, hour, sent)?;
            let counted = memory.count(*project, hour, update)?;
            let user = update.user.as_deref().map(user_hash);
            // A release that made room for others at once is counted for its project alone.
            for release in [Some(ALL), release].into_iter().flatten() {
                let series = Series { project: *project, release, environment };
                let said = by_series.entry(series).or_default().entry(hour).or_default();
                said.counted.add(&counted);
                if let Some(user) = user {
                    said.people.note(user, &update.counts);
                }
            }
        }
    }
    memory.write()?;
    write(txn, by_series)
}

fn write(txn: &WriteTransaction, by_series: BTreeMap<Series<'_>, Hours>) -> Result<()> {
    let mut chunks: BTreeMap<Vec<u8>, Chunk> = BTreeMap::new();
    let mut people: BTreeMap<Vec<u8>, People> = BTreeMap::new();
    for (series, hours) in by_series {
        for (hour, mut said) in hours {
            said.people.settle();
            for width in Width::ALL {
                let bucket = width.bucket_of_hour(hour);
                let (chunk, slot) = width.chunk(bucket);
                chunks.entry(series.key(width, chunk)).or_default().add(slot, &said.counted);
                if !said.people.is_empty() {
                    people.entry(series.key(width, bucket)).or_default().merge(&said.people);
                }
            }
        }
    }
    let mut table = txn.open_table(HEALTH_COUNTS)?;
    for (key, added) in chunks {
        let known = table.get(key.as_slice())?.map(|row| Chunk::decode(row.value()));
        let mut chunk = known.unwrap_or_default();
        if chunk.merge(&added) {
            table.insert(key.as_slice(), chunk.encode().as_slice())?;
        }
    }
    let mut table = txn.open_table(HEALTH_PEOPLE)?;
    for (key, added) in people {
        let known = table.get(key.as_slice())?.map(|row| People::decode(row.value()));
        let mut known = known.unwrap_or_default();
        if known.merge(&added) {
            table.insert(key.as_slice(), known.encode().as_slice())?;
        }
    }
    Ok(())
}

/// Which environments have rows of their own: whoever has a DSN can make up any number.
#[derive(Default)]
struct Environments<'a> {
    /// Of a project and day: those that this batch met, and how many there are in all.
    met: HashMap<(ProjectId, u32), (HashSet<&'a str>, usize)>,
}

impl<'a> Environments<'a> {
    fn admit(
        &mut self,
        txn: &WriteTransaction,
        project: ProjectId,
        hour: u32,
        environment: &'a str,
    ) -> Result<&'a str> {
        let (day, _) = Width::Hour.chunk(hour);
        let table = txn.open_table(HEALTH_COUNTS)?;
        let (met, count) = match self.met.entry((project, day)) {
            Entry::Occupied(met) => met.into_mut(),
            Entry::Vacant(slot) => {
                let [first, end] = key::environments(Width::Hour, day, project, ALL);
                let known = table.range::<&[u8]>(first.as_slice()..end.as_slice())?.count();
                slot.insert((HashSet::new(), known))
            }
        };
        if met.contains(environment) {
            return Ok(environment);
        }
        let series = Series { project, release: ALL, environment };
        let is_known = table.get(series.key(Width::Hour, day).as_slice())?.is_some();
        if !is_known && !environment.is_empty() {
            if *count >= ENVIRONMENTS_MAX {
                return Ok("");
            }
            *count += 1;
        }
        met.insert(environment);
        Ok(environment)
    }
}
