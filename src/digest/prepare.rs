//! The pure part: one accepted envelope to what the store records. No I/O, no clock, no randomness.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::digest::headline::headline;
use crate::digest::normalize::{self, Context};
use crate::digest::policy::Policy;
use crate::digest::{grouping, security};
use crate::inbox::{Accepted, Sender};
use crate::model::event::tags::derived_tags;
use crate::model::event::{Event, EventKind};
use crate::model::ids::EventId;
use crate::model::outcome::Category;
use crate::store::{AttachmentRecord, EventRecord, Record, UserReportRecord};
use crate::wire::envelope::{Envelope, Item, ItemType};

/// What an envelope holds for the store, and what of it was dropped.
#[derive(Default)]
pub struct Prepared {
    pub records: Vec<Record>,
    pub dropped: Vec<Dropped>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    pub category: Category,
    pub reason: &'static str,
}

/// Never fails: an item that cannot be used is dropped with its reason.
pub fn prepare(accepted: &Accepted, policy: &Policy) -> Prepared {
    let mut prepared = Prepared::default();
    let Ok(envelope) = Envelope::parse_accepted(&accepted.envelope) else {
        for _ in 0..accepted.items {
            prepared.drop(Category::Other, "digest_invalid_envelope");
        }
        return prepared;
    };
    for item in &envelope.items {
        prepare_item(&envelope, item, &accepted.sender, policy, &mut prepared);
    }
    prepared
}

impl Prepared {
    fn drop(&mut self, category: Category, reason: &'static str) {
        self.dropped.push(Dropped { category, reason });
    }
}

fn prepare_item(envelope: &Envelope, item: &Item, sender: &Sender, policy: &Policy, out: &mut Prepared) {
    let id = envelope.headers.event_id;
    match &item.headers.ty {
        ItemType::Event => prepare_event(envelope, item, sender, policy, None, out),
        ItemType::Feedback => prepare_event(envelope, item, sender, policy, Some(EventKind::Feedback), out),
        ItemType::RawSecurity | ItemType::Security | ItemType::Nel => {
            let kind = if item.headers.ty == ItemType::Nel { EventKind::Nel } else { EventKind::Csp };
            prepare_event(envelope, item, sender, policy, Some(kind), out);
        }
        ItemType::Attachment => match id {
            Some(id) => out.records.push(Record::Attachment(attachment(item, id, sender))),
            None => out.drop(Category::Attachment, "digest_without_event"),
        },
        ItemType::UserReport => match user_report(item, sender, policy) {
            Some(report) => out.records.push(Record::UserReport(report)),
            None => out.drop(Category::UserReport, "digest_invalid_user_report"),
        },
        _ => out.drop(Category::Other, "digest_unknown_item"),
    }
}

fn prepare_event(
    envelope: &Envelope,
    item: &Item,
    sender: &Sender,
    policy: &Policy,
    hint: Option<EventKind>,
    out: &mut Prepared,
) {
    let category = category_of(hint.unwrap_or_default());
    let is_report = matches!(hint, Some(EventKind::Csp | EventKind::Nel));
    let Ok(parsed) = normalize::parse(&item.payload, true) else {
        return out.drop(category, "digest_invalid_json");
    };
    let mut value = parsed;
    if is_report {
        let made = security::event_of(value, &item.headers, sender.user_agent.as_deref(), sender.received);
        let Some(made) = made else { return out.drop(category, "digest_unknown_report") };
        value = made;
    }
    let scrubbed = policy.scrubber.scrub(&mut value) > 0;
    let raw = if scrubbed || is_report {
        Bytes::from(serde_json::to_vec(&value).expect("a value is always JSON"))
    } else {
        item.payload.clone()
    };
    let context = Context {
        received: sender.received,
        sent_at: envelope.headers.sent_at,
        client_ip: sender.client_ip,
        user_agent: sender.user_agent.as_deref(),
        event_id: envelope.headers.event_id,
        retention_days: policy.retention_days,
        kind: hint,
    };
    let Ok(event) = normalize::normalize(value, &context) else {
        return out.drop(category, "digest_not_an_object");
    };
    if event.kind == EventKind::Feedback
        && let Some(report) = feedback_report(&event, sender)
    {
        out.records.push(Record::UserReport(report));
    }
    out.records.push(Record::Event(Box::new(record_of(event, raw, sender, policy))));
}

fn record_of(mut event: Event, raw: Bytes, sender: &Sender, policy: &Policy) -> EventRecord {
    grouping::apply_rules(&mut event, &policy.rules);
    let found = grouping::group(&event, &policy.rules);
    let headline = headline(&event, &found);
    let tags = derived_tags(&event);
    EventRecord {
        project: sender.project,
        raw,
        hashes: found.hashes(),
        headline,
        tags,
        event: Arc::new(event),
    }
}

fn attachment(item: &Item, event_id: EventId, sender: &Sender) -> AttachmentRecord {
    AttachmentRecord {
        project: sender.project,
        event_id,
        received: sender.received,
        name: item.headers.filename.clone().unwrap_or_else(|| "attachment".into()),
        content_type: item.headers.content_type.clone(),
        kind: item.headers.attachment_kind().to_owned(),
        body: item.payload.clone(),
    }
}

fn user_report(item: &Item, sender: &Sender, policy: &Policy) -> Option<UserReportRecord> {
    let mut value = normalize::parse(&item.payload, true).ok()?;
    let event_id = value.get("event_id")?.as_str()?.parse().ok()?;
    policy.scrubber.scrub(&mut value);
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(UserReportRecord {
        project: sender.project,
        event_id,
        received: sender.received,
        name: text("name"),
        email: text("email"),
        comments: text("comments"),
    })
}

/// Feedback about an error is also shown with that error.
fn feedback_report(event: &Event, sender: &Sender) -> Option<UserReportRecord> {
    let event_id = event.context("feedback", "associated_event_id")?.parse().ok()?;
    let text = |key: &str| event.context("feedback", key).unwrap_or_default().to_owned();
    Some(UserReportRecord {
        project: sender.project,
        event_id,
        received: sender.received,
        name: text("name"),
        email: text("contact_email"),
        comments: text("message"),
    })
}

/// The data category an event counts in.
pub fn category_of(kind: EventKind) -> Category {
    match kind {
        EventKind::Feedback => Category::Feedback,
        EventKind::Csp | EventKind::Hpkp | EventKind::ExpectCt | EventKind::ExpectStaple | EventKind::Nel => {
            Category::Security
        }
        EventKind::Default | EventKind::Error => Category::Error,
    }
}
