//! Takes secrets out of an event before anything is stored.
