//! Which breadcrumbs tell most of why: each gets points for what it says, more where it speaks of what failed, fewer the longer before
//! it was. The points are ordered by how often such a breadcrumb is the cause, not measured.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::insight::telling::{code, own_frame};
use crate::insight::words;
use crate::model::event::calls::{self, Call};
use crate::model::event::{Breadcrumb, Event, Level};

/// More are a list to read, not an answer.
pub const CRUMBS_MAX: usize = 3;
/// Breadcrumbs looked at, the last; SDKs keep 100.
const LOOKED_AT_MAX: usize = 500;
/// Bytes of a breadcrumb's texts that are looked at.
const TEXT_BYTES_MAX: usize = 4 << 10;

/// Whoever asks for the user `undefined` failed before the call.
const MISSING_VALUE: f64 = 95.0;
/// Nobody was signed in, and the error says so.
const DENIED_AS_SAID: f64 = 100.0;
const DENIED: f64 = 80.0;
/// 5xx, or no answer.
const CALL_BROKEN: f64 = 85.0;
/// Other 4xx: often meant.
const CALL_REFUSED: f64 = 70.0;
const EXPIRED: f64 = 75.0;
const OFFLINE: f64 = 75.0;
const ERROR: f64 = 65.0;
const WARNING: f64 = 45.0;
/// What the person did last is a step to reproduce it, seldom the cause.
const LAST_ACTION: f64 = 30.0;
/// After it nothing happened for long: what was known then may be stale.
const BEFORE_GAP: f64 = 22.0;
/// For each word that the breadcrumb shares with what failed.
const SHARED_WORD: f64 = 6.0;
const SHARED_WORDS_MAX: usize = 3;
/// Fewer points are noise.
const POINTS_MIN: f64 = 20.0;
/// A pause that a person notices.
const GAP: SignedDuration = SignedDuration::from_secs(60);
/// Failures of the same call that are told as one.
const RETRIES_MIN: usize = 3;
/// Until here a breadcrumb is as near as can be; at ten times that it counts half.
const NEAR_SECONDS: f64 = 10.0;
/// Shorter words are shared by chance.
const WORD_CHARS_MIN: usize = 4;

/// Values that mean: somebody forgot to look whether it was there.
const MISSING: [&str; 6] = ["undefined", "null", "nan", "[object object]", "%5bobject%20object%5d", "none"];
const SPEAKS_OF_ACCESS: [&str; 12] = [
    "authent",
    "authoriz",
    "unauthor",
    "forbidden",
    "permission",
    "access denied",
    "token",
    "credential",
    "jwt",
    "log in",
    "login",
    "session",
];
const EXPIRY: [&str; 5] = ["expired", "expires", "token is invalid", "invalid token", "session timed out"];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TellingCrumb {
    /// Counted from the oldest, from 0.
    pub index: usize,
    pub sentence: String,
}

struct Candidate {
    index: usize,
    points: f64,
    sentence: String,
    /// What it is the same as: only the best of these is told.
    like: String,
}

/// What failed, as breadcrumbs are held against it.
struct Failed {
    at: Timestamp,
    speaks_of_access: bool,
    words: HashSet<String>,
}

pub fn telling(event: &Event) -> Vec<TellingCrumb> {
    let failed = Failed::of(event);
    let from = event.breadcrumbs.len().saturating_sub(LOOKED_AT_MAX);
    let looked_at = || event.breadcrumbs.iter().enumerate().skip(from);
    let retries = retries(event);
    let last_action = event.breadcrumbs.iter().rposition(is_action);
    let mut found: Vec<Candidate> = Vec::new();
    for (index, crumb) in looked_at() {
        let before = crumb.timestamp.map(|at| failed.at.duration_since(at));
        let mut candidates = vec![
            of_call(crumb, before, &failed, retries.get(&index).copied()),
            of_text(crumb, before, &failed),
        ];
        if last_action == Some(index) {
            let sentence = format!("The last action was {}{}", code(&said(crumb)), ago(before));
            candidates.push(Some((LAST_ACTION, sentence)));
        }
        let shared = failed.shared(crumb);
        let weighed = |(points, sentence)| ((points + shared) * nearness(before), sentence);
        let candidates = candidates.into_iter().flatten().map(weighed).chain(gap(event, index, &failed));
        if let Some((points, sentence)) = candidates.max_by(|a, b| a.0.total_cmp(&b.0)) {
            let like = calls::call(crumb).map_or_else(|| sentence.clone(), |call| call.label());
            found.push(Candidate { index, points, sentence, like });
        }
    }
    found.retain(|candidate| candidate.points >= POINTS_MIN);
    found.sort_by(|a, b| b.points.total_cmp(&a.points).then(b.index.cmp(&a.index)));
    let mut told = HashSet::new();
    found.retain(|candidate| told.insert(candidate.like.clone()));
    found.truncate(CRUMBS_MAX);
    found
        .into_iter()
        .map(|candidate| TellingCrumb { index: candidate.index, sentence: candidate.sentence })
        .collect()
}

