//! What an operator's commands work on: the engines of the server that runs, or those that the command itself opened.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use tokio::sync::watch;

use crate::config::Config;
use crate::indexing::Progress;
use crate::search::Search;
use crate::store::Store;

/// What commands work on.
#[derive(Clone)]
pub struct Desk {
    pub store: Store,
    pub index: Index,
    /// `None` where no server runs.
    pub served: Option<Served>,
    /// Long commands give up once it says so.
    pub stopped: watch::Receiver<bool>,
}

/// What commands ask about the server that carries them out.
#[derive(Clone)]
pub struct Served {
    /// Set once it listens.
    pub address: Arc<OnceLock<SocketAddr>>,
    pub retention_days: u32,
}

#[derive(Clone)]
pub enum Index {
    /// By the running server, whose worker alone writes it.
    Served { search: Arc<Search>, progress: Progress },
    /// By nobody: opened only where a command needs it.
    Closed(Box<Config>),
}
