//! Transactions and what is counted of them, by minute, hour and day.

use jiff::Timestamp;

use crate::model::ids::{ProjectId, TransactionId};
use crate::model::transaction::{Transaction, TransactionStats};
use crate::store::Store;
use crate::store::error::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransactionStep {
    /// Kept for three hours.
    Minute,
    /// Kept for two weeks.
    Hour,
    /// Kept as long as events are.
    Day,
}

impl TransactionStep {
    pub fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }
}

/// A transaction under one release.
#[derive(Debug, Clone)]
pub struct ReleaseStats {
    pub release: String,
    /// The first and the last day it was seen on.
    pub first_day: Timestamp,
    pub last_day: Timestamp,
    pub stats: TransactionStats,
}

impl Store {
    /// The transactions of these projects, in no order.
    pub fn transactions(&self, _projects: &[ProjectId]) -> Result<Vec<Transaction>> {
        unimplemented!()
    }

    pub fn transaction(&self, _id: TransactionId) -> Result<Option<Transaction>> {
        unimplemented!()
    }

    /// Shows each (step's beginning in seconds since 1970, transaction, counts) from `since` to before `until`, times ascending.
    /// `environment`: only what happened there.
    pub fn each_transaction_step(
        &self,
        _project: ProjectId,
        _environment: Option<&str>,
        _step: TransactionStep,
        _since: Timestamp,
        _until: Timestamp,
        _see: &mut dyn FnMut(i64, TransactionId, TransactionStats),
    ) -> Result<()> {
        unimplemented!()
    }

    /// The counts of one transaction alone: (step's beginning in seconds since 1970, counts), ascending.
    pub fn transaction_steps(
        &self,
        _id: TransactionId,
        _environment: Option<&str>,
        _step: TransactionStep,
        _since: Timestamp,
        _until: Timestamp,
    ) -> Result<Vec<(i64, TransactionStats)>> {
        unimplemented!()
    }

    /// By release, those seen last first.
    pub fn transaction_releases(&self, _id: TransactionId, _since: Timestamp) -> Result<Vec<ReleaseStats>> {
        unimplemented!()
    }
}
