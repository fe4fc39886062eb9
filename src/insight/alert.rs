//! Whether a rule is met: facts, rule and now in, a decision with its reason out. Pure: nothing here reads a clock or a
//! store, and each bound stands beside why it is what it is. Times are the events' own, counted by the minute and by
//! the hour.

pub mod baseline;
pub mod chance;
pub mod spike;
pub mod words;
