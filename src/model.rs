//! Our nouns: plain data that every layer above may name. No I/O, no engine types, no policy.

pub mod account;
pub mod audit;
pub mod event;
pub mod grouping;
pub mod ids;
pub mod issue;
pub mod outcome;
pub mod project;
pub mod query;
pub mod series;
pub mod week;
