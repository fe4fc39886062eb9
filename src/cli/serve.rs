//! `lighttrace serve`: everything, in one process.

use crate::app;
use crate::cli::logging;
use crate::config::Config;

pub fn run(config: &Config) -> anyhow::Result<()> {
    logging::start(config)?;
    app::run(config)
}
