//! What rules are met by, and what people are told of it. Pure: facts, rule and time in, decision and its reason out. Each
//! bound stands beside why it is what it is; times are the events' own, counted by the minute and by the hour.

pub mod baseline;
pub mod chance;
pub mod clock;
pub mod digest_times;
pub mod incident;
pub mod own;
pub mod release;
pub mod silence;
pub mod spike;
pub mod templates;
pub mod transaction;
pub mod wishes;
pub mod words;
