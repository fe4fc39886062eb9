//! How many connections may be open: as many as this process may open files, less what the engines need.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A flood of connections costs memory, too.
const CONNECTIONS_MAX: usize = 4_096;
/// Kept for the engines: databases, an index a week with its segments, uploads, logs.
const ENGINE_FILES: usize = 1_024;
/// However few files there may be, somebody must be served.
const CONNECTIONS_MIN: usize = 64;

/// Raises the soft limit of open files as far as it is needed and allowed; answers how many connections all
/// workers together may hold.
pub fn make_room() -> usize {
    let wanted = (CONNECTIONS_MAX + ENGINE_FILES) as u64;
    let limit = getrlimit(Resource::Nofile);
    let raised = raised(&limit, wanted);
    if raised != limit.current
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: raised, ..limit })
    {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    let files = getrlimit(Resource::Nofile).current;
    let files = files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
    let connections = connections(files);
    if connections < CONNECTIONS_MAX {
        tracing::warn!(files, connections, "few open files are allowed: raise the hard limit (ulimit -Hn)");
    }
    connections
}

/// The soft limit that is set; never lower than it was. `None` is no limit.
fn raised(limit: &Rlimit, wanted: u64) -> Option<u64> {
    let current = limit.current?;
    let allowed = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    Some(current.max(allowed))
}

fn connections(files: usize) -> usize {
    // With few files, half of them are the engines'.
    let engines = ENGINE_FILES.min(files / 2);
    (files - engines).clamp(CONNECTIONS_MIN, CONNECTIONS_MAX)
}

/// Of each of `workers`: their sum is never more than `total`.
pub fn of_a_worker(total: usize, workers: usize) -> usize {
    (total / workers.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use rustix::process::Rlimit;

    use super::{CONNECTIONS_MAX, connections, of_a_worker, raised};

    #[test]
    fn the_soft_limit_only_rises() {
        for (current, maximum, expected) in [
            (Some(1024), Some(1 << 20), Some(5000)),
            (Some(1024), None, Some(5000)),
            (Some(1024), Some(2048), Some(2048)),
            (Some(9000), Some(9000), Some(9000)),
            (None, None, None),
        ] {
            assert_eq!(raised(&Rlimit { current, maximum }, 5000), expected, "{current:?} {maximum:?}");
        }
    }

    #[test]
    fn the_engines_keep_their_files() {
        for (files, expected) in [(1 << 20, CONNECTIONS_MAX), (4096, 3072), (1024, 512), (256, 128), (0, 64)]
        {
            assert_eq!(connections(files), expected, "{files}");
        }
        assert_eq!(of_a_worker(4096, 64), 64);
        assert_eq!(of_a_worker(10, 64), 1);
    }
}
