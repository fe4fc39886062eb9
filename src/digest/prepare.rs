//! The pure part: one accepted envelope to what the store records. No clock, no randomness, and no I/O but for looking up
//! what frames are read with.

use bytes::Bytes;
use md5::{Digest as _, Md5};
use serde_json::Value;

use crate::digest::headline::headline;
use crate::digest::normalize::{self, Context};
use crate::digest::policy::Policy;
use crate::digest::spans::{self, Around};
use crate::digest::stored::Recipe;
use crate::digest::symbolicate::Symbolicator;
use crate::digest::{grouping, security, sessions};
use crate::inbox::{Accepted, Sender};
use crate::model::event::tags::derived_tags;
use crate::model::event::{Event, EventKind};
use crate::model::ids::EventId;
use crate::model::outcome::Category;
use crate::search;
use crate::store::{AttachmentRecord, EventRecord, Record, SessionRecord, UserReportRecord};
use crate::wire::envelope::{Envelope, Item, ItemType};

/// What an envelope holds for the store, and what of it was dropped.
#[derive(Default)]
pub struct Prepared {
    pub records: Vec<Record>,
    /// Index of an event's record, and what of it is searched.
    pub drafts: Vec<(usize, search::Draft)>,
    /// Places in `records` of those that follow from another item and stand for none of their own: they are
    /// stored, but whoever counts what arrived passes them over.
    pub derived: Vec<usize>,
    pub dropped: Vec<Dropped>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    pub category: Category,
    pub reason: &'static str,
    /// How many things: a container holds many.
    pub quantity: u64,
}

/// Never fails: an item that cannot be used is dropped with its reason. Without a symbolicator frames stay as sent.
pub fn prepare(accepted: &Accepted, policy: &Policy, symbolicator: Option<&Symbolicator>) -> Prepared {
    let mut prepared = Prepared::default();
    let Ok(envelope) = Envelope::parse_accepted(&accepted.envelope) else {
        for _ in 0..accepted.items {
            prepared.drop(Category::Other, "digest_invalid_envelope");
        }
        return prepared;
    };
    let main = main_event(&envelope);
    for (position, item) in envelope.items.iter().enumerate() {
        let id =
            if main.is_none_or(|main| main == position) { Id::OfEnvelope } else { Id::Further(position) };
        let by = By { sender: &accepted.sender, policy, symbolicator };
        prepare_item(&envelope, item, id, by, &mut prepared);
    }
    prepared
}

/// What all items of an envelope are prepared with.
#[derive(Clone, Copy)]
struct By<'a> {
    sender: &'a Sender,
    policy: &'a Policy,
    symbolicator: Option<&'a Symbolicator>,
}

/// Whose id an event-like item takes.
#[derive(Clone, Copy)]
enum Id {
    OfEnvelope,
    /// The envelope's is taken; this item stands at this position.
    Further(usize),
}

/// The item that the envelope's id belongs to.
fn main_event(envelope: &Envelope) -> Option<usize> {
    let find =
        |wanted: &dyn Fn(&ItemType) -> bool| envelope.items.iter().position(|item| wanted(&item.headers.ty));
    find(&|ty| *ty == ItemType::Event).or_else(|| {
        find(&|ty| {
            matches!(ty, ItemType::Feedback | ItemType::RawSecurity | ItemType::Security | ItemType::Nel)
        })
    })
}

/// Relay lets an envelope have one event and drops what comes beside it. Here each further one is kept under the
/// id of its payload, or one that follows from the envelope's, so that a replay or a second try finds it again.
fn further_id(value: &Value, envelope: Option<EventId>, position: usize) -> EventId {
    let own = value.get("event_id").and_then(|id| id.as_str()?.parse().ok());
    own.filter(|own| Some(*own) != envelope).unwrap_or_else(|| {
        let mut md5 = Md5::new();
        md5.update(envelope.map_or([0; 16], |id| id.0));
        md5.update((position as u64).to_be_bytes());
        EventId(md5.finalize().into())
    })
}

impl Prepared {
    fn drop(&mut self, category: Category, reason: &'static str) {
        self.dropped.push(Dropped { category, reason, quantity: 1 });
    }
}

fn prepare_item(envelope: &Envelope, item: &Item, id: Id, by: By<'_>, out: &mut Prepared) {
    match &item.headers.ty {
        ItemType::Event => prepare_event(envelope, item, id, by, None, out),
        ItemType::Feedback => {
            prepare_event(envelope, item, id, by, Some(EventKind::Feedback), out);
        }
        ItemType::RawSecurity | ItemType::Security | ItemType::Nel => {
            let kind = if item.headers.ty == ItemType::Nel { EventKind::Nel } else { EventKind::Csp };
            prepare_event(envelope, item, id, by, Some(kind), out);
        }
        ItemType::Attachment => match envelope.headers.event_id {
            Some(id) => out.records.push(Record::Attachment(attachment(item, id, by.sender))),
            None => out.drop(Category::Attachment, "digest_without_event"),
        },
        ItemType::UserReport => match user_report(item, by.sender, by.policy) {
            Some(report) => out.records.push(Record::UserReport(report)),
            None => out.drop(Category::UserReport, "digest_invalid_user_report"),
        },
        ItemType::Session | ItemType::Sessions => prepare_sessions(envelope, item, by.sender, out),
        _ => prepare_spans(envelope, item, id, by, out),
    }
}

