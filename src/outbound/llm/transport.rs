//! Requests to the model's server, below the library that words them: what is no answer is read as far as it says why, what
//! is one is bounded, and a server that does not stream is made to look as if it did.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Body, Client, Response};
use serde_json::Value;
use tower_service::Service;

use crate::config::Llm;
use crate::outbound::client::{client, innermost};
use crate::outbound::llm::failures::Refused;
use crate::outbound::post::retry_after;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Of a refusal.
const REFUSAL_BYTES_MAX: usize = 8 * 1024;
/// Of an answer as it comes: each word of a stream is wrapped in 200 bytes and more.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Of a list of models, whatever is said of each.
const MODELS_BYTES_MAX: usize = 4 * 1024 * 1024;

/// To the address of the settings and no other.
pub fn http_client(settings: &Llm) -> Result<Client, String> {
    let connecting = CONNECT_TIMEOUT.min(settings.timeout);
    client(|builder| builder.connect_timeout(connecting).timeout(settings.timeout))
}

#[derive(Clone)]
pub struct Transport {
    client: Client,
    has_key: bool,
}

impl Transport {
    pub fn new(client: Client, has_key: bool) -> Self {
        Self { client, has_key }
    }

    async fn send(self, factory: HttpRequestFactory) -> Result<Response, OpenAIError> {
        let mut request = factory.build().await?;
        if let Some(key) = request.headers_mut().get_mut(AUTHORIZATION) {
            key.set_sensitive(true);
        }
        if !self.has_key {
            request.headers_mut().remove(AUTHORIZATION);
        }
        let answer = self.client.execute(request).await.map_err(reqwest::Error::without_url)?;
        if !answer.status().is_success() {
            return Err(OpenAIError::Boxed(Box::new(refused(answer).await)));
        }
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/event-stream") {
            return Ok(respond(Body::wrap_stream(bounded(answer))));
        }
        let body = read(answer, ANSWER_BYTES_MAX).await?;
        // Whatever says otherwise, a stream begins with a field or a comment.
        let text = body.trim_ascii_start();
        if text.starts_with(b"data:") || text.starts_with(b"event:") || text.starts_with(b":") {
            return Ok(respond(Body::from(body)));
        }
        // What is no JSON stays none, whatever else it is: it is read as an answer of no form that is known.
        let one_line =
            serde_json::from_slice::<Value>(&body).map_or_else(|_| "-".to_owned(), |value| value.to_string());
        Ok(respond(Body::from(format!("data: {one_line}\n\n"))))
    }
}

impl Service<HttpRequestFactory> for Transport {
    type Response = Response;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        Box::pin(self.clone().send(factory))
    }
}

fn respond(body: Body) -> Response {
    http::Response::new(body).into()
}

async fn refused(answer: Response) -> Refused {
    let status = answer.status().as_u16();
    let retry_after = retry_after(answer.headers(), Timestamp::now());
    let body = read(answer, REFUSAL_BYTES_MAX).await.unwrap_or_default();
    Refused { status, retry_after, text: String::from_utf8_lossy(&body).into_owned() }
}

/// The beginning of a body.
async fn read(mut answer: Response, bytes_max: usize) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while body.len() < bytes_max {
        let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? else { break };
        body.extend_from_slice(&chunk[..chunk.len().min(bytes_max - body.len())]);
    }
    Ok(body)
}

/// Ends where an answer is longer than any may be.
fn bounded(
    answer: Response,
) -> impl stream::Stream<Item = Result<bytes::Bytes, reqwest::Error>> + Send + 'static {
    answer.bytes_stream().scan(0_usize, |read, chunk| {
        *read += chunk.as_ref().map_or(0, bytes::Bytes::len);
        std::future::ready((*read <= ANSWER_BYTES_MAX).then_some(chunk))
    })
}

pub enum Unasked {
    Refused(Refused),
    Unreachable(String),
}

/// What the server calls its models; empty where it does not say.
pub async fn models(settings: &Llm, time: Duration) -> Result<Vec<String>, Unasked> {
    let client = http_client(settings).map_err(Unasked::Unreachable)?;
    let url = format!("{}/models", settings.base_url.as_str().trim_end_matches('/'));
    let mut request = client.get(url).timeout(time);
    if let Some(key) = &settings.api_key {
        request = request.bearer_auth(key);
    }
    let unreachable = |error: reqwest::Error| {
        let error = error.without_url();
        Unasked::Unreachable(if error.is_timeout() {
            "it does not answer".to_owned()
        } else {
            innermost(&error)
        })
    };
    let answer = request.send().await.map_err(unreachable)?;
    match answer.status().as_u16() {
        200..=299 => {}
        // Not every server lists its models.
        404 | 405 | 501 => return Ok(Vec::new()),
        _ => return Err(Unasked::Refused(refused(answer).await)),
    }
    let body = read(answer, MODELS_BYTES_MAX).await.map_err(unreachable)?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let rows = body.get("data").and_then(Value::as_array).into_iter().flatten();
    Ok(rows.filter_map(|row| row.get("id").and_then(Value::as_str)).map(str::to_owned).collect())
}
