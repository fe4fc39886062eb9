//! Alerts: facts, a rule and a time in; what is told, and why, out.

pub mod digest_times;
pub mod wishes;
