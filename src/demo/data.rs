//! The files of `data/demo`, which are part of the binary.

use rust_embed::RustEmbed;
use serde::de::DeserializeOwned;

use crate::demo::{Flaw, Result};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/data/demo"]
pub(super) struct Data;

/// One file of `data/demo`.
pub(super) fn text(path: &str) -> Result<String> {
    let file = Data::get(path).ok_or_else(|| Flaw(format!("no file {path}")))?;
    String::from_utf8(file.data.into_owned()).map_err(|_| Flaw(format!("{path} is no text")))
}

pub(super) fn read<T: DeserializeOwned>(path: &str) -> Result<T> {
    toml::from_str(&text(path)?).map_err(|error| Flaw(format!("{path}: {error}")))
}
