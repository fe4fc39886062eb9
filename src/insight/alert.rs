//! What rules are met by, and what people are told of it. Pure: facts, rule and time in, decision and its reason out.

pub mod digest_times;
pub mod incident;
pub mod wishes;
