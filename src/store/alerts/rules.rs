//! Alert rules.

use std::sync::atomic::Ordering;

use crate::model::alert_rule::AlertRule;
use crate::model::ids::RuleId;
use crate::store::Store;
use crate::store::alerts::kept;
use crate::store::error::Result;
use crate::store::schema::{ALERT_RULES, meta};

pub const RULES_MAX: usize = 10_000;

impl Store {
    /// In the order in which they were made.
    pub fn alert_rules(&self) -> Result<Vec<AlertRule>> {
        kept::all(&self.inner.state.begin_read()?, ALERT_RULES)
    }

    pub fn find_alert_rule(&self, id: RuleId) -> Result<Option<AlertRule>> {
        kept::find(&self.inner.state.begin_read()?, ALERT_RULES, id.0)
    }

    /// Keeps it under a number of its own. `None`: there are `RULES_MAX`.
    pub fn create_alert_rule(&self, rule: AlertRule) -> Result<Option<AlertRule>> {
        let made = |id| AlertRule { id: RuleId(id), ..rule };
        let created = self.keep_new(ALERT_RULES, meta::LAST_RULE, RULES_MAX, made);
        self.note_rules_changed();
        created
    }

    /// `false` where it is gone.
    pub fn update_alert_rule(&self, rule: &AlertRule) -> Result<bool> {
        let replaced = self.replace(ALERT_RULES, rule.id.0, rule);
        self.note_rules_changed();
        replaced
    }

    /// What it is met by now ends with the next evaluation. `false` where it was gone.
    pub fn delete_alert_rule(&self, id: RuleId) -> Result<bool> {
        let dropped = self.drop_record(ALERT_RULES, id.0);
        self.note_rules_changed();
        dropped
    }

    /// Another number whenever a rule was made, changed or dropped in this process.
    pub fn alert_rules_version(&self) -> u64 {
        self.inner.rules_version.load(Ordering::Acquire)
    }

    /// After the commit, whatever became of it.
    pub(super) fn note_rules_changed(&self) {
        self.inner.rules_version.fetch_add(1, Ordering::AcqRel);
    }
}
