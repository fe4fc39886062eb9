//! Works on the rows of a page on all cores. Apart from digest's threads: a reader must not wait for a batch.

use std::sync::LazyLock;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::api::error::Result;

/// Where the system gives no threads, rows are worked on one after the other.
static POOL: LazyLock<Option<ThreadPool>> =
    LazyLock::new(|| ThreadPoolBuilder::new().thread_name(|index| format!("page-{index}")).build().ok());

/// In the order of the items.
pub(super) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> Result<R> + Sync) -> Result<Vec<R>> {
    match &*POOL {
        Some(pool) if items.len() > 1 => pool.install(|| items.par_iter().map(&work).collect()),
        _ => items.iter().map(work).collect(),
    }
}
