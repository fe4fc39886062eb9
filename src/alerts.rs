//! Alerts: what rules are judged by is gathered, what was decided is written and sent.

pub mod delivery;
