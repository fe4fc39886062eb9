//! Traces as they come, good and bad.

use std::fmt::Write as _;

use crate::insight::trace::story::{BEGIN_US, PROJECT, id, laid, read, span, told};
use crate::insight::trace::{Failure, Forest, TraceSpan, failing_row, flag, http_status, prune, sentence};
use crate::model::ids::{ProjectId, SpanId};
use crate::model::span::{AttributeValue, Span};

type ParentOf = fn(u32) -> u32;

fn check(name: &str, story: &str, expected: &str) {
    let spans = read(story);
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(told(&laid(&spans)).lines().collect::<Vec<_>>(), expected, "{name}");
}

#[test]
fn spans_stand_below_their_parents() {
    check(
        "whatever the order they come in",
        "c b web 30 20 db SELECT
         b a web 20 60 default work
         a - web 0 100 http.server GET /
         d a web 85 10 default render
         d a web 85 10 default render",
        "a 0–100 sc own 30 below 3
         ·b 20–80 c own 40 below 1
         ··c 30–50 c own 20 below 0
         ·d 85–95 c own 10 below 0",
    );
    check("nothing", "", "");
}

#[test]
fn what_is_broken_is_still_shown() {
    check(
        "a parent that never arrived",
        "a - web 0 100 http.server GET /
         c x web 30 20 db SELECT",
        "a 0–100 sc own 100 below 0
         c 30–50 so own 20 below 0",
    );
    check(
        "parents in a circle, and what hangs from it",
        "a c web 0 100 default one
         b a web 10 50 default two
         c b web 20 30 default three
         d c web 25 5 default below
         e e web 40 5 default its own parent",
        "a 0–100 scy own 50 below 3
         ·b 10–60 cy own 20 below 2
         ··c 20–50 cy own 25 below 1
         ···d 25–30 c own 5 below 0
         e 40–45 sy own 5 below 0",
    );
    check(
        "a child outside of its parent",
        "a - web 10 50 default parent
         b a web 0 20 default too early
         c a web 40 90 default too late",
        "a 10–60 sc own 20 below 2
         ·b 0–20 cb own 20 below 0
         ·c 40–130 cb own 90 below 0",
    );
}

#[test]
fn clocks_that_differ_are_set_right() {
    check(
        "a service an hour behind is put in the middle of its call, with all below it",
        "a - web 0 500 http.server GET /
         b a web 50 200 http.client GET api
         c b api -3600000 100 http.server GET /data
         d c api -3599950 40 db SELECT",
        "a 0–500 sc own 300 below 4
         ·b 50–250 c own 100 below 2
         ··c 100–200 scm own 60 below 1
         ···d 150–190 cm own 40 below 0
         ·gap 250–500  own 0 below 0",
    );
    check(
        "below a millisecond nothing is done",
        "a - web 0 500 http.client GET
         c a api -0.1 499.5 http.server GET /data",
        "a 0.1–500.1 sc own 0 below 1
         ·c 0–499.5 sc own 499 below 0",
    );
    check(
        "what lasts longer than its caller was not waited for",
        "a - web 0 50 default enqueue
         c a api 40 400 default work",
        "a 0–50 sc own 40 below 1
         ·c 40–440 scb own 400 below 0",
    );
    check(
        "a job is done later",
        "a - web 0 50 default enqueue
         c a jobs 400 10 queue.process work",
        "a 0–50 sc own 50 below 1
         ·c 400–410 sb own 10 below 0",
    );
    check(
        "two calls agree on less than each alone, and the second service hangs from the first",
        "a - web 0 1000 default all
         b a web 0 100 http.client one
         c b api 1000 90 http.server one
         d a web 500 100 http.client two
         e d api 1495 20 http.server two
         f e db 5495 10 db SELECT",
        "a 0–1000 sc own 800 below 7
         ·b 0–100 c own 10 below 1
         ··c 7.5–97.5 scm own 90 below 0
         ·gap 100–500  own 0 below 0
         ·d 500–600 c own 80 below 2
         ··e 502.5–522.5 scm own 10 below 1
         ···f 507.5–517.5 scm own 10 below 0
         ·gap 600–1000  own 0 below 0",
    );
}

#[test]
fn one_call_that_took_back_its_words_moves_nothing_where_others_fit() {
    check(
        "most calls fit as they are",
        "a - web 0 90 default all
         b a web 0 30 http.client one
         c b api 5 20 http.server one
         d a web 30 30 http.client two
         e d api 35 20 http.server two
         f a web 60 30 http.client given up
         g f api 85 20 http.server three",
        "a 0–90 sc own 0 below 6
         ·b 0–30 c own 10 below 1
         ··c 5–25 sc own 20 below 0
         ·d 30–60 c own 10 below 1
         ··e 35–55 sc own 20 below 0
         ·f 60–90 c own 25 below 1
         ··g 85–105 scb own 20 below 0",
    );
}

