//! Exceptions and threads.

use serde_json::Value;

use crate::digest::normalize::bound;
use crate::digest::normalize::fields::{self, Limit, MESSAGE, NAME, SYMBOL};
use crate::digest::normalize::notes::At;
use crate::digest::normalize::stack;
use crate::model::event::{Exception, Mechanism, Stacktrace, Thread};

/// Longer chains and process dumps are cut; the outermost exceptions and the first threads stay.
const EXCEPTIONS_MAX: usize = 50;
const THREADS_MAX: usize = 256;
const DESCRIPTION: Limit = Limit::new(1024, 0);

/// Root cause first. `sole` is the event's own stack trace, which belongs to the one exception without any;
/// what could not be given away is left there.
pub fn exceptions(value: Value, sole: &mut Option<Stacktrace>, at: &At) -> Vec<Exception> {
    let mut items = fields::values(value, at);
    let surplus = items.len().saturating_sub(EXCEPTIONS_MAX);
    if surplus > 0 {
        at.too_long(format!("{surplus} exceptions nearest the root cause were left out"));
        items.drain(..surplus);
    }
    let mut exceptions = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        exceptions.extend(exception(item, &at.index(index)));
    }
    if let [only] = exceptions.as_mut_slice()
        && only.stacktrace.is_none()
    {
        only.stacktrace = sole.take();
    }
    exceptions
}

fn exception(value: Value, at: &At) -> Option<Exception> {
    let map = fields::object(value, at)?;
    let mut exception = Exception::default();
    for (key, value) in map.into_iter().filter(|(_, value)| !value.is_null()) {
        let at = at.key(&key);
        match key.as_str() {
            "type" => exception.kind = fields::text(value, NAME, &at),
            "value" => exception.value = fields::json_text(value, MESSAGE, &at),
            "module" => exception.module = fields::text(value, NAME, &at),
            "thread_id" => exception.thread_id = thread_id(value, &at),
            "mechanism" => exception.mechanism = mechanism(value, &at),
            "stacktrace" | "sentry.interfaces.Stacktrace" => {
                exception.stacktrace = stack::stacktrace(value, &at);
            }
            "raw_stacktrace" => exception.raw_stacktrace = stack::stacktrace(value, &at),
            _ => {}
        }
    }
    split_type(&mut exception);
    // Relay drops it even with a stack; but an exception whose texts a sender took out still says where it was.
    if exception.kind.is_none() && exception.value.is_none() && exception.stacktrace.is_none() {
        at.note("missing_attribute", "an exception needs a type or a value", None);
        return None;
    }
    Some(exception)
}

/// A value `Foo: bar` without a type is type `Foo`, value `bar`.
fn split_type(exception: &mut Exception) {
    let Some(value) = exception.value.as_deref().filter(|_| exception.kind.is_none()) else { return };
    let Some((kind, rest)) = value.split_once(':') else { return };
    let is_word = !kind.is_empty() && kind.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_word && !rest.contains('\n') {
        let rest = rest.trim();
        let (kind, rest) = (kind.to_owned(), (!rest.is_empty()).then(|| rest.to_owned()));
        exception.kind = Some(kind);
        exception.value = rest;
    }
}

fn mechanism(value: Value, at: &At) -> Option<Mechanism> {
    let map = fields::object(value, at)?;
    if map.is_empty() {
        return None;
    }
    let mut mechanism = Mechanism::default();
    for (key, value) in map {
        let at = at.key(&key);
        match key.as_str() {
            "type" => mechanism.kind = fields::text(value, SYMBOL, &at).unwrap_or_default(),
            "description" => mechanism.description = fields::text(value, DESCRIPTION, &at),
            "help_link" => mechanism.help_link = fields::text(value, DESCRIPTION, &at),
            "handled" => mechanism.handled = fields::flag(&value, &at),
            "synthetic" => mechanism.synthetic = fields::flag(&value, &at),
            "exception_id" => mechanism.exception_id = fields::count(&value, &at),
            "parent_id" => mechanism.parent_id = fields::count(&value, &at),
            "is_exception_group" => mechanism.is_exception_group = fields::flag(&value, &at),
            "source" => mechanism.source = fields::text(value, NAME, &at),
            "data" => {
                let data = fields::object(value, &at);
                mechanism.data = data.map(|map| bound::object(map, bound::SMALL, &at)).unwrap_or_default();
            }
            "meta" => {
                let meta = fields::object(value, &at);
                mechanism.meta = meta.map(|map| bound::object(map, bound::SMALL, &at)).unwrap_or_default();
            }
            _ => {}
        }
    }
    Some(mechanism)
}

