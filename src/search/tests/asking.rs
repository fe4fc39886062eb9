//! Sets of issues, ranks, releases.

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
    let ranked = search.ranked_issues(&Filter::of(&query)).expect("finds");
    assert_eq!(ranked.iter().map(|(_, hit)| hit.seq.0).collect::<Vec<_>>(), [4, 1, 3, 2]);
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
