//! From what happened to who is told: messages in each channel's form, and the links that answer them.

pub mod messages;
