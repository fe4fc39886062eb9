//! From the items `session` and `sessions` to what the store counts. Pure; the rules are those of Sentry's Relay
//! (`relay-server/src/processing/sessions`, `relay-event-schema/src/protocol/session.rs`).

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::digest::normalize;
use crate::model::health::{Outcomes, SessionReport, SessionUpdate};

/// A session that began longer ago than this is not counted any more.
pub const AGE_MAX: SignedDuration = SignedDuration::from_hours(5 * 24);
const FUTURE_MAX: SignedDuration = SignedDuration::from_secs(60);
/// The sender's clock is corrected in steps of this: two updates of a session that were under way for different times
/// are then moved by the same amount, and stay one session of one hour.
const DRIFT_STEP: SignedDuration = SignedDuration::from_mins(15);

/// Longer ones are cut: it is told apart by its hash.
const USER_BYTES_MAX: usize = 1_024;

/// When an item arrived, and the sender's clock when it was sent.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    pub received: Timestamp,
    pub sent_at: Option<Timestamp>,
}

/// Why an item is not counted.
pub type Reason = &'static str;

const INVALID: Reason = "digest_invalid_session";
const WITHOUT_RELEASE: Reason = "digest_session_without_release";
const TOO_OLD: Reason = "digest_session_too_old";
const IN_FUTURE: Reason = "digest_session_in_future";

/// An item `session`: one session as it stands now.
pub fn read_update(payload: &[u8], clock: Clock) -> Result<SessionReport, Reason> {
    let value = normalize::parse(payload, true).map_err(|_| INVALID)?;
    let (release, environment) = attributes(&value)?;
    let started = clock.moment(&value["started"]).ok_or(INVALID)?;
    let told = clock.moment(&value["timestamp"]).unwrap_or(clock.received).max(started);
    clock.check(started)?;
    clock.check(told)?;
    let update = SessionUpdate {
        started,
        user: user(&value["did"]),
        session: session_id(&value["sid"]),
        counts: counts_of_one(&value),
    };
    Ok(SessionReport { release, environment, updates: vec![update] })
}

/// An item `sessions`: how many began in each minute, and how they ended.
pub fn read_aggregates(payload: &[u8], clock: Clock) -> Result<SessionReport, Reason> {
    let value = normalize::parse(payload, true).map_err(|_| INVALID)?;
    let (release, environment) = attributes(&value)?;
    let mut updates = Vec::new();
    let mut refused = INVALID;
    for aggregate in value["aggregates"].as_array().ok_or(INVALID)? {
        let (Some(started), Some(counts)) = (clock.moment(&aggregate["started"]), counts_of_many(aggregate))
        else {
            continue;
        };
        match clock.check(started) {
            Err(reason) => refused = reason,
            Ok(()) => {
                updates.push(SessionUpdate { started, user: user(&aggregate["did"]), session: None, counts });
            }
        }
    }
    if updates.is_empty() { Err(refused) } else { Ok(SessionReport { release, environment, updates }) }
}

impl Clock {
    fn moment(self, value: &Value) -> Option<Timestamp> {
        let moment = normalize::read_moment(value)?;
        moment.checked_add(self.drift()).ok()
    }

    fn drift(self) -> SignedDuration {
        let Some(sent_at) = self.sent_at else { return SignedDuration::ZERO };
        let drift = self.received.duration_since(sent_at);
        if drift.abs() < normalize::DRIFT_MIN {
            return SignedDuration::ZERO;
        }
        let step = DRIFT_STEP.as_secs();
        let steps = (drift.as_secs() + step / 2).div_euclid(step);
        SignedDuration::from_secs(steps.saturating_mul(step))
    }

    fn check(self, moment: Timestamp) -> Result<(), Reason> {
        let age = self.received.duration_since(moment);
        if age > AGE_MAX {
            Err(TOO_OLD)
        } else if -age > FUTURE_MAX {
            Err(IN_FUTURE)
        } else {
            Ok(())
        }
    }
}

/// Release and environment. An environment that is none is left out, a release must be one.
fn attributes(value: &Value) -> Result<(String, Option<String>), Reason> {
    let attributes =
        value["attrs"].as_object().ok_or(if value.is_object() { WITHOUT_RELEASE } else { INVALID })?;
    let read = |key: &str| attributes.get(key).unwrap_or(&Value::Null);
    let release = normalize::read_release(read("release")).ok_or(WITHOUT_RELEASE)?;
    Ok((release, normalize::read_environment(read("environment"))))
}

fn counts_of_one(value: &Value) -> Outcomes {
    let status = value["status"].as_str().unwrap_or("ok");
    let is = |word: &str| u64::from(status == word);
    let has_errors = value["errors"].as_f64().is_some_and(|errors| errors > 0.0);
    Outcomes {
        total: u64::from(value["init"].as_bool().unwrap_or(false)),
        errored: u64::from(has_errors || !matches!(status, "ok" | "exited")),
        crashed: is("crashed"),
        abnormal: is("abnormal"),
        unhandled: is("unhandled"),
    }
}

/// `None`: a number is none, so that none of them is believed.
fn counts_of_many(aggregate: &Value) -> Option<Outcomes> {
    let number = |key: &str| match &aggregate[key] {
        Value::Null => Some(0),
        // As Relay: 32 bits.
        value => value.as_u64().and_then(|number| u32::try_from(number).ok()).map(u64::from),
    };
    let (crashed, abnormal, unhandled) = (number("crashed")?, number("abnormal")?, number("unhandled")?);
    let errored = number("errored")? + crashed + abnormal + unhandled;
    Some(Outcomes { total: number("exited")? + errored, errored, crashed, abnormal, unhandled })
}

/// SDKs that know nobody send a nil id, and old ones a number.
fn user(value: &Value) -> Option<String> {
    let user = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let is_nil = Uuid::parse_str(&user).is_ok_and(|id| id.is_nil());
    (!user.is_empty() && !is_nil).then(|| user[..user.floor_char_boundary(USER_BYTES_MAX)].to_owned())
}

fn session_id(value: &Value) -> Option<[u8; 16]> {
    let id = Uuid::parse_str(value.as_str()?.trim()).ok()?;
    (!id.is_nil()).then(|| id.into_bytes())
}

#[cfg(test)]
mod tests;
