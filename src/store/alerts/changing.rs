//! What people do with incidents.

use jiff::Timestamp;
use redb::WriteTransaction;

use crate::model::ids::IncidentId;
use crate::model::incident::{Actor, Incident, IncidentChange, IncidentStatus, Moment, MomentKind};
use crate::model::notification::Step;
use crate::store::Store;
use crate::store::alerts::recipients::Audience;
use crate::store::alerts::telling::{take_back, tell_of_change};
use crate::store::alerts::{incidents, kept};
use crate::store::error::Result;
use crate::store::schema::INCIDENTS;

/// Messages that say that something is going on.
const NEWS: [Step; 4] = [Step::Opened, Step::Joined, Step::Raised, Step::Reopened];

impl Store {
    /// Answers it as it is then. `None`: there is none.
    pub fn change_incident(
        &self,
        id: IncidentId,
        change: &IncidentChange,
        by: Actor,
        now: Timestamp,
    ) -> Result<Option<Incident>> {
        let changed = self.write(|txn| {
            let Some(mut incident) = kept::find::<Incident>(txn, INCIDENTS, id.0)? else { return Ok(None) };
            let mut changing = Changing { txn, by, now, id };
            if let Some(status) = change.status.filter(|status| *status != incident.status) {
                changing.status(&mut incident, status)?;
            }
            if let Some(owner) = change.owner.filter(|owner| *owner != incident.owner) {
                incident.owner = owner;
                changing.tell(MomentKind::Assigned { to: owner })?;
            }
            if let Some(to) = change.severity.filter(|severity| *severity != incident.severity) {
                changing.tell(MomentKind::Severity { from: incident.severity, to })?;
                incident.severity = to;
            }
            if let Some(title) = &change.title {
                incident.title.clone_from(title);
            }
            if let Some(mute) = change.mute.filter(|mute| *mute != incident.muted) {
                incident.muted = mute;
                changing.tell(mute.map_or(MomentKind::Unmuted, |mute| MomentKind::Muted { mute }))?;
                if mute.is_some() {
                    take_back(txn, &incident, &NEWS, "It was muted before this was told", now)?;
                }
            }
            if let Some(text) = &change.note {
                changing.tell(MomentKind::Note { text: text.clone() })?;
            }
            incidents::write(txn, &incident)?;
            Ok(Some(incident))
        })?;
        self.inner.wake_delivery();
        Ok(changed)
    }
}

struct Changing<'a> {
    txn: &'a WriteTransaction,
    by: Actor,
    now: Timestamp,
    id: IncidentId,
}

impl Changing<'_> {
    fn tell(&mut self, kind: MomentKind) -> Result<()> {
        incidents::append_moment(self.txn, self.id, &Moment { at: self.now, by: Some(self.by), kind })
    }

    fn status(&mut self, incident: &mut Incident, status: IncidentStatus) -> Result<()> {
        let (txn, now) = (self.txn, self.now);
        let was_resolved = incident.status == IncidentStatus::Resolved;
        incident.status = status;
        if was_resolved {
            (incident.resolved, incident.resolved_by, incident.is_closed) = (None, None, false);
            incident.reopened = incident.reopened.saturating_add(1);
            take_back(txn, incident, &[Step::Resolved], "It was opened again before this was told", now)?;
            self.tell(MomentKind::Reopened)?;
        }
        let step = match status {
            IncidentStatus::Open => {
                if !was_resolved {
                    (incident.acknowledged, incident.acknowledged_by) = (None, None);
                    self.tell(MomentKind::Reopened)?;
                }
                was_resolved.then_some(Step::Reopened)
            }
            IncidentStatus::Acknowledged => {
                incident.acknowledged.get_or_insert(now);
                incident.acknowledged_by.get_or_insert(self.by);
                if let Actor::Person { account } = self.by {
                    incident.owner.get_or_insert(account);
                }
                self.tell(MomentKind::Acknowledged)?;
                // Somebody is at it: what more there is stands on its page.
                take_back(txn, incident, &[Step::Joined], "It was acknowledged before this was told", now)?;
                Some(Step::Acknowledged)
            }
            IncidentStatus::Resolved => {
                (incident.resolved, incident.resolved_by) = (Some(now), Some(self.by));
                self.tell(MomentKind::Resolved { quiet_minutes: None })?;
                take_back(txn, incident, &NEWS, "It was resolved before this was told", now)?;
                Some(Step::Resolved)
            }
        };
        let Some(step) = step else { return Ok(()) };
        tell_of_change(txn, &Audience::load(txn)?, incident, step, true, now)
    }
}
