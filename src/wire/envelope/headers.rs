//! The headers of an envelope and of its items: the keys we act on. Others are passed over.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::model::ids::EventId;
use crate::wire::envelope::dsn::Dsn;
use crate::wire::envelope::item_type::ItemType;

/// A key that appears twice, and an `event_id` or `dsn` that is none, refuse the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Headers {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    #[serde(default, skip_serializing)]
    pub dsn: Option<Dsn>,
    /// When the SDK sent it, by its own clock. Anything but RFC 3339 counts as absent.
    #[serde(default, deserialize_with = "lenient_time", skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// What the SDK knows of the trace that all of it belongs to.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceHeaders>,
}

/// The dynamic sampling context, as far as it is used; anything but texts and numbers counts as absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceHeaders {
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub sample_rate: Option<String>,
}

/// How old SDKs say at which rate a transaction was sampled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SampleRate {
    #[serde(deserialize_with = "lenient_text", skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
}

/// Text that is kept to be shown or matched; numbers that the grammar and the limits need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemHeaders {
    #[serde(rename = "type")]
    pub ty: ItemType,
    /// Payload bytes as declared; absent where the payload ends at the next newline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment_type: Option<String>,
    /// How many things a container holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_count: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Of a trace attachment: bytes of JSON before the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta_length: Option<u64>,
    /// Of a security report: from its URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentry_release: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentry_environment: Option<String>,
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub sample_rates: Option<Vec<SampleRate>>,
}

impl ItemHeaders {
    pub fn new(ty: ItemType) -> Self {
        Self {
            ty,
            length: None,
            content_type: None,
            filename: None,
            attachment_type: None,
            item_count: None,
            platform: None,
            meta_length: None,
            sentry_release: None,
            sentry_environment: None,
            sample_rates: None,
        }
    }

    pub(crate) fn with_length(&self, payload_bytes: usize) -> Self {
        Self { length: Some(payload_bytes as u64), ..self.clone() }
    }

    /// Attachments are `event.attachment` where they do not say otherwise.
    pub fn attachment_kind(&self) -> &str {
        self.attachment_type.as_deref().unwrap_or("event.attachment")
    }
}

fn lenient<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

fn lenient_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn lenient_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_str().and_then(|text| text.parse().ok()))
}
