//! `lighttrace demo`: sends the made-up shop through the real ingest endpoint, of the server that runs on the data
//! folder or of one that runs here for as long.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::RETRY_AFTER;

use crate::app;
use crate::app::commands::Command;
use crate::app::demo::{Build, Stage, Verdict};
use crate::cli::{control, health, logging};
use crate::config::Config;
use crate::demo::{self, DAYS_MAX, EVENTS_MAX, Plan, Shipment, Wish};

/// Requests under way at once; their envelopes share an fsync.
const SENDERS: usize = 16;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// A server that is busy or limits its rate is asked again this often.
const TRIES_MAX: u32 = 30;
/// Where no `Retry-After` says how long to wait.
const RETRY_DEFAULT: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_mins(1);
const SETTLE_INTERVAL: Duration = Duration::from_millis(100);
/// A busy server may never be idle; then the demo goes on without.
const SETTLE_MAX: Duration = Duration::from_mins(2);

#[derive(Args)]
pub struct Options {
    /// Another number makes another demo; the same one, loaded again, adds nothing.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many errors, over all projects.
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(1..=i64::from(EVENTS_MAX)))]
    events: u32,
    /// How many days they are spread over.
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=i64::from(DAYS_MAX)))]
    days: u32,
    /// When the last of them happens, such as 2026-11-26T12:00:00Z; now by default.
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// Deletes the demo's projects and all that is in them.
    #[arg(long, exclusive = true)]
    remove: bool,
}

pub fn run(config: &Config, options: &Options) -> anyhow::Result<()> {
    if options.remove {
        return control::run(config, Command::RemoveDemo);
    }
    let now = Timestamp::now();
    let wish = Wish {
        seed: options.seed,
        events: options.events,
        days: options.days,
        now: options.now.unwrap_or(now),
    };
    if wish.now > now {
        bail!("--now is in the future");
    }
    if control::connect(&config.data_dir)?.is_some() {
        load(config, &wish)?;
        println!("Open {}/issues", base(config));
        return Ok(());
    }
    logging::start(config)?;
    let mut own = config.clone();
    own.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let errand_config = own.clone();
    app::run_errand(&own, Box::new(move || load(&errand_config, &wish)))?;
    println!("Start `lighttrace serve` and open {}/issues", base(config));
    Ok(())
}

fn base(config: &Config) -> &str {
    config.url.as_str().trim_end_matches('/')
}

fn load(config: &Config, wish: &Wish) -> anyhow::Result<()> {
    let started = Instant::now();
    let plan = demo::plan(wish)?;
    let stage: Stage = serde_json::from_str(&order(config, &Command::PrepareDemo { days: wish.days })?)?;
    let sender = Sender::new(stage)?;
    let built: usize = order(config, &Command::BuildDemo { builds: builds(&plan) })?.parse()?;
    // Requests that servers count, and lines of logs, have no id by which they were known when they are sent again.
    let (visits, traffic) =
        if built > 0 { (&plan.visits[..], &plan.traffic[..]) } else { (&[][..], &[][..]) };
    let sent = plan.openings.len() + visits.len() + traffic.len() + plan.rest.len() + plan.later.len();
    sender.send_in_order(&plan.openings)?;
    sender.settle()?;
    sender.send_all(visits)?;
    sender.send_all(traffic)?;
    sender.send_all(&plan.rest)?;
    sender.settle()?;
    order(config, &Command::DecideDemo { verdicts: verdicts(&plan) })?;
    sender.send_all(&plan.later)?;
    sender.settle()?;
    let (slugs, seconds) = (sender.slugs(), started.elapsed().as_secs_f64());
    println!("Sent {sent} envelopes of a made-up shop to {slugs} in {seconds:.1} s.");
    Ok(())
}

fn order(config: &Config, command: &Command) -> anyhow::Result<String> {
    let server = control::connect(&config.data_dir)?;
    control::ask(server.context("the server cannot be reached through its data folder")?, command)
}

fn builds(plan: &Plan) -> Vec<Build> {
    let built = plan.builds.iter();
    built
        .map(|built| Build {
            slug: built.service.slug(),
            version: built.version.clone(),
            at: built.at,
            commits: built.commits.clone(),
            deploys: built.deploys.iter().map(|(environment, at)| ((*environment).to_owned(), *at)).collect(),
        })
        .collect()
}

