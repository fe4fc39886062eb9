//! Lists in order, page by page.

use jiff::SignedDuration;

use super::{draft, id, now, put, with_project};
use crate::model::ids::{IssueId, ProjectId, PublicKey};
use crate::model::issue::{EventRef, Issue, IssueState, Status};
use crate::store::{Cell, IssueFilter, IssueSort, Store};

fn pages(store: &Store, filter: &IssueFilter, limit: usize) -> Vec<Issue> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.list_issues(filter, cursor, limit, &|_| true).expect("a page");
        all.extend(page.issues);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return all,
        }
    }
}

fn all(sort: IssueSort) -> IssueFilter {
    IssueFilter { cells: None, seen_since: None, sort }
}

/// 2,000 issues in two projects, every fifth of them resolved.
fn two_thousand(store: &Store) {
    store.create_project("pay", "Pay", None, PublicKey([8; 16]), now()).expect("created");
    let batch: Vec<_> = (0..2_000u64)
        .map(|n| {
            let group = n * n % 2_000;
            let mut draft = draft(n, 0).user(&(n % 7).to_string());
            draft.project = ProjectId(1 + group % 2);
            draft.hashes = vec![crate::model::ids::GroupHash(id(group).0)];
            draft.event.timestamp = now() - SignedDuration::from_secs((n * 7_919 % 3_000).cast_signed());
            draft.record()
        })
        .chain((0..2_000u64).map(|n| {
            let mut draft = draft(10_000 + n, 0);
            draft.project = ProjectId(1 + n % 2);
            draft.hashes = vec![crate::model::ids::GroupHash(id(n).0)];
            draft.record()
        }))
        .collect();
    store.record_in_parts(batch, 500);
    let fifth: Vec<_> = (1..=2_000).step_by(5).map(IssueId).collect();
    store.change_issues(&fifth, &super::to(Status::Resolved), None, now()).expect("resolved");
}

#[test]
fn every_order_is_complete_and_falls_whatever_the_page() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    two_thousand(&store);
    for sort in IssueSort::ALL {
        let listed = pages(&store, &all(sort), 97);
        assert_eq!(listed.len(), 2_000, "{sort:?}");
        let places: Vec<_> = listed.iter().map(|issue| (sort.value(issue), issue.id)).collect();
        assert!(places.is_sorted_by(|a, b| a > b), "{sort:?}");
        assert_eq!(
            places,
            pages(&store, &all(sort), 2_000).iter().map(|i| (sort.value(i), i.id)).collect::<Vec<_>>()
        );
    }
    let resolved = IssueState { status: Status::Resolved, substatus: None };
    let cell = Cell { project: ProjectId(2), state: resolved };
    let some = IssueFilter { cells: Some(vec![cell]), ..all(IssueSort::Events) };
    let listed = pages(&store, &some, 50);
    assert!(listed.iter().all(|issue| issue.project == ProjectId(2) && issue.status == Status::Resolved));
    let counted = |project, status| store.count_issues(ProjectId(project), status).expect("count");
    assert_eq!(listed.len() as u64, counted(2, Status::Resolved));
    let sums = [1, 2].map(|project| Status::ALL.map(|status| counted(project, status)).iter().sum::<u64>());
    assert_eq!(sums, [1_000, 1_000]);
    assert_eq!(counted(1, Status::Resolved) + counted(2, Status::Resolved), 400);
}

#[test]
fn only_issues_seen_lately_where_asked() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    for minute in 0..10u64 {
        let at = format!("2026-11-23T07:0{minute}:00Z");
        put(&store, draft(minute, u8::try_from(minute).expect("small")).at(&at));
    }
    for sort in IssueSort::ALL {
        let since = "2026-11-23T07:06:00Z".parse().expect("since");
        let filter = IssueFilter { seen_since: Some(since), ..all(sort) };
        let ids: Vec<_> = pages(&store, &filter, 3).iter().map(|issue| issue.id.0).collect();
        assert_eq!(ids, [10, 9, 8, 7], "{sort:?}");
    }
}

#[test]
fn an_issues_events_are_walked_both_ways_over_weeks() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    // Some waited in the inbox over midnight: weeks and numbers overlap.
    let received = ["2026-11-22T23:59:00Z", "2026-11-23T00:00:00Z", "2026-11-09T10:00:00Z"];
    let places: Vec<EventRef> = (0..30u64)
        .map(|n| {
            let week = if n < 10 { 2 } else { usize::try_from(n % 2).expect("small") };
            put(&store, draft(n, u8::from(n % 3 == 0)).received(received[week]))
        })
        .collect();
    let mine: Vec<_> = places.iter().filter(|place| place.issue == IssueId(2)).copied().collect();
    let backwards = |list: &[EventRef]| list.iter().rev().copied().collect::<Vec<_>>();
    assert_eq!(mine.len(), 20);
    for limit in [1, 3, 100] {
        let (mut walked, mut before) = (Vec::new(), None);
        while let Some(last) = {
            let page = store.issue_events(IssueId(2), before, limit).expect("page");
            walked.extend(page.iter().copied());
            page.last().copied()
        } {
            before = Some(last.seq);
        }
        assert_eq!(walked, backwards(&mine), "{limit}");
        let (mut walked, mut after) = (Vec::new(), None);
        while let Some(last) = {
            let page = store.issue_events_after(IssueId(2), after, limit).expect("page");
            walked.extend(page.iter().copied());
            page.last().copied()
        } {
            after = Some(last.seq);
        }
        assert_eq!(walked, mine, "{limit}");
    }
    assert_eq!(store.project_events(project, None, 100).expect("list"), backwards(&places));
    assert_eq!(store.all_events(places[4].seq, 3).expect("list"), places[5..8]);
    assert_eq!(store.issue_events(IssueId(2), None, 0).expect("list"), []);
}

#[test]
fn a_list_goes_on_behind_the_rows_that_one_call_may_read() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    // The one that was seen lately has the fewest events, behind more issues than one call reads.
    let old = crate::store::issue_lists::LIST_SCAN_MAX as u64 + 10;
    let record = |number: u64, at: &str| {
        let mut draft = draft(number, 0).at(at);
        draft.hashes = vec![crate::model::ids::GroupHash(id(number).0)];
        draft.record()
    };
    let batch: Vec<_> = std::iter::once(record(1, "2026-11-23T07:00:00Z"))
        .chain((2..old).map(|number| record(number, "2026-11-01T00:00:00Z")))
        .collect();
    store.record_in_parts(batch, 2_000);
    let since = "2026-11-20T00:00:00Z".parse().expect("since");
    let filter = IssueFilter { seen_since: Some(since), ..all(IssueSort::Events) };
    let first = store.list_issues(&filter, None, 10, &|_| true).expect("a page");
    assert!(first.issues.is_empty() && first.next.is_some(), "it stopped, and says so");
    let ids: Vec<_> = pages(&store, &filter, 10).iter().map(|issue| issue.id).collect();
    assert_eq!(ids, [IssueId(1)]);
}
