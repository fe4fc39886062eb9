//! Alerts: what rules are judged by is gathered; what was decided becomes messages, with links that answer them, and is
//! sent.

pub mod delivery;
pub mod digests;
pub mod evaluation;
pub mod links;
pub mod messages;
pub mod own;
pub mod names;
pub mod preview;
pub mod slow;
pub mod templates;
