//! What the program did before.

use serde_json::Value;

use crate::digest::normalize::bound;
use crate::digest::normalize::fields::{self, Limit, SYMBOL};
use crate::digest::normalize::level;
use crate::digest::normalize::notes::At;
use crate::digest::normalize::time;
use crate::model::event::Breadcrumb;

const MESSAGE: Limit = Limit::new(8192, 0);
/// SDKs keep 100 by default; the newest stay.
const BREADCRUMBS_MAX: usize = 500;

/// Oldest first.
pub fn breadcrumbs(value: Value, at: &At) -> Vec<Breadcrumb> {
    let mut items = fields::values(value, at);
    let surplus = items.len().saturating_sub(BREADCRUMBS_MAX);
    if surplus > 0 {
        at.too_long(format!("the oldest {surplus} breadcrumbs were left out"));
        items.drain(..surplus);
    }
    let mut crumbs = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        crumbs.extend(breadcrumb(item, &at.index(index)));
    }
    crumbs
}

fn breadcrumb(value: Value, at: &At) -> Option<Breadcrumb> {
    let map = fields::object(value, at)?;
    let mut crumb = Breadcrumb::default();
    for (key, value) in map.into_iter().filter(|(_, value)| !value.is_null()) {
        let at = at.key(&key);
        match key.as_str() {
            "timestamp" => crumb.timestamp = time::timestamp(&value, &at),
            "type" => crumb.kind = fields::text(value, SYMBOL, &at),
            "ty" if crumb.kind.is_none() => crumb.kind = fields::text(value, SYMBOL, &at),
            "category" => crumb.category = fields::text(value, SYMBOL, &at),
            "level" => crumb.level = level::level(&value, &at),
            "message" => crumb.message = fields::json_text(value, MESSAGE, &at),
            "data" => crumb.data = data(value, &at),
            "event_id" => crumb.event_id = fields::text(value, SYMBOL, &at),
            _ => {}
        }
    }
    (crumb != Breadcrumb::default()).then_some(crumb)
}

/// Old PHP SDKs send an empty list for no data; a bare text or list is kept under `value`.
fn data(value: Value, at: &At) -> crate::model::event::Object {
    let map = match value {
        Value::Object(map) => map,
        Value::Null => return crate::model::event::Object::new(),
        Value::Array(items) if items.is_empty() => return crate::model::event::Object::new(),
        other => std::iter::once(("value".to_owned(), other)).collect(),
    };
    bound::object(map, bound::SMALL, at)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{BREADCRUMBS_MAX, breadcrumbs};
    use crate::digest::normalize::notes::{At, Notes};
    use crate::model::event::{Breadcrumb, Level};

    fn read(value: Value) -> Vec<Breadcrumb> {
        let notes = Notes::default();
        breadcrumbs(value, &At::root(&notes))
    }

    #[test]
    fn reads_what_old_and_new_sdks_send() {
        let crumb = json!({"ty": "http", "type": null, "category": "xhr", "level": "warn", "message": null,
            "timestamp": 1_700_000_000, "data": {"url": "/a"}});
        for value in [json!([crumb]), json!({"values": [crumb]}), crumb.clone(), json!([3, crumb, null, {}])]
        {
            let found = read(value);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].kind.as_deref(), Some("http"));
            assert_eq!(found[0].level, Some(Level::Warning));
            assert_eq!(found[0].message, None);
            assert_eq!(found[0].data["url"], json!("/a"));
            assert!(found[0].timestamp.is_some());
        }
        assert_eq!(read(json!([{"message": "m", "data": []}]))[0].data.len(), 0);
        assert_eq!(read(json!([{"message": "m", "data": "d"}]))[0].data["value"], json!("d"));
        assert_eq!(read(json!([{"message": {"a": 1}}]))[0].message.as_deref(), Some("{\"a\":1}"));
    }

    #[test]
    fn the_newest_stay() {
        let many: Vec<Value> = (0..10_000).map(|i| json!({"message": i})).collect();
        let found = read(json!(many));
        assert_eq!(found.len(), BREADCRUMBS_MAX);
        assert_eq!(found[BREADCRUMBS_MAX - 1].message.as_deref(), Some("9999"));
    }
}