#[test]
fn what_the_whole_waited_for_is_marked() {
    check(
        "of two side by side the one that ended last",
        "a - web 0 100 default all
         b a web 10 40 default short
         c a web 10 70 default long
         d c web 20 10 default in it
         e a web 82 10 default after",
        "a 0–100 sc own 20 below 4
         ·c 10–80 c own 60 below 1
         ··d 20–30 c own 10 below 0
         ·b 10–50  own 40 below 0
         ·e 82–92 c own 10 below 0",
    );
    check(
        "only in the longest tree",
        "a - web 0 20 default first
         b - web 30 90 default longest",
        "a 0–20 s own 20 below 0
         b 30–120 sc own 90 below 0",
    );
}

#[test]
fn time_that_nothing_tells_about_is_a_row() {
    check(
        "between, before and after children",
        "a - web 0 2000 http.server GET /
         b a web 300 500 db SELECT
         c a web 900 500 db SELECT
         d c web 900 390 default in it",
        "a 0–2000 sc own 1000 below 6
         ·gap 0–300  own 0 below 0
         ·b 300–800 c own 500 below 0
         ·c 900–1400 c own 110 below 2
         ··d 900–1290 c own 390 below 0
         ··gap 1290–1400  own 0 below 0
         ·gap 1400–2000  own 0 below 0",
    );
    check(
        "a page that stays open",
        "a - web 0 5000 pageload /
         b a web 0 700 resource script",
        "a 0–5000 sc own 4300 below 1
         ·b 0–700 c own 700 below 0",
    );
    check(
        "the way to another service and back",
        "a - web 0 1000 http.client GET
         b a api 300 400 http.server GET /",
        "a 0–1000 sc own 600 below 1
         ·b 300–700 sc own 400 below 0",
    );
}

fn number(number: u32) -> [u8; 8] {
    let [a, b, c, d] = number.to_be_bytes();
    [1, 0, 0, 0, a, b, c, d]
}

#[test]
fn twenty_thousand_below_each_other_or_side_by_side() {
    const SPANS: u32 = 20_000;
    let parents: [(&str, ParentOf); 4] = [
        ("a chain", |at| at - 1),
        ("a comb", |_| 0),
        ("a tree", |at| at / 2),
        ("a circle", |at| (at + 1) % SPANS),
    ];
    for (name, parent) in parents {
        let spans: Vec<Span> = (0..SPANS)
            .map(|at| {
                let parent = (at > 0 || name == "a circle").then(|| SpanId(number(parent(at))));
                let mut span = span(number(at), parent, i64::from(at), 1_000_000 - u64::from(at));
                span.service = format!("service {}", at % 97);
                span
            })
            .collect();
        let forest = laid(&spans);
        assert_eq!(forest.rows.len(), spans.len(), "{name}");
        assert_eq!(forest.rows[0].descendants + 1, SPANS, "{name}");
        assert_eq!(forest.root_of(spans.len() - 1), 0, "{name}");
        let (small, row) = prune(forest, Some(spans.len() - 1), 12);
        assert!(small.rows.len() <= 12 && row.is_some(), "{name}");
    }
}

#[test]
fn an_id_that_two_projects_sent_is_that_of_the_project() {
    let spans = read("a - web 0 100 default one\n b a web 10 20 default below");
    let other = read("a - api 5 50 default two\n c a api 10 20 default below");
    let own = |span| TraceSpan { project: PROJECT, span };
    let others = |span| TraceSpan { project: ProjectId(2), span };
    let forest = Forest::of(spans.iter().map(own).chain(other.iter().map(others)));
    let row = |project, letter| forest.row_of(project, id(letter)).expect("there");
    assert_eq!((row(PROJECT, "a"), row(ProjectId(2), "a")), (0, 2));
    assert_eq!(forest.rows[row(PROJECT, "b")].parent, Some(0));
    assert_eq!(forest.rows[row(PROJECT, "c")].parent, Some(2));
    assert_eq!(row(ProjectId(3), "a"), 0, "a third project means the first");
    assert_eq!(forest.row_of(PROJECT, id("z")), None);
}

const PAYMENT: &str = "a - web 0 600 http.server POST /api/payment!
     b a web 100 350 http.client GET http://auth/token!
     c b auth-service 150 250 http.server GET /token!
     d c auth-service 160 50 db SELECT
     e a web 500 20 default render";

