//! The child process that converts one map. Both files are anybody's: whatever they do to it, they do to it alone.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, setrlimit};
use symbolic_common::ByteView;

use crate::artifacts::convert::{LACKS, MALFORMED_CODE, WHOLE, read, write};

/// Address space, of which the allocator and the stack take more than one GiB unused. A map of 20 MB takes 200 MB.
const MEMORY_BYTES_MAX: u64 = 4 << 30;
const CPU_SECONDS_MAX: u64 = 120;
/// Of the file that is written.
const FILE_BYTES_MAX: u64 = 4 << 30;
/// The parser descends as deep as the code that it reads; bundlers nest deeply.
const STACK_BYTES: usize = 256 << 20;

/// Converts and says on standard output what became of it. Never panics on purpose: a dead child is an answer too.
pub fn run(minified: &Path, map: &Path, out: &Path) -> ExitCode {
    limit(Resource::As, MEMORY_BYTES_MAX);
    limit(Resource::Cpu, CPU_SECONDS_MAX);
    limit(Resource::Fsize, FILE_BYTES_MAX);
    limit(Resource::Core, 0);
    // Where memory ends, this process ends and not the server. Nothing is lost where the system has no such file.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let answer = std::thread::scope(|scope| {
        let work = || convert(minified, map, out);
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        thread
            .map_err(|error| error.to_string())?
            .join()
            .unwrap_or_else(|_| Err("its parser gave up".to_owned()))
    });
    match answer {
        Ok(lacks_contents) => {
            println!("{}", if lacks_contents { LACKS } else { WHOLE });
            ExitCode::SUCCESS
        }
        Err(detail) => {
            println!("{detail}");
            ExitCode::from(MALFORMED_CODE)
        }
    }
}

fn limit(resource: Resource, maximum: u64) {
    // Where the system allows less already, that holds.
    let _ = setrlimit(resource, Rlimit { current: Some(maximum), maximum: Some(maximum) });
}

fn convert(minified: &Path, map: &Path, out: &Path) -> Result<bool, String> {
    let open = |path: &Path| ByteView::open(path).map_err(|error| format!("{}: {error}", path.display()));
    let unwritten = |error: std::io::Error| format!("it could not be written: {error}");
    let out = BufWriter::with_capacity(1 << 18, File::create(out).map_err(unwritten)?);
    let map = open(map)?;
    let begun = write::begin(read::read(&map)?, out).map_err(unwritten)?;
    // Parsing takes the most memory: the map's pages, most of them texts, are given back before.
    drop(map);
    let lacks_contents = begun.lacks_contents;
    let minified = open(minified)?;
    // A file that is no text can not be parsed, and its positions are found all the same.
    let out = write::finish(begun, std::str::from_utf8(&minified).unwrap_or_default()).map_err(unwritten)?;
    out.get_ref().sync_all().map_err(unwritten)?;
    Ok(lacks_contents)
}
