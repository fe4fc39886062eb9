//! The rules that are there from the first start. Who deletes one does not get it back.

use jiff::Timestamp;

use crate::insight::alert::templates::{FROM_THE_START, templates};
use crate::model::alert_rule::AlertRule;
use crate::model::ids::RuleId;
use crate::store::Store;
use crate::store::alerts::kept;
use crate::store::error::Result;
use crate::store::schema::{ALERT_RULES, META, meta, next_number};

/// Which set was made: a later one may add to it.
const SET: u64 = 1;

impl Store {
    /// Makes them, once in the life of the data folder. Answers whether it did.
    pub fn ensure_default_rules(&self, now: Timestamp) -> Result<bool> {
        let made = self.write(|txn| {
            if txn.open_table(META)?.insert(meta::DEFAULT_RULES, SET)?.is_some() {
                return Ok(false);
            }
            let mut templates = templates();
            templates.retain(|template| FROM_THE_START.contains(&template.id));
            for template in templates {
                let id = RuleId(next_number(txn, meta::LAST_RULE)?);
                kept::put(txn, ALERT_RULES, id.0, &AlertRule { id, created: now, ..template.rule })?;
            }
            Ok(true)
        })?;
        self.note_rules_changed();
        Ok(made)
    }
}
