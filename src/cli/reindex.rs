//! `lighttrace reindex`: throws the search index away and builds it anew from the store.

use anyhow::Context;
use jiff::Timestamp;

use crate::cli::logging;
use crate::config::Config;
use crate::indexing;
use crate::model::ids::EventSeq;
use crate::search::Search;
use crate::store::Store;

/// Memory for documents between two commits.
const WRITER_BYTES: usize = 32_000_000;

pub fn run(config: &Config) -> anyhow::Result<()> {
    logging::start(config)?;
    let store = Store::open(&config.data_dir, Timestamp::now());
    let store = store.context("the server must be stopped for this command")?;
    Search::erase(&config.data_dir)?;
    let search = Search::open(&config.data_dir, WRITER_BYTES)?;
    let head = *store.head().borrow();
    let filled = indexing::fill(&store, &search, EventSeq(0), head, |done| eprintln!("{done} events …"))?;
    println!("Indexed {} events.", filled.documents);
    if filled.damaged > 0 {
        println!("{} events are damaged and cannot be searched.", filled.damaged);
    }
    Ok(())
}
