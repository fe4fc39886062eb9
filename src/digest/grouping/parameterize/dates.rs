//! Dates and times in the forms that mails, browsers, databases, logs and clocks write.

use std::sync::LazyLock;

use regex::Regex;

use crate::digest::grouping::parameterize::scan::Scan;

const DAY: &str = "(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)";
const LONG_DAY: &str =
    "(?:Sunday|Sun|Monday|Mon|Tuesday|Tue|Wednesday|Wed|Thursday|Thu|Friday|Fri|Saturday|Sat)";
const MONTH: &str = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const ZONE: &str = r"(?:[-+]\d{2}[0-5]\d|UT|GMT|[ECMP](?:ST|DT)|[A-IK-Z])";
const NAMED_ZONE: &str = "(?:UT|GMT|[ECMP](?:ST|DT)|[A-IK-Z])";

/// Begins with a day or a month, or is what Python prints of a date.
static WORDED: LazyLock<Regex> = LazyLock::new(|| {
    anchored(&[
        format!(r"{DAY},\s\d{{1,2}}\s{MONTH}\s\d{{2,4}}\s\d{{1,2}}:\d{{1,2}}(?::\d{{1,2}})?\s{ZONE}"),
        format!(r"(?:{DAY}\s)?{MONTH}\s[0-3]\d,\s\d{{2,4}}"),
        format!(r"{LONG_DAY},\s\d{{2}}-{MONTH}-\d{{2}}\s\d{{2}}:\d{{2}}:\d{{2}}\s{NAMED_ZONE}"),
        format!(r"{DAY}\s{MONTH}\s\d{{2}}\s\d{{4}}\s\d{{2}}:\d{{2}}:\d{{2}}\sGMT[+-]\d{{4}}(?:\s\([^)]+\))?"),
    ])
});
/// The same, where no word stands before it.
static WORDED_AT_EDGE: LazyLock<Regex> = LazyLock::new(|| {
    anchored(&[
        format!(r"(?:{DAY}\s+)?{MONTH}\s+\d{{1,2}}\s+\d{{2}}:\d{{2}}:\d{{2}}\s+\d{{4}}"),
        format!(r"{DAY},\s+{}", old_mail_date()),
    ])
});
static NUMBERED_AT_EDGE: LazyLock<Regex> = LazyLock::new(|| anchored(&[old_mail_date()]));

/// Full dates with a time; a zone belongs to the time where there is one.
static STAMPED: LazyLock<Regex> = LazyLock::new(|| {
    let day = r"\d{4}-?[01]\d-?[0-3]\d[\sT][0-2]\d";
    let minute = format!("{day}:?[0-5]\\d");
    let second = format!("{minute}:?[0-5]\\d");
    let fraction = format!("{second}\\.\\d+");
    let zone = r"(?:[+-][0-2]\d:?[0-5]\d|Z)";
    anchored(&[
        r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z?(?:[+-]?\d{2}:\d{2})?".to_owned(),
        format!("{fraction}{zone}"),
        format!("{second}{zone}"),
        format!("{minute}{zone}"),
        fraction,
        second,
        minute,
    ])
});
static PLAIN: LazyLock<Regex> =
    LazyLock::new(|| anchored(&[r"\d{4}-[01]\d-[0-3]\d".to_owned(), r"[0-2]\d:[0-5]\d:[0-5]\d".to_owned()]));

fn old_mail_date() -> String {
    format!(
        r"(?:0[1-9]|[1-2]?\d|3[01])\s+{MONTH}\s+(?:19\d{{2}}|[2-9]\d{{3}})\s+(?:2[0-3]|[0-1]\d):[0-5]\d(?::(?:60|[0-5]\d))?\s+{ZONE}"
    )
}

fn anchored(forms: &[String]) -> Regex {
    Regex::new(&format!("^(?:{})", forms.join("|"))).expect("a constant pattern")
}

