//! Alerts: what was decided becomes messages in each channel's form, and the links in them that answer.

pub mod links;
pub mod messages;
