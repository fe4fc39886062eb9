//! Where counts and people stand. A key is: width, chunk or bucket, project, release, environment.

use std::ops::Range;

use jiff::Timestamp;

use crate::model::ids::{ProjectId, ReleaseId};

const HOUR_SECONDS: i64 = 3_600;
pub(super) const DAY_HOURS: u32 = 24;
const HEAD_BYTES: usize = 1 + 4 + 8 + 8;
/// No text contains it in UTF-8: behind every environment.
const BEHIND_TEXT: u8 = 0xff;

/// How long a bucket is. Hours and days count from 1970, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Hour,
    Day,
}

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Series<'a> {
    pub project: ProjectId,
    pub release: ReleaseId,
    pub environment: &'a str,
}

impl Width {
    pub(super) const ALL: [Self; 2] = [Self::Hour, Self::Day];

    /// What stands for it in keys. Never renumbered.
    fn code(self) -> u8 {
        match self {
            Self::Hour => 0,
            Self::Day => 1,
        }
    }

    /// Buckets of one chunk of counts.
    pub(super) fn slots(self) -> u32 {
        match self {
            Self::Hour => DAY_HOURS,
            Self::Day => 32,
        }
    }

    pub(super) fn bucket_of_hour(self, hour: u32) -> u32 {
        match self {
            Self::Hour => hour,
            Self::Day => hour / DAY_HOURS,
        }
    }

    /// (chunk, slot in it)
    pub(super) fn chunk(self, bucket: u32) -> (u32, u8) {
        let slot = u8::try_from(bucket % self.slots()).expect("fewer than 256 slots");
        (bucket / self.slots(), slot)
    }

    pub(super) fn start_second(self, bucket: u32) -> i64 {
        match self {
            Self::Hour => i64::from(bucket) * HOUR_SECONDS,
            Self::Day => i64::from(bucket) * HOUR_SECONDS * i64::from(DAY_HOURS),
        }
    }
}

impl Series<'_> {
    pub(super) fn key(&self, width: Width, chunk_or_bucket: u32) -> Vec<u8> {
        let mut key = head(width, chunk_or_bucket, self.project, self.release);
        key.extend_from_slice(self.environment.as_bytes());
        key
    }
}

/// First and end of all environments of one release.
pub(super) fn environments(
    width: Width,
    chunk_or_bucket: u32,
    project: ProjectId,
    release: ReleaseId,
) -> [Vec<u8>; 2] {
    let first = head(width, chunk_or_bucket, project, release);
    let mut end = first.clone();
    end.push(BEHIND_TEXT);
    [first, end]
}

/// First and end of all releases of a project, the sums left out.
pub(super) fn releases(width: Width, chunk: u32, project: ProjectId) -> [Vec<u8>; 2] {
    let [first, _] = environments(width, chunk, project, ReleaseId(1));
    let [_, end] = environments(width, chunk, project, ReleaseId(u64::MAX));
    [first, end]
}

/// First and end of all that a project has in a chunk or bucket.
pub(super) fn project(width: Width, chunk_or_bucket: u32, project: ProjectId) -> [Vec<u8>; 2] {
    let [first, _] = environments(width, chunk_or_bucket, project, super::ALL);
    let [_, end] = releases(width, chunk_or_bucket, project);
    [first, end]
}

/// First and end of whole chunks or buckets.
pub(super) fn times(width: Width, chunks_or_buckets: Range<u32>) -> [Vec<u8>; 2] {
    [chunks_or_buckets.start, chunks_or_buckets.end].map(|at| head(width, at, ProjectId(0), super::ALL))
}

/// The chunk or bucket of a key.
pub(super) fn time_of(key: &[u8]) -> u32 {
    crate::store::keys::u32_at(key, 1)
}

pub(super) fn release_of(key: &[u8]) -> ReleaseId {
    ReleaseId(crate::store::keys::u64_at(key, 1 + 4 + 8))
}

pub(super) fn environment_of(key: &[u8]) -> &str {
    std::str::from_utf8(key.get(HEAD_BYTES..).unwrap_or_default()).unwrap_or_default()
}

/// Hours since 1970; moments before count to the first.
pub(super) fn hour(at: Timestamp) -> u32 {
    u32::try_from(at.as_second().max(0) / HOUR_SECONDS).unwrap_or(u32::MAX)
}

/// The hour behind the last one that [.., to) touches.
pub(super) fn end_hour(to: Timestamp) -> u32 {
    // One that is no whole second rounds down to its own.
    let last = (to.as_millisecond() - 1).div_euclid(1_000).max(0) / HOUR_SECONDS;
    u32::try_from(last).unwrap_or(u32::MAX).saturating_add(1)
}

fn head(width: Width, time: u32, project: ProjectId, release: ReleaseId) -> Vec<u8> {
    let mut key = Vec::with_capacity(HEAD_BYTES + 16);
    key.push(width.code());
    key.extend_from_slice(&time.to_be_bytes());
    key.extend_from_slice(&project.0.to_be_bytes());
    key.extend_from_slice(&release.0.to_be_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_release_lie_between_its_bounds() {
        let key = |release, environment| {
            Series { project: ProjectId(3), release: ReleaseId(release), environment }.key(Width::Day, 7)
        };
        let [first, end] = environments(Width::Day, 7, ProjectId(3), ReleaseId(5));
        for inside in ["", "production", "\u{10ffff}"] {
            assert!(first <= key(5, inside) && key(5, inside) < end, "{inside}");
            assert_eq!(environment_of(&key(5, inside)), inside);
        }
        assert!(key(4, "zzz") < first && key(6, "") >= end);
        let [first, end] = releases(Width::Day, 7, ProjectId(3));
        assert!(key(0, "zzz") < first && key(1, "") >= first && key(u64::MAX, "zzz") < end);
        assert_eq!((release_of(&key(9, "a")), time_of(&key(9, "a"))), (ReleaseId(9), 7));
    }

    #[test]
    fn an_end_is_not_inside() {
        let at = |text: &str| text.parse::<Timestamp>().expect(text);
        assert_eq!(end_hour(at("1970-01-01T02:00:00Z")), 2);
        assert_eq!(end_hour(at("1970-01-01T02:00:00.5Z")), 3);
        assert_eq!((hour(at("1970-01-01T02:00:00Z")), hour(Timestamp::MIN)), (2, 0));
    }
}
