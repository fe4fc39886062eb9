//! Checks a JSON value against a schema of `openapi.json`: the part of JSON Schema that utoipa writes.

use serde_json::Value;

/// What is wrong with `value`, as `path: reason`; empty when it fits and says no more than is described.
pub fn misfits(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(document, schema, value, "$", &mut found);
    undescribed(document, schema, value, "$", &mut found);
    found
}

fn check(document: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    let schema = resolved(document, schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(document, part, value, path, found);
    }
    for key in ["oneOf", "anyOf"] {
        let Some(choices) = schema[key].as_array() else { continue };
        let wrong = |choice: &Value| misfits(document, choice, value);
        let closest = choices.iter().map(wrong).min_by_key(Vec::len).unwrap_or_default();
        if !closest.is_empty() {
            found.push(format!("{path}: fits no choice, closest: {closest:?}"));
        }
    }
    if let Some(allowed) = schema["enum"].as_array().filter(|allowed| !allowed.contains(value)) {
        found.push(format!("{path}: {value} is not one of {allowed:?}"));
    }
    if !has_type(&schema["type"], value) {
        return found.push(format!("{path}: {value} is no {}", schema["type"]));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        let schema = schema["prefixItems"].get(index).unwrap_or(&schema["items"]);
        if schema.is_object() {
            check(document, schema, item, &format!("{path}[{index}]"), found);
        }
    }
    let Some(members) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !members.contains_key(name) {
            found.push(format!("{path}: {name} is missing"));
        }
    }
    for (name, member) in members {
        let known = &schema["properties"][name];
        let schema = if known.is_object() { known } else { &schema["additionalProperties"] };
        if schema.is_object() {
            let path = format!("{path}.{name}");
            check(document, schema, member, &path, found);
            undescribed(document, schema, member, &path, found);
        }
    }
}

fn has_type(named: &Value, value: &Value) -> bool {
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
    named.as_array().map_or_else(|| is(named), |kinds| kinds.iter().any(is))
}

/// Names members that no part of the schema lists, of the value or of its items.
fn undescribed(document: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    let schema = resolved(document, schema);
    let (schema, rows) = match value.as_array() {
        Some(rows) => (&schema["items"], rows.as_slice()),
        None => (schema, std::slice::from_ref(value)),
    };
    for name in rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys()) {
        if describes(document, schema, name) == Some(false) {
            found.push(format!("{path}: {name} is not described"));
        }
    }
}

/// `None`: the schema says nothing about members, so all are welcome.
fn describes(document: &Value, schema: &Value, name: &str) -> Option<bool> {
    let schema = resolved(document, schema);
    if schema["additionalProperties"].is_object() {
        return None;
    }
    let own = schema["properties"].as_object().map(|properties| properties.contains_key(name));
    let parts = ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten();
    parts.map(|part| describes(document, part, name)).chain([own]).flatten().reduce(|a, b| a || b)
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(place) => document.pointer(place.trim_start_matches('#')).expect("a reference leads somewhere"),
        None => schema,
    }
}

#[test]
fn the_checker_refuses_what_does_not_fit() {
    let document = serde_json::json!({"components": {
        "Name": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        "Both": {"allOf": [{"$ref": "#/components/Name"}, {"type": "object", "properties": {"age": {"type": ["integer", "null"]}}}]},
    }});
    let schema = serde_json::json!({"type": "array", "items": {"$ref": "#/components/Both"}});
    let wrong = |text: &str| misfits(&document, &schema, &serde_json::from_str(text).expect("JSON")).len();
    assert_eq!(wrong(r#"[{"name": "a"}, {"name": "b", "age": null}]"#), 0);
    assert_eq!(wrong(r#"[{"age": 1}]"#), 1, "a member is missing");
    assert_eq!(wrong(r#"[{"name": 1}]"#), 1, "of another type");
    assert_eq!(wrong(r#"[{"name": "a", "more": 1}]"#), 1, "not described");
    assert_eq!(wrong(r#"{"name": "a"}"#), 1, "no list");
}
