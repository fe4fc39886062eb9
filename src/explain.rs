//! From what is known of an issue to an answer that can be held against it.

pub mod answer;
pub mod ask;
pub mod automatic;
pub mod budget;
pub mod cite;
pub mod conversation;
pub mod evidence;
pub mod prompts;
pub mod redact;
pub mod run;
pub mod stale;
pub mod tokens;
pub mod tools;
