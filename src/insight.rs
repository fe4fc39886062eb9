//! Facts in, findings out: whether an issue is back, whether a release is healthy, who may have broken it. Pure: no
//! I/O, no clock, and every bound stands beside the reason for it.

pub mod alert;
pub mod change_point;
pub mod differs;
pub mod escalation;
pub mod fix_watch;
pub mod health;
pub mod pattern;
pub mod priority;
pub mod regression;
pub mod reproduction;
pub mod side_by_side;
pub mod slower;
pub mod statistics;
pub mod suspects;
pub mod telling;
pub mod timeline;
pub mod trace;
pub mod urgency;
pub mod verdict;
pub mod words;
