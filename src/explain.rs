//! From what is known of an issue to an answer that can be held against it: facts with ids, without secrets, within a model's room
//! (`evidence`, `redact`, `tokens`); how they are put to a model (`prompts`) and asked (`ask`, `conversation`, `automatic`); what it
//! said (`answer`); and what of that stands on the facts (`cite`).

pub mod agent;
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
