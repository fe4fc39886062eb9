//! State over more issues than one question reads rows of: what the store's indexes answer is whole and exact.

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;

use crate::lookup::{Asker, EventQuestion, Question, Sort, find_events, find_issues, plan};
use crate::model::event::Event;
use crate::model::grouping::Headline;
use crate::model::ids::{AccountId, EventId, GroupHash, IssueId, ProjectId, PublicKey};
use crate::model::issue::{Issue, PriorityLevel, Status, Substatus};
use crate::model::issue_change::IssueChange;
use crate::model::week::Week;
use crate::search::query::parse;
use crate::search::{EventOrder, Search, WRITER_BYTES_MIN, document};
use crate::store::{Batch, EventRecord, IssueSort, Record, Recorded, Store};

/// Above the rows that one question reads, of issues and of events.
const ISSUES: u64 = 10_400;
/// That many have come back.
const REGRESSED: u64 = 30;
/// Ada's; three are Bob's.
const ADAS: std::ops::RangeInclusive<u64> = 21..=10_200;
const BOBS: [u64; 3] = [5, 10_300, 10_400];
const ADA: AccountId = AccountId(1);
const BOB: AccountId = AccountId(2);

fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn now() -> Timestamp {
    at("2026-11-23T08:00:00Z")
}

fn record(number: u64, issue: u64, timestamp: &str) -> Record {
    let word = if issue.is_multiple_of(100) { "amber" } else { "common" };
    let event: Event = serde_json::from_value(json!({
        "event_id": EventId(u128::from(number).to_be_bytes()), "platform": "other", "timestamp": timestamp,
        "received": now(), "logentry": {"formatted": format!("seen {word}")},
    }))
    .expect("an event");
    Record::Event(Box::new(EventRecord {
        project: ProjectId(1 + issue % 2),
        raw: Bytes::from_static(b"{}"),
        recipe: Bytes::from(serde_json::to_vec(&event).expect("JSON")),
        event,
        hashes: vec![GroupHash(u128::from(issue).to_be_bytes())],
        headline: Headline::default(),
        tags: Vec::new(),
        wanted: std::collections::BTreeSet::new(),
    }))
}

fn take_in(store: &Store, search: &Search, records: Vec<Record>) {
    let events: Vec<Event> = records
        .iter()
        .map(|record| match record {
            Record::Event(event) => event.event.clone(),
            _ => unreachable!("only events are made here"),
        })
        .collect();
    let recorded = store.record(&Batch { records, ..Batch::default() }, now()).expect("recorded");
    let documents = recorded.iter().zip(&events).map(|(recorded, event)| match recorded {
        Recorded::Stored { place: Some(place), .. } => document(event, place),
        other => panic!("stored, not {other:?}"),
    });
    search.add(Week::of(now()), documents.collect()).expect("added");
    search.commit(*store.head().borrow()).expect("committed");
}

fn many(dir: &Path) -> (Store, Search) {
    let store = Store::open(dir).expect("opens");
    for (slug, key) in [("shop", 7), ("pay", 8)] {
        store.create_project(slug, slug, None, PublicKey([key; 16]), now()).expect("created");
    }
    let search = Search::open(dir, WRITER_BYTES_MIN).expect("opens");
    let mut numbers = (1..=ISSUES).peekable();
    while numbers.peek().is_some() {
        let some = numbers.by_ref().take(2_000);
        take_in(&store, &search, some.map(|number| record(number, number, "2026-11-23T07:00:00Z")).collect());
    }
    let change = |issues: &[u64], status: Option<Status>, assignee| {
        let ids: Vec<IssueId> = issues.iter().copied().map(IssueId).collect();
        let change = IssueChange { status: status.map(Into::into), assignee, ..IssueChange::default() };
        store.change_issues(&ids, &change, None, now()).expect("changed");
    };
    change(&(1..=REGRESSED + 10).collect::<Vec<_>>(), Some(Status::Resolved), None);
    let back = (1..=REGRESSED).map(|issue| record(ISSUES + issue, issue, "2026-11-23T09:00:00Z"));
    take_in(&store, &search, back.collect());
    change(&ADAS.collect::<Vec<_>>(), None, Some(Some(ADA)));
    change(&BOBS, None, Some(Some(BOB)));
    (store, search)
}

type Holds = fn(&Issue) -> bool;

