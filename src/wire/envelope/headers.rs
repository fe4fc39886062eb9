//! The headers of an envelope and of its items: the keys we act on. Others are passed over.

use jiff::Timestamp;
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

fn lenient_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_str().and_then(|text| text.parse().ok()))
}
