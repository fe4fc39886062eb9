//! `lighttrace doctor`: one verdict a line. Exit code 1 with errors, 0 with warnings.

use std::fmt;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Timestamp;

use crate::api::auth::password;
use crate::api::auth::sign_in::is_email;
use crate::cli::logging;
use crate::config::Config;
use crate::outbound::llm::Llm;
use crate::outbound::{MailError, Mailer};
use crate::store::{Look, Store, StoreError};

/// Less free disk than this is worth a warning.
const FREE_BYTES_MIN: u64 = 1 << 30;
/// Any clock before this is wrong: the program did not exist.
const EARLIEST: &str = "2026-11-01T00:00:00Z";

enum Verdict {
    Good,
    Warning,
    Error,
}

struct Finding {
    verdict: Verdict,
    about: &'static str,
    text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Good => "ok   ",
            Verdict::Warning => "warn ",
            Verdict::Error => "ERROR",
        };
        write!(f, "{verdict}  {:<8}  {}", self.about, self.text)
    }
}

pub fn run(config: &Config) -> ExitCode {
    let mut findings = vec![clock(Timestamp::now()), folder(&config.data_dir)];
    findings.extend(disk(&config.data_dir));
    let (store, running) = store(config);
    findings.push(store);
    findings.push(port(config, running));
    findings.push(public_url(config));
    findings.push(sign_in(config));
    findings.push(mail(config));
    findings.push(llm(config));
    findings.extend(targets(config));
    findings.push(log(config));
    for finding in &findings {
        println!("{finding}");
    }
    let failed = findings.iter().any(|finding| matches!(finding.verdict, Verdict::Error));
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn good(about: &'static str, text: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Good, about, text: text.into() }
}

fn warning(about: &'static str, text: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Warning, about, text: text.into() }
}

fn error(about: &'static str, text: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Error, about, text: text.into() }
}

fn clock(now: Timestamp) -> Finding {
    let earliest: Timestamp = EARLIEST.parse().expect("a valid time");
    if now < earliest {
        return error("clock", format!("it is said to be {now}; set the machine's clock"));
    }
    good("clock", format!("{now:.0}"))
}

fn folder(path: &Path) -> Finding {
    let shown = path.display();
    let verb = if path.exists() { "written" } else { "made" };
    let probe = existing(path).join(format!(".doctor-{}", std::process::id()));
    let written = std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe));
    match written {
        Ok(()) => good("data", format!("{shown} can be {verb}")),
        Err(reason) => error("data", format!("LIGHTTRACE_DATA_DIR {shown} cannot be {verb}: {reason}")),
    }
}

/// The folder itself, or else what it would be made in: nothing is left behind by a look.
fn existing(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let found = absolute.ancestors().find(|folder| folder.exists());
    found.unwrap_or(path).to_owned()
}

fn disk(path: &Path) -> Option<Finding> {
    let free = fs4::available_space(existing(path)).ok()?;
    let text = format!("{:.1} GiB free", free as f64 / f64::from(1 << 30));
    Some(if free < FREE_BYTES_MIN {
        warning("disk", format!("{text}; events are refused once it is full"))
    } else {
        good("disk", text)
    })
}

/// Also answers whether a server holds the data folder.
fn store(config: &Config) -> (Finding, bool) {
    let found = match Store::look(&config.data_dir) {
        Ok(Look::Absent) => good("store", "empty; `lighttrace serve` sets it up"),
        Ok(Look::Unclean) => warning("store", "was not closed; `lighttrace serve` finishes what was open"),
        Ok(Look::Sound { projects, state_bytes, is_older }) => {
            let text = format!("{projects} projects, {state_bytes} bytes of state");
            if is_older {
                warning(
                    "store",
                    format!("{text}, of an older version; `lighttrace serve` brings it up to date"),
                )
            } else {
                good("store", text)
            }
        }
        Err(StoreError::InUse(_)) => return (good("store", "a running server holds it"), true),
        Err(reason) => error("store", reason.to_string()),
    };
    (found, false)
}

fn port(config: &Config, running: bool) -> Finding {
    if running {
        return good("listen", format!("{} (by the running server)", config.listen));
    }
    match TcpListener::bind(config.listen) {
        Ok(_) => good("listen", format!("{} is free", config.listen)),
        Err(reason) => error("listen", format!("LIGHTTRACE_LISTEN {}: {reason}", config.listen)),
    }
}

fn public_url(config: &Config) -> Finding {
    let text = config.url.as_str().trim_end_matches('/');
    let local = matches!(config.url.host_str(), Some("localhost" | "127.0.0.1"));
    if local && !config.listen.ip().is_loopback() {
        return warning(
            "url",
            format!("LIGHTTRACE_URL is {text}: programs on other machines cannot send there"),
        );
    }
    if !local && config.url.scheme() == "http" {
        return warning("url", format!("{text} is not encrypted; put a TLS proxy in front"));
    }
    good("url", text)
}

fn sign_in(config: &Config) -> Finding {
    let Some(admin) = &config.admin else {
        return good("sign-in", "by the set-up link that `lighttrace serve` prints");
    };
    if !is_email(admin.email.trim()) {
        return error("sign-in", "LIGHTTRACE_ADMIN_EMAIL is no email address");
    }
    if let Err(reason) = password::check(&admin.password) {
        return warning("sign-in", format!("LIGHTTRACE_ADMIN_PASSWORD: {reason}"));
    }
    good("sign-in", format!("first admin {}", admin.email))
}

/// Greets the mail server and signs in there; nothing is sent.
fn mail(config: &Config) -> Finding {
    let Some(smtp) = &config.smtp else {
        return good("mail", "not set up; invitations are passed on as links");
    };
    let host = smtp.url.host_str().unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the system has room for a runtime");
    match Mailer::new(smtp).and_then(|mailer| runtime.block_on(mailer.probe())) {
        Ok(()) => good("mail", format!("{host} takes mail from {}", smtp.from)),
        Err(reason @ MailError::From) => error("mail", reason.to_string()),
        Err(reason) => warning("mail", format!("LIGHTTRACE_SMTP_URL {host}: {reason}")),
    }
}

/// Asks the model's server for its list; no question is sent.
fn llm(config: &Config) -> Finding {
    let Some(settings) = &config.llm else {
        return good("llm", "not set up; issues are shown with findings alone");
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the system has room for a runtime");
    match runtime.block_on(Llm::new(settings).probe()) {
        Ok(text) => good("llm", text),
        Err(reason) => warning("llm", format!("LIGHTTRACE_LLM_BASE_URL: {reason}")),
    }
}

fn targets(config: &Config) -> Option<Finding> {
    let text = "LIGHTTRACE_ALLOW_PRIVATE_TARGETS: whoever sets a target up can have this server ask its private network";
    config.allow_private_targets.then(|| warning("targets", text))
}

fn log(config: &Config) -> Finding {
    match logging::filter(config) {
        Ok(_) => good("log", format!("LIGHTTRACE_LOG is {}", config.log)),
        Err(reason) => error("log", format!("{reason:#}")),
    }
}
