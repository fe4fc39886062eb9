//! Who an alert is for: people who see the project and want to know, and channels that are switched on.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::insight::alert::incident::Channel;
use crate::insight::alert::wishes;
use crate::model::account::{Account, Role};
use crate::model::alert::Alert;
use crate::model::alert_rule::AlertRule;
use crate::model::ids::{AccountId, TargetId};
use crate::model::notification::{Recipient, Target};
use crate::store::alerts::{kept, preferences};
use crate::store::error::Result;
use crate::store::reading::Reading;
use crate::store::schema::{ACCOUNTS, NOTIFICATION_TARGETS};

pub(super) struct Audience {
    people: BTreeMap<AccountId, Account>,
    targets: BTreeMap<TargetId, Target>,
}

impl Audience {
    pub(super) fn load(txn: &impl Reading) -> Result<Self> {
        let people: Vec<Account> = kept::all(txn, ACCOUNTS)?;
        let targets: Vec<Target> = kept::all(txn, NOTIFICATION_TARGETS)?;
        let people = people.into_iter().filter(|account| account.removed.is_none());
        let targets = targets.into_iter().filter(|target| target.enabled);
        Ok(Self {
            people: people.map(|account| (account.id, account)).collect(),
            targets: targets.map(|target| (target.id, target)).collect(),
        })
    }

    /// Whom the rule names, each once.
    pub(super) fn of(
        &self,
        rule: &AlertRule,
        alert: &Alert,
        assignee: Option<AccountId>,
    ) -> Vec<(Recipient, Channel)> {
        let named: BTreeSet<AccountId> =
            rule.people.accounts.iter().copied().chain(assignee.filter(|_| rule.people.assignee)).collect();
        let is_meant = |account: &Account| {
            named.contains(&account.id)
                || (rule.people.admins && account.role >= Role::Admin)
                || (rule.people.everyone && (alert.project.is_some() || account.role >= Role::Admin))
        };
        let people = self
            .people
            .values()
            .filter(|account| is_meant(account) && alert.project.is_none_or(|project| account.sees(project)));
        let people = people.map(|account| (Recipient::Person { account: account.id }, Channel::Person));
        let targets = rule.targets.iter().filter_map(|id| self.targets.get(id));
        let targets =
            targets.map(|target| (Recipient::Target { target: target.id }, Channel::Target(target.kind)));
        people.chain(targets).collect()
    }

    /// What the recipient is reached by, if it still is.
    pub(super) fn channel(&self, recipient: Recipient) -> Option<Channel> {
        match recipient {
            Recipient::Person { account } => self.people.get(&account).map(|_| Channel::Person),
            Recipient::Target { target } => {
                self.targets.get(&target).map(|target| Channel::Target(target.kind))
            }
        }
    }
}

/// From when on the recipient may be told. `None`: a person who does not want it.
pub(super) fn wanted(
    txn: &impl Reading,
    recipient: Recipient,
    alert: &Alert,
    due: Timestamp,
) -> Result<Option<Timestamp>> {
    let Recipient::Person { account } = recipient else { return Ok(Some(due)) };
    let wishes = preferences::of(txn, account)?;
    Ok(wishes::when(&wishes, alert.project.as_slice(), alert.severity, due))
}
