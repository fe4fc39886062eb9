//! From what is known of an issue to an answer that can be held against it: facts with ids, without secrets, within a model's room
//! (`evidence`, `redact`, `tokens`); how they are put to a model (`prompts`); and what of its answer stands on them (`cite`).

pub mod agent;
pub mod cite;
pub mod evidence;
pub mod prompts;
pub mod redact;
pub mod tokens;
