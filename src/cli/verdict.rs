//! `lighttrace verdict`: whether a release made it worse, asked of a running server; for the end of a deploy's job. Exit
//! code 0 for better and the same, 1 for worse, 2 for not enough data, 3 where it could not ask.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use serde::Deserialize;
use ureq::http::StatusCode;
use url::Url;

use crate::cli::remote::{Remote, clean, given};
use crate::config::Config;
use crate::model::length;

const NOT_ENOUGH_DATA: u8 = 2;
const COULD_NOT_ASK: u8 = 3;
/// Between two questions while it waits.
const ASK_INTERVAL: Duration = Duration::from_secs(10);

#[derive(Args)]
#[command(after_help = "Exit code 0: better or the same. 1: worse. 2: not enough data. 3: it could not ask.")]
pub(super) struct Options {
    /// As the SDKs call it, such as shop@2.14.3.
    release: String,
    /// Only this project of the release; may be given again. `SENTRY_PROJECT` by default, else all of them.
    #[arg(long)]
    project: Vec<String>,
    /// Only what happened there, such as production.
    #[arg(long)]
    environment: Option<String>,
    /// The server; `SENTRY_URL` by default, else the setting `LIGHTTRACE_URL`.
    #[arg(long)]
    url: Option<Url>,
    /// `SENTRY_AUTH_TOKEN` by default. The scope `org:ci` is enough.
    #[arg(long)]
    token: Option<String>,
    /// `SENTRY_ORG` by default, else the setting `LIGHTTRACE_ORG`.
    #[arg(long)]
    org: Option<String>,
    /// Asks again for so long while there is not enough data, such as 30m.
    #[arg(long, value_name = "DURATION", value_parser = read_length)]
    wait: Option<Duration>,
    /// Prints what the server answers.
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VerdictJson {
    state: String,
    sentence: String,
    projects: Vec<ProjectJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProjectJson {
    project: NameJson,
    sentence: String,
    checks: Vec<CheckJson>,
    new_issues: Vec<IssueJson>,
    regressed_issues: Vec<IssueJson>,
}

#[derive(Deserialize)]
struct NameJson {
    slug: String,
}

#[derive(Deserialize)]
struct CheckJson {
    state: String,
    sentence: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IssueJson {
    short_id: String,
    title: String,
    permalink: String,
}

pub fn run(config: &Config, options: &Options) -> ExitCode {
    match ask(config, options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("lighttrace: {error:#}");
            ExitCode::from(COULD_NOT_ASK)
        }
    }
}

fn ask(config: &Config, options: &Options) -> anyhow::Result<ExitCode> {
    let token = given(options.token.as_ref(), "SENTRY_AUTH_TOKEN");
    let token = token.context("expected --token or SENTRY_AUTH_TOKEN")?;
    let url = match (&options.url, given(None, "SENTRY_URL")) {
        (Some(url), _) => url.clone(),
        (None, Some(text)) => Url::parse(&text).context("SENTRY_URL is no address")?,
        (None, None) => config.url.clone(),
    };
    let org = given(options.org.as_ref(), "SENTRY_ORG").unwrap_or_else(|| config.org.clone());
    let mut projects = options.project.clone();
    if projects.is_empty() {
        projects.extend(given(None, "SENTRY_PROJECT"));
    }
    let remote = Remote::new(&url, token);
    let started = Instant::now();
    let wait = options.wait.unwrap_or_default();
    let (verdict, text) = loop {
        let (verdict, text) = question(&remote, &org, &projects, options)?;
        let left = wait.saturating_sub(started.elapsed());
        if verdict.state != "not_enough_data" || left.is_zero() {
            break (verdict, text);
        }
        eprintln!("{}", clean(&verdict.sentence));
        std::thread::sleep(ASK_INTERVAL.min(left));
    };
    if options.json {
        println!("{text}");
    } else {
        print(&verdict);
    }
    match verdict.state.as_str() {
        "better" | "same" => Ok(ExitCode::SUCCESS),
        "worse" => Ok(ExitCode::FAILURE),
        "not_enough_data" => Ok(ExitCode::from(NOT_ENOUGH_DATA)),
        other => bail!("{} answers `{}`, which this version does not know", remote.base(), clean(other)),
    }
}

fn question(
    remote: &Remote,
    org: &str,
    projects: &[String],
    options: &Options,
) -> anyhow::Result<(VerdictJson, String)> {
    let mut query = vec![("release", options.release.as_str())];
    query.extend(options.environment.as_deref().map(|environment| ("environment", environment)));
    query.extend(projects.iter().map(|project| ("project", project.as_str())));
    let answer = remote.get(["organizations", org, "verdict"], query)?;
    let detail = || answer.detail();
    match answer.status {
        status if status.is_success() => {}
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            bail!("{} does not let this token read releases: {}", remote.base(), detail())
        }
        StatusCode::NOT_FOUND => {
            bail!("{} does not know the release {} there", remote.base(), clean(&options.release))
        }
        status => bail!("{} answered {status}: {}", remote.base(), detail()),
    }
    let verdict = serde_json::from_str(&answer.text);
    let verdict = verdict.with_context(|| format!("{} answers otherwise than LightTrace", remote.base()))?;
    Ok((verdict, answer.text))
}

fn print(verdict: &VerdictJson) {
    println!("{}", clean(&verdict.sentence));
    let several = verdict.projects.len() > 1;
    for project in &verdict.projects {
        println!();
        if several {
            println!("{}: {}", clean(&project.project.slug), clean(&project.sentence));
        }
        for check in &project.checks {
            println!("  {:<8}  {}", word(&check.state), clean(&check.sentence));
        }
        let issues = [("new", &project.new_issues), ("back", &project.regressed_issues)];
        for (what, issue) in issues.into_iter().flat_map(|(what, all)| all.iter().map(move |one| (what, one)))
        {
            let IssueJson { short_id, title, permalink } = issue;
            println!("  {what:<8}  {}  {}  {}", clean(short_id), clean(title), clean(permalink));
        }
    }
}

fn word(state: &str) -> String {
    match state {
        "not_enough_data" => "–".to_owned(),
        other => clean(other),
    }
}

fn read_length(text: &str) -> Result<Duration, String> {
    let length = length::read(text).and_then(|length| Duration::try_from(length).ok());
    length.ok_or_else(|| "expected a length such as 90s, 30m or 2h".to_owned())
}
