//! `record`: a batch becomes true, once.
//!
//! Payloads are compressed first, without a lock. Then, under the writer's lock: attachments' files, the rows of
//! `state.redb` inside a transaction that nobody sees yet, the weeks' partitions with an fsync each, and last
//! the commit of `state.redb`. That commit is the truth; whatever a crash leaves behind before it is deleted or
//! rewritten by the replay.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use rayon::prelude::*;
use redb::WriteTransaction;

use crate::insight::priority::priority;
use crate::model::ids::{EventSeq, ProjectId};
use crate::model::issue::EventRef;
use crate::model::week::Week;
use crate::store::clock::Believed;
use crate::store::error::Result;
use crate::store::grouped::{Assigned, Grouped};
use crate::store::keys::{from_micros, rounded, with_sixteen};
use crate::store::records::{
    Batch, ChangeKind, Directory, EventRecord, LedgerKey, Record, Recorded, SessionRecord,
};
use crate::store::schema::{CHANGES, WeekTables};
use crate::store::spans::incoming::Incoming;
use crate::store::tally::Tally;
use crate::store::transactions::counting;
use crate::store::transactions::segments::Segment;
use crate::store::wanted::Wants;
use crate::store::weeks::Weeks;
use crate::store::{Inner, Store};
use crate::store::{
    archives, attachments, changes, digested, environments, events, health, issue_rows, ledger, payload,
    projects, releases, series, spans, tags, users, users_lately, weeks,
};

impl Store {
    /// One group commit: all of the batch, or nothing. Answers in the order of its records.
    pub fn record(&self, batch: &Batch, now: Timestamp) -> Result<Vec<Recorded>> {
        self.record_and(batch, now, |_| ())
    }

    /// The same; `before_announced` hears the answer before any follower of the changes does.
    pub fn record_and(
        &self,
        batch: &Batch,
        now: Timestamp,
        before_announced: impl FnOnce(&[Recorded]),
    ) -> Result<Vec<Recorded>> {
        let payloads = self.inner.compress(&batch.records)?;
        let spans = self.inner.take_spans(&batch.records)?;
        let mut writer = self.inner.writer.lock();
        self.inner.clean_up(&mut writer)?;
        let outcome = self.inner.record(batch, &payloads, &spans, now, before_announced);
        if outcome.is_err() {
            // Partitions may be ahead of the state now.
            let believed = *self.inner.believed.read();
            let weeks = batch.records.iter().filter_map(|record| week_of_event(record, believed));
            writer.suspects.extend(weeks);
        }
        drop(writer);
        outcome
    }
}

fn week_of_event(record: &Record, believed: Believed) -> Option<Week> {
    match record {
        Record::Event(record) => Some(believed.week_of(record.event.received)),
        Record::Attachment(_) | Record::UserReport(_) | Record::Sessions(_) | Record::Spans(_) => None,
    }
}

/// What became of the batch's items, summed.
fn ledger_rows(work: &Batch, outcomes: &[Recorded]) -> HashMap<LedgerKey, u64> {
    let recorded =
        work.items(outcomes).map(|(record, outcome)| (record.ledger_key(outcome), record.quantity()));
    let mut rows = HashMap::new();
    for (key, items) in recorded.chain(work.dropped.iter().cloned()) {
        *rows.entry(key).or_default() += items;
    }
    rows
}

/// What only the writer knows.
#[derive(Default)]
pub(super) struct Writer {
    /// Weeks that a failed commit may have left rows in.
    suspects: HashSet<Week>,
}

/// A batch on its way into the state.
struct Recording<'a> {
    head: u64,
    weeks: Weeks,
    believed: Believed,
    touched: HashSet<Week>,
    seen: HashSet<[u8; 24]>,
    grouped: Grouped,
    tally: Tally<'a>,
    releases: releases::seen::Seen<'a>,
    environments: releases::environments::Environments<'a>,
    sessions: Vec<&'a SessionRecord>,
    wants: Wants,
    places: Vec<(EventRef, &'a [u8])>,
    first_events: BTreeMap<ProjectId, Timestamp>,
    events_by_project: HashMap<ProjectId, u64>,
}

