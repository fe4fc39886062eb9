//! From what any format says of a span to the span: without secrets, named, bounded.

use crate::digest::scrub::Scrubber;
use crate::digest::spans::attributes::{Attributes, cut};
use crate::digest::spans::ops::{self, Naming};
use crate::digest::spans::times::Clock;
use crate::digest::spans::{names, sampling, secrets, status};
use crate::model::ids::{SpanId, TraceId};
use crate::model::span::{Span, SpanKind, SpanLink, SpanStatus};

const DESCRIPTION_BYTES_MAX: usize = 8 << 10;
/// An op, an origin, a service, an environment.
pub const WORD_BYTES_MAX: usize = 200;
const LINKS_MAX: usize = 32;

/// What attributes say that the model holds elsewhere, and what is said of every span and tells nothing.
const BOOKKEEPING: [&str; 32] = [
    "sentry.op",
    "sentry.origin",
    "sentry.description",
    "sentry.name",
    "sentry.kind",
    "sentry.status",
    "sentry.status.message",
    "sentry.is_segment",
    "sentry.segment.id",
    "sentry.segment_id",
    "sentry.segment.name",
    "sentry.segment.name.source",
    "sentry.span.source",
    "sentry.source",
    "sentry.transaction",
    "sentry.release",
    "sentry.environment",
    "sentry.sample_rate",
    "sentry.sample_rand",
    "sentry.parent_sampled",
    "sentry.trace_lifecycle",
    "sentry.exclusive_time",
    "sentry.exclusive_time_nano",
    "sentry.parentIsRemote",
    "sentry.skip_span_data",
    "sentry.sdk.integrations",
    "sentry.is_localhost",
    "sentry.dsc.trace_id",
    "sentry.dsc.public_key",
    "service.name",
    "deployment.environment",
    "deployment.environment.name",
];

/// How an ending was told.
pub enum Said {
    /// A word of Sentry's.
    Word(String),
    /// Well, badly, or nothing.
    Code(SpanStatus, String),
}

/// A span as one format says it. Empty texts were not said.
pub struct Draft {
    pub trace: TraceId,
    pub id: SpanId,
    pub parent: Option<SpanId>,
    /// `None`: nobody said.
    pub is_segment: Option<bool>,
    pub op: String,
    /// What the sender calls it.
    pub name: String,
    pub said: Said,
    pub kind: Option<SpanKind>,
    pub start_us: i64,
    pub end_us: i64,
    pub origin: String,
    /// The transaction's name is a route or somebody's own word, which is not to be changed.
    pub name_is_chosen: bool,
    pub weight: Option<f32>,
    pub attributes: Attributes,
    pub links: Vec<(TraceId, SpanId, Attributes)>,
}

/// What the item says for all its spans, where they do not say it themselves.
pub struct Defaults<'a> {
    pub scrubber: &'a Scrubber,
    pub clock: Clock,
    pub service: String,
    pub environment: String,
    pub release: String,
    pub transaction: String,
    pub weight: f32,
}

