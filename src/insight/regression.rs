//! Whether an event speaks against a resolution, and the sentence that says why.
//!
//! A false regression costs more than a late one: where nothing tells that an event has the fix in it, the resolution
//! holds. What is asked, in this order: did it happen after the resolution; do commits tell whether its release has the
//! fix; does the order of releases; else, was its release made after the fix.

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::model::issue::{Fix, Resolution};
use crate::model::regression::{Because, Deployed, Reason};
use crate::model::release::KnownRelease;
use crate::model::release_order::ReleaseOrder;
use crate::model::version;

mod words;

pub use words::{holds, regressed};

/// An event of a resolved issue.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub resolution: &'a Resolution,
    pub order: ReleaseOrder,
    /// `None`: the event names none.
    pub release: Option<&'a ReleaseFacts>,
    /// By the event's own clock.
    pub at: Timestamp,
}

/// What is known of an event's release.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseFacts {
    pub known: KnownRelease,
    /// When it was first heard of, by a build or by an event's own time.
    pub existed: Timestamp,
    /// When a build declared it or it was first deployed. No event of it can be older, whatever its clock says.
    pub built: Option<Timestamp>,
    pub deploy: Option<Deployed>,
    pub lineage: Lineage,
}

/// What commits tell of a release and of the fixing commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lineage {
    #[default]
    Unknown,
    HasTheFix,
    EndsBefore,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    Holds(Holds),
    Reopens(Box<Because>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// It happened before anybody said that it was fixed.
    Before,
    /// It names no release, so that nothing says whether the fix is in it.
    NoRelease,
    OlderRelease,
    /// Of another line, and made before the fix.
    OtherLine,
    /// The next release was to have the fix, and this one was there already.
    OutThen,
    /// It ends with a commit before the fixing one.
    EndsBefore,
}

/// How an event's release stands to one that is to have the fix.
enum Standing {
    Same,
    Older,
    NewerOfLine,
    NewerLine,
    /// Of another package, or not both are versions.
    Unrelated,
}

pub fn judge(facts: &Facts<'_>) -> Finding {
    let at = effective(facts);
    if at <= facts.resolution.at {
        return Finding::Holds(Holds::Before);
    }
    let verdict = match (facts.release, &facts.resolution.fix) {
        (None, Fix::Now { .. }) | (Some(_), Fix::Now { newest: None }) => Err(Reason::Afterwards),
        (None, _) => Ok(Holds::NoRelease),
        (Some(release), Fix::Now { newest: Some(newest) }) => since(facts, release, newest),
        (Some(release), Fix::Release { release: fix }) => within(facts, release, fix),
        (Some(release), Fix::NextRelease { after }) => behind(facts, release, after.as_ref()),
        (Some(release), Fix::Commit { releases, .. }) => match release.lineage {
            Lineage::HasTheFix => Err(Reason::HasTheCommit),
            Lineage::EndsBefore => Ok(Holds::EndsBefore),
            Lineage::Unknown => match own_line(facts.order, release, releases) {
                Some(fix) => within(facts, release, fix),
                None => behind(facts, release, None),
            },
        },
    };
    match verdict {
        Ok(holds) => Finding::Holds(holds),
        Err(reason) => Finding::Reopens(Box::new(Because {
            reason,
            resolution: facts.resolution.clone(),
            release: facts.release.map(|release| release.known.clone()),
            at,
            deploy: facts.release.and_then(|release| release.deploy.clone()),
        })),
    }
}

/// When the event happened. A clock that is behind cannot make it older than the release that it came from.
pub fn effective(facts: &Facts<'_>) -> Timestamp {
    let built = facts.release.and_then(|release| release.built);
    built.map_or(facts.at, |built| facts.at.max(built))
}

/// Resolved when `newest` was the newest: all that was older then is without the fix.
fn since(facts: &Facts<'_>, release: &ReleaseFacts, newest: &KnownRelease) -> Result<Holds, Reason> {
    match standing(facts.order, &release.known, newest) {
        Standing::Older => Ok(Holds::OlderRelease),
        Standing::Same => Err(Reason::Afterwards),
        Standing::NewerOfLine | Standing::NewerLine => Err(Reason::NewerRelease),
        Standing::Unrelated if release.existed <= facts.resolution.at => Ok(Holds::OtherLine),
        Standing::Unrelated => Err(Reason::LaterRelease),
    }
}

/// Resolved in `fix`. Of another line, only what was made after the fix can have it.
fn within(facts: &Facts<'_>, release: &ReleaseFacts, fix: &KnownRelease) -> Result<Holds, Reason> {
    let is_earlier = release.existed <= facts.resolution.at || release.known.date < fix.date;
    match standing(facts.order, &release.known, fix) {
        Standing::Older => Ok(Holds::OlderRelease),
        Standing::Same => Err(Reason::ItsRelease),
        Standing::NewerOfLine => Err(Reason::NewerRelease),
        Standing::NewerLine | Standing::Unrelated if is_earlier => Ok(Holds::OtherLine),
        Standing::NewerLine | Standing::Unrelated => Err(Reason::LaterRelease),
    }
}

/// Resolved in whatever comes behind `after`.
fn behind(facts: &Facts<'_>, release: &ReleaseFacts, after: Option<&KnownRelease>) -> Result<Holds, Reason> {
    match after.map(|after| standing(facts.order, &release.known, after)) {
        Some(Standing::Older) => Ok(Holds::OlderRelease),
        Some(Standing::Same) => Ok(Holds::OutThen),
        _ if release.existed <= facts.resolution.at => Ok(Holds::OutThen),
        Some(Standing::NewerOfLine | Standing::NewerLine) => Err(Reason::NewerRelease),
        Some(Standing::Unrelated) | None => Err(Reason::LaterRelease),
    }
}

fn standing(order: ReleaseOrder, release: &KnownRelease, fix: &KnownRelease) -> Standing {
    if order == ReleaseOrder::Dates {
        return match order.compare(release, fix) {
            Ordering::Less => Standing::Older,
            Ordering::Equal => Standing::Same,
            Ordering::Greater => Standing::NewerOfLine,
        };
    }
    if release.version == fix.version {
        return Standing::Same;
    }
    match version::compare(&release.version, &fix.version) {
        Some(Ordering::Less) => Standing::Older,
        Some(Ordering::Equal) => Standing::Same,
        Some(Ordering::Greater) if version::line(&release.version) == version::line(&fix.version) => {
            Standing::NewerOfLine
        }
        Some(Ordering::Greater) => Standing::NewerLine,
        None => Standing::Unrelated,
    }
}

/// Of several releases that have the fix, the one of the event's own line; else the newest.
fn own_line<'a>(
    order: ReleaseOrder,
    release: &ReleaseFacts,
    fixed: &'a [KnownRelease],
) -> Option<&'a KnownRelease> {
    let line = version::line(&release.known.version);
    let same = fixed.iter().find(|fix| line.is_some() && version::line(&fix.version) == line);
    same.or_else(|| fixed.iter().max_by(|a, b| order.compare(a, b)))
}

#[cfg(test)]
mod tests;
