//! What rules are met by now. A row is there for as long as it is true, and until it may be told of again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::alert::{Firing, Subject};
use crate::model::alert_rule::AlertRule;
use crate::model::ids::{IncidentId, RuleId};
use crate::store::Store;
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::reading::Reading;
use crate::store::schema::FIRING;

/// Rows of one rule: what else meets it is told of and not followed.
const OF_RULE_MAX: usize = 10_000;

pub(super) type Key = (RuleId, Subject);

fn key_bytes(key: &Key) -> Result<Vec<u8>> {
    Ok([&key.0.0.to_be_bytes()[..], &encode(&key.1)?].concat())
}

/// All of it in memory, and what of it changed.
pub(super) struct Fires {
    rows: BTreeMap<Key, Firing>,
    changed: BTreeSet<Key>,
}

impl Fires {
    pub(super) fn load(txn: &impl Reading) -> Result<Self> {
        let rows = txn.table(FIRING)?;
        let read = rows.iter()?.map(|row| {
            let firing: Firing = decode(row?.1.value())?;
            Ok(((firing.rule, firing.subject.clone()), firing))
        });
        Ok(Self { rows: read.collect::<Result<_>>()?, changed: BTreeSet::new() })
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Firing> {
        self.rows.get(key)
    }

    pub(super) fn put(&mut self, firing: Firing) {
        let key = (firing.rule, firing.subject.clone());
        let edge = |rule: u64| (RuleId(rule), Subject::Issue { issue: crate::model::ids::IssueId(0) });
        let is_known = self.rows.contains_key(&key);
        let of_rule = self.rows.range(edge(key.0.0)..edge(key.0.0.saturating_add(1)));
        if is_known || of_rule.count() < OF_RULE_MAX {
            self.rows.insert(key.clone(), firing);
            self.changed.insert(key);
        }
    }

    /// It is still true.
    pub(super) fn touch(&mut self, key: &Key, at: Timestamp) {
        if let Some(firing) = self.rows.get_mut(key).filter(|firing| firing.last_true < at) {
            firing.last_true = at;
            self.changed.insert(key.clone());
        }
    }

    pub(super) fn end(&mut self, key: &Key, at: Timestamp) {
        if let Some(firing) = self.rows.get_mut(key).filter(|firing| firing.over.is_none()) {
            firing.over = Some(at);
            self.changed.insert(key.clone());
        }
    }

    /// Ends what was quiet for its rule's time, or has no rule any more, and forgets what may be told of again.
    pub(super) fn settle(&mut self, rules: &BTreeMap<RuleId, AlertRule>, may_conclude: bool, now: Timestamp) {
        let mut gone = Vec::new();
        for (key, firing) in &mut self.rows {
            let Some(rule) = rules.get(&key.0).filter(|rule| rule.enabled) else {
                gone.push(key.clone());
                continue;
            };
            let is_quiet = now.duration_since(firing.last_true) >= rule.quiet();
            if firing.over.is_none() && is_quiet && may_conclude {
                firing.over = Some(now);
                self.changed.insert(key.clone());
            }
            if firing.over.is_some() && now >= firing.since + rule.cooldown() {
                gone.push(key.clone());
            }
        }
        for key in gone {
            self.rows.remove(&key);
            self.changed.insert(key);
        }
    }

    /// Whether anything of the incident goes on.
    pub(super) fn goes_on(&self, incident: IncidentId) -> bool {
        self.rows.values().any(|firing| firing.incident == incident && firing.over.is_none())
    }

    pub(super) fn last_true(&self, incident: IncidentId) -> Option<Timestamp> {
        let of_it = self.rows.values().filter(|firing| firing.incident == incident);
        of_it.map(|firing| firing.last_true).max()
    }

    pub(super) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    pub(super) fn write(&self, txn: &WriteTransaction) -> Result<()> {
        let mut table = txn.open_table(FIRING)?;
        for key in &self.changed {
            let bytes = key_bytes(key)?;
            match self.rows.get(key) {
                Some(firing) => table.insert(bytes.as_slice(), encode(firing)?.as_slice())?,
                None => table.remove(bytes.as_slice())?,
            };
        }
        Ok(())
    }
}

impl Store {
    /// What rules are met by, and what was over and cools down.
    pub fn firing(&self) -> Result<Vec<Firing>> {
        let table = self.inner.state.begin_read()?.open_table(FIRING)?;
        table.iter()?.map(|row| decode(row?.1.value())).collect()
    }
}
