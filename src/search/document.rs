//! An event as the index takes it in: its text by group, its exact terms, its numbers. Immutable once made.

use std::collections::HashSet;
use std::ops::ControlFlow;

use crate::model::event::{Event, User};
use crate::model::issue::EventRef;
use crate::search::keys;
use crate::search::places::{self, Group};
use crate::search::words::SEPARATOR;

/// Text of one group (headline, breadcrumbs, details) of one event; the rest is not searchable.
const GROUP_BYTES_MAX: usize = 32 * 1024;
/// Of frames: the names of all that an event keeps, and then their source lines as far as there is room.
const FRAMES_BYTES_MAX: usize = 64 * 1024;
/// One text of a group: a minified source line or a dumped page must not crowd out the others.
const ONE_TEXT_BYTES_MAX: usize = 2 * 1024;
/// The longest exception, type and value, that normalization leaves.
const ONE_HEADLINE_BYTES_MAX: usize = 9 * 1024;

fn group_bytes_max(group: Group) -> usize {
    if matches!(group, Group::Frame | Group::Library) { FRAMES_BYTES_MAX } else { GROUP_BYTES_MAX }
}

/// How much of one text is searchable.
pub(super) fn one_text_bytes_max(group: Group) -> usize {
    if group == Group::Headline { ONE_HEADLINE_BYTES_MAX } else { ONE_TEXT_BYTES_MAX }
}

/// What `Search::add` takes. Made off the writing path, on any thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub(super) seq: u64,
    pub(super) issue: u64,
    pub(super) project: u64,
    /// Milliseconds since 1970.
    pub(super) timestamp: i64,
    pub(super) person: u32,
    pub(super) texts: [String; 5],
    pub(super) keys: Vec<Vec<u8>>,
}

/// What an event brings to its document, before it is known where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    person: u32,
    texts: [String; 5],
    keys: Vec<Vec<u8>>,
}

impl Draft {
    pub fn at(self, place: &EventRef) -> Document {
        Document {
            seq: place.seq.0,
            issue: place.issue.0,
            project: place.project.0,
            timestamp: place.timestamp.as_millisecond(),
            person: self.person,
            texts: self.texts,
            keys: self.keys,
        }
    }
}

impl Document {
    /// About what it takes in memory.
    pub(super) fn bytes(&self) -> usize {
        let texts: usize = self.texts.iter().map(String::len).sum();
        let keys: usize = self.keys.iter().map(|key| key.len() + size_of::<Vec<u8>>()).sum();
        size_of::<Self>() + texts + keys
    }
}

/// Makes the document of a recorded event.
pub fn document(event: &Event, at: &EventRef) -> Document {
    draft(event).at(at)
}

pub fn draft(event: &Event) -> Draft {
    let mut texts: [String; 5] = Default::default();
    // Frames repeat their files, and breadcrumbs their categories: once is enough to be found.
    let mut seen: HashSet<(u8, &str), foldhash::fast::RandomState> = HashSet::default();
    let _ = places::walk(event, &mut |place, text| {
        let group = place.group();
        let slot = slot(group);
        if let std::borrow::Cow::Borrowed(text) = text
            && !seen.insert((slot, text))
        {
            return ControlFlow::Continue(());
        }
        push(&mut texts[usize::from(slot)], &text, group);
        ControlFlow::Continue(())
    });
    Draft { person: person(event), texts, keys: keys::terms(event) }
}

/// A short hash of whom the event names: enough to tell some thousand people apart, for half the room of a long one. 0: nobody.
fn person(event: &Event) -> u32 {
    let Some(user) = event.user.as_ref().and_then(User::tag_value) else { return 0 };
    // FNV-1a: the same in every process and version.
    user.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)).max(1)
}

/// The place of a group in `Document::texts`, in the order of `Fields::texts`.
fn slot(group: Group) -> u8 {
    match group {
        Group::Headline => 0,
        Group::Frame => 1,
        Group::Library => 2,
        Group::Breadcrumb => 3,
        Group::Detail => 4,
    }
}

