//! What is known around an event: its issue, its trace and logs, release, commits and deploys, findings, similar issues, other events.

use std::fmt::Write as _;

use jiff::SignedDuration;

use crate::explain::evidence::draft::{Drafts, Rank};
use crate::insight::telling::Telling;
use crate::insight::trace::http_status;
use crate::insight::words;
use crate::model::event::Event;
use crate::model::event::tags::derived_tags;
use crate::model::evidence::{Contrast, Material, TracedSpan};
use crate::model::explanation::{FactKind, FactPlace};
use crate::model::issue::Substatus;
use crate::model::release::Commit;
use crate::model::span::{AttributeValue, LogLevel, Span, SpanStatus};

const TITLE_CHARS_MAX: usize = 300;
const NAME_CHARS_MAX: usize = 160;
const TEXT_CHARS_MAX: usize = 400;
/// Digits of a span's id by which it is cited.
const SPAN_SHOWN: usize = 8;
const SPANS_MAX: usize = 200;
/// Spans that failed, beside the one that the error comes down to.
const SPANS_FAILED_MAX: usize = 5;
const ATTRIBUTES_MAX: usize = 16;
const LOGS_MAX: usize = 100;
const LOGS_FAILED_MAX: usize = 5;
const FILES_MAX: usize = 8;
/// The first tell most; the rest stands behind what events say.
const FINDINGS_TELLING_MAX: usize = 3;
const FINDINGS_MAX: usize = 40;
const COMMITS_MAX: usize = 30;
const SUSPECTS_TELLING_MAX: usize = 2;
const DEPLOYS_MAX: usize = 10;
const SIMILAR_MAX: usize = 5;
const CONTRASTS_MAX: usize = 3;
const DIFFERENCES_MAX: usize = 12;
const ANNOTATIONS_MAX: usize = 20;
/// What was noted so near to when the issue came or jumped may be why.
const NEAR: SignedDuration = SignedDuration::from_hours(1);

pub fn issue(drafts: &mut Drafts<'_>, material: &Material) {
    let issue = &material.issue;
    let mut lines = vec![drafts.text(&issue.headline.title, TITLE_CHARS_MAX)];
    if !issue.headline.culprit.is_empty() {
        lines.push(format!("in {}", drafts.line(&issue.headline.culprit, NAME_CHARS_MAX)));
    }
    lines.push(format!(
        "{} in project {}, {}; {} since {}",
        material.short_id,
        drafts.name(&material.project, NAME_CHARS_MAX),
        drafts.line(&material.event.platform, NAME_CHARS_MAX),
        words::some(issue.events, "event"),
        issue.first_seen.strftime("%Y-%m-%d %H:%M UTC")
    ));
    if issue.users > 0 {
        lines.push(words::some(issue.users, "user"));
    }
    match issue.substatus {
        Some(Substatus::New) => lines.push("it is new".to_owned()),
        Some(Substatus::Regressed) => lines.push("it had been resolved, and came back".to_owned()),
        Some(Substatus::Escalating) => lines.push("it comes far more often than before".to_owned()),
        _ => {}
    }
    lines.push(format!("this event: {}", material.event.timestamp.strftime("%Y-%m-%d %H:%M:%S UTC")));
    let place = FactPlace::Issue { issue: material.short_id.clone() };
    drafts.add(Rank::Decisive, FactKind::Issue, "", &lines.join("\n"), Some(place));
}

pub fn spans(drafts: &mut Drafts<'_>, material: &Material, told: &Telling) {
    let own = material.event.context("trace", "span_id").unwrap_or_default();
    let failing = told.span.as_ref().map_or("", |span| span.span.as_str());
    let mut failed = 0;
    for traced in material.trace.iter().take(SPANS_MAX) {
        let id = traced.span.id.to_string();
        let is_error = traced.span.status == SpanStatus::Error || !http_status(&traced.span).is_empty();
        failed += usize::from(is_error);
        let rank = if id == failing {
            Rank::Telling
        } else if id == own || is_error && failed <= SPANS_FAILED_MAX {
            Rank::Supporting
        } else {
            Rank::Broad
        };
        let mut text = span_text(drafts, traced, material);
        if let Some(span) = told.span.as_ref().filter(|_| id == failing) {
            text = format!("{}\n{text}", drafts.line(&span.sentence, TEXT_CHARS_MAX));
        }
        if id == own {
            text.push_str("\nthe error happened in it");
        }
        let place = FactPlace::Span { trace: traced.span.trace.to_string(), span: id.clone() };
        drafts.add(rank, FactKind::Span, &id[..SPAN_SHOWN], &text, Some(place));
    }
}

