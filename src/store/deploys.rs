//! Deploys of a release: where it went, and when. Those of all releases have an order by time.

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::ReleaseId;
use crate::model::release::{Deploy, Release};
use crate::store::error::{Result, StoreError};
use crate::store::json::{decode, encode};
use crate::store::keys::{join, order_micros, pair, u64_at};
use crate::store::schema::{DEPLOY_TIMES, DEPLOYS, RELEASES, meta, next_number};
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
                let oldest =
                    oldest.map(|(key, row)| Ok::<_, StoreError>((*key.value(), decode(row.value())?)));
                let mut times = txn.open_table(DEPLOY_TIMES)?;
                times.insert(&time_key(release.id, &deploy), ())?;
                if let Some((key, oldest)) = oldest.transpose()?.filter(|_| held > DEPLOYS_MAX) {
                    table.remove(&key)?;
                    times.remove(&time_key(release.id, &oldest))?;
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

    /// Of all releases: what ended in `[from, to]`, the last first.
    pub fn deploys_between(
        &self,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Release, Deploy)>> {
        let txn = self.inner.state.begin_read()?;
        let (times, deploys) = (txn.open_table(DEPLOY_TIMES)?, txn.open_table(DEPLOYS)?);
        let releases = txn.open_table(RELEASES)?;
        let first = join(&[&order_micros(from).to_be_bytes(), &[0; 16]]);
        let last = join(&[&order_micros(to).to_be_bytes(), &[u8::MAX; 16]]);
        let mut found = Vec::new();
        for row in times.range::<&[u8; 24]>(&first..=&last)?.rev().take(limit) {
            let key = *row?.0.value();
            let release = u64_at(&key, 8);
            let deploy = deploys.get(&pair(release, u64_at(&key, 16)))?;
            if let (Some(release), Some(deploy)) = (releases.get(release)?, deploy) {
                found.push((decode(release.value())?, decode(deploy.value())?));
            }
        }
        Ok(found)
    }
}

fn time_key(release: ReleaseId, deploy: &Deploy) -> [u8; 24] {
    join(&[&order_micros(deploy.finished).to_be_bytes(), &release.0.to_be_bytes(), &deploy.id.to_be_bytes()])
}

/// Fills the order by time from the deploys.
pub(super) fn index_anew(txn: &WriteTransaction) -> Result<()> {
    let mut times = txn.open_table(DEPLOY_TIMES)?;
    for row in txn.open_table(DEPLOYS)?.iter()? {
        let (key, deploy) = row?;
        times.insert(&time_key(ReleaseId(u64_at(key.value(), 0)), &decode(deploy.value())?), ())?;
    }
    Ok(())
}

pub(super) fn remove(txn: &WriteTransaction, release: ReleaseId) -> Result<()> {
    let (first, last) = (pair(release.0, 0), pair(release.0, u64::MAX));
    let mut deploys = txn.open_table(DEPLOYS)?;
    let mut times = txn.open_table(DEPLOY_TIMES)?;
    for row in deploys.range::<&[u8; 16]>(&first..=&last)? {
        times.remove(&time_key(release, &decode(row?.1.value())?))?;
    }
    deploys.retain_in::<&[u8; 16], _>(&first..=&last, |_, _| false)?;
    Ok(())
}
