//! Which keys' values are secret.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::model::project::Scrubbing;

/// Parts of keys, in lower case. `auth` also covers `Authorization`, `token` every kind of token.
pub const SECRET_PARTS: [&str; 13] = [
    "password",
    "secret",
    "passwd",
    "api-key",
    "api_key",
    "apikey",
    "auth",
    "credentials",
    "mysql_pwd",
    "privatekey",
    "private-key",
    "private_key",
    "token",
];
/// Whole keys, and whole words in texts.
pub const SECRET_KEYS: [&str; 3] = ["otp", "two-factor", "two_factor"];

/// Whole names of cookies that make a session or guard one.
const COOKIES: [&str; 27] = [
    "sentrysid",
    "sudo",
    "su",
    "session",
    "__session",
    "sessionid",
    "user_session",
    "symfony",
    "phpsessid",
    "fasthttpsessionid",
    "mysession",
    "irissessionid",
    "_vercel_jwt",
    "csrf",
    "xsrf",
    "_xsrf",
    "_csrf",
    "csrf-token",
    "csrf_token",
    "xsrf-token",
    "xsrf_token",
    "fastcsrf",
    "_iris_csrf",
    // Beyond Sentry's own list: the default names of widespread servers.
    "connect.sid",
    "jsessionid",
    "asp.net_sessionid",
    "laravel_session",
];

static PARTS: LazyLock<AhoCorasick> = LazyLock::new(|| automaton(&SECRET_PARTS));
/// For texts, in which a whole key is a part like any other until somebody looks closer.
static PARTS_AND_KEYS: LazyLock<AhoCorasick> =
    LazyLock::new(|| automaton(&[SECRET_PARTS.as_slice(), SECRET_KEYS.as_slice()].concat()));

fn automaton<P: AsRef<[u8]>>(parts: &[P]) -> AhoCorasick {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostFirst)
        .kind(Some(AhoCorasickKind::DFA))
        // Keys are short: starting a prefilter costs more than walking them.
        .prefilter(false)
        .build(parts)
        .expect("a few short patterns make an automaton")
}

/// Bounds what one project's settings can cost.
const EXTRA_KEYS_MAX: usize = 200;
const EXTRA_KEY_BYTES_MAX: usize = 100;

pub struct Keys {
    built_in: bool,
    extra: Option<AhoCorasick>,
    extra_parts: Vec<String>,
    safe: Vec<String>,
}

impl Keys {
    pub fn new(settings: &Scrubbing) -> Self {
        let trimmed = |keys: &[String]| -> Vec<String> {
            let keys = keys.iter().map(|key| key.trim().to_lowercase());
            keys.filter(|key| !key.is_empty() && key.len() <= EXTRA_KEY_BYTES_MAX)
                .take(EXTRA_KEYS_MAX)
                .collect()
        };
        let extra_parts = trimmed(&settings.extra_keys);
        let extra = (!extra_parts.is_empty()).then(|| automaton(&extra_parts));
        Self { built_in: settings.enabled, extra, extra_parts, safe: trimmed(&settings.safe_keys) }
    }

    /// The value of this key is filtered whole.
    pub fn is_secret(&self, key: &str) -> bool {
        let built_in = |key: &str| {
            PARTS.is_match(key) || SECRET_KEYS.iter().any(|secret| secret.eq_ignore_ascii_case(key))
        };
        (self.built_in && built_in(key)) || self.extra.as_ref().is_some_and(|extra| extra.is_match(key))
    }

    /// Some part of a secret key stands somewhere in the text. One pass, however many keys there are.
    pub fn mentions(&self, text: &[u8]) -> bool {
        (self.built_in && PARTS_AND_KEYS.is_match(text))
            || self.extra.as_ref().is_some_and(|extra| extra.is_match(text))
    }

    pub fn is_secret_cookie(&self, name: &str) -> bool {
        (self.built_in && COOKIES.iter().any(|cookie| cookie.eq_ignore_ascii_case(name)))
            || self.is_secret(name)
    }

    pub fn is_safe(&self, key: &str) -> bool {
        !self.safe.is_empty() && self.safe.iter().any(|safe| *safe == key.to_lowercase())
    }

    /// What the project added, in lower case.
    pub fn extra_parts(&self) -> &[String] {
        &self.extra_parts
    }

    pub fn is_idle(&self) -> bool {
        !self.built_in && self.extra.is_none()
    }
}
