//! Whether a fingerprint rule fits an event.

use std::borrow::Cow;

use serde_json::Value;

use crate::digest::grouping::fingerprint_rules::{
    FingerprintRule, FrameField, Matcher, Place, Subject, ThreadField, event_family,
};
use crate::digest::grouping::functions::trim_function;
use crate::model::event::{Event, Exception, Frame, Thread};

impl FingerprintRule {
    pub(super) fn matches(&self, event: &Event) -> bool {
        let of = |fits: fn(&Subject) -> bool| self.matchers.iter().filter(move |m| fits(&m.subject));
        // Cheap ones first: most rules name a family or a type that most events do not have.
        if !of(|subject| matches!(subject, Subject::Family)).all(|m| m.holds_list(event_family(event))) {
            return false;
        }
        let is_error = |subject: &Subject| matches!(subject, Subject::Type | Subject::Value);
        if of(is_error).next().is_some()
            && !event.exceptions.iter().any(|exception| of(is_error).all(|m| m.fits_exception(exception)))
        {
            return false;
        }
        of(is_lone).all(|m| m.holds_lone(event))
            && self.fits_message(event)
            && self.fits_frames(event)
            && self.fits_threads(event)
    }

    fn fits_message(&self, event: &Event) -> bool {
        let matchers = || self.matchers.iter().filter(|m| m.subject == Subject::Message);
        if matchers().next().is_none() {
            return true;
        }
        let formatted = event.logentry.as_ref().and_then(|entry| entry.formatted.as_deref());
        let formatted = formatted.filter(|text| !text.is_empty());
        let values = event.exceptions.iter().map(|exception| exception.value.as_deref());
        formatted
            .map(Some)
            .into_iter()
            .chain(values)
            .any(|text| matchers().all(|m| m.holds(text.map(str::trim))))
    }

    fn fits_frames(&self, event: &Event) -> bool {
        let is_frame = |m: &&Matcher| matches!(m.subject, Subject::Frame(_));
        if !self.matchers.iter().any(|m| is_frame(&m)) {
            return true;
        }
        let frames = frames_of(event);
        (0..frames.len()).any(|index| {
            self.matchers.iter().filter(is_frame).all(|matcher| {
                // Sentry numbers frames from the outermost and takes the next one for the caller.
                let index = match matcher.place {
                    Place::Own => Some(index),
                    Place::Caller => Some(index + 1),
                    Place::Callee => index.checked_sub(1),
                };
                let frame = index.and_then(|index| frames.get(index));
                frame.is_some_and(|frame| matcher.fits_frame(frame, &event.platform))
            })
        })
    }

    fn fits_threads(&self, event: &Event) -> bool {
        let is_thread = |m: &&Matcher| matches!(m.subject, Subject::Thread(_));
        let any = self.matchers.iter().any(|m| is_thread(&m));
        !any || event.threads.iter().any(|t| self.matchers.iter().filter(is_thread).all(|m| m.fits_thread(t)))
    }
}

fn is_lone(subject: &Subject) -> bool {
    matches!(subject, Subject::Logger | Subject::Level | Subject::Sdk | Subject::Release | Subject::Tag(_))
}

/// Frames of the exceptions, else of the event, else of its threads.
fn frames_of(event: &Event) -> Vec<&Frame> {
    let stacks = event.exceptions.iter().filter_map(|exception| exception.stacktrace.as_ref());
    let mut frames: Vec<&Frame> = stacks.flat_map(|stack| &stack.frames).collect();
    if frames.is_empty() {
        frames.extend(event.stacktrace.iter().flat_map(|stack| &stack.frames));
    }
    if frames.is_empty() {
        let stacks = event.threads.iter().filter_map(|thread| thread.stacktrace.as_ref());
        frames.extend(stacks.flat_map(|stack| &stack.frames));
    }
    frames
}

