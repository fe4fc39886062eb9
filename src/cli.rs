//! The commands, one file each. Exit code 0 only on success; an error is one sentence on standard error.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::app::commands::Command as Order;
use crate::artifacts::convert;
use crate::config::Config;
use crate::model::account::Role;

mod control;
mod demo;
mod doctor;
mod health;
mod logging;
mod remote;
mod serve;
mod verdict;
mod verify;

/// The error tracker that small teams run themselves.
#[derive(Parser)]
#[command(name = "lighttrace", version, about, max_term_width = 100)]
struct Arguments {
    /// Settings as TOML; `LIGHTTRACE_*` variables win over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server.
    Serve,
    /// Fills the server with a made-up shop: three projects and two weeks of errors, while it runs or is stopped.
    Demo(demo::Options),
    /// Checks settings, disk, data folder and clock: one verdict a line.
    Doctor,
    /// Builds the search index anew from the stored events, while the server runs or is stopped.
    Reindex,
    /// Adds people and sets their passwords, while the server runs or is stopped.
    #[command(subcommand)]
    User(UserCommand),
    /// Makes API tokens, while the server runs or is stopped.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Checks what a build wrote: whether its errors would be readable. Fails where they would not, for CI.
    Verify(verify::Options),
    /// Asks a server whether a release made it worse; for the end of a deploy.
    Verdict(verdict::Options),
    /// Asks the running server whether it is up; for container health checks.
    Health,
    /// The server's own child: makes a look-up file of a minified file and its source map.
    #[command(hide = true)]
    ConvertMap { minified: PathBuf, map: PathBuf, out: PathBuf },
}

#[derive(Subcommand)]
enum UserCommand {
    /// Adds a person. The password is read from standard input.
    Add {
        email: String,
        #[arg(long)]
        name: Option<String>,
        /// `viewer`, `member`, `admin` or `owner`.
        #[arg(long, default_value = "member")]
        role: String,
    },
    /// Sets a person's password, read from standard input.
    Passwd { email: String },
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Makes a token and prints it once.
    Add {
        /// What it is for.
        name: String,
        /// Whose token it is; the first owner's by default.
        #[arg(long)]
        email: Option<String>,
        /// Comma-separated, as Sentry names them; all by default.
        #[arg(long, value_delimiter = ',')]
        scopes: Vec<String>,
    },
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    match execute(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("lighttrace: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if let Command::ConvertMap { minified, map, out } = &arguments.command {
        return Ok(convert::run_child(minified, map, out));
    }
    let config = read_config(arguments.config)?;
    match arguments.command {
        Command::Serve => serve::run(&config).map(|()| ExitCode::SUCCESS),
        Command::Demo(options) => demo::run(&config, &options).map(|()| ExitCode::SUCCESS),
        Command::Doctor => Ok(doctor::run(&config)),
        Command::Reindex => {
            logging::start(&config)?;
            control::run(&config, Order::Reindex).map(|()| ExitCode::SUCCESS)
        }
        Command::User(UserCommand::Add { email, name, role }) => {
            let order = Order::AddUser { email, name, role: read_role(&role)?, password: password()? };
            control::run(&config, order).map(|()| ExitCode::SUCCESS)
        }
        Command::User(UserCommand::Passwd { email }) => {
            let order = Order::SetPassword { email, password: password()? };
            control::run(&config, order).map(|()| ExitCode::SUCCESS)
        }
        Command::Token(TokenCommand::Add { name, email, scopes }) => {
            let order = Order::AddToken { name, email, scopes };
            control::run(&config, order).map(|()| ExitCode::SUCCESS)
        }
        Command::Verify(options) => Ok(verify::run(&config, &options)),
        Command::Verdict(options) => Ok(verdict::run(&config, &options)),
        Command::Health => health::run(&config).map(|()| ExitCode::SUCCESS),
        Command::ConvertMap { .. } => unreachable!("carried out above, without settings"),
    }
}

fn read_role(text: &str) -> anyhow::Result<Role> {
    match text {
        "viewer" => Ok(Role::Viewer),
        "member" => Ok(Role::Member),
        "admin" => Ok(Role::Admin),
        "owner" => Ok(Role::Owner),
        other => anyhow::bail!("`{other}` is no role: expected viewer, member, admin or owner"),
    }
}

fn read_config(file: Option<PathBuf>) -> anyhow::Result<Config> {
    let file = file.or_else(|| std::env::var_os("LIGHTTRACE_CONFIG").map(PathBuf::from));
    let text = file
        .map(|path| std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display())))
        .transpose()?;
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        Some((name, value.to_string_lossy().into_owned()))
    });
    let variables = variables.filter(|(name, _)| name != "LIGHTTRACE_CONFIG");
    Ok(Config::read(text.as_deref(), variables)?)
}

/// The first line of standard input.
fn password() -> anyhow::Result<String> {
    if std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        eprint!("Password: ");
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).context("cannot read the password")?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).context("cannot read the password")?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
