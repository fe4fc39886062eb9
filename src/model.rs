//! Our nouns: plain data that every layer above may name. No I/O, no engine types, no policy.

pub mod account;
pub mod artifact;
pub mod audit;
pub mod event;
pub mod grouping;
pub mod health;
pub mod ids;
pub mod issue;
pub mod issue_change;
pub mod issue_set;
pub mod length;
pub mod merges;
pub mod outcome;
pub mod pattern;
pub mod project;
pub mod query;
pub mod regression;
pub mod release;
pub mod release_order;
pub mod saved_search;
pub mod series;
pub mod short_id;
pub mod source_link;
pub mod version;
pub mod week;
