//! Issues that commits of a release say they fix: they are resolved in that release, in the author's name.

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::fix_reference::fixed_by;
use crate::model::ids::{AccountId, IssueId, ProjectId};
use crate::model::issue::{Activity, ActivityKind, Fix, Issue, Resolution, Status};
use crate::model::release::{Commit, KnownRelease};
use crate::model::short_id;
use crate::store::altering::find;
use crate::store::error::Result;
use crate::store::issue_rows::Changed;
use crate::store::schema::{ACCOUNT_EMAILS, ISSUE_NUMBERS};
use crate::store::{Store, archives, deciding, keys, releases};

/// Issues that the commits of one release resolve; further ones are left out.
const FIXED_MAX: usize = 1_000;
/// Releases that one fix was ported to.
const BACKPORTS_MAX: usize = 20;

/// What a commit says of an issue.
struct Fixing<'a> {
    issue: IssueId,
    commit: &'a Commit,
}

impl Store {
    /// Resolves what the commits of a release name, where it is an issue of one of `projects`. The same
    /// commit told again, as CI does, decides nothing again.
    pub fn resolve_by_commits(
        &self,
        version: &str,
        projects: &[ProjectId],
        commits: &[Commit],
        now: Timestamp,
    ) -> Result<()> {
        let said = commits.iter().flat_map(|commit| {
            let ids = commit.message.as_deref().map(fixed_by).unwrap_or_default();
            ids.into_iter().map(move |id| (id, commit))
        });
        let said: Vec<_> = said.take(FIXED_MAX).collect();
        if said.is_empty() {
            return Ok(());
        }
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let mut fixing = Vec::new();
        for (id, commit) in said {
            if let Some(issue) = self.named(&txn, &id, projects)?
                && !fixing.iter().any(|known: &Fixing<'_>| known.issue == issue)
            {
                fixing.push(Fixing { issue, commit });
            }
        }
        let mut altered = Vec::new();
        for Fixing { issue, commit } in fixing {
            let Some(issue) = find(&txn, issue)? else { continue };
            let known = releases::known(&txn, issue.project, version)?;
            let release = known.unwrap_or_else(|| KnownRelease { version: version.to_owned(), date: now });
            let author = author(&txn, commit)?;
            let Some(resolution) = resolved(&issue, commit, release, author, now) else { continue };
            archives::forget(&txn, issue.id)?;
            let mut row = Changed::loaded(issue);
            let is_backport = row.issue.status == Status::Resolved && is_by_commit(&row.issue);
            if !is_backport {
                row.issue.status_changed = Some(now);
                row.issue.still_seen = None;
            }
            row.issue.status = Status::Resolved;
            (row.issue.substatus, row.issue.archive) = (None, None);
            let mut told = deciding::resolved(&resolution);
            if let ActivityKind::SetResolvedInCommit { commit: told, .. } = &mut told {
                told.clone_from(&commit.id);
            }
            row.issue.resolution = Some(resolution);
            altered.push((row, vec![Activity { at: now, by: author, kind: told, undo: false }]));
        }
        self.commit_altered(txn, altered)
    }

    /// The issue as which it is shown.
    fn named(&self, txn: &WriteTransaction, id: &str, projects: &[ProjectId]) -> Result<Option<IssueId>> {
        let Some((slug, number)) = short_id::parse(id) else { return Ok(None) };
        let project = self.directory().slugs.get(&slug).copied();
        let Some(project) = project.filter(|project| projects.contains(project)) else { return Ok(None) };
        let issue = txn.open_table(ISSUE_NUMBERS)?.get(&keys::pair(project.0, number))?.map(|id| id.value());
        Ok(issue.map(|id| self.merges().shown(IssueId(id))))
    }
}

fn is_by_commit(issue: &Issue) -> bool {
    matches!(issue.resolution.as_ref().map(|known| &known.fix), Some(Fix::Commit { .. }))
}

/// `None` where the commit decides nothing: it did already, for that release.
fn resolved(
    issue: &Issue,
    commit: &Commit,
    release: KnownRelease,
    by: Option<AccountId>,
    now: Timestamp,
) -> Option<Resolution> {
    if let Some(Resolution { at, by, fix: Fix::Commit { commit: fixing, repository, releases } }) =
        issue.resolution.as_ref()
    {
        if issue.status != Status::Resolved && *fixing == commit.id {
            // It was fixed so, and came back.
            return None;
        }
        if issue.status == Status::Resolved {
            let is_known = releases.iter().any(|known| known.version == release.version);
            if is_known || releases.len() == BACKPORTS_MAX {
                return None;
            }
            // The same fix in another line.
            let releases = releases.iter().cloned().chain([release]).collect();
            let (commit, repository) = (fixing.clone(), repository.clone());
            return Some(Resolution { at: *at, by: *by, fix: Fix::Commit { commit, repository, releases } });
        }
    }
    let (commit, repository) = (commit.id.clone(), commit.repository.clone());
    Some(Resolution { at: now, by, fix: Fix::Commit { commit, repository, releases: vec![release] } })
}

fn author(txn: &WriteTransaction, commit: &Commit) -> Result<Option<AccountId>> {
    let Some(email) = &commit.author.email else { return Ok(None) };
    let found = txn.open_table(ACCOUNT_EMAILS)?.get(email.to_lowercase().as_str())?.map(|id| id.value());
    Ok(found.map(AccountId))
}
