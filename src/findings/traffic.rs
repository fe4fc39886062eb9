//! How a release was used: its sessions.

use jiff::Timestamp;

use crate::findings::Sources;
use crate::model::health::Health;
use crate::model::ids::ProjectId;
use crate::store::StoreError;

/// Of one release, or of `None` of all; in one environment, or in all. No session is kept yet.
#[expect(clippy::unnecessary_wraps, reason = "the store will be read here")]
pub(super) fn traffic(
    _: &Sources<'_>,
    _: ProjectId,
    _: Option<&str>,
    _: Option<&str>,
    _: (Timestamp, Timestamp),
) -> Result<Health, StoreError> {
    Ok(Health::default())
}
