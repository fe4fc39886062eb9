//! Slack: blocks. `&<>` are escaped, and `verbatim` keeps Slack from finding links and mentions in the rest.
//! <https://docs.slack.dev/reference/block-kit/blocks>

use serde_json::{Value, json};

use crate::alerts::messages::chat::Chat;
use crate::alerts::messages::plain;

const HEADER_LETTERS_MAX: usize = 150;
/// Of a section's 3,000, after escaping.
const SECTION_LETTERS_MAX: usize = 2_900;
const FIELD_LETTERS_MAX: usize = 1_900;
const FIELDS_MAX: usize = 10;
/// Of a block's 25: a phone shows two rows.
const BUTTONS_MAX: usize = 6;

pub fn body(chat: &Chat) -> Value {
    // What notifications show; markup there too, unless told otherwise.
    let summary = escape(&plain::inert(&chat.title), SECTION_LETTERS_MAX);
    let title = plain::cut(&chat.title, HEADER_LETTERS_MAX);
    let mut blocks =
        vec![json!({ "type": "header", "text": { "type": "plain_text", "text": title, "emoji": false } })];
    let mut section = |text: String| {
        if !text.is_empty() {
            blocks.push(json!({ "type": "section", "text": mrkdwn(&text) }));
        }
    };
    section(escape(&chat.sentences.join("\n"), SECTION_LETTERS_MAX));
    let place = chat.place.iter().map(|place| format!("`{}`", code(place, 400)));
    let source = chat.source.iter().map(|source| format!("```{}```", code(source, 2_300)));
    section(place.chain(source).collect::<Vec<_>>().join("\n"));
    for issue in &chat.issues {
        let (title, under) = (escape(&issue.title.replace('|', "¦"), 1_200), escape(&issue.under, 1_200));
        section(format!("<{}|{title}>\n{under}", issue.url));
    }
    section(chat.further.clone().unwrap_or_default());
    let facts = chat.facts.iter().take(FIELDS_MAX);
    let fields: Vec<_> = facts
        .map(|(name, value)| mrkdwn(&format!("*{name}*\n{}", escape(value, FIELD_LETTERS_MAX))))
        .collect();
    if !fields.is_empty() {
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    for change in &chat.changes {
        let text = escape(&format!("May have brought it: {change}"), SECTION_LETTERS_MAX);
        blocks.push(json!({ "type": "context", "elements": [mrkdwn(&text)] }));
    }
    let buttons = chat.links.iter().take(BUTTONS_MAX).enumerate().map(|(at, (name, url))| {
        let mut button = json!({
            "type": "button",
            "text": { "type": "plain_text", "text": name },
            "url": url,
            "action_id": format!("link-{at}"),
        });
        if at == 0 {
            button["style"] = json!("primary");
        }
        button
    });
    blocks.push(json!({ "type": "actions", "elements": buttons.collect::<Vec<_>>() }));
    json!({ "text": summary, "blocks": blocks, "unfurl_links": false, "unfurl_media": false })
}

fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

/// Within code nothing is marked; only what ends it is replaced.
fn code(text: &str, letters_max: usize) -> String {
    let mut escaped = text.replace('`', "'").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if escaped.chars().count() > letters_max {
        escaped = plain::cut(&escaped, letters_max);
        // Not half an entity.
        if let Some(start) = escaped.rfind('&').filter(|start| !escaped[*start..].contains(';')) {
            escaped.truncate(start);
        }
    }
    escaped
}

/// At most so many letters when it is escaped. `*_~` mark what stands between them and change nothing else; they are kept
/// apart from words by an invisible letter.
fn escape(text: &str, letters_max: usize) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut letters = 0;
    for letter in text.chars() {
        let piece = match letter {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '*' | '_' | '~' => format!("\u{200b}{letter}\u{200b}"),
            letter => letter.to_string(),
        };
        letters += piece.chars().count();
        if letters > letters_max {
            escaped.push('…');
            break;
        }
        escaped.push_str(&piece);
    }
    escaped
}
