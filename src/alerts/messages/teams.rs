//! Microsoft Teams: an Adaptive Card for a workflow's webhook. Text that events wrote stands in runs of rich text, which
//! know no markup.
//! <https://adaptivecards.io/explorer/>

use serde_json::{Value, json};

use crate::alerts::messages::chat::{Chat, Tone};
use crate::alerts::messages::plain;
use crate::model::alert_rule::Severity;

/// Each text: with all of them, and three bytes a letter, a card stays below the 28 KB that Teams takes.
const TEXT_LETTERS_MAX: usize = 300;
const SOURCE_LETTERS_MAX: usize = 900;
/// More are folded away.
const ACTIONS_MAX: usize = 6;

pub fn body(chat: &Chat) -> Value {
    let mut rows = vec![rich(
        &plain::cut(&chat.title, TEXT_LETTERS_MAX),
        json!({
            "size": "Large", "weight": "Bolder", "color": colour(chat.tone),
        }),
    )];
    let text = |text: &str| rich(&plain::cut(text, TEXT_LETTERS_MAX), json!({}));
    let subtle = |text: &str| rich(&plain::cut(text, TEXT_LETTERS_MAX), json!({ "isSubtle": true }));
    rows.extend(chat.sentences.iter().map(|sentence| text(sentence)));
    rows.extend(chat.place.iter().map(|place| subtle(place)));
    if let Some(source) = &chat.source {
        let lines = plain::cut(source, SOURCE_LETTERS_MAX);
        rows.extend(lines.lines().map(|line| {
            let mut row = rich(line, json!({ "fontType": "Monospace" }));
            row["spacing"] = json!("None");
            row
        }));
    }
    for issue in &chat.issues {
        let open = json!({ "type": "Action.OpenUrl", "url": issue.url });
        rows.push(rich(
            &plain::cut(&issue.title, TEXT_LETTERS_MAX),
            json!({
                "weight": "Bolder", "selectAction": open,
            }),
        ));
        rows.push(subtle(&issue.under));
    }
    rows.extend(chat.further.iter().map(|further| text(further)));
    for (name, value) in &chat.facts {
        rows.push(text(&format!("{name}: {value}")));
    }
    for change in &chat.changes {
        rows.push(subtle(&format!("May have brought it: {change}")));
    }
    let actions = chat.links.iter().take(ACTIONS_MAX);
    let actions = actions.map(|(name, url)| json!({ "type": "Action.OpenUrl", "title": name, "url": url }));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": { "width": "Full" },
                "fallbackText": plain::inert(&plain::cut(&chat.title, TEXT_LETTERS_MAX)),
                "body": rows,
                "actions": actions.collect::<Vec<_>>(),
            },
        }],
    })
}

fn rich(text: &str, style: Value) -> Value {
    let mut run = json!({ "type": "TextRun", "text": text });
    if let (Some(run), Value::Object(style)) = (run.as_object_mut(), style) {
        run.extend(style);
    }
    json!({ "type": "RichTextBlock", "inlines": [run] })
}

fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "Good",
        Tone::Of(Severity::Critical | Severity::High) => "Attention",
        Tone::Of(Severity::Medium) => "Warning",
        Tone::Of(Severity::Low) => "Accent",
    }
}
