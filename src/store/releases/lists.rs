//! Lists of releases: by date or by version, of all projects or of some, in pages.

use redb::ReadableTable;

use crate::model::ids::{ProjectId, ReleaseId};
use crate::model::release::Release;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::json::decode;
use crate::store::keys::{pair, u64_at};
use crate::store::releases::environments::is_in_any;
use crate::store::releases::order::{release_of_key, version_key};
use crate::store::releases::{ALL, date_micros, order_key};
use crate::store::schema::{
    RELEASE_ENVIRONMENTS, RELEASE_ORDER, RELEASE_PROJECTS, RELEASE_VERSION_ORDER, RELEASES,
};

/// Rows that are looked at for one step of a list.
pub(super) const SCAN_MAX: usize = 2_000;

/// The date of what is called by a version, in a cursor of a list by versions.
const AMONG_VERSIONS: u64 = u64::MAX;

/// Always the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReleaseSort {
    #[default]
    Date,
    /// By version; those that are called by none come behind, by date.
    Version,
}

/// Which releases, in which order.
#[derive(Debug, Clone, Default)]
pub struct ReleaseFilter {
    /// Of any of these; `None`: all.
    pub projects: Option<Vec<ProjectId>>,
    /// Seen in any of these; empty: anywhere, or nowhere yet.
    pub environments: Vec<String>,
    pub sort: ReleaseSort,
}

/// A place in a list: the date of the last row that was shown, in microseconds, and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleaseCursor {
    pub micros: u64,
    pub release: ReleaseId,
}

impl ReleaseCursor {
    /// In a list by date.
    pub fn of(release: &Release) -> Self {
        Self { micros: date_micros(release), release: release.id }
    }
}

/// One step through the releases.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleasePage {
    pub releases: Vec<Release>,
    /// Where reading stopped, which may lie behind the last of `releases`. `None`: at the end.
    pub next: Option<ReleaseCursor>,
}

impl Store {
    /// Those of the filter for which `fits` holds.
    pub fn releases(
        &self,
        filter: &ReleaseFilter,
        fits: impl Fn(&Release) -> bool,
        behind: Option<ReleaseCursor>,
        limit: usize,
    ) -> Result<ReleasePage> {
        let txn = self.inner.state.begin_read()?;
        let rows = txn.open_table(RELEASES)?;
        let of_projects = txn.open_table(RELEASE_PROJECTS)?;
        let environments = txn.open_table(RELEASE_ENVIRONMENTS)?;
        let projects = filter.projects.as_deref();
        let scope = match projects {
            Some([project]) => *project,
            _ => ALL,
        };
        let mut page = ReleasePage { releases: Vec::new(), next: None };
        let mut looked_at = 0;
        // Whether there is room for more.
        let mut take = |page: &mut ReleasePage, place: ReleaseCursor, among_rest: bool| -> Result<bool> {
            if page.releases.len() == limit || looked_at == SCAN_MAX {
                return Ok(false);
            }
            looked_at += 1;
            page.next = Some(place);
            let id = place.release;
            if scope == ALL && !is_of_any(&of_projects, id, projects)? {
                return Ok(true);
            }
            let Some(row) = rows.get(id.0)? else { return Ok(true) };
            let release: Release = decode(row.value())?;
            let is_listed_already = among_rest && version_key(scope, &release).is_some();
            if !is_listed_already
                && fits(&release)
                && is_in_any(&environments, id, projects, &filter.environments)?
            {
                page.releases.push(release);
            }
            Ok(true)
        };
        if filter.sort == ReleaseSort::Version && behind.is_none_or(|place| place.micros == AMONG_VERSIONS) {
            let by_version = txn.open_table(RELEASE_VERSION_ORDER)?;
            let first = scope.0.to_be_bytes().to_vec();
            let last_shown = behind.map(|place| rows.get(place.release.0)).transpose()?.flatten();
            let last_shown = last_shown.map(|row| decode::<Release>(row.value())).transpose()?;
            let end = last_shown.and_then(|release| version_key(scope, &release));
            let end = end.unwrap_or_else(|| (scope.0 + 1).to_be_bytes().to_vec());
            for row in by_version.range::<&[u8]>(first.as_slice()..end.as_slice())?.rev() {
                let release = release_of_key(row?.0.value());
                if !take(&mut page, ReleaseCursor { micros: AMONG_VERSIONS, release }, false)? {
                    return Ok(page);
                }
            }
        }
        let first = order_key(scope, 0, ReleaseId(0));
        let end = match behind.filter(|place| place.micros != AMONG_VERSIONS) {
            Some(cursor) => order_key(scope, cursor.micros, cursor.release),
            None => order_key(scope, u64::MAX, ReleaseId(u64::MAX)),
        };
        let by_date = txn.open_table(RELEASE_ORDER)?;
        for row in by_date.range::<&[u8; 24]>(&first..&end)?.rev() {
            let key = *row?.0.value();
            let place = ReleaseCursor { micros: u64_at(&key, 8), release: ReleaseId(u64_at(&key, 16)) };
            if !take(&mut page, place, filter.sort == ReleaseSort::Version)? {
                return Ok(page);
            }
        }
        page.next = None;
        Ok(page)
    }

    /// The newest that is older than this one, is of one of its projects, and has commits.
    pub fn previous_release_with_commits(&self, release: &Release) -> Result<Option<Release>> {
        let projects = self.release_projects(release.id)?.into_iter().map(|(project, _)| project).collect();
        let filter = ReleaseFilter { projects: Some(projects), ..ReleaseFilter::default() };
        let behind = Some(ReleaseCursor::of(release));
        let page = self.releases(&filter, |release| release.commits > 0, behind, 1)?;
        Ok(page.releases.into_iter().next())
    }
}

fn is_of_any(
    table: &impl ReadableTable<&'static [u8; 16], &'static [u8]>,
    id: ReleaseId,
    projects: Option<&[ProjectId]>,
) -> Result<bool> {
    let Some(projects) = projects else { return Ok(true) };
    for project in projects {
        if table.get(&pair(id.0, project.0))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
