//! Stories of spans and transactions over the whole store, on real files.

use jiff::{SignedDuration, Timestamp};

use crate::model::ids::{ProjectId, PublicKey, SpanId, TraceId};
use crate::model::outcome::{Category, Outcome};
use crate::model::span::{AttributeValue, LogLevel, LogRecord, Span, SpanKind, SpanLink, SpanStatus};
use crate::model::week::Week;
use crate::store::keys::from_micros;
use crate::store::spans::block::{self, BLOCK_ROWS_MAX};
use crate::store::spans::columns::Reader;
use crate::store::{
    Batch, FoundSpan, Record, Recorded, SpanCursor, SpanPage, SpanQuestion, SpanRecord, Store,
    TransactionStep,
};

const SHOP: ProjectId = ProjectId(1);

fn now() -> Timestamp {
    "2026-11-23T08:00:00Z".parse().expect("a moment")
}

fn open(dir: &std::path::Path) -> Store {
    Store::open(dir).expect("the store opens")
}

fn with_project(dir: &std::path::Path) -> Store {
    let store = open(dir);
    store.create_project("shop", "Shop", None, PublicKey([7; 16]), now()).expect("created");
    store
}

fn trace(n: u64) -> TraceId {
    TraceId((u128::from(n) << 64 | u128::from(n)).to_be_bytes())
}

fn span(trace_number: u64, id: u64, parent: u64) -> Span {
    Span {
        trace: trace(trace_number),
        id: SpanId(id.to_be_bytes()),
        parent: (parent > 0).then(|| SpanId(parent.to_be_bytes())),
        is_segment: parent == 0,
        op: if parent == 0 { "http.server" } else { "db" }.to_owned(),
        name: if parent == 0 { "GET /orders/*" } else { "SELECT %s" }.to_owned(),
        description: format!("SELECT {id}"),
        status: SpanStatus::Ok,
        status_word: "ok".to_owned(),
        kind: SpanKind::Server,
        start_us: now().as_microsecond() + i64::try_from(id).expect("small") * 1_000,
        duration_us: 5_000 + id,
        service: "orders".to_owned(),
        environment: "production".to_owned(),
        release: "shop@1".to_owned(),
        transaction: "GET /orders/*".to_owned(),
        origin: "auto".to_owned(),
        weight: 4.0,
        attributes: vec![
            ("db.system".to_owned(), AttributeValue::Text("postgresql".to_owned())),
            ("rows".to_owned(), AttributeValue::Integer(-7)),
            ("share".to_owned(), AttributeValue::Double(0.25)),
            ("cached".to_owned(), AttributeValue::Bool(id.is_multiple_of(2))),
            ("list".to_owned(), AttributeValue::Json("[1,2]".to_owned())),
        ],
        links: vec![SpanLink { trace: trace(9), span: SpanId([9; 8]), attributes: Vec::new() }],
    }
}

fn log(trace_number: Option<u64>, body: &str) -> LogRecord {
    LogRecord {
        trace: trace_number.map(trace),
        span: trace_number.map(|_| SpanId([3; 8])),
        at_us: now().as_microsecond(),
        level: LogLevel::Warn,
        body: body.to_owned(),
        service: "orders".to_owned(),
        environment: String::new(),
        release: String::new(),
        attributes: vec![("user".to_owned(), AttributeValue::Integer(1))],
    }
}

fn record_of(project: ProjectId, spans: Vec<Span>, logs: Vec<LogRecord>) -> Record {
    let quantity = (spans.len() + logs.len()) as u64;
    let category = Category::Span;
    Record::Spans(Box::new(SpanRecord {
        project,
        received: now(),
        event_id: None,
        category,
        quantity,
        spans,
        logs,
    }))
}

fn put(store: &Store, records: Vec<Record>) -> Vec<Recorded> {
    let batch = Batch { records, ..Batch::default() };
    store.record(&batch, now()).expect("recorded")
}

const STORED: Recorded = Recorded::Stored { place: None, new_issue: false, regressed: false };

