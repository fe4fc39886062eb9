//! Two events compared: one from production and one of your own machine, or any two. What differs is told first, in sentences;
//! what is the same is counted.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::insight::reproduction::inputs::{frame_name, frames};
use crate::insight::reproduction::setting::{Surroundings, flags};
use crate::insight::reproduction::shell::line;
use crate::insight::reproduction::steps;
use crate::insight::words;
use crate::model::event::calls::call;
use crate::model::event::{Event, Frame};

pub mod local;

/// Rows of one group; differences come first.
const ROWS_MAX: usize = 60;
/// Packages and the like that one sentence names.
const NAMED_MAX: usize = 3;
const SENTENCES_MAX: usize = 10;
const TEXT_CHARS_MAX: usize = 200;
/// Values of a context below its own, such as `device.screen.width`.
const DEPTH_MAX: usize = 3;
/// Of what two contexts hold.
const VALUES_MAX: usize = 400;

/// Contexts that are compared elsewhere, or that differ on every event.
const CONTEXTS_PASSED_OVER: [&str; 5] = ["trace", "flags", "replay", "profile", "culture"];
/// Tags that repeat what a group has, or that differ on every event.
const TAGS_PASSED_OVER: [&str; 4] = ["release", "environment", "event_id", "trace_id"];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SideBySide {
    /// What differs, the most telling first. `there` is the first event, `here` the second.
    pub sentences: Vec<String>,
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ComparedGroup)]
pub struct Group {
    /// `exception`, `frames`, `release`, `runtime`, `packages`, `request`, `breadcrumbs`, `flags`, `tags`, `contexts`.
    pub name: &'static str,
    pub title: &'static str,
    /// Those that differ first.
    pub rows: Vec<Row>,
    /// How many are the same, shown or not.
    pub same: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ComparedRow)]
pub struct Row {
    pub key: String,
    /// `null`: the event does not say.
    #[schema(required)]
    pub a: Option<String>,
    #[schema(required)]
    pub b: Option<String>,
    pub same: bool,
}

pub fn compare(a: &Event, b: &Event) -> SideBySide {
    let groups = vec![
        exception(a, b),
        call_stack(a, b),
        release(a, b),
        runtime(a, b),
        packages(a, b),
        request(a, b),
        breadcrumbs(a, b),
        group("flags", "Feature flags", false, pairs(flags(a)), pairs(flags(b))),
        tags(a, b),
        contexts(a, b),
    ];
    let sentences = sentences(&groups);
    let groups = groups.into_iter().filter(|group| !group.rows.is_empty() || group.same > 0).collect();
    SideBySide { sentences, groups }
}

type Values = Vec<(String, Option<String>)>;

fn text(text: &str) -> Option<String> {
    Some(line(text, TEXT_CHARS_MAX)).filter(|text| !text.is_empty())
}

fn pairs(pairs: Vec<(String, String)>) -> Values {
    pairs.into_iter().map(|(key, value)| (key, Some(value))).collect()
}

/// Rows of two lists of values, in the order of the first; keys that neither has a value of are no rows.
fn group(name: &'static str, title: &'static str, shows_same: bool, a: Values, b: Values) -> Group {
    let mut rows: Vec<Row> = Vec::new();
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for (key, value) in a {
        if !at.contains_key(&key) {
            at.insert(key.clone(), rows.len());
            rows.push(Row { key, a: value, b: None, same: false });
        }
    }
    for (key, value) in b {
        match at.get(&key) {
            // The first of a key counts, as in the first list.
            Some(&index) if rows[index].b.is_none() => rows[index].b = value,
            Some(_) => {}
            None => {
                at.insert(key.clone(), rows.len());
                rows.push(Row { key, a: None, b: value, same: false });
            }
        }
    }
    rows.retain(|row| row.a.is_some() || row.b.is_some());
    for row in &mut rows {
        row.same = row.a == row.b;
    }
    let same = rows.iter().filter(|row| row.same).count();
    rows.retain(|row| shows_same || !row.same);
    rows.sort_by_key(|row| row.same);
    rows.truncate(ROWS_MAX);
    Group { name, title, rows, same }
}

