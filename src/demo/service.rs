//! The shop's services, each a project.

use jiff::SignedDuration;
use serde::Deserialize;

/// The machines of the worker have a clock of their own, so that there is a skew to be corrected.
const WORKER_BEHIND: SignedDuration = SignedDuration::from_millis(180);

/// In the order in which a request passes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    Web,
    Api,
    Worker,
}

impl Service {
    pub const ALL: [Self; 3] = [Self::Web, Self::Api, Self::Worker];

    /// Its folder under `data/demo/src`.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Api => "api",
            Self::Worker => "worker",
        }
    }

    /// How much its clock is behind the others'.
    pub fn clock_behind(self) -> SignedDuration {
        if self == Self::Worker { WORKER_BEHIND } else { SignedDuration::ZERO }
    }

    pub fn slug(self) -> String {
        format!("demo-{}", self.folder())
    }

    pub fn project_name(self) -> &'static str {
        match self {
            Self::Web => "Demo shop: web",
            Self::Api => "Demo shop: API",
            Self::Worker => "Demo shop: worker",
        }
    }

    /// As the app names platforms.
    pub fn platform(self) -> &'static str {
        match self {
            Self::Web => "javascript-react",
            Self::Api => "node-express",
            Self::Worker => "python-celery",
        }
    }
}
