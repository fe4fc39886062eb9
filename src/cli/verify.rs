//! `lighttrace verify`: whether errors of a build would be readable, before it is deployed. A line a file, below it
//! what mends it. Exit code 1 with problems, 0 without, 2 where it could not check.

mod advice;
mod file;
mod server;
mod walk;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use url::Url;

use crate::cli::remote::given;
use crate::config::Config;

use advice::Advice;
use file::Verdict;
use server::Server;

const COULD_NOT_CHECK: u8 = 2;

#[derive(Args)]
pub(super) struct Options {
    /// What the build wrote, such as dist.
    folder: PathBuf,
    /// Asks the server at this address, too, whether it has what each file needs.
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
    /// For the server; `SENTRY_AUTH_TOKEN` by default.
    #[arg(long)]
    token: Option<String>,
    /// `SENTRY_ORG` by default, else the setting `LIGHTTRACE_ORG`.
    #[arg(long)]
    org: Option<String>,
    /// `SENTRY_PROJECT` by default.
    #[arg(long)]
    project: Option<String>,
    /// Files without a debug id are found by this release and their address.
    #[arg(long)]
    release: Option<String>,
    /// Leaves out a file or a folder below FOLDER, such as vendor; may be given again.
    #[arg(long, value_name = "PATH")]
    ignore: Vec<PathBuf>,
}

pub fn run(config: &Config, options: &Options) -> ExitCode {
    match check(config, options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("lighttrace: {error:#}");
            ExitCode::from(COULD_NOT_CHECK)
        }
    }
}

/// Whether all is well.
fn check(config: &Config, options: &Options) -> anyhow::Result<bool> {
    let folder = &options.folder;
    let scripts = walk::scripts(folder, &options.ignore)?;
    if scripts.is_empty() {
        bail!("there is no .js, .mjs or .cjs file below {}", folder.display());
    }
    let release = options.release.as_deref();
    let mut server = connect(config, options)?;
    let advice = Advice::new(folder, release, server.as_ref());
    let width = scripts.iter().map(|path| shown(path).chars().count()).max().unwrap_or_default();
    let mut failed = 0;
    for path in &scripts {
        let found = file::check(folder, path, release, server.as_mut())?;
        failed += usize::from(!found.problems.is_empty());
        print(&shown(path), width, &found, &advice);
    }
    println!("{}", summary(scripts.len(), failed));
    Ok(failed == 0)
}

fn connect(config: &Config, options: &Options) -> anyhow::Result<Option<Server>> {
    let Some(url) = &options.url else { return Ok(None) };
    let token = given(options.token.as_ref(), "SENTRY_AUTH_TOKEN");
    let token = token.context("--url needs --token or SENTRY_AUTH_TOKEN")?;
    let project = given(options.project.as_ref(), "SENTRY_PROJECT");
    let project = project.context("--url needs --project or SENTRY_PROJECT")?;
    let org = given(options.org.as_ref(), "SENTRY_ORG").unwrap_or_else(|| config.org.clone());
    let server = Server::new(url, token, org, project);
    server.wait_for_uploads()?;
    Ok(Some(server))
}

fn print(path: &str, width: usize, found: &Verdict, advice: &Advice) {
    if found.problems.is_empty() {
        println!("ok     {path:<width$}  {}", found.summary);
    }
    for problem in &found.problems {
        println!("ERROR  {path:<width$}  {problem}");
        println!("       {:<width$}  {}", "", advice.on(problem));
    }
}

/// A file's name may hold anything; the terminal obeys none of it.
fn shown(path: &Path) -> String {
    path.to_string_lossy().chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn summary(files: usize, failed: usize) -> String {
    let files = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
    match failed {
        0 => format!("{files}, all readable."),
        failed => format!("{files}, {failed} with problems."),
    }
}
