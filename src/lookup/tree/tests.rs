use jiff::Timestamp;

use super::{
    BRANCHES_MAX, branches, evaluate, holds_for, is_about_cells, known_and_read, may_hold, named_issues,
    values,
};
use crate::model::ids::{IssueId, ProjectId};
use crate::model::issue::{IssueState, Status, Substatus};
use crate::model::query::{Expr, Leaf, Named, StateTest, TimeRange};
use crate::search::query::parse;
use crate::store::{Cell, IssueSort};

/// Project and issue by number.
fn tree(query: &str) -> Expr {
    let parsed = parse(query, Timestamp::UNIX_EPOCH).expect(query).tree;
    let resolved: Result<Expr, ()> = parsed.map(&mut |leaf| {
        Ok(match leaf {
            Leaf::Named(Named::Project(number)) => {
                Leaf::Project(ProjectId(number.parse().expect("a number")))
            }
            Leaf::Named(Named::Issue(number)) => Leaf::Issue(IssueId(number.parse().expect("a number"))),
            other => other,
        }
        .into())
    });
    resolved.expect("resolved")
}

/// Truth of `is:new`, `is:assigned`, `project:1`, `a`, `b` as bits.
fn known(leaf: &Leaf, bits: u32) -> Option<bool> {
    let bit = match leaf {
        Leaf::State(StateTest::Substatus(Substatus::New)) => 0,
        Leaf::State(StateTest::Assigned) => 1,
        Leaf::Project(_) => 2,
        Leaf::Text(word) if word == "a" => 3,
        Leaf::Text(word) if word == "b" => 4,
        _ => return None,
    };
    Some(bits & (1 << bit) != 0)
}

#[test]
fn some_branch_holds_exactly_where_the_query_does() {
    for (query, count) in [
        ("", 1),
        ("is:new", 1),
        ("a b", 1),
        ("is:new a", 1),
        ("is:new project:1 a !b", 1),
        ("is:new OR a", 2),
        ("(is:new OR a) (is:assigned OR b)", 4),
        ("(is:new OR is:assigned) (a OR b)", 1),
        ("!(is:new a)", 2),
        ("!(is:new OR a)", 1),
        ("!(!(is:new a) b)", 2),
        ("(is:new a) OR (is:assigned b) OR project:1", 3),
        ("!((is:new OR a) (is:assigned OR b)) project:1", 2),
    ] {
        let tree = tree(query);
        let found = branches(tree.clone()).expect(query);
        assert_eq!(found.len(), count, "{query}: {found:?}");
        for bits in 0..32 {
            let truth = |expr: &Expr| evaluate(expr, &|leaf| known(leaf, bits)).expect("all is known");
            let any = found.iter().any(|branch| truth(&branch.state) && truth(&branch.events));
            assert_eq!(any, truth(&tree), "{query} where {bits:05b}");
        }
        for branch in &found {
            assert!(!branch.events.any(&|leaf| matches!(leaf, Leaf::State(_))), "{query}: {found:?}");
        }
    }
}

#[test]
fn branches_are_bounded() {
    let doubled = |times: usize| format!("(is:new a) {}", "(is:new OR b) ".repeat(times));
    assert_eq!(branches(tree(&doubled(5))).expect("fits").len(), BRANCHES_MAX);
    assert!(branches(tree(&doubled(6))).is_err());
    assert!(branches(tree(&"(is:new OR b) ".repeat(30))).is_err());
}

