//! Secrets that are known by the name before them: in JSON, forms, query strings, headers, cookies, command lines and code.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::explain::redact::random::is_jumbled;

/// Parts of names whose values are secret, whatever they look like.
const PARTS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "pwd",
    "secret",
    "credential",
    "private[_.-]?key",
    "api[_. -]?key",
    "access[_.-]?key",
    "encryption[_.-]?key",
    "signing[_.-]?key",
    "master[_.-]?key",
    "account[_.-]?key",
    "client[_.-]?key",
    "token",
    "authorization",
    "cookie",
    "jwt",
    "bearer",
    "csrf",
    "xsrf",
    "sess(?:ion)?[_.-]?id",
    "connect\\.sid",
    "phpsessid",
    "signature",
    "connection[_.-]?string",
    "recovery[_.-]?code",
    "backup[_.-]?code",
    "verification[_.-]?code",
    "auth[_.-]?code",
    "code[_.-]?verifier",
    "oauth[_.-]?verifier",
    "security[_.-]?answer",
    "card[_.-]?number",
    "cardnumber",
    "account[_.-]?number",
    "routing[_.-]?number",
    "webhook[_.-]?url",
    "x[_.-]?api",
    "x[_.-]?auth",
    "license[_.-]?key",
    "auth(?:(?-u:\\b)|[_.-])",
    "two[_-]factor",
    "nonce",
    "salt",
    "mnemonic",
    "seed[_.-]?phrase",
];
/// Whole names.
const WORDS: &[&str] = &[
    "pass", "pw", "auth", "sid", "session", "otp", "totp", "mfa", "pin", "cvv", "cvc", "cvv2", "ssn", "sig",
    "iban", "bic", "psk", "hmac", "apikey", "dsn",
];
/// A word after these is what somebody chose; after others it is a state: `token: expired`.
const CHOSEN: &[&str] = &["pass", "pwd", "secret", "pw", "phrase", "answer", "credential", "psk"];
/// Secret names after which services are called: behind their colon stands a port.
const SERVICES: &[&str] = &["auth", "token", "session", "secret", "cookie", "credential"];
/// They say that there is nothing, which is worth knowing.
const NOTHING: &[&str] = &[
    "undefined",
    "null",
    "none",
    "nil",
    "nan",
    "true",
    "false",
    "missing",
    "empty",
    "expired",
    "invalid",
    "required",
    "absent",
    "unset",
    "\"\"",
    "''",
    "{}",
    "[]",
    "()",
    "[object",
    "string",
    "str",
    "bytes",
    "number",
    "boolean",
    "yes",
    "no",
    "ok",
    "0",
    "1",
    "-",
];
/// Shorter values in code are numbers and names.
const LITERAL_CHARS_MIN: usize = 8;
/// A state is one plain word, and short.
const STATE_CHARS_MAX: usize = 14;

fn names() -> String {
    let words = WORDS.iter().map(|word| format!(r"(?-u:\b){word}(?-u:\b)"));
    format!(
        r"(?-u:[\w.\[\]$-]){{0,64}}(?:{})(?-u:[\w.\[\]$-]){{0,64}}|{}",
        PARTS.join("|"),
        words.collect::<Vec<_>>().join("|")
    )
}

const QUOTED: &str = r#"\\{0,3}"(?P<double>(?:[^"\\]|\\[^"])+)|\\{0,3}'(?P<single>[^']+)|`(?P<back>[^`]+)"#;

static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = format!(
        concat!(
            r#"(?i)(?P<name>{names})["'\]\\)]{{0,6}}(?:\s*(?:=>|:=|==?|:|%3D|%3A)\s*|\s+is\s+)(?:(?:basic|bearer|digest|token|apikey|negotiate)\s+)?"#,
            r#"(?:{quoted}|(?P<bare>[^\s&;,"'`<>(){{}}][^\s&;,"'`<>{{}}]*))"#
        ),
        names = names(),
        quoted = QUOTED
    );
    Regex::new(&pattern).expect("tested parts")
});
/// `--password hunter2`, `-u name:secret`.
static OPTION: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = format!(r#"(?i)(?:--?(?:{})[ =]|(?-u:\B)-u )["']?(?P<bare>[^\s"']+)"#, names());
    Regex::new(&pattern).expect("tested parts")
});
/// Of code: only what stands between quotes.
static IN_SOURCE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = format!(
        r#"(?i)(?P<name>{})["'\]]{{0,3}}\s*(?:=>|:=|==?=?|!==?|:|,)\s*[bfru]?(?:(?:basic|bearer)\s+)?(?:{QUOTED})"#,
        names()
    );
    Regex::new(&pattern).expect("tested parts")
});
/// All of a cookie's values: what is in them is the server's own business.
static COOKIES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(?:set-)?cookies?\s*[:=]\s*(?P<bare>[^\r\n]+)").expect("a tested pattern")
});
static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    let words = WORDS.join("|");
    Regex::new(&format!(r"(?i)(?:{})|^(?:{words})$|(?:^|[_.\[-])(?:{words})(?:$|[_.\]-])", PARTS.join("|")))
        .expect("tested parts")
});

