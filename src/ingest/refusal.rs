//! What a caller hears when it is refused: `{"detail", "causes"}` with a status, and how long to wait.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;

/// A refusal of the whole request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    pub detail: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// Names the refusal in metrics and in the ledger.
    pub reason: &'static str,
    pub retry_after_seconds: Option<u64>,
    /// The value of `X-Sentry-Rate-Limits`.
    pub rate_limits: Option<String>,
    /// The ledger knows the items of this request already.
    pub counted: bool,
}

impl Refusal {
    fn new(status: StatusCode, reason: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            causes: Vec::new(),
            reason,
            retry_after_seconds: None,
            rate_limits: None,
            counted: false,
        }
    }

    /// 400: what was sent cannot be read.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    /// 401: no authorization, or one that cannot be read.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// 403: an unknown or disabled key, or another project's.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "method not allowed")
    }

    /// 413: `what` is the item type or the body.
    pub fn too_large(what: &str) -> Self {
        let detail = format!("envelope exceeded size limits for type '{what}'");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    pub fn unsupported_media_type(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    }

    /// 408: the body stopped arriving.
    pub fn stalled() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "stalled", "the request body did not arrive in time")
    }

    /// 409: the upload is elsewhere than the caller thinks.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// 429 over a rate limit.
    pub fn limited(retry_after_seconds: u64, rate_limits: String) -> Self {
        let detail = "Sentry dropped data due to a quota or internal rate limit being reached. \
                      This will not affect your application.";
        let mut refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
        refusal.retry_after_seconds = Some(retry_after_seconds);
        refusal.rate_limits = Some(rate_limits);
        refusal
    }

    /// 429 without categories: SDKs hold back everything until then.
    pub fn busy(retry_after_seconds: u64) -> Self {
        let mut refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "inbox_full", "the inbox is full");
        refusal.retry_after_seconds = Some(retry_after_seconds.max(1));
        refusal
    }

    /// 503: no memory to spare for this body right now.
    pub fn overloaded() -> Self {
        let detail = "too many requests are being received";
        let mut refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail);
        refusal.retry_after_seconds = Some(1);
        refusal
    }

    /// 503: nothing could be written.
    pub fn disk_failed() -> Self {
        let detail = "the event could not be stored";
        let mut refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, "disk_failed", detail);
        refusal.retry_after_seconds = Some(10);
        refusal
    }

    #[expect(clippy::needless_pass_by_value, reason = "errors are handed over, texts are borrowed")]
    pub fn with_cause(mut self, cause: impl ToString) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    pub fn response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after_seconds {
            answer.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        if let Some(limits) = &self.rate_limits {
            answer.insert_header(("x-sentry-rate-limits", limits.as_str()));
        }
        // Short, printable and on one line, whatever the cause quotes.
        let error: String = self.detail.chars().filter(|c| matches!(c, ' '..='~')).take(200).collect();
        answer.insert_header(("x-sentry-error", error));
        answer.json(serde_json::json!({ "detail": self.detail, "causes": self.causes }))
    }
}