#[test]
fn statuses_and_projects_follow_from_the_query() {
    use Status::{Ignored, Resolved, Unresolved};
    for (query, expected) in [
        ("", &[Unresolved, Resolved, Ignored][..]),
        ("is:unresolved", &[Unresolved]),
        ("!is:resolved", &[Unresolved, Ignored]),
        ("is:unresolved is:resolved", &[]),
        ("is:unresolved OR is:resolved a", &[Unresolved, Resolved]),
        ("is:[resolved, ignored] is:new", &[Resolved, Ignored]),
        ("project:2", &[]),
        ("!project:2 is:ignored", &[Ignored]),
    ] {
        let tree = tree(query);
        let possible = |status: &Status| {
            let substatuses = [None, Some(Substatus::New), Some(Substatus::Regressed)];
            let state = |substatus| IssueState { status: *status, substatus };
            let mut cells =
                substatuses.map(|substatus| Cell { project: ProjectId(1), state: state(substatus) });
            cells.iter_mut().any(|cell| holds_for(&tree, *cell) != Some(false))
        };
        let found: Vec<Status> = Status::ALL.into_iter().filter(possible).collect();
        assert_eq!(found, expected, "{query}");
    }
    let new = Cell {
        project: ProjectId(1),
        state: IssueState { status: Status::Unresolved, substatus: Some(Substatus::New) },
    };
    for (query, expected) in [
        ("is:new", Some(true)),
        ("is:regressed", Some(false)),
        ("is:new is:resolved", Some(false)),
        ("!is:new OR project:2", Some(false)),
        ("is:new times_seen:>5", None),
        ("is:regressed times_seen:>5", Some(false)),
    ] {
        assert_eq!(holds_for(&tree(query), new), expected, "{query}");
    }
    assert!(is_about_cells(&tree("(is:unresolved is:new) OR !project:1")));
    assert!(!is_about_cells(&tree("is:unresolved age:-1h")) && !is_about_cells(&tree("a")));
}

#[test]
fn what_needs_a_row_is_told_from_what_does_not() {
    for (query, known, read) in [
        ("is:new", "is:new", ""),
        ("is:new age:-1h !project:1", "is:new !project:1", "age:-1h"),
        ("is:new OR age:-1h", "", "is:new OR age:-1h"),
        (
            "(is:new OR issue:3) !(is:resolved times_seen:1)",
            "is:new OR issue:3",
            "!(is:resolved times_seen:1)",
        ),
        ("", "", ""),
    ] {
        assert_eq!(known_and_read(&tree(query)), (tree(known), tree(read)), "{query}");
    }
}

#[test]
fn a_number_may_rule_an_issue_out() {
    for (query, expected) in [
        ("issue:3", true),
        ("!issue:3", false),
        ("issue:4 OR is:new", true),
        ("issue:4 is:new", false),
        ("is:new", true),
    ] {
        assert_eq!(may_hold(&tree(query), IssueId(3)), expected, "{query}");
    }
}

#[test]
fn named_issues_are_known_where_no_others_are_admitted() {
    for (query, expected) in [
        ("issue:3", Some(&[3][..])),
        ("issue:[3, 5] is:new", Some(&[3, 5])),
        ("issue:[3, 5] issue:[5, 7]", Some(&[5])),
        ("issue:3 OR is:new", None),
        ("!issue:3", None),
        ("is:new", None),
    ] {
        let found = named_issues(&tree(query));
        let ids: Option<Vec<u64>> = found.map(|issues| issues.iter().map(|issue| issue.0).collect());
        assert_eq!(ids.as_deref(), expected, "{query}");
    }
}

#[test]
fn a_comparison_is_a_range_of_whole_microseconds() {
    let at = |nanos: i128| Some(Timestamp::from_nanosecond(nanos).expect("a moment"));
    for (from, until, expected) in [
        (None, None, (0, u64::MAX)),
        (at(5_000), at(9_000), (5, 8)),
        // 5 is before the first, and 9 before the end.
        (at(5_001), at(9_001), (6, 9)),
        (at(-5_001), at(1), (0, 0)),
        (None, at(0), (1, 0)),
        (None, at(-1), (1, 0)),
    ] {
        let range = TimeRange { from, until };
        let found = values(&Leaf::State(StateTest::LastSeen(range)));
        assert_eq!(found, Some((IssueSort::LastSeen, expected)), "{range:?}");
        for micros in 0..12 {
            let is_in = range.contains(at(i128::from(micros) * 1_000).expect("a moment"));
            assert_eq!(is_in, (expected.0..=expected.1).contains(&micros), "{range:?} {micros}");
        }
    }
    assert_eq!(values(&Leaf::State(StateTest::Handled)), None);
}
