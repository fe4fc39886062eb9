//! Where in the event we are, and what was found wrong there.
//!
//! An [`At`] is a place: a linked list on the stack, so that walking costs nothing and a path is only
//! written out when there is something to say about it. Notes are bounded; what is beyond is counted.

use std::cell::{Cell, RefCell};
use std::fmt::Write;

use serde_json::Value;

use crate::model::event::Note;

/// Notes kept per event; a last one says how many more there were.
pub const NOTES_MAX: usize = 100;
/// A value longer than this is not repeated in its note.
const NOTE_VALUE_BYTES_MAX: usize = 200;

#[derive(Default)]
pub struct Notes {
    list: RefCell<Vec<Note>>,
    left_out: Cell<usize>,
}

impl Notes {
    fn add(&self, note: impl FnOnce() -> Note) {
        let mut list = self.list.borrow_mut();
        if list.len() + 1 < NOTES_MAX {
            list.push(note());
        } else {
            self.left_out.set(self.left_out.get() + 1);
        }
    }

    /// The notes in the order in which they were made.
    pub fn into_vec(self) -> Vec<Note> {
        let mut list = self.list.into_inner();
        let left_out = self.left_out.get();
        if left_out > 0 {
            list.push(Note {
                kind: "invalid_data".to_owned(),
                path: String::new(),
                reason: Some(format!("{left_out} more notes were left out")),
                value: None,
            });
        }
        list
    }
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

/// A place in the event that is being read.
#[derive(Clone, Copy)]
pub struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
    notes: &'a Notes,
}

impl<'a> At<'a> {
    pub fn root(notes: &'a Notes) -> Self {
        Self { parent: None, step: Step::Root, notes }
    }

    pub fn key(&'a self, key: &'a str) -> At<'a> {
        At { parent: Some(self), step: Step::Key(key), notes: self.notes }
    }

    pub fn index(&'a self, index: usize) -> At<'a> {
        At { parent: Some(self), step: Step::Index(index), notes: self.notes }
    }

    /// Notes that a value was not what the field takes.
    pub fn invalid(&self, reason: &str, value: &Value) {
        self.note("invalid_data", reason, shown(value));
    }

    pub fn too_long(&self, reason: String) {
        self.notes.add(|| Note {
            kind: "value_too_long".to_owned(),
            path: self.path(),
            reason: Some(reason),
            value: None,
        });
    }

    pub fn note(&self, kind: &str, reason: &str, value: Option<Value>) {
        self.notes.add(|| Note {
            kind: kind.to_owned(),
            path: self.path(),
            reason: Some(reason.to_owned()),
            value,
        });
    }

    fn path(&self) -> String {
        let mut path = self.parent.map(At::path).unwrap_or_default();
        if !path.is_empty() {
            path.push('.');
        }
        match self.step {
            Step::Root => {}
            // Keys are the sender's: a hostile one must not make every note huge.
            Step::Key(key) => path.extend(key.chars().take(NOTE_VALUE_BYTES_MAX)),
            Step::Index(index) => {
                let _ = write!(path, "{index}");
            }
        }
        path
    }
}

/// The value if it is small enough to repeat. Lists and objects are named by their kind only.
fn shown(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) if text.len() > NOTE_VALUE_BYTES_MAX => None,
        Value::Array(items) if !items.is_empty() => None,
        Value::Object(map) if !map.is_empty() => None,
        _ => Some(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{At, NOTES_MAX, Notes};

    #[test]
    fn paths_are_dotted_and_values_bounded() {
        let notes = Notes::default();
        let root = At::root(&notes);
        let exception = root.key("exception");
        exception.index(0).key("type").invalid("expected a string", &json!(7));
        root.key("extra").invalid("expected an object", &json!("x".repeat(500)));
        let notes = notes.into_vec();
        assert_eq!(notes[0].path, "exception.0.type");
        assert_eq!(notes[0].value, Some(json!(7)));
        assert_eq!(notes[1].value, None);
    }

    #[test]
    fn notes_are_bounded_and_the_rest_counted() {
        let notes = Notes::default();
        let root = At::root(&notes);
        for _ in 0..1_000 {
            root.key("k").invalid("expected a string", &json!(1));
        }
        let notes = notes.into_vec();
        assert_eq!(notes.len(), NOTES_MAX);
        assert_eq!(notes[NOTES_MAX - 1].reason.as_deref(), Some("901 more notes were left out"));
    }
}