fn bare(mut span: Span) -> FoundSpan {
    span.attributes.clear();
    span.links.clear();
    FoundSpan { project: SHOP, span }
}

#[test]
fn a_trace_comes_back_as_it_was() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = with_project(dir.path());
    let mut odd = span(1, 3, 1);
    (odd.weight, odd.parent, odd.status) = (1.0, Some(SpanId([0xee; 8])), SpanStatus::Error);
    odd.attributes.clear();
    odd.links.clear();
    let spans = vec![span(1, 1, 0), span(1, 2, 1), odd, span(2, 9, 0)];
    let answer = put(
        &store,
        vec![record_of(SHOP, spans.clone(), vec![log(Some(1), "slow query"), log(None, "cron")])],
    );
    assert_eq!(answer, [STORED]);
    let check = |store: &Store| {
        let found = store.trace(trace(1), 100).expect("read");
        assert_eq!(found.spans, spans[..3].iter().cloned().map(bare).collect::<Vec<_>>());
        assert!(!found.is_cut && store.trace(trace(1), 2).expect("read").is_cut);
        for wanted in &spans {
            let found = store.span(wanted.trace, wanted.id).expect("read").expect("there");
            assert_eq!((found.project, &found.span), (SHOP, wanted));
        }
        assert_eq!(store.span(trace(1), SpanId([0xee; 8])).expect("read"), None);
        let logs = store.trace_logs(trace(1), 10).expect("read");
        assert_eq!(logs.iter().map(|found| &found.log).collect::<Vec<_>>(), [&log(Some(1), "slow query")]);
        assert!(store.trace(trace(7), 10).expect("read").spans.is_empty());
    };
    check(&store);
    drop(store);
    check(&open(dir.path()));
}

#[test]
fn what_is_sent_twice_is_counted_once() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = with_project(dir.path());
    let one = || record_of(SHOP, vec![span(1, 1, 0), span(1, 2, 1)], vec![log(None, "cron")]);
    let other = || record_of(SHOP, vec![span(1, 5, 1)], vec![]);
    assert_eq!(put(&store, vec![one(), one(), other()]), [STORED, Recorded::Duplicate, STORED]);
    assert_eq!(put(&store, vec![one(), other()]), [Recorded::Duplicate; 2]);
    assert_eq!(store.trace(trace(1), 10).expect("read").spans.len(), 3);
    let ledger = store.ledger(Timestamp::UNIX_EPOCH).expect("ledger");
    let of = |outcome| ledger.iter().filter(|(key, _)| key.outcome == outcome).map(|(_, n)| n).sum::<u64>();
    assert_eq!((of(Outcome::Stored), of(Outcome::Duplicate)), (4, 7));
    let found = store.transactions(&[SHOP]).expect("read");
    let steps = store
        .transaction_steps(
            found[0].id,
            None,
            TransactionStep::Hour,
            now() - SignedDuration::from_hours(1),
            now(),
        )
        .expect("read");
    assert_eq!(steps.iter().map(|(_, stats)| stats.count).sum::<u64>(), 1);
}

#[test]
fn a_failed_commit_leaves_nothing_and_its_room_is_used_again() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = with_project(dir.path());
    put(&store, vec![record_of(SHOP, vec![span(1, 1, 0)], vec![])]);
    let file = dir.path().join("partitions").join(Week::of(now()).label()).join("spans");
    let bytes = std::fs::metadata(&file).expect("there").len();
    // The blocks of a commit that never came.
    std::fs::OpenOptions::new()
        .append(true)
        .open(&file)
        .and_then(|mut file| std::io::Write::write_all(&mut file, &[0xaa; 4_000]))
        .expect("written");
    put(&store, vec![record_of(SHOP, vec![span(2, 1, 0)], vec![])]);
    assert_eq!(store.trace(trace(2), 10).expect("read").spans.len(), 1);
    assert_eq!(store.trace(trace(1), 10).expect("read").spans.len(), 1);
    let second =
        store.inner.frame(Week::of(now()), &last_block(&store), super::rows::Part::Core).expect("read");
    assert!(second.is_some());
    assert_eq!(last_block(&store).offset, bytes, "written over");
}

