//! The commits of a release, newest first, with the files that they change.

use redb::WriteTransaction;

use crate::model::ids::ReleaseId;
use crate::model::release::{Author, Commit, Head, Release};
use crate::store::Store;
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::keys::{pair, u64_at};
use crate::store::schema::RELEASE_COMMITS;

/// Of one release; older ones are left out.
pub const COMMITS_MAX: usize = 2_000;
/// Files of one commit; further ones are left out.
pub const COMMIT_FILES_MAX: usize = 1_000;
/// People who are named with a release.
const AUTHORS_MAX: usize = 50;
/// Repositories of one release.
pub const HEADS_MAX: usize = 50;

/// `commits` are newest first. What a release says of its newest is taken from them.
pub(super) fn replace(txn: &WriteTransaction, release: &mut Release, commits: &[Commit]) -> Result<()> {
    remove(txn, release.id)?;
    let commits = &commits[..commits.len().min(COMMITS_MAX)];
    let mut table = txn.open_table(RELEASE_COMMITS)?;
    for (place, commit) in (0_u64..).zip(commits) {
        table.insert(&pair(release.id.0, place), encode(commit)?.as_slice())?;
    }
    release.commits = u32::try_from(commits.len()).unwrap_or(u32::MAX);
    release.last_commit = commits.first().map(|commit| Commit { files: Vec::new(), ..commit.clone() });
    release.authors.clear();
    for commit in commits {
        add_author(&mut release.authors, &commit.author);
        add_head(&mut release.heads, commit);
    }
    Ok(())
}

fn add_author(authors: &mut Vec<Author>, author: &Author) {
    let is_known = authors.iter().any(|known| match (&known.email, &author.email) {
        (Some(known), Some(email)) => known.eq_ignore_ascii_case(email),
        _ => known == author,
    });
    if !is_known && *author != Author::default() && authors.len() < AUTHORS_MAX {
        authors.push(author.clone());
    }
}

fn add_head(heads: &mut Vec<Head>, commit: &Commit) {
    let Some(repository) = commit.repository.as_deref().filter(|name| !name.is_empty()) else { return };
    if heads.len() < HEADS_MAX && !heads.iter().any(|head| head.repository == repository) {
        heads.push(Head { repository: repository.to_owned(), commit: commit.id.clone(), previous: None });
    }
}

pub(super) fn remove(txn: &WriteTransaction, release: ReleaseId) -> Result<()> {
    let (first, last) = (pair(release.0, 0), pair(release.0, u64::MAX));
    txn.open_table(RELEASE_COMMITS)?.retain_in::<&[u8; 16], _>(&first..=&last, |_, _| false)?;
    Ok(())
}

impl Store {
    /// From the place `from` on, newest first, each with its place.
    pub fn release_commits(&self, release: ReleaseId, from: u64, limit: usize) -> Result<Vec<(u64, Commit)>> {
        let table = self.inner.state.begin_read()?.open_table(RELEASE_COMMITS)?;
        let (first, last) = (pair(release.0, from), pair(release.0, u64::MAX));
        let mut found = Vec::new();
        for row in table.range::<&[u8; 16]>(&first..=&last)?.take(limit) {
            let (key, row) = row?;
            found.push((u64_at(key.value(), 8), decode(row.value())?));
        }
        Ok(found)
    }
}
