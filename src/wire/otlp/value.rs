//! A value of an attribute or a log's body.

use serde::Deserialize;

use crate::wire::otlp::{KeyValue, fields};

/// Deeper lists and maps are null.
const DEPTH_MAX: usize = 16;

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(from = "fields::JsonValue")]
pub struct AnyValue {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Kind {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Bool(bool),
    #[prost(int64, tag = "3")]
    Integer(i64),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(message, tag = "5")]
    List(List),
    #[prost(message, tag = "6")]
    Map(Map),
    #[prost(bytes = "vec", tag = "7")]
    Bytes(Vec<u8>),
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub struct List {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "fields::list")]
    pub values: Vec<AnyValue>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub struct Map {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "fields::list")]
    pub values: Vec<KeyValue>,
}

impl AnyValue {
    /// As JSON says it; bytes as base64, like OTLP's own JSON.
    pub fn into_json(self) -> serde_json::Value {
        json(self, 0)
    }
}

fn json(value: AnyValue, depth: usize) -> serde_json::Value {
    use base64::Engine;
    match value.kind {
        None => serde_json::Value::Null,
        Some(Kind::Text(text)) => text.into(),
        Some(Kind::Bool(bool)) => bool.into(),
        Some(Kind::Integer(number)) => number.into(),
        Some(Kind::Double(number)) => number.into(),
        Some(Kind::Bytes(bytes)) => base64::engine::general_purpose::STANDARD.encode(bytes).into(),
        Some(Kind::List(_) | Kind::Map(_)) if depth == DEPTH_MAX => serde_json::Value::Null,
        Some(Kind::List(list)) => list.values.into_iter().map(|value| json(value, depth + 1)).collect(),
        Some(Kind::Map(map)) => {
            let pairs = map.values.into_iter();
            pairs.map(|pair| (pair.key, json(pair.value.unwrap_or_default(), depth + 1))).collect()
        }
    }
}