fn span_text(drafts: &mut Drafts<'_>, traced: &TracedSpan, material: &Material) -> String {
    let span = &traced.span;
    let name = [&span.description, &span.name]
        .into_iter()
        .find(|name| !name.trim().is_empty())
        .cloned()
        .unwrap_or_default();
    let before_ms = (material.event.timestamp.as_microsecond() - span.start_us) / 1_000;
    let mut text = format!(
        "{} {} in {}: began {before_ms} ms before the error, took {} ms",
        drafts.line(&span.op, NAME_CHARS_MAX),
        drafts.line(&name, TEXT_CHARS_MAX),
        drafts.line(&traced.service, NAME_CHARS_MAX),
        span.duration_us / 1_000
    );
    let status = http_status(span);
    if !status.is_empty() {
        let _ = write!(text, ", ended with {}", drafts.line(&status, NAME_CHARS_MAX));
    } else if span.status == SpanStatus::Error {
        text.push_str(", failed");
    }
    if !span.release.is_empty() && Some(&span.release) != material.event.release.as_ref() {
        let _ = write!(text, ", release {}", drafts.name(&span.release, NAME_CHARS_MAX));
    }
    attributes(drafts, span, &mut text);
    text
}

fn attributes(drafts: &mut Drafts<'_>, span: &Span, text: &mut String) {
    for (key, value) in span.attributes.iter().take(ATTRIBUTES_MAX) {
        let value = match value {
            AttributeValue::Text(text) | AttributeValue::Json(text) => text.clone(),
            AttributeValue::Integer(number) => number.to_string(),
            AttributeValue::Double(number) => number.to_string(),
            AttributeValue::Bool(truth) => truth.to_string(),
        };
        let shown = drafts.line(key, NAME_CHARS_MAX);
        let _ = write!(text, "\n{shown} = {}", drafts.member(key, &value, NAME_CHARS_MAX));
    }
}

pub fn logs(drafts: &mut Drafts<'_>, material: &Material) {
    let at = material.event.timestamp.as_microsecond();
    let mut failed = 0;
    // The last before the error first.
    let mut logs: Vec<_> = material.logs.iter().collect();
    logs.sort_by_key(|log| at.abs_diff(log.at_us));
    for (index, log) in logs.into_iter().take(LOGS_MAX).enumerate() {
        let is_error = log.level >= LogLevel::Warn;
        failed += usize::from(is_error);
        let rank = if is_error && failed <= LOGS_FAILED_MAX { Rank::Supporting } else { Rank::Broad };
        let before_ms = (at - log.at_us) / 1_000;
        let body = drafts.text(&log.body, TEXT_CHARS_MAX);
        let service = drafts.line(&log.service, NAME_CHARS_MAX);
        let text = format!("{} of {service}, {before_ms} ms before the error: {body}", log.level.as_str());
        let place = log
            .trace
            .zip(log.span)
            .map(|(trace, span)| FactPlace::Span { trace: trace.to_string(), span: span.to_string() });
        drafts.add(rank, FactKind::Log, &(index + 1).to_string(), &text, place);
    }
}

pub fn findings(drafts: &mut Drafts<'_>, material: &Material) {
    for (index, finding) in material.findings.iter().take(FINDINGS_MAX).enumerate() {
        let rank = if index < FINDINGS_TELLING_MAX { Rank::Telling } else { Rank::Supporting };
        let text = drafts.text(&finding.sentence, TEXT_CHARS_MAX);
        let place = FactPlace::Section { name: finding.section.clone() };
        drafts.add(rank, FactKind::Finding, &(index + 1).to_string(), &text, Some(place));
    }
}