/// Whether what stands under a name is one, whole.
pub fn is_secret(name: &str, value: &str) -> bool {
    !value.trim().is_empty() && WHOLE.is_match(name) && !is_nothing(value.trim()) && !is_done(value)
}

pub fn replace(text: &str, secret: &mut dyn FnMut(&str) -> String) -> String {
    let text = with(&COOKIES, text, secret);
    let text = with(&ASSIGNED, &text, secret);
    with(&OPTION, &text, secret)
}

/// Of code: literals, what looks random, and all of a comment.
pub fn replace_in_source(text: &str, secret: &mut dyn FnMut(&str) -> String) -> String {
    let (code, comment) = text.split_at(comment_of(text));
    let code = with(&IN_SOURCE, code, secret);
    let is_meant = |name: &str, rest: &str, value: &str| {
        (is_literal(value) || is_chosen(name, value)) && !rest.starts_with(['(', '.', '['])
    };
    let code = with_if(&ASSIGNED, &code, &is_meant, secret);
    if comment.is_empty() { code } else { format!("{code}{}", replace(comment, secret)) }
}

/// Where a comment begins, in most languages.
fn comment_of(text: &str) -> usize {
    let trimmed = text.len() - text.trim_start().len();
    if text[trimmed..].starts_with(['#', '*', ';']) {
        return trimmed;
    }
    let marks = ["//", "/*", " # ", "\t# ", " -- ", "<!--", "\"\"\""];
    marks.iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len())
}

/// Settings are code too, and have no quotes: a plain word behind `password:` may be one. What is called a password itself,
/// such as `newPassword`, holds one.
fn is_chosen(name: &str, value: &str) -> bool {
    names_what_is_chosen(name) && !WHOLE.is_match(value)
}

fn names_what_is_chosen(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    CHOSEN.iter().any(|part| name.contains(part))
}

/// No name of a variable looks so.
fn is_literal(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    value.len() >= LITERAL_CHARS_MIN
        && digits >= 2
        && (value.starts_with(|letter: char| letter.is_ascii_digit()) || is_jumbled(value))
}

fn with(pattern: &Regex, text: &str, secret: &mut dyn FnMut(&str) -> String) -> String {
    with_if(pattern, text, &|_, _, _| true, secret)
}

/// `meant`: given the name, what stands behind a value, and the value.
fn with_if(
    pattern: &Regex,
    text: &str,
    meant: &dyn Fn(&str, &str, &str) -> bool,
    secret: &mut dyn FnMut(&str) -> String,
) -> String {
    let mut out = String::new();
    let mut done = 0;
    for captures in pattern.captures_iter(text) {
        let name = captures.name("name").map_or("password", |name| name.as_str());
        let Some(value) = value_of(&captures) else { continue };
        let bare = value.as_str().trim_end_matches(['.', ':', '!', '?', ')']);
        let rest = &text[value.start() + bare.len()..];
        let is_host = is_port(name, &text[..value.start()], bare);
        if bare.is_empty() || is_host || is_state(name, bare) || is_done(bare) || !meant(name, rest, bare) {
            continue;
        }
        out.push_str(&text[done..value.start()]);
        out.push_str(&secret(bare));
        done = value.start() + bare.len();
    }
    if done == 0 {
        return text.to_owned();
    }
    out.push_str(&text[done..]);
    out
}

fn value_of<'a>(captures: &Captures<'a>) -> Option<regex::Match<'a>> {
    ["double", "single", "back", "bare"].iter().find_map(|group| captures.name(group))
}

/// It says how something is, not what it is.
fn is_state(name: &str, value: &str) -> bool {
    if is_nothing(value) {
        return true;
    }
    let is_word =
        value.chars().count() <= STATE_CHARS_MAX && value.bytes().all(|byte| byte.is_ascii_lowercase());
    is_word && !names_what_is_chosen(name)
}

fn is_nothing(value: &str) -> bool {
    NOTHING.contains(&value.to_ascii_lowercase().as_str()) || value.starts_with("//")
}

/// `auth:8080/user` is a service of that name; a number that somebody chose to be secret is not taken for a port.
fn is_port(name: &str, before: &str, value: &str) -> bool {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let ends = value[digits..].is_empty() || value[digits..].starts_with(['/', ':', '?', '#']);
    let name = name.to_ascii_lowercase();
    let is_service = SERVICES.iter().any(|service| name.contains(service));
    before.ends_with(':') && (2..=5).contains(&digits) && ends && is_service
}

/// Replaced already.
pub fn is_done(value: &str) -> bool {
    value.starts_with("[Filtered") || value.starts_with("[secret_")
}
