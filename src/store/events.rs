//! Events in the partitions: writing a batch's rows, finding and reading them.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::Path;

use redb::{ReadableTable, ReadableTableMetadata, TableDefinition, TableError};

use crate::model::ids::{EventId, EventSeq, IssueId, ProjectId};
use crate::model::issue::EventRef;
use crate::model::week::Week;
use crate::store::Store;
use crate::store::dictionaries::Dictionary;
use crate::store::error::{Result, StoreError};
use crate::store::file::DatabaseFile;
use crate::store::keys::{PLACE_BYTES, from_micros, join, pair, place_bytes, place_from, u32_at, u64_at};
use crate::store::partitions::{ISSUE_EVENTS, PLACES, PROJECT_EVENTS, ROW_BYTES};
use crate::store::records::StoredPayload;
use crate::store::schema::WeekTables;
use crate::store::weeks::WeekSpan;
use crate::store::{payload, payloads};

/// One committed transaction of a partition, whose payloads are on disk before. `rows` ascend.
pub(super) fn write(partition: &DatabaseFile, folder: &Path, rows: &[(EventRef, &[u8])]) -> Result<()> {
    let txn = partition.begin_write()?;
    {
        let mut places = txn.open_table(PLACES)?;
        let end = places.last()?.map_or(0, |(_, row)| {
            u64_at(row.value(), PLACE_BYTES) + u64::from(u32_at(row.value(), PLACE_BYTES + 8))
        });
        let mut payloads = Vec::with_capacity(rows.iter().map(|(_, payload)| payload.len()).sum());
        for (place, payload) in rows {
            let row: [u8; ROW_BYTES] = join(&[
                &place_bytes(place),
                &(end + payloads.len() as u64).to_be_bytes(),
                &u32::try_from(payload.len()).map_err(StoreError::failed)?.to_be_bytes(),
            ]);
            places.insert(place.seq.0, &row)?;
            payloads.extend_from_slice(payload);
        }
        payloads::write(folder, payloads::EVENTS, end, &payloads)?;
        write_index(&txn, ISSUE_EVENTS, rows, |place| place.issue.0)?;
        write_index(&txn, PROJECT_EVENTS, rows, |place| place.project.0)?;
    }
    txn.commit()?;
    Ok(())
}

fn write_index(
    txn: &redb::WriteTransaction,
    index: TableDefinition<&'static [u8; 16], ()>,
    rows: &[(EventRef, &[u8])],
    owner: fn(&EventRef) -> u64,
) -> Result<()> {
    let mut keys: Vec<_> = rows.iter().map(|(place, _)| pair(owner(place), place.seq.0)).collect();
    keys.sort_unstable();
    let mut table = txn.open_table(index)?;
    for key in &keys {
        table.insert(key, ())?;
    }
    Ok(())
}

/// Value of `event_ids`.
pub(super) fn id_row(place: &EventRef) -> [u8; 24] {
    join(&[
        &place.seq.0.to_be_bytes(),
        &place.issue.0.to_be_bytes(),
        &place.timestamp.as_microsecond().to_be_bytes(),
    ])
}

impl Store {
    pub fn find_event(&self, project: ProjectId, id: EventId) -> Result<Option<EventRef>> {
        let txn = self.inner.state.begin_read()?;
        let weeks: Vec<_> = self.inner.weeks.read().keys().rev().copied().collect();
        let key = crate::store::keys::with_sixteen(project.0, id.0);
        for week in weeks {
            let table = match txn.open_table(WeekTables::of(week).event_ids()) {
                // Forgotten since.
                Err(TableError::TableDoesNotExist(_)) => continue,
                table => table?,
            };
            if let Some(row) = table.get(&key)? {
                let row = row.value();
                return Ok(Some(EventRef {
                    seq: EventSeq(u64_at(row, 0)),
                    event_id: id,
                    project,
                    issue: IssueId(u64_at(row, 8)),
                    timestamp: from_micros(u64_at(row, 16).cast_signed()),
                    week: week.0,
                }));
            }
        }
        Ok(None)
    }

