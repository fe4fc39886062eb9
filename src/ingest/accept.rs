//! The one way in: an envelope, however it arrived, is bounded, sorted, counted against the limits and put
//! into the inbox. Whoever calls this answers 200 only after it returned: then it is on disk.
//!
//! Every item is counted once: here if it goes no further, by digest if it does.

use std::path::PathBuf;
use std::time::Instant;

use bytes::Bytes;
use serde::Deserialize;

use crate::inbox::{Accepted, AppendError};
use crate::ingest::Ingest;
use crate::ingest::budget::Lease;
use crate::ingest::client_report::ClientReport;
use crate::ingest::json;
use crate::ingest::native;
use crate::ingest::rate::{self, Group, Limited};
use crate::ingest::refusal::Refusal;
use crate::ingest::request::Origin;
use crate::ingest::sizes;
use crate::ingest::triage::{self, Fate};
use crate::ingest::upload::Uploads;
use crate::model::ids::{EventId, ProjectId};
use crate::model::outcome::{Category, Outcome};
use crate::wire::envelope::{Envelope, Item, ItemHeaders, ItemType};
use crate::wire::otlp::RECORDS_MAX;

/// Kept of each text in an item's header.
const HEADER_TEXT_BYTES_MAX: usize = 1024;
/// There is one of these for each rule that sampled; the first counts.
const SAMPLE_RATES_MAX: usize = 4;

/// What was done with an envelope.
#[derive(Debug, PartialEq)]
pub struct Taken {
    /// The id that the answer names.
    pub event_id: Option<EventId>,
    /// Items that went over a limit are gone; all others are on disk.
    pub limited: Vec<Limited>,
}

impl Taken {
    /// A caller that must hear of limits gets a 429, even where some items passed.
    pub fn or_limited(self) -> Result<Option<EventId>, Refusal> {
        if self.limited.is_empty() {
            return Ok(self.event_id);
        }
        let mut refusal =
            Refusal::limited(rate::retry_after_seconds(&self.limited), rate::header(&self.limited));
        refusal.counted = true;
        Err(refusal)
    }
}

pub fn new_event_id() -> EventId {
    EventId(*uuid::Uuid::new_v4().as_bytes())
}

/// Takes an envelope in. `lease` is its request's share of the memory for bodies.
pub async fn accept(
    ingest: &Ingest,
    origin: &Origin,
    lease: &mut Lease,
    mut envelope: Envelope,
) -> Result<Taken, Refusal> {
    let project = origin.project.id;
    let categories = categories(&envelope);
    let lenient = origin.writes_non_finite_numbers();
    let examined = examine(ingest, project, lenient, lease, &mut envelope).await;
    let (sorted, uploads) =
        examined.map_err(|refusal| refuse_items(ingest, project, &categories, refusal))?;

    let event_id = event_id(envelope.headers.event_id, &sorted, lenient);
    envelope.headers.event_id = event_id;
    envelope.headers.dsn = None;

    let limited = keep(ingest, origin, lease, envelope, sorted).await?;
    Uploads::forget(uploads).await;
    Ok(Taken { event_id, limited })
}

/// Takes in what an integration sent as one item of ours, which no client may send itself.
pub async fn accept_integration(
    ingest: &Ingest,
    origin: &Origin,
    lease: &mut Lease,
    item: Item,
    group: Group,
) -> Result<Taken, Refusal> {
    let sorted = Sorted { kept: vec![(item, group)], ..Sorted::default() };
    let limited = keep(ingest, origin, lease, Envelope::default(), sorted).await?;
    Ok(Taken { event_id: None, limited })
}

/// Puts what is kept and within its limits into the inbox, and counts the rest.
async fn keep(
    ingest: &Ingest,
    origin: &Origin,
    lease: &mut Lease,
    mut envelope: Envelope,
    mut sorted: Sorted,
) -> Result<Vec<Limited>, Refusal> {
    let limited = limit(ingest, origin, &mut sorted);
    envelope.items = std::mem::take(&mut sorted.kept).into_iter().map(|(item, _)| item).collect();
    // Whether the rest is kept or not, this goes no further.
    count(ingest, origin.project.id, &sorted);
    append(ingest, origin, lease, &envelope).await?;
    Ok(limited)
}

