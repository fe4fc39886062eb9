//! Mattermost: one attachment. There is no switch against mentions: an invisible letter after each `@` is.
//! <https://developers.mattermost.com/integrate/reference/message-attachments/>

use serde_json::{Value, json};

use crate::alerts::messages::chat::{Chat, fenced, markdown};
use crate::alerts::messages::plain;

/// Of a post's 16,383.
const TEXT_LETTERS_MAX: usize = 12_000;

pub fn body(chat: &Chat) -> Value {
    let mut parts: Vec<String> = chat.sentences.iter().map(|sentence| markdown(sentence)).collect();
    parts.extend(chat.place.as_ref().map(|place| markdown(place)));
    parts.extend(chat.source.as_ref().map(|source| fenced(&plain::inert(source))));
    for issue in &chat.issues {
        parts.push(format!("[{}]({})\n{}", markdown(&issue.title), issue.url, markdown(&issue.under)));
    }
    parts.extend(chat.further.clone());
    for change in &chat.changes {
        parts.push(format!("May have brought it: {}", markdown(change)));
    }
    let links: Vec<_> = chat.links.iter().map(|(name, url)| format!("[{name}]({url})")).collect();
    let facts = chat.facts.iter();
    let facts = facts.map(|(name, value)| json!({ "title": name, "value": markdown(value), "short": true }));
    let text = plain::cut(&parts.join("\n"), TEXT_LETTERS_MAX);
    json!({
        "username": "LightTrace",
        "attachments": [{
            "fallback": plain::inert(&chat.title),
            "color": format!("#{:06x}", chat.tone.rgb()),
            "title": plain::inert(&chat.title),
            "title_link": chat.url,
            "text": format!("{text}\n\n{}", links.join(" · ")),
            "fields": facts.collect::<Vec<_>>(),
        }],
    })
}
