//! The engine over real folders.

use std::path::Path;

use serde_json::json;

use crate::model::event::Event;
use crate::model::ids::{EventSeq, IssueId, ProjectId};
use crate::model::issue::EventRef;
use crate::model::query::Query;
use crate::model::week::Week;
use crate::search::{Document, EventOrder, Filter, Search, SearchError, WRITER_BYTES_MIN, document, query};

mod asking;
mod replacing;

const W47: &str = "2026-11-18T10:00:00Z";
const W48: &str = "2026-11-24T10:00:00Z";

fn parse(text: &str) -> Result<Query, query::ParseError> {
    query::parse(text, W48.parse().expect("a time"))
}

fn open(dir: &Path) -> Search {
    Search::open(dir, WRITER_BYTES_MIN).expect("opens")
}

fn event(fields: &serde_json::Value, at: &str) -> Event {
    let mut whole = json!({
        "event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0", "platform": "python", "timestamp": at, "received": at,
    });
    let members = fields.as_object().expect("an object").clone();
    whole.as_object_mut().expect("an object").extend(members);
    serde_json::from_value(whole).expect("an event")
}

/// A document of the event `seq` in issue `seq % 10`, project 1.
fn made(seq: u64, fields: &serde_json::Value, at: &str) -> (Week, Document) {
    let event = event(fields, at);
    let week = Week::of(event.received);
    let at = EventRef {
        seq: EventSeq(seq),
        event_id: event.event_id,
        project: ProjectId(1 + seq / 1000),
        issue: IssueId(seq % 10),
        timestamp: event.timestamp,
        week: week.0,
    };
    (week, document(&event, &at))
}

fn add(search: &Search, seq: u64, fields: &serde_json::Value, at: &str) -> usize {
    let (week, document) = made(seq, fields, at);
    search.add(week, vec![document]).expect("adds")
}

fn found(search: &Search, query: &str) -> Vec<u64> {
    let query = parse(query).expect(query);
    let found = search.find_events(&Filter::of(&query), EventOrder::Newest, None, 100).expect("finds");
    assert_eq!(found.total, found.hits.len() as u64);
    found.hits.iter().map(|hit| hit.seq.0).collect()
}

fn rich() -> serde_json::Value {
    json!({
        "exceptions": [{
            "type": "PaymentError", "value": "Card was declined by GitHub: User not authenticated",
            "mechanism": {"type": "generic", "handled": false},
            "stacktrace": {"frames": [
                {"function": "main", "filename": "app.py", "abs_path": "/srv/shop/app.py"},
                {"function": "chargeCard", "module": "com.acme.Pay$1", "filename": "src/payment.ts",
                 "context_line": "    raise ValueError(order_total)"},
            ]},
        }],
        "breadcrumbs": [{"category": "http", "message": "fetching zanzibar", "data": {"url": "https://api.example.com/v1/orders/42", "status_code": 503}}],
        "tags": [["browser.name", "Firefox"], ["customer tier", "Gold Plus"]],
        "request": {"url": "https://shop.example.com/checkout", "method": "POST", "query": [["coupon", "SPRING26"]]},
        "user": {"id": "7", "email": "Jane.Doe@example.com", "ip_address": "10.1.2.3"},
        "release": "shop@1.2.3+build.4", "environment": "production", "level": "fatal",
        "transaction": "/checkout/{step}",
        "contexts": {"os": {"name": "Ubuntu", "version": "24.04"}, "trace": {"trace_id": "0123456789abcdef0123456789abcdef"}},
        "extra": {"cart": {"items": [{"sku": "SKU-99812"}]}},
    })
}

