//! How a span ended, in Sentry's words.

use crate::digest::spans::attributes::Attributes;
use crate::model::span::{SpanKind, SpanStatus};

/// Sentry's words, which are gRPC's, and what old SDKs say instead.
const WORDS: [(&str, &str); 27] = [
    ("ok", "ok"),
    ("success", "ok"),
    ("cancelled", "cancelled"),
    ("canceled", "cancelled"),
    ("aborted", "aborted"),
    ("unknown", "unknown"),
    ("unknown_error", "unknown"),
    ("invalid_argument", "invalid_argument"),
    ("deadline_exceeded", "deadline_exceeded"),
    ("not_found", "not_found"),
    ("already_exists", "already_exists"),
    ("permission_denied", "permission_denied"),
    ("resource_exhausted", "resource_exhausted"),
    ("failed_precondition", "failed_precondition"),
    ("out_of_range", "out_of_range"),
    ("unimplemented", "unimplemented"),
    ("internal_error", "internal_error"),
    ("internal", "internal_error"),
    ("failure", "internal_error"),
    ("error", "internal_error"),
    ("unavailable", "unavailable"),
    ("data_loss", "data_loss"),
    ("unauthenticated", "unauthenticated"),
    ("timeout", "deadline_exceeded"),
    ("timed_out", "deadline_exceeded"),
    ("internalerror", "internal_error"),
    ("notfound", "not_found"),
];

/// gRPC's codes from 0.
const GRPC: [&str; 17] = [
    "ok",
    "cancelled",
    "unknown",
    "invalid_argument",
    "deadline_exceeded",
    "not_found",
    "already_exists",
    "permission_denied",
    "resource_exhausted",
    "failed_precondition",
    "aborted",
    "out_of_range",
    "unimplemented",
    "internal_error",
    "unavailable",
    "data_loss",
    "unauthenticated",
];

/// The most that is kept of a word that nobody knows.
const WORD_BYTES_MAX: usize = 64;

/// A word, and whether it is a failure: all but `ok`, `cancelled` and `unknown` are, as in Sentry's failure rate.
pub type Ending = (SpanStatus, String);

/// What a sender of Sentry's says. A number is an HTTP status.
pub fn of_word(word: &str) -> Ending {
    let word = word.trim();
    if let Ok(code) = word.parse::<u16>() {
        return of_word(http_word(code));
    }
    let lower = word[..word.floor_char_boundary(WORD_BYTES_MAX)].to_ascii_lowercase();
    let known = WORDS.iter().find(|(name, _)| *name == lower).map(|(_, word)| *word);
    match known {
        Some("ok") => (SpanStatus::Ok, "ok".to_owned()),
        Some(quiet @ ("cancelled" | "unknown")) => (SpanStatus::Unset, quiet.to_owned()),
        Some(word) => (SpanStatus::Error, word.to_owned()),
        None if lower.is_empty() => (SpanStatus::Unset, lower),
        None => (SpanStatus::Error, lower),
    }
}

/// What follows from a status that only knows well, badly or nothing: the word comes from the protocol's own status.
pub fn of_code(status: SpanStatus, message: &str, attributes: &Attributes, kind: SpanKind) -> Ending {
    let http = http_code(attributes);
    let grpc = ["rpc.grpc.status_code", "rpc.response.status_code"];
    let grpc = grpc.iter().find_map(|key| attributes.number(key)).and_then(grpc_word);
    let word = http.map(http_word).or(grpc);
    let said = WORDS.iter().find(|(name, _)| message.eq_ignore_ascii_case(name)).map(|(_, word)| *word);
    match status {
        SpanStatus::Error => {
            let word = said.or(word).filter(|word| *word != "ok").unwrap_or("internal_error");
            (SpanStatus::Error, word.to_owned())
        }
        // What the server itself could not do is a failure, whatever a default said.
        _ if http.is_some_and(|code| code >= 500) => {
            (SpanStatus::Error, word.unwrap_or("internal_error").to_owned())
        }
        SpanStatus::Ok => (SpanStatus::Ok, "ok".to_owned()),
        SpanStatus::Unset => {
            let is_answered = word == Some("ok") && kind != SpanKind::Internal;
            let status = if is_answered { SpanStatus::Ok } else { SpanStatus::Unset };
            (status, word.unwrap_or_default().to_owned())
        }
    }
}

pub fn http_code(attributes: &Attributes) -> Option<u16> {
    let keys = ["http.response.status_code", "http.status_code", "status_code"];
    let code = keys.iter().find_map(|key| attributes.number(key))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
    (100.0..600.0).contains(&code).then_some(code as u16)
}

/// As Sentry's SDKs translate them.
fn http_word(code: u16) -> &'static str {
    match code {
        100..=399 => "ok",
        401 => "unauthenticated",
        403 => "permission_denied",
        404 => "not_found",
        409 => "already_exists",
        413 => "failed_precondition",
        429 => "resource_exhausted",
        499 => "cancelled",
        400..=498 => "invalid_argument",
        501 => "unimplemented",
        503 => "unavailable",
        504 => "deadline_exceeded",
        500..=599 => "internal_error",
        _ => "unknown",
    }
}

fn grpc_word(code: f64) -> Option<&'static str> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    GRPC.get(code as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::{of_code, of_word};
    use crate::digest::spans::attributes::Attributes;
    use crate::model::span::SpanStatus::{self, Error, Ok, Unset};
    use crate::model::span::{AttributeValue, SpanKind};

    #[test]
    fn words() {
        let table: &[(&str, SpanStatus, &str)] = &[
            ("ok", Ok, "ok"),
            ("", Unset, ""),
            ("Cancelled", Unset, "cancelled"),
            ("unknown_error", Unset, "unknown"),
            ("not_found", Error, "not_found"),
            ("internal_error", Error, "internal_error"),
            ("error", Error, "internal_error"),
            ("404", Error, "not_found"),
            ("200", Ok, "ok"),
            ("our_own", Error, "our_own"),
        ];
        for (said, status, word) in table {
            assert_eq!(of_word(said), (*status, (*word).to_owned()), "{said}");
        }
    }

    #[test]
    fn codes() {
        let check = |status, message, key: &str, code: i64, expected: (SpanStatus, &str)| {
            let mut attributes = Attributes::default();
            attributes.push(key.to_owned(), AttributeValue::Integer(code));
            let found = of_code(status, message, &attributes, SpanKind::Server);
            assert_eq!(found, (expected.0, expected.1.to_owned()), "{status:?} {message} {key} {code}");
        };
        check(Unset, "", "http.response.status_code", 200, (Ok, "ok"));
        check(Unset, "", "http.response.status_code", 404, (Unset, "not_found"));
        check(Unset, "", "http.status_code", 502, (Error, "internal_error"));
        check(Ok, "", "http.status_code", 503, (Error, "unavailable"));
        check(Error, "", "http.status_code", 401, (Error, "unauthenticated"));
        check(Error, "", "http.status_code", 200, (Error, "internal_error"));
        check(Error, "deadline_exceeded", "x", 1, (Error, "deadline_exceeded"));
        check(Error, "it broke", "rpc.grpc.status_code", 5, (Error, "not_found"));
        check(Error, "it broke", "x", 5, (Error, "internal_error"));
        check(Unset, "", "x", 5, (Unset, ""));
    }
}
