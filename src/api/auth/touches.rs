//! When sessions and tokens were last in use: written at most once a minute each, and never waited for.

use std::collections::HashMap;
use std::net::IpAddr;

use actix_web::web;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::api::Api;
use crate::api::auth::{Caller, Secret, bootstrap};
use crate::model::account::TokenHash;

const INTERVAL: SignedDuration = SignedDuration::from_secs(60);
/// Remembered at once; beyond, all are forgotten and written once more.
const ENTRIES_MAX: usize = 10_000;

#[derive(Default)]
pub struct Touches(Mutex<HashMap<TokenHash, Timestamp>>);

impl Touches {
    /// Whether it is time to write; the answer counts as written.
    fn is_due(&self, secret: TokenHash, now: Timestamp) -> bool {
        let mut written = self.0.lock();
        if written.get(&secret).is_some_and(|at| now.duration_since(*at).abs() < INTERVAL) {
            return false;
        }
        if written.len() >= ENTRIES_MAX {
            written.clear();
        }
        written.insert(secret, now);
        true
    }
}

/// Notes that the caller is here.
pub fn note(api: &web::Data<Api>, caller: &Caller, address: IpAddr) {
    let (Secret::Cookie(secret) | Secret::Bearer(secret)) = caller.secret;
    let is_instance = caller.token.as_ref().is_some_and(|token| token.account == bootstrap::INSTANCE);
    let now = Timestamp::now();
    if is_instance || !api.touches.is_due(secret, now) {
        return;
    }
    let store = api.store.clone();
    // Dropped: the request goes on.
    drop(web::block(move || {
        if let Err(error) = store.touch(secret, Some(address), now) {
            tracing::warn!(%error, "the last use of a session or token could not be noted");
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_is_written_once_a_minute() {
        let touches = Touches::default();
        let (first, second) = (TokenHash([1; 32]), TokenHash([2; 32]));
        let start: Timestamp = "2026-11-26T12:00:00Z".parse().expect("a time");
        let after = |seconds| start + SignedDuration::from_secs(seconds);
        let asked = [(first, 0), (first, 59), (second, 59), (first, 60), (first, 61)];
        let due = asked.map(|(secret, seconds)| touches.is_due(secret, after(seconds)));
        assert_eq!(due, [true, false, true, true, false]);
    }
}
