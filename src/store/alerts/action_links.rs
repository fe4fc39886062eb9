//! Which links of messages were used, until they expire; and the secret that they are signed with.

use jiff::Timestamp;
use redb::ReadableTable;

use crate::model::action_link::{ActionLink, LinkAction, UsedLink};
use crate::model::ids::NotificationId;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::keys::{join, order_micros};
use crate::store::schema::{INSTANCE_SECRETS, USED_LINKS};

const LINKS: &str = "links";
/// Expired rows that one use takes away.
const FORGOTTEN_MAX: usize = 100;

impl Store {
    /// Notes that a link is used. Answers the use before, if there was one: then nothing is to be done.
    pub fn use_action(&self, link: &UsedLink, now: Timestamp) -> Result<Option<UsedLink>> {
        let key = key(link.expires, link.notification, link.action);
        self.write(|txn| {
            let mut table = txn.open_table(USED_LINKS)?;
            if let Some(row) = table.get(&key)? {
                return decode(row.value()).map(Some);
            }
            table.insert(&key, encode(link)?.as_slice())?;
            let end: [u8; 17] = join(&[&order_micros(now).to_be_bytes(), &[0; 9]]);
            let expired = table.range::<&[u8; 17]>(..&end)?.take(FORGOTTEN_MAX);
            let expired = expired.map(|row| Ok(*row?.0.value())).collect::<Result<Vec<[u8; 17]>>>()?;
            for key in expired {
                table.remove(&key)?;
            }
            Ok(None)
        })
    }

    /// When and by whom a link was used, if it was.
    pub fn used_action(&self, link: &ActionLink) -> Result<Option<UsedLink>> {
        let table = self.inner.state.begin_read()?.open_table(USED_LINKS)?;
        let row = table.get(&key(link.expires, link.notification, link.action))?;
        row.map(|row| decode(row.value())).transpose()
    }

    /// What this instance signs links with: the same for as long as its data is there. `fresh` where there was none.
    pub fn instance_secret(&self, fresh: [u8; 32]) -> Result<[u8; 32]> {
        let known = self.inner.state.begin_read()?.open_table(INSTANCE_SECRETS)?;
        if let Some(secret) = known.get(LINKS)? {
            return Ok(*secret.value());
        }
        self.write(|txn| {
            let mut table = txn.open_table(INSTANCE_SECRETS)?;
            if let Some(secret) = table.get(LINKS)? {
                return Ok(*secret.value());
            }
            table.insert(LINKS, &fresh)?;
            Ok(fresh)
        })
    }
}

/// Those that expire first come first.
fn key(expires: Timestamp, notification: NotificationId, action: LinkAction) -> [u8; 17] {
    join(&[&order_micros(expires).to_be_bytes(), &notification.0.to_be_bytes(), &[action as u8]])
}