impl Inner {
    /// One payload for each event, in parallel; nothing for the other records.
    fn compress(&self, batch: &[Record]) -> Result<Vec<Vec<u8>>> {
        let encode = |record: &Record| match record {
            Record::Event(record) => {
                let dictionary = self.dictionaries.current(&self.state, record.project)?;
                payload::encode(&record.recipe, &record.raw, dictionary.as_deref())
            }
            Record::Attachment(_) | Record::UserReport(_) | Record::Sessions(_) | Record::Spans(_) => {
                Ok(Vec::new())
            }
        };
        if batch.len() == 1 {
            batch.iter().map(encode).collect()
        } else {
            batch.par_iter().map(encode).collect()
        }
    }

    fn clean_up(&self, writer: &mut Writer) -> Result<()> {
        if !writer.suspects.is_empty() {
            // What the failed commit left on disk decides what is cleaned.
            self.begin_write()?.abort()?;
        }
        for week in &writer.suspects {
            self.partitions.clean(*week)?;
        }
        writer.suspects.clear();
        Ok(())
    }

    fn record(
        &self,
        work: &Batch,
        payloads: &[Vec<u8>],
        spans: &Incoming<'_>,
        now: Timestamp,
        before_announced: impl FnOnce(&[Recorded]),
    ) -> Result<Vec<Recorded>> {
        let records = work.records.as_slice();
        let txn = self.begin_write()?;
        let mut batch = Recording {
            head: *self.head.borrow(),
            weeks: self.weeks.read().clone(),
            believed: *self.believed.read(),
            touched: HashSet::new(),
            seen: HashSet::new(),
            grouped: Grouped::new(self.merges.now()),
            tally: Tally::default(),
            releases: HashMap::new(),
            environments: HashMap::new(),
            sessions: Vec::new(),
            wants: Wants::default(),
            places: Vec::new(),
            first_events: BTreeMap::new(),
            events_by_project: HashMap::new(),
        };
        batch.make_weeks(&txn, records)?;
        let mut outcomes = vec![Recorded::Duplicate; records.len()];
        batch.record_events(&txn, records, payloads, &mut outcomes, now)?;
        self.record_beside(&txn, &mut batch, records, &mut outcomes)?;
        for (index, outcome) in &spans.outcomes {
            outcomes[*index] = *outcome;
        }
        batch.note_segments(&spans.segments);
        batch.write_state(&txn, now)?;
        counting::record(&txn, &spans.segments, now)?;
        digested::add(&txn, &work.envelopes, work.envelopes_floor)?;
        ledger::add(&txn, ledger_rows(work, &outcomes), now)?;
        let directory = self.write_first_events(&txn, &batch)?;

        let mut held = Vec::new();
        for (week, rows) in events::by_week(batch.places.iter().copied()) {
            let partition = self.partitions.get_or_create(week)?;
            events::write(&partition, &self.partitions.folder(week), &rows)?;
            held.push(partition);
        }
        spans::writing::write(&txn, &self.partitions, &spans.blocks)?;
        changes::commit(txn, batch.head)?;
        *self.weeks.write() = batch.weeks;
        if let Some(directory) = directory {
            *self.directory.write() = directory;
        }
        before_announced(&outcomes);
        self.announce(batch.head);
        for (project, events) in batch.events_by_project {
            self.dictionaries.count(project, events);
        }
        // Held until here: a partition that is closed and opened again is cleaned by what its week is said to hold.
        drop(held);
        Ok(outcomes)
    }