/// What finds the event that `rich` describes.
const FINDING: &[&str] = &[
    "chargeCard",
    "chargecard",
    "charge",
    "card",
    "charge_card",
    "CHARGECARD",
    "payment.ts",
    "PAYMENT.TS",
    "\"PaymentError: Card was declined\"",
    "title:\"paymenterror: card\"",
    "com.acme.pay$1",
    "\"payment error\"",
    "src/payment.ts",
    "com.acme.Pay$1",
    "acme.Pay",
    "paymenterror",
    "Payment",
    "github",
    "GitHub",
    "git_hub",
    "zanzibar",
    "503",
    "orders/42",
    "SPRING26",
    "jane.doe@example.com",
    "SKU-99812",
    "ubuntu",
    "/srv/shop/app.py",
    "shop@1.2.3+build.4",
    "\"user NOT authenticated\"",
    "\"charge card\"",
    "\"raise ValueError(order_total)\"",
    "declined authenticated",
    "char*",
    "*Card",
    "pay*ror",
    "level:fatal",
    "level:FATAL",
    "browser.name:firefox",
    "tags[browser.name]:Firefox",
    "release:shop@1.2.3+build.4",
    "release:shop@1.*",
    "release:*build*",
    "environment:production",
    "user.email:jane.doe@example.com",
    "user.email:*@example.com",
    "user.id:7",
    "user.ip:10.1.*",
    "transaction:/checkout/{step}",
    "error.type:PaymentError",
    "error.type:Pay*",
    "error.value:declined",
    "error.unhandled:true",
    "url:*/checkout",
    "http.method:post",
    "os.name:ubuntu",
    "os.version:24.04",
    "os:\"Ubuntu 24.04\"",
    "handled:no",
    "mechanism:generic",
    "user:id:7",
    "message:declined",
    "message:\"card was\"",
    "stack.function:chargeCard",
    "stack.filename:*payment*",
    "stack.module:com.acme.*",
    "file:payment.ts",
    "frame:main",
    "breadcrumb:zanzibar",
    "has:user.email",
    "has:trace",
    "trace:0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef",
    "!level:info",
    "!has:nothing level:fatal",
    "!zzz zanzibar",
    "release:* card",
    "platform:python zanzibar",
];

/// What does not.
const NOT_FINDING: &[&str] = &[
    "harge",
    "\"not user\"",
    "\"app.py main zanzibar\"",
    "level:error",
    "browser.name:fire",
    "release:shop",
    "breadcrumb:declined",
    "frame:zanzibar",
    "has:dist",
    "!platform:python",
    "id:nonsense",
    "chargeCardX",
    "\"declined fetching\"",
    "trace:*",
    "zanzibar !card",
    "message:zanzibar",
];

#[test]
fn an_event_is_found_by_what_stands_in_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    add(&search, 1, &json!({"logentry": {"formatted": "nothing of note"}, "level": "info"}), W47);
    add(&search, 2, &rich(), W47);
    search.commit(2).expect("commits");
    for &query in FINDING {
        assert_eq!(found(&search, query), [2], "{query}");
    }
    for &query in NOT_FINDING {
        assert_eq!(found(&search, query), [0u64; 0], "{query}");
    }
    assert_eq!(found(&search, ""), [2, 1]);
    assert_eq!(found(&search, "->"), [2, 1]);
    assert_eq!(found(&search, "id:fc6d8c0c43fc4630ad850ee518f1b9d0"), [2, 1]);
    assert_eq!(found(&search, "FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0"), [2, 1]);
}

