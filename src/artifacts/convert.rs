//! A minified file and its source map become one look-up file, once, in a process of its own.
//!
//! The two are whatever somebody uploaded. A child reads them: one that eats memory, overflows its stack or never ends
//! is killed and costs the bundle that one map. What the child took in memory goes back to the system with it.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::artifacts::{Artifacts, MAPS_VERSION};
use crate::model::artifact::CacheKey;

mod child;
mod read;
mod scopes;
mod strings;
mod write;

pub use child::run as run_child;

/// The hidden command of the binary that is the child.
pub const COMMAND: &str = "convert-map";
/// A conversion may take this long, however busy the machine is.
const WALL_TIME_MAX: Duration = Duration::from_mins(5);
const POLL_INTERVAL_MIN: Duration = Duration::from_millis(2);
const POLL_INTERVAL_MAX: Duration = Duration::from_millis(50);
/// Of what the child says.
const ANSWER_BYTES_MAX: u64 = 2_000;
/// What the child says where texts of sources are missing, and where they are not.
const LACKS: &str = "lacks";
const WHOLE: &str = "whole";
/// The child's exit code where the map is at fault.
const MALFORMED_CODE: u8 = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    pub cache: CacheKey,
    /// Texts of sources are missing, so that frames get no source lines.
    pub lacks_contents: bool,
    /// Of the look-up file.
    pub bytes: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// The map is at fault: why, in a sentence for the one who uploaded it.
    #[error("{0}")]
    Malformed(String),
    /// This machine is: try again.
    #[error("a source map could not be converted: {0}")]
    Io(#[from] io::Error),
}

/// What was converted before is converted again: the same pair comes rarely, and a damaged file mends so.
pub(super) fn convert(artifacts: &Artifacts, minified: &Path, map: &Path) -> Result<Converted, ConvertError> {
    let cache = cache_key(minified, map)?;
    let path = artifacts.map_path(cache);
    let parent = path.parent().expect("a look-up file lies in a folder");
    fs::create_dir_all(parent)?;
    let name = path.file_name().expect("named above").to_string_lossy().into_owned();
    let temporary = artifacts.work().join(format!("{name}.map"));
    let answer = run(artifacts.converter(), minified, map, &temporary)
        .inspect_err(|_| drop(fs::remove_file(&temporary)))?;
    let bytes = fs::metadata(&temporary)?.len();
    fs::rename(&temporary, &path)?;
    fs::File::open(parent)?.sync_all()?;
    Ok(Converted { cache, lacks_contents: answer == LACKS, bytes })
}

/// What a look-up file is made of and how.
fn cache_key(minified: &Path, map: &Path) -> io::Result<CacheKey> {
    let mut all = Sha256::new();
    all.update(MAPS_VERSION.to_be_bytes());
    for path in [minified, map] {
        let mut file = fs::File::open(path)?;
        all.update(file.metadata()?.len().to_be_bytes());
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                count => all.update(&buffer[..count]),
            }
        }
    }
    Ok(CacheKey(all.finalize().into()))
}

fn run(converter: &Path, minified: &Path, map: &Path, out: &Path) -> Result<String, ConvertError> {
    match answer_of(start(converter, minified, map, out)?)? {
        Answer::Good(text) => Ok(text),
        Answer::Malformed(detail) => Err(ConvertError::Malformed(detail)),
        Answer::Died(why) => {
            // What killed it may be the minified file alone, which only names functions.
            let empty = out.with_extension("empty");
            fs::write(&empty, b"")?;
            let again = start(converter, &empty, map, out).and_then(answer_of);
            fs::remove_file(&empty)?;
            match again? {
                Answer::Good(text) => Ok(text),
                Answer::Malformed(detail) => Err(ConvertError::Malformed(detail)),
                Answer::Died(_) => Err(ConvertError::Malformed(format!("converting it {why}"))),
            }
        }
    }
}

enum Answer {
    Good(String),
    Malformed(String),
    Died(String),
}

fn start(converter: &Path, minified: &Path, map: &Path, out: &Path) -> io::Result<Child> {
    let mut command = Command::new(converter);
    command.arg(COMMAND).args([minified, map, out]);
    // Neither settings nor secrets; freed memory goes back at once.
    command.env_clear().env("MIMALLOC_PURGE_DELAY", "0");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn()
}

fn answer_of(mut child: Child) -> io::Result<Answer> {
    let began = Instant::now();
    let mut pause = POLL_INTERVAL_MIN;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if began.elapsed() >= WALL_TIME_MAX {
            child.kill()?;
            child.wait()?;
            return Ok(Answer::Died(format!("took more than {} minutes", WALL_TIME_MAX.as_secs() / 60)));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(POLL_INTERVAL_MAX);
    };
    let mut text = String::new();
    if let Some(output) = child.stdout.take() {
        output.take(ANSWER_BYTES_MAX).read_to_string(&mut text)?;
    }
    let text = text.trim_end().to_owned();
    Ok(match status.code() {
        Some(0) => Answer::Good(text),
        Some(code) if code == i32::from(MALFORMED_CODE) => Answer::Malformed(text),
        _ => Answer::Died("takes more memory or time than one map may take".to_owned()),
    })
}

/// In this process: for tests and benchmarks, whose files are their own.
#[doc(hidden)]
pub fn convert_here(minified: &str, map: &[u8], out: &Path) -> Result<bool, String> {
    let file = io::BufWriter::new(fs::File::create(out).map_err(|error| error.to_string())?);
    let begun = write::begin(read::read(map)?, file).map_err(|error| error.to_string())?;
    let lacks_contents = begun.lacks_contents;
    write::finish(begun, minified).map_err(|error| error.to_string())?;
    Ok(lacks_contents)
}

#[cfg(test)]
mod tests;
