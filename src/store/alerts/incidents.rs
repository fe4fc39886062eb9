//! Incidents as they stand, their timelines, and the alerts in them.

use std::collections::BTreeSet;

use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use crate::model::alert::Alert;
use crate::model::alert_rule::Severity;
use crate::model::ids::{AlertId, IncidentId, IssueId, ProjectId};
use crate::model::incident::{Incident, IncidentStatus, Moment};
use crate::model::issue::Issue;
use crate::store::Store;
use crate::store::alerts::kept;
use crate::store::error::Result;
use crate::store::json::{decode, encode};
use crate::store::keys::{pair, u64_at};
use crate::store::reading::Reading;
use crate::store::schema::{
    ALERTS, INCIDENT_ALERTS, INCIDENT_MOMENTS, INCIDENTS, ISSUE_INCIDENTS, ISSUES, OPEN_INCIDENTS,
};

/// Lines of one timeline; what comes then is not written any more, but for what people do.
pub(super) const MOMENTS_MAX: u64 = 2_000;
/// Incidents that one page of their list passes.
const SCAN_MAX: usize = 10_000;

/// Which incidents are listed; what is `None` says nothing.
#[derive(Debug, Clone, Default)]
pub struct IncidentFilter {
    pub statuses: Option<Vec<IncidentStatus>>,
    pub severity_min: Option<Severity>,
    /// Any of them. Of no project at all: those about this server.
    pub projects: Option<Vec<ProjectId>>,
    pub issue: Option<IssueId>,
}

impl IncidentFilter {
    fn fits(&self, incident: &Incident) -> bool {
        let is_there = |projects: &Vec<ProjectId>| {
            incident.projects.is_empty() || incident.projects.iter().any(|id| projects.contains(id))
        };
        self.statuses.as_ref().is_none_or(|statuses| statuses.contains(&incident.status))
            && self.severity_min.is_none_or(|min| incident.severity >= min)
            && self.projects.as_ref().is_none_or(is_there)
    }
}

/// Those that alerts may join.
pub(super) fn open(txn: &impl Reading) -> Result<Vec<Incident>> {
    let incidents = txn.table(INCIDENTS)?;
    let mut found = Vec::new();
    for row in txn.table(OPEN_INCIDENTS)?.iter()? {
        let row = incidents.get(row?.0.value())?.map(|row| decode(row.value()));
        found.extend(row.transpose()?);
    }
    Ok(found)
}

/// Its row, and whether alerts may join it.
pub(super) fn write(txn: &WriteTransaction, incident: &Incident) -> Result<()> {
    let mut open = txn.open_table(OPEN_INCIDENTS)?;
    if incident.is_closed {
        open.remove(incident.id.0)?;
    } else {
        open.insert(incident.id.0, ())?;
    }
    kept::put(txn, INCIDENTS, incident.id.0, incident)
}

pub(super) fn append_moment(txn: &WriteTransaction, incident: IncidentId, moment: &Moment) -> Result<()> {
    let mut table = txn.open_table(INCIDENT_MOMENTS)?;
    let (first, end) = (pair(incident.0, 0), pair(incident.0, u64::MAX));
    let last = table.range::<&[u8; 16]>(&first..=&end)?.next_back().transpose()?;
    let next = last.map_or(0, |(key, _)| u64_at(key.value(), 8) + 1);
    if next < MOMENTS_MAX || moment.by.is_some() {
        table.insert(&pair(incident.0, next), encode(moment)?.as_slice())?;
    }
    Ok(())
}

/// The newest incident that the issue is in.
pub(super) fn last_of(txn: &impl Reading, issue: IssueId) -> Result<Option<Incident>> {
    let rows = txn.table(ISSUE_INCIDENTS)?;
    let mut range = rows.range::<&[u8; 16]>(&pair(issue.0, 0)..=&pair(issue.0, u64::MAX))?;
    let Some(row) = range.next_back().transpose()? else { return Ok(None) };
    kept::find(txn, INCIDENTS, u64_at(row.0.value(), 8))
}

/// Each issue's for itself: who met several of them counts for each.
pub(super) fn users_of(txn: &impl Reading, issues: &[IssueId]) -> Result<u64> {
    let table = txn.table(ISSUES)?;
    let issues: BTreeSet<u64> = issues.iter().map(|issue| issue.0).collect();
    let mut users = 0u64;
    for id in issues {
        let issue: Option<Issue> = table.get(id)?.map(|row| decode(row.value())).transpose()?;
        users = users.saturating_add(issue.map_or(0, |issue| issue.users));
    }
    Ok(users)
}

