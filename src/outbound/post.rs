//! Requests to the receivers that people set up: once, to the address they named and no other.
//!
//! Redirects, proxies of the environment, cookies and addresses of private networks are all ways to be led somewhere
//! else; none is followed. What a receiver answers is read as far as it explains a failure.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};

use crate::outbound::address::{self, Refusal};
use crate::outbound::client;
use crate::outbound::outgoing::{Outcome, Post};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For all of it, looking the name up and the answer's body among it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Of an answer's body.
const ANSWER_BYTES_MAX: usize = 4 << 10;
/// Of an answer's body, in the reason that people read.
const ANSWER_CHARS_MAX: usize = 200;
/// A receiver may ask for so much patience.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

pub struct Poster {
    allow_private: bool,
    /// Made for the first request: the machine's certificates cost megabytes, and many instances never send one.
    client: OnceLock<Client>,
}

impl Poster {
    pub fn new(allow_private: bool) -> Self {
        Self { allow_private, client: OnceLock::new() }
    }

    pub async fn send(&self, post: &Post) -> Outcome {
        let url = match address::check(&post.url, self.allow_private) {
            Ok(url) => url,
            Err(refusal) => return Outcome::Refused { reason: refusal.to_string() },
        };
        let Some(headers) = headers(post) else {
            return Outcome::Refused {
                reason: "A header of the message has letters that none may have".to_owned(),
            };
        };
        let client = match self.client() {
            Ok(client) => client,
            Err(reason) => return Outcome::Later { reason, after: None },
        };
        // The body's copy is a few KiB, and the message may be sent again.
        match client.post(url).headers(headers).body(post.body.clone()).send().await {
            Ok(answer) => judge(answer, Timestamp::now()).await,
            Err(error) => failure(&error.without_url()),
        }
    }

    fn client(&self) -> Result<&Client, String> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let made = client(self.allow_private)?;
        Ok(self.client.get_or_init(|| made))
    }
}

fn client(allow_private: bool) -> Result<Client, String> {
    client::client(|settings| {
        let settings = settings.connect_timeout(CONNECT_TIMEOUT).timeout(REQUEST_TIMEOUT);
        settings.dns_resolver(Guard { allow_private })
    })
}

fn headers(post: &Post) -> Option<HeaderMap> {
    let pairs = post.headers.iter();
    pairs
        .map(|(name, value)| {
            let mut value = HeaderValue::from_str(value).ok()?;
            value.set_sensitive(true);
            Some((HeaderName::try_from(name.as_str()).ok()?, value))
        })
        .collect()
}

/// Looks names up and keeps only the addresses that may be reached. So what is judged is what is connected to.
struct Guard {
    allow_private: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let permitted = address::permitted(name.as_str(), found.map(|found| found.ip()), allow_private)?;
            // The request's own port takes the place of the 0.
            let addresses: Addrs = Box::new(permitted.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

async fn judge(mut answer: Response, now: Timestamp) -> Outcome {
    let status = answer.status();
    if status.is_success() {
        return Outcome::Delivered;
    }
    let after = retry_after(answer.headers(), now);
    let reason = match excerpt(&mut answer).await {
        words if words.is_empty() => format!("The receiver answered {status}"),
        words => format!("The receiver answered {status}: {words}"),
    };
    outcome(status, after, reason)
}

fn outcome(status: StatusCode, after: Option<Duration>, reason: String) -> Outcome {
    match status.as_u16() {
        300..=399 => Outcome::Refused {
            reason: format!("{reason}. Redirects are not followed: set up the address it leads to"),
        },
        // Both are what a receiver says while it is being deployed, or while a secret is being changed.
        401 | 403 | 404 => Outcome::Doubtful { reason },
        408 | 425 | 429 => Outcome::Later { reason, after },
        400..=499 => Outcome::Refused { reason },
        _ => Outcome::Later { reason, after },
    }
}

/// In seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let after = if let Ok(seconds) = text.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let at = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Duration::try_from(at.duration_since(now)).unwrap_or_default()
    };
    Some(after.min(RETRY_AFTER_MAX))
}

/// The beginning of the body, as one line.
async fn excerpt(answer: &mut Response) -> String {
    let mut body = Vec::new();
    while body.len() < ANSWER_BYTES_MAX {
        match answer.chunk().await {
            Ok(Some(chunk)) => {
                body.extend_from_slice(&chunk[..chunk.len().min(ANSWER_BYTES_MAX - body.len())]);
            }
            Ok(None) | Err(_) => break,
        }
    }
    let text = String::from_utf8_lossy(&body);
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.chars().take(ANSWER_CHARS_MAX).collect()
}

fn failure(error: &reqwest::Error) -> Outcome {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            return Outcome::Refused { reason: refusal.to_string() };
        }
        source = cause.source();
    }
    let reason = if error.is_timeout() {
        format!("The receiver did not answer within {} seconds", REQUEST_TIMEOUT.as_secs())
    } else {
        format!("The receiver could not be reached: {}", words(error))
    };
    Outcome::Later { reason, after: None }
}

fn words(error: &dyn Error) -> String {
    let cause = client::innermost(error);
    cause.chars().filter(|letter| !letter.is_control()).take(ANSWER_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_means() {
        let of = |status: u16| {
            let status = StatusCode::from_u16(status).expect("a status");
            match outcome(status, None, String::new()) {
                Outcome::Delivered => "delivered",
                Outcome::Later { .. } => "later",
                Outcome::Doubtful { .. } => "doubtful",
                Outcome::Refused { .. } => "refused",
            }
        };
        for (statuses, expected) in [
            (&[408, 425, 429, 500, 502, 503, 504, 520, 599][..], "later"),
            (&[401, 403, 404][..], "doubtful"),
            (&[301, 302, 307, 308, 400, 405, 410, 413, 422][..], "refused"),
        ] {
            for &status in statuses {
                assert_eq!(of(status), expected, "{status}");
            }
        }
    }

    #[test]
    fn patience_is_asked_for_in_seconds_or_by_a_date_and_has_an_end() {
        let now: Timestamp = "2026-11-27T02:00:00Z".parse().expect("a time");
        for (text, seconds) in [
            ("7", Some(7)),
            ("Fri, 27 Nov 2026 02:00:30 GMT", Some(30)),
            ("Fri, 27 Nov 2026 01:00:00 GMT", Some(0)),
            ("99999999", Some(3600)),
            ("Sun, 27 Nov 2095 02:00:00 GMT", Some(3600)),
            ("soon", None),
            ("-3", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            assert_eq!(retry_after(&headers, now).map(|after| after.as_secs()), seconds, "{text}");
        }
    }

    #[test]
    fn a_header_that_would_begin_another_is_none() {
        let post = |value: &str| Post {
            url: String::new(),
            headers: vec![("X-Name".to_owned(), value.to_owned())],
            body: String::new(),
        };
        assert!(headers(&post("Grüße")).is_some());
        assert!(headers(&post("a\r\nX-Evil: b")).is_none());
    }
}
