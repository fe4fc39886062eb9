//! `lighttrace reindex`: throws the search index away and builds it anew from the store.

use anyhow::Context;
use jiff::Timestamp;

use crate::cli::logging;
use crate::config::Config;
use crate::indexing;
use crate::search::Search;
use crate::store::Store;

pub fn run(config: &Config) -> anyhow::Result<()> {
    logging::start(config)?;
    let store = Store::open(&config.data_dir, Timestamp::now());
    let store = store.context("the server must be stopped for this command")?;
    let search = Search::create_empty(&config.data_dir)?;
    let events = indexing::rebuild(&store, &search, |done| eprintln!("{done} events …"))?;
    println!("Indexed {events} events.");
    Ok(())
}
