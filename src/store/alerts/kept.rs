//! Records that people make, under numbers of their own: few, and read as a whole.

use redb::{ReadableTable, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::Store;
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::reading::Reading;
use crate::store::schema::{Table, next_number};

type Records = Table<u64, &'static [u8]>;

/// In the order in which they were made.
pub(super) fn all<T: DeserializeOwned>(txn: &impl Reading, records: Records) -> Result<Vec<T>> {
    txn.table(records)?.iter()?.map(|row| decode(row?.1.value())).collect()
}

pub(super) fn find<T: DeserializeOwned>(txn: &impl Reading, records: Records, id: u64) -> Result<Option<T>> {
    txn.table(records)?.get(id)?.map(|row| decode(row.value())).transpose()
}

pub(super) fn put(txn: &WriteTransaction, records: Records, id: u64, record: &impl Serialize) -> Result<()> {
    txn.open_table(records)?.insert(id, encode(record)?.as_slice())?;
    Ok(())
}

impl Store {
    /// `None`: there are as many as there may be.
    pub(super) fn keep_new<T: Serialize>(
        &self,
        records: Records,
        last: &str,
        records_max: usize,
        made: impl FnOnce(u64) -> T,
    ) -> Result<Option<T>> {
        self.write(|txn| {
            if txn.open_table(records)?.iter()?.count() >= records_max {
                return Ok(None);
            }
            let id = next_number(txn, last)?;
            let record = made(id);
            put(txn, records, id, &record)?;
            Ok(Some(record))
        })
    }

    /// `false` where it is gone.
    pub(super) fn replace(&self, records: Records, id: u64, record: &impl Serialize) -> Result<bool> {
        self.write(|txn| {
            let is_there = txn.open_table(records)?.get(id)?.is_some();
            if is_there {
                put(txn, records, id, record)?;
            }
            Ok(is_there)
        })
    }

    /// `false` where it was gone.
    pub(super) fn drop_record(&self, records: Records, id: u64) -> Result<bool> {
        self.write(|txn| Ok(txn.open_table(records)?.remove(id)?.is_some()))
    }
}
