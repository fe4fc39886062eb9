//! How a release fares: its sessions and the people who had them, as SDKs report them.

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Health {
    pub sessions: Outcomes,
    pub users: Outcomes,
    /// There were too many people to tell each apart.
    pub users_estimated: bool,
}
