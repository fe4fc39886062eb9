//! The query of a request: keys may repeat (`project=1&project=2`), and `field[]` is `field`. And what bodies share.

use actix_web::HttpRequest;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::api::error::{ApiError, Result};
use crate::model::length;

/// Sentry's upper bound for `limit` and `per_page`.
pub const LIMIT_MAX: usize = 100;
const LIMIT_DEFAULT: usize = 25;
/// Pairs beyond this are not read. More than a bulk change may name, so that too many ids are told and not cut.
const PAIRS_MAX: usize = 1_100;

#[derive(Debug, Default)]
pub struct Params(Vec<(String, String)>);

/// A stretch of time; open where nothing was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

impl Params {
    pub fn of(request: &HttpRequest) -> Self {
        Self::parse(request.query_string())
    }

    pub(super) fn parse(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).take(PAIRS_MAX);
        Self(pairs.map(|(key, value)| (key.trim_end_matches("[]").to_owned(), value.into_owned())).collect())
    }

    /// The first value, unless empty.
    pub fn get<'a>(&'a self, key: &'a str) -> Option<&'a str> {
        self.all(key).next()
    }

    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(k, value)| k == key && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Whether the key was sent at all, empty or not.
    pub fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(k, _)| k == key)
    }

    /// `1`, `true` or nothing behind the key.
    pub fn flag(&self, key: &str) -> bool {
        self.0.iter().any(|(k, value)| k == key && !matches!(value.as_str(), "0" | "false"))
    }

    /// `limit` or `per_page`; too much is cut, nonsense is refused.
    pub fn limit(&self) -> Result<usize> {
        let Some(text) = self.get("limit").or_else(|| self.get("per_page")) else { return Ok(LIMIT_DEFAULT) };
        let limit: usize = text.parse().map_err(|_| ApiError::bad_request("limit: expected a number"))?;
        Ok(limit.clamp(1, LIMIT_MAX))
    }

    /// `statsPeriod=24h`, or `start` and `end`.
    pub fn period(&self, now: Timestamp) -> Result<Period> {
        if let Some(text) = self.get("statsPeriod") {
            let length = length::read(text)
                .ok_or_else(|| ApiError::bad_request("statsPeriod: expected a length such as 24h or 14d"))?;
            return Ok(Period { since: now.checked_sub(length).ok(), until: None });
        }
        Ok(Period { since: self.time("start")?, until: self.time("end")? })
    }

    fn time(&self, key: &str) -> Result<Option<Timestamp>> {
        self.get(key).map(|text| read_time(key, text)).transpose()
    }
}

/// Without a zone it is UTC, without a time the day's beginning.
pub fn read_time(key: &str, text: &str) -> Result<Timestamp> {
    let zoned = text.parse().or_else(|_| format!("{text}Z").parse());
    let zoned = zoned.or_else(|_| format!("{text}T00:00:00Z").parse());
    zoned.map_err(|_| ApiError::bad_request(format!("{key}: expected a time such as 2026-11-23T08:00:00Z")))
}

/// Of a body: `null` is something else than nothing.
#[expect(clippy::option_option, reason = "`null` is none, absent is as it was")]
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_repeat_and_may_carry_brackets() {
        let params = Params::parse("project=1&project=shop&field[]=title&query=a+b%3Ac&full&empty=");
        assert_eq!(params.all("project").collect::<Vec<_>>(), ["1", "shop"]);
        assert_eq!(params.get("field"), Some("title"));
        assert_eq!(params.get("query"), Some("a b:c"));
        assert!(params.flag("full") && params.has("empty") && params.get("empty").is_none());
    }

    #[test]
    fn limits_are_cut() {
        for (query, expected) in [("", 25), ("limit=5", 5), ("per_page=500", 100), ("limit=0", 1)] {
            assert_eq!(Params::parse(query).limit().expect("valid"), expected, "{query}");
        }
        assert!(Params::parse("limit=x").limit().is_err());
    }

    #[test]
    fn periods() {
        let now: Timestamp = "2026-11-23T08:00:00Z".parse().expect("a time");
        let since = |query: &str| Params::parse(query).period(now).expect(query).since.map(|t| t.to_string());
        assert_eq!(since("statsPeriod=24h").as_deref(), Some("2026-11-22T08:00:00Z"));
        assert_eq!(since("start=2026-11-01T00:00:00").as_deref(), Some("2026-11-01T00:00:00Z"));
        assert_eq!(since("start=2026-11-01").as_deref(), Some("2026-11-01T00:00:00Z"));
        assert_eq!(since("statsPeriod="), None);
        for bad in ["statsPeriod=h", "statsPeriod=9é", "statsPeriod=4000000000w", "start=yesterday"] {
            assert!(Params::parse(bad).period(now).is_err(), "{bad}");
        }
    }
}
