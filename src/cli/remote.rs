//! A server that a command asks over its API, with a token.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use ureq::http::{Response, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};
use url::Url;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: u64 = 64 << 20;
/// Of an error's words.
const DETAIL_CHARS_MAX: usize = 300;

pub struct Remote {
    agent: Agent,
    base: String,
    token: String,
}

pub struct Answer {
    pub status: StatusCode,
    pub text: String,
    /// Of the next page, where there is one.
    pub cursor: Option<String>,
}

impl Remote {
    pub fn new(url: &Url, token: String) -> Self {
        // Certificates are those of the machine, where a team's own authority stands.
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let settings = Agent::config_builder()
            .timeout_global(Some(REQUEST_TIMEOUT))
            .http_status_as_error(false)
            .tls_config(tls)
            .build();
        let base = url.as_str().trim_end_matches('/').to_owned();
        Self { agent: settings.into(), base, token }
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// Below `/api/0`; a slash is added.
    pub fn get<'a>(
        &self,
        path: impl IntoIterator<Item = &'a str>,
        query: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> anyhow::Result<Answer> {
        let mut url = Url::parse(&self.base).context("--url is no address")?;
        let mut segments = url.path_segments_mut().map_err(|()| anyhow::anyhow!("--url is no address"))?;
        segments.pop_if_empty().extend(["api", "0"]).extend(path).push("");
        drop(segments);
        url.query_pairs_mut().extend_pairs(query);
        let request = self.agent.get(url.as_str());
        let answer = request.header("Authorization", format!("Bearer {}", self.token)).call();
        let mut answer = answer.with_context(|| format!("cannot reach {}", self.base))?;
        let text = read(&mut answer).with_context(|| format!("cannot hear {}", self.base))?;
        let link = answer.headers().get("link").and_then(|link| link.to_str().ok());
        Ok(Answer { status: answer.status(), text, cursor: link.and_then(next_cursor) })
    }
}

impl Answer {
    /// What an error says, for a terminal.
    pub fn detail(&self) -> String {
        let parsed: Option<serde_json::Value> = serde_json::from_str(&self.text).ok();
        let said = parsed.as_ref().and_then(|body| body["detail"].as_str()).unwrap_or(&self.text);
        clean(said)
    }
}

/// The terminal obeys nothing that a server says.
pub fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(DETAIL_CHARS_MAX).collect()
}

/// What was given, or a variable that is set to something.
pub fn given(option: Option<&String>, variable: &str) -> Option<String> {
    let set = || std::env::var(variable).ok().filter(|value| !value.is_empty());
    option.cloned().or_else(set)
}

fn read(answer: &mut Response<Body>) -> Result<String, ureq::Error> {
    answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()
}

/// The cursor of the page after this one, of a `Link` header as Sentry writes it.
fn next_cursor(link: &str) -> Option<String> {
    let next = link.split(", <").find(|part| part.contains("rel=\"next\""))?;
    if !next.contains("results=\"true\"") {
        return None;
    }
    let cursor = next.split_once("cursor=\"")?.1;
    Some(cursor.split_once('"')?.0.to_owned())
}
