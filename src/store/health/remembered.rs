//! What each session was counted for, for as long as updates of it are taken: repeated, late and reordered updates
//! count once, whatever their order.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use md5::{Digest, Md5};
use redb::{ReadableTable, Table, WriteTransaction};

use crate::model::health::{Outcomes, SessionUpdate};
use crate::model::ids::ProjectId;
use crate::store::error::Result;
use crate::store::health::counts::Counted;
use crate::store::keys::{join, u64_at};
use crate::store::schema::{HEALTH_REMEMBERED, HEALTH_SESSIONS};

/// Sessions of one project that began in one hour. Those beyond are counted without being remembered, and marked so.
pub const SESSIONS_REMEMBERED_MAX: u64 = 200_000;
/// Five days in which updates are taken, and the time that they may wait to be recorded.
pub(super) const HOURS_REMEMBERED: u32 = 6 * 24;

pub(super) struct Memory<'txn> {
    sessions: Table<'txn, &'static [u8; 20], u8>,
    counts: Table<'txn, &'static [u8; 12], u64>,
    /// How many are remembered, of those hours that this batch met.
    known: HashMap<[u8; 12], u64>,
    /// Of one hour.
    sessions_max: u64,
}

impl<'txn> Memory<'txn> {
    pub(super) fn open(txn: &'txn WriteTransaction, sessions_max: u64) -> Result<Self> {
        Ok(Self {
            sessions: txn.open_table(HEALTH_SESSIONS)?,
            counts: txn.open_table(HEALTH_REMEMBERED)?,
            known: HashMap::new(),
            sessions_max,
        })
    }

    /// What an update adds to what its session was counted for before.
    pub(super) fn count(&mut self, project: ProjectId, hour: u32, update: &SessionUpdate) -> Result<Counted> {
        let Some(id) = update.session else {
            return Ok(Counted { outcomes: update.counts, is_estimated: false });
        };
        let said = bits(&update.counts);
        if said == 0 {
            return Ok(Counted::default());
        }
        let hour = hour_key(hour, project);
        let key = join(&[&hour, &short(id).to_be_bytes()]);
        let before = self.sessions.get(&key)?.map(|bits| bits.value());
        if before.is_none() && !self.has_room(hour)? {
            return Ok(Counted { outcomes: update.counts, is_estimated: true });
        }
        let counted = before.unwrap_or(0);
        if said & !counted != 0 {
            self.sessions.insert(&key, said | counted)?;
        }
        Ok(Counted { outcomes: outcomes(said & !counted), is_estimated: false })
    }

    fn has_room(&mut self, hour: [u8; 12]) -> Result<bool> {
        let known = match self.known.entry(hour) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(slot) => slot.insert(self.counts.get(&hour)?.map_or(0, |count| count.value())),
        };
        let has_room = *known < self.sessions_max;
        *known += u64::from(has_room);
        Ok(has_room)
    }

    /// Writes down how many are remembered.
    pub(super) fn write(mut self) -> Result<()> {
        for (hour, known) in self.known {
            self.counts.insert(&hour, known)?;
        }
        Ok(())
    }
}

pub(super) fn hour_key(hour: u32, project: ProjectId) -> [u8; 12] {
    join(&[&hour.to_be_bytes(), &project.0.to_be_bytes()])
}

/// Senders choose ids: of their hash no two are alike by design. Two sessions of the same hour that share it, one chance in
/// a billion with as many as are remembered, count as one.
fn short(id: [u8; 16]) -> u64 {
    u64_at(&Md5::digest(id), 0)
}

fn bits(counts: &Outcomes) -> u8 {
    let each = counts.each().into_iter().enumerate();
    each.fold(0, |bits, (index, count)| bits | (u8::from(count > 0) << index))
}

fn outcomes(bits: u8) -> Outcomes {
    Outcomes::from_each(std::array::from_fn(|index| u64::from(bits >> index & 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_beyond_the_bound_are_counted_and_marked() {
        let dir = tempfile::tempdir().expect("tempdir");
        let file = redb::Database::create(dir.path().join("state.redb")).expect("created");
        let count = |session: u8, counts: Outcomes| {
            let txn = file.begin_write().expect("write");
            let mut memory = Memory::open(&txn, 2).expect("opened");
            let update = SessionUpdate {
                started: jiff::Timestamp::UNIX_EPOCH,
                user: None,
                session: Some([session; 16]),
                counts,
            };
            let counted = memory.count(ProjectId(1), 7, &update).expect("counted");
            memory.write().expect("written");
            txn.commit().expect("committed");
            (counted.outcomes.each(), counted.is_estimated)
        };
        let opened = Outcomes { total: 1, ..Outcomes::default() };
        let crashed = Outcomes { errored: 1, crashed: 1, ..Outcomes::default() };
        assert_eq!(count(1, Outcomes::default()), ([0; 5], false), "says nothing and takes no room");
        for session in [2, 3] {
            assert_eq!(count(session, opened), ([1, 0, 0, 0, 0], false));
            assert_eq!(count(session, opened), ([0; 5], false), "a second time");
        }
        assert_eq!(count(4, opened), ([1, 0, 0, 0, 0], true));
        assert_eq!(count(4, opened), ([1, 0, 0, 0, 0], true), "not remembered");
        assert_eq!(count(2, crashed), ([0, 1, 1, 0, 0], false), "remembered before the room was full");
    }

    #[test]
    fn outcomes_survive_their_bits() {
        for said in 0..32 {
            assert_eq!(bits(&outcomes(said)), said);
        }
        assert_eq!(outcomes(0b101), Outcomes { total: 1, crashed: 1, ..Outcomes::default() });
    }
}
