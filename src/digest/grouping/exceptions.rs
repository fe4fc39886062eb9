//! What exceptions give to a hash: type, value or stack, one after the other; groups of exceptions by their leaves.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use serde_json::Value;

use crate::digest::grouping::ProjectRules;
use crate::digest::grouping::frames::Part;
use crate::digest::grouping::message::normalize_message;
use crate::digest::grouping::rules::ErrorFacts;
use crate::digest::grouping::stack::{Side, StackParts};
use crate::model::event::{Event, Exception};

#[derive(Debug)]
pub(super) struct ExceptionParts<'a> {
    kind: Part<'a>,
    value: Part<'a>,
    /// Domain and code of an `NSError`.
    ns_error: Option<[String; 2]>,
    stack: Option<StackParts<'a>>,
}

impl<'a> ExceptionParts<'a> {
    fn of(exception: &'a Exception, platform: &'a str, rules: &ProjectRules) -> Self {
        let mechanism = exception.mechanism.as_ref();
        let mut kind = match exception.kind.as_deref() {
            Some(kind) if !kind.is_empty() => Part::new(kind),
            _ => Part::default(),
        };
        if mechanism.is_some_and(|mechanism| mechanism.synthetic == Some(true)) {
            kind.counts = false;
        }
        let ns_error = mechanism.and_then(|mechanism| mechanism.meta.get("ns_error")).map(ns_error_values);
        let value = exception.value.as_deref().map(normalize_message).filter(|value| !value.is_empty());
        let value = value.map_or_else(Part::default, Part::new);
        let stack = exception.stacktrace.as_ref().map(|stack| {
            let error = ErrorFacts {
                kind: exception.kind.as_deref(),
                value: exception.value.as_deref(),
                mechanism: mechanism.map(|mechanism| &*mechanism.kind),
            };
            StackParts::of(stack, platform, error, rules)
        });
        Self { kind, value, ns_error, stack }
    }

    /// Without a stack there is nothing to see for `system`.
    fn has(&self, side: Side) -> bool {
        side == Side::App || self.stack.is_some()
    }

    fn has_stack(&self, side: Side) -> bool {
        self.stack.as_ref().is_some_and(|stack| stack.contributes(side))
    }

    fn value_counts(&self, side: Side) -> bool {
        self.value.counts && !self.has_stack(side) && self.ns_error.is_none()
    }

    fn contributes(&self, side: Side) -> bool {
        self.has(side)
            && (self.kind.counts
                || self.value_counts(side)
                || self.ns_error.is_some()
                || self.has_stack(side))
    }

    fn push_values(&self, side: Side, values: &mut Vec<String>) {
        values.extend(self.kind.counted().map(str::to_owned));
        if self.value_counts(side) {
            values.extend(self.value.counted().map(str::to_owned));
        }
        values.extend(self.ns_error.iter().flatten().cloned());
        if let Some(stack) = &self.stack {
            stack.push_values(side, values);
        }
    }

    /// A number for everything known about it, counted or not.
    fn signature(&self) -> u64 {
        let mut hasher = foldhash::quality::FixedState::default().build_hasher();
        let mut add = |counts: bool, text: &str| {
            hasher.write_u8(u8::from(counts));
            hasher.write(text.as_bytes());
            hasher.write_u8(0xff);
        };
        for side in Side::BOTH.into_iter().filter(|&side| self.has(side)) {
            add(self.kind.counts, self.kind.value.as_deref().unwrap_or_default());
            add(self.value_counts(side), self.value.value.as_deref().unwrap_or_default());
            for value in self.ns_error.iter().flatten() {
                add(true, value);
            }
            if let Some(stack) = &self.stack {
                stack.describe(side, &mut add);
            }
        }
        hasher.finish()
    }
}

fn ns_error_values(ns_error: &Value) -> [String; 2] {
    ["domain", "code"].map(|key| match ns_error.get(key) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => "None".to_owned(),
        Some(other) => other.to_string(),
    })
}

/// The exceptions that are hashed, in the order in which they are.
#[derive(Debug)]
pub(super) struct Chain<'a> {
    parts: Vec<ExceptionParts<'a>>,
    chosen: Vec<usize>,
    /// The exception that names the issue, where it is not the last.
    pub main: Option<usize>,
}

impl<'a> Chain<'a> {
    pub(super) fn of(event: &'a Event, rules: &ProjectRules) -> Self {
        let exceptions = &event.exceptions;
        let parts: Vec<_> = exceptions
            .iter()
            .map(|exception| ExceptionParts::of(exception, &event.platform, rules))
            .collect();
        let all = || (0..exceptions.len()).collect::<Vec<_>>();
        let (chosen, main) = choose(event, &parts).unwrap_or_else(|| (all(), None));
        let main =
            main.or_else(|| if chosen.len() > 1 { framework_cause(exceptions, &chosen) } else { None });
        Self { parts, chosen, main }
    }

    pub(super) fn is_present(&self, side: Side) -> bool {
        self.chosen().any(|parts| parts.has(side))
    }

    pub(super) fn contributes(&self, side: Side) -> bool {
        self.chosen().any(|parts| parts.contributes(side))
    }

    pub(super) fn has_stack(&self, side: Side) -> bool {
        self.chosen().any(|parts| parts.has_stack(side))
    }