fn exception(a: &Event, b: &Event) -> Group {
    let values = |event: &Event| -> Values {
        let main = event.main_exception.and_then(|index| event.exceptions.get(index));
        let main = main.or_else(|| event.exceptions.last());
        let message =
            event.logentry.as_ref().and_then(|entry| entry.formatted.as_deref().or(entry.message.as_deref()));
        let mechanism = main.and_then(|main| main.mechanism.as_ref());
        let handled = mechanism.and_then(|mechanism| mechanism.handled);
        let cause = event.exceptions.first().filter(|_| event.exceptions.len() > 1);
        vec![
            ("type".to_owned(), main.and_then(|main| text(main.kind.as_deref()?))),
            (
                "message".to_owned(),
                main.and_then(|main| text(main.value.as_deref()?)).or_else(|| text(message?)),
            ),
            ("root cause".to_owned(), cause.and_then(|cause| text(cause.kind.as_deref()?))),
            ("mechanism".to_owned(), mechanism.and_then(|mechanism| text(&mechanism.kind))),
            ("handled".to_owned(), handled.map(|handled| if handled { "yes" } else { "no" }.to_owned())),
            ("level".to_owned(), text(event.level.as_str())),
            ("transaction".to_owned(), event.transaction.as_deref().and_then(text)),
        ]
    };
    group("exception", "Exception", true, values(a), values(b))
}

/// Where the ways parted: both stacks are walked from the outside in, by function and file. Lines move with every release, so
/// they are shown and do not count.
fn call_stack(a: &Event, b: &Event) -> Group {
    let stack = |event: &Event| -> Vec<Frame> {
        let exceptions = event.exceptions.iter().rev().filter_map(|exception| exception.stacktrace.as_ref());
        let trace = exceptions.chain(event.stacktraces()).next();
        trace.map(|trace| trace.frames.clone()).unwrap_or_default()
    };
    let (ours, theirs) = (stack(a), stack(b));
    let is_same = |a: &Frame, b: &Frame| a.function == b.function && file_of(a) == file_of(b);
    let alike = ours.iter().zip(&theirs).take_while(|(a, b)| is_same(a, b)).count();
    let mut rows = Vec::new();
    let innermost = |event: &Event| frames(event).next().map(frame_name);
    let (inner_a, inner_b) = (innermost(a), innermost(b));
    if inner_a.is_some() || inner_b.is_some() {
        let same = frames(a).next().zip(frames(b).next()).is_some_and(|(a, b)| is_same(a, b));
        rows.push(Row { key: "failed in".to_owned(), a: inner_a, b: inner_b, same });
    }
    if alike < ours.len().max(theirs.len()) {
        let name = |stack: &[Frame]| stack.get(alike).map(frame_name);
        let key = "first difference".to_owned();
        rows.push(Row { key, a: name(&ours), b: name(&theirs), same: false });
    }
    rows.sort_by_key(|row| row.same);
    Group { name: "frames", title: "Stack trace", rows, same: alike }
}

/// Without the folders before it, which are each machine's own.
fn file_of(frame: &Frame) -> Option<&str> {
    let file = frame.filename.as_deref().or(frame.module.as_deref()).or(frame.abs_path.as_deref())?;
    file.rsplit(['/', '\\']).next()
}

fn release(a: &Event, b: &Event) -> Group {
    let values = |event: &Event| -> Values {
        vec![
            (
                "release".to_owned(),
                event.release.as_deref().and_then(|release| text(&words::release(release))),
            ),
            ("dist".to_owned(), event.dist.as_deref().and_then(text)),
            ("environment".to_owned(), event.environment.as_deref().and_then(text)),
        ]
    };
    group("release", "Release", true, values(a), values(b))
}

fn runtime(a: &Event, b: &Event) -> Group {
    let values = |event: &Event| -> Values {
        let surroundings = Surroundings::of(event);
        let runtime = surroundings.runtime.map(|(name, version)| match version {
            Some(version) => format!("{name} {}", version.trim_start_matches('v')),
            None => name,
        });
        let sdk = event.sdk.as_ref().and_then(|sdk| text(&format!("{} {}", sdk.name, sdk.version)));
        vec![
            ("runtime".to_owned(), runtime),
            ("time zone".to_owned(), surroundings.timezone),
            ("locale".to_owned(), surroundings.locale),
            ("browser".to_owned(), surroundings.browser),
            ("operating system".to_owned(), surroundings.os),
            ("device".to_owned(), surroundings.device),
            ("SDK".to_owned(), sdk),
        ]
    };
    group("runtime", "Runtime", true, values(a), values(b))
}