fn last_block(store: &Store) -> super::rows::BlockRow {
    use redb::ReadableTable;
    let txn = store.inner.state.begin_read().expect("read");
    let tables = crate::store::schema::WeekTables::of(Week::of(now()));
    let table = txn.open_table(tables.span_blocks()).expect("table");
    let (offset, row) = table.last().expect("read").expect("a block");
    super::rows::BlockRow::from_bytes(offset.value(), row.value())
}

#[test]
fn a_damaged_block_is_told_and_harms_no_other() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = with_project(dir.path());
    put(&store, vec![record_of(SHOP, vec![span(1, 1, 0)], vec![])]);
    put(&store, vec![record_of(SHOP, vec![span(2, 1, 0)], vec![])]);
    let file = dir.path().join("partitions").join(Week::of(now()).label()).join("spans");
    let mut bytes = std::fs::read(&file).expect("read");
    bytes[10] ^= 0xff;
    std::fs::write(&file, bytes).expect("written");
    assert!(store.trace(trace(1), 10).is_err());
    assert_eq!(store.trace(trace(2), 10).expect("read").spans.len(), 1);
}

#[test]
fn whatever_a_frame_holds_reading_it_ends() {
    let spans: Vec<Span> = (1..40).map(|n| span(n % 3, n, n / 2)).collect();
    let mut sorted: Vec<&Span> = spans.iter().collect();
    sorted.sort_by_key(|span| span.trace);
    let encoded = block::encode(&sorted, &[]).expect("encoded");
    let core = block::inflate(&encoded.core).expect("inflated");
    assert_eq!(block::read_core(&core, |_| true).expect("read").len(), 39);
    let mut dice = 1u64;
    for _ in 0..3_000 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut damaged = core.clone();
        let at = usize::try_from(dice >> 33).expect("small") % damaged.len();
        damaged[at] = dice.to_le_bytes()[2];
        damaged.truncate(damaged.len() - usize::try_from(dice >> 60).expect("small"));
        let _ = block::read_core(&damaged, |_| true);
        let _ = block::read_logs(&damaged, trace(1));
        let mut wanted = vec![(0, span(1, 1, 0)), (30, span(1, 2, 0))];
        let _ = block::read_attributes(&damaged, &mut wanted);
    }
    assert!(block::inflate(&core).is_err(), "no frame at all");
    assert!(Reader(&[]).texts().is_err());
}

#[test]
fn a_long_trace_goes_over_many_blocks_and_batches() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = with_project(dir.path());
    let all: Vec<Span> = (1..=3_000).map(|n| span(1, n, n / 10)).collect();
    for part in all.chunks(2 * BLOCK_ROWS_MAX - 300) {
        put(&store, vec![record_of(SHOP, part.to_vec(), vec![log(Some(1), &part.len().to_string())])]);
    }
    let found = store.trace(trace(1), 10_000).expect("read");
    assert_eq!(found.spans, all.iter().cloned().map(bare).collect::<Vec<_>>());
    assert_eq!(store.trace_logs(trace(1), 10).expect("read").len(), 2);
    assert_eq!(
        store.span(trace(1), SpanId(2_999u64.to_be_bytes())).expect("read").expect("there").span,
        all[2_998]
    );
}

fn question<'a>(
    projects: &'a [ProjectId],
    must: &'a [String],
    matches: &'a (dyn Fn(ProjectId, &Span) -> bool + Sync),
) -> SpanQuestion<'a> {
    SpanQuestion {
        projects,
        since_us: i64::MIN,
        until_us: i64::MAX,
        must,
        longest_at_least_us: 0,
        attributes: true,
        matches,
        before: None,
        limit: 7,
        spans_max: u64::MAX,
    }
}

