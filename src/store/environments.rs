//! Counts over time of each environment apart, by the minute and by the hour: what rules about one environment are judged
//! by. Kept as long as those of all environments together (`series`), in a table of their own, in which an environment's
//! rows of one stretch of time lie side by side.
//!
//! A project's environments are bounded, since whoever has its DSN can make them up: further ones are counted among all, and
//! not apart.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{IssueId, ProjectId};
use crate::model::issue::Issue;
use crate::model::series::{Resolution, Scope};
use crate::store::Store;
use crate::store::error::Result;
use crate::store::keys::join;
use crate::store::reading::Reading;
use crate::store::schema::{ENVIRONMENT_SERIES, ENVIRONMENTS, PROJECT_ENVIRONMENTS, meta, next_number};
use crate::store::series::{self, Counts};

/// Environments of one project that are counted apart.
pub const ENVIRONMENTS_MAX: usize = 64;
/// Longer names are no environments; Sentry's bound, in bytes.
pub(super) const NAME_BYTES_MAX: usize = 64;
const RESOLUTIONS: [Resolution; 2] = [Resolution::Minute, Resolution::Hour];

type Key = [u8; 18];

/// What a batch counts, by the place of its project's environment among those of the batch.
#[derive(Default)]
pub(super) struct EnvironmentTally<'a> {
    places: HashMap<(ProjectId, &'a str), u32>,
    counts: HashMap<Key, Counts>,
}

impl<'a> EnvironmentTally<'a> {
    pub(super) fn place(&mut self, project: ProjectId, name: &'a str) -> Option<u32> {
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return None;
        }
        let next = u32::try_from(self.places.len()).ok()?;
        Some(*self.places.entry((project, name)).or_insert(next))
    }

    pub(super) fn add(&mut self, place: u32, scope: Scope, at: Timestamp) {
        for resolution in RESOLUTIONS {
            let (chunk, slot) = series::chunk_of(resolution, at);
            self.counts.entry(keys(place)(scope, resolution, chunk)).or_default().add(slot, 1);
        }
    }
}

/// Where an environment's chunks lie. They end as those of all environments do.
pub(super) fn keys(environment: u32) -> impl Fn(Scope, Resolution, i64) -> Key {
    move |scope, resolution, chunk| {
        let of_all = series::key(scope, resolution, chunk);
        join(&[&of_all[..1], &environment.to_be_bytes(), &of_all[1..]])
    }
}

pub(super) fn number(txn: &impl Reading, name: &str) -> Result<Option<u32>> {
    Ok(txn.table(ENVIRONMENTS)?.get(name)?.map(|number| number.value()))
}

fn numbers(txn: &impl Reading, project: ProjectId) -> Result<Vec<u32>> {
    let table = txn.table(PROJECT_ENVIRONMENTS)?;
    let rows = table.range((project.0, 0)..=(project.0, u32::MAX))?;
    rows.map(|row| Ok(row?.0.value().1)).collect()
}

/// Answers the numbers of the environments, by their places in the batch.
pub(super) fn add(txn: &WriteTransaction, tally: &EnvironmentTally<'_>) -> Result<Vec<Option<u32>>> {
    if tally.counts.is_empty() {
        return Ok(Vec::new());
    }
    let mut numbers: Vec<Option<u32>> = vec![None; tally.places.len()];
    for ((project, name), place) in &tally.places {
        numbers[*place as usize] = number_for(txn, *project, name)?;
    }
    let mut counts = HashMap::with_capacity(tally.counts.len());
    for (key, tally) in &tally.counts {
        let place = u32::from_be_bytes(key[1..5].try_into().expect("four bytes"));
        if let Some(number) = numbers[place as usize] {
            let mut key = *key;
            key[1..5].copy_from_slice(&number.to_be_bytes());
            counts.insert(key, tally.clone());
        }
    }
    series::add_to(&mut txn.open_table(ENVIRONMENT_SERIES)?, &counts)?;
    Ok(numbers)
}