    pub(super) fn hint(&self, side: Side) -> Option<String> {
        let mut hints = self.chosen().filter_map(|parts| parts.stack.as_ref()?.hint(side));
        hints.next_back().map(str::to_owned)
    }

    pub(super) fn values(&self, side: Side) -> Vec<String> {
        let mut values = Vec::new();
        for parts in self.chosen().filter(|parts| parts.has(side)) {
            parts.push_values(side, &mut values);
        }
        values
    }

    fn chosen(&self) -> impl DoubleEndedIterator<Item = &ExceptionParts<'a>> {
        self.chosen.iter().map(|&index| &self.parts[index])
    }
}

#[derive(Default)]
struct Node {
    exception: Option<usize>,
    children: Vec<usize>,
}

/// Exceptions of a group: its leaves that differ, or one of them where they are all the same.
///
/// Follows Sentry's RFC 79. `None`: not a group, or its tree is broken; then every exception counts.
fn choose(event: &Event, parts: &[ExceptionParts]) -> Option<(Vec<usize>, Option<usize>)> {
    let exceptions = &event.exceptions;
    if exceptions.len() <= 1 {
        return None;
    }
    // Python's SDK 3 began to send trees where 2 sent chains; hashes stay as they were.
    let version = event.sdk.as_ref().map_or("", |sdk| sdk.version.as_str());
    if event.platform == "python" && version.starts_with('3') {
        return None;
    }
    let mut tree: HashMap<u64, Node, foldhash::fast::FixedState> = HashMap::default();
    let mut id_of = vec![0; exceptions.len()];
    for (index, exception) in exceptions.iter().enumerate().rev() {
        let mechanism = exception.mechanism.as_ref()?;
        let id = mechanism.exception_id?;
        if mechanism.parent_id == Some(id) {
            return None;
        }
        let node = tree.entry(id).or_default();
        if node.exception.replace(index).is_some() {
            return None;
        }
        id_of[index] = id;
        if let Some(parent) = mechanism.parent_id {
            tree.entry(parent).or_default().children.push(index);
        }
    }
    let root = tree.get(&0)?.exception?;
    let is_group = |index: usize| {
        let mechanism = exceptions[index].mechanism.as_ref();
        mechanism.is_some_and(|mechanism| mechanism.is_exception_group == Some(true))
    };
    let children = |index: usize| tree.get(&id_of[index]).map_or(&[][..], |node| &node.children);

    let mut leaves = Vec::new();
    let mut open = vec![root];
    // A cycle never ends: each exception can be met once.
    let mut visits = 0;
    while let Some(index) = open.pop() {
        visits += 1;
        if visits > exceptions.len() {
            return None;
        }
        if is_group(index) {
            open.extend(children(index).iter().rev());
        } else {
            leaves.push(index);
        }
    }
    if leaves.is_empty() {
        return None;
    }
    // Python sorts the type `None` as that word; a reversed stable sort keeps equals in their order.
    leaves.sort_by(|&a, &b| type_name(&exceptions[b]).cmp(type_name(&exceptions[a])));
    let mut previous = None;
    leaves.retain(|&index| {
        let signature = Some(parts[index].signature());
        std::mem::replace(&mut previous, signature) != signature
    });
    if let [only] = leaves[..] {
        let mut path = vec![only];
        let mut last = only;
        while let Some(&child) = children(last).first() {
            if path.contains(&child) {
                return None;
            }
            path.push(child);
            last = child;
        }
        return Some((path, Some(only)));
    }
    leaves.push(root);
    Some((leaves, None))
}

fn type_name(exception: &Exception) -> &str {
    exception.kind.as_deref().unwrap_or("None")
}

const REACT_WRAPPERS: [&str; 2] = [
    "There was an error during concurrent rendering but React was able to recover by instead synchronously rendering the entire root.",
    "There was an error while hydrating but React was able to recover by instead client rendering from the nearest Suspense boundary.",
];
const RX_WRAPPERS: [&str; 3] =
    ["OnErrorNotImplementedException", "CompositeException", "UndeliverableException"];

/// The exception inside a wrapper that a framework puts around every error.
fn framework_cause(exceptions: &[Exception], chosen: &[usize]) -> Option<usize> {
    let (first, last) = (&exceptions[*chosen.first()?], &exceptions[*chosen.last()?]);
    let is_react = first.kind.as_deref() == Some("Error")
        && first.value.as_deref().is_some_and(|value| REACT_WRAPPERS.contains(&value));
    if is_react && last.mechanism.as_ref().is_some_and(|m| m.source.as_deref() == Some("cause")) {
        return chosen.last().copied();
    }
    let wrapper = chosen.iter().find(|&&index| {
        let exception = &exceptions[index];
        exception.module.as_deref() == Some("io.reactivex.rxjava3.exceptions")
            && exception.kind.as_deref().is_some_and(|kind| RX_WRAPPERS.contains(&kind))
            && exception.mechanism.as_ref().is_some_and(|m| m.kind == "UncaughtExceptionHandler")
    })?;
    let wrapper = exceptions[*wrapper].mechanism.as_ref()?.exception_id?;
    chosen.iter().copied().find(|&index| {
        let mechanism = exceptions[index].mechanism.as_ref();
        mechanism.is_some_and(|m| m.parent_id == Some(wrapper) && m.exception_id.is_some())
    })
}