fn packages(a: &Event, b: &Event) -> Group {
    let values = |event: &Event| -> Values {
        let modules = event.modules.iter();
        modules.map(|(name, version)| (line(name, TEXT_CHARS_MAX), text(version))).collect()
    };
    let (ours, theirs) = (values(a), values(b));
    // An event without its packages says nothing about them.
    if ours.is_empty() || theirs.is_empty() {
        return Group { name: "packages", title: "Packages", rows: Vec::new(), same: 0 };
    }
    group("packages", "Packages", false, ours, theirs)
}

fn request(a: &Event, b: &Event) -> Group {
    let values = |event: &Event| -> Values {
        let request = event.request.as_ref();
        let names = |pairs: &[(String, String)]| {
            let names: BTreeSet<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
            text(&names.into_iter().collect::<Vec<_>>().join(", "))
        };
        let path = request.and_then(|request| request.url.as_deref()).map(|url| {
            let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
            rest.find('/').map_or("/", |at| &rest[at..])
        });
        let fields = request.and_then(|request| match request.data.as_ref()? {
            Value::Object(fields) => text(&fields.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
            _ => None,
        });
        vec![
            ("method".to_owned(), request.and_then(|request| text(request.method.as_deref()?))),
            ("route".to_owned(), event.transaction.as_deref().filter(|_| request.is_some()).and_then(text)),
            ("path".to_owned(), path.and_then(text)),
            ("query keys".to_owned(), request.and_then(|request| names(&request.query))),
            ("content type".to_owned(), request.and_then(|request| text(request.header("content-type")?))),
            ("body's fields".to_owned(), fields),
            ("cookies".to_owned(), request.and_then(|request| names(&request.cookies))),
            (
                "signed in".to_owned(),
                event.user.as_ref().map(|user| {
                    if user.id.is_some() || user.email.is_some() || user.username.is_some() {
                        "yes"
                    } else {
                        "no"
                    }
                    .to_owned()
                }),
            ),
        ]
    };
    group("request", "Request", true, values(a), values(b))
}

/// What one has before the error and the other lacks, however often.
fn breadcrumbs(a: &Event, b: &Event) -> Group {
    let values = |event: &Event| -> Vec<(String, u64)> {
        let mut found: Vec<(String, u64)> = Vec::new();
        let mut at: BTreeMap<String, usize> = BTreeMap::new();
        for crumb in &event.breadcrumbs {
            // Calls are compared by endpoint and answer: ids in their addresses differ always.
            let name = match call(crumb) {
                Some(call) => text(&format!("Request {}", call.label())),
                None => steps::sentence(crumb).as_deref().and_then(text),
            };
            let Some(name) = name else { continue };
            let index = *at.entry(name.clone()).or_insert_with(|| {
                found.push((name, 0));
                found.len() - 1
            });
            found[index].1 += 1;
        }
        found
    };
    let (ours, theirs) = (values(a), values(b));
    if ours.is_empty() || theirs.is_empty() {
        return Group { name: "breadcrumbs", title: "Before the error", rows: Vec::new(), same: 0 };
    }
    // How often is no difference: only whether.
    let shown = |found: Vec<(String, u64)>, others: &[(String, u64)]| -> Values {
        let is_shared = |name: &str| others.iter().any(|(other, _)| other == name);
        let value = |name: &str, times| {
            if is_shared(name) { "yes".to_owned() } else { format!("×{times}") }
        };
        found.iter().map(|(name, times)| (name.clone(), Some(value(name, times)))).collect()
    };
    let (left, right) = (shown(ours.clone(), &theirs), shown(theirs, &ours));
    group("breadcrumbs", "Before the error", false, left, right)
}

fn tags(a: &Event, b: &Event) -> Group {
    let values = |event: &Event| -> Values {
        let tags = event.tags.iter().filter(|(key, _)| !TAGS_PASSED_OVER.contains(&key.as_str()));
        tags.map(|(key, value)| (line(key, TEXT_CHARS_MAX), text(value))).collect()
    };
    group("tags", "Tags", false, values(a), values(b))
}

fn contexts(a: &Event, b: &Event) -> Group {
    let values = |event: &Event| -> Values {
        let mut values = Vec::new();
        for (name, context) in &event.contexts {
            if !CONTEXTS_PASSED_OVER.contains(&name.as_str()) {
                flatten(&line(name, TEXT_CHARS_MAX), context, 0, &mut values);
            }
        }
        values
    };
    group("contexts", "Contexts", false, values(a), values(b))
}

fn flatten(path: &str, value: &Value, depth: usize, values: &mut Values) {
    if values.len() >= VALUES_MAX {
        return;
    }
    match value {
        Value::Object(members) if depth < DEPTH_MAX => {
            for (key, member) in members {
                if key != "type" {
                    flatten(&line(&format!("{path}.{key}"), TEXT_CHARS_MAX), member, depth + 1, values);
                }
            }
        }
        Value::Null => {}
        Value::String(string) => values.push((path.to_owned(), text(string))),
        other => values.push((path.to_owned(), text(&other.to_string()))),
    }
}

fn sentences(groups: &[Group]) -> Vec<String> {
    let mut sentences = Vec::new();
    let of = |name: &str| groups.iter().find(|group| group.name == name);
    let differing =
        |name: &'static str, key: &str| of(name)?.rows.iter().find(|row| row.key == key && !row.same);
    for (name, key, label) in [
        ("exception", "type", ""),
        ("frames", "failed in", "it failed in "),
        ("runtime", "runtime", ""),
        ("release", "release", "release "),
        ("runtime", "time zone", "time zone "),
        ("runtime", "locale", "locale "),
        ("runtime", "browser", ""),
        ("runtime", "operating system", ""),
        ("request", "method", ""),
        ("request", "route", "route "),
        ("request", "query keys", "query keys "),
        ("request", "body's fields", "body with "),
        ("request", "signed in", "signed in: "),
    ] {
        // What only one of them tells is shown in its row; it need not be a difference.
        if let Some((a, b)) = differing(name, key).and_then(|row| row.a.as_deref().zip(row.b.as_deref())) {
            sentences.push(there_and_here(label, a, b));
        }
    }
    let versions = of("packages").map(|group| both(group)).unwrap_or_default();
    sentences.extend(named(&versions, "package"));
    let flags = of("flags").map(|group| both(group)).unwrap_or_default();
    sentences.extend(named(&flags, "flag"));
    let crumbs = of("breadcrumbs").map(|group| group.rows.as_slice()).unwrap_or_default();
    let only = |is_there: bool| -> Vec<String> {
        let rows = crumbs.iter().filter(|row| row.a.is_some() == is_there && row.b.is_some() != is_there);
        rows.map(|row| format!("`{}`", row.key)).collect()
    };
    for (found, place) in [(only(true), "there"), (only(false), "here")] {
        if let Some((last, rest)) = found.split_last() {
            let more = if rest.is_empty() {
                String::new()
            } else {
                format!(", and {} more steps", words::number(rest.len() as u64))
            };
            sentences.push(format!("Only {place} before the error: {last}{more}."));
        }
    }
    if sentences.is_empty() {
        sentences.push("Nothing that both events tell differs but tags and contexts.".to_owned());
    }
    sentences.truncate(SENTENCES_MAX);
    sentences
}

/// Rows that both have, with different values.
fn both(group: &Group) -> Vec<(&str, &str, &str)> {
    let rows = group.rows.iter().filter(|row| !row.same);
    rows.filter_map(|row| Some((row.key.as_str(), row.a.as_deref()?, row.b.as_deref()?))).collect()
}

fn named(rows: &[(&str, &str, &str)], what: &str) -> Option<String> {
    if rows.is_empty() {
        return None;
    }
    let shown: Vec<String> =
        rows.iter().take(NAMED_MAX).map(|(key, a, b)| format!("{key} {a} there, {b} here")).collect();
    let more = match rows.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        1 => format!("; 1 more {what} differs"),
        left => format!("; {} more {what}s differ", words::number(left as u64)),
    };
    Some(format!("{}{more}.", words::sentence(&shown.join("; "))))
}

/// `Node.js 20.11.0 there, 22.3.0 here`: what both begin with is said once.
fn there_and_here(label: &str, a: &str, b: &str) -> String {
    let same = a.split(' ').zip(b.split(' ')).take_while(|(a, b)| a == b).count();
    let words: Vec<&str> = b.split(' ').collect();
    let here = if same > 0 && same < words.len() && label.is_empty() {
        words[same..].join(" ")
    } else {
        b.to_owned()
    };
    words::sentence(&format!("{label}{a} there, {here} here."))
}

#[cfg(test)]
mod tests;
