//! `control.sock` in the data folder: how a command reaches the server that holds the folder.
//!
//! One line of JSON in, a [`Command`]; lines of JSON out, a [`Reply`] each, the last of which is `done` or `error`.
//! Whoever may open the socket owns the data folder's files anyway, so nobody is asked who they are.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;

use crate::app::commands::Command;
use crate::app::desk::Desk;

pub const SOCKET: &str = "control.sock";
/// A command: some short texts.
const LINE_BYTES_MAX: u64 = 64 * 1024;
/// The client has the whole line when it connects, and reads what it is told.
const IO_TIMEOUT: Duration = Duration::from_secs(10);
/// Commands carried out at once; a long one must not keep a password from being changed.
const CONNECTIONS_MAX: usize = 4;
/// Lines of progress that wait for a slow reader; more are left out.
const PROGRESS_LINES_MAX: usize = 16;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// How far it is.
    Progress(String),
    Done(String),
    Error(String),
}

/// The open socket; its file goes when this does.
pub struct Control {
    path: PathBuf,
}

impl Drop for Control {
    fn drop(&mut self) {
        // A socket that stays behind is replaced by the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Listens until the desk's `stopped` says so. `None`, with a warning, where there can be no socket: the server is
/// worth more than the commands.
pub fn listen(data_dir: &Path, desk: Desk, runtime: &Handle) -> Option<Control> {
    let path = data_dir.join(SOCKET);
    let _entered = runtime.enter();
    match bind(&path) {
        Ok(listener) => {
            runtime.spawn(accept(listener, desk));
            Some(Control { path })
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "commands can reach this server only while it is stopped");
            None
        }
    }
}

/// Nobody else may connect, not even between the making of the file and the setting of its mode. Whatever an
/// earlier process left under the name is replaced; none listens there, since we hold the folder.
fn bind(path: &Path) -> std::io::Result<UnixListener> {
    let unnamed = path.with_extension("new");
    match std::fs::remove_file(&unnamed) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&unnamed)?;
    std::fs::set_permissions(&unnamed, Permissions::from_mode(0o600))?;
    std::fs::rename(&unnamed, path)?;
    Ok(listener)
}

async fn accept(listener: UnixListener, desk: Desk) {
    let seats = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut stopped = desk.stopped.clone();
    loop {
        let Ok(seat) = Arc::clone(&seats).acquire_owned().await else { return };
        let stream = tokio::select! {
            stream = listener.accept() => stream,
            _ = stopped.changed() => return,
        };
        match stream {
            Ok((stream, _)) => {
                let desk = desk.clone();
                tokio::spawn(async move {
                    serve(stream, desk).await;
                    drop(seat);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a command could not connect");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn serve(stream: UnixStream, desk: Desk) {
    let (input, mut output) = stream.into_split();
    let command = match read(input).await {
        Ok(command) => command,
        Err(reason) => return drop(write(&mut output, &Reply::Error(reason)).await),
    };
    let (said, mut heard) = mpsc::channel(PROGRESS_LINES_MAX);
    let work = tokio::task::spawn_blocking(move || {
        let mut say = |text| drop(said.try_send(Reply::Progress(text)));
        match command.execute(&desk, &mut say) {
            Ok(text) => Reply::Done(text),
            Err(error) => Reply::Error(format!("{error:#}")),
        }
    });
    // Whoever goes away changes nothing: what was begun is finished.
    while let Some(reply) = heard.recv().await {
        if write(&mut output, &reply).await.is_err() {
            break;
        }
    }
    let reply = work.await.unwrap_or_else(|_| Reply::Error("the server has a defect; its log has it".into()));
    drop(write(&mut output, &reply).await);
}

async fn read(input: OwnedReadHalf) -> Result<Command, String> {
    let mut line = Vec::new();
    let mut input = BufReader::new(input.take(LINE_BYTES_MAX));
    match timeout(IO_TIMEOUT, input.read_until(b'\n', &mut line)).await {
        Err(_) => Err("no command came".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(_)) if line.last() != Some(&b'\n') => {
            Err(format!("a command is one line of less than {LINE_BYTES_MAX} bytes"))
        }
        Ok(Ok(_)) => serde_json::from_slice(&line).map_err(|error| {
            format!("the server does not know this command; is it of another version? {error}")
        }),
    }
}

async fn write(output: &mut OwnedWriteHalf, reply: &Reply) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    timeout(IO_TIMEOUT, output.write_all(&line)).await?
}
