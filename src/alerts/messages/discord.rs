//! Discord: one embed; nobody is mentioned, whatever stands in it.
//! <https://docs.discord.com/developers/resources/webhook#execute-webhook>

use serde_json::{Value, json};

use crate::alerts::messages::chat::{Chat, fenced, markdown};
use crate::alerts::messages::plain;

const TITLE_LETTERS_MAX: usize = 256;
/// Of 4,096; all of an embed together may have 6,000.
const DESCRIPTION_LETTERS_MAX: usize = 3_000;
const FIELD_LETTERS_MAX: usize = 300;
const FIELDS_MAX: usize = 8;
const PART_LETTERS_MAX: usize = 500;
const SOURCE_LETTERS_MAX: usize = 900;

pub fn body(chat: &Chat) -> Value {
    let mut parts: Vec<String> =
        chat.sentences.iter().map(|sentence| markdown(&plain::cut(sentence, PART_LETTERS_MAX))).collect();
    parts.extend(chat.place.as_ref().map(|place| markdown(&plain::cut(place, PART_LETTERS_MAX))));
    parts.extend(chat.source.as_ref().map(|source| fenced(&plain::cut(source, SOURCE_LETTERS_MAX))));
    for issue in &chat.issues {
        let (title, under) = (plain::cut(&issue.title, 120), plain::cut(&issue.under, 120));
        parts.push(format!("[{}]({})\n{}", markdown(&title), issue.url, markdown(&under)));
    }
    parts.extend(chat.further.clone());
    for change in &chat.changes {
        parts.push(format!("May have brought it: {}", markdown(&plain::cut(change, 200))));
    }
    let links: Vec<_> = chat.links.iter().map(|(name, url)| format!("[{name}]({url})")).collect();
    let links = links.join(" · ");
    let room = DESCRIPTION_LETTERS_MAX.saturating_sub(links.chars().count() + 2);
    let facts = chat.facts.iter().take(FIELDS_MAX).map(|(name, value)| {
        let value = plain::cut(&markdown(value), FIELD_LETTERS_MAX);
        json!({ "name": name, "value": value, "inline": true })
    });
    json!({
        "embeds": [{
            "title": plain::cut(&markdown(&plain::cut(&chat.title, TITLE_LETTERS_MAX / 2)), TITLE_LETTERS_MAX),
            "url": chat.url,
            "description": format!("{}\n\n{links}", whole(&parts, room)),
            "color": chat.tone.rgb(),
            "fields": facts.collect::<Vec<_>>(),
        }],
        "allowed_mentions": { "parse": [] },
    })
}

/// As many parts as there is room for: half a link or half a block of code would be markup of something else.
fn whole(parts: &[String], letters_max: usize) -> String {
    let mut letters = 0;
    let fit = parts.iter().take_while(|part| {
        letters += part.chars().count() + 1;
        letters <= letters_max
    });
    fit.cloned().collect::<Vec<_>>().join("\n")
}
