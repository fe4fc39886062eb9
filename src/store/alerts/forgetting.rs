//! Incidents and messages that are old, or of projects that are gone.

use jiff::{SignedDuration, Timestamp};
use redb::{ReadableTable, WriteTransaction};

use crate::model::incident::Incident;
use crate::model::notification::{DeliveryState, Notification};
use crate::store::alerts::kept;
use crate::store::error::Result;
use crate::store::json::decode;
use crate::store::keys::{pair, u64_at};
use crate::store::records::Directory;
use crate::store::schema::{
    ALERTS, DEAD_LETTERS, INCIDENT_ALERTS, INCIDENT_MOMENTS, INCIDENT_NOTIFICATIONS, INCIDENTS,
    ISSUE_INCIDENTS, NOTIFICATION_BODIES, NOTIFICATIONS, OPEN_INCIDENTS, OUTBOX,
};

/// As long as counts by the day are kept: how often it happened last year is asked of both.
const INCIDENTS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);
const NOTIFICATIONS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Rows that one call looks at, from the oldest on.
const LOOKED_AT_MAX: usize = 2_000;

pub(in crate::store) fn forget(txn: &WriteTransaction, directory: &Directory, now: Timestamp) -> Result<()> {
    forget_incidents(txn, directory, now)?;
    forget_notifications(txn, now)
}

fn forget_incidents(txn: &WriteTransaction, directory: &Directory, now: Timestamp) -> Result<()> {
    let is_gone = |incident: &Incident| {
        let is_old = incident.is_closed && now.duration_since(incident.last_alert) > INCIDENTS_KEPT;
        let is_there = |id| directory.projects.contains_key(id);
        is_old || (!incident.projects.is_empty() && !incident.projects.iter().any(is_there))
    };
    let mut gone = Vec::new();
    for row in txn.open_table(INCIDENTS)?.iter()? {
        let incident: Incident = decode(row?.1.value())?;
        if is_gone(&incident) {
            gone.push(incident);
        }
        if gone.len() == LOOKED_AT_MAX {
            break;
        }
    }
    for incident in gone {
        forget_incident(txn, &incident)?;
    }
    Ok(())
}

fn forget_incident(txn: &WriteTransaction, incident: &Incident) -> Result<()> {
    let id = incident.id.0;
    let (first, last) = (pair(id, 0), pair(id, u64::MAX));
    {
        let mut rows = txn.open_table(INCIDENT_ALERTS)?;
        let mut alerts = txn.open_table(ALERTS)?;
        for row in rows.range::<&[u8; 16]>(&first..=&last)? {
            alerts.remove(u64_at(row?.0.value(), 8))?;
        }
        rows.retain_in::<&[u8; 16], _>(&first..=&last, |_, ()| false)?;
    }
    {
        let mut issues = txn.open_table(ISSUE_INCIDENTS)?;
        for issue in &incident.issues {
            issues.remove(&pair(issue.0, id))?;
        }
    }
    let told: Vec<u64> = {
        let rows = txn.open_table(INCIDENT_NOTIFICATIONS)?;
        let told = rows.range::<&[u8; 16]>(&first..=&last)?;
        told.map(|row| Ok(u64_at(row?.0.value(), 8))).collect::<Result<_>>()?
    };
    for notification in told {
        forget_notification(txn, notification)?;
    }
    txn.open_table(INCIDENT_NOTIFICATIONS)?.retain_in::<&[u8; 16], _>(&first..=&last, |_, ()| false)?;
    txn.open_table(INCIDENT_MOMENTS)?.retain_in::<&[u8; 16], _>(&first..=&last, |_, _| false)?;
    txn.open_table(OPEN_INCIDENTS)?.remove(id)?;
    txn.open_table(INCIDENTS)?.remove(id)?;
    Ok(())
}

fn forget_notifications(txn: &WriteTransaction, now: Timestamp) -> Result<()> {
    let mut gone = Vec::new();
    for row in txn.open_table(NOTIFICATIONS)?.iter()?.take(LOOKED_AT_MAX) {
        let (id, row) = row?;
        let notification: Notification = decode(row.value())?;
        if now.duration_since(notification.decided) <= NOTIFICATIONS_KEPT {
            break;
        }
        if notification.state != DeliveryState::Waiting {
            gone.push(id.value());
        }
    }
    gone.into_iter().try_for_each(|id| forget_notification(txn, id))
}

fn forget_notification(txn: &WriteTransaction, id: u64) -> Result<()> {
    if let Some(notification) = kept::find::<Notification>(txn, NOTIFICATIONS, id)? {
        txn.open_table(OUTBOX)?.remove(&pair(crate::store::keys::order_micros(notification.due), id))?;
    }
    txn.open_table(NOTIFICATION_BODIES)?.remove(id)?;
    txn.open_table(DEAD_LETTERS)?.remove(id)?;
    txn.open_table(NOTIFICATIONS)?.remove(id)?;
    Ok(())
}