fn said(story: &str, row: Option<&str>, at_ms: i64, status: Option<&str>) -> String {
    let spans = read(story);
    let forest = laid(&spans);
    let row = row.and_then(|letter| forest.row_of(PROJECT, id(letter)));
    let failing = row.map(|row| failing_row(&forest, row));
    let own = failing.and_then(|row| forest.span(row)).map(|node| http_status(node.span)).unwrap_or_default();
    let failure = Failure { row, failing, at_us: BEGIN_US + at_ms * 1_000, status: status.unwrap_or(&own) };
    sentence(&forest, failure, &|service| service.name.to_owned()).unwrap_or_default()
}

#[test]
fn an_error_is_told_in_one_sentence() {
    let orphan = "c x auth 150 250 http.server GET `/token`\n d c auth 160 50 db SELECT!";
    for (name, story, row, at_ms, status, expected) in [
        (
            "the other side failed",
            PAYMENT,
            Some("b"),
            412,
            Some("401"),
            "failed 412 ms into `POST /api/payment`, in `auth-service` → `GET /token`, 401",
        ),
        (
            "told where it surfaced",
            PAYMENT,
            Some("a"),
            412,
            None,
            "failed 412 ms into `POST /api/payment`, in `auth-service` → `GET /token`, internal_error",
        ),
        (
            "in the same service",
            PAYMENT,
            Some("e"),
            510,
            None,
            "failed 510 ms into `POST /api/payment`, in `render`",
        ),
        (
            "its span never arrived",
            PAYMENT,
            Some("z"),
            1_300,
            None,
            "failed 1.30 s into `POST /api/payment`, in a span that never arrived",
        ),
        (
            "the clock says before",
            PAYMENT,
            None,
            -5,
            None,
            "failed in `POST /api/payment`, in a span that never arrived",
        ),
        (
            "nothing before",
            orphan,
            Some("c"),
            200,
            None,
            "failed 50 ms into `GET '/token'`, in `SELECT`, internal_error; what came before never arrived",
        ),
        ("no trace", "", None, 0, None, ""),
    ] {
        assert_eq!(said(story, row, at_ms, status), expected, "{name}");
    }
}

#[test]
fn an_http_status_says_more_than_a_word() {
    let mut span = read("a - web 0 1 http.server GET /!").remove(0);
    assert_eq!(http_status(&span), "internal_error");
    for (key, value, expected) in [
        ("http.response.status_code", AttributeValue::Integer(401), "401"),
        ("http.status_code", AttributeValue::Text("503".to_owned()), "503"),
        ("http.status_code", AttributeValue::Integer(200), "internal_error"),
        ("http.status_code", AttributeValue::Double(-7e30), "internal_error"),
    ] {
        span.attributes = vec![(key.to_owned(), value)];
        assert_eq!(http_status(&span), expected, "{key}");
    }
}

#[test]
fn a_small_picture_shows_the_way_to_the_error_and_what_is_around() {
    let mut story = String::from(
        "r - web 0 1000 http.server GET /\n m r web 0 990 default middle\n x m web 500 10 default bad!\n",
    );
    for at in 0..20 {
        writeln!(story, "s{at} m web {} {} default sibling", at * 20, at + 1).expect("to memory");
    }
    story += "k x api 501 5 default child!\n l k api 502 1 default deepest!";
    let spans = read(&story);
    let forest = laid(&spans);
    let (row, start) = (forest.row_of(PROJECT, id("x")), forest.start_us);
    let (small, row) = prune(forest, row, 12);
    let names: Vec<String> = (0..small.rows.len())
        .map(|row| {
            let node = small.span(row).expect("no gap");
            format!(
                "{}{}",
                "·".repeat(small.rows[row].depth as usize),
                String::from_utf8_lossy(&node.span.id.0).trim_end_matches('\0')
            )
        })
        .collect();
    assert_eq!(
        names,
        ["r", "·m", "··s13", "··s14", "··s15", "··s16", "··s17", "··s18", "··s19", "··x", "···k", "····l"]
    );
    let row = row.expect("kept");
    assert_eq!((row, small.rows[row].descendants, small.rows[0].descendants), (9, 2, 11));
    assert_eq!((small.start_us, small.services.len()), (start, 2));
    assert!(small.rows[row].is(flag::ERROR));
    assert_eq!(small.row_of(PROJECT, id("k")), Some(10));
    assert_eq!(small.row_of(PROJECT, id("s1")), None);
}
