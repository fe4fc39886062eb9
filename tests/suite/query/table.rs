//! What each form of the language finds, and what it does not.

use super::fixture::{EVENTS, server, title_of};
use super::{events, issues};

/// `1-3 7` as numbers.
fn numbers(text: &str) -> Vec<u64> {
    let read = |text: &str| text.parse::<u64>().expect("a number");
    let part = |part: &str| match part.split_once('-') {
        Some((first, last)) => (read(first)..=read(last)).collect(),
        None => vec![read(part)],
    };
    text.split_whitespace().flat_map(part).collect()
}

const CASES: &[(&str, &str)] = &[
    // Everything and nothing.
    ("", "1-40"),
    ("->", "1-40"),
    ("nowhere", ""),
    ("!nowhere", "1-40"),
    // Words and phrases.
    ("zanzibar", "11-14"),
    ("ZANZIBAR", "11-14"),
    ("zanzi", ""),
    ("zanzi*", "11-14"),
    ("*zibar", "11-14"),
    ("z*r", "11-14"),
    ("zanzibar ferry", "11-14"),
    ("ferry zanzibar", "11-14"),
    ("\"zanzibar ferry\"", "11-14"),
    ("\"ferry zanzibar\"", ""),
    ("zanzibar declined", ""),
    ("chargeCard", "1-6"),
    ("charge", "1-6"),
    ("charge_card", "1-6"),
    ("\"charge card\"", "1-6"),
    ("payment.ts", "1-6"),
    ("PaymentError", "1-6"),
    ("\"payment error\"", "1-6"),
    ("error", "1-10 15-20 27-30"),
    ("Überweisung", "39-40"),
    ("ÜBERWEISUNG", "39-40"),
    ("4711", "11-14"),
    ("503", "1-6"),
    ("jane@example.com", "1 3"),
    ("urlopen", "7-10"),
    ("reason", "1-6"),
    ("SELECT", "7-10"),
    ("00000000000000070000000000000007", "7"),
    // Denied.
    ("!declined", "7-40"),
    ("declined !production", "2 5-6"),
    ("!\"card declined\" segfault", "37-38"),
    // Tags and fields.
    ("level:fatal", "3 37-38"),
    ("level:FATAL", "3 37-38"),
    ("!level:[error, info, warning, debug]", "3 37-38"),
    ("level:[fatal, debug]", "3 34-38"),
    ("level:f*", "3 37-38"),
    ("level:*", "1-40"),
    ("level:nonsense", ""),
    ("environment:production", "1 3-4 7-10 21-26"),
    ("environment:prod", ""),
    ("environment:[production, staging] declined", "1-4"),
    ("!environment:production declined", "2 5-6"),
    ("has:environment declined", "1-4"),
    ("!has:environment declined", "5-6"),
    ("tier:gold", "1 3"),
    ("tier:\"gold plus\"", "4"),
    ("tier:gold*", "1 3-4"),
    ("tier:*plus", "4"),
    ("tier:[gold, \"gold plus\"]", "1 3-4"),
    ("tags[tier]:Silver", "2"),
    ("tags[customer-tier]:gold", "11-14"),
    ("port:\"Stone Town\"", "11"),
    ("port:stone*", "11"),
    ("bank:zürich", "39-40"),
    ("disk:sda disk:sdb", ""),
    ("disk:sda OR disk:sdb", "21-26"),
    ("has:tier", "1-4"),
    ("has:nothing", ""),
    ("platform:ruby", "15-20"),
    ("logger:com.acme.Pay", "39-40"),
    ("server_name:web-1", "7 9"),
    ("transaction:/rates/*", "7-10"),
    ("os.name:ubuntu", "15-20"),
    ("os:\"Ubuntu 24.04\"", "15-20"),
    ("browser.name:Firefox", "15-20"),
    ("url:*/checkout", "1-6"),
    ("url:https://shop.example.com/notice", "34-36"),
    ("http.method:put", "34-36"),
    ("error.type:PaymentError", "1-6"),
    ("error.type:*Error", "1-10 15-20 27-30"),
    ("error.type:Payment", ""),
    ("error.value:declined", "1-6"),
    ("error.handled:false", "37-38"),
    ("error.unhandled:false", "15-20"),
    ("event.type:default", "11-14 21-26 31-36 39-40"),
    ("message:ferry", "11-14"),
    ("title:segfault", "37-38"),
    ("message:chargeCard", ""),
    ("id:00000000000000090000000000000009", "9"),
    ("id:nonsense", ""),
    // Users.
    ("user.id:7", "1 3"),
    ("user.email:jane@example.com", "1 3"),
    ("user.email:*@example.com", "1 3"),
    ("user.username:bobby", "2"),
    ("user.ip:10.1.*", "2"),
    ("user:id:8", "2"),
    ("user:bobby", "2"),
    ("user:Jane@Example.com", "1 3"),
    ("user:*@example.com", "1 3"),
    ("has:user.email declined", "1 3"),
    ("!has:user.email declined", "2 4-6"),
    // Frames, files, breadcrumbs.
    ("frame:chargeCard", "1-6"),
    ("frame:declined", ""),
    ("frame:fetch", "7-10 15-20"),
    ("stack.function:urlopen", "7-10"),
    ("frame:\"charge card\"", "1-6"),
    ("file:payment.ts", "1-6"),
    ("file:src/payment.ts", "1-6"),
    ("file:ment.ts", ""),
    ("file:*ment.ts", "1-6"),
    ("file:src/*", "1-10"),
    ("file:src/*/client.py", "7-10"),
    ("file:[payment.ts, client.py]", "1-10"),
    ("file:client", ""),
    ("file:dig.rb", "15-20"),
    ("file:/usr/lib/gems/hash/dig.rb", "15-20"),
    (r"file:hash\dig.rb", "15-20"),
    ("stack.filename:*urllib3*", "7-10"),
    ("has:file", "1-10 15-20"),
    ("in_app:true", "1-10"),
    ("in_app:false", "11-40"),
    ("!in_app:true", "11-40"),
    ("in_app:true frame:chargeCard", "1-6"),
    ("in_app:true frame:handle", ""),
    ("in_app:false frame:handle", "1-6"),
    ("in_app:true frame:fetch", "7-10"),
    ("in_app:false frame:fetch", "15-20"),
    ("in_app:true file:router.js", ""),
    ("in_app:false file:router.js", "1-6"),
    ("in_app:true !frame:chargeCard declined", ""),
    ("in_app:true (frame:chargeCard OR file:client.py)", "1-10"),
    ("in_app:true OR frame:dig", "1-10 15-20"),
    ("breadcrumb:charging", "1-6"),
    ("breadcrumb:http", "1-6"),
    ("breadcrumb:503", "1-6"),
    ("breadcrumb:declined", ""),
    ("breadcrumb:\"rates from\"", "7-10"),
    // Releases.
    ("release:shop@1.0.0", "1"),
    ("release:1.0.0", ""),
    ("release:shop@1.*", "1-2"),
    ("has:release declined", "1-5"),
    ("release:>=2.14.0 declined", "4-5"),
    ("release:>2.14.0", "5"),
    ("release:<2.0.0", "1-3 37-38"),
    ("release:<=2.0.0", "1-3 15-17 37-38"),
    ("release:=2.0.0", "15-17"),
    ("release:>=shop@1.2.0", "2-4"),
    ("release:<core@1", "37-38"),
    ("!release:>=1 release:*", "18-20 37-38"),
    ("release.version:1.*", "1-2"),
    ("release.version:2.0.0-rc.1", "3"),
    ("release.version:>=3", "5"),
    ("release.package:shop", "1-4"),
    ("release.build:77", "4"),
    ("release:latest", "5 15-17"),
    ("release:[latest, shop@1.0.0]", "1 5 15-17"),
    // Times.
    ("timestamp:-90m", "33 40"),
    ("timestamp:+2310m", "1-2"),
    ("timestamp:<-2310m", "1-2"),
    ("timestamp:>=-150m", "33 39-40"),
    ("timestamp:>2020-01-01", "1-40"),
    ("timestamp:<2020-01-01", ""),
    ("timestamp:2020-01-01", ""),
    // The state of issues.
    ("is:unresolved", "1-20 31-40"),
    ("is:resolved", "21-26"),
    ("is:ignored", "27-30"),
    ("is:archived", "27-30"),
    ("!is:unresolved", "21-30"),
    ("is:[resolved, ignored]", "21-30"),
    ("is:resolved is:ignored", ""),
    ("status:resolved", "21-26"),
    ("is:regressed", "31-33"),
    ("is:new", "1-20 34-40"),
    ("is:unhandled", "37-38"),
    ("is:handled level:fatal", "3"),
    ("is:assigned", ""),
    ("is:unassigned level:fatal", "3 37-38"),
    ("assigned:none level:fatal", "3 37-38"),
    ("assigned:me", ""),
    ("assigned:admin@example.com", ""),
    ("times_seen:>5", "1-6 15-26"),
    ("times_seen:[2, 3]", "31-40"),
    ("times_seen:<3", "37-40"),
    ("userCount:>=2", "1-6"),
    ("userCount:0 level:fatal", "37-38"),
    ("age:-150m", "39-40"),
    ("age:+2310m", "1-6"),
    ("firstSeen:-270m", "37-40"),
    ("lastSeen:+2070m", "1-6"),
    ("lastSeen:-150m", "31-33 39-40"),
    ("firstRelease:shop@1.0.0", "1-6"),
    ("firstRelease:<1.0", "37-38"),
    ("lastRelease:deadbeef", "15-20"),
    ("issue:DEFAULT-1", "1-6"),
    ("issue:[DEFAULT-1, SECOND-1]", "1-6 15-20"),
    ("!issue:DEFAULT-1 declined", ""),
    ("issue:NOWHERE-1", ""),
    ("project:second", "15-26 34-38"),
    ("!project:second", "1-14 27-33 39-40"),
    ("project:[default, second]", "1-40"),
    ("project:1 level:fatal", "3"),
    ("project:sec*", "15-26 34-38"),
    // State and events together.
    ("is:unresolved level:fatal", "3 37-38"),
    ("is:resolved disk:sda", "21-23"),
    ("is:resolved OR zanzibar", "11-14 21-26"),
    ("is:resolved OR is:ignored OR tier:gold", "1 3 21-30"),
    ("(is:resolved OR zanzibar) (level:info OR is:new)", "11-14 21-26"),
    ("(is:resolved disk:sda) OR (is:ignored number)", "21-23 27-30"),
    ("!(is:unresolved level:error)", "3 11-14 21-30 34-38"),
    ("!(is:unresolved OR level:info)", "27-30"),
    ("is:unresolved (level:fatal OR tier:silver)", "2-3 37-38"),
    ("times_seen:>5 disk:sdb", "24-26"),
    ("project:second (is:resolved OR level:fatal)", "21-26 37-38"),
    ("project:default OR is:resolved", "1-14 21-33 39-40"),
    ("tier:gold tier:silver", ""),
    ("(level:error OR level:fatal) is:unresolved !platform:javascript", "7-10 15-20 31-33 37-40"),
];

