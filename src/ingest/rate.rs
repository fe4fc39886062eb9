//! Rate limits: exactly N in a window, over all projects, per project and per key.
//!
//! A window opens with the first item after the last one ended. Each limit counts six groups on their own:
//! errors, feedback, attachments that come without their event, sessions, spans and logs. So a flood of errors never silences
//! what people write, spans never silence errors, and none of them is unbounded. Of spans and logs it is the items that are
//! counted, transactions and containers: what is in one is kept or refused together. Time is passed in.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::model::ids::{ProjectId, PublicKey};
use crate::model::project::RateLimit;

/// Windows kept; ended ones are forgotten past it. There are six per limited project or key.
const WINDOWS_MAX: usize = 60_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Total,
    Project(ProjectId),
    Key(PublicKey),
}

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    Errors,
    Feedback,
    Attachments,
    Sessions,
    Spans,
    Logs,
}

#[derive(Debug, Default)]
pub struct RateLimits {
    windows: Mutex<HashMap<(Scope, Group), Window>>,
}

#[derive(Debug)]
struct Window {
    opened: Instant,
    seconds: u32,
    count: u32,
}

/// A limit that holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    pub scope: Scope,
    pub group: Group,
    /// Until the window ends, rounded up; at least 1.
    pub seconds: u64,
}

impl Scope {
    /// (as the header names it, reason)
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Total => ("organization", "total_limit"),
            Self::Project(_) => ("project", "project_limit"),
            Self::Key(_) => ("key", "key_limit"),
        }
    }
}

impl Group {
    pub const ALL: [Self; 6] =
        [Self::Errors, Self::Feedback, Self::Attachments, Self::Sessions, Self::Spans, Self::Logs];

    /// Sentry's categories; feedback has two names.
    fn categories(self) -> &'static str {
        match self {
            Self::Errors => "default;error;security",
            Self::Feedback => "feedback",
            Self::Attachments => "attachment",
            Self::Sessions => "session",
            Self::Spans => "transaction;span",
            Self::Logs => "log_item",
        }
    }
}

impl RateLimits {
    /// Takes as many of `wanted` as every limit has room for, from each of them. Answers how many, and the
    /// limits that stood in the way of the rest.
    pub fn take(
        &self,
        limits: &[(Scope, RateLimit)],
        group: Group,
        wanted: u32,
        now: Instant,
    ) -> (u32, Vec<Limited>) {
        if limits.is_empty() || wanted == 0 {
            return (wanted, Vec::new());
        }
        let mut windows = self.windows.lock();
        if windows.len() >= WINDOWS_MAX {
            windows.retain(|_, window| !window.has_ended(now));
        }
        let mut granted = wanted;
        let mut limited = Vec::new();
        for &(scope, limit) in limits {
            let window = windows.entry((scope, group)).or_insert_with(|| Window::open(limit, now));
            if window.has_ended(now) || window.seconds != limit.seconds {
                *window = Window::open(limit, now);
            }
            let room = limit.count.saturating_sub(window.count);
            if room < wanted {
                limited.push(Limited { scope, group, seconds: window.seconds_left(now) });
            }
            granted = granted.min(room);
        }
        for (scope, _) in limits {
            if let Some(window) = windows.get_mut(&(*scope, group)) {
                window.count += granted;
            }
        }
        (granted, limited)
    }
}

impl Window {
    fn open(limit: RateLimit, now: Instant) -> Self {
        Self { opened: now, seconds: limit.seconds, count: 0 }
    }

    fn end(&self) -> Instant {
        self.opened + Duration::from_secs(u64::from(self.seconds))
    }

    fn has_ended(&self, now: Instant) -> bool {
        now >= self.end()
    }

    fn seconds_left(&self, now: Instant) -> u64 {
        let left = self.end().saturating_duration_since(now);
        (left.as_secs() + u64::from(left.subsec_nanos() > 0)).max(1)
    }
}

/// `X-Sentry-Rate-Limits`: `secs:cat;cat:scope:reason, …`
pub fn header(limited: &[Limited]) -> String {
    let part = |limit: &Limited| {
        let (scope, reason) = limit.scope.names();
        format!("{}:{}:{scope}:{reason}", limit.seconds, limit.group.categories())
    };
    limited.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// `Retry-After`: the longest.
pub fn retry_after_seconds(limited: &[Limited]) -> u64 {
    limited.iter().map(|limit| limit.seconds).max().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Group, Limited, RateLimits, Scope, header, retry_after_seconds};
    use crate::model::ids::ProjectId;
    use crate::model::project::RateLimit;

    const TEN_A_MINUTE: RateLimit = RateLimit { count: 10, seconds: 60 };
    const PROJECT: Scope = Scope::Project(ProjectId(1));

    #[test]
    fn exactly_ten_a_window() {
        let (rates, start) = (RateLimits::default(), Instant::now());
        let limits = [(PROJECT, TEN_A_MINUTE)];
        let take = |at: Duration| rates.take(&limits, Group::Errors, 1, start + at);
        for second in 0..10 {
            assert_eq!(take(Duration::from_secs(second)).0, 1, "{second}");
        }
        let (granted, limited) = take(Duration::from_millis(9_500));
        assert_eq!((granted, limited[0].seconds), (0, 51));
        assert_eq!(take(Duration::from_millis(59_999)).1[0].seconds, 1);
        for nth in 0..10 {
            assert_eq!(take(Duration::from_mins(1)).0, 1, "{nth}");
        }
        assert_eq!(take(Duration::from_mins(1)).0, 0);
    }

    #[test]
    fn groups_and_scopes_are_apart() {
        let (rates, now) = (RateLimits::default(), Instant::now());
        let limits = [(PROJECT, TEN_A_MINUTE)];
        assert_eq!(rates.take(&limits, Group::Errors, 10, now).0, 10);
        assert_eq!(rates.take(&limits, Group::Feedback, 1, now).0, 1);
        assert_eq!(rates.take(&[(Scope::Project(ProjectId(2)), TEN_A_MINUTE)], Group::Errors, 1, now).0, 1);
        assert_eq!(rates.take(&[], Group::Errors, 1, now), (1, vec![]));
    }

    #[test]
    fn the_narrowest_decides_and_nothing_is_taken_in_vain() {
        let (rates, now) = (RateLimits::default(), Instant::now());
        let three = (Scope::Total, RateLimit { count: 3, seconds: 3600 });
        let both = [three, (PROJECT, TEN_A_MINUTE)];
        let (granted, limited) = rates.take(&both, Group::Errors, 5, now);
        assert_eq!(
            (granted, limited),
            (3, vec![Limited { scope: Scope::Total, group: Group::Errors, seconds: 3600 }])
        );
        assert_eq!(rates.take(&both[1..], Group::Errors, 10, now).0, 7, "the project lost three, not five");
    }

    #[test]
    fn headers() {
        let limited = [
            Limited { scope: Scope::Total, group: Group::Errors, seconds: 60 },
            Limited { scope: PROJECT, group: Group::Feedback, seconds: 2700 },
        ];
        let expected =
            "60:default;error;security:organization:total_limit, 2700:feedback:project:project_limit";
        assert_eq!(header(&limited), expected);
        assert_eq!(retry_after_seconds(&limited), 2700);
    }
}
