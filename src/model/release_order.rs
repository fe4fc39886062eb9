//! Which release of a project is the newer one. Sentry's rule: projects that call their releases by versions are
//! ordered by these, others by date.

use std::cmp::Ordering;

use crate::model::release::KnownRelease;
use crate::model::version;

/// So many of the newest releases tell how a project calls them.
pub const LOOKED_AT: usize = 10;

/// How the releases of one project are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseOrder {
    /// By version, where both have one; else by date.
    Versions,
    Dates,
}

impl ReleaseOrder {
    /// `newest`: the project's releases by date, the newest first; those beyond `LOOKED_AT` say nothing.
    pub fn of<'a>(newest: impl IntoIterator<Item = &'a str>) -> Self {
        let versions: Vec<bool> = newest.into_iter().take(LOOKED_AT).map(version::is_version).collect();
        let among = |first: usize| versions.iter().take(first).filter(|is_version| **is_version).count();
        let by_version = match versions.len() {
            0 => false,
            1..=2 => versions[0],
            3..LOOKED_AT => among(3) > 0,
            _ => among(3) > 0 && among(LOOKED_AT) >= 3,
        };
        if by_version { Self::Versions } else { Self::Dates }
    }

    /// By version, or else by date; the same release is equal to itself, whatever was said of its date.
    pub fn compare(self, a: &KnownRelease, b: &KnownRelease) -> Ordering {
        if a.version == b.version {
            return Ordering::Equal;
        }
        let by_version = match self {
            Self::Versions => version::compare(&a.version, &b.version),
            Self::Dates => None,
        };
        by_version.unwrap_or_else(|| a.date.cmp(&b.date))
    }
}