/// What each query says of an issue; `me` is Bob.
const CASES: &[(&str, Holds)] = &[
    ("assigned:me", |i| i.assigned_to == Some(BOB)),
    ("assigned:1", |i| i.assigned_to == Some(ADA)),
    ("assigned:9", |_| false),
    ("is:assigned", |i| i.assigned_to.is_some()),
    ("is:unassigned", |i| i.assigned_to.is_none()),
    ("!assigned:1 is:unresolved", |i| i.assigned_to != Some(ADA) && i.status == Status::Unresolved),
    ("assigned:1 seen amber", |i| i.assigned_to == Some(ADA) && i.id.0.is_multiple_of(100)),
    ("is:regressed", |i| i.substatus == Some(Substatus::Regressed)),
    ("is:regressed seen", |i| i.substatus == Some(Substatus::Regressed)),
    ("regressedIn:1.0 assigned:me", |i| {
        i.regressed_in.as_deref() == Some("1.0") && i.assigned_to == Some(BOB)
    }),
    ("priority:medium assigned:me", |i| {
        i.priority.level == PriorityLevel::Medium && i.assigned_to == Some(BOB)
    }),
    ("bookmarks:me", |_| false),
    ("is:escalating", |_| false),
    ("is:new", |i| i.substatus == Some(Substatus::New)),
    ("!is:new", |i| i.substatus != Some(Substatus::New)),
    ("is:new !assigned:1", |i| i.substatus == Some(Substatus::New) && i.assigned_to != Some(ADA)),
    ("is:regressed OR (assigned:me amber)", |i| {
        i.substatus == Some(Substatus::Regressed)
            || (i.assigned_to == Some(BOB) && i.id.0.is_multiple_of(100))
    }),
    ("!(is:new assigned:1)", |i| i.substatus != Some(Substatus::New) || i.assigned_to != Some(ADA)),
    ("project:pay is:regressed times_seen:2", |i| {
        i.project == ProjectId(2) && i.substatus == Some(Substatus::Regressed)
    }),
    ("assigned:me times_seen:2 seen", |i| i.assigned_to == Some(BOB) && i.events == 2),
    ("times_seen:1", |i| i.events == 1),
    ("times_seen:>1 seen", |i| i.events > 1),
    ("!times_seen:2 seen", |i| i.events != 2),
    ("times_seen:<1 seen", |_| false),
    ("userCount:0 seen", |i| i.users == 0),
    ("age:-2h seen", |_| true),
    ("age:+2h seen", |_| false),
    ("lastSeen:>2026-11-23T08:30:00 seen", |i| i.last_seen > at("2026-11-23T08:30:00Z")),
    ("lastSeen:<=2026-11-23T07:00:00 seen", |i| i.last_seen <= at("2026-11-23T07:00:00Z")),
    ("lastSeen:<1969-01-01 seen", |_| false),
    ("(times_seen:2 OR is:resolved OR assigned:me) seen", |i| {
        i.events == 2 || i.status == Status::Resolved || i.assigned_to == Some(BOB)
    }),
    ("(times_seen:2 seen) OR (times_seen:1 amber assigned:1)", |i| {
        i.events == 2 || (i.events == 1 && i.id.0.is_multiple_of(100) && i.assigned_to == Some(ADA))
    }),
    // Only rows tell who handled it: of those that the order leaves.
    ("is:unhandled times_seen:2 seen", |_| false),
    ("is:handled times_seen:2 seen", |i| i.events == 2),
];

#[test]
fn state_is_exact_whatever_the_number_of_issues() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, search) = many(dir.path());
    let all = store.find_issues(&(1..=ISSUES).map(IssueId).collect::<Vec<_>>()).expect("issues");
    assert_eq!(all.len() as u64, ISSUES);
    for (query, holds) in CASES {
        let expected: Vec<&Issue> = all.iter().filter(|issue| holds(issue)).collect();
        let parsed = parse(query, now()).expect(query);
        let asker = Asker { account: Some(BOB), sees_people: true, visible: None, projects: None };
        let question = EventQuestion {
            query: parsed.clone(),
            asker,
            environments: &[],
            issue: None,
            since: None,
            until: None,
        };
        let found = find_events(&store, &search, &question, EventOrder::Newest, None, 100).expect(query);
        let events: u64 = expected.iter().map(|issue| issue.events).sum();
        assert_eq!((found.total, found.exact), (events, true), "events {query}");
        let planned = plan(&store, &search, &question).expect(query);
        assert!(planned.is_whole, "{query}");

        let (mut ids, mut after, mut pages) = (BTreeSet::new(), None, 0);
        loop {
            let question = Question {
                query: parsed.clone(),
                account: Some(BOB),
                sees_people: true,
                visible: None,
                projects: None,
                environments: Vec::new(),
                since: None,
                until: None,
                sort: Sort::By(IssueSort::LastSeen),
                after,
                limit: 1_000,
            };
            let page = find_issues(&store, &search, &question).expect(query);
            pages += 1;
            if let Some(total) = page.total {
                assert_eq!(total, expected.len() as u64, "issues {query}");
            }
            ids.extend(page.rows.iter().map(|row| row.issue.id));
            after = page.next;
            if after.is_none() {
                break;
            }
            assert!(!page.rows.is_empty(), "{query}: page {pages} found nothing");
        }
        assert_eq!(ids, expected.iter().map(|issue| issue.id).collect(), "issues {query}");
        assert!(pages <= 1 + expected.len() / 1_000, "{query}: {pages} pages");
    }
}
