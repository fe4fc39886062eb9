//! How often each tag key and value occurred in an issue, bounded: what is beyond the bounds still counts to the
//! totals, so that shares stay true.
//!
//! Most keys have a handful of values: those stand together in one row of the issue, which a batch reads and writes
//! once. A key with many values (users, URLs) keeps them in rows of their own.

use std::borrow::Cow;
use std::collections::HashMap;

use redb::{ReadableTable, Table, WriteTransaction};
use serde::{Deserialize, Serialize};

use crate::model::ids::IssueId;
use crate::store::Store;
use crate::store::error::{Result, StoreError};
use crate::store::keys::{from_micros, join, u64_at};
use crate::store::records::{TagKey, TagValue};
use crate::store::schema::{TAG_VALUES, TAGS};
use crate::store::tally::{Span, TagTally};

pub const TAG_KEYS_MAX: usize = 200;
pub const TAG_VALUES_MAX: u64 = 1_000;
/// Values of one key, and their bytes, that may stand in the issue's row.
const ROW_VALUES_MAX: usize = 12;
const ROW_VALUE_BYTES_MAX: usize = 512;

/// The key's length stands before it, so that no value of one key lies among another's.
fn value_rows(issue: IssueId, key: &str) -> Vec<u8> {
    let length = u8::try_from(key.len()).unwrap_or(u8::MAX);
    [&issue.0.to_be_bytes(), &[length][..], key.as_bytes()].concat()
}

/// The first key behind all that begin with `prefix`.
fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while end.pop_if(|last| *last == u8::MAX).is_some() {}
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    end
}

fn span_bytes(span: Span) -> [u8; 24] {
    join(&[&span.events.to_be_bytes(), &span.first.to_be_bytes(), &span.last.to_be_bytes()])
}

fn span_from(bytes: &[u8; 24]) -> Span {
    Span {
        events: u64_at(bytes, 0),
        first: u64_at(bytes, 8).cast_signed(),
        last: u64_at(bytes, 16).cast_signed(),
    }
}

/// A key's counts as they stand in its issue's row.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    events: u64,
    /// Distinct values.
    distinct: u64,
    /// `None`: there were too many for the row, and each has a row of its own.
    #[serde(borrow)]
    values: Option<Vec<(Cow<'a, str>, Span)>>,
}

/// Adds what a batch counted.
pub(super) fn add(
    txn: &WriteTransaction,
    tallies: &HashMap<IssueId, HashMap<&str, TagTally<'_>>>,
) -> Result<()> {
    let mut table = txn.open_table(TAGS)?;
    let mut values = txn.open_table(TAG_VALUES)?;
    for (&issue, tags) in tallies {
        let known = table.get(issue.0)?;
        let mut rows = match &known {
            Some(known) => decode(known.value())?,
            None => Vec::with_capacity(tags.len()),
        };
        for (key, tag) in tags {
            let at = match rows.binary_search_by(|row| (*row.key).cmp(key)) {
                Ok(at) => at,
                Err(_) if rows.len() >= TAG_KEYS_MAX => continue,
                Err(at) => {
                    rows.insert(at, Row::new(key));
                    at
                }
            };
            rows[at].events = rows[at].events.saturating_add(tag.events);
            rows[at].add(issue, tag, &mut values)?;
        }
        let encoded = postcard::to_stdvec(&rows).map_err(StoreError::failed)?;
        drop(rows);
        drop(known);
        table.insert(issue.0, encoded.as_slice())?;
    }
    Ok(())
}

fn decode(row: &[u8]) -> Result<Vec<Row<'_>>> {
    postcard::from_bytes(row).map_err(StoreError::failed)
}

type Values<'txn> = Table<'txn, &'static [u8], &'static [u8; 24]>;

impl<'a> Row<'a> {
    fn new(key: &'a str) -> Self {
        Self { key: Cow::Borrowed(key), events: 0, distinct: 0, values: Some(Vec::new()) }
    }

    fn add(&mut self, issue: IssueId, tag: &TagTally<'a>, table: &mut Values<'_>) -> Result<()> {
        let Some(values) = &mut self.values else {
            return self.insert(issue, tag.values.iter().map(|(value, span)| (*value, *span)), table);
        };
        for (value, span) in &tag.values {
            match values.iter_mut().find(|(known, _)| known == value) {
                Some((_, known)) => known.widen(*span),
                None => values.push((Cow::Borrowed(value), *span)),
            }
        }
        self.distinct = values.len() as u64;
        let bytes: usize = values.iter().map(|(value, _)| value.len()).sum();
        if values.len() > ROW_VALUES_MAX || bytes > ROW_VALUE_BYTES_MAX {
            let values = std::mem::take(values);
            (self.values, self.distinct) = (None, 0);
            return self.insert(issue, values.iter().map(|(value, span)| (&**value, *span)), table);
        }
        Ok(())
    }