#[test]
fn a_search_pages_through_all_and_passes_blocks_over() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = with_project(dir.path());
    for batch in 0..10u64 {
        let spans = (1..=10).map(|n| {
            let mut span = span(batch, batch * 10 + n, 0);
            span.op = format!("op {}", batch % 5);
            span
        });
        put(&store, vec![record_of(SHOP, spans.collect(), vec![])]);
    }
    let wants = |_: ProjectId, span: &Span| {
        span.op == "op 3" && span.attribute("cached") == Some(&AttributeValue::Bool(true))
    };
    let must = ["op 3".to_owned(), "db.system=postgresql".to_owned()];
    let mut ids = Vec::new();
    let mut before: Option<SpanCursor> = None;
    loop {
        let page: SpanPage =
            store.find_spans(&SpanQuestion { before, ..question(&[SHOP], &must, &wants) }).expect("found");
        assert!(page.spans.len() <= 7);
        ids.extend(page.spans.iter().map(|found| u64::from_be_bytes(found.span.id.0)));
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    assert_eq!(ids, [90, 88, 86, 84, 82, 40, 38, 36, 34, 32]);
    let none = ["op 9".to_owned()];
    let all = |_: ProjectId, _: &Span| true;
    let page = store.find_spans(&question(&[SHOP], &none, &all)).expect("found");
    assert!(page.spans.is_empty() && page.next.is_none() && page.searched == 100);
    let budget = SpanQuestion { spans_max: 15, limit: 100, ..question(&[SHOP], &[], &all) };
    let page = store.find_spans(&budget).expect("found");
    assert_eq!((page.spans.len(), page.next.is_some()), (20, true), "it stops once it has looked at enough");
    assert!(store.find_spans(&question(&[ProjectId(2)], &[], &all)).expect("found").spans.is_empty());
    let slow = SpanQuestion { longest_at_least_us: 5_095, ..question(&[SHOP], &[], &all) };
    assert_eq!(store.find_spans(&slow).expect("found").spans.len(), 6);
}

#[test]
fn transactions_are_counted_by_environment_release_and_time() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = with_project(dir.path());
    let mut spans = Vec::new();
    for n in 1..=20u64 {
        let mut root = span(n, 1, 0);
        root.duration_us = n * 100_000;
        root.status = if n > 15 { SpanStatus::Error } else { SpanStatus::Ok };
        root.environment = if n % 2 == 0 { "production" } else { "staging" }.to_owned();
        root.release = if n > 10 { "shop@2" } else { "shop@1" }.to_owned();
        spans.extend([root, span(n, 2, 1)]);
    }
    put(&store, vec![record_of(SHOP, spans, vec![])]);
    let found = store.transactions(&[SHOP]).expect("read");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].name.as_str(), found[0].op.as_str()), ("GET /orders/*", "http.server"));
    let steps = |environment, step| {
        let (from, to) = (now() - SignedDuration::from_hours(1), now() + SignedDuration::from_hours(1));
        store.transaction_steps(found[0].id, environment, step, from, to).expect("read")
    };
    for step in [TransactionStep::Minute, TransactionStep::Hour, TransactionStep::Day] {
        let [(at, stats)] = &steps(None, step)[..] else { panic!("one step") };
        assert_eq!(at % step.seconds(), 0);
        assert_eq!((stats.count, stats.failed), (20, 5));
        assert!(
            (stats.weighted - 80.0).abs() < 1e-9 && (stats.failure_rate().expect("some") - 0.25).abs() < 1e-9
        );
        assert_eq!((stats.satisfied, stats.tolerated), (3, 9));
        let median = stats.durations.quantile_us(0.5).expect("some");
        assert!((median / 1_000_000.0 - 1.0).abs() < 0.01, "{median}");
        assert_eq!(steps(Some("staging"), step)[0].1.count, 10);
        assert!(steps(Some("nowhere"), step).is_empty());
    }
    let hour = &steps(None, TransactionStep::Hour)[0].1;
    assert_eq!(
        hour.slowest.iter().map(|example| example.duration_us).collect::<Vec<_>>(),
        [20, 19, 18, 17, 16].map(|n| n * 100_000)
    );
    assert_eq!(hour.failing.len(), 5);
    let db = hour.ops.iter().find(|op| op.op == "db").expect("counted");
    assert_eq!((db.spans, db.self_us), (20, 20 * 5_002));
    let releases = store.transaction_releases(found[0].id, Timestamp::UNIX_EPOCH).expect("read");
    let mut counts: Vec<_> =
        releases.iter().map(|of| (of.release.as_str(), of.stats.count, of.stats.failed)).collect();
    counts.sort_unstable();
    assert_eq!(counts, [("shop@1", 10, 0), ("shop@2", 10, 5)]);
    let begin = from_micros(now().as_microsecond() + 1_000);
    assert!(
        releases.iter().all(|of| (of.first_seen, of.last_seen) == (begin, begin)),
        "to the moment: {releases:?}"
    );
    let mut seen = 0;
    store
        .each_transaction_step(SHOP, None, TransactionStep::Minute, now(), now(), &mut |_, id, stats| {
            assert_eq!((id, stats.count), (found[0].id, 20));
            seen += 1;
        })
        .expect("read");
    assert_eq!(seen, 1);
    // Minutes go after hours, hours after weeks, days stay.
    store.prune(now() + SignedDuration::from_hours(24 * 40)).expect("pruned");
    assert!(steps(None, TransactionStep::Minute).is_empty() && steps(None, TransactionStep::Hour).is_empty());
    assert_eq!(steps(None, TransactionStep::Day)[0].1.count, 20);
}