/// Bounds an envelope, completes it and sorts its items. Answers the finished uploads that became part of it,
/// too. Nothing is kept of an envelope that is refused here.
async fn examine(
    ingest: &Ingest,
    project: ProjectId,
    lenient: bool,
    lease: &mut Lease,
    envelope: &mut Envelope,
) -> Result<(Sorted, Vec<PathBuf>), Refusal> {
    refuse_excess(envelope)?;
    native::expand(envelope, lenient, lease).await?;
    let uploads = ingest.uploads.resolve(project, envelope, lease).await?;
    // Again, since references and packed reports may have become large.
    refuse_excess(envelope)?;
    let sorted = sort(std::mem::take(&mut envelope.items), lenient)?;
    Ok((sorted, uploads))
}

fn refuse_excess(envelope: &Envelope) -> Result<(), Refusal> {
    match sizes::find_excess(envelope) {
        Some(ty) => Err(Refusal::too_large(ty.as_str())),
        None => Ok(()),
    }
}

/// (category, quantity) of each item.
fn categories(envelope: &Envelope) -> Vec<(Category, u64)> {
    envelope.items.iter().map(counted).collect()
}

fn counted(item: &Item) -> (Category, u64) {
    (triage::category(&item.headers), triage::quantity(item))
}

/// Counts every item of what is refused as a whole; one without items is left to the caller of its endpoint.
pub fn refuse_items(
    ingest: &Ingest,
    project: ProjectId,
    categories: &[(Category, u64)],
    refusal: Refusal,
) -> Refusal {
    let outcome = if refusal.status == 429 { Outcome::Limited } else { Outcome::Rejected };
    for (category, quantity) in categories {
        // A header that was not examined may say anything.
        ingest.count(project, *category, outcome, refusal.reason, (*quantity).min(RECORDS_MAX));
    }
    Refusal { counted: !categories.is_empty(), ..refusal }
}

