//! What an operator's commands do, whether the server carries them out or the command itself while it is stopped.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::api::auth::{bootstrap, password, scopes, sign_in};
use crate::app::demo::{self, Build, Verdict};
use crate::app::desk::{Desk, Index};
use crate::digest::symbolicate::Symbolicator;
use crate::indexing::{Indexing, Progress};
use crate::metrics::Metrics;
use crate::model::account::{Account, Role};
use crate::model::audit::{Action, Actor};
use crate::search::Search;
use crate::store::Store;

/// How often a long command says how far it is.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

/// One command. What it carries never leaves the machine, and is not logged: there are passwords in it.
#[derive(Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    AddUser {
        email: String,
        name: Option<String>,
        role: Role,
        password: String,
    },
    SetPassword {
        email: String,
        password: String,
    },
    AddToken {
        name: String,
        email: Option<String>,
        scopes: Vec<String>,
    },
    Reindex,
    /// Answers a `Stage` as JSON.
    PrepareDemo {
        days: u32,
    },
    /// Answers how many releases were not known before.
    BuildDemo {
        builds: Vec<Build>,
    },
    DecideDemo {
        verdicts: Vec<Verdict>,
    },
    RemoveDemo,
}

impl Command {
    /// Carries it out and answers what to print. `say` hears how far it is.
    pub fn execute(self, desk: &Desk, say: &mut dyn FnMut(String)) -> anyhow::Result<String> {
        match self {
            Self::AddUser { email, name, role, password } => {
                add_user(&desk.store, &email, name.as_deref(), role, &password)
            }
            Self::SetPassword { email, password } => set_password(&desk.store, &email, &password),
            Self::AddToken { name, email, scopes } => add_token(&desk.store, &name, email.as_deref(), scopes),
            Self::Reindex => reindex(desk, say),
            Self::PrepareDemo { days } => demo::prepare(desk, days),
            Self::BuildDemo { builds } => demo::build(&desk.store, builds),
            Self::DecideDemo { verdicts } => demo::decide(&desk.store, &verdicts),
            Self::RemoveDemo => demo::remove(&desk.store),
        }
    }
}

fn add_user(
    store: &Store,
    email: &str,
    name: Option<&str>,
    role: Role,
    password: &str,
) -> anyhow::Result<String> {
    let email = email.trim().to_lowercase();
    if !sign_in::is_email(&email) {
        bail!("`{email}` is no email address of at most {} bytes", sign_in::TEXT_BYTES_MAX);
    }
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default());
    if name.len() > sign_in::TEXT_BYTES_MAX {
        bail!("a name has at most {} bytes", sign_in::TEXT_BYTES_MAX);
    }
    check_password(password)?;
    store.create_account(&email, name, &password::hash(password), role, &by_command(), Timestamp::now())?;
    Ok(format!("Added {email}."))
}

fn set_password(store: &Store, email: &str, password: &str) -> anyhow::Result<String> {
    check_password(password)?;
    let account = find_account(store, email)?;
    let (by, now) = (by_command(), Timestamp::now());
    store.set_password(account.id, &password::hash(password), None, Action::PasswordReset, &by, now)?;
    Ok(format!("Changed the password of {}. Its sessions have ended; its API tokens stay.", account.email))
}

fn add_token(store: &Store, name: &str, email: Option<&str>, scopes: Vec<String>) -> anyhow::Result<String> {
    if let Some(unknown) = scopes.iter().find(|scope| !scopes::is_known(scope)) {
        bail!("`{unknown}` is no scope; there are {}", scopes::ALL.join(", "));
    }
    let owner = if let Some(email) = email {
        find_account(store, email)?
    } else {
        let owner = store.accounts()?.into_iter().find(|account| account.role == Role::Owner);
        owner.context("there is no owner yet: add one with `lighttrace user add --role owner`")?
    };
    let allowed = scopes::of_role(owner.role);
    if let Some(beyond) = scopes.iter().find(|scope| !allowed.contains(scope)) {
        bail!("{} is a {}: a token of theirs cannot have `{beyond}`", owner.email, owner.role.as_str());
    }
    Ok(bootstrap::add_token(store, &owner, name, scopes, &by_command(), Timestamp::now())?)
}

/// Whoever can read the data folder; the audit log has no better name for them.
fn by_command() -> Actor {
    bootstrap::by("command line")
}

fn check_password(password: &str) -> anyhow::Result<()> {
    password::check(password).map_err(|error| anyhow::anyhow!("{error}"))
}

fn find_account(store: &Store, email: &str) -> anyhow::Result<Account> {
    let email = email.trim().to_lowercase();
    store.find_account_by_email(&email)?.with_context(|| format!("nobody has the address {email}"))
}

fn reindex(desk: &Desk, say: &mut dyn FnMut(String)) -> anyhow::Result<String> {
    match &desk.index {
        Index::Served { search, progress } => rebuild(desk, search, progress, say),
        Index::Closed(config) => {
            let search = Arc::new(super::open_search(config, &desk.store)?);
            let artifacts = Arc::new(super::open_artifacts(config)?);
            let symbolicator = Symbolicator::new(desk.store.clone(), artifacts);
            with_worker(desk, &search, symbolicator, |progress| rebuild(desk, &search, progress, say))
        }
    }
}

/// Has the worker fill the index, and waits until a search finds what was stored when it began.
fn rebuild(
    desk: &Desk,
    search: &Search,
    progress: &Progress,
    say: &mut dyn FnMut(String),
) -> anyhow::Result<String> {
    let rebuild = progress.ask_for_rebuild(&desk.store);
    while !progress.is_done(&rebuild) {
        if *desk.stopped.borrow() {
            bail!("the server is stopping; it goes on with the index when it starts");
        }
        std::thread::sleep(PROGRESS_INTERVAL);
        say(format!("{} events …", search.events()));
    }
    Ok(format!("Indexed {} events.", search.events()))
}

/// Runs the server's own indexing while `work` does.
fn with_worker<T>(
    desk: &Desk,
    search: &Arc<Search>,
    symbolicator: Symbolicator,
    work: impl FnOnce(&Progress) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let progress = Progress::default();
    let metrics = Arc::new(Metrics::new());
    let indexing =
        Indexing::new(desk.store.clone(), Arc::clone(search), metrics, progress.clone(), symbolicator);
    let (stop, stopped) = watch::channel(false);
    let handle = runtime.handle().clone();
    let worker = std::thread::Builder::new().name("indexing".into());
    let worker = worker.spawn(move || indexing.run(&handle, stopped))?;
    let result = work(&progress);
    stop.send_replace(true);
    worker.join().map_err(|_| anyhow::anyhow!("indexing ended with a defect"))?;
    result
}