pub(super) fn date(scan: &mut Scan, at: usize) -> Option<usize> {
    if !scan.has_digit && scan.bytes[at] != b'd' {
        return None;
    }
    let found = |regex: &Regex| regex.find(&scan.text[at..]).map(|found| at + found.end());
    match scan.bytes[at] {
        b'0'..=b'9' => numbered(scan, at),
        b'A' | b'D' | b'F' | b'J' | b'M' | b'N' | b'O' | b'S' | b'T' | b'W'
            if begins_name(&scan.bytes[at..]) =>
        {
            found(&WORDED).or_else(|| if scan.word_before(at) { None } else { found(&WORDED_AT_EDGE) })
        }
        b'd' => python_object(scan, at),
        _ => None,
    }
}

/// A day or a month: the third letter rules most words out.
fn begins_name(bytes: &[u8]) -> bool {
    let Some(name) = bytes.get(..3) else { return false };
    matches!(
        name,
        b"Sun"
            | b"Mon"
            | b"Tue"
            | b"Wed"
            | b"Thu"
            | b"Fri"
            | b"Sat"
            | b"Jan"
            | b"Feb"
            | b"Mar"
            | b"Apr"
            | b"May"
            | b"Jun"
            | b"Jul"
            | b"Aug"
            | b"Sep"
            | b"Oct"
            | b"Nov"
            | b"Dec"
    )
}

fn python_object(scan: &Scan, at: usize) -> Option<usize> {
    let rest = scan.text[at..].strip_prefix("datetime")?;
    let mut chars = rest.chars();
    if chars.next()? == '\n' {
        return None;
    }
    let rest = chars.as_str().strip_prefix("datetime(")?;
    let end = rest.find([')', '\n']).filter(|&end| rest.as_bytes()[end] == b')')?;
    Some(scan.text.len() - rest.len() + end + 1)
}

fn numbered(scan: &mut Scan, at: usize) -> Option<usize> {
    let digits = scan.digits_end(at) - at;
    let next = scan.byte(at + digits);
    let find = |regex: &Regex| regex.find(&scan.text[at..]).map(|found| at + found.end());
    // Dates have four digits for the year and then a dash, or eight and then a space or T.
    let dashed = digits == 4 && next == Some(b'-');
    if dashed || matches!(digits, 6 | 8) {
        let stamped = find(&STAMPED);
        if stamped.is_some() {
            return stamped;
        }
    }
    if digits <= 2 && next == Some(b':') {
        if let Some(end) = clock(scan, at, digits) {
            return Some(end);
        }
        if let Some(end) = find(&PLAIN) {
            return Some(end);
        }
    }
    if dashed && let Some(end) = find(&PLAIN) {
        return Some(end);
    }
    let spaced = scan.text[at + digits..].chars().next().is_some_and(char::is_whitespace);
    if digits <= 2 && spaced && !scan.word_before(at) { find(&NUMBERED_AT_EDGE) } else { None }
}

/// A kitchen clock: `9:08`, `12:31 pm`, `23:21:12`; hours and minutes have to exist.
fn clock(scan: &Scan, at: usize, digits: usize) -> Option<usize> {
    if at > 0 && scan.bytes[at - 1].is_ascii_digit() {
        return None;
    }
    let hour: u32 = scan.text[at..at + digits].parse().ok()?;
    let sixty = |from: usize| {
        let tens = scan.byte(from).is_some_and(|byte| matches!(byte, b'0'..=b'5'));
        tens && scan.byte(from + 1).is_some_and(|byte| byte.is_ascii_digit())
    };
    let mut end = at + digits + 1;
    if hour > 23 || !sixty(end) {
        return None;
    }
    end += 2;
    if scan.byte(end) == Some(b':') && sixty(end + 1) {
        end += 3;
    }
    if scan.byte(end).is_some_and(|byte| byte.is_ascii_digit() || byte == b':') {
        return None;
    }
    let twelve = (1..=12).contains(&hour) && scan.bytes[at] != b'0';
    if !twelve {
        return Some(end);
    }
    let rest = &scan.text[end..];
    let space = rest.chars().next().filter(|char| char.is_whitespace()).map_or(0, char::len_utf8);
    match rest.as_bytes().get(space..space + 2) {
        Some([b'a' | b'A' | b'p' | b'P', b'm' | b'M']) => Some(end + space + 2),
        _ => Some(end),
    }
}