    /// Attachments, user reports and sessions.
    fn record_beside<'a>(
        &self,
        txn: &WriteTransaction,
        batch: &mut Recording<'a>,
        records: &'a [Record],
        outcomes: &mut [Recorded],
    ) -> Result<()> {
        let stored = Recorded::Stored { place: None, new_issue: false, regressed: false };
        for (record, outcome) in records.iter().zip(outcomes) {
            let is_new = match record {
                Record::Event(_) | Record::Spans(_) => continue,
                Record::Attachment(record) => {
                    let week = batch.believed.week_of(record.received);
                    let bytes = attachments::write(txn, week, &self.partitions.folder(week), record)?;
                    let span = batch.weeks.entry(week).or_default();
                    span.attachment_bytes += bytes.unwrap_or(0);
                    batch.touched.insert(week);
                    bytes.is_some()
                }
                Record::UserReport(record) => {
                    attachments::write_report(txn, batch.believed.week_of(record.received), record)?
                }
                Record::Sessions(record) => {
                    batch.note_sessions(record);
                    true
                }
            };
            if is_new {
                *outcome = stored;
            }
        }
        Ok(())
    }

    /// The projects that just had their first event.
    fn write_first_events(
        &self,
        txn: &WriteTransaction,
        batch: &Recording<'_>,
    ) -> Result<Option<Arc<Directory>>> {
        let known = self.directory.read().clone();
        let waits =
            |project: &ProjectId| known.projects.get(project).is_some_and(|p| p.first_event.is_none());
        if !batch.first_events.keys().any(waits) {
            return Ok(None);
        }
        let mut directory = Directory::clone(&known);
        for (id, at) in &batch.first_events {
            let Some(project) = directory.projects.get_mut(id).filter(|p| p.first_event.is_none()) else {
                continue;
            };
            Arc::make_mut(project).first_event = Some(*at);
            projects::write(txn, project)?;
        }
        Ok(Some(Arc::new(directory)))
    }
}

impl<'a> Recording<'a> {
    /// A partition's tables in the state exist from its first record on.
    fn make_weeks(&mut self, txn: &WriteTransaction, records: &[Record]) -> Result<()> {
        for record in records {
            let week = self.believed.week_of(match record {
                Record::Event(record) => record.event.received,
                Record::Attachment(record) => record.received,
                Record::UserReport(record) => record.received,
                Record::Spans(record) => record.received,
                Record::Sessions(_) => continue,
            });
            if let Entry::Vacant(slot) = self.weeks.entry(week) {
                WeekTables::of(week).create(txn)?;
                slot.insert(weeks::WeekSpan::default());
                self.touched.insert(week);
            }
        }
        Ok(())
    }

    fn record_events(
        &mut self,
        txn: &WriteTransaction,
        records: &'a [Record],
        payloads: &'a [Vec<u8>],
        outcomes: &mut [Recorded],
        now: Timestamp,
    ) -> Result<()> {
        let names: Vec<_> = self.weeks.keys().rev().map(|week| (*week, WeekTables::of(*week))).collect();
        let mut ids = Vec::with_capacity(names.len());
        for (_, tables) in &names {
            ids.push(txn.open_table(tables.event_ids())?);
        }
        let mut log = txn.open_table(CHANGES)?;
        for ((record, payload), outcome) in records.iter().zip(payloads).zip(outcomes) {
            let Record::Event(record) = record else { continue };
            let id = with_sixteen(record.project.0, record.event.event_id.0);
            if !self.seen.insert(id) || events::known_ids(&ids, &id)? {
                continue;
            }
            self.head += 1;
            let seq = EventSeq(self.head);
            let group = self.grouped.assign(txn, record, seq, now)?;
            let place = EventRef {
                seq,
                event_id: record.event.event_id,
                project: record.project,
                issue: group.issue,
                timestamp: rounded(record.event.timestamp),
                week: self.believed.week_of(record.event.received).0,
            };
            log.insert(seq.0, changes::encode(&ChangeKind::Event(place)).as_slice())?;
            self.note(record, place, payload, &group);
            *outcome = Recorded::Stored {
                place: Some(place),
                new_issue: group.new_issue,
                regressed: group.regressed,
            };
        }
        // In key order: random ids of one batch then share pages where they can.
        let mut rows: Vec<_> = self.places.iter().map(|(place, _)| place).collect();
        rows.sort_unstable_by_key(|place| (place.week, place.project, place.event_id));
        for place in rows {
            let table = names.iter().position(|(week, _)| week.0 == place.week).expect("made above");
            ids[table].insert(&with_sixteen(place.project.0, place.event_id.0), &events::id_row(place))?;
        }
        Ok(())
    }

