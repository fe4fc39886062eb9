//! From what happened to who is told: what rules are judged by is gathered, what was decided is written in each channel's
//! form, and sent until it arrives.

pub mod delivery;
pub mod messages;
