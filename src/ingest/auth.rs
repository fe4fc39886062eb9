//! Who is calling: exactly one authorization, in one of the forms that SDKs use. Pure.
//!
//! Source: getsentry/relay `extractors/request_meta.rs`. `sentry_secret` and `sentry_timestamp` are passed over.

use base64::Engine;

use crate::ingest::refusal::Refusal;
use crate::model::ids::PublicKey;
use crate::wire::envelope::Dsn;

/// The newest protocol version there is.
const VERSION_MAX: u16 = 7;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    pub key: PublicKey,
    /// `raven-python/6.10.0`
    pub client: Option<String>,
}

/// Where an authorization may stand in one request.
#[derive(Debug, Default, Clone, Copy)]
pub struct Places<'a> {
    /// `X-Sentry-Auth`
    pub sentry_header: Option<&'a str>,
    /// `Authorization`
    pub authorization: Option<&'a str>,
    pub query: &'a str,
    pub path_key: Option<&'a str>,
}

impl Auth {
    pub fn from_dsn(dsn: Dsn) -> Self {
        Self { key: dsn.key, client: None }
    }
}

/// `None` where the request holds none: an envelope may still name its DSN.
pub fn find(places: Places<'_>) -> Result<Option<Auth>, Refusal> {
    let sentry_header = places.sentry_header.and_then(after_scheme_sentry);
    let authorization = places.authorization.and_then(after_scheme_sentry);
    let basic = places.authorization.and_then(|value| after_scheme(value, "basic "));
    let query = places.query.contains("sentry_").then_some(places.query);
    let given = [sentry_header, authorization, basic, query, places.path_key];
    if given.iter().flatten().count() > 1 {
        return Err(Refusal::unauthorized("multiple authorization payloads detected"));
    }
    if let Some(pairs) = sentry_header.or(authorization) {
        return from_header(pairs).map(Some);
    }
    if let Some(credentials) = basic {
        return from_basic(credentials).map(Some);
    }
    if query.is_some() {
        let pairs = url::form_urlencoded::parse(places.query.as_bytes());
        return from_pairs(pairs).map(Some);
    }
    places.path_key.map(|key| Ok(Auth { key: parse_key(key)?, client: None })).transpose()
}

fn after_scheme<'a>(value: &'a str, scheme: &str) -> Option<&'a str> {
    let value = value.trim();
    let head = value.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then(|| &value[scheme.len()..])
}

fn after_scheme_sentry(value: &str) -> Option<&str> {
    after_scheme(value, "sentry ")
}

fn from_header(pairs: &str) -> Result<Auth, Refusal> {
    from_pairs(pairs.split(',').filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        Some((key.trim(), value.trim().trim_matches('"')))
    }))
}

fn from_basic(credentials: &str) -> Result<Auth, Refusal> {
    let malformed = || Refusal::unauthorized("bad sentry authentication header");
    let decoded =
        base64::engine::general_purpose::STANDARD.decode(credentials.trim()).map_err(|_| malformed())?;
    let text = String::from_utf8(decoded).map_err(|_| malformed())?;
    let key = text.split(':').next().unwrap_or_default();
    if key.is_empty() {
        return Err(missing());
    }
    Ok(Auth { key: parse_key(key)?, client: None })
}

fn from_pairs<K: AsRef<str>, V: AsRef<str>>(pairs: impl Iterator<Item = (K, V)>) -> Result<Auth, Refusal> {
    let mut key = None;
    let mut client = None;
    for (name, value) in pairs {
        let value = value.as_ref();
        match name.as_ref() {
            "sentry_key" => key = Some(value.to_owned()),
            "sentry_client" => client = Some(value.chars().take(200).collect()),
            "sentry_version" => check_version(value)?,
            _ => {}
        }
    }
    let key = key.filter(|key| !key.is_empty()).ok_or_else(missing)?;
    Ok(Auth { key: parse_key(&key)?, client })
}

fn missing() -> Refusal {
    Refusal::unauthorized("missing authorization information")
}

/// Old clients send `2.0`.
fn check_version(text: &str) -> Result<(), Refusal> {
    let whole = text.strip_suffix(".0").unwrap_or(text);
    let version: u16 =
        whole.parse().map_err(|_| Refusal::unauthorized("bad sentry authentication: malformed version"))?;
    if version > VERSION_MAX {
        return Err(Refusal::malformed(format!("unsupported protocol version ({version})")));
    }
    Ok(())
}