pub fn finish(mut draft: Draft, defaults: &Defaults<'_>) -> Span {
    let scrubber = defaults.scrubber;
    let attributes = &mut draft.attributes;
    attributes.scrub(scrubber);
    secrets::scrub(&mut draft.name, scrubber);

    let kind = draft.kind.or_else(|| kind_in(attributes));
    let said_op = first(&[&draft.op, attributes.text("sentry.op").unwrap_or_default()]);
    let inferred = ops::infer(attributes, kind.unwrap_or_default(), &draft.name);
    let inferred_op =
        if draft.kind.is_some() || inferred.op != "default" { inferred.op } else { String::new() };
    let mut op = first(&[&said_op, &inferred_op, "default"]);
    cut(&mut op, WORD_BYTES_MAX);
    let kind = kind.unwrap_or_else(|| ops::kind_of(&op));

    let mut description = match attributes.text("sentry.description") {
        Some(text) => text.to_owned(),
        // OpenTelemetry's names are poorer than what its attributes say.
        None if said_op.is_empty() => first(&[&inferred.description, &draft.name]),
        None => first(&[&draft.name, &inferred.description]),
    };
    let naming = ops::naming(&op, attributes);
    if naming == Naming::Query {
        secrets::hide_values(&mut description, scrubber);
    }
    cut(&mut description, DESCRIPTION_BYTES_MAX);
    let name = name_of(naming, &description, &draft, attributes_summary(&draft.attributes).as_deref());
    let name = first(&[&name, &op]);

    let attributes = &draft.attributes;
    let (status, status_word) = match draft.said {
        Said::Word(word) if word.is_empty() => status::of_code(SpanStatus::Unset, "", attributes, kind),
        Said::Word(word) => status::of_word(&word),
        Said::Code(status, message) => {
            let message = first(&[attributes.text("sentry.status.message").unwrap_or_default(), &message]);
            status::of_code(status, &message, attributes, kind)
        }
    };
    let said = |keys: &[&str], default: &str| word(attributes.first_text(keys).unwrap_or(default));
    let is_segment = draft.is_segment.or_else(|| attributes.flag("sentry.is_segment")).unwrap_or(false);
    let own = if is_segment { name.as_str() } else { &defaults.transaction };
    let transaction = if is_segment || !own.is_empty() {
        own.to_owned()
    } else {
        names::cluster(
            attributes.first_text(&["sentry.transaction", "sentry.segment.name"]).unwrap_or_default(),
        )
    };
    let (start_us, duration_us) = defaults.clock.correct(draft.start_us, draft.end_us);
    let span = Span {
        trace: draft.trace,
        id: draft.id,
        parent: draft.parent.filter(|parent| *parent != draft.id),
        is_segment,
        status,
        status_word,
        kind,
        start_us,
        duration_us,
        service: said(&["service.name"], &defaults.service),
        environment: said(
            &["sentry.environment", "deployment.environment.name", "deployment.environment"],
            &defaults.environment,
        ),
        release: said(&["sentry.release"], &defaults.release),
        origin: word(&first(&[&draft.origin, attributes.text("sentry.origin").unwrap_or_default()])),
        weight: sampling::of_attributes(attributes).or(draft.weight).unwrap_or(defaults.weight),
        op,
        name,
        description,
        transaction,
        attributes: Vec::new(),
        links: Vec::new(),
    };
    let mut attributes = draft.attributes;
    attributes.remove(&BOOKKEEPING);
    Span { attributes: attributes.into_bounded(), links: links(draft.links, scrubber), ..span }
}

fn name_of(naming: Naming, description: &str, draft: &Draft, summary: Option<&str>) -> String {
    match naming {
        Naming::Query => names::query(description, summary).into_owned(),
        Naming::Command => names::command(description),
        Naming::Resource => names::resource(description),
        Naming::Words if draft.name_is_chosen => names::bounded(description),
        Naming::Words => names::cluster(description),
    }
}

/// `find users`
fn attributes_summary(attributes: &Attributes) -> Option<String> {
    if let Some(summary) = attributes.text("db.query.summary") {
        return Some(names::bounded(summary));
    }
    let operation = attributes.first_text(&ops::OPERATION)?;
    let collection = attributes.first_text(&ops::COLLECTION);
    let both =
        collection.map_or_else(|| operation.to_owned(), |collection| format!("{operation} {collection}"));
    Some(names::bounded(&both))
}

fn kind_in(attributes: &Attributes) -> Option<SpanKind> {
    let said = attributes.first_text(&["sentry.kind", "otel.kind"])?;
    SpanKind::ALL.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(said))
}

fn links(links: Vec<(TraceId, SpanId, Attributes)>, scrubber: &Scrubber) -> Vec<SpanLink> {
    let bounded = links.into_iter().take(LINKS_MAX).map(|(trace, span, mut attributes)| {
        attributes.scrub(scrubber);
        SpanLink { trace, span, attributes: attributes.into_bounded() }
    });
    bounded.collect()
}

/// The first that is not empty.
pub fn first(texts: &[&str]) -> String {
    texts.iter().find(|text| !text.is_empty()).copied().unwrap_or_default().to_owned()
}

pub fn word(text: &str) -> String {
    text[..text.floor_char_boundary(WORD_BYTES_MAX)].to_owned()
}
