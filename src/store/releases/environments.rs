//! In which environments a release was seen, by events or sessions.

use std::collections::HashMap;

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{ProjectId, ReleaseId};
use crate::store::Store;
use crate::store::error::Result;
use crate::store::keys::{from_micros, micros};
use crate::store::releases::seen::LAST_STEP;
use crate::store::schema::{RELEASE_ENVIRONMENTS, RELEASE_VERSIONS};

/// Environments of one release in one project; whoever has a DSN can make them up.
pub const ENVIRONMENTS_MAX: usize = 50;
/// Longer names are no environments; Sentry's bound, in bytes.
const ENVIRONMENT_BYTES_MAX: usize = 64;

/// (release, project, environment) -> when something was first and last seen there, in microseconds.
pub(in crate::store) type Row<'a> = (u64, u64, &'a str);

/// What one batch says of environments.
pub(in crate::store) type Environments<'a> = HashMap<(ProjectId, &'a str, &'a str), (Timestamp, Timestamp)>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenIn {
    pub environment: String,
    pub first: Timestamp,
    pub last: Timestamp,
}

pub(in crate::store) fn add<'a>(
    seen: &mut Environments<'a>,
    project: ProjectId,
    release: &'a str,
    environment: &'a str,
    at: Timestamp,
) {
    if environment.is_empty() || environment.len() > ENVIRONMENT_BYTES_MAX {
        return;
    }
    let span = seen.entry((project, release, environment)).or_insert((at, at));
    *span = (span.0.min(at), span.1.max(at));
}

/// Of releases that are known by now.
pub(in crate::store) fn record(txn: &WriteTransaction, seen: &Environments<'_>) -> Result<()> {
    if seen.is_empty() {
        return Ok(());
    }
    let names = txn.open_table(RELEASE_VERSIONS)?;
    let mut table = txn.open_table(RELEASE_ENVIRONMENTS)?;
    for (&(project, release, environment), &(first, last)) in seen {
        let Some(id) = names.get(release)?.map(|id| id.value()) else { continue };
        let known = table.get((id, project.0, environment))?.map(|row| row.value());
        let said = match known {
            None if rows_of(&table, ReleaseId(id), project)?.len() >= ENVIRONMENTS_MAX => continue,
            None => (micros(first), micros(last)),
            Some((from, to)) => {
                let is_later = last.duration_since(from_micros(to)) >= LAST_STEP;
                if micros(first) >= from && !is_later {
                    continue;
                }
                (from.min(micros(first)), to.max(micros(last)))
            }
        };
        table.insert((id, project.0, environment), said)?;
    }
    Ok(())
}

pub(super) fn remove(txn: &WriteTransaction, release: ReleaseId, project: ProjectId) -> Result<()> {
    let (first, end) = ((release.0, project.0, ""), (release.0, project.0 + 1, ""));
    Ok(txn.open_table(RELEASE_ENVIRONMENTS)?.retain_in::<Row<'_>, _>(first..end, |_, _| false)?)
}

fn rows_of(
    table: &impl ReadableTable<Row<'static>, (i64, i64)>,
    release: ReleaseId,
    project: ProjectId,
) -> Result<Vec<SeenIn>> {
    let mut found = Vec::new();
    let (first, end) = ((release.0, project.0, ""), (release.0, project.0 + 1, ""));
    for row in table.range::<Row<'_>>(first..end)? {
        let (key, span) = row?;
        let ((.., environment), (first, last)) = (key.value(), span.value());
        let (first, last) = (from_micros(first), from_micros(last));
        found.push(SeenIn { environment: environment.to_owned(), first, last });
    }
    Ok(found)
}

/// Whether the release was seen in one of the environments, in any of the projects (`None`: all).
pub(super) fn is_in_any(
    table: &impl ReadableTable<Row<'static>, (i64, i64)>,
    release: ReleaseId,
    projects: Option<&[ProjectId]>,
    environments: &[String],
) -> Result<bool> {
    if environments.is_empty() {
        return Ok(true);
    }
    for row in table.range::<Row<'_>>((release.0, 0, "")..(release.0 + 1, 0, ""))? {
        let (key, _) = row?;
        let (_, project, environment) = key.value();
        let is_asked = projects.is_none_or(|projects| projects.contains(&ProjectId(project)));
        if is_asked && environments.iter().any(|asked| asked == environment) {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Store {
    /// Where a release was seen in a project, by name.
    pub fn release_environments(&self, release: ReleaseId, project: ProjectId) -> Result<Vec<SeenIn>> {
        rows_of(&self.inner.state.begin_read()?.open_table(RELEASE_ENVIRONMENTS)?, release, project)
    }
}
