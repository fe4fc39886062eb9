//! Identifiers. Each is its own type, so that a project's number is never taken for an issue's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

numeric_id!(
    /// A project. Counted from 1 in the order in which projects were made.
    ProjectId
);
numeric_id!(
    /// An issue, unique in the whole instance.
    IssueId
);
numeric_id!(
    /// A person's account.
    AccountId
);
numeric_id!(
    /// A release, in the order in which they were first heard of.
    ReleaseId
);
numeric_id!(
    /// A repository of source code.
    RepositoryId
);
numeric_id!(
    /// A rule of what is told to whom.
    RuleId
);
numeric_id!(
    /// An alert: a rule that was met by something, once.
    AlertId
);
numeric_id!(
    /// An incident, in the order in which they were opened.
    IncidentId
);
numeric_id!(
    /// Where messages go that are no person's mail: a webhook, a channel.
    TargetId
);
numeric_id!(
    /// A message to one recipient.
    NotificationId
);
numeric_id!(
    /// An event's place in the order in which events were recorded; also its key in a partition.
    EventSeq
);

macro_rules! sixteen_bytes {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidHex;
            /// Takes 32 hexadecimal digits in either case; dashes are passed over.
            fn from_str(text: &str) -> Result<Self, InvalidHex> {
                let mut bytes = [0u8; 16];
                let mut digits = 0;
                for digit in text.bytes().filter(|&b| b != b'-') {
                    let value = char::from(digit).to_digit(16).ok_or(InvalidHex)?;
                    let slot = bytes.get_mut(digits / 2).ok_or(InvalidHex)?;
                    *slot = (*slot << 4) | u8::try_from(value).map_err(|_| InvalidHex)?;
                    digits += 1;
                }
                if digits == 32 { Ok(Self(bytes)) } else { Err(InvalidHex) }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Not 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 32 hexadecimal digits")]
pub struct InvalidHex;

sixteen_bytes!(
    /// An event's id as its SDK made it; shown as 32 lower-case hexadecimal digits.
    EventId
);
sixteen_bytes!(
    /// An MD5 over the values that make two events the same; equal to Sentry's own.
    GroupHash
);
sixteen_bytes!(
    /// The public part of a DSN.
    PublicKey
);

sixteen_bytes!(
    /// A trace's id, the same in W3C's `traceparent`, `sentry-trace` and OTLP.
    TraceId
);

/// A span's id, unique in its trace; shown as 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(pub [u8; 8]);

/// Not 16 hexadecimal digits, or all zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 16 hexadecimal digits that are not all zero")]
pub struct InvalidSpanId;

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SpanId {
    type Err = InvalidSpanId;
    fn from_str(text: &str) -> Result<Self, InvalidSpanId> {
        let mut bytes = [0u8; 8];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidSpanId)?;
        if bytes == [0; 8] { Err(InvalidSpanId) } else { Ok(Self(bytes)) }
    }
}

impl Serialize for SpanId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

numeric_id!(
    /// A transaction: one name of work in one project, whose durations and failures are counted together.
    TransactionId
);

#[cfg(test)]
mod tests {
    use super::EventId;

    #[test]
    fn event_ids_read_with_and_without_dashes() {
        let plain: EventId = "fc6d8c0c43fc4630ad850ee518f1b9d0".parse().expect("plain");
        let dashed: EventId = "FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0".parse().expect("dashed");
        assert_eq!(plain, dashed);
        assert_eq!(plain.to_string(), "fc6d8c0c43fc4630ad850ee518f1b9d0");
        for bad in ["", "fc6d", "zz6d8c0c43fc4630ad850ee518f1b9d0", "fc6d8c0c43fc4630ad850ee518f1b9d0a"] {
            assert!(bad.parse::<EventId>().is_err(), "{bad}");
        }
    }
}
