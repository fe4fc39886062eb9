use jiff::Timestamp;

use super::{DEPTH_MAX, PATTERNS_MAX, ParseError, QUERY_BYTES_MAX, Spot, TERMS_MAX, VALUE, caret, parse};
use crate::model::query::{Expr, Frames, Leaf, Named, NumberRange, StateTest, TimeRange};
use crate::model::version::ReleaseTest;

fn now() -> Timestamp {
    "2026-11-23T08:00:00Z".parse().expect("a time")
}

/// The tree as one reads it back: `T` text, `P` phrase, `W` words of a part, `K` tag, `H` has, …
fn shown(expr: &Expr) -> String {
    let list = |parts: &[Expr], joint: &str| parts.iter().map(shown).collect::<Vec<_>>().join(joint);
    match expr {
        Expr::And(parts) => format!("({})", list(parts, " & ")),
        Expr::Or(parts) => format!("({})", list(parts, " | ")),
        Expr::Not(inner) => format!("!{}", shown(inner)),
        Expr::Leaf(leaf) => shown_leaf(leaf),
    }
}

fn shown_leaf(leaf: &Leaf) -> String {
    let frames = |of: &Frames| match of {
        Frames::Any => "",
        Frames::InApp => "+",
        Frames::Library => "-",
    };
    match leaf {
        Leaf::Text(text) => format!("T({text})"),
        Leaf::Phrase(text) => format!("P({text})"),
        Leaf::Words { part, text } => format!("W({part:?}={text})"),
        Leaf::Frame { text, of } => format!("Frame{}({text})", frames(of)),
        Leaf::File { path, of } => format!("File{}({path})", frames(of)),
        Leaf::InApp(own) => format!("InApp({own})"),
        Leaf::Tag { key, value } => format!("K({key}={value})"),
        Leaf::Has(key) => format!("H({key})"),
        Leaf::User(value) => format!("U({value})"),
        Leaf::Time(range) => format!("Time{}", time(*range)),
        Leaf::Release(test) => format!("R({})", release(test)),
        Leaf::State(test) => state(test),
        Leaf::Named(Named::Project(name)) => format!("Project({name})"),
        Leaf::Named(Named::Issue(name)) => format!("Issue({name})"),
        Leaf::Named(Named::Assignee(name)) => format!("Assignee({name})"),
        Leaf::Named(Named::LatestRelease) => "LatestRelease".to_owned(),
        other => format!("{other:?}"),
    }
}

fn state(test: &StateTest) -> String {
    match test {
        StateTest::FirstSeen(range) => format!("First{}", time(*range)),
        StateTest::LastSeen(range) => format!("Last{}", time(*range)),
        StateTest::Events(range) => format!("Events{}", numbers(*range)),
        StateTest::Users(range) => format!("Users{}", numbers(*range)),
        StateTest::FirstRelease(test) => format!("FirstR({})", release(test)),
        StateTest::LastRelease(test) => format!("LastR({})", release(test)),
        other => format!("{other:?}"),
    }
}

fn time(TimeRange { from, until }: TimeRange) -> String {
    let show = |at: Option<Timestamp>| {
        at.map_or_else(String::new, |at| at.strftime("%m-%dT%H:%M:%S%.f").to_string())
    };
    format!("[{},{})", show(from), show(until))
}

fn numbers(NumberRange { least, most }: NumberRange) -> String {
    if most == u64::MAX { format!("[{least},]") } else { format!("[{least},{most}]") }
}

fn release(test: &ReleaseTest) -> String {
    match test {
        ReleaseTest::Compare { op, package, version } => {
            format!("{} {op:?} {version}", package.as_deref().unwrap_or("*"))
        }
        other => format!("{other:?}"),
    }
}

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let query = parse(text, now()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(shown(&query.tree), *expected, "{text}");
    }
}