    fn insert<'v>(
        &mut self,
        issue: IssueId,
        values: impl Iterator<Item = (&'v str, Span)>,
        table: &mut Values<'_>,
    ) -> Result<()> {
        let mut row = value_rows(issue, &self.key);
        let prefix_bytes = row.len();
        for (value, mut span) in values {
            row.truncate(prefix_bytes);
            row.extend_from_slice(value.as_bytes());
            let known = table.get(row.as_slice())?.map(|row| span_from(row.value()));
            match known {
                Some(known) => span.widen(known),
                None if self.distinct >= TAG_VALUES_MAX => continue,
                None => self.distinct += 1,
            }
            table.insert(row.as_slice(), &span_bytes(span))?;
        }
        Ok(())
    }
}

/// Adds the counts of one issue to those of another.
pub(super) fn unite(txn: &WriteTransaction, into: IssueId, from: IssueId) -> Result<()> {
    let Some(row) = txn.open_table(TAGS)?.get(from.0)?.map(|row| row.value().to_vec()) else {
        return Ok(());
    };
    let rows = decode(&row)?;
    let mut values = Vec::with_capacity(rows.len());
    {
        let table = txn.open_table(TAG_VALUES)?;
        for row in &rows {
            values.push(match row.values {
                Some(_) => Vec::new(),
                None => apart(&table, from, &row.key)?,
            });
        }
    }
    let mut tallies: HashMap<&str, TagTally<'_>> = HashMap::with_capacity(rows.len());
    for (row, apart) in rows.iter().zip(&values) {
        let here = row.values.iter().flatten().map(|(value, span)| (&**value, *span));
        let apart = apart.iter().map(|(value, span)| (value.as_str(), *span));
        tallies.insert(&row.key, TagTally { events: row.events, values: here.chain(apart).collect() });
    }
    add(txn, &HashMap::from([(into, tallies)]))
}

/// The values of a key that have rows of their own.
fn apart(
    table: &impl ReadableTable<&'static [u8], &'static [u8; 24]>,
    issue: IssueId,
    key: &str,
) -> Result<Vec<(String, Span)>> {
    let prefix = value_rows(issue, key);
    let end = behind(&prefix);
    let rows = table.range(prefix.as_slice()..end.as_slice())?;
    let read = rows.map(|row| {
        let (key, span) = row?;
        let text = String::from_utf8_lossy(&key.value()[prefix.len()..]).into_owned();
        Ok((text, span_from(span.value())))
    });
    read.collect()
}

/// Forgets all of an issue's tags.
pub(super) fn remove(txn: &WriteTransaction, issue: IssueId) -> Result<()> {
    let prefix = issue.0.to_be_bytes();
    let end = behind(&prefix);
    txn.open_table(TAGS)?.remove(issue.0)?;
    txn.open_table(TAG_VALUES)?.retain_in(&prefix[..]..&end[..], |_, _| false)?;
    Ok(())
}

impl Store {
    /// By name.
    pub fn tag_keys(&self, issue: IssueId) -> Result<Vec<TagKey>> {
        let table = self.inner.state.begin_read()?.open_table(TAGS)?;
        let Some(row) = table.get(issue.0)? else { return Ok(Vec::new()) };
        let keys = decode(row.value())?.into_iter();
        Ok(keys
            .map(|row| TagKey { key: row.key.into_owned(), events: row.events, values: row.distinct })
            .collect())
    }

    /// Most frequent first.
    pub fn tag_values(&self, issue: IssueId, key: &str, limit: usize) -> Result<Vec<TagValue>> {
        let txn = self.inner.state.begin_read()?;
        let table = txn.open_table(TAGS)?;
        let Some(row) = table.get(issue.0)? else { return Ok(Vec::new()) };
        let Some(row) = decode(row.value())?.into_iter().find(|row| row.key == key) else {
            return Ok(Vec::new());
        };
        let value = |value: String, span: Span| TagValue {
            value,
            events: span.events,
            first_seen: from_micros(span.first),
            last_seen: from_micros(span.last),
        };
        let mut values: Vec<TagValue> = if let Some(values) = row.values {
            values.into_iter().map(|(text, span)| value(text.into_owned(), span)).collect()
        } else {
            let rows = apart(&txn.open_table(TAG_VALUES)?, issue, key)?;
            rows.into_iter().map(|(text, span)| value(text, span)).collect()
        };
        values.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.value.cmp(&b.value)));
        values.truncate(limit);
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::behind;

    #[test]
    fn a_range_ends_behind_its_prefix() {
        assert_eq!(behind(&[1, 2]), [1, 3]);
        assert_eq!(behind(&[1, 255, 255]), [2]);
    }
}
