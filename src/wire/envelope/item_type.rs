//! The item types that SDKs send.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! item_types {
    ($($variant:ident => $name:literal),* $(,)?) => {
        /// An item's `type`. Types of later protocols are `Unknown` and never an error.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum ItemType {
            $($variant,)*
            Unknown(Box<str>),
        }

        impl ItemType {
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Unknown(name) => name,
                }
            }
        }

        impl From<&str> for ItemType {
            fn from(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)*
                    other => Self::Unknown(other.into()),
                }
            }
        }

        #[cfg(test)]
        pub(super) const NAMES: &[&str] = &[$($name),*];
    };
}

item_types! {
    Event => "event",
    Transaction => "transaction",
    Security => "security",
    RawSecurity => "raw_security",
    Nel => "nel",
    Attachment => "attachment",
    FormData => "form_data",
    UnrealReport => "unreal_report",
    UserReport => "user_report",
    Feedback => "feedback",
    Session => "session",
    Sessions => "sessions",
    ClientReport => "client_report",
    CheckIn => "check_in",
    Span => "span",
    Log => "log",
    OtelLog => "otel_log",
    TraceMetric => "trace_metric",
    Statsd => "statsd",
    MetricMeta => "metric_meta",
    Profile => "profile",
    ProfileChunk => "profile_chunk",
    ReplayEvent => "replay_event",
    ReplayRecording => "replay_recording",
    ReplayVideo => "replay_video",
    Integration => "integration",
}

impl fmt::Display for ItemType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ItemType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ItemType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Ok(Self::from(name.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::{ItemType, NAMES};

    #[test]
    fn names_go_both_ways() {
        for name in NAMES.iter().chain(&["from_the_future"]) {
            assert_eq!(ItemType::from(*name).as_str(), *name);
        }
    }
}
