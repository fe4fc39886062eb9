//! LightTrace, in the order of an event's journey.
//!
//! `ingest` takes what SDKs send and puts it into the `inbox`; `digest` turns it into grouped events in the
//! `store`; `indexing` makes them findable in `search`; `api` and `ui` show them. `ARCHITECTURE.md` walks one
//! event through all of it. A module imports only from modules below its own in the list of `tests/tidy.rs`.

pub mod ingest;
pub mod inbox;
pub mod digest;
pub mod store;
pub mod artifacts;
pub mod indexing;
pub mod search;
pub mod lookup;
pub mod api;
pub mod ui;
pub mod outbound;
pub mod insight;
pub mod findings;
pub mod explain;
pub mod alerts;
pub mod act;

pub mod app;
pub mod cli;
pub mod demo;

pub mod config;
pub mod metrics;
pub mod model;
pub mod wire;
