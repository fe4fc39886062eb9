//! Checks a JSON value against a schema of `openapi.json`: the part of JSON Schema that utoipa writes.

use serde_json::Value;

/// What is wrong with `value`, as `path: reason`; empty when it fits.
pub fn misfits(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(document, schema, value, "$", &mut found);
    found
}

fn check(document: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target =
            document.pointer(reference.trim_start_matches('#')).expect("a reference leads somewhere");
        return check(document, target, value, path, found);
    }
    if let Some(parts) = schema["allOf"].as_array() {
        parts.iter().for_each(|part| check(document, part, value, path, found));
    }
    for key in ["oneOf", "anyOf"] {
        let Some(choices) = schema[key].as_array() else { continue };
        let fits = |choice: &Value| misfits(document, choice, value).is_empty();
        if !choices.iter().any(fits) {
            let closest = choices.iter().map(|choice| misfits(document, choice, value)).min_by_key(Vec::len);
            found.push(format!("{path}: fits no choice, closest: {closest:?}"));
        }
    }
    if let Some(allowed) = schema["enum"].as_array() {
        if !allowed.contains(value) {
            found.push(format!("{path}: {value} is not one of {allowed:?}"));
        }
    }
    let is = |kind: &Value| match kind.as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some("null") => value.is_null(),
        _ => true,
    };
    let fits_type = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    };
    if !fits_type {
        return found.push(format!("{path}: {value} is no {}", schema["type"]));
    }
    if let Some(items) = value.as_array() {
        for (index, item) in items.iter().enumerate() {
            let schema = schema["prefixItems"].get(index).unwrap_or(&schema["items"]);
            if schema.is_object() {
                check(document, schema, item, &format!("{path}[{index}]"), found);
            }
        }
    }
    let Some(members) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !members.contains_key(name) {
            found.push(format!("{path}: {name} is missing"));
        }
    }
    for (name, member) in members {
        let path = format!("{path}.{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (known, _) if known.is_object() => check(document, known, member, &path, found),
            (_, further) if further.is_object() => check(document, further, member, &path, found),
            // A closed object whose members are all listed: an answer says no more than is described.
            (_, further) if schema["properties"].is_object() && further.is_null() && !path.contains("._") => {
                found.push(format!("{path}: is not described"));
            }
            _ => {}
        }
    }
}
