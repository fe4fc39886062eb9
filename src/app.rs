//! The composition root: configuration → engines → workers → HTTP, and the way back down.
//!
//! Everything that runs is started here and stopped here, in an order in which nothing accepted is lost: first
//! open pages and HTTP, then digest and indexing.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use anyhow::{Context, bail};
use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::act::{self, Act};
use crate::alerts::links::LinkSigner;
use crate::api::auth::bootstrap;
use crate::api::{self, Api, Queues};
use crate::app::assembling::Assembler;
use crate::app::desk::{Desk, Index, Served};
use crate::app::operations::Operations;
use crate::app::upkeep::Upkeep;
use crate::app::workers::{Deaths, Workers};
use crate::artifacts::{ARTIFACTS_BYTES_MAX, Artifacts};
use crate::config::{Config, ProjectSeed};
use crate::digest::symbolicate::Symbolicator;
use crate::digest::worker::Digest;
use crate::explain::ask::Explainer;
use crate::explain::automatic::{Automatic, Backlog};
use crate::inbox::{Bounds, Digested, Inbox};
use crate::indexing::late::Late;
use crate::indexing::{Indexing, Progress};
use crate::ingest::{self, Ingest};
use crate::metrics::Metrics;
use crate::model::ids::PublicKey;
use crate::model::project::ProjectKey;
use crate::outbound::Mailer;
use crate::search::{Search, SearchError};
use crate::store::Store;
use crate::ui;

mod alerting;
mod assembling;
pub mod commands;
mod connections;
pub mod control;
mod delivering;
pub mod demo;
pub mod desk;
mod erasing;
mod judging;
mod operations;
mod pairing;
mod schedule;
mod upkeep;
mod workers;

/// An idle connection is closed after this long.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// A client must have sent its request's head by then.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// Requests under way at a stop get this long: containers are killed ten seconds after they were told to stop, and
/// digest and indexing want some of them.
const SHUTDOWN_SECONDS: u64 = 5;
/// How often the inbox is asked whether its thread still lives.
const INBOX_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Memory for documents that wait for the index commit.
const INDEX_WRITER_BYTES: usize = 16_000_000;

/// Of the data folder's bound, what artifacts may take at most: one part in so many.
const ARTIFACTS_SHARE: u64 = 4;

/// What a server that runs for one purpose does once it listens.
pub type Errand = Box<dyn FnOnce() -> anyhow::Result<()> + Send>;

/// Runs the server until it is told to stop, or until a part of it has died.
pub fn run(config: &Config) -> anyhow::Result<()> {
    run_for(config, None)
}

/// Runs the server, without a word, until the errand is done.
pub fn run_errand(config: &Config, errand: Errand) -> anyhow::Result<()> {
    run_for(config, Some(errand))
}

fn run_for(config: &Config, errand: Option<Errand>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let engines = Engines::open(config, runtime.handle())?;
    let welcome = prepare(config, &engines.store)?;
    let (mut workers, deaths) = Workers::new(runtime.handle().clone());
    start_workers(config, &engines, &mut workers)?;
    let served = Served { address: Arc::new(OnceLock::new()), retention_days: config.retention_days };
    let desk = Desk {
        store: engines.store.clone(),
        index: Index::Served { search: Arc::clone(&engines.search), progress: engines.progress.clone() },
        served: Some(served.clone()),
        stopped: workers.stopped(),
    };
    let control = control::listen(&config.data_dir, desk, runtime.handle());
    let result = actix_web::rt::System::with_tokio_rt(|| {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime for HTTP")
    })
    .block_on(serve(config, &engines, &welcome, errand, &served.address, deaths));
    drop(control);
    workers.stop();
    result
}

/// What holds state.
struct Engines {
    metrics: Arc<Metrics>,
    store: Store,
    inbox: Inbox,
    search: Arc<Search>,
    artifacts: Arc<Artifacts>,
    progress: Progress,
    ingest: web::Data<Ingest>,
    symbolicator: Symbolicator,
    late: Late,
    /// `None`: mail is not set up.
    mailer: Option<Mailer>,
    explainer: Explainer,
    backlog: Backlog,
}

impl Engines {
    fn open(config: &Config, runtime: &Handle) -> anyhow::Result<Self> {
        let dir = &config.data_dir;
        std::fs::create_dir_all(dir).with_context(|| format!("LIGHTTRACE_DATA_DIR {}", dir.display()))?;
        let metrics = Arc::new(Metrics::new());
        let store = Store::open(dir)?;
        store.keep_spans_per_minute(config.spans_per_minute);
        let digested = Digested(store.digested()?);
        let inbox = Inbox::open(dir, Bounds::default(), &digested, Arc::clone(&metrics))?;
        let search = Arc::new(open_search(config, &store)?);
        let artifacts = Arc::new(open_artifacts(config)?);
        let symbolicator = Symbolicator::new(store.clone(), Arc::clone(&artifacts));
        let late = Late::new(store.clone(), Arc::clone(&search), Arc::clone(&metrics), symbolicator.clone());
        let ingest = Ingest::new(inbox.clone(), store.clone(), Arc::clone(&metrics), config);
        store.interrupt_explanations(Timestamp::now())?;
        let explainer = Explainer::new(
            config.llm.as_ref(),
            dir,
            store.clone(),
            Arc::clone(&search),
            late.reader(),
            runtime.clone(),
        );
        Ok(Self {
            metrics,
            store,
            inbox,
            search,
            artifacts,
            progress: Progress::default(),
            ingest: web::Data::new(ingest),
            symbolicator,
            late,
            mailer: mailer(config)?,
            explainer,
            backlog: Backlog::default(),
        })
    }
}

