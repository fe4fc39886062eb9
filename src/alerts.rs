//! From what happened to who is told.

pub mod evaluation;