/// The release, what is new in it, and when it was deployed.
pub fn release(drafts: &mut Drafts<'_>, material: &Material) {
    let version = material
        .release
        .as_ref()
        .map(|release| release.version.clone())
        .or_else(|| material.event.release.clone());
    if let Some(version) = version {
        let shown = drafts.name(&version, NAME_CHARS_MAX);
        let mut text = format!("release {shown}");
        if let Some(release) = &material.release {
            let _ = write!(text, ", {}", release.date().strftime("%Y-%m-%d %H:%M UTC"));
            let _ = write!(text, ", {}", words::some(u64::from(release.commits), "commit"));
        }
        if let Some(previous) = &material.previous_release {
            let _ = write!(text, "; the one before is {}", drafts.name(previous, NAME_CHARS_MAX));
        }
        if let Some(first) = material.issue.first_release.as_ref().filter(|first| **first != version) {
            let _ = write!(text, "; the issue was first seen in {}", drafts.name(first, NAME_CHARS_MAX));
        }
        drafts.add(Rank::Telling, FactKind::Release, &shown, &text, Some(FactPlace::Release { version }));
    }
    for (index, known) in material.commits.iter().take(COMMITS_MAX).enumerate() {
        let is_suspect = known.sentence.is_some();
        let rank = match is_suspect {
            true if index < SUSPECTS_TELLING_MAX => Rank::Telling,
            true => Rank::Supporting,
            false => Rank::Broad,
        };
        let mut text = commit_text(drafts, &known.commit);
        if let Some(sentence) = &known.sentence {
            let _ = write!(text, "\nit {}", drafts.name(sentence, TEXT_CHARS_MAX));
        }
        let place =
            FactPlace::Commit { sha: known.commit.id.clone(), repository: known.commit.repository.clone() };
        drafts.add(rank, FactKind::Commit, known.commit.short_id(), &text, Some(place));
    }
    for (index, known) in material.deploys.iter().take(DEPLOYS_MAX).enumerate() {
        let rank = if index == 0 { Rank::Telling } else { Rank::Supporting };
        let text = format!("deployed: {}", drafts.name(&known.sentence, TEXT_CHARS_MAX));
        let place = FactPlace::Release { version: known.version.clone() };
        drafts.add(rank, FactKind::Deploy, &known.deploy.id.to_string(), &text, Some(place));
    }
}

fn commit_text(drafts: &mut Drafts<'_>, commit: &Commit) -> String {
    let author = [commit.author.name.as_deref(), commit.author.email.as_deref()].into_iter().flatten().next();
    let author = author
        .map(|author| format!(" by {}", drafts.member("author", author, NAME_CHARS_MAX)))
        .unwrap_or_default();
    let message =
        drafts.text(commit.message.as_deref().unwrap_or("without a message").trim(), TEXT_CHARS_MAX);
    let mut text = format!("{}{author}, {}: {message}", commit.short_id(), commit.at.strftime("%Y-%m-%d"));
    if !commit.files.is_empty() {
        let files: Vec<String> = commit
            .files
            .iter()
            .take(FILES_MAX)
            .map(|file| format!("{} {}", file.kind.letter(), drafts.name(&file.path, NAME_CHARS_MAX)))
            .collect();
        let more = commit.files.len().saturating_sub(FILES_MAX);
        let more =
            if more > 0 { format!(" and {}", words::some(more as u64, "more file")) } else { String::new() };
        let _ = write!(text, "\n{}{more}", files.join(", "));
    }
    text
}

