//! Transactions, by the hour.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::alerts::preview::{Found, Past, PastAlert, Result};
use crate::insight::alert::transaction::{Asked, Facts, asked};
use crate::model::alert::Subject;
use crate::model::ids::TransactionId;
use crate::model::transaction::{Transaction, TransactionStats};
use crate::store::TransactionStep;

const HOUR: i64 = 3_600;
const HOUR_MINUTES: u32 = 60;
/// Whole hours that tell what is usual.
const USUAL_HOURS: i64 = 24;
/// Transactions of all projects that are looked at.
const TRANSACTIONS_MAX: usize = 2_000;

impl Past<'_> {
    pub(super) fn transactions(&self) -> Result<Found> {
        let mut found = Found::default();
        let Some(asked) = asked(&self.rule.trigger) else { return Ok(found) };
        found.notes.push("Told by whole hours; what is over sooner may not be found.".to_owned());
        // An hour is judged as the window is.
        let asked = Asked { minutes: HOUR_MINUTES, ..asked };
        let mut left = TRANSACTIONS_MAX;
        for project in self.projects() {
            let mut all = self.store.transactions(&[project])?;
            all.retain(|transaction| asked.is_about(&transaction.name));
            if all.len() > left {
                found.notes.push(format!("Only {TRANSACTIONS_MAX} transactions were looked at."));
                all.truncate(left);
            }
            left -= all.len();
            let mut hours: HashMap<TransactionId, BTreeMap<i64, TransactionStats>> =
                all.iter().map(|transaction| (transaction.id, BTreeMap::new())).collect();
            let environment = self.rule.environment.as_deref();
            let (step, since) = (TransactionStep::Hour, self.from - SignedDuration::from_hours(USUAL_HOURS));
            self.store.each_transaction_step(
                project,
                environment,
                step,
                since,
                self.now,
                &mut |start, id, stats| {
                    if let Some(hours) = hours.get_mut(&id) {
                        hours.insert(start, stats);
                    }
                },
            )?;
            for transaction in &all {
                self.transaction(&asked, transaction, &hours[&transaction.id], &mut found);
            }
        }
        Ok(found)
    }

    fn transaction(
        &self,
        asked: &Asked<'_>,
        transaction: &Transaction,
        hours: &BTreeMap<i64, TransactionStats>,
        found: &mut Found,
    ) {
        let Some((&first, _)) = hours.first_key_value() else { return };
        let nothing = TransactionStats::default();
        let mut is_told = false;
        let mut start = first;
        // The hour that goes on is not over.
        while start + HOUR <= self.now.as_second() {
            let window = hours.get(&start).unwrap_or(&nothing);
            let at = Timestamp::from_second(start + HOUR).ok().filter(|at| *at > self.from);
            let is_past = at.is_some() && asked.is_past(window);
            if let Some(at) = at.filter(|_| is_past && !is_told) {
                let usual = usual(hours, start);
                let usual = usual.as_ref().map(|(stats, minutes)| (stats, *minutes));
                if let Some(because) = asked.judge(&Facts { name: &transaction.name, window, usual }) {
                    let (project, transaction) = (transaction.project, transaction.id);
                    let subject = Subject::Transaction { project, transaction };
                    found.alerts.push(PastAlert { at, subject, project, because });
                    is_told = true;
                }
            }
            is_told &= is_past;
            start += HOUR;
        }
    }
}

/// What was counted in the day before an hour, and in how many minutes.
fn usual(hours: &BTreeMap<i64, TransactionStats>, start: i64) -> Option<(TransactionStats, u32)> {
    let before = hours.range(start - USUAL_HOURS * HOUR..start);
    let mut all = TransactionStats::default();
    let mut first = None;
    for (hour, stats) in before {
        first.get_or_insert(*hour);
        all.merge(stats);
    }
    let minutes = u32::try_from((start - first?) / 60).unwrap_or(u32::MAX);
    Some((all, minutes))
}
