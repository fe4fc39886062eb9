//! From the JSON that arrived to `model::event::Event`; never refuses an event for a bad field.