/// A key may carry flags: `KEY.flag`.
fn parse_key(text: &str) -> Result<PublicKey, Refusal> {
    let key = text.split('.').next().unwrap_or_default();
    let is_key = key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit());
    let parsed = if is_key { key.parse().ok() } else { None };
    parsed.ok_or_else(|| Refusal::malformed("bad sentry DSN public key"))
}

#[cfg(test)]
mod tests {
    use super::{Places, find};

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn status(places: Places<'_>) -> u16 {
        match find(places) {
            Ok(Some(auth)) => {
                assert_eq!(auth.key.to_string(), KEY);
                200
            }
            Ok(None) => 0,
            Err(refusal) => refusal.status.as_u16(),
        }
    }

    #[test]
    fn header_forms() {
        let cases = [
            ("Sentry sentry_key=KEY", 200),
            ("sentry sentry_key=KEY,sentry_version=7", 200),
            (
                "Sentry sentry_version=7, sentry_client=raven/1, sentry_timestamp=1.5, sentry_key=KEY, sentry_secret=x",
                200,
            ),
            ("Sentry sentry_key=KEY.hello.world", 200),
            ("Sentry sentry_key=KEY, sentry_version=2.0", 200),
            ("Sentry sentry_key=KEY, sentry_version=8", 400),
            ("Sentry sentry_key=KEY, sentry_version=seven", 401),
            ("Sentry sentry_key=abc", 400),
            ("Sentry sentry_key=zz23456789abcdef0123456789abcdef", 400),
            ("Sentry sentry_key=01234567-89ab-cdef-0123-456789abcdef", 400),
            ("Sentry sentry_key=", 401),
            ("Sentry sentry_version=7", 401),
            ("Sentry ", 0),
            ("Bearer KEY", 0),
            ("", 0),
        ];
        for (value, expected) in cases {
            let value = value.replace("KEY", KEY);
            assert_eq!(
                status(Places { sentry_header: Some(&value), ..Places::default() }),
                expected,
                "{value}"
            );
            assert_eq!(
                status(Places { authorization: Some(&value), ..Places::default() }),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn other_forms() {
        use base64::Engine;
        let basic = |text: &str| {
            let text = text.replace("KEY", KEY);
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
        };
        for (text, expected) in [("KEY:", 200), ("KEY:secret", 200), ("KEY", 200), (":", 401), ("abc:", 400)]
        {
            let value = basic(text);
            assert_eq!(
                status(Places { authorization: Some(&value), ..Places::default() }),
                expected,
                "{text}"
            );
        }
        assert_eq!(status(Places { authorization: Some("Basic %%%"), ..Places::default() }), 401);
        for (query, expected) in [
            ("sentry_key=KEY&sentry_version=7", 200),
            ("sentry_data=abc", 401),
            ("a=b", 0),
            ("sentry_key=x", 400),
        ] {
            let query = query.replace("KEY", KEY);
            assert_eq!(status(Places { query: &query, ..Places::default() }), expected, "{query}");
        }
        assert_eq!(status(Places { path_key: Some(KEY), ..Places::default() }), 200);
        assert_eq!(status(Places { path_key: Some("x"), ..Places::default() }), 400);
    }

    #[test]
    fn two_at_once() {
        let header = format!("Sentry sentry_key={KEY}");
        let query = format!("sentry_key={KEY}");
        let all = [
            Places { sentry_header: Some(&header), authorization: Some(&header), ..Places::default() },
            Places { sentry_header: Some(&header), query: &query, ..Places::default() },
            Places { authorization: Some("Basic x"), query: &query, ..Places::default() },
            Places { path_key: Some(KEY), query: &query, ..Places::default() },
        ];
        for places in all {
            let refusal = find(places).expect_err("two");
            assert_eq!(
                (refusal.status.as_u16(), refusal.detail.as_str()),
                (401, "multiple authorization payloads detected")
            );
        }
        // An authorization for somebody else, such as a proxy, is not ours to judge.
        assert_eq!(
            status(Places {
                sentry_header: Some(&header),
                authorization: Some("Bearer x"),
                ..Places::default()
            }),
            200
        );
    }
}
