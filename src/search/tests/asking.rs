//! Sets of issues, ranks, releases, spellings.

use std::sync::Arc;

use serde_json::json;

use super::{W47, W48, add, open, parse};
use crate::model::ids::{IssueId, ProjectId};
use crate::model::issue_set::IssueSet;
use crate::model::query::Leaf;
use crate::search::{EventOrder, Filter};

#[test]
fn large_sets_of_issues_are_held_against_every_event() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    for seq in 1..=30 {
        add(&search, seq, &json!({"logentry": {"formatted": if seq > 10 { "tick" } else { "tock" }}}), W47);
    }
    search.commit(1).expect("commits");
    for others in [0, 5_000] {
        let set: IssueSet = (1_000..1_000 + others).chain([3, 4]).map(IssueId).collect();
        let among = |text: &str, order| {
            let query = parse(text).expect("parses").and(Leaf::Issues(Arc::new(set.clone())).into());
            let found = search.find_events(&Filter::of(&query), order, None, 100).expect("finds");
            found.hits.iter().map(|hit| hit.seq.0).collect::<Vec<_>>()
        };
        assert_eq!(among("", EventOrder::Newest), [24, 23, 14, 13, 4, 3], "{others}");
        assert_eq!(among("tick", EventOrder::Oldest), [13, 14, 23, 24], "{others}");
        assert_eq!(among("tick OR tock", EventOrder::Relevance).len(), 6, "{others}");
        assert_eq!(among("!tick", EventOrder::Newest), [4, 3], "{others}");
    }
}

#[test]
fn the_best_come_first() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    let frames = |in_app: bool| json!({"stacktrace": {"frames": [{"function": "tick", "in_app": in_app}]}, "logentry": {"formatted": "x"}});
    add(&search, 1, &json!({"logentry": {"formatted": "tick"}}), W47);
    add(&search, 2, &frames(false), W47);
    add(&search, 3, &frames(true), W48);
    add(&search, 4, &json!({"logentry": {"formatted": "tick"}}), W47);
    for seq in 5..=40 {
        add(&search, seq, &json!({"logentry": {"formatted": "tock"}}), if seq % 2 == 0 { W47 } else { W48 });
    }
    search.commit(1).expect("commits");
    let query = parse("tick level:error").expect("parses");
    let found = search.find_events(&Filter::of(&query), EventOrder::Relevance, None, 10).expect("finds");
    assert_eq!(found.hits.iter().map(|hit| hit.seq.0).collect::<Vec<_>>(), [4, 1, 3, 2]);
    for limit in [1, 2, 4, 10] {
        let ranked = search.ranked_issues(&Filter::of(&query), limit).expect("finds");
        assert_eq!(ranked.total, 4);
        let seqs: Vec<u64> = ranked.hits.iter().map(|(_, hit)| hit.seq.0).collect();
        assert_eq!(seqs, [4, 1, 3, 2][..limit.min(4)]);
    }
    // Without words all fit alike: the newest first.
    let query = parse("level:error").expect("parses");
    let found = search.find_events(&Filter::of(&query), EventOrder::Relevance, None, 3).expect("finds");
    assert_eq!(found.hits.iter().map(|hit| hit.seq.0).collect::<Vec<_>>(), [40, 39, 38]);
}

#[test]
fn the_latest_release_is_a_projects_own() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    for (seq, release) in
        [(1, "a@1.9"), (2, "a@1.10"), (3, "a@1.2"), (1_001, "deadbeef"), (1_002, "cafe"), (2_000, "")]
    {
        add(&search, seq, &json!({"release": (!release.is_empty()).then_some(release)}), W47);
    }
    search.commit(1).expect("commits");
    let latest = |project| search.latest_release(ProjectId(project)).expect("found");
    assert_eq!(latest(1).as_deref(), Some("a@1.10"));
    assert_eq!(latest(2).as_deref(), Some("cafe"));
    assert_eq!(latest(3), None);
}

#[test]
fn values_are_told_as_most_people_write_them() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    let put = |seq: u64, tier: &str, file: &str| {
        let frames = json!([{"function": "f", "filename": file, "in_app": true}]);
        let fields = json!({"tags": [["customerTier", tier]], "stacktrace": {"frames": frames}});
        add(&search, seq, &fields, if seq.is_multiple_of(2) { W47 } else { W48 });
    };
    for (seq, tier) in [
        (1, "Gold Plus"),
        (3, "Gold Plus"),
        (5, "GOLD PLUS"),
        (7, "silver"),
        (9, "silver"),
        (11, "Silver"),
        (2, "Zürich"),
        (4, "a\u{0}B"),
        (13, "a"),
        (1_001, "gOLD"),
        (1_003, "gold plus"),
        (1_005, "gold plus"),
    ] {
        put(seq, tier, if seq < 1_000 { "src\\Pay\\Service.ts" } else { "src/other.ts" });
    }
    search.commit(1).expect("commits");
    let texts = |known: Vec<crate::search::Known>| known.into_iter().map(|k| k.text).collect::<Vec<_>>();
    let values = |typed: &str, projects: Option<&[ProjectId]>| {
        texts(search.values("customertier", typed, projects, 10).expect("found"))
    };
    assert_eq!(values("", None), ["Gold Plus", "silver", "a", "a\u{0}B", "gOLD", "Zürich"]);
    assert_eq!(values("ZÜR", None), ["Zürich"]);
    assert_eq!(values("gold", Some(&[ProjectId(1)])), ["Gold Plus"]);
    // Another project's way of writing is not told.
    assert_eq!(values("", Some(&[ProjectId(2)])), ["gold plus", "gOLD"]);
    assert_eq!(texts(search.keys("custo", None, 10).expect("found")), ["customerTier"]);
    assert_eq!(texts(search.files("pay", None, 10).expect("found")), ["src/Pay/Service.ts"]);

    let shares = |text: &str| {
        let query = parse(text).expect("parses");
        let facets = search.facets(&Filter::of(&query), &["customerTier"], 10).expect("counted").facets;
        facets.into_iter().flat_map(|facet| facet.values).map(|(value, _)| value).collect::<Vec<_>>()
    };
    assert_eq!(shares("customertier:gold*"), ["Gold Plus", "gOLD"]);
    assert_eq!(shares("file:other.ts"), ["gold plus", "gOLD"]);
    assert_eq!(shares("customerTier:SILVER"), ["silver"]);
}
