//! A batch's segments into rows: each row is read and written once a batch.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};

use crate::model::ids::{ProjectId, TransactionId};
use crate::model::transaction::{APDEX_US, Example, Transaction, TransactionStats};
use crate::store::environments;
use crate::store::error::Result;
use crate::store::json;
use crate::store::keys::{cut, from_micros};
use crate::store::schema::{
    TRANSACTION_NAMES, TRANSACTION_RELEASES, TRANSACTION_STEPS, TRANSACTIONS, meta, next_number,
};
use crate::store::transactions::rows::{self, Key};
use crate::store::transactions::segments::Segment;
use crate::store::transactions::{STEPS, TransactionStep};

/// Names of one project that are counted apart; whoever has its DSN can make them up.
pub const TRANSACTIONS_MAX: usize = 2_000;
/// What further ones are counted as.
pub const FURTHER: &str = "(further transactions)";
/// Releases of one transaction: the one seen longest ago makes room.
const RELEASES_MAX: usize = 50;
const RELEASE_BYTES_MAX: usize = 200;
/// A later sighting is written down once it is this much later.
const LAST_STEP_US: i64 = 60_000_000;

#[derive(Serialize, Deserialize)]
pub(super) struct Row {
    pub project: ProjectId,
    pub name: String,
    pub op: String,
    pub first_us: i64,
    pub last_us: i64,
}

impl Row {
    pub(super) fn shown(self, id: TransactionId) -> Transaction {
        Transaction {
            id,
            project: self.project,
            name: self.name,
            op: self.op,
            first_seen: from_micros(self.first_us),
            last_seen: from_micros(self.last_us),
        }
    }
}

/// How many names each project has; counted once a batch, where one is new.
type Names = HashMap<ProjectId, usize>;

