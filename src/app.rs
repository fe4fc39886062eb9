//! The composition root: configuration → engines → workers → HTTP, and the way back down.
//!
//! Everything that runs is started here and stopped here, in an order in which nothing accepted is lost: first
//! HTTP, then digest, then indexing.

use std::io::Write;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use anyhow::Context;
use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::api::auth::bootstrap;
use crate::api::{self, Api};
use crate::app::operations::Operations;
use crate::app::upkeep::Upkeep;
use crate::config::Config;
use crate::digest::worker::Digest;
use crate::inbox::{Bounds, Inbox};
use crate::indexing::{Indexing, Progress};
use crate::ingest::{self, Ingest};
use crate::metrics::Metrics;
use crate::model::ids::PublicKey;
use crate::search::{Search, SearchError};
use crate::store::Store;
use crate::ui;

mod operations;
mod upkeep;

/// Open connections, so that a flood of them cannot use up the machine's files.
const CONNECTIONS_MAX: usize = 4_096;
/// An idle connection is closed after this long.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// A client must have sent its request's head by then.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// Requests under way at a stop get this long.
const SHUTDOWN_SECONDS: u64 = 10;

/// Memory for documents that wait for the index commit.
const INDEX_WRITER_BYTES: usize = 32_000_000;

/// Runs the server until it is told to stop.
pub fn run(config: &Config) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let engines = Engines::open(config)?;
    let welcome = prepare(config, &engines.store)?;
    let (stop, stopped) = watch::channel(false);
    let workers = start_workers(config, &engines, runtime.handle(), &stopped)?;
    let result = actix_web::rt::System::with_tokio_rt(|| {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime for HTTP")
    })
    .block_on(serve(config, &engines, &welcome));
    stop.send_replace(true);
    for worker in workers {
        if worker.join().is_err() {
            tracing::error!("a worker ended with a defect");
        }
    }
    result
}

/// What holds state.
struct Engines {
    metrics: Arc<Metrics>,
    store: Store,
    inbox: Inbox,
    search: Arc<Search>,
    progress: Progress,
    ingest: web::Data<Ingest>,
}

impl Engines {
    fn open(config: &Config) -> anyhow::Result<Self> {
        let dir = &config.data_dir;
        std::fs::create_dir_all(dir).with_context(|| format!("LIGHTTRACE_DATA_DIR {}", dir.display()))?;
        let metrics = Arc::new(Metrics::new());
        let store = Store::open(dir, Timestamp::now())?;
        let inbox = Inbox::open(dir, Bounds::default(), Arc::clone(&metrics))?;
        let search = Arc::new(open_search(config, *store.head().borrow())?);
        let ingest = Ingest::new(inbox.clone(), store.clone(), Arc::clone(&metrics), config);
        Ok(Self {
            metrics,
            store,
            inbox,
            search,
            progress: Progress::default(),
            ingest: web::Data::new(ingest),
        })
    }
}

/// An index that cannot be used is no reason to stay down: it is erased, and indexing fills it again.
fn open_search(config: &Config, head: u64) -> anyhow::Result<Search> {
    match Search::open(&config.data_dir, INDEX_WRITER_BYTES) {
        // Its documents are of events that this store does not have, and it would pass over those to come.
        Ok(search) if search.cursor() > head => {
            tracing::warn!(
                cursor = search.cursor(),
                head,
                "the search index is ahead of the store: built anew"
            );
            drop(search);
            Search::erase(&config.data_dir)?;
            Ok(Search::open(&config.data_dir, INDEX_WRITER_BYTES)?)
        }
        Err(SearchError::Rebuild { week, reason }) => {
            tracing::warn!(%week, reason, "the search index is built anew; old events become searchable as it fills");
            Search::erase(&config.data_dir)?;
            Ok(Search::open(&config.data_dir, INDEX_WRITER_BYTES)?)
        }
        other => Ok(other?),
    }
}

/// What the first lines say about signing in.
struct Welcome {
    dsn: Option<String>,
    sign_in: String,
}

