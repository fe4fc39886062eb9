//! Telegram: `sendMessage` of a bot. The chat is the target's secret, or `chat_id` in its URL, whose query goes into the
//! body.
//! <https://core.telegram.org/bots/api#sendmessage>

use serde_json::{Map, Value, json};
use url::{Host, Url};

use crate::alerts::messages::chat::Chat;
use crate::alerts::messages::plain;
use crate::model::notification::Target;

/// Of 4,096, which count without tags.
const TEXT_LETTERS_MAX: usize = 3_800;
const PART_LETTERS_MAX: usize = 600;
const SOURCE_LETTERS_MAX: usize = 900;
const BUTTONS_A_ROW: usize = 2;

pub fn request(chat: &Chat, target: &Target) -> (String, Value) {
    let mut body = Map::new();
    let mut url = target.url.clone();
    if let Ok(mut parsed) = Url::parse(&target.url) {
        body.extend(parsed.query_pairs().map(|(name, value)| (name.into_owned(), json!(value))));
        parsed.set_query(None);
        url = parsed.into();
    }
    if let Some(secret) = &target.secret {
        body.insert("chat_id".to_owned(), json!(secret));
    }
    // Telegram refuses the whole message where a button leads to a host that is none in public.
    let has_buttons = chat.links.iter().all(|(_, link)| is_public(link));
    let mut text = text(chat);
    if has_buttons {
        let buttons: Vec<_> =
            chat.links.iter().map(|(name, url)| json!({ "text": name, "url": url })).collect();
        let rows: Vec<_> = buttons.chunks(BUTTONS_A_ROW).collect();
        body.insert("reply_markup".to_owned(), json!({ "inline_keyboard": rows }));
    } else {
        let links = chat.links.iter().map(|(name, url)| format!("{name}: {}", escape(url)));
        text = format!("{text}\n\n{}", links.collect::<Vec<_>>().join("\n"));
    }
    body.insert("text".to_owned(), json!(text));
    body.insert("parse_mode".to_owned(), json!("HTML"));
    body.insert("link_preview_options".to_owned(), json!({ "is_disabled": true }));
    (url, Value::Object(body))
}

fn text(chat: &Chat) -> String {
    let part = |text: &str| escape(&plain::inert(&plain::cut(text, PART_LETTERS_MAX)));
    let mut parts = vec![format!("<b>{}</b>", part(&chat.title))];
    parts.extend(chat.sentences.iter().map(|sentence| part(sentence)));
    parts.extend(chat.place.iter().map(|place| format!("<code>{}</code>", part(place))));
    let source = chat.source.iter().map(|source| escape(&plain::cut(source, SOURCE_LETTERS_MAX)));
    parts.extend(source.map(|source| format!("<pre>{source}</pre>")));
    for issue in &chat.issues {
        let (title, under) = (plain::cut(&issue.title, 150), plain::cut(&issue.under, 150));
        parts.push(format!("<a href=\"{}\">{}</a>\n{}", escape(&issue.url), part(&title), part(&under)));
    }
    parts.extend(chat.further.clone());
    let facts = chat.facts.iter().map(|(name, value)| format!("{name}: {}", part(&plain::cut(value, 200))));
    parts.extend(facts);
    parts.extend(chat.changes.iter().map(|change| format!("May have brought it: {}", part(change))));
    let mut letters = 0;
    let fit = parts.into_iter().take_while(|part| {
        letters += part.chars().count() + 1;
        letters <= TEXT_LETTERS_MAX
    });
    fit.collect::<Vec<_>>().join("\n")
}

fn is_public(link: &str) -> bool {
    let url = Url::parse(link);
    url.is_ok_and(|url| matches!(url.host(), Some(Host::Domain(name)) if name.contains('.')))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