#[test]
fn queries_find_what_they_say() {
    let server = server();
    let mut wrong = Vec::new();
    for (query, expected) in CASES {
        let expected = numbers(expected);
        let mut found = events(&server, query, &[]).unwrap_or_else(|error| panic!("{query}: {error}"));
        found.sort_unstable();
        if found != expected {
            wrong.push(format!("events {query}: {found:?}, not {expected:?}"));
        }
        let mut titles: Vec<&str> = expected.iter().map(|&number| title_of(number)).collect();
        titles.sort_unstable();
        titles.dedup();
        for sort in ["date", "freq", "relevance"] {
            let found = issues(&server, query, &[("sort", sort)]);
            let mut found = found.unwrap_or_else(|error| panic!("{query}: {error}"));
            found.sort_unstable();
            if found != titles {
                wrong.push(format!("issues {query} by {sort}: {found:?}, not {titles:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(CASES.len() >= 150);
    // In the order in which they were recorded, which takes projects by turns.
    let newest = events(&server, "", &[]).expect("events");
    let mut oldest = events(&server, "", &[("sort", "timestamp")]).expect("events");
    oldest.reverse();
    assert_eq!((newest.len() as u64, newest), (EVENTS, oldest));
}

#[test]
fn wrong_queries_say_what_is_wrong() {
    let server = crate::support::Server::start();
    let hostile = ["(", "!", "*", "\"", "[", "a:["].map(|piece| piece.repeat(10_000 / piece.len()));
    let queries = ["level:[", "(a", "is:odd", "times_seen:x", "a OR"].map(str::to_owned);
    for query in queries.into_iter().chain(hostile) {
        for answer in [events(&server, &query, &[]), issues(&server, &query, &[]).map(|_| Vec::new())] {
            let error = answer.expect_err("refused");
            assert_eq!(error[0], 400, "{error}");
            let body = &error[1];
            assert!(body["detail"].as_str().is_some_and(|detail| detail.contains("expected")), "{body}");
            assert!(body["position"].is_u64() && body["expected"].is_string(), "{body}");
        }
    }
    // What only the store can know has no position.
    for query in ["project:nowhere", "assigned:nobody@example.com"] {
        let error = issues(&server, query, &[]).expect_err("refused");
        assert!(error[0] == 400 && error[1]["detail"].is_string(), "{error}");
    }
    let ways = "(is:new a) ".to_owned() + "(is:new OR b) ".repeat(6).as_str();
    let error = issues(&server, &ways, &[]).expect_err("too many ways");
    assert!(error[1]["detail"].as_str().is_some_and(|detail| detail.contains("too many ways")), "{error}");
}