/// An envelope's items by their fate.
#[derive(Default)]
struct Sorted {
    kept: Vec<(Item, Group)>,
    /// Over a limit.
    limited: Vec<(Category, u64)>,
    not_stored: Vec<(Item, u64)>,
    dropped: Vec<(Category, &'static str)>,
    reports: Vec<ClientReport>,
}

fn sort(items: Vec<Item>, lenient: bool) -> Result<Sorted, Refusal> {
    let mut sorted = Sorted::default();
    for mut item in items {
        match triage::judge(&item, lenient) {
            Fate::Keep(group) => {
                // Digest knows one type for whatever an event's JSON says.
                if item.headers.ty == ItemType::Security {
                    item.headers.ty = ItemType::Event;
                }
                cut(&mut item.headers);
                sorted.kept.push((item, group));
            }
            Fate::NotStored(quantity) => sorted.not_stored.push((item, quantity)),
            Fate::Dropped(reason) => sorted.dropped.push((triage::category(&item.headers), reason)),
            Fate::Report(report) => sorted.reports.push(report),
            Fate::Refused(reason) => return Err(Refusal::malformed(reason)),
        }
    }
    // An attachment stands and falls with the event or the feedback that it came with.
    let parent = [ItemType::Event, ItemType::Feedback]
        .iter()
        .find_map(|ty| sorted.kept.iter().find(|(item, _)| item.headers.ty == *ty).map(|(_, group)| *group));
    if let Some(parent) = parent {
        for (item, group) in &mut sorted.kept {
            if item.headers.ty == ItemType::Attachment {
                *group = parent;
            }
        }
    }
    Ok(sorted)
}

/// What an item says of itself is shown, not searched: nobody needs more of it.
fn cut(headers: &mut ItemHeaders) {
    let texts = [
        &mut headers.content_type,
        &mut headers.filename,
        &mut headers.attachment_type,
        &mut headers.platform,
        &mut headers.sentry_release,
        &mut headers.sentry_environment,
    ];
    for text in texts.into_iter().flatten() {
        text.truncate(text.floor_char_boundary(HEADER_TEXT_BYTES_MAX));
    }
    if let Some(rates) = &mut headers.sample_rates {
        rates.truncate(SAMPLE_RATES_MAX);
    }
}

/// The envelope's id, else the one in its event, else a new one if any item needs one.
fn event_id(header: Option<EventId>, sorted: &Sorted, lenient: bool) -> Option<EventId> {
    #[derive(Deserialize)]
    struct Peek {
        event_id: Option<EventId>,
    }
    let creates = |ty: &ItemType| {
        matches!(
            ty,
            ItemType::Event
                | ItemType::Feedback
                | ItemType::RawSecurity
                | ItemType::Nel
                | ItemType::Attachment
                | ItemType::Transaction
        )
    };
    if header.is_some() {
        return header;
    }
    let of_type = |ty: ItemType| sorted.kept.iter().find(move |(item, _)| item.headers.ty == ty);
    let own = of_type(ItemType::Event)
        .or_else(|| of_type(ItemType::Feedback))
        .or_else(|| of_type(ItemType::Transaction));
    if let Some((item, _)) = own
        && let Some(Peek { event_id: Some(id) }) = json::find_lenient(&item.payload, lenient)
    {
        return Some(id);
    }
    let mut types = sorted
        .kept
        .iter()
        .map(|(item, _)| &item.headers.ty)
        .chain(sorted.not_stored.iter().map(|(item, _)| &item.headers.ty));
    types.any(creates).then(new_event_id)
}

/// Takes out of `sorted` what goes over a limit.
fn limit(ingest: &Ingest, origin: &Origin, sorted: &mut Sorted) -> Vec<Limited> {
    let limits = origin.limits(ingest.rate_limit);
    let mut all = Vec::new();
    if limits.is_empty() {
        return all;
    }
    let now = Instant::now();
    for group in Group::ALL {
        // Attachments that came with their event cost nothing beside it.
        let counts = |item: &Item| group == Group::Attachments || item.headers.ty != ItemType::Attachment;
        let wanted = sorted.kept.iter().filter(|(item, of)| *of == group && counts(item)).count();
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        let (granted, mut limited) = ingest.rates.take(&limits, group, wanted, now);
        if granted == wanted {
            continue;
        }
        all.append(&mut limited);
        let mut room = granted;
        let limited_items = &mut sorted.limited;
        sorted.kept.retain(|(item, of)| {
            if *of != group {
                return true;
            }
            let passes = if counts(item) { room > 0 } else { granted > 0 };
            if passes && counts(item) {
                room -= 1;
            }
            if !passes {
                limited_items.push(counted(item));
            }
            passes
        });
    }
    all
}

async fn append(
    ingest: &Ingest,
    origin: &Origin,
    lease: &mut Lease,
    envelope: &Envelope,
) -> Result<(), Refusal> {
    let Ok(items) = u32::try_from(envelope.items.len()) else { return Err(Refusal::too_large("envelope")) };
    if items == 0 {
        return Ok(());
    }
    let bytes = envelope.items.iter().map(|item| item.payload.len()).sum();
    if lease.grow(bytes).is_err() {
        return Err(refuse_items(ingest, origin.project.id, &categories(envelope), Refusal::overloaded()));
    }
    let bytes: Bytes = envelope.to_bytes();
    let accepted = Accepted { sender: origin.sender.clone(), envelope: bytes, items };
    let refusal = match ingest.inbox.append(accepted).await {
        Ok(()) => return Ok(()),
        Err(AppendError::Full { retry_after_seconds }) => Refusal::busy(retry_after_seconds),
        Err(AppendError::Failed(cause)) => {
            tracing::error!(cause, "the inbox could not be written");
            Refusal::disk_failed()
        }
    };
    Err(refuse_items(ingest, origin.project.id, &categories(envelope), refusal))
}

/// Writes down everything that goes no further.
fn count(ingest: &Ingest, project: ProjectId, sorted: &Sorted) {
    for (category, quantity) in &sorted.limited {
        ingest.count(project, *category, Outcome::Limited, "rate_limited", *quantity);
    }
    for (item, quantity) in &sorted.not_stored {
        let ty = &item.headers.ty;
        // Types that we do not know are one: clients may invent as many as they like.
        let reason = if matches!(ty, ItemType::Unknown(_)) { "unknown" } else { ty.as_str() };
        ingest.count(project, triage::category(&item.headers), Outcome::NotStored, reason, *quantity);
    }
    for (category, reason) in &sorted.dropped {
        ingest.count(project, *category, Outcome::Rejected, reason, 1);
    }
    for report in &sorted.reports {
        ingest.ledger.add(project, Category::ClientReport, Outcome::Stored, "client_report", 1);
        for (category, reason, quantity) in report.sums() {
            ingest.ledger.add(project, category, Outcome::ClientDiscarded, reason, quantity);
        }
    }
}
