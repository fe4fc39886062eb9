//! What people want to be told.

use jiff::Timestamp;

use crate::model::ids::AccountId;
use crate::model::notification::{About, Recipient};
use crate::model::preferences::Preferences;
use crate::store::Store;
use crate::store::alerts::kept;
use crate::store::alerts::outbox::Outbox;
use crate::store::error::Result;
use crate::store::reading::Reading;
use crate::store::schema::PREFERENCES;

pub(super) fn of(txn: &impl Reading, account: AccountId) -> Result<Preferences> {
    Ok(kept::find(txn, PREFERENCES, account.0)?.unwrap_or_default())
}

impl Store {
    /// Of who never said, what everybody begins with.
    pub fn preferences(&self, account: AccountId) -> Result<Preferences> {
        of(&self.inner.state.begin_read()?, account)
    }

    /// How far digests have told is not the person's to say: it stays.
    pub fn set_preferences(&self, account: AccountId, preferences: &Preferences) -> Result<()> {
        self.write(|txn| {
            let digest_through = of(txn, account)?.digest_through;
            let preferences = Preferences { digest_through, ..preferences.clone() };
            kept::put(txn, PREFERENCES, account.0, &preferences)
        })
    }

    /// A digest is on its way, and told up to `to`. `false`: it was already.
    pub fn queue_digest(
        &self,
        account: AccountId,
        from: Timestamp,
        to: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        let is_queued = self.write(|txn| {
            let mut preferences = of(txn, account)?;
            if preferences.digest_through.is_some_and(|through| through >= to) {
                return Ok(false);
            }
            preferences.digest_through = Some(to);
            kept::put(txn, PREFERENCES, account.0, &preferences)?;
            let recipient = Recipient::Person { account };
            Outbox::of(txn).add(recipient, About::Digest { from, to }, now, now)?;
            Ok(true)
        })?;
        self.inner.wake_delivery();
        Ok(is_queued)
    }
}
