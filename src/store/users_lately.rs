//! Who met an issue when: sets of users by ten minutes, for all environments and for each apart. Kept for two weeks, so that a
//! rule about users can be tried on the past.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::IssueId;
use crate::store::Store;
use crate::store::crowd::{Crowd, Gathered};
use crate::store::environments;
use crate::store::error::Result;
use crate::store::keys::{join, u32_at};
use crate::store::schema::USERS_LATELY;

/// What a window is made of: it counts from the beginning of the ten minutes that it begins in.
pub const BUCKET_SECONDS: i64 = 600;
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 15);
/// Users that are told apart in ten minutes; beyond, a set is a sketch of some 4 KiB.
const EXACT_MAX: usize = 256;
/// Buckets of one answer: a day and a bit.
const BUCKETS_MAX: i64 = 150;
/// All environments.
const ALL: u32 = 0;

type Key = [u8; 16];

fn key(bucket: i64, issue: IssueId, environment: u32) -> Key {
    let bucket = u32::try_from(bucket).unwrap_or(u32::MAX);
    join(&[&bucket.to_be_bytes(), &issue.0.to_be_bytes(), &environment.to_be_bytes()])
}

fn bucket(at: Timestamp) -> i64 {
    at.as_second().max(0) / BUCKET_SECONDS
}

/// What a batch adds; environments by their places in it.
#[derive(Default)]
pub(super) struct UsersTally(HashMap<(i64, IssueId, Option<u32>), Vec<u64>>);

impl UsersTally {
    pub(super) fn add(&mut self, issue: IssueId, environment: Option<u32>, user: u64, at: Timestamp) {
        self.0.entry((bucket(at), issue, None)).or_default().push(user);
        if environment.is_some() {
            self.0.entry((bucket(at), issue, environment)).or_default().push(user);
        }
    }
}

/// `numbers`: of the environments, by their places. `now`: what is older than is kept adds nothing.
pub(super) fn add(
    txn: &WriteTransaction,
    tally: &UsersTally,
    numbers: &[Option<u32>],
    now: Timestamp,
) -> Result<()> {
    let oldest = bucket(now - KEPT);
    let mut added = Vec::with_capacity(tally.0.len());
    for ((bucket, issue, place), users) in &tally.0 {
        let number = place.map_or(Some(ALL), |place| numbers[place as usize]);
        if let Some(number) = number.filter(|_| *bucket >= oldest) {
            added.push((key(*bucket, *issue, number), users));
        }
    }
    added.sort_unstable_by_key(|(key, _)| *key);
    let mut table = txn.open_table(USERS_LATELY)?;
    for (key, users) in added {
        let mut crowd = table.get(&key)?.map(|row| Crowd::decode(&mut row.value())).unwrap_or_default();
        let mut new = Crowd::Few(users.clone());
        new.settle();
        if crowd.merge(&new, EXACT_MAX) {
            table.insert(&key, encode(&crowd).as_slice())?;
        }
    }
    Ok(())
}

fn encode(crowd: &Crowd) -> Vec<u8> {
    let mut bytes = Vec::new();
    crowd.encode(&mut bytes);
    bytes
}

/// Adds those of one issue to another's.
pub(super) fn unite(txn: &WriteTransaction, into: IssueId, from: IssueId) -> Result<()> {
    let mut table = txn.open_table(USERS_LATELY)?;
    for (key, crowd) in of_issue(&table, from)? {
        let mut key = key;
        key[4..12].copy_from_slice(&into.0.to_be_bytes());
        let mut both = table.get(&key)?.map(|row| Crowd::decode(&mut row.value())).unwrap_or_default();
        both.merge(&crowd, EXACT_MAX);
        table.insert(&key, encode(&both).as_slice())?;
    }
    Ok(())
}

pub(super) fn remove(txn: &WriteTransaction, issue: IssueId) -> Result<()> {
    let mut table = txn.open_table(USERS_LATELY)?;
    for (key, _) in of_issue(&table, issue)? {
        table.remove(&key)?;
    }
    Ok(())
}

/// Of each ten minutes that anybody met anything in, the issue's rows are looked up.
fn of_issue(
    table: &impl ReadableTable<&'static Key, &'static [u8]>,
    issue: IssueId,
) -> Result<Vec<(Key, Crowd)>> {
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(first) = table.range::<&Key>(&key(next, IssueId(0), 0)..)?.next().transpose()? {
        let bucket = i64::from(u32_at(first.0.value(), 0));
        for row in table.range::<&Key>(&key(bucket, issue, 0)..=&key(bucket, issue, u32::MAX))? {
            let (key, row) = row?;
            found.push((*key.value(), Crowd::decode(&mut row.value())));
        }
        next = bucket + 1;
    }
    Ok(found)
}

pub(super) fn prune(txn: &WriteTransaction, now: Timestamp) -> Result<()> {
    let end = key(bucket(now - KEPT), IssueId(0), 0);
    txn.open_table(USERS_LATELY)?.retain_in::<&Key, _>(..&end, |_, _| false)?;
    Ok(())
}

impl Store {
    /// How many users met an issue in the ten minutes that `[from, to]` touches, and whether that is an estimate.
    pub fn users_between(
        &self,
        issue: IssueId,
        environment: Option<&str>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<(u64, bool)> {
        let txn = self.inner.state.begin_read()?;
        let number = match environment {
            None => Some(ALL),
            Some(name) => environments::number(&txn, name)?,
        };
        let Some(number) = number else { return Ok((0, false)) };
        let table = txn.open_table(USERS_LATELY)?;
        let last = bucket(to);
        let mut gathered = Gathered::default();
        for bucket in bucket(from).max(last - BUCKETS_MAX)..=last {
            if let Some(row) = table.get(&key(bucket, issue, number))? {
                gathered.add(Crowd::decode(&mut row.value()));
            }
        }
        Ok(gathered.count())
    }
}
