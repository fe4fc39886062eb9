use super::{ParseError, QUERY_BYTES_MAX, TERMS_MAX, parse};
use crate::model::query::{Term, TermKind};

/// A term as it is read back: `T` text, `P` phrase, `K` key, `H` has, `I` is.
fn shown(term: &Term) -> String {
    let not = if term.negated { "!" } else { "" };
    match &term.kind {
        TermKind::Text(text) => format!("{not}T({text})"),
        TermKind::Phrase(text) => format!("{not}P({text})"),
        TermKind::Key { key, value } => format!("{not}K({key}={value})"),
        TermKind::Has(key) => format!("{not}H({key})"),
        TermKind::Is(state) => format!("{not}I({state})"),
    }
}

#[test]
fn queries_are_read() {
    for (text, expected) in [
        ("", ""),
        ("  \t ", ""),
        ("chargeCard failed", "T(chargeCard) T(failed)"),
        (r#""User not authenticated""#, "P(User not authenticated)"),
        (r#""a \"b\" \\ \n""#, r#"P(a "b" \ \n)"#),
        ("level:error", "K(level=error)"),
        (r#"release:"shop 1.2""#, "K(release=shop 1.2)"),
        ("tags[browser.name]:Chrome", "K(browser.name=Chrome)"),
        ("!environment:prod*", "!K(environment=prod*)"),
        ("has:user.email !has:dist", "H(user.email) !H(dist)"),
        ("is:unresolved", "I(unresolved)"),
        ("url:https://a.b/c?d=e:f", "K(url=https://a.b/c?d=e:f)"),
        ("https://a.b/c", "T(https://a.b/c)"),
        ("Vec::push", "T(Vec::push)"),
        (r"C:\temp\x", r"T(C:\temp\x)"),
        ("at 12:30", "T(at) T(12:30)"),
        ("TypeError: x is undefined", "T(TypeError:) T(x) T(is) T(undefined)"),
        ("!word", "!T(word)"),
        ("!= 3", "T(!=) T(3)"),
        ("/******/ a*b*c*d*e*f*g*h*", "T(/******/) T(a*b*c*d*e*f*g*h*)"),
        ("user.id:7 -> null", "K(user.id=7) T(->) T(null)"),
        ("支払い:失敗", "T(支払い:失敗)"),
    ] {
        let query = parse(text).expect(text);
        assert_eq!(query.terms.iter().map(shown).collect::<Vec<_>>().join(" "), expected, "{text}");
    }
}

#[test]
fn what_does_not_parse_says_where() {
    for (text, position, expected) in [
        (r#"a "b c"#, 6, "a closing `\"`"),
        (r#"é "b\"#, 5, "a closing `\"`"),
        ("a !", 3, "a term after `!`"),
        ("! a", 1, "a term after `!`"),
        ("has:", 4, "a value after the key"),
        ("is: unresolved", 3, "a value after the key"),
        ("x a*a*a*a*a*a*a*a*a*", 20, "no more than 8 `*`"),
        ("x:a*a*a*a*a*a*a*a*a*", 20, "no more than 8 `*`"),
        (r#"release:"1"#, 10, "a closing `\"`"),
    ] {
        assert_eq!(parse(text), Err(ParseError { position, expected }), "{text}");
    }
}

#[test]
fn queries_are_bounded() {
    assert!(parse(&"é".repeat(QUERY_BYTES_MAX / 2)).is_ok());
    let long = parse(&"é".repeat(QUERY_BYTES_MAX / 2 + 1)).expect_err("too long");
    assert_eq!(long.expected, "a shorter query");
    assert!(parse(&"a ".repeat(TERMS_MAX)).is_ok());
    assert!(parse(&"a ".repeat(TERMS_MAX + 1)).is_err());
}
