//! Deploys of a release: where it went, and when.

use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::ReleaseId;
use crate::model::release::{Deploy, Release};
use crate::store::error::{Result, StoreError};
use crate::store::json::{decode, encode};
use crate::store::keys::pair;
use crate::store::schema::{DEPLOYS, meta, next_number};
use crate::store::{Store, releases};

/// Of one release; the oldest makes room.
pub const DEPLOYS_MAX: usize = 1_000;

impl Store {
    /// Keeps a deploy under a number of its own. `Gone` where the release is.
    pub fn add_deploy(&self, release: ReleaseId, deploy: Deploy) -> Result<Deploy> {
        self.write(|txn| {
            let mut release: Release = releases::find(txn, release)?.ok_or(StoreError::Gone)?;
            let deploy = Deploy { id: next_number(txn, meta::LAST_DEPLOY)?, ..deploy };
            {
                let mut table = txn.open_table(DEPLOYS)?;
                table.insert(&pair(release.id.0, deploy.id), encode(&deploy)?.as_slice())?;
                let (first, last) = (pair(release.id.0, 0), pair(release.id.0, u64::MAX));
                let held = table.range::<&[u8; 16]>(&first..=&last)?.count();
                let oldest = table.range::<&[u8; 16]>(&first..=&last)?.next().transpose()?;
                let oldest = oldest.map(|(key, _)| *key.value());
                if let Some(oldest) = oldest.filter(|_| held > DEPLOYS_MAX) {
                    table.remove(&oldest)?;
                }
            }
            release.is_declared = true;
            release.deploys = release.deploys.saturating_add(1);
            if release.last_deploy.as_ref().is_none_or(|last| last.finished <= deploy.finished) {
                release.last_deploy = Some(deploy.clone());
            }
            releases::write(txn, &release)?;
            Ok(deploy)
        })
    }

    /// In the order in which they were told, the newest first; below `before`.
    pub fn deploys(&self, release: ReleaseId, before: Option<u64>, limit: usize) -> Result<Vec<Deploy>> {
        let table = self.inner.state.begin_read()?.open_table(DEPLOYS)?;
        let (first, end) = (pair(release.0, 0), pair(release.0, before.unwrap_or(u64::MAX)));
        let rows = table.range::<&[u8; 16]>(&first..&end)?.rev().take(limit);
        rows.map(|row| decode(row?.1.value())).collect()
    }
}

pub(super) fn remove(txn: &WriteTransaction, release: ReleaseId) -> Result<()> {
    let (first, last) = (pair(release.0, 0), pair(release.0, u64::MAX));
    txn.open_table(DEPLOYS)?.retain_in::<&[u8; 16], _>(&first..=&last, |_, _| false)?;
    Ok(())
}
