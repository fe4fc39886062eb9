//! Contexts, the SDK's own description, loaded modules and debug images.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::digest::normalize::bound;
use crate::digest::normalize::fields::{self, Limit, NAME, SYMBOL};
use crate::digest::normalize::notes::At;
use crate::model::event::{Object, Sdk};

const CONTEXTS_MAX: usize = 100;
const CONTEXT_NAME_CHARS_MAX: usize = 200;
const MODULES_MAX: usize = 2_000;
const IMAGES_MAX: usize = 2_000;
const INTEGRATIONS_MAX: usize = 200;
const PACKAGES_MAX: usize = 200;
const INTEGRATION: Limit = Limit::new(128, 0);

/// Any object is kept under the name it was sent with, whatever it holds.
pub fn contexts(value: Value, at: &At) -> Object {
    let mut contexts = Object::new();
    for (name, value) in fields::object(value, at).unwrap_or_default() {
        let at = at.key(&name);
        let Some(map) = fields::object(value, &at).filter(|map| !map.is_empty()) else { continue };
        if contexts.len() == CONTEXTS_MAX || name.chars().count() > CONTEXT_NAME_CHARS_MAX {
            at.too_long(format!("at most {CONTEXTS_MAX} contexts, of {CONTEXT_NAME_CHARS_MAX} characters"));
            continue;
        }
        let context = bound::value(Value::Object(map), bound::CONTEXT, &at);
        contexts.insert(name, context);
    }
    contexts
}

pub fn sdk(value: Value, at: &At) -> Option<Sdk> {
    let map = fields::object(value, at)?;
    let mut sdk = Sdk::default();
    for (key, value) in map {
        let at = at.key(&key);
        match key.as_str() {
            "name" => sdk.name = fields::text(value, NAME, &at).unwrap_or_default(),
            "version" => sdk.version = fields::text(value, NAME, &at).unwrap_or_default(),
            "integrations" => {
                let names = fields::list(value, &at).into_iter().take(INTEGRATIONS_MAX);
                sdk.integrations = names.filter_map(|name| fields::text(name, INTEGRATION, &at)).collect();
            }
            "packages" => {
                let packages = fields::list(value, &at).into_iter().filter(Value::is_object);
                let packages = packages.take(PACKAGES_MAX);
                sdk.packages = packages.map(|package| bound::value(package, bound::SMALL, &at)).collect();
            }
            "settings" => {
                let settings = fields::object(value, &at);
                sdk.settings = settings.map(|map| bound::object(map, bound::SMALL, &at)).unwrap_or_default();
            }
            _ => {}
        }
    }
    (sdk != Sdk::default()).then_some(sdk)
}

/// Name to version, as a map or a list of pairs.
pub fn modules(value: Value, at: &At) -> BTreeMap<String, String> {
    let map = fields::object(value, at).unwrap_or_default();
    if map.len() > MODULES_MAX {
        at.too_long(format!("{} modules were left out", map.len() - MODULES_MAX));
    }
    let named = map.into_iter().take(MODULES_MAX).map(|(name, version)| {
        let version = fields::scalar_text(version, SYMBOL, &at.key(&name)).unwrap_or_default();
        (fields::cut(name, NAME, at), version)
    });
    named.collect()
}

/// `debug_meta.images`. Old names are read too: `id` is the debug id, `name` the code file.
pub fn debug_images(value: Value, at: &At) -> Vec<Object> {
    let Some(mut map) = fields::object(value, at) else { return Vec::new() };
    let images = fields::list(map.remove("images").unwrap_or_default(), &at.key("images"));
    if images.len() > IMAGES_MAX {
        at.too_long(format!("{} images were left out", images.len() - IMAGES_MAX));
    }
    let images = images.into_iter().take(IMAGES_MAX).enumerate();
    images.filter_map(|(index, image)| debug_image(image, &at.index(index))).collect()
}

fn debug_image(value: Value, at: &At) -> Option<Object> {
    let mut map = fields::object(value, at)?;
    for (old, new) in [("id", "debug_id"), ("name", "code_file")] {
        if map.get(new).is_none_or(Value::is_null)
            && let Some(value) = map.remove(old)
        {
            map.insert(new.to_owned(), value);
        }
    }
    Some(bound::object(map, bound::SMALL, at)).filter(|image| !image.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{contexts, debug_images, modules, sdk};
    use crate::digest::normalize::notes::{At, Notes};

    #[test]
    fn contexts_are_objects() {
        let notes = Notes::default();
        let found = contexts(
            json!({"os": {"name": "Linux"}, "none": null, "bad": "x", "empty": {}, "own": {"a": [1]}}),
            &At::root(&notes),
        );
        assert_eq!(Value::from_iter(found), json!({"os": {"name": "Linux"}, "own": {"a": [1]}}));
        assert_eq!(notes.into_vec().len(), 1);
    }

    #[test]
    fn images_modules_and_sdk() {
        let notes = Notes::default();
        let at = At::root(&notes);
        let images = debug_images(
            json!({"images": [{"type": "elf", "id": "1", "name": "/bin/a", "code_file": null}, 3]}),
            &at,
        );
        assert_eq!(json!(images), json!([{"type": "elf", "debug_id": "1", "code_file": "/bin/a"}]));
        assert_eq!(
            json!(modules(json!({"a": "1", "b": 2, "c": null}), &at)),
            json!({"a": "1", "b": "2", "c": ""})
        );
        let found = sdk(json!({"name": "s", "version": "1", "integrations": ["a", 3, null]}), &at);
        assert_eq!(found.expect("an sdk").integrations, ["a"]);
        assert_eq!(sdk(json!({}), &at), None);
    }
}
