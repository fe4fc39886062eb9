//! State and events.