fn prepare_event(
    envelope: &Envelope,
    item: &Item,
    id: Id,
    by: By<'_>,
    hint: Option<EventKind>,
    out: &mut Prepared,
) {
    let By { sender, policy, .. } = by;
    let category = hint.unwrap_or_default().category();
    let is_report = matches!(hint, Some(EventKind::Csp | EventKind::Nel));
    let Ok((mut value, mended)) = normalize::parse_noting(&item.payload, true) else {
        return out.drop(category, "digest_invalid_json");
    };
    let event_id = match id {
        Id::OfEnvelope => envelope.headers.event_id,
        Id::Further(position) => Some(further_id(&value, envelope.headers.event_id, position)),
    };
    if is_report {
        let made = security::event_of(value, &item.headers, sender.user_agent.as_deref(), sender.received);
        let Some(made) = made else { return out.drop(category, "digest_unknown_report") };
        value = made;
    }
    let scrubbed = policy.scrubber.scrub(&mut value) > 0;
    let raw = if scrubbed || is_report || mended {
        Bytes::from(serde_json::to_vec(&value).expect("a value is always JSON"))
    } else {
        item.payload.clone()
    };
    let context = Context {
        received: sender.received,
        sent_at: envelope.headers.sent_at,
        client_ip: sender.client_ip.filter(|_| !policy.scrubber.removes_ip_addresses()),
        user_agent: sender.user_agent.as_deref(),
        event_id,
        retention_days: policy.retention_days,
        kind: hint,
    };
    let Ok(event) = normalize::normalize(value, &context) else {
        return out.drop(category, "digest_not_an_object");
    };
    if event.kind == EventKind::Feedback
        && let Some(report) = feedback_report(&event, sender)
    {
        out.derived.push(out.records.len());
        out.records.push(Record::UserReport(report));
    }
    let record = record_of(event, raw, &context, by);
    out.drafts.push((out.records.len(), search::draft(&record.event)));
    out.records.push(Record::Event(Box::new(record)));
}

fn prepare_sessions(envelope: &Envelope, item: &Item, sender: &Sender, out: &mut Prepared) {
    let clock = sessions::Clock { received: sender.received, sent_at: envelope.headers.sent_at };
    let read = match item.headers.ty {
        ItemType::Session => sessions::read_update(&item.payload, clock),
        _ => sessions::read_aggregates(&item.payload, clock),
    };
    match read {
        Ok(report) => {
            let (project, received) = (sender.project, sender.received);
            out.records.push(Record::Sessions(SessionRecord { project, received, report }));
        }
        Err(reason) => out.drop(Category::Session, reason),
    }
}

fn prepare_spans(envelope: &Envelope, item: &Item, id: Id, by: By<'_>, out: &mut Prepared) {
    let By { sender, policy, .. } = by;
    let around = Around {
        scrubber: &policy.scrubber,
        headers: &envelope.headers,
        received: sender.received,
        retention_days: policy.retention_days,
    };
    let Some((category, read)) = spans::read(item, &around) else {
        return out.drop(Category::Other, "digest_unknown_item");
    };
    for &(reason, quantity) in &read.dropped {
        // What a transaction loses of its spans are spans; the transaction is one thing.
        let is_part = category == Category::Transaction && !read.spans.is_empty();
        let category = if is_part { Category::Span } else { category };
        out.dropped.push(Dropped { category, reason, quantity });
    }
    let event_id = match id {
        Id::OfEnvelope => envelope.headers.event_id,
        Id::Further(position) => Some(further_id(&Value::Null, envelope.headers.event_id, position)),
    };
    let record = spans::record(category, read, sender.project, sender.received, event_id);
    out.records.extend(record.map(|record| Record::Spans(Box::new(record))));
}

fn record_of(
    mut event: Event,
    raw: Bytes,
    context: &Context<'_>,
    By { sender: Sender { project, .. }, policy, symbolicator }: By<'_>,
) -> EventRecord {
    let wanted =
        symbolicator.map(|symbolicator| symbolicator.symbolicate(&mut event, *project)).unwrap_or_default();
    grouping::apply_rules(&mut event, &policy.rules);
    let found = grouping::group(&event, &policy.rules);
    let hashes = found.hashes();
    (event.rule_title, event.main_exception) = (found.title, found.main_exception);
    let headline = headline(&event);
    let tags = derived_tags(&event);
    let recipe = Recipe::of(context, &event).encode();
    EventRecord { project: *project, event, recipe, raw, hashes, headline, tags, wanted }
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

#[cfg(test)]
mod tests;
