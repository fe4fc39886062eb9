//! Facts in, findings out: whether an issue is back, whether a release is healthy, who may have broken it. Pure: no
//! I/O, no clock, and every bound stands beside the reason for it.

pub mod alert;
pub mod escalation;
pub mod fix_watch;
pub mod health;
pub mod priority;
pub mod regression;
pub mod slower;
pub mod statistics;
pub mod suspects;
pub mod telling;
pub mod trace;
pub mod verdict;
pub mod words;
