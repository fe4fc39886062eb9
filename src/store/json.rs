//! Rows that are records are JSON, so that fields can be added without a migration.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::error::{Result, StoreError};

pub(super) fn encode(record: &(impl Serialize + ?Sized)) -> Result<Vec<u8>> {
    serde_json::to_vec(record).map_err(StoreError::failed)
}

pub(super) fn decode<T: DeserializeOwned>(row: &[u8]) -> Result<T> {
    serde_json::from_slice(row).map_err(StoreError::failed)
}