/// `None`: the project has as many as are counted apart.
pub(super) fn number_for(txn: &WriteTransaction, project: ProjectId, name: &str) -> Result<Option<u32>> {
    let known = number(txn, name)?;
    let mut of_project = txn.open_table(PROJECT_ENVIRONMENTS)?;
    if let Some(number) = known
        && of_project.get((project.0, number))?.is_some()
    {
        return Ok(Some(number));
    }
    if of_project.range((project.0, 0)..=(project.0, u32::MAX))?.count() >= ENVIRONMENTS_MAX {
        return Ok(None);
    }
    let number = if let Some(number) = known {
        number
    } else {
        let Ok(number) = u32::try_from(next_number(txn, meta::LAST_ENVIRONMENT)?) else { return Ok(None) };
        txn.open_table(ENVIRONMENTS)?.insert(name, number)?;
        number
    };
    of_project.insert((project.0, number), ())?;
    Ok(Some(number))
}

/// Adds all that was counted of one issue to another of its project.
pub(super) fn unite(txn: &WriteTransaction, into: &Issue, from: &Issue) -> Result<()> {
    let mut table = txn.open_table(ENVIRONMENT_SERIES)?;
    for number in numbers(txn, from.project)? {
        series::unite_in(&mut table, &RESOLUTIONS, keys(number), into.id, from.id)?;
    }
    Ok(())
}

/// Forgets all that was counted of an issue.
pub(super) fn remove(txn: &WriteTransaction, issue: &Issue) -> Result<()> {
    let mut table = txn.open_table(ENVIRONMENT_SERIES)?;
    for number in numbers(txn, issue.project)? {
        series::remove_from(&mut table, &RESOLUTIONS, keys(number), issue.id)?;
    }
    Ok(())
}

/// A deleted project's environments. Counts go with their time, or with the last project that had the environment.
pub(super) fn erase(txn: &WriteTransaction, project: ProjectId) -> Result<()> {
    let of_project = numbers(txn, project)?;
    let mut table = txn.open_table(PROJECT_ENVIRONMENTS)?;
    table.retain_in((project.0, 0)..=(project.0, u32::MAX), |_, ()| false)?;
    let mut unused: HashSet<u32> = of_project.into_iter().collect();
    for row in table.iter()? {
        unused.remove(&row?.0.value().1);
    }
    txn.open_table(ENVIRONMENTS)?.retain(|_, number| !unused.contains(&number))?;
    let mut series = txn.open_table(ENVIRONMENT_SERIES)?;
    for number in unused {
        for resolution in RESOLUTIONS {
            let (first, last) = (Scope::Project(ProjectId(0)), Scope::Issue(IssueId(u64::MAX)));
            let key = keys(number);
            let (first, last) = (key(first, resolution, 0), key(last, resolution, i64::from(u32::MAX)));
            series.retain_in::<&Key, _>(&first..=&last, |_, _| false)?;
        }
    }
    Ok(())
}

pub(super) fn prune(txn: &WriteTransaction, now: Timestamp) -> Result<()> {
    let names = txn.open_table(ENVIRONMENTS)?;
    let mut table = txn.open_table(ENVIRONMENT_SERIES)?;
    let edge = Scope::Project(ProjectId(0));
    for row in names.iter()? {
        let key = keys(row?.1.value());
        for resolution in RESOLUTIONS {
            let end = key(edge, resolution, series::oldest_chunk(resolution, now));
            table.retain_in::<&Key, _>(&key(edge, resolution, 0)..&end, |_, _| false)?;
        }
    }
    Ok(())
}

impl Store {
    /// As `series_of`, of one environment or of all. By the day nothing is counted apart.
    pub fn series_in(
        &self,
        environment: Option<&str>,
        scopes: &[Scope],
        resolution: Resolution,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Vec<(i64, u64)>>> {
        let Some(environment) = environment else { return self.series_of(scopes, resolution, from, to) };
        let txn = self.inner.state.begin_read()?;
        // No environment has this number.
        let number = number(&txn, environment)?.unwrap_or(0);
        series::read(&txn.open_table(ENVIRONMENT_SERIES)?, scopes, resolution, keys(number), (from, to))
    }
}
