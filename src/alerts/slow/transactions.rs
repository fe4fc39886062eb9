//! Transactions that are slow, fail, or run too often or not often enough.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::alerts::slow::{Found, Look, Place, Result, known};
use crate::insight::alert::transaction::{Facts, asked};
use crate::model::alert::Subject;
use crate::model::alert_rule::AlertRule;
use crate::model::ids::TransactionId;
use crate::model::transaction::{Transaction, TransactionStats};
use crate::store::{Store, StoreError, TransactionStep};

/// What is usual is that of the day before.
const USUAL_OVER: SignedDuration = SignedDuration::from_hours(24);
/// The last minute may still be on its way.
const SETTLES_WITHIN: SignedDuration = SignedDuration::from_mins(1);
/// Those that a rule is met by in one project, in one look.
const FOUND_MAX: usize = 50;
/// Those that did not run, whose usual is read in one look.
const ABSENT_MAX: usize = 500;

/// What was counted in the last so many minutes, by transaction.
pub(super) type Window = HashMap<TransactionId, TransactionStats>;

impl Look<'_> {
    pub(super) fn transactions(&mut self, rule: &AlertRule) -> Result<()> {
        let Some(asked) = asked(&rule.trigger) else { return Ok(()) };
        let store = self.sources.store;
        let end = last_minute(self.now);
        let since = end - SignedDuration::from_mins(i64::from(asked.minutes));
        let nothing = TransactionStats::default();
        for project in self.projects(rule) {
            let all = known(&mut self.transactions, project, || Ok(store.transactions(&[project])?))?;
            let place = (project, rule.environment.clone());
            let read = || Ok(window(store, &place, since, end)?);
            let counted = known(&mut self.windows, (place.clone(), asked.minutes), read)?;
            let (mut found, mut absent) = (0, 0);
            for transaction in all.iter().filter(|transaction| asked.is_about(&transaction.name)) {
                let window = match counted.get(&transaction.id) {
                    Some(window) => window,
                    None if asked.counts_absence() && absent < ABSENT_MAX => &nothing,
                    None => continue,
                };
                if found == FOUND_MAX || !asked.is_past(window) {
                    continue;
                }
                absent += usize::from(window.count == 0);
                let usual = usual(store, transaction, rule.environment.as_deref(), since)?;
                let usual = usual.as_ref().map(|(stats, minutes)| (stats, *minutes));
                let Some(because) = asked.judge(&Facts { name: &transaction.name, window, usual }) else {
                    continue;
                };
                found += 1;
                self.found.push(Found {
                    rule: rule.id,
                    project,
                    subject: Subject::Transaction { project, transaction: transaction.id },
                    since,
                    release: None,
                    environment: rule.environment.clone(),
                    because: Some(because),
                });
            }
        }
        Ok(())
    }
}

/// The end of the last minute of which everything should be here.
fn last_minute(now: Timestamp) -> Timestamp {
    let settled = (now - SETTLES_WITHIN).as_second();
    Timestamp::from_second(settled - settled.rem_euclid(TransactionStep::Minute.seconds())).unwrap_or(now)
}

/// From `since` to before `end`, both whole minutes.
fn window(
    store: &Store,
    (project, environment): &Place,
    since: Timestamp,
    end: Timestamp,
) -> std::result::Result<Window, StoreError> {
    let mut window = Window::new();
    let (step, last) = (TransactionStep::Minute, end - SignedDuration::from_secs(1));
    store.each_transaction_step(
        *project,
        environment.as_deref(),
        step,
        since,
        last,
        &mut |_, id, stats| {
            window.entry(id).or_default().merge(&stats);
        },
    )?;
    Ok(window)
}

/// What was counted in the whole hours of the day before, and in how many minutes: a transaction that is younger has fewer.
fn usual(
    store: &Store,
    transaction: &Transaction,
    environment: Option<&str>,
    before: Timestamp,
) -> Result<Option<(TransactionStats, u32)>> {
    let hour = TransactionStep::Hour.seconds();
    let end = before.as_second() - before.as_second().rem_euclid(hour);
    let (Ok(last), Ok(since)) =
        (Timestamp::from_second(end - 1), Timestamp::from_second(end - USUAL_OVER.as_secs()))
    else {
        return Ok(None);
    };
    let steps = store.transaction_steps(transaction.id, environment, TransactionStep::Hour, since, last)?;
    let Some((first, _)) = steps.first() else { return Ok(None) };
    let minutes = u32::try_from((end - first) / TransactionStep::Minute.seconds()).unwrap_or(u32::MAX);
    let mut all = TransactionStats::default();
    steps.iter().for_each(|(_, stats)| all.merge(stats));
    Ok(Some((all, minutes)))
}