    fn note(&mut self, record: &'a EventRecord, place: EventRef, payload: &'a [u8], group: &Assigned) {
        let week = Week(place.week);
        self.weeks.entry(week).or_default().widen(place.seq.0);
        self.touched.insert(week);
        self.tally.add(record, self.grouped.counters(place.issue));
        if let Some(release) = &record.event.release {
            let (at, received) = (record.event.timestamp, record.event.received);
            let role = releases::seen::Role { is_first: group.new_issue, is_regression: group.regressed };
            releases::seen::add(&mut self.releases, place.project, release, at, received, role);
            if let Some(environment) = &record.event.environment {
                releases::environments::add(&mut self.environments, place.project, release, environment, at);
            }
        }
        self.wants.add(place.project, &record.wanted, place.seq);
        self.places.push((place, payload));
        *self.events_by_project.entry(place.project).or_default() += 1;
        self.first_events.entry(place.project).or_insert(record.event.received);
    }

    fn note_sessions(&mut self, record: &'a SessionRecord) {
        let SessionRecord { project, received, report } = record;
        let started = report.updates.iter().map(|update| update.started);
        let span = (started.clone().min().unwrap_or(*received), started.max().unwrap_or(*received));
        releases::seen::add_session(&mut self.releases, *project, &report.release, span, *received);
        if let Some(environment) = &report.environment {
            let seen = &mut self.environments;
            releases::environments::add(seen, *project, &report.release, environment, span.0);
            releases::environments::add(seen, *project, &report.release, environment, span.1);
        }
        self.sessions.push(record);
    }

    /// A release may have transactions and no errors at all.
    fn note_segments(&mut self, segments: &'a [Segment<'a>]) {
        for segment in segments.iter().filter(|segment| !segment.release.is_empty()) {
            let at = from_micros(segment.start_us);
            releases::seen::add_session(&mut self.releases, segment.project, segment.release, (at, at), at);
            if !segment.environment.is_empty() {
                let seen = &mut self.environments;
                releases::environments::add(seen, segment.project, segment.release, segment.environment, at);
            }
        }
    }

    fn write_state(&mut self, txn: &WriteTransaction, now: Timestamp) -> Result<()> {
        for (issue, users) in &self.tally.users {
            users::add(txn, &mut self.grouped.get_mut(*issue).issue, users)?;
        }
        series::add(txn, &self.tally.series)?;
        let environments = environments::add(txn, &self.tally.environments)?;
        users_lately::add(txn, &self.tally.users_lately, &environments, now)?;
        for changed in self.grouped.issues_mut() {
            if changed.issue.merged_into.is_some() {
                // It is counted, and waits for nothing while another shows it.
                continue;
            }
            let users = self.tally.users.get(&changed.issue.id);
            archives::check(txn, &mut changed.issue, users, now)?;
            if changed.issue.priority.chosen_at.is_none() {
                changed.issue.priority.level = priority(&changed.issue);
            }
        }
        self.grouped.write(txn)?;
        issue_rows::write(txn, self.grouped.issues())?;
        tags::add(txn, &self.tally.tags)?;
        releases::seen::record(txn, &self.releases)?;
        releases::environments::record(txn, &self.environments)?;
        health::record(txn, &self.sessions)?;
        self.wants.write(txn)?;
        for week in &self.touched {
            weeks::write(txn, *week, self.weeks[week])?;
        }
        Ok(())
    }
}