impl Store {
    pub fn find_incident(&self, id: IncidentId) -> Result<Option<Incident>> {
        kept::find(&self.inner.state.begin_read()?, INCIDENTS, id.0)
    }

    /// Those that nobody and nothing has ended, the oldest first.
    pub fn unresolved_incidents(&self) -> Result<Vec<Incident>> {
        let mut open = open(&self.inner.state.begin_read()?)?;
        open.retain(|incident| incident.status != IncidentStatus::Resolved);
        Ok(open)
    }

    /// The newest first, below `before`. Looks at a bounded number; the second answer is where to go on, if there is more.
    pub fn incidents(
        &self,
        filter: &IncidentFilter,
        before: Option<IncidentId>,
        limit: usize,
        is_shown: &dyn Fn(&Incident) -> bool,
    ) -> Result<(Vec<Incident>, Option<IncidentId>)> {
        let txn = self.inner.state.begin_read()?;
        let end = before.map_or(u64::MAX, |id| id.0);
        let all = txn.open_table(INCIDENTS)?;
        let ids: Box<dyn Iterator<Item = Result<u64>>> = match filter.issue {
            Some(issue) => {
                let rows = txn.open_table(ISSUE_INCIDENTS)?;
                let range = rows.range::<&[u8; 16]>(&pair(issue.0, 0)..&pair(issue.0, end))?;
                Box::new(range.rev().map(|row| Ok(u64_at(row?.0.value(), 8))))
            }
            None => Box::new(all.range(..end)?.rev().map(|row| Ok(row?.0.value()))),
        };
        let mut found = Vec::new();
        for (looked_at, id) in ids.enumerate() {
            let id = id?;
            if found.len() == limit || looked_at == SCAN_MAX {
                return Ok((found, Some(IncidentId(id + 1))));
            }
            let row = all.get(id)?.map(|row| decode::<Incident>(row.value())).transpose()?;
            found.extend(row.filter(|incident| filter.fits(incident) && is_shown(incident)));
        }
        Ok((found, None))
    }

    /// Whether there is one that alerts may join, or that is still to end.
    pub fn has_open_incidents(&self) -> Result<bool> {
        Ok(!self.inner.state.begin_read()?.open_table(OPEN_INCIDENTS)?.is_empty()?)
    }

    /// Of all its issues, as they are shown now.
    pub fn users_of_incident(&self, incident: &Incident) -> Result<u64> {
        let merges = self.merges();
        let shown: Vec<IssueId> = incident.issues.iter().map(|issue| merges.shown(*issue)).collect();
        users_of(&self.inner.state.begin_read()?, &shown)
    }

    /// In the order in which it was written.
    pub fn incident_timeline(&self, id: IncidentId) -> Result<Vec<Moment>> {
        let table = self.inner.state.begin_read()?.open_table(INCIDENT_MOMENTS)?;
        let rows = table.range::<&[u8; 16]>(&pair(id.0, 0)..=&pair(id.0, u64::MAX))?;
        rows.map(|row| decode(row?.1.value())).collect()
    }

    /// Those that are there, in the order asked for.
    pub fn alerts(&self, ids: &[AlertId]) -> Result<Vec<Alert>> {
        let table = self.inner.state.begin_read()?.open_table(ALERTS)?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.extend(table.get(id.0)?.map(|row| decode(row.value())).transpose()?);
        }
        Ok(found)
    }

    /// The newest first.
    pub fn alerts_of(&self, incident: IncidentId, limit: usize) -> Result<Vec<Alert>> {
        let table = self.inner.state.begin_read()?.open_table(INCIDENT_ALERTS)?;
        let rows = table.range::<&[u8; 16]>(&pair(incident.0, 0)..=&pair(incident.0, u64::MAX))?;
        let ids: Vec<AlertId> = rows
            .rev()
            .take(limit)
            .map(|row| Ok(AlertId(u64_at(row?.0.value(), 8))))
            .collect::<Result<_>>()?;
        self.alerts(&ids)
    }

    /// The newest first: what a rule was last met by.
    pub fn latest_alerts(&self, limit: usize) -> Result<Vec<Alert>> {
        let table = self.inner.state.begin_read()?.open_table(ALERTS)?;
        table.iter()?.rev().take(limit).map(|row| decode(row?.1.value())).collect()
    }
}