fn verdicts(plan: &Plan) -> Vec<Verdict> {
    let decisions = plan.decisions.iter();
    decisions
        .map(|decision| Verdict {
            slug: decision.service.slug(),
            event: decision.event,
            status: decision.verdict.status(),
            fixed_in: decision.fixed_in.clone(),
            at: decision.at,
        })
        .collect()
}

struct Sender {
    client: Client,
    stage: Stage,
    base: String,
}

impl Sender {
    fn new(stage: Stage) -> anyhow::Result<Self> {
        // Nothing here is encrypted, but the library wants to know with what it would be.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let none: [reqwest::Certificate; 0] = [];
        // What the environment says about proxies is not meant for this machine.
        let client = Client::builder().no_proxy().tls_certs_only(none).timeout(REQUEST_TIMEOUT).build()?;
        let base = format!("http://{}", health::reachable(stage.address));
        Ok(Self { client, stage, base })
    }

    fn slugs(&self) -> String {
        let slugs: Vec<&str> = self.stage.doors.iter().map(|door| door.slug.as_str()).collect();
        slugs.join(", ")
    }

    fn send_in_order(&self, shipments: &[Shipment]) -> anyhow::Result<()> {
        shipments.iter().try_for_each(|shipment| self.send(shipment))
    }

    fn send_all(&self, shipments: &[Shipment]) -> anyhow::Result<()> {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let senders: Vec<_> = (0..SENDERS)
                .map(|_| {
                    scope.spawn(|| {
                        while let Some(shipment) = shipments.get(next.fetch_add(1, Ordering::Relaxed)) {
                            self.send(shipment)?;
                        }
                        Ok(())
                    })
                })
                .collect();
            senders.into_iter().try_for_each(|sender| sender.join().expect("sending does not panic"))
        })
    }

    /// As an SDK would, but that it does not give up an event because the server is busy.
    fn send(&self, shipment: &Shipment) -> anyhow::Result<()> {
        let slug = shipment.service.slug();
        let door = self.stage.doors.iter().find(|door| door.slug == slug);
        let door = door.with_context(|| format!("the server made no project {slug}"))?;
        let url = format!("{}/api/{}/envelope/", self.base, door.project);
        let auth =
            format!("Sentry sentry_key={}, sentry_version=7, sentry_client=lighttrace-demo/1", door.key);
        for _ in 0..TRIES_MAX {
            let request = self.client.post(&url).header("X-Sentry-Auth", &auth);
            let answer = request
                .header("Content-Type", "application/x-sentry-envelope")
                .body(shipment.envelope.clone())
                .send()
                .with_context(|| format!("cannot send to {}", self.base))?;
            match answer.status() {
                StatusCode::OK => return Ok(()),
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                    std::thread::sleep(wait_of(&answer));
                }
                status => bail!("{slug} answered {status}: {}", answer.text().unwrap_or_default()),
            }
        }
        bail!("{slug} still takes nothing after {TRIES_MAX} tries; is its rate limited?")
    }

    /// Waits until what was sent can be found.
    fn settle(&self) -> anyhow::Result<()> {
        let started = Instant::now();
        while started.elapsed() < SETTLE_MAX {
            let text = self.client.get(format!("{}/metrics", self.base)).send()?.text()?;
            let is_zero = |name: &str| {
                let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
                line.and_then(|value| value.parse::<f64>().ok()) == Some(0.0)
            };
            if is_zero("lighttrace_inbox_depth") && is_zero("lighttrace_index_lag_events") {
                return Ok(());
            }
            std::thread::sleep(SETTLE_INTERVAL);
        }
        eprintln!("The server is busy; what was sent becomes searchable when it has caught up.");
        Ok(())
    }
}

fn wait_of(answer: &Response) -> Duration {
    let header = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let seconds = header.and_then(|value| value.parse().ok()).map(Duration::from_secs);
    seconds.unwrap_or(RETRY_DEFAULT).min(RETRY_MAX)
}
