//! Rows of the outbox: what each recipient is told of an incident. When, and whether at all, `insight::alert::incident` says.

use jiff::Timestamp;
use redb::WriteTransaction;

use crate::insight::alert::incident::{Channel, Place, tells, tells_of_change};
use crate::model::alert::Alert;
use crate::model::incident::Incident;
use crate::model::notification::{About, Recipient, Step};
use crate::store::alerts::outbox::Outbox;
use crate::store::alerts::recipients::{Audience, wanted};
use crate::store::error::Result;

/// An alert on its way into an incident.
pub(super) struct Telling<'a> {
    pub txn: &'a WriteTransaction,
    /// As it was before the alert; `None` of a new one.
    pub before: Option<&'a Incident>,
    pub place: Option<Place>,
    pub alert: &'a Alert,
    pub now: Timestamp,
}

impl Telling<'_> {
    /// Tells these recipients, and notes in the incident who was told.
    pub(super) fn tell(&self, incident: &mut Incident, recipients: &[(Recipient, Channel)]) -> Result<()> {
        let outbox = Outbox::of(self.txn);
        let mut waiting = outbox.untried(incident.id)?;
        let mut told_at = None;
        for &(recipient, channel) in recipients {
            let was_told = incident.recipients.contains(&recipient);
            let told = tells(self.before, self.place, self.alert, channel, was_told, self.now);
            let told = match told {
                Some((step, due)) => wanted(self.txn, recipient, self.alert, due)?.map(|due| (step, due)),
                None => None,
            };
            let untold =
                waiting.iter_mut().find(|waits| waits.recipient == recipient && is_news(&waits.about));
            if let Some(waits) = untold.filter(|_| channel != WEBHOOK) {
                // What has not left yet tells of this too, whether or not it were worth a message of its own.
                *waits = outbox.extend(waits, self.alert.id, told)?;
                continue;
            }
            let Some((step, due)) = told else { continue };
            if !was_told {
                incident.recipients.push(recipient);
            }
            let about = About::Incident { incident: incident.id, step, alerts: vec![self.alert.id] };
            outbox.add(recipient, about, due, self.now)?;
            told_at = told_at.max((!is_program(channel)).then_some(due));
        }
        if let Some(due) = told_at {
            incident.told_at = Some(due);
            incident.times_told = incident.times_told.saturating_add(1);
        }
        if !incident.recipients.is_empty() {
            incident.told = incident.told.max(Some(self.alert.severity));
        }
        Ok(())
    }
}

/// It says that something is going on.
fn is_news(about: &About) -> bool {
    matches!(about, About::Incident { step: Step::Opened | Step::Joined | Step::Raised | Step::Reopened, .. })
}

const WEBHOOK: Channel = Channel::Target(crate::model::notification::TargetKind::Webhook);

fn is_program(channel: Channel) -> bool {
    matches!(channel, Channel::Target(kind) if kind.is_program())
}

/// Tells those who were told of the incident what became of it.
pub(super) fn tell_of_change(
    txn: &WriteTransaction,
    audience: &Audience,
    incident: &Incident,
    step: Step,
    by_person: bool,
    now: Timestamp,
) -> Result<()> {
    let outbox = Outbox::of(txn);
    for recipient in &incident.recipients {
        let Some(channel) = audience.channel(*recipient) else { continue };
        if let Some(due) = tells_of_change(incident, step, channel, by_person, now) {
            let about = About::Incident { incident: incident.id, step, alerts: Vec::new() };
            outbox.add(*recipient, about, due, now)?;
        }
    }
    Ok(())
}

/// What is said of them no longer holds, or need not be said any more.
pub(super) fn take_back(
    txn: &WriteTransaction,
    incident: &Incident,
    steps: &[Step],
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    let outbox = Outbox::of(txn);
    for waits in outbox.untried(incident.id)? {
        let is_one = match &waits.about {
            About::Incident { step, .. } => steps.contains(step),
            _ => false,
        };
        if is_one {
            outbox.drop(&waits, reason, now)?;
        }
    }
    Ok(())
}