impl Matcher {
    fn holds(&self, value: Option<&str>) -> bool {
        let glob = self.glob.as_ref();
        value.is_some_and(|value| glob.is_some_and(|glob| glob.matches(value))) != self.negated
    }

    /// The pattern is a list of names, `all` for any.
    fn holds_list(&self, value: &str) -> bool {
        self.pattern.split(',').any(|name| name == "all" || name == value) != self.negated
    }

    fn holds_lone(&self, event: &Event) -> bool {
        match &self.subject {
            Subject::Logger => self.holds(event.logger.as_deref()),
            Subject::Level => self.holds(Some(event.level.as_str())),
            Subject::Sdk => self.holds_list(&sdk_name(event)),
            Subject::Release => self.holds_path(event.release.as_deref().map(str::trim)),
            Subject::Tag(key) => self.holds(event.tag(key).map(str::trim)),
            _ => true,
        }
    }

    fn fits_exception(&self, exception: &Exception) -> bool {
        match self.subject {
            Subject::Type => self.holds(exception.kind.as_deref()),
            _ => self.holds(exception.value.as_deref().map(str::trim).filter(|value| !value.is_empty())),
        }
    }

    fn fits_frame(&self, frame: &Frame, platform: &str) -> bool {
        let Subject::Frame(field) = self.subject else { return true };
        match field {
            FrameField::Function => {
                let name = frame.function.as_deref().filter(|name| !name.is_empty());
                let name = match (name, &frame.raw_function) {
                    (Some(name), None) => trim_function(name, frame.platform.as_deref().unwrap_or(platform)),
                    (Some(name), Some(_)) => Cow::Borrowed(name),
                    (None, _) => Cow::Borrowed("<unknown>"),
                };
                self.holds(Some(&name))
            }
            FrameField::Module => self.holds(frame.module.as_deref()),
            FrameField::Package => self.holds_path(frame.package.as_deref()),
            FrameField::App(expected) => (expected.is_some() && frame.in_app == expected) != self.negated,
            FrameField::Path => {
                let path = frame.abs_path.as_deref().or(frame.filename.as_deref());
                let paths = [path, frame.filename.as_deref()];
                paths.into_iter().any(|path| self.path_fits(path)) != self.negated
            }
        }
    }

    fn holds_path(&self, value: Option<&str>) -> bool {
        self.path_fits(value) != self.negated
    }

    fn path_fits(&self, value: Option<&str>) -> bool {
        let (Some(value), Some(glob)) = (value, &self.glob) else { return false };
        let value =
            if value.contains('\\') { Cow::Owned(value.replace('\\', "/")) } else { Cow::Borrowed(value) };
        glob.matches(&value) || (!value.starts_with('/') && glob.matches(&format!("/{value}")))
    }

    fn fits_thread(&self, thread: &Thread) -> bool {
        let Subject::Thread(field) = self.subject else { return true };
        match field {
            ThreadField::Id => {
                let id = thread.id.as_ref().map(|id| match id {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                self.holds(id.as_deref())
            }
            ThreadField::Name => self.holds(thread.name.as_deref()),
            ThreadField::State => self.holds(thread.state.as_deref()),
            ThreadField::Crashed(expected) => {
                (expected.is_some() && thread.crashed == expected) != self.negated
            }
            ThreadField::Current(expected) => {
                (expected.is_some() && thread.current == expected) != self.negated
            }
        }
    }
}

/// `sentry.python.django` counts as `sentry.python`; only JavaScript and native SDKs keep a third word.
fn sdk_name(event: &Event) -> String {
    let Some(sdk) = &event.sdk else { return "other".to_owned() };
    let words: Vec<&str> =
        sdk.name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    match words[..] {
        ["sentry", "javascript", ..] => words.join("."),
        ["sentry", "native", ..] => words[..words.len().min(3)].join("."),
        ["sentry", name, ..] => format!("sentry.{name}"),
        _ => "other".to_owned(),
    }
}
