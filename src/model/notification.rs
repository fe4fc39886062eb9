//! Messages on their way: where they go, what becomes of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::ids::{AccountId, AlertId, IncidentId, NotificationId, TargetId};

/// A channel that is no person's mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub id: TargetId,
    pub name: String,
    pub kind: TargetKind,
    pub url: String,
    /// What a webhook's body is signed with; a pager's routing key; Telegram's chat; ntfy's access token. Never shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    pub enabled: bool,
    pub created: Timestamp,
    pub created_by: Option<AccountId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = NotificationTargetType)]
pub enum TargetKind {
    Webhook,
    Slack,
    Discord,
    /// Microsoft Teams.
    #[serde(alias = "msteams")]
    Teams,
    Telegram,
    Mattermost,
    PagerDuty,
    Ntfy,
}

impl TargetKind {
    pub const ALL: [Self; 8] = [
        Self::Webhook,
        Self::Slack,
        Self::Discord,
        Self::Teams,
        Self::Telegram,
        Self::Mattermost,
        Self::PagerDuty,
        Self::Ntfy,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::Teams => "teams",
            Self::Telegram => "telegram",
            Self::Mattermost => "mattermost",
            Self::PagerDuty => "pagerduty",
            Self::Ntfy => "ntfy",
        }
    }

    /// Programs are told of every step at once; people of what they can act on, together.
    pub fn is_program(self) -> bool {
        matches!(self, Self::Webhook | Self::PagerDuty)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Recipient {
    /// By mail.
    Person {
        account: AccountId,
    },
    Target {
        target: TargetId,
    },
}

/// One message to one recipient: a row of the outbox, and afterwards of the history of deliveries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    pub id: NotificationId,
    /// The same for every try, whatever happens in between: `Idempotency-Key`, and the left part of a mail's `Message-ID`.
    pub key: String,
    pub recipient: Recipient,
    pub about: About,
    pub decided: Timestamp,
    /// Not tried before.
    pub due: Timestamp,
    pub attempts: u32,
    pub state: DeliveryState,
    /// When it was taken over, or given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// What was answered last that was no success, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a message tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum About {
    Incident {
        incident: IncidentId,
        step: Step,
        /// The alerts that it tells of.
        alerts: Vec<AlertId>,
    },
    /// What happened in a person's projects between the two.
    Digest { from: Timestamp, to: Timestamp },
    /// Somebody pressed the button.
    Test,
}

/// What became of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = IncidentStep)]
pub enum Step {
    Opened,
    /// More alerts of no higher severity joined.
    Joined,
    /// It is more severe than was told before.
    Raised,
    Acknowledged,
    Reopened,
    Resolved,
}

impl Step {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Joined => "joined",
            Self::Raised => "raised",
            Self::Acknowledged => "acknowledged",
            Self::Reopened => "reopened",
            Self::Resolved => "resolved",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    Waiting,
    Delivered,
    /// It was tried as often as is tried: a dead letter. It can be sent again.
    Failed,
    /// There was no need any more, or no way: see the reason.
    Dropped,
}

impl DeliveryState {
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Delivered, Self::Failed, Self::Dropped];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    Delivered,
    /// Try again then.
    Later {
        due: Timestamp,
        reason: String,
    },
    Failed {
        reason: String,
    },
    Dropped {
        reason: String,
    },
}
