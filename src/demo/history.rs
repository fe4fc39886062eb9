//! What builds of the shop said: each release with its commits, and where it was deployed.

use jiff::{SignedDuration, Timestamp};

use crate::demo::dice::Dice;
use crate::demo::service::Service;
use crate::demo::shop::{Release, Shop};
use crate::demo::{Flaw, Result, Wish, hours_before, sdk};
use crate::model::release::{Author, ChangedFile, Commit, FileChange};

pub const REPOSITORY: &str = "pinecone/shop";

/// From the build to the staging system, and from there to production.
const STAGING_AFTER: SignedDuration = SignedDuration::from_mins(12);
const PRODUCTION_AFTER: SignedDuration = SignedDuration::from_hours(3);
/// Between one commit and the next.
const COMMIT_EVERY: SignedDuration = SignedDuration::from_mins(137);

/// A release of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    pub service: Service,
    pub version: String,
    pub at: Timestamp,
    /// Newest first. The first is what it was built from.
    pub commits: Vec<Commit>,
    /// Where it was deployed, and when that was done.
    pub deploys: Vec<(&'static str, Timestamp)>,
}

/// Oldest first. Those of before the asked span are of a time that nobody asked for, but events begin in one.
pub fn history(shop: &Shop, wish: &Wish) -> Result<Vec<Built>> {
    let mut built = Vec::new();
    for release in &shop.releases {
        let deployed = hours_before(wish, release.hours_ago);
        let at = deployed - PRODUCTION_AFTER;
        let commits = commits(shop, wish, release, at)?;
        for service in Service::ALL {
            let touches = |commit: &&Commit| {
                let folder = format!("{}/", service.folder());
                commit.files.iter().any(|file| file.path.starts_with(&folder))
            };
            built.push(Built {
                service,
                version: sdk::release(service, release),
                at,
                commits: commits.iter().filter(touches).cloned().collect(),
                deploys: vec![("staging", at + STAGING_AFTER), ("production", deployed)],
            });
        }
    }
    Ok(built)
}

fn commits(shop: &Shop, wish: &Wish, release: &Release, built: Timestamp) -> Result<Vec<Commit>> {
    let mut at = built;
    let mut commits = Vec::new();
    for (index, commit) in release.commits.iter().enumerate() {
        at -= COMMIT_EVERY;
        let name = shop.authors.get(&commit.author);
        let name = name.ok_or_else(|| Flaw(format!("nobody is called `{}`", commit.author)))?;
        commits.push(Commit {
            id: Dice::of(wish.seed, &release.version, index).hex(40),
            repository: Some(REPOSITORY.to_owned()),
            message: Some(commit.message.clone()),
            author: Author {
                name: Some(name.clone()),
                email: Some(format!("{}@pinecone.example", commit.author)),
            },
            at,
            files: commit
                .files
                .iter()
                .map(|path| ChangedFile { path: path.clone(), kind: FileChange::Modified })
                .collect(),
        });
    }
    Ok(commits)
}
