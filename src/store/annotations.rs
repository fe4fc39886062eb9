//! What people and programs noted, in the order of its own time.

use jiff::Timestamp;
use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use crate::model::annotation::Annotation;
use crate::model::ids::ProjectId;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::keys::{order_micros, pair, u64_at};
use crate::store::schema::{ANNOTATIONS, meta, next_number};

/// Of the whole instance; the oldest makes room. A build that notes something every five minutes fills it in two months.
pub const ANNOTATIONS_MAX: u64 = 20_000;

impl Store {
    /// Keeps an annotation under a number of its own.
    pub fn add_annotation(&self, annotation: Annotation) -> Result<Annotation> {
        self.write(|txn| {
            let annotation = Annotation { id: next_number(txn, meta::LAST_ANNOTATION)?, ..annotation };
            let mut table = txn.open_table(ANNOTATIONS)?;
            table.insert(&key(&annotation), encode(&annotation)?.as_slice())?;
            while table.len()? > ANNOTATIONS_MAX {
                table.pop_first()?;
            }
            Ok(annotation)
        })
    }

    /// Those that began in `[from, to)`, the last first; below the one that began at `before` with that number.
    pub fn annotations(
        &self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        before: Option<(Timestamp, u64)>,
        fits: &dyn Fn(&Annotation) -> bool,
        limit: usize,
    ) -> Result<Vec<Annotation>> {
        let table = self.inner.state.begin_read()?.open_table(ANNOTATIONS)?;
        let first = pair(from.map_or(0, order_micros), 0);
        let end = to.map_or([u8::MAX; 16], |to| pair(order_micros(to), 0));
        let before = before.map_or([u8::MAX; 16], |(at, id)| pair(order_micros(at), id));
        let end = end.min(before);
        if first >= end {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for row in table.range::<&[u8; 16]>(&first..&end)?.rev() {
            if found.len() == limit {
                break;
            }
            found.extend(Some(decode(row?.1.value())?).filter(|annotation| fits(annotation)));
        }
        Ok(found)
    }

    pub fn find_annotation(&self, id: u64) -> Result<Option<Annotation>> {
        let table = self.inner.state.begin_read()?.open_table(ANNOTATIONS)?;
        for row in table.iter()? {
            let (key, row) = row?;
            if u64_at(key.value(), 8) == id {
                return decode(row.value()).map(Some);
            }
        }
        Ok(None)
    }

    /// Whether it was there.
    pub fn delete_annotation(&self, annotation: &Annotation) -> Result<bool> {
        self.write(|txn| Ok(txn.open_table(ANNOTATIONS)?.remove(&key(annotation))?.is_some()))
    }

    /// Drops those that were over before `before`. What began before it and is not over stays.
    pub fn drop_annotations(&self, before: Timestamp) -> Result<()> {
        let end = pair(order_micros(before), 0);
        let is_kept =
            |row: &[u8]| decode::<Annotation>(row).is_ok_and(|annotation| annotation.end() >= before);
        let any = {
            let table = self.inner.state.begin_read()?.open_table(ANNOTATIONS)?;
            table.range::<&[u8; 16]>(..&end)?.any(|row| row.is_ok_and(|(_, row)| !is_kept(row.value())))
        };
        if !any {
            return Ok(());
        }
        self.write(|txn| {
            let mut table = txn.open_table(ANNOTATIONS)?;
            Ok(table.retain_in::<&[u8; 16], _>(..&end, |_, row| is_kept(row))?)
        })
    }
}

fn key(annotation: &Annotation) -> [u8; 16] {
    pair(order_micros(annotation.at), annotation.id)
}

/// Those of a deleted project alone; what is of others too is theirs from now on.
pub(super) fn erase(txn: &WriteTransaction, project: ProjectId) -> Result<()> {
    let mut table = txn.open_table(ANNOTATIONS)?;
    let mut named = Vec::new();
    for row in table.iter()? {
        let (key, row) = row?;
        let annotation: Annotation = decode(row.value())?;
        if annotation.projects.contains(&project) {
            named.push((*key.value(), annotation));
        }
    }
    for (key, mut annotation) in named {
        annotation.projects.retain(|of| *of != project);
        // None at all would mean all.
        if annotation.projects.is_empty() {
            table.remove(&key)?;
        } else {
            table.insert(&key, encode(&annotation)?.as_slice())?;
        }
    }
    Ok(())
}
