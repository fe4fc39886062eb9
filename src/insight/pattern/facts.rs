//! What an issue is judged by.

use jiff::Timestamp;

use crate::insight::pattern::series::Series;
use crate::insight::statistics::Share;
use crate::model::ids::IssueId;
use crate::model::issue::PriorityLevel;
use crate::model::standing::Standing;

/// Keys of tags that name whose data it is: one value of them is one customer.
pub const TENANT_KEYS: [&str; 14] = [
    "tenant",
    "tenant.id",
    "tenant_id",
    "organization",
    "organization_id",
    "org",
    "org_id",
    "account",
    "account_id",
    "customer",
    "customer_id",
    "workspace",
    "company",
    "team",
];
/// The key under which people stand.
pub const USER_KEY: &str = "user";

/// What a project's traffic is told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrafficOf {
    Sessions,
    /// Its events but for the issue's own.
    #[default]
    Events,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    pub at: Timestamp,
    /// `api 2.14.3`.
    pub name: String,
    /// Of the issue's project.
    pub is_own: bool,
}

/// A failing call: how many events have it, of those of the issue after and before the change, and of the project's others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFact {
    /// Who was called; of the own site, the path.
    pub host: String,
    /// `GET api.stripe.com`, where one call makes most of it.
    pub call: Option<String>,
    pub status: Option<String>,
    pub after: Share,
    pub before: Share,
    pub others: Share,
    /// Other issues that jumped in the same minutes with it.
    pub issues: Vec<IssueId>,
}

impl CallFact {
    /// The path of an endpoint stands for the own site.
    pub fn is_own_site(&self) -> bool {
        self.host.starts_with('/')
    }
}

/// The most frequent value of a key that names a person or a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueFact {
    pub key: String,
    pub value: String,
    /// Of the issue's events that have the key.
    pub own: Share,
    /// Of the project's other events that have it.
    pub others: Share,
}

/// What search told; without it, an issue is judged by its counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Detail {
    /// The issue's events that were counted.
    pub events: u64,
    pub calls: Vec<CallFact>,
    pub values: Vec<ValueFact>,
    /// Events since the change whose release was there before it: of the issue, and of the project's others.
    pub old_releases: Share,
    pub old_releases_others: Share,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PatternFacts {
    pub now: Timestamp,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    /// Of the issue; at most four weeks.
    pub hours: Series,
    /// Of the issue; two days.
    pub minutes: Series,
    /// Of the project, in the same hours.
    pub traffic: Series,
    pub traffic_of: TrafficOf,
    pub deploys: Vec<Deployed>,
    pub detail: Option<Detail>,
    /// What it was judged to be before.
    pub known: Option<Standing>,
    pub users: u64,
    pub priority: PriorityLevel,
    pub is_unhandled: bool,
    /// Neither resolved nor archived.
    pub is_open: bool,
}
