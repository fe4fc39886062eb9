//! Alerts: what rules are judged by is gathered; what was decided becomes messages, with links that answer them, and is
//! sent.

pub mod delivery;
pub mod evaluation;
pub mod links;
pub mod messages;
pub mod names;
pub mod preview;
pub mod rule_templates;
pub mod slow;
pub mod templates;
