//! How releases fared: sums and series of any stretch of time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::health::Health;
use crate::model::ids::{ProjectId, ReleaseId};
use crate::model::release::Release;
use crate::model::series::Resolution;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::health::counts::{Chunk, Counted};
use crate::store::health::key::{self, Width};
use crate::store::health::people::Union;
use crate::store::health::rows::{Reader, chunks, end_bucket, slots, stretches};
use crate::store::json::decode;
use crate::store::schema::RELEASES;

/// Buckets that one answer may hold; a longer span is answered from its end.
const BUCKETS_MAX: u32 = 20_000;
/// Rows that are looked at for the releases that had sessions.
const RELEASE_ROWS_MAX: usize = 100_000;

/// Whose sessions: of a release or of all, in some environments or in all (where none is named).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthScope<'a> {
    pub project: ProjectId,
    pub release: Option<&'a str>,
    pub environments: &'a [String],
}

impl Store {
    /// How a release, or a whole project, fared in the hours that [from, to) touches. The environment `""` is that of
    /// sessions that name none; `None`: all.
    pub fn health(
        &self,
        project: ProjectId,
        release: Option<&str>,
        environment: Option<&str>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Health> {
        let environments = &named(environment);
        self.health_together(&[HealthScope { project, release, environments }], from, to)
    }

    /// The same of several scopes added up; people who are in more than one count once.
    pub fn health_together(
        &self,
        scopes: &[HealthScope<'_>],
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Health> {
        let reader = Reader::open(self)?;
        let (mut counted, mut union) = (Counted::default(), Union::default());
        for rows in reader.rows(scopes)? {
            for (width, buckets) in stretches(from, to, reader.hours_from) {
                for bucket in reader.counted(&rows, width, buckets.clone())? {
                    counted.add(&bucket);
                }
                for bucket in buckets {
                    reader.gather(&rows, width, bucket, &mut union)?;
                }
            }
        }
        Ok(health(counted, union))
    }

    /// By the buckets that [from, to) touches, empty ones included, oldest first: (start in seconds, health). Minutes are
    /// not told apart.
    pub fn health_series(
        &self,
        project: ProjectId,
        release: Option<&str>,
        environment: Option<&str>,
        from: Timestamp,
        to: Timestamp,
        resolution: Resolution,
    ) -> Result<Vec<(i64, Health)>> {
        let environments = &named(environment);
        let scope = HealthScope { project, release, environments };
        self.health_series_together(&[scope], from, to, resolution)
    }

    /// The same of several scopes added up.
    pub fn health_series_together(
        &self,
        scopes: &[HealthScope<'_>],
        from: Timestamp,
        to: Timestamp,
        resolution: Resolution,
    ) -> Result<Vec<(i64, Health)>> {
        let width = match resolution {
            Resolution::Minute | Resolution::Hour => Width::Hour,
            Resolution::Day => Width::Day,
        };
        let reader = Reader::open(self)?;
        let rows = reader.rows(scopes)?;
        let buckets = width.bucket_of_hour(key::hour(from))..end_bucket(width, key::end_hour(to));
        let buckets = buckets.start.max(buckets.end.saturating_sub(BUCKETS_MAX))..buckets.end;
        let mut counted = vec![Counted::default(); buckets.len()];
        for rows in &rows {
            let each = reader.counted(rows, width, buckets.clone())?;
            counted.iter_mut().zip(each).for_each(|(sum, more)| sum.add(&more));
        }
        let mut series = Vec::with_capacity(counted.len());
        for (bucket, counted) in buckets.zip(counted) {
            let mut union = Union::default();
            for rows in &rows {
                reader.gather(rows, width, bucket, &mut union)?;
            }
            series.push((width.start_second(bucket), health(counted, union)));
        }
        Ok(series)
    }

    /// Sessions by hour, without who had them: what adoption is judged by.
    pub fn session_counts(
        &self,
        scope: HealthScope<'_>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(i64, u64)>> {
        let reader = Reader::open(self)?;
        let hours = key::hour(from)..key::end_hour(to);
        let mut sums = vec![0u64; hours.len()];
        for rows in reader.rows(&[scope])? {
            let each = reader.counted(&rows, Width::Hour, hours.clone())?;
            sums.iter_mut().zip(each).for_each(|(sum, more)| *sum = sum.saturating_add(more.outcomes.total));
        }
        Ok(hours.map(|hour| Width::Hour.start_second(hour)).zip(sums).collect())
    }

    /// The environments in which a release, or a whole project, had sessions; by name.
    pub fn health_environments(
        &self,
        project: ProjectId,
        release: Option<&str>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<String>> {
        let reader = Reader::open(self)?;
        let mut found = BTreeSet::new();
        for rows in reader.rows(&[HealthScope { project, release, environments: &[] }])? {
            for (width, buckets) in stretches(from, to, reader.hours_from) {
                for chunk in chunks(width, &buckets) {
                    let [first, end] = key::environments(width, chunk, rows.project, rows.release);
                    for row in reader.counts.range::<&[u8]>(first.as_slice()..end.as_slice())? {
                        found.insert(key::environment_of(row?.0.value()).to_owned());
                    }
                }
            }
        }
        Ok(found.into_iter().collect())
    }

    /// The releases of a project that had the most sessions, the busiest first.
    pub fn health_releases(
        &self,
        project: ProjectId,
        environments: &[String],
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<String>> {
        let reader = Reader::open(self)?;
        let mut sessions: BTreeMap<ReleaseId, u64> = BTreeMap::new();
        let mut looked_at = 0;
        for (width, buckets) in stretches(from, to, reader.hours_from) {
            for chunk in chunks(width, &buckets) {
                let [first, end] = key::releases(width, chunk, project);
                for row in reader.counts.range::<&[u8]>(first.as_slice()..end.as_slice())? {
                    let (key, row) = row?;
                    let environment = key::environment_of(key.value());
                    looked_at += 1;
                    if looked_at > RELEASE_ROWS_MAX {
                        break;
                    }
                    if !environments.is_empty() && !environments.iter().any(|asked| asked == environment) {
                        continue;
                    }
                    let row = Chunk::decode(row.value());
                    let slots = slots(width, chunk, &buckets);
                    let counted =
                        slots.map(|slot| row.get(slot).outcomes).map(|each| each.total.max(each.errored));
                    let counted: u64 = counted.fold(0, u64::saturating_add);
                    if counted > 0 {
                        let sum = sessions.entry(key::release_of(key.value())).or_default();
                        *sum = sum.saturating_add(counted);
                    }
                }
            }
        }
        let mut busiest: Vec<_> = sessions.into_iter().collect();
        busiest.sort_by_key(|(release, sessions)| (Reverse(*sessions), *release));
        busiest.truncate(limit);
        let releases = self.inner.state.begin_read()?.open_table(RELEASES)?;
        let mut versions = Vec::with_capacity(busiest.len());
        for (release, _) in busiest {
            if let Some(row) = releases.get(release.0)? {
                let release: Release = decode(row.value())?;
                versions.push(release.version);
            }
        }
        Ok(versions)
    }
}

pub(super) fn named(environment: Option<&str>) -> Vec<String> {
    environment.map(str::to_owned).into_iter().collect()
}

fn health(counted: Counted, union: Union) -> Health {
    let (users, users_estimated) = union.count();
    let Counted { outcomes: sessions, is_estimated: sessions_estimated } = counted;
    Health { sessions, users, users_estimated, sessions_estimated }
}
