//! Where log lines go: standard error, as text or as JSON.

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::config::Config;

pub fn start(config: &Config) -> anyhow::Result<()> {
    let filter = filter(config)?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A line that standard error does not take would be complained of there, with a panic.
        .log_internal_errors(false);
    let started =
        if config.log_json { builder.json().try_init() } else { builder.with_target(false).try_init() };
    started.map_err(|error| anyhow::anyhow!("cannot start the log: {error}"))
}

pub fn filter(config: &Config) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(&config.log).with_context(|| format!("LIGHTTRACE_LOG `{}`", config.log))
}
