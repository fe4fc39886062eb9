//! The one HTTP error: `{"detail": …}`, as Sentry's API says it.
//!
//! What a caller did wrong is told in words; what went wrong inside is logged once, under an id that the answer
//! names, and never shown.

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::artifacts::ArtifactError;
use crate::explain::ask::AskError;
use crate::model::explanation::{ExplainFailure, FailureCode};
use crate::search::SearchError;
use crate::search::query::ParseError;
use crate::store::StoreError;

/// The body of every answer that is not 2xx.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    pub detail: String,
    /// Of a query that does not parse: where it stops making sense, in characters from its start …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// … and what could have stood there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<&'static str>,
    /// Why there is no explanation …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<FailureCode>,
    /// … and in how many seconds another try makes sense; absent: not until something is changed.
    #[serde(rename = "retryAfter", skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    detail: String,
    retry_after_seconds: Option<u64>,
    /// What may be asked instead, of an answer that says a method is not allowed.
    allowed: Option<String>,
    syntax: Option<ParseError>,
    failure: Option<FailureCode>,
}

pub type Result<T> = std::result::Result<T, ApiError>;

impl ApiError {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            retry_after_seconds: None,
            allowed: None,
            syntax: None,
            failure: None,
        }
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// A query that does not parse.
    pub fn syntax(error: ParseError) -> Self {
        let detail = format!("Invalid query: {error}");
        Self { syntax: Some(error), ..Self::bad_request(detail) }
    }

    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "The requested resource does not exist")
    }

    pub fn method_not_allowed(methods: &[Method]) -> Self {
        let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        let allowed = names.join(", ");
        let error =
            Self::new(StatusCode::METHOD_NOT_ALLOWED, format!("Method not allowed; expected {allowed}"));
        Self { allowed: Some(allowed), ..error }
    }

    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    pub fn unsupported_media_type(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
    }

    /// The client stopped sending.
    pub fn timed_out() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "The rest of the request did not come in time")
    }

    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// Why there is no explanation, where that is what failed.
    pub fn failure(&self) -> Option<FailureCode> {
        self.failure
    }

    pub fn retry_after(&self) -> Option<u64> {
        self.retry_after_seconds
    }

    pub fn throttled(retry_after_seconds: u64) -> Self {
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many tries. Try again later.");
        Self { retry_after_seconds: Some(retry_after_seconds), ..error }
    }

    /// Logs the cause; the answer only names the log line.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        let mut id = [0u8; 8];
        // Without randomness the line is still logged, only harder to find.
        let _ = getrandom::fill(&mut id);
        let request = hex::encode(id);
        tracing::error!(request, %cause, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, format!("Internal error. The log has it as {request}."))
    }
}

impl From<ExplainFailure> for ApiError {
    fn from(failure: ExplainFailure) -> Self {
        let status = match failure.code {
            FailureCode::NotConfigured | FailureCode::Interrupted => StatusCode::SERVICE_UNAVAILABLE,
            FailureCode::Forbidden => StatusCode::FORBIDDEN,
            FailureCode::RateLimited | FailureCode::BudgetSpent | FailureCode::Busy => {
                StatusCode::TOO_MANY_REQUESTS
            }
            FailureCode::Timeout => StatusCode::GATEWAY_TIMEOUT,
            FailureCode::ContextTooLong => StatusCode::PAYLOAD_TOO_LARGE,
            FailureCode::Cancelled => StatusCode::CONFLICT,
            FailureCode::WrongKey
            | FailureCode::UnknownModel
            | FailureCode::Unreachable
            | FailureCode::CutOff
            | FailureCode::Refused
            | FailureCode::Unreadable
            | FailureCode::ServerError => StatusCode::BAD_GATEWAY,
        };
        let error = Self::new(status, failure.detail);
        Self { retry_after_seconds: failure.retry_after, failure: Some(failure.code), ..error }
    }
}

impl From<AskError> for ApiError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Failed(failure) => failure.into(),
            AskError::Finding(error) => error.into(),
        }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(_) => Self::conflict(error.to_string()),
            StoreError::Impossible(reason) => Self::bad_request(reason),
            StoreError::Refused(reason) => Self::forbidden(reason),
            StoreError::Gone => Self::not_found(),
            other => Self::internal(&other),
        }
    }
}

impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::TooComplex | SearchError::TooManyReleases => {
                Self::bad_request(format!("Invalid query: {error}"))
            }
            other => Self::internal(&other),
        }
    }
}

impl actix_web::ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after_seconds {
            answer.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(methods) = &self.allowed {
            answer.insert_header((header::ALLOW, methods.as_str()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        answer.json(ErrorBody {
            detail: self.detail.clone(),
            position: self.syntax.as_ref().map(|error| error.position),
            expected: self.syntax.as_ref().map(|error| error.expected),
            code: self.failure,
            retry_after: self.failure.and(self.retry_after_seconds),
        })
    }
}

impl From<ArtifactError> for ApiError {
    fn from(error: ArtifactError) -> Self {
        match error {
            ArtifactError::Rejected(detail) => Self::bad_request(detail),
            // Not 507: uploaders would try that again and again before they say why.
            ArtifactError::TooLarge(_) | ArtifactError::Full(_) => Self::too_large(error.to_string()),
            other => Self::internal(&other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ApiError;
    use crate::search::SearchError;

    #[test]
    fn a_query_that_costs_too_much_is_the_callers_mistake() {
        assert_eq!(ApiError::from(SearchError::TooComplex).status, 400);
        assert_eq!(ApiError::from(SearchError::Io(std::io::Error::other("gone"))).status, 500);
    }
}
