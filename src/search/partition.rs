//! One week's index: its folder, its reader, and which events it holds.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::RwLock;
use tantivy::collector::Collector;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::query::{EnableScoring, Query};
use tantivy::tokenizer::TextAnalyzer;
use tantivy::{Executor, Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyError};

use crate::model::week::Week;
use crate::search::analyzer::Analyzer;
use crate::search::error::SearchError;
use crate::search::row::Row;
use crate::search::schema::{ANALYZER, Fields, SEQ, VERSION, schema};

const VERSION_FILE: &str = "version";
const META_FILE: &str = "meta.json";

/// Segments of one size that are worth one merge.
const MERGE_SEGMENTS: usize = 8;
/// Segments below this size count as one size: a busy second's commit.
const MERGE_SMALL_DOCUMENTS: u32 = 4_000;
/// Larger segments are left alone, so that no merge takes long.
const MERGE_DOCUMENTS_MAX: usize = 400_000;

/// From so many events on, a search looks into the segments side by side.
const PARALLEL_DOCUMENTS_MIN: u64 = 50_000;

/// The threads that searches share. Where the system gives none, they run one segment after the other.
static EXECUTOR: LazyLock<Executor> = LazyLock::new(|| {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Executor::multi_thread(threads, "search-").unwrap_or_else(|_| Executor::single_thread())
});

pub(super) struct Partition {
    pub week: Week,
    pub fields: Fields,
    folder: PathBuf,
    index: Index,
    reader: RwLock<IndexReader>,
    /// Whether files were read since they were last mapped anew.
    is_read: AtomicBool,
    /// The highest seq that readers see; 0 when empty.
    newest: AtomicU64,
    /// The lowest one.
    oldest: AtomicU64,
}

pub(super) fn folder(data_dir: &Path, week: Week) -> PathBuf {
    data_dir.join("partitions").join(week.label()).join("index")
}

/// The weeks that have a folder in the data directory, whether or not with an index, oldest first.
pub(super) fn weeks(data_dir: &Path) -> std::io::Result<Vec<Week>> {
    let entries = match fs::read_dir(data_dir.join("partitions")) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut weeks = Vec::new();
    for entry in entries {
        weeks.extend(entry?.file_name().to_str().and_then(Week::from_label));
    }
    weeks.sort_unstable();
    Ok(weeks)
}

impl Partition {
    /// Opens the week's index; `None` when there is none, or one whose making was cut short.
    pub fn open(data_dir: &Path, week: Week) -> Result<Option<Self>, SearchError> {
        let folder = folder(data_dir, week);
        let rebuild = |reason: String| SearchError::Rebuild { week, reason };
        if !folder.try_exists()? {
            return Ok(None);
        }
        match fs::read_to_string(folder.join(VERSION_FILE)) {
            Ok(version) if version == VERSION => {}
            Ok(version) => {
                return Err(rebuild(format!("its version is {version:?}, this program's is {VERSION:?}")));
            }
            Err(error) => return Err(rebuild(format!("its version can not be read: {error}"))),
        }
        if !folder.join(META_FILE).try_exists()? {
            if holds_segments(&folder)? {
                return Err(rebuild("its meta.json is missing".to_owned()));
            }
            fs::remove_dir_all(&folder)?;
            return Ok(None);
        }
        let (_, fields) = schema();
        let index = Index::open_in_dir(&folder).map_err(|error| rebuild(error.to_string()))?;
        if index.schema() != schema().0 {
            return Err(rebuild("its fields are not this program's".to_owned()));
        }
        Self::over(week, folder, index, fields).map(Some).map_err(|error| rebuild(error.to_string()))
    }

