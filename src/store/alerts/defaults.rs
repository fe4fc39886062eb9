//! The rules that are there from the first start. Who deletes one does not get it back.

use jiff::Timestamp;

use crate::model::alert_rule::{AlertRule, People, Severity, Trigger};
use crate::model::ids::RuleId;
use crate::store::Store;
use crate::store::alerts::kept;
use crate::store::error::Result;
use crate::store::schema::{ALERT_RULES, META, meta, next_number};

const COOLDOWN_MINUTES: u32 = 30;
const QUIET_MINUTES: u32 = 15;
/// What happens once is over an hour after its issue was last seen.
const QUIET_ONCE_MINUTES: u32 = 60;
const REOPEN_MINUTES: u32 = 60;
/// Which set was made: a later one may add to it.
const SET: u64 = 1;

fn defaults() -> [(&'static str, Trigger, Severity); 7] {
    [
        ("A new issue", Trigger::NewIssue, Severity::Low),
        ("An issue came back", Trigger::Regression, Severity::Medium),
        ("Ten times as often as usual", Trigger::Spike { factor: 10.0, window_minutes: 60 }, Severity::High),
        ("A fix does not hold", Trigger::FixFailed, Severity::High),
        ("A release made it worse", Trigger::VerdictWorse, Severity::High),
        ("A project fell silent", Trigger::Silence { factor: 10.0 }, Severity::Medium),
        ("LightTrace itself is in trouble", Trigger::Own, Severity::Critical),
    ]
}

impl Store {
    /// Makes them, once in the life of the data folder. Answers whether it did.
    pub fn ensure_default_rules(&self, now: Timestamp) -> Result<bool> {
        let made = self.write(|txn| {
            if txn.open_table(META)?.insert(meta::DEFAULT_RULES, SET)?.is_some() {
                return Ok(false);
            }
            for (name, trigger, severity) in defaults() {
                let id = RuleId(next_number(txn, meta::LAST_RULE)?);
                kept::put(txn, ALERT_RULES, id.0, &rule(id, name, trigger, severity, now))?;
            }
            Ok(true)
        })?;
        self.note_rules_changed();
        Ok(made)
    }
}

fn rule(id: RuleId, name: &str, trigger: Trigger, severity: Severity, now: Timestamp) -> AlertRule {
    let happens_once = matches!(trigger, Trigger::NewIssue | Trigger::Regression);
    let is_own = trigger == Trigger::Own;
    AlertRule {
        id,
        name: name.to_owned(),
        enabled: true,
        projects: Vec::new(),
        environment: None,
        query: String::new(),
        trigger,
        severity,
        targets: Vec::new(),
        people: People { everyone: !is_own, admins: is_own, ..People::default() },
        cooldown_minutes: if happens_once { 0 } else { COOLDOWN_MINUTES },
        quiet_minutes: if happens_once { QUIET_ONCE_MINUTES } else { QUIET_MINUTES },
        reopen_minutes: REOPEN_MINUTES,
        muted_until: None,
        created: now,
        created_by: None,
    }
}
