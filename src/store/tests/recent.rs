//! The walk over what was seen lately says what each series says.

use jiff::{SignedDuration, Timestamp};

use super::{draft, now, with_project};
use crate::model::ids::IssueId;
use crate::model::series::{Resolution, Scope};
use crate::store::Store;

fn walked(store: &Store, resolution: Resolution, end: Timestamp, buckets: usize) -> Vec<(Scope, Vec<u32>)> {
    let mut seen = Vec::new();
    store
        .each_recent(resolution, None, end, buckets, &mut |scope, counts| seen.push((scope, counts.to_vec())))
        .expect("walked");
    seen
}

#[test]
fn a_walk_says_what_each_series_says() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    // Three issues, at odd distances around two full hours.
    let ages = [(1, 0), (1, 59), (1, 61), (2, 119), (2, 120), (3, 200), (1, 3), (2, 4)];
    let records = (1u64..).zip(ages).map(|(number, (group, minutes))| {
        draft(number, group).at(&(now() - SignedDuration::from_mins(minutes)).to_string()).record()
    });
    store.record_all(records, now()).expect("recorded");
    let end = now() + SignedDuration::from_secs(42);
    for (resolution, buckets) in [(Resolution::Minute, 120), (Resolution::Minute, 7), (Resolution::Hour, 30)]
    {
        let seconds = resolution.bucket_seconds() * i64::try_from(buckets).expect("few");
        let first =
            (end.as_second() / resolution.bucket_seconds() + 1) * resolution.bucket_seconds() - seconds;
        let from = Timestamp::from_second(first).expect("a moment");
        let to = from + SignedDuration::from_secs(seconds);
        let all = [
            Scope::Project(project),
            Scope::Issue(IssueId(1)),
            Scope::Issue(IssueId(2)),
            Scope::Issue(IssueId(3)),
        ];
        let expected: Vec<(Scope, Vec<u32>)> = all
            .into_iter()
            .map(|scope| {
                let series = store.series(scope, resolution, from, to).expect("read");
                (scope, series.into_iter().map(|(_, n)| u32::try_from(n).expect("few")).collect())
            })
            .filter(|(_, counts): &(Scope, Vec<u32>)| counts.iter().any(|count| *count > 0))
            .collect();
        assert_eq!(walked(&store, resolution, end, buckets), expected, "{resolution:?}");
    }
    assert_eq!(walked(&store, Resolution::Minute, now() - SignedDuration::from_hours(9), 60), []);
    let _ = walked(&store, Resolution::Minute, Timestamp::UNIX_EPOCH, 60);
}