#[test]
fn names_that_clients_make_up_are_bounded() {
    use crate::store::transactions::counting::{FURTHER, TRANSACTIONS_MAX};
    let dir = tempfile::tempdir().expect("tempdir");
    let store = with_project(dir.path());
    let spans = (0..TRANSACTIONS_MAX as u64 + 300).map(|n| {
        let mut root = span(n, 1, 0);
        (root.name, root.attributes, root.links) = (format!("GET /{n}"), Vec::new(), Vec::new());
        root
    });
    put(&store, vec![record_of(SHOP, spans.collect(), vec![])]);
    let found = store.transactions(&[SHOP]).expect("read");
    assert_eq!(found.len(), TRANSACTIONS_MAX + 1);
    let further = found.iter().find(|transaction| transaction.name == FURTHER).expect("the rest");
    let day = store.transaction_steps(further.id, None, TransactionStep::Day, now(), now()).expect("read");
    assert_eq!(day[0].1.count, 300);
}

#[test]
fn a_deleted_project_and_an_old_week_leave_nothing() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = with_project(dir.path());
    store.create_project("pay", "Pay", None, PublicKey([8; 16]), now()).expect("created");
    let pay = ProjectId(2);
    put(&store, vec![record_of(SHOP, vec![span(1, 1, 0)], vec![])]);
    let before = crate::store::schema::row_counts(&store);
    let secret = "a secret that must not stay on the disk";
    let mut span_of_pay = span(1, 2, 1);
    span_of_pay.description = secret.to_owned();
    put(
        &store,
        vec![record_of(pay, vec![span_of_pay, span(5, 3, 0)], vec![log(None, "cron"), log(Some(1), "x")])],
    );
    assert_eq!(store.trace(trace(1), 10).expect("read").spans.len(), 2);
    store.delete_project(pay, now()).expect("deleted");
    assert_eq!(store.trace(trace(1), 10).expect("read").spans.len(), 1, "gone at once for whoever asks");
    while store.erase_spans(pay, None).expect("erased") {}
    while store.erase_rest(pay, now() + SignedDuration::from_hours(1)).expect("erased") {}
    let after = crate::store::schema::row_counts(&store);
    for (table, rows) in before.iter().filter(|(table, _)| {
        table.contains("trace") || table.contains("span") || table.starts_with("transaction")
    }) {
        assert_eq!(after[table], *rows, "{table}");
    }
    assert_eq!(store.trace(trace(1), 10).expect("read").spans.len(), 1);
    assert!(!store.erase_spans(SHOP, Some(now())).expect("erased"), "it is not older than that");
    store.forget_weeks(now() + SignedDuration::from_hours(24 * 14)).expect("forgotten");
    assert!(store.trace(trace(1), 10).expect("read").spans.is_empty());
    assert!(!dir.path().join("partitions").join(Week::of(now()).label()).exists());
}