/// Source maps are converted by this very program.
fn open_artifacts(config: &Config) -> anyhow::Result<Artifacts> {
    let share = config.disk_bytes_max.map_or(u64::MAX, |bytes| bytes / ARTIFACTS_SHARE);
    let converter = std::env::current_exe().context("where this program is")?;
    Ok(Artifacts::open(&config.data_dir, converter, ARTIFACTS_BYTES_MAX.min(share))?)
}

/// An index that cannot be used is no reason to stay down: it is erased, and indexing fills it again.
fn open_search(config: &Config, store: &Store) -> anyhow::Result<Search> {
    let head = *store.head().borrow();
    let open = || Search::open(&config.data_dir, INDEX_WRITER_BYTES);
    let with_merges = |search: Search| search.with_merges(store.shared_merges());
    match open() {
        // Its documents are of events that this store does not have, and it would pass over those to come.
        Ok(search) if search.cursor() > head => {
            let cursor = search.cursor();
            tracing::warn!(cursor, head, "the search index is ahead of the store: built anew");
        }
        Err(SearchError::Rebuild { week, reason }) => {
            tracing::warn!(%week, reason, "the search index is built anew; old events become searchable as it fills");
        }
        other => return Ok(with_merges(other?)),
    }
    Search::erase(&config.data_dir)?;
    Ok(with_merges(open()?))
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
        ensure_project(store, seed, now)?;
    }
    store.ensure_default_rules(now)?;
    bootstrap::ensure_token(store, config.api_token.as_deref(), now)?;
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

