//! How a release fares: its sessions and the people who had them, as SDKs report them.

use jiff::Timestamp;

/// Sessions, or the people behind them, by how they ended. `crashed`, `abnormal` and `unhandled` are among `errored`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcomes {
    pub total: u64,
    /// Whatever went wrong in them.
    pub errored: u64,
    pub crashed: u64,
    pub abnormal: u64,
    pub unhandled: u64,
}

impl Outcomes {
    pub fn each(&self) -> [u64; 5] {
        [self.total, self.errored, self.crashed, self.abnormal, self.unhandled]
    }

    pub fn from_each([total, errored, crashed, abnormal, unhandled]: [u64; 5]) -> Self {
        Self { total, errored, crashed, abnormal, unhandled }
    }

    pub fn add(&mut self, other: &Self) {
        let mut sums = self.each();
        sums.iter_mut().zip(other.each()).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        *self = Self::from_each(sums);
    }

    /// In which nothing went wrong.
    pub fn healthy(&self) -> u64 {
        self.total.saturating_sub(self.errored)
    }

    /// Errored, and nothing worse: what Sentry shows as errored.
    pub fn errored_only(&self) -> u64 {
        self.errored.saturating_sub(self.crashed).saturating_sub(self.abnormal).saturating_sub(self.unhandled)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Health {
    pub sessions: Outcomes,
    pub users: Outcomes,
    /// There were too many people to tell each apart.
    pub users_estimated: bool,
    /// There were too many sessions within an hour to remember each: late updates of some were counted again.
    pub sessions_estimated: bool,
}

/// What one item of an envelope says of sessions, all of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionReport {
    pub release: String,
    pub environment: Option<String>,
    pub updates: Vec<SessionUpdate>,
}

/// Of one session, or of several that began in the same minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionUpdate {
    pub started: Timestamp,
    /// What an SDK calls whoever had it.
    pub user: Option<String>,
    /// `None`: several, or one without an id, of which no second update can be told.
    pub session: Option<[u8; 16]>,
    /// What is said of it. Of one session each number is at most 1, and `total` is 1 in the update that opened it.
    pub counts: Outcomes,
}
