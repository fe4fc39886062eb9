//! One evaluation into the state, as one transaction.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::insight::alert::incident::{Place, happens_once, is_muted, takes, title};
use crate::model::alert::{Alert, Firing, Subject};
use crate::model::alert_rule::AlertRule;
use crate::model::ids::{AlertId, IncidentId, RuleId};
use crate::model::incident::{ISSUES_MAX, Incident, IncidentStatus, Moment, MomentKind};
use crate::model::issue::Issue;
use crate::model::notification::Step;
use crate::store::alerts::firing::Fires;
use crate::store::alerts::recipients::Audience;
use crate::store::alerts::telling::{Telling, take_back, tell_of_change};
use crate::store::alerts::{Evaluation, incidents, kept, progress_micros};
use crate::store::error::Result;
use crate::store::keys::pair;
use crate::store::records::Directory;
use crate::store::schema::{ALERT_RULES, ALERTS, INCIDENT_ALERTS, ISSUE_INCIDENTS, META, meta, next_number};
use crate::store::{Store, altering};

/// Environments, releases and rules that an incident lists.
const LISTED_MAX: usize = 50;

impl Store {
    /// Records what is new of it; answers those alerts, with their numbers and incidents.
    pub fn record_alerts(&self, evaluation: &Evaluation, now: Timestamp) -> Result<Vec<Alert>> {
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let directory = self.directory();
        let merges = self.merges();
        let mut recording = Recording::load(&txn, &directory, now)?;
        for incident in recording.incidents.values_mut() {
            for issue in &mut incident.issues {
                *issue = merges.shown(*issue);
            }
        }
        for alert in &evaluation.alerts {
            recording.alert(alert)?;
        }
        for (rule, subject, at) in &evaluation.still_true {
            recording.fires.touch(&(*rule, subject.clone()), *at);
        }
        for (rule, subject) in &evaluation.over {
            let key = (*rule, subject.clone());
            recording.taken_care_of.extend(recording.fires.get(&key).map(|firing| firing.incident));
            recording.fires.end(&key, now);
        }
        recording.fires.settle(&recording.rules, evaluation.may_conclude, now);
        recording.end_incidents()?;
        recording.unmute()?;
        let new = recording.finish()?;
        let is_further = note_progress(&txn, evaluation)?;
        if new.is_none() && !is_further {
            txn.abort()?;
            return Ok(Vec::new());
        }
        txn.commit()?;
        self.inner.wake_delivery();
        Ok(new.unwrap_or_default())
    }
}

fn note_progress(txn: &WriteTransaction, evaluation: &Evaluation) -> Result<bool> {
    let mut table = txn.open_table(META)?;
    let mut is_further = false;
    for (name, number) in [
        (meta::ALERT_SIGNALS_THROUGH, evaluation.signals_through),
        (meta::ALERT_EVALUATED_THROUGH, progress_micros(evaluation.evaluated_through)),
    ] {
        is_further |= table.insert(name, number)?.is_none_or(|before| before.value() != number);
    }
    Ok(is_further)
}

struct Recording<'a> {
    txn: &'a WriteTransaction,
    directory: &'a Directory,
    now: Timestamp,
    rules: BTreeMap<RuleId, AlertRule>,
    /// Those that alerts may join.
    incidents: BTreeMap<IncidentId, Incident>,
    changed: BTreeSet<IncidentId>,
    fires: Fires,
    audience: Option<Audience>,
    recorded: Vec<Alert>,
    /// Somebody ended what they are about.
    taken_care_of: BTreeSet<IncidentId>,
}

impl<'a> Recording<'a> {
    fn load(txn: &'a WriteTransaction, directory: &'a Directory, now: Timestamp) -> Result<Self> {
        let rules: Vec<AlertRule> = kept::all(txn, ALERT_RULES)?;
        let incidents = incidents::open(txn)?;
        Ok(Self {
            txn,
            directory,
            now,
            rules: rules.into_iter().map(|rule| (rule.id, rule)).collect(),
            incidents: incidents.into_iter().map(|incident| (incident.id, incident)).collect(),
            changed: BTreeSet::new(),
            fires: Fires::load(txn)?,
            audience: None,
            recorded: Vec::new(),
            taken_care_of: BTreeSet::new(),
        })
    }