fn thread_id(value: Value, at: &At) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Number(_) => Some(value),
        Value::String(text) => Some(Value::String(fields::cut(text, SYMBOL, at))),
        other => {
            at.invalid("expected a number or a string", &other);
            None
        }
    }
}

pub fn threads(value: Value, at: &At) -> Vec<Thread> {
    let mut items = fields::values(value, at);
    if items.len() > THREADS_MAX {
        at.too_long(format!("{} threads were left out", items.len() - THREADS_MAX));
        items.truncate(THREADS_MAX);
    }
    let mut threads = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        threads.extend(thread(item, &at.index(index)));
    }
    threads
}

fn thread(value: Value, at: &At) -> Option<Thread> {
    let map = fields::object(value, at)?;
    let mut thread = Thread::default();
    for (key, value) in map {
        let at = at.key(&key);
        match key.as_str() {
            "id" => thread.id = thread_id(value, &at),
            "name" => thread.name = fields::scalar_text(value, NAME, &at),
            "crashed" => thread.crashed = fields::flag(&value, &at),
            "current" => thread.current = fields::flag(&value, &at),
            "main" => thread.main = fields::flag(&value, &at),
            "state" => thread.state = fields::text(value, SYMBOL, &at),
            "stacktrace" => thread.stacktrace = stack::stacktrace(value, &at),
            "raw_stacktrace" => thread.raw_stacktrace = stack::stacktrace(value, &at),
            _ => {}
        }
    }
    Some(thread)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::exceptions;
    use crate::digest::normalize::notes::{At, Notes};
    use crate::model::event::Exception;

    fn read(value: Value) -> Vec<Exception> {
        let notes = Notes::default();
        exceptions(value, &mut None, &At::root(&notes))
    }

    fn check(value: Value, expected: &[(Option<&str>, Option<&str>)]) {
        let shown = value.to_string();
        let found = read(value);
        let found: Vec<_> = found.iter().map(|e| (e.kind.as_deref(), e.value.as_deref())).collect();
        assert_eq!(found, expected, "{shown}");
    }

    #[test]
    fn lists_of_every_shape() {
        let one = [(Some("E"), Some("v"))];
        check(json!([{"type": "E", "value": "v"}]), &one);
        check(json!({"values": [{"type": "E", "value": "v"}]}), &one);
        check(json!({"type": "E", "value": "v"}), &one);
        check(json!({"values": {"type": "E", "value": "v"}}), &one);
        check(json!([null, {"type": "E", "value": "v"}, 3]), &one);
        check(json!({"values": null}), &[]);
        check(json!("boom"), &[]);
    }

    #[test]
    fn types_and_values() {
        check(json!([{"value": "Foo: bar"}]), &[(Some("Foo"), Some("bar"))]);
        check(json!([{"type": "", "value": "Foo:bar: baz"}]), &[(Some("Foo"), Some("bar: baz"))]);
        check(json!([{"value": "could not: open"}]), &[(None, Some("could not: open"))]);
        check(json!([{"type": "E", "value": "Foo: bar"}]), &[(Some("E"), Some("Foo: bar"))]);
        check(json!([{"type": "E", "value": {"a": 1}}]), &[(Some("E"), Some("{\"a\":1}"))]);
        check(json!([{"type": "E", "value": 7}]), &[(Some("E"), Some("7"))]);
        check(json!([{"type": "", "value": ""}, {}]), &[]);
        check(json!([{"stacktrace": {"frames": [{"function": "f"}]}}]), &[(None, None)]);
    }

    #[test]
    fn a_null_takes_nothing_from_its_alias() {
        let stack = json!({"frames": [{"function": "f"}]});
        for (full, empty) in
            [("stacktrace", "sentry.interfaces.Stacktrace"), ("sentry.interfaces.Stacktrace", "stacktrace")]
        {
            let found = read(json!([{"type": "E", full: stack, empty: null}]));
            assert!(found[0].stacktrace.is_some(), "{full}");
        }
    }

    #[test]
    fn long_values_are_cut() {
        let found = read(json!([{"type": "E", "value": "x".repeat(5_000_000)}]));
        assert_eq!(found[0].value.as_ref().expect("a value").len(), 8_192);
        let found = read(json!([{"type": "E", "value": "x".repeat(8_392)}]));
        assert_eq!(found[0].value.as_ref().expect("a value").len(), 8_392);
    }
}
