//! How often each tag key and value occurred in an issue, bounded: what is beyond the bounds still counts to the
//! totals, so that shares stay true.

use std::collections::HashMap;

use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::IssueId;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::keys::{from_micros, join, u64_at};
use crate::store::records::{TagKey, TagValue};
use crate::store::schema::{TAG_KEYS, TAG_VALUES};
use crate::store::tally::{Span, TagTally};

pub const TAG_KEYS_MAX: usize = 200;
pub const TAG_VALUES_MAX: u64 = 1_000;

fn key_row(issue: IssueId, key: &str) -> Vec<u8> {
    [&issue.0.to_be_bytes(), key.as_bytes()].concat()
}

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

/// Adds what a batch counted.
pub(super) fn add(
    txn: &WriteTransaction,
    tallies: &HashMap<IssueId, HashMap<&str, TagTally<'_>>>,
) -> Result<()> {
    let mut keys = txn.open_table(TAG_KEYS)?;
    let mut values = txn.open_table(TAG_VALUES)?;
    for (&issue, tags) in tallies {
        let mut room = None;
        for (key, tag) in tags {
            let row = key_row(issue, key);
            let known = keys.get(row.as_slice())?.map(|row| (u64_at(row.value(), 0), u64_at(row.value(), 8)));
            if known.is_none() {
                let room = match &mut room {
                    Some(room) => room,
                    None => room.insert(TAG_KEYS_MAX.saturating_sub(count_keys(&keys, issue)?)),
                };
                if *room == 0 {
                    continue;
                }
                *room -= 1;
            }
            let (events, mut distinct) = known.unwrap_or_default();
            let mut value_row = value_rows(issue, key);
            let prefix_bytes = value_row.len();
            for (value, span) in &tag.values {
                value_row.truncate(prefix_bytes);
                value_row.extend_from_slice(value.as_bytes());
                let known = values.get(value_row.as_slice())?.map(|row| span_from(row.value()));
                let mut span = *span;
                match known {
                    Some(known) => span.widen(known),
                    None if distinct >= TAG_VALUES_MAX => continue,
                    None => distinct += 1,
                }
                values.insert(value_row.as_slice(), &span_bytes(span))?;
            }
            let events = events.saturating_add(tag.events);
            keys.insert(row.as_slice(), &join(&[&events.to_be_bytes(), &distinct.to_be_bytes()]))?;
        }
    }
    Ok(())
}

/// Forgets all of an issue's tags.
pub(super) fn remove(txn: &WriteTransaction, issue: IssueId) -> Result<()> {
    let prefix = issue.0.to_be_bytes();
    let end = behind(&prefix);
    txn.open_table(TAG_KEYS)?.retain_in(&prefix[..]..&end[..], |_, _| false)?;
    txn.open_table(TAG_VALUES)?.retain_in(&prefix[..]..&end[..], |_, _| false)?;
    Ok(())
}

fn count_keys(keys: &impl ReadableTable<&'static [u8], &'static [u8; 16]>, issue: IssueId) -> Result<usize> {
    let prefix = issue.0.to_be_bytes();
    let end = behind(&prefix);
    Ok(keys.range(&prefix[..]..&end[..])?.take(TAG_KEYS_MAX).count())
}

impl Store {
    /// By name.
    pub fn tag_keys(&self, issue: IssueId) -> Result<Vec<TagKey>> {
        let table = self.inner.state.begin_read()?.open_table(TAG_KEYS)?;
        let prefix = issue.0.to_be_bytes();
        let end = behind(&prefix);
        let mut keys = Vec::new();
        for row in table.range(&prefix[..]..&end[..])? {
            let (key, counts) = row?;
            keys.push(TagKey {
                key: String::from_utf8_lossy(&key.value()[prefix.len()..]).into_owned(),
                events: u64_at(counts.value(), 0),
                values: u64_at(counts.value(), 8),
            });
        }
        Ok(keys)
    }

    /// Most frequent first.
    pub fn tag_values(&self, issue: IssueId, key: &str, limit: usize) -> Result<Vec<TagValue>> {
        let table = self.inner.state.begin_read()?.open_table(TAG_VALUES)?;
        let prefix = value_rows(issue, key);
        let end = behind(&prefix);
        let mut values = Vec::new();
        for row in table.range(prefix.as_slice()..end.as_slice())? {
            let (key, span) = row?;
            let span = span_from(span.value());
            values.push(TagValue {
                value: String::from_utf8_lossy(&key.value()[prefix.len()..]).into_owned(),
                events: span.events,
                first_seen: from_micros(span.first),
                last_seen: from_micros(span.last),
            });
        }
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