    fn alert(&mut self, alert: &Alert) -> Result<()> {
        let Some(rule) = self.rules.get(&alert.rule).filter(|rule| rule.enabled).cloned() else {
            return Ok(());
        };
        if alert.project.is_some_and(|project| !self.directory.projects.contains_key(&project)) {
            return Ok(());
        }
        let key = (alert.rule, alert.subject.clone());
        let cools = |firing: &Firing| self.now < firing.since + rule.cooldown();
        let is_known = self.fires.get(&key).is_some_and(|firing| firing.over.is_none() || cools(firing));
        if is_known && !happens_once(&alert.because) {
            self.fires.touch(&key, alert.at);
            return Ok(());
        }
        let issue = self.issue_of(alert)?;
        let mut alert = Alert { id: AlertId(next_number(self.txn, meta::LAST_ALERT)?), ..alert.clone() };
        let (place, before, mut incident) = self.placed(&alert, issue.as_ref())?;
        alert.incident = incident.id;
        self.add(&mut incident, &alert, &rule, place)?;
        let is_silent =
            rule.is_muted(self.now) || is_muted(incident.muted.as_ref(), self.users(&incident)?, self.now);
        if !is_silent {
            self.tell(before.as_ref(), place, &mut incident, &alert, &rule, issue.as_ref())?;
        }
        let firing = Firing {
            rule: alert.rule,
            subject: alert.subject.clone(),
            since: alert.at,
            last_true: alert.at,
            alert: alert.id,
            incident: incident.id,
            over: None,
        };
        self.fires.put(firing);
        kept::put(self.txn, ALERTS, alert.id.0, &alert)?;
        self.txn.open_table(INCIDENT_ALERTS)?.insert(&pair(incident.id.0, alert.id.0), ())?;
        self.changed.insert(incident.id);
        self.incidents.insert(incident.id, incident);
        self.recorded.push(alert);
        Ok(())
    }

    fn issue_of(&self, alert: &Alert) -> Result<Option<Issue>> {
        alert.subject.issue().map_or(Ok(None), |issue| altering::find(self.txn, issue))
    }

    /// The incident that takes it as it was, and a copy to work on; or a new one.
    fn placed(
        &self,
        alert: &Alert,
        issue: Option<&Issue>,
    ) -> Result<(Option<Place>, Option<Incident>, Incident)> {
        let takers = self.incidents.values().filter_map(|incident| {
            takes(incident, alert, self.now)
                .map(|place| (place, std::cmp::Reverse(incident.last_alert), incident))
        });
        if let Some((place, _, incident)) = takers.min_by_key(|(place, last, _)| (*place, *last)) {
            return Ok((Some(place), Some(incident.clone()), incident.clone()));
        }
        let project = alert.project.and_then(|id| self.directory.projects.get(&id));
        let named = title(
            alert,
            issue.map(|issue| issue.headline.title.as_str()),
            project.map(|project| project.slug.as_str()),
        );
        let id = IncidentId(next_number(self.txn, meta::LAST_INCIDENT)?);
        let mut incident = Incident {
            id,
            title: named,
            severity: alert.severity,
            status: IncidentStatus::Open,
            owner: None,
            opened: self.now,
            began: alert.since,
            acknowledged: None,
            acknowledged_by: None,
            resolved: None,
            resolved_by: None,
            reopened: 0,
            projects: Vec::new(),
            environments: Vec::new(),
            releases: Vec::new(),
            issues: Vec::new(),
            further_issues: 0,
            rules: Vec::new(),
            alerts: 0,
            last_alert: alert.at,
            last_signal: alert.at,
            quiet_minutes: 0,
            reopen_minutes: 0,
            told: None,
            told_at: None,
            times_told: 0,
            recipients: Vec::new(),
            muted: None,
            is_closed: false,
        };
        // Who muted the issue's last incident meant the issue.
        if let Some(issue) = issue
            && let Some(last) = incidents::last_of(self.txn, issue.id)?
            && is_muted(last.muted.as_ref(), issue.users, self.now)
        {
            incident.muted = last.muted;
        }
        let began = Moment { at: alert.since, by: None, kind: MomentKind::Began };
        incidents::append_moment(self.txn, id, &began)?;
        Ok((None, None, incident))
    }

    /// The alert becomes part of it.
    fn add(
        &self,
        incident: &mut Incident,
        alert: &Alert,
        rule: &AlertRule,
        place: Option<Place>,
    ) -> Result<()> {
        let raised = incident.severity.max(alert.severity);
        let moment =
            |kind| incidents::append_moment(self.txn, incident.id, &Moment { at: alert.at, by: None, kind });
        if place == Some(Place::Reopens) {
            moment(MomentKind::Reopened)?;
            let steps = [Step::Resolved];
            take_back(self.txn, incident, &steps, "It came back before this was told", self.now)?;
        }
        moment(MomentKind::Alert { alert: alert.id })?;
        if raised != incident.severity {
            moment(MomentKind::Severity { from: incident.severity, to: raised })?;
        }
        if place == Some(Place::Reopens) {
            incident.status = IncidentStatus::Open;
            (incident.resolved, incident.resolved_by) = (None, None);
            incident.reopened = incident.reopened.saturating_add(1);
        }
        incident.severity = raised;
        incident.began = incident.began.min(alert.since);
        incident.alerts = incident.alerts.saturating_add(1);
        incident.last_alert = incident.last_alert.max(alert.at);
        incident.last_signal = incident.last_signal.max(alert.at);
        incident.quiet_minutes = incident.quiet_minutes.max(rule.quiet_minutes);
        incident.reopen_minutes = incident.reopen_minutes.max(rule.reopen_minutes);
        list(&mut incident.rules, Some(rule.id), LISTED_MAX);
        list(&mut incident.projects, alert.project, usize::MAX);
        list(&mut incident.environments, alert.environment.clone(), LISTED_MAX);
        let version = match &alert.subject {
            Subject::Release { version, .. } => Some(version.clone()),
            _ => alert.release.clone(),
        };
        list(&mut incident.releases, version, LISTED_MAX);
        if let Some(issue) = alert.subject.issue().filter(|issue| !incident.issues.contains(issue)) {
            if incident.issues.len() < ISSUES_MAX {
                incident.issues.push(issue);
            } else {
                incident.further_issues = incident.further_issues.saturating_add(1);
            }
            self.txn.open_table(ISSUE_INCIDENTS)?.insert(&pair(issue.0, incident.id.0), ())?;
        }
        Ok(())
    }