/// Makes what the settings ask for: projects, the admin, the token. Saying it again changes nothing.
fn prepare(config: &Config, store: &Store) -> anyhow::Result<Welcome> {
    let now = Timestamp::now();
    for seed in &config.projects {
        if !store.directory().slugs.contains_key(&seed.slug) {
            let key = seed.key.unwrap_or_else(random_key);
            store.create_project(&seed.slug, &seed.slug, None, key, now)?;
        }
    }
    if let Some(token) = &config.api_token {
        bootstrap::ensure_token(store, token, now)?;
    }
    let base = config.url.as_str().trim_end_matches('/');
    let sign_in = match &config.admin {
        Some(admin) => {
            bootstrap::ensure_admin(store, admin, now)?;
            format!("{base}/ as {}", admin.email)
        }
        None => match bootstrap::offer_setup(store)? {
            Some(token) => format!("{base}/setup?token={token} (once, to make the first account)"),
            None => format!("{base}/"),
        },
    };
    Ok(Welcome { dsn: first_dsn(config, store), sign_in })
}

fn random_key() -> PublicKey {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    PublicKey(bytes)
}

fn first_dsn(config: &Config, store: &Store) -> Option<String> {
    let directory = store.directory();
    let key =
        directory.keys.values().filter(|key| key.enabled).min_by_key(|key| (key.project, key.created))?;
    Some(api::dsn(config, key))
}

/// What a worker's thread does until it is told to stop.
type Work = Box<dyn FnOnce(&Handle, watch::Receiver<bool>) + Send>;

fn start_workers(
    config: &Config,
    engines: &Engines,
    runtime: &Handle,
    stopped: &watch::Receiver<bool>,
) -> anyhow::Result<Vec<JoinHandle<()>>> {
    let digest = Digest::new(
        engines.inbox.clone(),
        engines.store.clone(),
        Arc::clone(&engines.metrics),
        config.retention_days,
    );
    let indexing = Indexing::new(
        engines.store.clone(),
        Arc::clone(&engines.search),
        Arc::clone(&engines.metrics),
        engines.progress.clone(),
    );
    let upkeep = Upkeep {
        store: engines.store.clone(),
        search: Arc::clone(&engines.search),
        ingest: engines.ingest.clone(),
        metrics: Arc::clone(&engines.metrics),
        retention_days: config.retention_days,
        data_dir: config.data_dir.clone(),
        disk_bytes_max: config.disk_bytes_max,
    };
    let spawn = |name: &str, work: Work| {
        let (runtime, stopped) = (runtime.clone(), stopped.clone());
        std::thread::Builder::new().name(name.into()).spawn(move || work(&runtime, stopped))
    };
    Ok(vec![
        spawn("digest", Box::new(move |runtime, stopped| digest.run(runtime, stopped)))?,
        spawn("indexing", Box::new(move |runtime, stopped| indexing.run(runtime, stopped)))?,
        spawn("upkeep", Box::new(move |runtime, stopped| upkeep.run(runtime, stopped)))?,
    ])
}

async fn serve(config: &Config, engines: &Engines, welcome: &Welcome) -> anyhow::Result<()> {
    let operations = web::Data::new(Operations {
        inbox: engines.inbox.clone(),
        store: engines.store.clone(),
        search: Arc::clone(&engines.search),
        indexing: engines.progress.clone(),
        metrics: Arc::clone(&engines.metrics),
    });
    let read_api = web::Data::new(Api::new(
        engines.store.clone(),
        Arc::clone(&engines.search),
        Arc::clone(&engines.metrics),
        config,
    ));
    let ingest = engines.ingest.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(operations.clone())
            .app_data(read_api.clone())
            .app_data(ingest.clone())
            .configure(operations::configure)
            .configure(api::configure)
            .configure(ingest::configure)
            .configure(ui::configure)
    })
    .max_connections(CONNECTIONS_MAX)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD_TIMEOUT)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .bind(config.listen)
    .with_context(|| format!("LIGHTTRACE_LISTEN {}", config.listen))?;
    let address = server.addrs().first().copied().unwrap_or(config.listen);
    print_welcome(config, welcome, &address.to_string())?;
    Ok(server.run().await?)
}

/// To standard output, for people and for whoever starts the server from a script.
fn print_welcome(config: &Config, welcome: &Welcome, address: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "LightTrace {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "Open     {}", config.url.as_str().trim_end_matches('/'))?;
    if let Some(dsn) = &welcome.dsn {
        writeln!(out, "DSN      {dsn}")?;
    }
    writeln!(out, "Sign in  {}", welcome.sign_in)?;
    writeln!(out, "Listening on http://{address}")?;
    out.flush()
}