impl Failed {
    fn of(event: &Event) -> Self {
        let mut text = String::new();
        let mut add = |part: Option<&str>| {
            if let Some(part) = part {
                text.push_str(head(part));
                text.push(' ');
            }
        };
        for exception in &event.exceptions {
            add(exception.kind.as_deref());
            add(exception.value.as_deref());
        }
        let message = event.logentry.as_ref().and_then(|entry| entry.formatted.as_deref());
        add(message);
        let lower = text.to_lowercase();
        let speaks_of_access = SPEAKS_OF_ACCESS.iter().any(|word| lower.contains(word));
        if let Some((exception, frame)) = own_frame(event)
            && let Some(trace) = &event.exceptions[exception].stacktrace
        {
            let frame = &trace.frames[frame];
            for part in [&frame.function, &frame.context_line].into_iter().flatten() {
                text.push_str(head(part));
                text.push(' ');
            }
        }
        Self { at: event.timestamp, speaks_of_access, words: words_of(&text).collect() }
    }

    fn shared(&self, crumb: &Breadcrumb) -> f64 {
        let said = said(crumb);
        let words: HashSet<String> = words_of(&said).filter(|word| self.words.contains(word)).collect();
        SHARED_WORD * words.len().min(SHARED_WORDS_MAX) as f64
    }
}

/// In lower case, `chargeCard` as `charge` and `card`.
fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    let parts = text.split(|c: char| !c.is_alphanumeric());
    let humps = parts.flat_map(|part| {
        let mut humps = vec![String::new()];
        let mut was_lower = false;
        for letter in part.chars() {
            if letter.is_uppercase() && was_lower {
                humps.push(String::new());
            }
            was_lower = letter.is_lowercase();
            if let Some(hump) = humps.last_mut() {
                hump.extend(letter.to_lowercase());
            }
        }
        humps
    });
    humps.filter(|word| word.chars().count() >= WORD_CHARS_MIN && !MISSING.contains(&word.as_str()))
}

fn of_call(
    crumb: &Breadcrumb,
    before: Option<SignedDuration>,
    failed: &Failed,
    retries: Option<usize>,
) -> Option<(f64, String)> {
    let call = calls::call(crumb)?;
    let shown = code(&shown(crumb, &call));
    if let Some(name) = missing_value(crumb) {
        let what = if call.failed { answered(&call) } else { String::new() };
        return Some((MISSING_VALUE, format!("{shown}{what}{}: the {name} was not there", ago(before))));
    }
    if !call.failed {
        return None;
    }
    let points = match call.status {
        Some(401 | 403) if failed.speaks_of_access => DENIED_AS_SAID,
        Some(401 | 403) => DENIED,
        Some(400..500) => CALL_REFUSED,
        _ => CALL_BROKEN,
    };
    if let Some(times) = retries {
        return Some((
            points,
            format!("{shown}{} {times} times in a row, the last{}", answered(&call), ago(before)),
        ));
    }
    Some((points, format!("{shown}{}{}", answered(&call), ago(before))))
}

fn answered(call: &Call) -> String {
    call.status.map_or_else(|| " got no answer".to_owned(), |status| format!(" answered {status}"))
}

/// Method and address, the host only where it is another's.
fn shown(crumb: &Breadcrumb, call: &Call) -> String {
    let address = ["url", "http.url", "url.full"].iter().find_map(|key| crumb.data.get(*key)?.as_str());
    let address = address.unwrap_or_default();
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    let query = ["http.query", "query", "url.query"].iter().find_map(|key| crumb.data.get(*key)?.as_str());
    let query = query.filter(|query| !query.is_empty() && !address.contains('?'));
    let query = query.map(|query| format!("?{}", query.trim_start_matches('?'))).unwrap_or_default();
    let method = call.method.as_ref().map(|method| format!("{method} ")).unwrap_or_default();
    format!("{method}{address}{query}")
}

/// The name of a query's parameter, or of the path's part before, whose value is none.
fn missing_value(crumb: &Breadcrumb) -> Option<String> {
    let texts = ["url", "http.url", "url.full", "http.query", "query", "url.query"];
    texts.iter().filter_map(|key| crumb.data.get(*key)?.as_str()).find_map(|text| missing_in(head(text)))
}