    fn audience(&mut self) -> Result<&Audience> {
        if self.audience.is_none() {
            self.audience = Some(Audience::load(self.txn)?);
        }
        Ok(self.audience.as_ref().expect("loaded above"))
    }

    fn tell(
        &mut self,
        before: Option<&Incident>,
        place: Option<Place>,
        incident: &mut Incident,
        alert: &Alert,
        rule: &AlertRule,
        issue: Option<&Issue>,
    ) -> Result<()> {
        let assignee = issue.and_then(|issue| issue.assigned_to);
        let recipients = self.audience()?.of(rule, alert, assignee);
        Telling { txn: self.txn, before, place, alert, now: self.now }.tell(incident, &recipients)
    }

    /// All users of its issues, each issue's for itself.
    fn users(&self, incident: &Incident) -> Result<u64> {
        if incident.muted.is_none_or(|mute| mute.until_users.is_none()) {
            return Ok(0);
        }
        incidents::users_of(self.txn, &incident.issues)
    }

    /// Those in which nothing goes on are over; those that were over for long enough stay so.
    fn end_incidents(&mut self) -> Result<()> {
        let ids: Vec<IncidentId> = self.incidents.keys().copied().collect();
        for id in ids {
            let mut incident = self.incidents[&id].clone();
            if let Some(at) = self.fires.last_true(id).filter(|at| *at > incident.last_signal) {
                incident.last_signal = at;
            }
            if let Some(at) = incident.resolved {
                incident.is_closed = self.now > at + incident.reopens_within();
            } else if !self.fires.goes_on(id) {
                incident.status = IncidentStatus::Resolved;
                (incident.resolved, incident.resolved_by) = (Some(self.now), None);
                let was_quiet = !self.taken_care_of.contains(&id);
                let kind =
                    MomentKind::Resolved { quiet_minutes: was_quiet.then_some(incident.quiet_minutes) };
                incidents::append_moment(self.txn, id, &Moment { at: self.now, by: None, kind })?;
                let (txn, now) = (self.txn, self.now);
                tell_of_change(txn, self.audience()?, &incident, Step::Resolved, false, now)?;
            }
            if incident != self.incidents[&id] {
                self.changed.insert(id);
                self.incidents.insert(id, incident);
            }
        }
        Ok(())
    }

    /// What was muted, and goes on, is told of once it no longer is.
    fn unmute(&mut self) -> Result<()> {
        let ids: Vec<IncidentId> = self.incidents.keys().copied().collect();
        for id in ids {
            let mut incident = self.incidents[&id].clone();
            let is_over = incident.muted.is_some()
                && !is_muted(incident.muted.as_ref(), self.users(&incident)?, self.now);
            if !is_over {
                continue;
            }
            incident.muted = None;
            let moment = Moment { at: self.now, by: None, kind: MomentKind::Unmuted };
            incidents::append_moment(self.txn, id, &moment)?;
            if incident.status == IncidentStatus::Open
                && let Some(alert) = self.last_alert_of(id)?
                && let Some(rule) = self.rules.get(&alert.rule).cloned()
            {
                let issue = self.issue_of(&alert)?;
                let before = incident.clone();
                self.tell(Some(&before), None, &mut incident, &alert, &rule, issue.as_ref())?;
            }
            self.changed.insert(id);
            self.incidents.insert(id, incident);
        }
        Ok(())
    }

    fn last_alert_of(&self, incident: IncidentId) -> Result<Option<Alert>> {
        let rows = self.txn.open_table(INCIDENT_ALERTS)?;
        let mut range = rows.range::<&[u8; 16]>(&pair(incident.0, 0)..=&pair(incident.0, u64::MAX))?;
        let Some(last) = range.next_back().transpose()? else { return Ok(None) };
        let id = crate::store::keys::u64_at(last.0.value(), 8);
        kept::find(self.txn, ALERTS, id)
    }

    /// `None`: nothing changed.
    fn finish(self) -> Result<Option<Vec<Alert>>> {
        if self.recorded.is_empty() && self.changed.is_empty() && !self.fires.has_changed() {
            return Ok(None);
        }
        for id in &self.changed {
            incidents::write(self.txn, &self.incidents[id])?;
        }
        self.fires.write(self.txn)?;
        Ok(Some(self.recorded))
    }
}

fn list<T: PartialEq>(listed: &mut Vec<T>, item: Option<T>, listed_max: usize) {
    if let Some(item) = item.filter(|item| !listed.contains(item))
        && listed.len() < listed_max
    {
        listed.push(item);
    }
}