/// Segments by project and name.
type ByName<'s, 'a> = BTreeMap<(ProjectId, &'a str), Vec<&'s Segment<'a>>>;

pub(in crate::store) fn record(
    txn: &WriteTransaction,
    segments: &[Segment<'_>],
    now: Timestamp,
) -> Result<()> {
    if segments.is_empty() {
        return Ok(());
    }
    let mut by_name: ByName<'_, '_> = BTreeMap::new();
    for segment in segments {
        by_name.entry((segment.project, segment.name)).or_default().push(segment);
    }
    let mut names = Names::default();
    let mut environments = HashMap::new();
    let mut steps: BTreeMap<Key, TransactionStats> = BTreeMap::new();
    let mut releases: BTreeMap<(u64, &str), (i64, i64, TransactionStats)> = BTreeMap::new();
    let oldest: [i64; 3] = STEPS.map(|step| step.oldest(now));
    for ((project, name), segments) in &by_name {
        let id = find_or_make(txn, *project, name, segments, &mut names)?;
        for segment in segments {
            let environment = match environments.entry((*project, segment.environment)) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(slot) => *slot.insert(environment_of(txn, *project, segment.environment)?),
            };
            let second = segment.start_us.div_euclid(1_000_000);
            for (step, oldest) in STEPS.into_iter().zip(oldest) {
                let bucket = second.div_euclid(step.seconds());
                if bucket < oldest {
                    continue;
                }
                for environment in [Some(0), environment].into_iter().flatten() {
                    let key = rows::key(step, *project, environment, id, bucket);
                    add(steps.entry(key).or_default(), segment, step != TransactionStep::Minute);
                }
            }
            let release = segment.release;
            if !release.is_empty() && release.len() <= RELEASE_BYTES_MAX {
                let at_us = segment.start_us;
                let entry =
                    releases.entry((id.0, release)).or_insert((at_us, at_us, TransactionStats::default()));
                (entry.0, entry.1) = (entry.0.min(at_us), entry.1.max(at_us));
                add(&mut entry.2, segment, false);
            }
        }
    }
    let mut table = txn.open_table(TRANSACTION_STEPS)?;
    for (key, mut stats) in steps {
        let before = table.get(&key)?.map(|row| rows::decode(row.value())).transpose()?;
        if let Some(before) = before {
            stats.merge(&before);
        } else {
            stats.keep_best_examples();
        }
        table.insert(&key, rows::encode(&stats)?.as_slice())?;
    }
    drop(table);
    releases.into_iter().try_for_each(|(key, counted)| add_release(txn, key, counted))
}

fn environment_of(txn: &WriteTransaction, project: ProjectId, name: &str) -> Result<Option<u32>> {
    let is_one = !name.is_empty() && name.len() <= environments::NAME_BYTES_MAX;
    if is_one { environments::number_for(txn, project, name) } else { Ok(None) }
}

fn add(stats: &mut TransactionStats, segment: &Segment<'_>, in_full: bool) {
    let weight = f64::from(segment.weight);
    stats.count += 1;
    stats.weighted += weight;
    stats.durations.add(segment.duration_us);
    if segment.is_failed {
        stats.failed += 1;
        stats.weighted_failed += weight;
    }
    // Who was answered with a failure is not satisfied, however quickly.
    stats.satisfied += u64::from(!segment.is_failed && segment.duration_us <= APDEX_US);
    stats.tolerated += u64::from(
        !segment.is_failed && segment.duration_us > APDEX_US && segment.duration_us <= 4 * APDEX_US,
    );
    if !in_full {
        return;
    }
    for (op, spans, self_us) in &segment.ops {
        stats.add_op(op, *spans, *self_us);
    }
    let example = Example {
        trace: segment.trace,
        span: segment.span,
        at_us: segment.start_us,
        duration_us: segment.duration_us,
    };
    stats.slowest.push(example);
    if segment.is_failed {
        stats.failing.push(example);
    }
    // A batch may have thousands: now and then is often enough.
    if stats.slowest.len() + stats.failing.len() > 64 {
        stats.keep_best_examples();
    }
}

fn find_or_make(
    txn: &WriteTransaction,
    project: ProjectId,
    name: &str,
    segments: &[&Segment<'_>],
    counted: &mut Names,
) -> Result<TransactionId> {
    let mut names = txn.open_table(TRANSACTION_NAMES)?;
    let mut table = txn.open_table(TRANSACTIONS)?;
    let mut name = name;
    let mut known = names.get((project.0, name))?.map(|id| id.value());
    if known.is_none() {
        let all = match counted.get(&project) {
            Some(all) => *all,
            None => names.range((project.0, "")..(project.0 + 1, ""))?.take(TRANSACTIONS_MAX).count(),
        };
        if all >= TRANSACTIONS_MAX {
            name = FURTHER;
            known = names.get((project.0, name))?.map(|id| id.value());
        }
        counted.insert(project, all + usize::from(known.is_none()));
    }
    let starts = segments.iter().map(|segment| segment.start_us);
    let (first_us, last_us) = (starts.clone().min().unwrap_or(0), starts.max().unwrap_or(0));
    let Some(id) = known else {
        let id = next_number(txn, meta::LAST_TRANSACTION)?;
        let op = segments.first().map_or("", |segment| segment.op);
        let row = Row { project, name: name.to_owned(), op: op.to_owned(), first_us, last_us };
        names.insert((project.0, name), id)?;
        table.insert(id, json::encode(&row)?.as_slice())?;
        return Ok(TransactionId(id));
    };
    let row: Option<Row> = table.get(id)?.map(|row| json::decode(row.value())).transpose()?;
    if let Some(mut row) = row
        && (first_us < row.first_us || last_us >= row.last_us + LAST_STEP_US)
    {
        (row.first_us, row.last_us) = (row.first_us.min(first_us), row.last_us.max(last_us));
        table.insert(id, json::encode(&row)?.as_slice())?;
    }
    Ok(TransactionId(id))
}

fn add_release(
    txn: &WriteTransaction,
    (id, release): (u64, &str),
    (mut first, mut last, mut stats): (i64, i64, TransactionStats),
) -> Result<()> {
    let mut table = txn.open_table(TRANSACTION_RELEASES)?;
    let before = table.get((id, release))?.map(|row| {
        let (first, last, row) = row.value();
        rows::decode(row).map(|stats| (first, last, stats))
    });
    if let Some((first_before, last_before, before)) = before.transpose()? {
        (first, last) = (first.min(first_before), last.max(last_before));
        stats.merge(&before);
    } else {
        let mut all: Vec<(i64, String)> = Vec::new();
        for row in table.range((id, "")..(id + 1, ""))? {
            let (key, row) = row?;
            all.push((row.value().1, key.value().1.to_owned()));
        }
        if all.len() >= RELEASES_MAX
            && let Some((_, oldest)) = all.into_iter().min()
        {
            table.remove((id, oldest.as_str()))?;
        }
    }
    table.insert((id, cut(release, RELEASE_BYTES_MAX)), (first, last, rows::encode(&stats)?.as_slice()))?;
    Ok(())
}
