//! ntfy: published as JSON, which goes to the server's root and names the topic that ends the target's URL.
//! <https://docs.ntfy.sh/publish/#publish-as-json>

use serde_json::{Value, json};
use url::Url;

use crate::alerts::messages::chat::{Chat, Tone};
use crate::alerts::messages::plain;
use crate::model::alert_rule::Severity;
use crate::model::notification::Target;

/// Of 4,096: a longer one becomes a file.
const MESSAGE_BYTES_MAX: usize = 3_800;
const TITLE_LETTERS_MAX: usize = 200;
/// More are refused.
const ACTIONS_MAX: usize = 3;

pub fn request(chat: &Chat, target: &Target) -> (String, Vec<(String, String)>, Value) {
    let (url, topic) = split(&target.url);
    let token = target.secret.as_ref();
    let headers = token.map(|token| ("Authorization".to_owned(), format!("Bearer {token}")));
    let mut lines = chat.sentences.clone();
    lines.extend(chat.place.clone());
    lines.extend(chat.issues.iter().map(|issue| format!("{}\n{}", issue.title, issue.under)));
    lines.extend(chat.further.clone());
    lines.extend(chat.facts.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.extend(chat.changes.iter().map(|change| format!("May have brought it: {change}")));
    let mut message = plain::inert(&lines.join("\n"));
    message.truncate(message.floor_char_boundary(MESSAGE_BYTES_MAX));
    let actions = chat.links.iter().take(ACTIONS_MAX);
    let actions =
        actions.map(|(name, url)| json!({ "action": "view", "label": name, "url": url, "clear": true }));
    let body = json!({
        "topic": topic,
        "title": plain::cut(&chat.title, TITLE_LETTERS_MAX),
        "message": message,
        "priority": priority(chat.tone),
        "tags": [tag(chat.tone)],
        "click": chat.url,
        "actions": actions.collect::<Vec<_>>(),
    });
    (url, headers.into_iter().collect(), body)
}

/// The server's address, and the topic.
fn split(target: &str) -> (String, String) {
    let Ok(mut url) = Url::parse(target) else { return (target.to_owned(), String::new()) };
    let topic = url.path_segments().and_then(|mut segments| segments.rfind(|segment| !segment.is_empty()));
    let topic = topic.unwrap_or_default().to_owned();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().pop().push("");
    }
    url.set_query(None);
    (url.into(), topic)
}

fn priority(tone: Tone) -> u8 {
    match tone {
        Tone::Of(Severity::Critical) => 5,
        Tone::Of(Severity::High) => 4,
        Tone::Of(Severity::Medium) => 3,
        Tone::Of(Severity::Low) | Tone::Good => 2,
    }
}

fn tag(tone: Tone) -> &'static str {
    match tone {
        Tone::Of(Severity::Critical | Severity::High) => "rotating_light",
        Tone::Of(_) => "warning",
        Tone::Good => "white_check_mark",
    }
}