#[test]
fn pages_go_newest_first_through_overlapping_weeks() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    for seq in 1..=40u64 {
        // Around the turn of the week, batches of both come by turns.
        let at = if seq <= 18 || (seq <= 22 && seq % 2 == 0) { W47 } else { W48 };
        add(&search, seq, &json!({"logentry": {"formatted": "tick"}}), at);
        if seq % 7 == 0 {
            search.commit(seq).expect("commits");
        }
    }
    search.commit(40).expect("commits");
    let query = parse("tick").expect("parses");
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = search.find_events(&Filter::of(&query), EventOrder::Newest, before, 3).expect("finds");
        assert_eq!((page.total, page.exact), (40, true));
        let Some(last) = page.hits.last() else { break };
        before = Some(last.seq);
        seen.extend(page.hits.iter().map(|hit| hit.seq.0));
    }
    assert_eq!(seen, (1..=40).rev().collect::<Vec<_>>());

    let (mut behind, mut seen) = (None, Vec::new());
    loop {
        let page = search.find_events(&Filter::of(&query), EventOrder::Oldest, behind, 7).expect("finds");
        let Some(last) = page.hits.last() else { break };
        behind = Some(last.seq);
        seen.extend(page.hits.iter().map(|hit| hit.seq.0));
    }
    assert_eq!(seen, (1..=40).collect::<Vec<_>>());

    let issues = search.issues(&Filter::of(&query)).expect("finds");
    assert_eq!(issues.iter().map(|issue| issue.0).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    let found = search.matching_events(&Filter::of(&query)).expect("finds");
    assert_eq!(found.issues, issues);
    assert_eq!(found.newest(&[IssueId(10)].into_iter().collect()), []);
    let mut newest = found.newest(&issues);
    newest.sort_unstable_by_key(|hit| std::cmp::Reverse(hit.seq));
    assert_eq!(newest.iter().map(|hit| hit.seq.0).collect::<Vec<_>>(), (31..=40).rev().collect::<Vec<_>>());
    assert!(newest.iter().all(|hit| hit.week == Week::of(W48.parse().expect("a time"))));
}

#[test]
fn filters_narrow() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    for (seq, at) in [(1, W47), (2, W48), (1003, W47), (1004, W48), (2005, W48)] {
        add(&search, seq, &json!({"logentry": {"formatted": "tick"}}), at);
    }
    search.commit(1).expect("commits");
    let query = parse("tick").expect("parses");
    let all = Filter::of(&query);
    let count = |filter: &Filter<'_>| search.count(filter).expect("counts");
    assert_eq!(count(&all), 5);
    assert_eq!(count(&Filter { projects: Some(&[]), ..all }), 0);
    assert_eq!(count(&Filter { projects: Some(&[ProjectId(2)]), ..all }), 2);
    assert_eq!(count(&Filter { projects: Some(&[ProjectId(1), ProjectId(2)]), ..all }), 4);
    assert_eq!(count(&Filter { issue: Some(IssueId(5)), ..all }), 1);
    let (early, late) = (W47.parse().expect("a time"), W48.parse().expect("a time"));
    assert_eq!(count(&Filter { from: Some(late), ..all }), 3);
    assert_eq!(count(&Filter { to: Some(late), ..all }), 2);
    assert_eq!(
        count(&Filter { from: Some(early), to: Some(late), projects: Some(&[ProjectId(1)]), ..all }),
        1
    );
    let end = Week::of(late).end();
    assert_eq!(search.histogram(&all, early, end, 2).expect("counts"), [2, 3]);
}

#[test]
fn a_restart_goes_on_from_the_cursor() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    assert_eq!(search.cursor(), 0);
    add(&search, 1, &json!({"logentry": {"formatted": "tick"}}), W47);
    search.commit(17).expect("commits");
    assert_eq!(search.cursor(), 17);
    // Nothing to write: a small step is not worth a commit, a large one is.
    search.commit(18).expect("commits");
    assert_eq!(search.cursor(), 17);
    search.commit(5_000).expect("commits");
    assert_eq!(search.cursor(), 5_000);
    // Added, never committed: a crash forgets it.
    add(&search, 2, &json!({"logentry": {"formatted": "tick"}}), W47);
    assert_eq!(found(&search, "tick"), [1]);
    drop(search);

    let search = open(dir.path());
    assert_eq!(search.cursor(), 5_000);
    assert_eq!(found(&search, "tick"), [1]);
    let again: Vec<Document> =
        [1, 2, 2].map(|seq| made(seq, &json!({"logentry": {"formatted": "tick"}}), W47).1).into();
    assert_eq!(search.add(Week::of(W47.parse().expect("a time")), again).expect("adds"), 1);
    search.commit(5_001).expect("commits");
    assert_eq!(found(&search, "tick"), [2, 1]);
    assert_eq!(search.events(), 2);
    assert!(search.bytes() > 0);
}