fn missing_in(text: &str) -> Option<String> {
    let is_missing = |value: &str| MISSING.iter().take(5).any(|none| value.eq_ignore_ascii_case(none));
    let (path, query) = match text.split_once('?') {
        Some((path, query)) => (path, query),
        None if text.contains('=') && !text.contains('/') => ("", text),
        None => (text, ""),
    };
    let pairs = query.split(['&', '#']).filter_map(|pair| pair.split_once('='));
    if let Some((name, _)) = pairs.into_iter().find(|(_, value)| is_missing(value)) {
        return Some(name.to_owned());
    }
    let mut last = "id";
    for segment in path.split('/').skip(1) {
        if is_missing(segment) {
            return Some(format!("value after {}", code(last)));
        }
        last = if segment.is_empty() { last } else { segment };
    }
    None
}

fn of_text(crumb: &Breadcrumb, before: Option<SignedDuration>, failed: &Failed) -> Option<(f64, String)> {
    let said = said(crumb);
    let lower = said.to_lowercase();
    let shown = || code(&said);
    let category = crumb.category.as_deref().unwrap_or_default().to_lowercase();
    let is_network =
        ["network", "device.connectivity", "connectivity"].iter().any(|name| category.contains(name));
    if category.contains("offline") || lower.contains("offline") || is_network && lower.contains("none") {
        return Some((OFFLINE, format!("It was offline: {}{}", shown(), ago(before))));
    }
    if EXPIRY.iter().any(|word| lower.contains(word)) {
        let points = if failed.speaks_of_access { DENIED_AS_SAID } else { EXPIRED };
        return Some((points, format!("{}{}", shown(), ago(before))));
    }
    match crumb.level {
        Some(Level::Error | Level::Fatal) => {
            Some((ERROR, format!("An error was noted{}: {}", ago(before), shown())))
        }
        Some(Level::Warning) => Some((WARNING, format!("A warning was noted{}: {}", ago(before), shown()))),
        _ => None,
    }
}

/// Nothing happened for long after it. What counts is how long ago the pause ended.
fn gap(event: &Event, index: usize, failed: &Failed) -> Option<(f64, String)> {
    let crumb = &event.breadcrumbs[index];
    let next = event.breadcrumbs.get(index + 1).map_or(Some(failed.at), |next| next.timestamp)?;
    let pause = next.duration_since(crumb.timestamp?);
    if pause < GAP {
        return None;
    }
    let points = (BEFORE_GAP + failed.shared(crumb)) * nearness(Some(failed.at.duration_since(next)));
    Some((points, format!("Nothing was noted for {} after {}", words::length(pause), code(&said(crumb)))))
}

/// Of the last of a row of failures of one call: how many there were.
fn retries(event: &Event) -> HashMap<usize, usize> {
    let mut rows: HashMap<String, (usize, usize)> = HashMap::new();
    let mut found = HashMap::new();
    for (index, call) in calls::calls(event) {
        let key = format!("{}{}", call.target(), call.path);
        if !call.failed {
            rows.remove(&key);
            continue;
        }
        let row = rows.entry(key).or_insert((index, 0));
        found.remove(&row.0);
        *row = (index, row.1 + 1);
        if row.1 >= RETRIES_MIN {
            found.insert(index, row.1);
        }
    }
    found
}

fn is_action(crumb: &Breadcrumb) -> bool {
    let category = crumb.category.as_deref().unwrap_or_default();
    category.starts_with("ui.") || category == "touch" || crumb.kind.as_deref() == Some("user")
}

/// What a breadcrumb says, in one text.
fn said(crumb: &Breadcrumb) -> String {
    if let Some(message) = crumb.message.as_deref().filter(|message| !message.trim().is_empty()) {
        return head(message).to_owned();
    }
    if let Some(call) = calls::call(crumb) {
        return head(&shown(crumb, &call)).to_owned();
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let data: Vec<String> =
        crumb.data.iter().take(8).map(|(key, value)| format!("{key} {}", head(&text(value)))).collect();
    let category = crumb.category.as_deref().unwrap_or("a breadcrumb");
    if data.is_empty() { category.to_owned() } else { format!("{category}: {}", data.join(", ")) }
}

fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

/// 1 for what was just before, ever less for what was longer ago; a time that is not known is in the middle.
fn nearness(before: Option<SignedDuration>) -> f64 {
    let Some(before) = before else { return 0.8 };
    let seconds = before.as_secs_f64().max(0.0);
    if seconds <= NEAR_SECONDS { 1.0 } else { 1.0 / (1.0 + (seconds / NEAR_SECONDS).log10()) }
}

/// ` 2 s before`, with the space; nothing where the time is not known.
fn ago(before: Option<SignedDuration>) -> String {
    match before {
        None => String::new(),
        Some(before) if before.abs() < SignedDuration::from_secs(1) => " just before".to_owned(),
        Some(before) if before.is_negative() => format!(" {} after", words::length(before)),
        Some(before) if before.as_secs() == 1 => " one second before".to_owned(),
        Some(before) => format!(" {} before", words::length(before)),
    }
}