fn ensure_project(store: &Store, seed: &ProjectSeed, now: Timestamp) -> anyhow::Result<()> {
    if store.is_deleted(&seed.slug)? {
        tracing::info!(
            project = seed.slug,
            "LIGHTTRACE_PROJECTS names a project that was deleted in the app"
        );
        return Ok(());
    }
    let directory = store.directory();
    let project = directory.slugs.get(&seed.slug).copied();
    let known = seed.key.and_then(|key| directory.keys.get(&key));
    if let Some(known) = known.filter(|known| Some(known.project) != project) {
        let owner = directory.projects.get(&known.project).map_or("another", |project| project.slug.as_str());
        bail!("LIGHTTRACE_PROJECTS: the key {} of `{}` is `{owner}`'s already", known.public, seed.slug);
    }
    match (project, seed.key) {
        (None, key) => {
            let key = key.unwrap_or_else(random_key);
            store.create_project(&seed.slug, &seed.slug, None, key, now)?;
        }
        (Some(project), Some(public)) if known.is_none() => {
            let label = "LIGHTTRACE_PROJECTS".to_owned();
            store.put_key(&ProjectKey {
                public,
                project,
                label,
                enabled: true,
                rate_limit: None,
                created: now,
            })?;
        }
        // A key that somebody switched off stays off.
        (Some(_), _) => {}
    }
    Ok(())
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

fn start_workers(config: &Config, engines: &Engines, workers: &mut Workers) -> anyhow::Result<()> {
    let digest = Digest::new(
        engines.inbox.clone(),
        engines.store.clone(),
        Arc::clone(&engines.search),
        Arc::clone(&engines.metrics),
        engines.symbolicator.clone(),
        config.retention_days,
    );
    let indexing = Indexing::new(
        engines.store.clone(),
        Arc::clone(&engines.search),
        Arc::clone(&engines.metrics),
        engines.progress.clone(),
        engines.symbolicator.clone(),
    );
    let late = engines.late.clone();
    let upkeep = Upkeep {
        store: engines.store.clone(),
        search: Arc::clone(&engines.search),
        artifacts: Arc::clone(&engines.artifacts),
        symbolicator: engines.symbolicator.clone(),
        ingest: engines.ingest.clone(),
        metrics: Arc::clone(&engines.metrics),
        retention_days: config.retention_days,
        data_dir: config.data_dir.clone(),
        disk_bytes_max: config.disk_bytes_max,
    };
    let assembler = Assembler {
        store: engines.store.clone(),
        artifacts: Arc::clone(&engines.artifacts),
        metrics: Arc::clone(&engines.metrics),
    };
    let alerting = alerting::alerting(config, engines);
    workers.spawn("alerts", Box::new(move |runtime, stopped| alerting.run(runtime, stopped)))?;
    workers.spawn("artifacts", Box::new(move |runtime, stopped| assembler.run(runtime, stopped)))?;
    let delivery = delivering::delivery(config, engines)?;
    workers.spawn("delivery", Box::new(move |runtime, stopped| delivery.run(runtime, stopped)))?;
    workers.spawn("digest", Box::new(move |runtime, stopped| digest.run(runtime, stopped)))?;
    let automatic = Automatic {
        store: engines.store.clone(),
        explainer: engines.explainer.clone(),
        backlog: engines.backlog.clone(),
    };
    workers.spawn("explanations", Box::new(move |runtime, stopped| automatic.run(runtime, stopped)))?;
    workers.spawn("indexing", Box::new(move |runtime, stopped| indexing.run(runtime, stopped)))?;
    workers.spawn("late maps", Box::new(move |runtime, stopped| late.run(runtime, stopped)))?;
    workers.spawn("upkeep", Box::new(move |runtime, stopped| upkeep.run(runtime, stopped)))?;
    Ok(())
}

async fn serve(
    config: &Config,
    engines: &Engines,
    welcome: &Welcome,
    errand: Option<Errand>,
    listens: &OnceLock<SocketAddr>,
    mut deaths: Deaths,
) -> anyhow::Result<()> {
    let (closing, closed) = watch::channel(false);
    let operations = web::Data::new(Operations {
        inbox: engines.inbox.clone(),
        store: engines.store.clone(),
        search: Arc::clone(&engines.search),
        artifacts: Arc::clone(&engines.artifacts),
        indexing: engines.progress.clone(),
        metrics: Arc::clone(&engines.metrics),
    });
    let shown = api::Engines {
        store: engines.store.clone(),
        search: Arc::clone(&engines.search),
        artifacts: Arc::clone(&engines.artifacts),
        explainer: engines.explainer.clone(),
    };
    let read_api = web::Data::new(Api::new(
        shown,
        Arc::clone(&engines.metrics),
        Queues {
            inbox: engines.inbox.clone(),
            indexing: engines.progress.clone(),
            late: engines.late.clone(),
        },
        closed,
        config,
        engines.mailer.clone(),
    ));
    let links = web::Data::new(Act::new(engines.store.clone(), link_signer(&engines.store)?, &config.url));
    let ingest = engines.ingest.clone();
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let connections = connections::of_a_worker(connections::make_room(), workers);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(operations.clone())
            .app_data(read_api.clone())
            .app_data(ingest.clone())
            .app_data(links.clone())
            .configure(operations::configure)
            .configure(api::configure)
            .configure(ingest::configure)
            .configure(act::configure)
            .configure(ui::configure)
    })
    .workers(workers)
    // Of each worker.
    .max_connections(connections)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD_TIMEOUT)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .disable_signals()
    .bind(config.listen)
    .with_context(|| format!("LIGHTTRACE_LISTEN {}", config.listen))?;
    let address = server.addrs().first().copied().unwrap_or(config.listen);
    let server = server.run();
    let handle = server.handle();
    let mut running = actix_web::rt::spawn(server);
    // Before the first line: whoever reads it may stop us at once.
    let mut signals = Signals::new()?;
    // Set once.
    let _ = listens.set(address);
    if errand.is_none() {
        print_welcome(config, welcome, &address.to_string())?;
    }
    let mut done = Ok(());
    let death = tokio::select! {
        ended = &mut running => return Ok(ended??),
        () = signals.next() => None,
        result = run_errand_of(errand) => {
            done = result;
            None
        }
        name = deaths.next() => Some(name),
        () = inbox_death(&engines.inbox) => Some("inbox"),
    };
    closing.send_replace(true);
    stop_http(&handle, &mut signals).await;
    running.await??;
    match death {
        Some(name) => {
            bail!("the {name} worker has ended; what was accepted is kept, and digested after a restart")
        }
        None => done,
    }
}

/// Never returns where there is none.
async fn run_errand_of(errand: Option<Errand>) -> anyhow::Result<()> {
    match errand {
        Some(errand) => tokio::task::spawn_blocking(errand).await?,
        None => std::future::pending().await,
    }
}

/// `None` where the settings name no mail server. One that does not answer now may do so later.
fn mailer(config: &Config) -> anyhow::Result<Option<Mailer>> {
    config.smtp.as_ref().map(Mailer::new).transpose().context("LIGHTTRACE_SMTP_URL")
}

/// Signs the links in messages, with a secret that is made when it is first asked for.
fn link_signer(store: &Store) -> anyhow::Result<LinkSigner> {
    let mut fresh = [0; 32];
    getrandom::fill(&mut fresh).expect("the system has randomness");
    Ok(LinkSigner::new(store.instance_secret(fresh).context("this instance's secret")?))
}

/// Lets requests under way finish; told a second time, it does not wait for them.
async fn stop_http(handle: &ServerHandle, signals: &mut Signals) {
    tokio::select! {
        () = handle.stop(true) => (),
        () = signals.next() => handle.stop(false).await,
    }
}

/// What tells a process to stop.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => (),
            _ = self.interrupt.recv() => (),
        }
    }
}

/// Returns once nothing can be accepted any more.
async fn inbox_death(inbox: &Inbox) {
    while inbox.is_alive() {
        tokio::time::sleep(INBOX_CHECK_INTERVAL).await;
    }
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