#[test]
fn a_crash_between_two_weeks_commits_neither_loses_nor_doubles() {
    let dir = tempfile::tempdir().expect("a folder");
    let tick = json!({"logentry": {"formatted": "tick"}});
    let search = open(dir.path());
    add(&search, 1, &tick, W47);
    add(&search, 2, &tick, W48);
    search.commit(2).expect("commits");
    add(&search, 3, &tick, W47);
    add(&search, 4, &tick, W48);
    // The first half of a round: the older week is safe with the old cursor, the newer one is not.
    let mut writing = search.writing.lock();
    writing.close(Week::of(W47.parse().expect("a time"))).expect("closes");
    drop(writing);
    drop(search);

    let search = open(dir.path());
    assert_eq!(search.cursor(), 2);
    assert_eq!(found(&search, "tick"), [3, 2, 1]);
    assert_eq!(add(&search, 3, &tick, W47), 0);
    assert_eq!(add(&search, 4, &tick, W48), 1);
    search.commit(4).expect("commits");
    assert_eq!(found(&search, "tick"), [4, 3, 2, 1]);
    drop(search);
    assert_eq!(open(dir.path()).cursor(), 4);
}

#[test]
fn more_weeks_than_writers() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    let tick = json!({"logentry": {"formatted": "tick"}});
    for (seq, at) in [
        (1, "2026-01-07T00:00:00Z"),
        (2, "2026-02-07T00:00:00Z"),
        (3, "2026-03-07T00:00:00Z"),
        (4, "2026-01-07T00:00:00Z"),
    ] {
        add(&search, seq, &tick, at);
    }
    assert_eq!(search.cursor(), 0);
    search.commit(4).expect("commits");
    assert_eq!(found(&search, "tick"), [4, 3, 2, 1]);
}

#[test]
fn a_week_is_forgotten_and_everything_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    let tick = json!({"logentry": {"formatted": "tick"}});
    add(&search, 1, &tick, W47);
    add(&search, 2, &tick, W48);
    search.commit(2).expect("commits");
    search.forget(Week::of(W47.parse().expect("a time"))).expect("forgets");
    search.forget(Week::of("2020-01-01T00:00:00Z".parse().expect("a time"))).expect("nothing to forget");
    assert_eq!(found(&search, "tick"), [2]);
    assert!(!dir.path().join("partitions/2026-W47/index").exists());
    search.clear().expect("clears");
    assert_eq!((search.cursor(), search.events(), search.bytes()), (0, 0, 0));
    add(&search, 1, &tick, W47);
    search.commit(1).expect("commits");
    assert_eq!(found(&search, "tick"), [1]);
}

#[test]
fn a_damaged_or_outdated_index_asks_to_be_rebuilt() {
    let tick = json!({"logentry": {"formatted": "tick"}});
    for (damage, file, content) in [
        ("outdated", "version", Some("0")),
        ("no version", "version", None),
        ("broken meta", "meta.json", Some("{")),
        ("no meta", "meta.json", None),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        let search = open(dir.path());
        add(&search, 1, &tick, W47);
        search.commit(1).expect("commits");
        drop(search);
        let path = dir.path().join("partitions/2026-W47/index").join(file);
        match content {
            Some(content) => std::fs::write(path, content).expect("writes"),
            None => std::fs::remove_file(path).expect("removes"),
        }
        let opened = Search::open(dir.path(), WRITER_BYTES_MIN);
        assert!(matches!(opened, Err(SearchError::Rebuild { .. })), "{damage}");
        Search::erase(dir.path()).expect("erases");
        assert_eq!(open(dir.path()).cursor(), 0, "{damage}");
    }
}