pub fn similar(drafts: &mut Drafts<'_>, material: &Material) {
    for similar in material.similar.iter().take(SIMILAR_MAX) {
        let mut text = drafts.line(&similar.title, TITLE_CHARS_MAX);
        if !similar.because.is_empty() {
            let _ = write!(text, "\nalike by {}", drafts.line(&similar.because.join(", "), TEXT_CHARS_MAX));
        }
        match &similar.resolution {
            Some(resolution) => {
                let _ = write!(text, "\n{}", drafts.name(resolution, TEXT_CHARS_MAX));
            }
            None => text.push_str("\nnot resolved"),
        }
        if let Some(fix) = &similar.fix {
            let _ = write!(text, "\nfixed by {}", commit_text(drafts, fix));
        }
        let place = FactPlace::Issue { issue: similar.short_id.clone() };
        drafts.add(Rank::Supporting, FactKind::Similar, &similar.short_id, &text, Some(place));
    }
}

pub fn contrasts(drafts: &mut Drafts<'_>, material: &Material) {
    for (index, contrast) in material.contrasts.iter().take(CONTRASTS_MAX).enumerate() {
        let text = contrast_text(drafts, &material.event, contrast);
        let place = FactPlace::Event { event: contrast.event.event_id.to_string() };
        drafts.add(Rank::Supporting, FactKind::Contrast, &(index + 1).to_string(), &text, Some(place));
    }
}

/// What is other there than here; what is the same is told only where all is.
fn contrast_text(drafts: &mut Drafts<'_>, event: &Event, contrast: &Contrast) -> String {
    let other = &contrast.event;
    let mut text =
        format!("another event, {}, {}:", contrast.role, other.timestamp.strftime("%Y-%m-%d %H:%M UTC"));
    let (here, there) = (derived_tags(event), derived_tags(other));
    let value = |tags: &[(String, String)], key: &str| {
        tags.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    };
    let mut keys: Vec<&String> = here.iter().chain(&there).map(|(key, _)| key).collect();
    keys.sort();
    keys.dedup();
    let mut count = 0;
    let mut differs = |drafts: &mut Drafts<'_>, key: &str, here: Option<String>, there: Option<String>| {
        if here == there || count == DIFFERENCES_MAX {
            return;
        }
        count += 1;
        let shown = |drafts: &mut Drafts<'_>, value: Option<String>| {
            value.map_or_else(|| "nothing".to_owned(), |value| drafts.member(key, &value, NAME_CHARS_MAX))
        };
        let (there, here) = (shown(drafts, there), shown(drafts, here));
        let key = drafts.line(key, NAME_CHARS_MAX);
        let _ = write!(text, "\n{key}: {there} there, {here} here");
    };
    let message = |event: &Event| event.exceptions.last().and_then(|exception| exception.value.clone());
    differs(drafts, "message", message(event), message(other));
    let calls = |event: &Event| {
        let failed = crate::model::event::calls::calls(event).filter(|(_, call)| call.failed).last();
        failed.map(|(_, call)| call.label())
    };
    differs(drafts, "last failed call", calls(event), calls(other));
    for key in keys {
        differs(drafts, key, value(&here, key), value(&there, key));
    }
    if count == 0 {
        text.push_str("\nthe same in message, failed calls and tags");
    }
    text
}

pub fn annotations(drafts: &mut Drafts<'_>, material: &Material) {
    let change = material.issue.standing.and_then(|standing| standing.change).map(|change| change.at);
    let moments: Vec<_> = change.into_iter().chain([material.issue.first_seen]).collect();
    for (index, noted) in material.annotations.iter().take(ANNOTATIONS_MAX).enumerate() {
        let title = drafts.line(&noted.title, TITLE_CHARS_MAX);
        let body = drafts.text(&noted.text, TEXT_CHARS_MAX);
        let until =
            noted.until.map(|until| format!(" until {}", until.strftime("%H:%M"))).unwrap_or_default();
        let text = format!("noted at {}{until}: {title}\n{body}", noted.at.strftime("%Y-%m-%d %H:%M UTC"));
        let is_near = moments.iter().any(|moment| noted.at.duration_since(*moment).abs() <= NEAR);
        let rank = if is_near { Rank::Telling } else { Rank::Supporting };
        drafts.add(rank, FactKind::Annotation, &(index + 1).to_string(), text.trim_end(), None);
    }
}
