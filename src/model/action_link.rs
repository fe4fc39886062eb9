//! Links in messages that act without signing in: once, for a few days, and only when their form is sent.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::model::ids::{IncidentId, NotificationId};
use crate::model::incident::Actor;
use crate::model::notification::Recipient;

/// After its message was decided on.
pub const LINK_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a link does, to what, and in whose name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionLink {
    pub notification: NotificationId,
    pub incident: IncidentId,
    pub recipient: Recipient,
    pub action: LinkAction,
    /// To the second.
    pub expires: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkAction {
    Acknowledge,
    Mute,
    /// To the person that the message went to.
    Assign,
    Resolve,
}

impl LinkAction {
    pub const ALL: [Self; 4] = [Self::Acknowledge, Self::Mute, Self::Assign, Self::Resolve];
}

/// That a link was used: it is not used again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedLink {
    pub notification: NotificationId,
    pub action: LinkAction,
    pub expires: Timestamp,
    pub by: Actor,
    pub at: Timestamp,
}
