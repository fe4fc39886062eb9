//! What is asked of sessions: sums, users, rates.

use serde_json::Value;

use crate::api::error::{ApiError, Result};
use crate::api::params::Params;
use crate::insight::health::Rate;
use crate::model::health::{Health, Outcomes};

/// Fields of one request.
const FIELDS_MAX: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub what: What,
    pub of_users: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Count,
    CrashRate,
    CrashFreeRate,
    /// Whatever went wrong.
    UnhealthyRate,
    /// Errored, and nothing worse.
    ErroredRate,
    AbnormalRate,
    UnhandledRate,
}

/// How a session ended, as groups are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Healthy,
    Errored,
    Abnormal,
    Unhandled,
    Crashed,
}

impl Status {
    pub const ALL: [Self; 5] = [Self::Healthy, Self::Errored, Self::Abnormal, Self::Unhandled, Self::Crashed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Errored => "errored",
            Self::Abnormal => "abnormal",
            Self::Unhandled => "unhandled",
            Self::Crashed => "crashed",
        }
    }

    fn of(self, outcomes: &Outcomes) -> u64 {
        match self {
            Self::Healthy => outcomes.healthy(),
            Self::Errored => outcomes.errored_only(),
            Self::Abnormal => outcomes.abnormal,
            Self::Unhandled => outcomes.unhandled,
            Self::Crashed => outcomes.crashed,
        }
    }
}

impl Field {
    pub fn all_of(params: &Params) -> Result<Vec<Self>> {
        let mut fields = Vec::new();
        for name in params.all("field").take(FIELDS_MAX) {
            let field = Self::read(name).ok_or_else(|| ApiError::bad_request(refusal(name)))?;
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        if fields.is_empty() {
            return Err(ApiError::bad_request("field: expected at least one, such as sum(session)"));
        }
        Ok(fields)
    }

    pub fn read(name: &str) -> Option<Self> {
        let (what, of) = name.strip_suffix(')')?.split_once('(')?;
        let of_users = match of {
            "session" => false,
            "user" => true,
            _ => return None,
        };
        let what = match what {
            "sum" if !of_users => What::Count,
            "count_unique" if of_users => What::Count,
            "crash_rate" => What::CrashRate,
            "crash_free_rate" => What::CrashFreeRate,
            "unhealthy_rate" => What::UnhealthyRate,
            "errored_rate" => What::ErroredRate,
            "abnormal_rate" => What::AbnormalRate,
            "unhandled_rate" => What::UnhandledRate,
            _ => return None,
        };
        Some(Self { what, of_users })
    }

    pub fn name(self) -> String {
        let of = if self.of_users { "user" } else { "session" };
        let what = match self.what {
            What::Count if self.of_users => "count_unique",
            What::Count => "sum",
            What::CrashRate => "crash_rate",
            What::CrashFreeRate => "crash_free_rate",
            What::UnhealthyRate => "unhealthy_rate",
            What::ErroredRate => "errored_rate",
            What::AbnormalRate => "abnormal_rate",
            What::UnhandledRate => "unhandled_rate",
        };
        format!("{what}({of})")
    }

    pub fn is_rate(self) -> bool {
        self.what != What::Count
    }

    fn outcomes(self, health: &Health) -> &Outcomes {
        if self.of_users { &health.users } else { &health.sessions }
    }

    /// `null` where a rate has no data.
    pub fn of(self, health: &Health) -> Value {
        let outcomes = self.outcomes(health);
        let part = match self.what {
            What::Count => return outcomes.total.into(),
            What::CrashRate => outcomes.crashed,
            What::CrashFreeRate => outcomes.total.saturating_sub(outcomes.crashed),
            What::UnhealthyRate => outcomes.errored,
            What::ErroredRate => outcomes.errored_only(),
            What::AbnormalRate => outcomes.abnormal,
            What::UnhandledRate => outcomes.unhandled,
        };
        Rate::of(part, outcomes.total).map_or(Value::Null, |rate| rate.value.into())
    }

    /// The same of those alone that ended so.
    pub fn of_status(self, health: &Health, status: Status) -> Value {
        status.of(self.outcomes(health)).into()
    }
}

fn refusal(name: &str) -> String {
    if name.contains("session.duration") {
        return format!("field: `{name}`: how long sessions last is not kept");
    }
    if name.contains("anr_rate") {
        return format!(
            "field: `{name}`: what kind of abnormal end it was is not kept; there is abnormal_rate"
        );
    }
    format!(
        "field: `{name}` is none; expected such as sum(session), count_unique(user) or crash_free_rate(session)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_and_named() {
        for name in [
            "sum(session)",
            "count_unique(user)",
            "crash_rate(user)",
            "crash_free_rate(session)",
            "unhealthy_rate(session)",
            "errored_rate(user)",
            "abnormal_rate(session)",
            "unhandled_rate(session)",
        ] {
            assert_eq!(Field::read(name).expect(name).name(), name);
        }
        for bad in ["sum(user)", "count_unique(session)", "sum", "p50(session.duration)", "anr_rate()", ""] {
            assert_eq!(Field::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn each_status_is_counted_once() {
        let sessions = Outcomes { total: 100, errored: 20, crashed: 5, abnormal: 3, unhandled: 2 };
        let health = Health { sessions, ..Health::default() };
        let sum = Field::read("sum(session)").expect("a field");
        let by_status = Status::ALL.map(|status| sum.of_status(&health, status).as_u64().expect("a number"));
        assert_eq!(by_status, [80, 10, 3, 2, 5]);
        assert_eq!(by_status.iter().sum::<u64>(), 100);
        let rate = |name| Field::read(name).expect("a field").of(&health).as_f64();
        assert_eq!(rate("crash_free_rate(session)"), Some(0.95));
        assert_eq!(rate("unhealthy_rate(session)"), Some(0.2));
        assert_eq!(rate("crash_rate(user)"), None, "no data");
    }
}
