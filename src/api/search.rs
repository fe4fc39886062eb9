//! What a search page asks beside its rows: completion, a histogram, shares, and issues alike.

use jiff::Timestamp;

use crate::api::Api;
use crate::api::error::Result;
use crate::api::issue_events::environments;
use crate::api::issues::parse_query;
use crate::api::params::{Params, Period};
use crate::lookup::{Asker, EventQuestion};
use crate::model::ids::{AccountId, ProjectId};
use crate::model::query::Query;

pub mod compare;
pub mod facets;
pub mod similar;
pub mod stats;
pub mod suggestions;

/// A search for events, as a request asks it.
pub(super) struct EventSearch {
    pub query: Query,
    pub period: Period,
    account: Option<AccountId>,
    sees_people: bool,
    visible: Option<Vec<ProjectId>>,
    projects: Option<Vec<ProjectId>>,
    environments: Vec<String>,
}

impl EventSearch {
    pub fn question(&self) -> EventQuestion<'_> {
        EventQuestion {
            query: self.query.clone(),
            asker: Asker {
                account: self.account,
                sees_people: self.sees_people,
                visible: self.visible.as_deref(),
                projects: self.projects.as_deref(),
            },
            environments: &self.environments,
            issue: None,
            since: self.period.since,
            until: self.period.until,
        }
    }
}

impl Api {
    /// `None` where all are meant: what need not be looked at is not.
    pub(super) fn narrowed_projects(&self, params: &Params) -> Result<Option<Vec<ProjectId>>> {
        let directory = self.store.directory();
        let asked = self.projects_of(params)?;
        Ok(asked.filter(|asked| !directory.projects.keys().all(|project| asked.contains(project))))
    }

    pub(super) fn search_of(
        &self,
        params: &Params,
        account: Option<AccountId>,
        now: Timestamp,
    ) -> Result<EventSearch> {
        Ok(EventSearch {
            query: parse_query(params.get("query").unwrap_or_default(), now)?,
            period: params.period(now)?,
            account,
            sees_people: self.sees_people,
            visible: self.sight().map(<[_]>::to_vec),
            projects: self.narrowed_projects(params)?,
            environments: environments(params),
        })
    }
}