#[test]
fn a_second_process_is_told_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let tick = json!({"logentry": {"formatted": "tick"}});
    let (first, second) = (open(dir.path()), open(dir.path()));
    add(&first, 1, &tick, W47);
    first.commit(1).expect("commits");
    let second_again = open(dir.path());
    drop(second);
    let (week, document) = made(2, &tick, W47);
    assert!(matches!(second_again.add(week, vec![document]), Err(SearchError::InUse { .. })));
}

#[test]
fn wildcards_are_no_regular_expressions() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    add(&search, 1, &json!({"tags": [["a", "one\ntwo (three) [4] .* é"]]}), W47);
    search.commit(1).expect("commits");
    for query in ["a:one*two*", "a:\"*(three)*\"", "a:\"*[4] .* é\"", "a:*É", "on*", "*hree"] {
        assert_eq!(found(&search, query), [1], "{query}");
    }
    for query in ["a:o.*", "a:\"*[0-9]*\"", "a:one|*", "o.e*", "a:(*", "a:\\*"] {
        assert_eq!(found(&search, query), [0u64; 0], "{query}");
    }
}

#[test]
fn hostile_queries_are_answered() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    add(&search, 1, &rich(), W47);
    search.commit(1).expect("commits");
    let event = event(&rich(), W47);
    for query in [
        "*a".repeat(8),
        format!("*{}", "ab*".repeat(7)),
        format!("x:{}", "aaaaaaaaab*".repeat(8)),
        format!("x:*{}*", "éa".repeat(60)),
        "x:*é*a*é*é*é*é*a* ".repeat(32),
        "a*b ".repeat(32),
        "!(a OR ".repeat(15) + "b" + ")".repeat(15).as_str(),
        "a OR b ".repeat(30),
        "a_".repeat(2_000),
        format!("\"{}\"", "a ".repeat(2_000)),
        "\u{1e}\u{0}\u{feff} \u{1e}*".to_owned(),
        "aB".repeat(2_000),
        format!("x:{}", "aB*é?(".repeat(8)),
    ] {
        let parsed = parse(&query).expect("parses");
        let shown: String = query.chars().take(20).collect();
        search.find_events(&Filter::of(&parsed), EventOrder::Newest, None, 10).expect(&shown);
        search.ranked_issues(&Filter::of(&parsed), 10).expect(&shown);
        assert!(crate::search::matches(&event, &parsed).len() <= 3, "{shown}");
    }
}

#[test]
fn a_week_without_writes_keeps_no_merged_files() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    let tick = json!({"logentry": {"formatted": "tick"}});
    // The last commit is the one that makes a merge worth its while.
    for seq in 1..=8 {
        add(&search, seq, &tick, W47);
        search.commit(seq).expect("commits");
    }
    // A page is being read meanwhile.
    assert_eq!(found(&search, "tick").len(), 8);
    for _ in 0..100 {
        search.commit(8).expect("commits");
    }
    let entries = std::fs::read_dir(dir.path().join("partitions/2026-W47/index")).expect("is there");
    let terms = entries
        .filter(|entry| entry.as_ref().expect("is there").path().extension().is_some_and(|e| e == "term"));
    let week = Week::of(W47.parse().expect("a time"));
    let segments = search.partitions.read()[&week].searcher().segment_readers().len();
    assert!(segments < 8, "merges happened");
    assert_eq!(terms.count(), segments);
    assert_eq!(found(&search, "tick").len(), 8);
    add(&search, 9, &tick, W47);
    search.commit(9).expect("commits");
    assert_eq!(found(&search, "tick").len(), 9);
}

#[test]
fn files_mapped_anew_hold_the_same_and_take_more() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    let tick = json!({"logentry": {"formatted": "tick"}});
    for seq in 1..=3 {
        add(&search, seq, &tick, W47);
        search.commit(seq).expect("commits");
        assert_eq!(found(&search, "tick").len() as u64, seq);
        search.map_anew().expect("maps");
        assert_eq!(found(&search, "tick").len() as u64, seq);
    }
}