#[test]
fn words_and_tags() {
    check(&[
        ("", "()"),
        ("  \t ", "()"),
        ("word", "T(word)"),
        ("chargeCard failed", "(T(chargeCard) & T(failed))"),
        (r#""User not authenticated""#, "P(User not authenticated)"),
        (r#""a \"b\" \\ \n""#, r#"P(a "b" \ \n)"#),
        ("level:error", "K(level=error)"),
        ("Level:error", "K(level=error)"),
        (r#"release:"shop 1.2""#, "K(release=shop 1.2)"),
        ("tags[browser.name]:Chrome", "K(browser.name=Chrome)"),
        ("tags[customer tier]:\"Gold Plus\"", "K(customer tier=Gold Plus)"),
        ("tags[is]:odd", "K(is=odd)"),
        ("tags[file]:[a, b]", "(K(file=a) | K(file=b))"),
        ("!environment:prod*", "!K(environment=prod*)"),
        ("has:user.email !has:dist", "(H(user.email) & !H(dist))"),
        ("url:https://a.b/c?d=e:f", "K(url=https://a.b/c?d=e:f)"),
        ("https://a.b/c", "T(https://a.b/c)"),
        ("Vec::push", "T(Vec::push)"),
        (r"C:\temp\x", r"T(C:\temp\x)"),
        ("at 12:30", "(T(at) & T(12:30))"),
        ("TypeError: x is undefined", "(T(TypeError:) & T(x) & T(is) & T(undefined))"),
        ("TypeError:", "T(TypeError:)"),
        ("java.lang.Exception:", "T(java.lang.Exception:)"),
        ("panic: no space", "(T(panic:) & T(no) & T(space))"),
        ("(panic: x)", "(T(panic:) & T(x))"),
        ("Message: x", "(T(Message:) & T(x))"),
        ("12:", "T(12:)"),
        ("file::open url::Parse file://x", "(T(file::open) & T(url::Parse) & T(file://x))"),
        ("!word", "!T(word)"),
        ("!= 3", "(T(!=) & T(3))"),
        ("/******/ a*b*c*d*e*f*g*h*", "(T(/******/) & T(a*b*c*d*e*f*g*h*))"),
        ("user.id:7 -> null", "(K(user.id=7) & T(->) & T(null))"),
        ("支払い:失敗", "T(支払い:失敗)"),
        ("client_os:\">=10\"", "K(client_os=>=10)"),
        ("version:>10", "K(version=>10)"),
        ("request.url:x env:y event_id:z", "(K(url=x) & K(environment=y) & K(id=z))"),
    ]);
}

#[test]
fn groups_and_operators() {
    check(&[
        ("a OR b", "(T(a) | T(b))"),
        ("a AND b", "(T(a) & T(b))"),
        ("a b OR c d", "((T(a) & T(b)) | (T(c) & T(d)))"),
        ("a AND b OR c", "((T(a) & T(b)) | T(c))"),
        ("a (b OR c)", "(T(a) & (T(b) | T(c)))"),
        ("(a OR b) (c OR d)", "((T(a) | T(b)) & (T(c) | T(d)))"),
        ("!(a OR b)", "!(T(a) | T(b))"),
        ("!(!a)", "T(a)"),
        ("((a))", "T(a)"),
        ("(a b) c", "(T(a) & T(b) & T(c))"),
        ("(a OR b)OR c", "(T(a) | T(b) | T(c))"),
        ("a or b and c", "(T(a) & T(or) & T(b) & T(and) & T(c))"),
        ("\"OR\"", "P(OR)"),
        ("ORDER ANDROID", "(T(ORDER) & T(ANDROID))"),
        ("(level:error OR level:fatal) !a", "((K(level=error) | K(level=fatal)) & !T(a))"),
        ("charge(card) fn()", "(T(charge(card)) & T(fn()))"),
        ("(fn() OR g(x))", "(T(fn()) | T(g(x)))"),
        ("(url:/a(b) c)", "(K(url=/a(b)) & T(c))"),
        ("a:) :)", "(K(a=)) & T(:)))"),
        ("level:[error, fatal]", "(K(level=error) | K(level=fatal))"),
        ("!level:[error,fatal]", "!(K(level=error) | K(level=fatal))"),
        (r#"tier:[a, "b, c", d e]"#, "(K(tier=a) | K(tier=b, c) | K(tier=d e))"),
        ("level:[error]", "K(level=error)"),
        ("is:[unresolved, resolved] a", "((Status(Unresolved) | Status(Resolved)) & T(a))"),
    ]);
}

#[test]
fn keys_have_types() {
    check(&[
        ("is:unresolved", "Status(Unresolved)"),
        ("is:Archived", "Status(Ignored)"),
        ("is:regressed is:new", "(Substatus(Regressed) & Substatus(New))"),
        ("is:assigned !is:unassigned", "(Assigned & Assigned)"),
        ("is:unhandled", "!Handled"),
        ("has:assignee", "Assigned"),
        ("status:resolved status:503", "(Status(Resolved) & K(status=503))"),
        ("assigned:me assigned:none", "(Assignee(me) & !Assigned)"),
        ("assigned:[me, none]", "(Assignee(me) | !Assigned)"),
        ("times_seen:>100", "Events[101,]"),
        ("timesSeen:<=5", "Events[0,5]"),
        ("times_seen:=3 times_seen:7", "(Events[3,3] & Events[7,7])"),
        ("times_seen:<0", "Events[1,0]"),
        ("userCount:>=5", "Users[5,]"),
        ("age:-24h", "First[11-22T08:00:00,)"),
        ("age:+7d", "First[,11-16T08:00:00.000001)"),
        ("age:<2w", "First[11-09T08:00:00,)"),
        ("firstSeen:-1h", "First[11-23T07:00:00,)"),
        ("firstSeen:>2026-11-01", "First[11-01T00:00:00.000001,)"),
        ("firstSeen:>=2026-11-01T10:00:00", "First[11-01T10:00:00,)"),
        ("lastSeen:<2026-11-01T10:00:00+02:00", "Last[,11-01T08:00:00)"),
        ("lastSeen:2026-11-01", "Last[11-01T00:00:00,11-02T00:00:00)"),
        ("last_seen:+30m", "Last[,11-23T07:30:00.000001)"),
        ("timestamp:<=2026-11-01", "Time[,11-01T00:00:00.000001)"),
        ("timestamp:-90s", "Time[11-23T07:58:30,)"),
        ("timestamp:2026-11-01T10:00:00Z", "Time[11-01T10:00:00,11-01T10:00:01)"),
        ("release:shop@1.2", "K(release=shop@1.2)"),
        ("release:>=2.14.0", "R(* GreaterOrEqual 2.14.0)"),
        ("release:<shop@2", "R(shop Less 2)"),
        ("release:\">1\"", "K(release=>1)"),
        ("release:latest", "LatestRelease"),
        ("release.version:1.2.*", "R(Version(\"1.2.*\"))"),
        ("release.version:>1.2", "R(* Greater 1.2)"),
        ("release.build:77 release.package:shop", "(R(Build(\"77\")) & R(Package(\"shop\")))"),
        ("firstRelease:1.0", "FirstR(Is(\"1.0\"))"),
        ("last_release:>=1.0", "LastR(* GreaterOrEqual 1.0)"),
        ("project:shop issue:SHOP-1", "(Project(shop) & Issue(SHOP-1))"),
        ("user:jane@example.com", "U(jane@example.com)"),
        ("user:id:7", "K(user=id:7)"),
        ("message:declined", "W(Headline=declined)"),
        ("breadcrumb:http", "W(Breadcrumb=http)"),
        (
            "failed.host:api.stripe.com crumb.category:fetch",
            "(K(failed.host=api.stripe.com) & K(crumb.category=fetch))",
        ),
        (r#"failed.call:"GET /api/user 500""#, "K(failed.call=GET /api/user 500)"),
        (
            "flag.newCheckout:true hour:14 route:/cart",
            "(K(flag.newcheckout=true) & K(hour=14) & K(route=/cart))",
        ),
        ("frame:charge stack.function:main", "(Frame(charge) & Frame(main))"),
        ("file:src/*/payment.ts", "File(src/*/payment.ts)"),
        ("in_app:true", "InApp(true)"),
        ("in_app:true frame:a b", "(Frame+(a) & T(b))"),
        ("frame:a in_app:false !file:b", "(Frame-(a) & !File-(b))"),
        ("!in_app:true frame:a", "Frame-(a)"),
        ("in_app:true (frame:a OR file:[b, c])", "(Frame+(a) | File+(b) | File+(c))"),
        ("(in_app:true frame:a) frame:b", "(Frame+(a) & Frame(b))"),
        ("in_app:true OR frame:a", "(InApp(true) | Frame(a))"),
        ("in_app:true in_app:false frame:a", "(InApp(true) & InApp(false) & Frame(a))"),
    ]);
}

#[test]
fn what_does_not_parse_says_where() {
    let states = "unresolved, resolved, ignored, new, ongoing, escalating, regressed, assigned, unassigned, \
                  handled or unhandled";
    for (text, position, expected) in [
        (r#"a "b c"#, 6, "a closing `\"`"),
        (r#"é "b\"#, 5, "a closing `\"`"),
        ("a !", 3, "a term after `!`"),
        ("! a", 1, "a term after `!`"),
        ("(!)", 2, "a term after `!`"),
        ("has:", 4, VALUE),
        ("is: unresolved", 3, VALUE),
        ("(has:)", 5, VALUE),
        ("level:", 6, VALUE),
        ("a !level: error", 9, VALUE),
        ("(level: OR a)", 7, VALUE),
        ("firstSeen: -1h", 10, VALUE),
        ("env: production", 4, VALUE),
        ("stack.module: a", 13, VALUE),
        ("é tier:", 7, VALUE),
        ("(tier: ) a", 6, VALUE),
        ("tier: OR a", 5, VALUE),
        ("tags[customer tier]:", 20, VALUE),
        ("tags[is]: odd", 9, VALUE),
        ("release:>=", 8, "a version such as 2.14.0 or shop@2.14.0"),
        ("firstRelease:< 2", 13, "a version such as 2.14.0 or shop@2.14.0"),
        ("times_seen:>", 11, "a number such as 100, >100 or <=5"),
        ("x a*a*a*a*a*a*a*a*a*", 2, "no more than 8 `*` in a value"),
        ("x:a*a*a*a*a*a*a*a*a*", 2, "no more than 8 `*` in a value"),
        (r#"release:"1"#, 10, "a closing `\"`"),
        ("(a", 2, "a closing `)`"),
        ("(a OR (b c)", 11, "a closing `)`"),
        ("a )", 2, "a term; this `)` closes nothing"),
        ("()", 1, "a term after `(`"),
        ("a ( ) b", 4, "a term after `(`"),
        ("OR a", 0, "a term before `OR`"),
        ("a OR", 4, "a term after `OR`"),
        ("a OR OR b", 5, "a term after `OR`"),
        ("(a OR)", 5, "a term after `OR`"),
        ("AND a", 0, "a term before `AND`"),
        ("a AND", 5, "a term after `AND`"),
        ("a AND OR b", 6, "a term after `AND`"),
        ("level:[", 7, "a value"),
        ("level:[a, ]", 10, "a value"),
        ("level:[a, b", 11, "`,` or `]`"),
        (r#"level:["a" b]"#, 11, "`,` or `]`"),
        ("is:nonsense", 3, states),
        ("a is:[new, odd]", 11, states),
        ("times_seen:many", 11, "a number such as 100, >100 or <=5"),
        ("age:24h", 4, "an age such as -24h (younger) or +7d (older)"),
        ("é firstSeen:soon", 12, "a time such as -24h, +7d, >2026-11-01 or 2026-11-01T08:00:00"),
        ("timestamp:>-99999999w", 10, "a time such as -24h, +7d, >2026-11-01 or 2026-11-01T08:00:00"),
        ("release:>x", 8, "a version such as 2.14.0 or shop@2.14.0"),
        ("in_app:maybe", 7, "`true` or `false`"),
    ] {
        let found = parse(text, now());
        assert_eq!(found, Err(ParseError { position, expected }), "{text}");
    }
}

#[test]
fn queries_are_bounded() {
    let parse = |text: &str| parse(text, now());
    assert!(parse(&"é".repeat(QUERY_BYTES_MAX / 2)).is_ok());
    let long = parse(&"é".repeat(QUERY_BYTES_MAX / 2 + 1)).expect_err("too long");
    assert_eq!(long.expected, "a shorter query");
    assert!(parse(&"a ".repeat(TERMS_MAX)).is_ok());
    assert!(parse(&"a ".repeat(TERMS_MAX + 1)).is_err());
    assert!(parse(&format!("k:[{}a]", "a,".repeat(TERMS_MAX))).is_err());
    assert!(parse(&"a* ".repeat(PATTERNS_MAX)).is_ok());
    assert!(parse(&"a* ".repeat(PATTERNS_MAX + 1)).is_err());
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(DEPTH_MAX)).is_ok());
    assert!(parse(&nested(DEPTH_MAX + 1)).is_err());
    // What is deep in a single word is no nesting.
    assert!(parse(&format!("f{}", nested(100))).is_ok());
}

#[test]
fn hostile_queries_end_quickly() {
    for piece in
        ["(", "!", "*", "\"", "[", "a:[", ")", "(!", "\\", "a OR ", "!(a OR ", "a:\"", "in_app:true ", "é("]
    {
        let _ = parse(&piece.repeat(10_000), now());
        let _ = parse(&piece.repeat(QUERY_BYTES_MAX / piece.len()), now());
        caret(&piece.repeat(QUERY_BYTES_MAX / piece.len()), usize::MAX);
    }
}

#[test]
fn the_caret_knows_what_is_typed() {
    let value = |key: &str, quoted| Spot::Value { key: key.to_owned(), quoted };
    // `|` is the caret.
    for (text, from, to, typed, spot) in [
        ("|", 0, 0, "", Spot::Term),
        ("lev|", 0, 3, "lev", Spot::Term),
        ("a lev|el x", 2, 7, "lev", Spot::Term),
        ("!lev|", 1, 4, "lev", Spot::Term),
        ("(lev|", 1, 4, "lev", Spot::Term),
        ("(lev|el)", 1, 6, "lev", Spot::Term),
        ("level:|", 6, 6, "", value("level", false)),
        ("level:er|", 6, 8, "er", value("level", false)),
        ("level:er|ror b", 6, 11, "er", value("level", false)),
        ("level:error |", 12, 12, "", Spot::Term),
        ("is:|", 3, 3, "", value("is", false)),
        ("is:un|", 3, 5, "un", value("is", false)),
        ("is:nonsense level:e|", 18, 19, "e", value("level", false)),
        ("times_seen:x level:e|", 19, 20, "e", value("level", false)),
        ("level:[|", 7, 7, "", value("level", false)),
        ("level:[error, fa|", 14, 16, "fa", value("level", false)),
        ("level:[error, fa|]", 14, 16, "fa", value("level", false)),
        ("tier:\"Gold P|", 6, 12, "Gold P", value("tier", true)),
        ("tier:\"Gold P|lus\" x", 6, 15, "Gold P", value("tier", true)),
        ("tier:\"Gold\" |", 12, 12, "", Spot::Term),
        ("tags[customer tier]:go|", 20, 22, "go", value("customer tier", false)),
        ("release:>=2|", 8, 11, ">=2", value("release", false)),
        ("é level:é|", 8, 9, "é", value("level", false)),
        ("a OR |", 5, 5, "", Spot::Term),
        ("a OR b|", 5, 6, "b", Spot::Term),
        ("TypeError:|", 10, 10, "", value("TypeError", false)),
        ("(level:|", 7, 7, "", value("level", false)),
        ("level:| error", 6, 6, "", value("level", false)),
        ("tier:|", 5, 5, "", value("tier", false)),
        ("tags[customer tier]:|", 20, 20, "", value("customer tier", false)),
        ("https://a|", 0, 9, "https://a", Spot::Term),
    ] {
        let position = text.chars().position(|c| c == '|').expect("a caret");
        let found = caret(&text.replace('|', ""), position);
        assert_eq!(
            (found.from, found.to, found.typed.as_str(), found.spot),
            (from, to, typed, spot),
            "{text}"
        );
    }
}