    pub fn create(data_dir: &Path, week: Week) -> Result<Self, SearchError> {
        let folder = folder(data_dir, week);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(VERSION_FILE), VERSION)?;
        let (schema, fields) = schema();
        let index = Index::create_in_dir(&folder, schema)?;
        Ok(Self::over(week, folder, index, fields)?)
    }

    fn over(week: Week, folder: PathBuf, index: Index, fields: Fields) -> tantivy::Result<Self> {
        index.tokenizers().register(ANALYZER, TextAnalyzer::from(Analyzer::default()));
        let reader = RwLock::new(reader(&index)?);
        let (newest, oldest) = (AtomicU64::new(0), AtomicU64::new(0));
        let partition =
            Self { week, fields, folder, index, reader, is_read: AtomicBool::new(false), newest, oldest };
        partition.note_newest()?;
        Ok(partition)
    }

    pub fn writer(&self, memory_bytes: usize) -> Result<IndexWriter<Row>, SearchError> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .num_merge_threads(1)
            .memory_budget_per_thread(memory_bytes)
            .build();
        let writer = match self.index.writer_with_options(options) {
            Err(TantivyError::LockFailure(..)) => return Err(SearchError::InUse { week: self.week }),
            other => other?,
        };
        let mut policy = LogMergePolicy::default();
        policy.set_min_num_segments(MERGE_SEGMENTS);
        policy.set_min_layer_size(MERGE_SMALL_DOCUMENTS);
        policy.set_max_docs_before_merge(MERGE_DOCUMENTS_MAX);
        writer.set_merge_policy(Box::new(policy));
        Ok(writer)
    }

    /// Makes what was committed visible.
    pub fn reload(&self) -> Result<(), SearchError> {
        self.reader.read().reload()?;
        Ok(self.note_newest()?)
    }

    /// Opens the files anew where they were read. What was mapped of the old ones no longer counts as this process's
    /// memory, and stays in the system's cache for as long as that has room.
    pub fn map_anew(&self) -> Result<(), SearchError> {
        if self.is_read.swap(false, Ordering::Relaxed) {
            // Another `Index`, since one keeps a file's mapping for as long as anybody uses it.
            let index = Index::open_in_dir(&self.folder)?;
            *self.reader.write() = reader(&index)?;
        }
        Ok(())
    }

    fn note_newest(&self) -> tantivy::Result<()> {
        let (mut newest, mut oldest) = (0, u64::MAX);
        for segment in self.searcher().segment_readers() {
            let column = segment.fast_fields().u64(SEQ)?;
            newest = newest.max(column.max_value());
            oldest = oldest.min(column.min_value());
        }
        self.newest.store(newest, Ordering::Release);
        self.oldest.store(oldest, Ordering::Release);
        Ok(())
    }

    pub fn newest(&self) -> u64 {
        self.newest.load(Ordering::Acquire)
    }

    pub fn oldest(&self) -> u64 {
        self.oldest.load(Ordering::Acquire)
    }

    pub fn searcher(&self) -> Searcher {
        self.is_read.store(true, Ordering::Relaxed);
        self.reader.read().searcher()
    }

    pub fn search<C: Collector>(&self, query: &dyn Query, collector: &C) -> tantivy::Result<C::Fruit> {
        search(&self.searcher(), query, collector)
    }

    /// The cursor that the last commit carried.
    pub fn cursor(&self) -> Result<u64, SearchError> {
        let rebuild = |reason: String| SearchError::Rebuild { week: self.week, reason };
        let metas = self.index.load_metas().map_err(|error| rebuild(error.to_string()))?;
        metas.payload.map_or(Ok(0), |payload| {
            payload.parse().map_err(|_| rebuild(format!("its cursor is {payload:?}")))
        })
    }

    /// Those of `seqs` that are committed here. Looks only into segments that can hold one.
    pub fn held(&self, seqs: &[u64]) -> Result<HashSet<u64>, SearchError> {
        let asked: HashSet<u64> = seqs.iter().copied().collect();
        let (Some(&least), Some(&most)) = (seqs.iter().min(), seqs.iter().max()) else {
            return Ok(asked);
        };
        let mut held = HashSet::new();
        for segment in self.searcher().segment_readers() {
            let column = segment.fast_fields().u64(SEQ)?;
            if column.min_value() <= most && least <= column.max_value() {
                held.extend(column.values.iter().filter(|seq| asked.contains(seq)));
            }
        }
        Ok(held)
    }

    pub fn events(&self) -> u64 {
        self.searcher().num_docs()
    }
}

fn reader(index: &Index) -> tantivy::Result<IndexReader> {
    index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()
}

/// For those who look into the same segments afterwards.
pub(super) fn search<C: Collector>(
    searcher: &Searcher,
    query: &dyn Query,
    collector: &C,
) -> tantivy::Result<C::Fruit> {
    if searcher.num_docs() < PARALLEL_DOCUMENTS_MIN {
        return searcher.search(query, collector);
    }
    let scoring = if collector.requires_scoring() {
        EnableScoring::enabled_from_searcher(searcher)
    } else {
        EnableScoring::disabled_from_searcher(searcher)
    };
    searcher.search_with_executor(query, collector, &EXECUTOR, scoring)
}

/// Works on segments side by side; in their order.
pub(super) fn side_by_side<A: Send, R: Send>(
    segments: Vec<A>,
    work: impl Fn(A) -> tantivy::Result<R> + Sync,
) -> tantivy::Result<Vec<R>> {
    EXECUTOR.map(work, segments.into_iter())
}

/// Whether segments were ever written here.
fn holds_segments(folder: &Path) -> std::io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        if entry?.path().extension().is_some_and(|extension| extension == "term" || extension == "idx") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The size of all files in a week's index folder; 0 without one.
pub(super) fn bytes(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    // Files vanish while merges clean up: those count nothing.
    entries
        .filter_map(|entry| entry.ok()?.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|m| m.len())
        .sum()
}
