//! Where messages go that are no person's mail.

use crate::model::ids::TargetId;
use crate::model::notification::Target;
use crate::store::Store;
use crate::store::alerts::kept;
use crate::store::error::Result;
use crate::store::schema::{NOTIFICATION_TARGETS, meta};

pub const TARGETS_MAX: usize = 1_000;

impl Store {
    /// In the order in which they were made.
    pub fn notification_targets(&self) -> Result<Vec<Target>> {
        kept::all(&self.inner.state.begin_read()?, NOTIFICATION_TARGETS)
    }

    pub fn find_notification_target(&self, id: TargetId) -> Result<Option<Target>> {
        kept::find(&self.inner.state.begin_read()?, NOTIFICATION_TARGETS, id.0)
    }

    /// Keeps it under a number of its own. `None`: there are `TARGETS_MAX`.
    pub fn create_notification_target(&self, target: Target) -> Result<Option<Target>> {
        let made = |id| Target { id: TargetId(id), ..target };
        self.keep_new(NOTIFICATION_TARGETS, meta::LAST_TARGET, TARGETS_MAX, made)
    }

    /// `false` where it is gone.
    pub fn update_notification_target(&self, target: &Target) -> Result<bool> {
        self.replace(NOTIFICATION_TARGETS, target.id.0, target)
    }

    /// Messages that wait for it are dropped when their time comes. `false` where it was gone.
    pub fn delete_notification_target(&self, id: TargetId) -> Result<bool> {
        self.drop_record(NOTIFICATION_TARGETS, id.0)
    }
}