fn push(all: &mut String, text: &str, group: Group) {
    let room = group_bytes_max(group).saturating_sub(all.len() + 1);
    let kept = text.floor_char_boundary(one_text_bytes_max(group).min(room));
    if kept > 0 {
        if !all.is_empty() {
            all.push(SEPARATOR);
        }
        all.push_str(&text[..kept]);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::document;
    use crate::model::event::Event;
    use crate::model::ids::{EventSeq, IssueId, ProjectId};
    use crate::model::issue::EventRef;

    /// The texts that the index takes in, in the order of the groups.
    fn texts(mut fields: Value) -> [String; 5] {
        for (key, value) in [
            ("event_id", "fc6d8c0c43fc4630ad850ee518f1b9d0"),
            ("platform", "python"),
            ("timestamp", "2026-11-18T10:00:00Z"),
            ("received", "2026-11-18T10:00:00Z"),
        ] {
            fields[key] = value.into();
        }
        let event: Event = serde_json::from_value(fields).expect("an event");
        let at = EventRef {
            seq: EventSeq(1),
            event_id: event.event_id,
            project: ProjectId(1),
            issue: IssueId(1),
            timestamp: event.timestamp,
            week: 1,
        };
        document(&event, &at).texts
    }

    #[test]
    fn the_end_of_a_long_exception_is_searchable() {
        let value = format!("{} zanzibar", "x ".repeat(4_150));
        let [headline, ..] = texts(json!({"exceptions": [{"type": "T".repeat(250), "value": value}]}));
        assert!(headline.ends_with("zanzibar"));
    }

    #[test]
    fn of_many_breadcrumbs_the_newest_are_searchable() {
        let crumb = |number: u32| json!({"message": format!("crumb{number} {}", "x".repeat(1_000))});
        let crumbs: Vec<Value> = (0..100).map(crumb).collect();
        let [_, _, _, found, _] = texts(json!({"breadcrumbs": crumbs}));
        assert!(found.contains("crumb99 ") && found.contains("crumb75 ") && !found.contains("crumb0 "));
    }

    #[test]
    fn the_names_of_all_frames_are_searchable_before_any_source_line() {
        let frame = |number: u32| {
            json!({"function": format!("function{number}_{}", "f".repeat(80)), "filename": format!("src/file{number}.py"),
                "context_line": format!("line{number} {}", "x".repeat(1_000))})
        };
        let frames: Vec<Value> = (0..250).map(frame).collect();
        let [_, _, found, ..] =
            texts(json!({"exceptions": [{"type": "E", "stacktrace": {"frames": frames}}]}));
        assert!(found.contains("function0_") && found.contains("src/file0.py"));
        assert!(found.contains("line249 ") && !found.contains("line0 "));
        assert!(found.len() <= super::FRAMES_BYTES_MAX);
    }

    #[test]
    fn a_frames_path_is_searchable_where_it_is_not_the_file_with_more_before() {
        let frames = json!([
            {"filename": "app.py", "abs_path": "/srv/shop/app.py"},
            {"filename": "src/cart.ts", "abs_path": "https://cdn.example.com/static/main.js"},
        ]);
        let [_, _, found, ..] =
            texts(json!({"exceptions": [{"type": "E", "stacktrace": {"frames": frames}}]}));
        let found: Vec<&str> = found.split('\u{1e}').collect();
        assert_eq!(found, ["src/cart.ts", "https://cdn.example.com/static/main.js", "/srv/shop/app.py"]);
    }

    #[test]
    fn numbers_are_searchable_in_contexts_of_the_users_own() {
        let [_, _, _, _, found] = texts(json!({"contexts": {
            "cart": {"order": 4711, "lines": [{"quantity": 12}]},
            "device": {"name": "Pixel", "memory_size": 8_123},
            "client_os": {"type": "os", "build": 9_999},
        }}));
        for (text, expected) in
            [("4711", true), ("12", true), ("Pixel", true), ("8123", false), ("9999", false)]
        {
            assert_eq!(found.split('\u{1e}').any(|one| one == text), expected, "{text}: {found}");
        }
    }
}