    /// The same, whatever the project; the lowest project's where several have it.
    pub fn find_event_anywhere(&self, id: EventId) -> Result<Option<EventRef>> {
        let mut projects: Vec<_> = self.directory().projects.keys().copied().collect();
        projects.sort_unstable();
        for project in projects {
            if let Some(found) = self.find_event(project, id)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    pub fn find_event_by_seq(&self, week: u32, seq: EventSeq) -> Result<Option<EventRef>> {
        if seq.0 > *self.inner.head.borrow() {
            return Ok(None);
        }
        let Some(partition) = self.inner.partitions.find(Week(week))? else { return Ok(None) };
        let places = partition.begin_read()?.open_table(PLACES)?;
        let place = places.get(seq.0)?.map(|row| place_from(seq.0, row.value()));
        Ok(place.filter(|place| self.directory().projects.contains_key(&place.project)))
    }

    /// `None` where the payload has expired or its project is deleted, `Damaged` where it is there and cannot be
    /// read.
    pub fn read_event(&self, place: &EventRef) -> Result<Option<StoredPayload>> {
        if !self.directory().projects.contains_key(&place.project) {
            return Ok(None);
        }
        self.read_payload(place, |place, encoded, dictionary| {
            let (recipe, raw) = payload::decode(encoded, dictionary)?;
            Ok(StoredPayload { place, recipe, raw })
        })
    }

    /// The payload as it was before compression.
    pub(super) fn inflate(&self, place: &EventRef) -> Result<Option<Vec<u8>>> {
        self.read_payload(place, |_, encoded, dictionary| Ok(payload::inflate(encoded, dictionary)?.0))
    }

    pub(super) fn read_payload<T>(
        &self,
        place: &EventRef,
        read: impl FnOnce(EventRef, &[u8], Option<&Dictionary>) -> Result<T>,
    ) -> Result<Option<T>> {
        let Some(partition) = self.inner.partitions.find(Week(place.week))? else { return Ok(None) };
        let txn = partition.begin_read()?;
        let Some(row) = txn.open_table(PLACES)?.get(place.seq.0)?.map(|row| *row.value()) else {
            return Ok(None);
        };
        let folder = self.inner.partitions.folder(Week(place.week));
        let (offset, bytes) = (u64_at(&row, PLACE_BYTES), u32_at(&row, PLACE_BYTES + 8) as usize);
        let Some(encoded) = payloads::read(&folder, payloads::EVENTS, offset, bytes)? else {
            return Ok(None);
        };
        let encoded = encoded.as_slice();
        let dictionary = self.inner.dictionaries.find(&self.inner.state, payload::dictionary_of(encoded))?;
        let read = read(place_from(place.seq.0, &row), encoded, dictionary.as_deref());
        read.map(Some).map_err(StoreError::into_damaged)
    }

    /// Newest first, below `before`; of a merged issue those of all its parts.
    pub fn issue_events(
        &self,
        issue: IssueId,
        before: Option<EventSeq>,
        limit: usize,
    ) -> Result<Vec<EventRef>> {
        self.newest(ISSUE_EVENTS, &self.parts(issue), before, limit)
    }

    /// Oldest first, above `after`.
    pub fn issue_events_after(
        &self,
        issue: IssueId,
        after: Option<EventSeq>,
        limit: usize,
    ) -> Result<Vec<EventRef>> {
        let first = after.map_or(1, |after| after.0.saturating_add(1));
        let parts = self.parts(issue);
        self.oldest(first, limit, |txn, last| {
            let table = txn.open_table(ISSUE_EVENTS)?;
            let mut seqs = Vec::new();
            for &part in &parts {
                let rows = table.range::<&[u8; 16]>(&pair(part, first)..=&pair(part, last))?;
                for row in rows.take(limit) {
                    seqs.push(u64_at(row?.0.value(), 8));
                }
            }
            seqs.sort_unstable();
            seqs.truncate(limit);
            Ok(seqs)
        })
    }

    /// The newest event that was counted into a part.
    pub fn latest_of_part(&self, part: IssueId) -> Result<Option<EventRef>> {
        Ok(self.newest(ISSUE_EVENTS, &[part.0], None, 1)?.pop())
    }

    /// The numbers that the events carry of the issue that shows this one.
    fn parts(&self, issue: IssueId) -> Vec<u64> {
        let merges = self.merges();
        merges.parts(merges.shown(issue)).into_iter().map(|part| part.0).collect()
    }

    /// Newest first over a project.
    pub fn project_events(
        &self,
        project: ProjectId,
        before: Option<EventSeq>,
        limit: usize,
    ) -> Result<Vec<EventRef>> {
        self.newest(PROJECT_EVENTS, &[project.0], before, limit)
    }

    /// Every event with seq above `after`, oldest first, over all partitions: what `reindex` follows.
    pub fn all_events(&self, after: EventSeq, limit: usize) -> Result<Vec<EventRef>> {
        let first = after.0.saturating_add(1);
        self.oldest(first, limit, |txn, last| {
            let table = txn.open_table(PLACES)?;
            let rows = table.range(first..=last.max(first))?.take(limit);
            rows.map(|row| Ok(row?.0.value())).collect()
        })
    }

    /// How many events `all_events` would answer from `after` up to and with `through`. Counts rows of the weeks that hold one
    /// of the two, so it takes long where these are large.
    pub fn count_events_between(&self, after: EventSeq, through: EventSeq) -> Result<u64> {
        let mut events = 0;
        for (week, span) in self.weeks_with_events() {
            if span.last_seq <= after.0 || span.first_seq > through.0 {
                continue;
            }
            let Some(partition) = self.inner.partitions.find(week)? else { continue };
            let places = partition.begin_read()?.open_table(PLACES)?;
            let outside =
                places.range(..=after.0)?.count() + places.range(through.0.saturating_add(1)..)?.count();
            events += places.len()?.saturating_sub(outside as u64);
        }
        Ok(events)
    }

    /// Weeks overlap where events waited over midnight; a week whose events are all older than what is found
    /// already is not opened.
    fn newest(
        &self,
        index: TableDefinition<&'static [u8; 16], ()>,
        owners: &[u64],
        before: Option<EventSeq>,
        limit: usize,
    ) -> Result<Vec<EventRef>> {
        let head = *self.inner.head.borrow();
        let last = before.map_or(head, |before| before.0.saturating_sub(1).min(head));
        let mut weeks = self.weeks_with_events();
        weeks.sort_unstable_by_key(|(_, span)| Reverse(span.last_seq));
        let mut found: Vec<EventRef> = Vec::new();
        for (week, span) in weeks {
            if span.first_seq > last {
                continue;
            }
            if limit == 0 || found.len() >= limit && found[limit - 1].seq.0 > span.last_seq {
                break;
            }
            let Some(partition) = self.inner.partitions.find(week)? else { continue };
            let txn = partition.begin_read()?;
            let (index, places) = (txn.open_table(index)?, txn.open_table(PLACES)?);
            let mut seqs = Vec::new();
            for &owner in owners {
                let rows = index.range::<&[u8; 16]>(&pair(owner, 0)..=&pair(owner, last))?;
                for row in rows.rev().take(limit) {
                    seqs.push(u64_at(row?.0.value(), 8));
                }
            }
            seqs.sort_unstable_by_key(|seq| Reverse(*seq));
            for seq in seqs.into_iter().take(limit) {
                found.extend(places.get(seq)?.map(|row| place_from(seq, row.value())));
            }
            found.sort_unstable_by_key(|place| Reverse(place.seq));
        }
        found.truncate(limit);
        Ok(found)
    }

    /// `seqs` answers the numbers of one partition, ascending, up to the one it is given.
    fn oldest(
        &self,
        first: u64,
        limit: usize,
        seqs: impl Fn(&redb::ReadTransaction, u64) -> Result<Vec<u64>>,
    ) -> Result<Vec<EventRef>> {
        let head = *self.inner.head.borrow();
        let mut weeks = self.weeks_with_events();
        weeks.sort_unstable_by_key(|(_, span)| span.first_seq);
        let mut found: Vec<EventRef> = Vec::new();
        for (week, span) in weeks {
            if span.last_seq < first || first > head {
                continue;
            }
            if limit == 0 || found.len() >= limit && found[limit - 1].seq.0 < span.first_seq {
                break;
            }
            let Some(partition) = self.inner.partitions.find(week)? else { continue };
            let txn = partition.begin_read()?;
            let places = txn.open_table(PLACES)?;
            for seq in seqs(&txn, head)? {
                found.extend(places.get(seq)?.map(|row| place_from(seq, row.value())));
            }
            found.sort_unstable_by_key(|place| place.seq);
        }
        found.truncate(limit);
        Ok(found)
    }

    fn weeks_with_events(&self) -> Vec<(Week, WeekSpan)> {
        let weeks = self.inner.weeks.read();
        weeks.iter().filter(|(_, span)| span.last_seq > 0).map(|(week, span)| (*week, *span)).collect()
    }
}

#[cfg(test)]
impl Store {
    /// Overwrites the event's payload, as a bad disk would.
    pub(crate) fn damage(&self, place: &EventRef) {
        let partition = self.inner.partitions.find(Week(place.week)).expect("opens").expect("is there");
        let txn = partition.begin_read().expect("read");
        let row = *txn.open_table(PLACES).expect("t").get(place.seq.0).expect("get").expect("a row").value();
        let folder = self.inner.partitions.folder(Week(place.week));
        let bytes = vec![1; u32_at(&row, PLACE_BYTES + 8) as usize];
        payloads::write(&folder, payloads::EVENTS, u64_at(&row, PLACE_BYTES), &bytes).expect("written");
    }
}

/// Which of `keys` (project and event id) are in one of the tables.
pub(super) fn known_ids(
    tables: &[redb::Table<'_, &'static [u8; 24], &'static [u8; 24]>],
    key: &[u8; 24],
) -> Result<bool> {
    for table in tables {
        if table.get(key)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A batch's events by the week that holds them.
pub(super) fn by_week<'a>(
    places: impl Iterator<Item = (EventRef, &'a [u8])>,
) -> HashMap<Week, Vec<(EventRef, &'a [u8])>> {
    let mut weeks: HashMap<Week, Vec<_>> = HashMap::new();
    for (place, payload) in places {
        weeks.entry(Week(place.week)).or_default().push((place, payload));
    }
    weeks
}
