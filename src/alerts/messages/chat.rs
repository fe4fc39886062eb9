//! What a message in a chat says, before the chat's own markup: every text here is plain, and each form escapes it.

use crate::alerts::messages::plain;
use crate::alerts::messages::story::{IssueFacts, PlaceFacts, Story};
use crate::alerts::messages::wording;
use crate::insight::words;
use crate::model::alert_rule::Severity;
use crate::model::notification::Step;

/// Issues that a chat shows; it is read on the way.
const ISSUES_SHOWN_MAX: usize = 5;

pub struct Chat {
    pub tone: Tone,
    /// `[shop-api] Spike: …`.
    pub title: String,
    pub url: String,
    /// What happened and why it is told.
    pub sentences: Vec<String>,
    /// `src/checkout.ts:42 in applyDiscount`.
    pub place: Option<String>,
    /// The lines of source there.
    pub source: Option<String>,
    pub issues: Vec<Row>,
    pub further: Option<String>,
    pub facts: Vec<(&'static str, String)>,
    pub changes: Vec<String>,
    /// What it is called, and where it leads: the first thing to do first, and where to look last.
    pub links: Vec<(&'static str, String)>,
}

pub struct Row {
    pub title: String,
    pub url: String,
    pub under: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Of(Severity),
    /// It is over, or taken care of.
    Good,
}

impl Tone {
    /// As every chat takes it: red, green and blue.
    pub fn rgb(self) -> u32 {
        match self {
            Self::Of(Severity::Critical) => 0x00bf_262b,
            Self::Of(Severity::High) => 0x00e5_484d,
            Self::Of(Severity::Medium) => 0x00d9_8a1f,
            Self::Of(Severity::Low) => 0x0025_63ab,
            Self::Good => 0x0017_734a,
        }
    }
}

impl Chat {
    pub fn of(story: &Story) -> Self {
        let only = story.issues.first().filter(|_| story.issue_count() == 1);
        let is_news = matches!(story.step, Step::Opened | Step::Joined | Step::Raised);
        let reasons = if is_news && (only.is_some() || story.issues.is_empty()) {
            wording::reasons(story)
        } else {
            Vec::new()
        };
        let reasons = reasons.into_iter().map(str::to_owned);
        let place = only.filter(|_| is_news).and_then(|issue| issue.place.as_ref());
        let rows = if only.is_some() { &[][..] } else { &story.issues[..] };
        let shown = rows.iter().take(ISSUES_SHOWN_MAX);
        let further = usize::try_from(story.issue_count()).unwrap_or(usize::MAX);
        let further = further.saturating_sub(rows.len().min(ISSUES_SHOWN_MAX));
        let mut links: Vec<_> =
            story.links.actions().into_iter().map(|(name, url)| (name, url.to_owned())).collect();
        links.extend(only.map(|issue| ("Open issue", issue.url.clone())));
        links.push(("Open incident", story.links.incident.clone()));
        Self {
            tone: if story.is_over() || story.step == Step::Acknowledged {
                Tone::Good
            } else {
                Tone::Of(story.incident.severity)
            },
            title: wording::subject(story),
            url: story.links.incident.clone(),
            sentences: wording::lead(story).into_iter().chain(reasons).collect(),
            place: place.map(wording::at),
            source: place.and_then(source),
            issues: shown.map(|issue| row(story, issue)).collect(),
            further: (!rows.is_empty() && further > 0)
                .then(|| format!("and {} more", words::number(further as u64))),
            facts: wording::facts(story),
            changes: story
                .changes
                .iter()
                .map(|change| {
                    let author =
                        change.author.as_ref().map(|author| format!(" by {author}")).unwrap_or_default();
                    format!("{} {}{author}", change.commit, change.title)
                })
                .collect(),
            links,
        }
    }

    /// What the test button sends.
    pub fn test(url: &str) -> Self {
        Self {
            tone: Tone::Good,
            title: "[LightTrace] A test message".to_owned(),
            url: url.to_owned(),
            sentences: vec![
                "Alerts reach this channel. Somebody pressed the test button; there is nothing to do."
                    .to_owned(),
            ],
            place: None,
            source: None,
            issues: Vec::new(),
            further: None,
            facts: Vec::new(),
            changes: Vec::new(),
            links: vec![("Open LightTrace", url.to_owned())],
        }
    }
}

fn row(story: &Story, issue: &IssueFacts) -> Row {
    let because = story.alerts.iter().find(|alert| alert.issue == Some(issue.id));
    let because = because.map(|alert| alert.because.trim_end_matches('.').to_owned());
    let at = issue.place.as_ref().map(wording::at);
    let parts = [Some(issue.short_id.clone()), because, at];
    Row {
        title: issue.title.clone(),
        url: issue.url.clone(),
        under: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
    }
}

/// With numbers before the lines, so that it reads as code without colours.
fn source(place: &PlaceFacts) -> Option<String> {
    let lines = place.source.iter().map(|line| {
        let mark = if line.is_it { '>' } else { ' ' };
        format!("{mark}{:>5}  {}", line.number, line.text)
    });
    Some(lines.collect::<Vec<_>>().join("\n")).filter(|source| !source.is_empty())
}

/// Markup of Discord and Mattermost is text behind a backslash; names and addresses are taken for none.
pub fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in plain::inert(text).chars() {
        if letter.is_ascii_punctuation() && !matches!(letter, '.' | ',' | '/' | '\'' | '%' | ';' | '?') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// A block of code that nothing in it can end.
pub fn fenced(source: &str) -> String {
    format!("```\n{}\n```", source.replace("```", "`\u{200b}`\u{200b}`"))
}
