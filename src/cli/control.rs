//! Where a command is carried out: by the server that runs on the data folder, or here while there is none.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, bail};
use tokio::sync::watch;

use crate::app::commands::Command;
use crate::app::control::{Reply, SOCKET};
use crate::app::desk::{Desk, Index};
use crate::config::Config;
use crate::store::{Store, StoreError};

/// Prints what the command answers; progress goes to standard error.
pub fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let answer = match connect(&config.data_dir)? {
        Some(server) => ask(server, &command)?,
        None => execute_here(config, command)?,
    };
    println!("{answer}");
    Ok(())
}

/// `None` where nobody listens.
pub(super) fn connect(data_dir: &Path) -> anyhow::Result<Option<UnixStream>> {
    let path = data_dir.join(SOCKET);
    match UnixStream::connect(&path) {
        Ok(stream) => Ok(Some(stream)),
        // No file, a file that a killed server left, or a path too long for a socket.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::InvalidInput
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("cannot ask the server at {}", path.display())),
    }
}

pub(super) fn ask(mut server: UnixStream, command: &Command) -> anyhow::Result<String> {
    let mut line = serde_json::to_vec(command)?;
    line.push(b'\n');
    server.write_all(&line).context("cannot ask the server")?;
    for line in BufReader::new(server).lines() {
        match serde_json::from_str(&line.context("cannot hear the server")?)? {
            Reply::Progress(text) => eprintln!("{text}"),
            Reply::Done(text) => return Ok(text),
            Reply::Error(text) => bail!(text),
        }
    }
    bail!("the server ended before it answered")
}

fn execute_here(config: &Config, command: Command) -> anyhow::Result<String> {
    let store = match Store::open(&config.data_dir) {
        Err(error @ StoreError::InUse(_)) => {
            let socket = config.data_dir.join(SOCKET);
            return Err(error).with_context(|| format!("no server answers at {}", socket.display()));
        }
        other => other?,
    };
    let (_never, stopped) = watch::channel(false);
    let desk = Desk { store, index: Index::Closed(Box::new(config.clone())), served: None, stopped };
    command.execute(&desk, &mut |text| eprintln!("{text}"))
}
