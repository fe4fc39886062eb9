//! Spans of one request as the transactions of each service's SDK.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::demo::dice::Dice;
use crate::demo::envelope::{self, Item};
use crate::demo::people::Person;
use crate::demo::service::Service;
use crate::demo::shop::Release;
use crate::demo::{Shipment, sdk};
use crate::model::ids::EventId;

/// One request in so many is sent: what is counted stands for so many times as much.
const SAMPLE_RATE: &str = "0.2";
const ENVIRONMENT: &str = "production";

/// A span of a request. Times are microseconds since the request began.
pub struct Piece {
    pub id: String,
    /// Its place among the others.
    pub parent: Option<usize>,
    pub service: Service,
    pub is_segment: bool,
    pub op: String,
    pub name: String,
    pub start_us: i64,
    pub end_us: i64,
    /// In Sentry's words, and the status of the answer; 0: there was none.
    pub failed: Option<(String, u16)>,
    pub data: Value,
    pub log: Option<Line>,
}

pub struct Line {
    pub level: String,
    pub body: String,
}

/// What holds for all of a request.
pub struct Sent<'a> {
    pub trace_id: String,
    pub release: &'a Release,
    pub person: Option<&'a Person<'a>>,
    pub began: Timestamp,
}

impl Sent<'_> {
    /// By the service's own clock.
    fn at(&self, service: Service, us: i64) -> Timestamp {
        self.began + SignedDuration::from_micros(us) - service.clock_behind()
    }

    fn trace_context(&self, piece: &Piece, pieces: &[Piece]) -> Value {
        json!({
            "trace_id": self.trace_id,
            "span_id": piece.id,
            "parent_span_id": piece.parent.map(|parent| &pieces[parent].id),
            "op": piece.op,
            "status": status(piece),
            "origin": "auto",
            "data": data(piece),
        })
    }

    fn span(&self, piece: &Piece, pieces: &[Piece]) -> Value {
        let mut span = self.trace_context(piece, pieces);
        span["description"] = piece.name.as_str().into();
        span["start_timestamp"] = sdk::time(piece.service, self.at(piece.service, piece.start_us));
        span["timestamp"] = sdk::time(piece.service, self.at(piece.service, piece.end_us));
        span
    }

    fn line(&self, piece: &Piece, line: &Line) -> Value {
        let text = |value: &str| json!({"value": value, "type": "string"});
        json!({
            "timestamp": self.at(piece.service, piece.end_us).as_microsecond() as f64 / 1e6,
            "trace_id": self.trace_id,
            "span_id": piece.id,
            "level": line.level,
            "body": line.body,
            "attributes": {
                "sentry.release": text(&sdk::release(piece.service, self.release)),
                "sentry.environment": text(ENVIRONMENT),
                "sentry.trace.parent_span_id": text(&piece.id),
            },
        })
    }
}

/// One a service that the request passed. `dice` name them.
pub fn shipments(sent: &Sent, pieces: &[Piece], dice: &mut Dice) -> Vec<Shipment> {
    let segments = (0..pieces.len()).filter(|&at| pieces[at].is_segment);
    segments.map(|at| shipment(sent, pieces, at, dice)).collect()
}

fn shipment(sent: &Sent, pieces: &[Piece], at: usize, dice: &mut Dice) -> Shipment {
    let segment = &pieces[at];
    let service = segment.service;
    let id = EventId(dice.bytes());
    let below: Vec<&Piece> = (0..pieces.len())
        .filter(|&place| place != at && segment_of(pieces, place) == at)
        .map(|place| &pieces[place])
        .collect();
    let (name, version) = sdk::name(service);
    let release = sdk::release(service, sent.release);
    let mut transaction = json!({
        "event_id": id.to_string(),
        "type": "transaction",
        "platform": sdk::platform(service),
        "transaction": segment.name,
        "transaction_info": {"source": "route"},
        "start_timestamp": sdk::time(service, sent.at(service, segment.start_us)),
        "timestamp": sdk::time(service, sent.at(service, segment.end_us)),
        "release": release,
        "dist": sent.release.build,
        "environment": ENVIRONMENT,
        "sdk": {"name": name, "version": version},
        "contexts": {"trace": sent.trace_context(segment, pieces)},
        "spans": below.iter().map(|piece| sent.span(piece, pieces)).collect::<Vec<_>>(),
    });
    if let Some(person) = sent.person {
        transaction["user"] = json!({"id": person.id});
    }
    if segment.op == "pageload" {
        transaction["measurements"] = vitals(segment, dice);
    }
    let mut items = vec![Item::json("transaction", &transaction)];
    let all = [segment].into_iter().chain(below);
    let lines: Vec<Value> =
        all.filter_map(|piece| piece.log.as_ref().map(|line| sent.line(piece, line))).collect();
    if !lines.is_empty() {
        items.push(Item::logs(&lines));
    }
    let trace = json!({
        "trace_id": sent.trace_id,
        "sampled": "true",
        "sample_rate": SAMPLE_RATE,
        "release": release,
        "environment": ENVIRONMENT,
        "transaction": segment.name,
    });
    let at = sent.at(service, segment.end_us);
    Shipment { service, at, envelope: envelope::write(service, id, &trace, items) }
}

/// The transaction that a span belongs to.
fn segment_of(pieces: &[Piece], mut at: usize) -> usize {
    while let (false, Some(parent)) = (pieces[at].is_segment, pieces[at].parent) {
        at = parent;
    }
    at
}

fn status(piece: &Piece) -> &str {
    piece.failed.as_ref().map_or("ok", |(status, _)| status)
}

fn data(piece: &Piece) -> Value {
    let mut data = piece.data.clone();
    let code = piece.failed.as_ref().map_or(200, |(_, code)| *code);
    if piece.op.starts_with("http.") && code != 0 {
        data["http.response.status_code"] = code.into();
    }
    data
}

/// What the browser measured while the page loaded: the longer that took, the later all of it.
fn vitals(segment: &Piece, dice: &mut Dice) -> Value {
    let ms = (segment.end_us - segment.start_us) as f64 / 1_000.0;
    let mut share = |least: f64, most: f64| ((least + (most - least) * dice.unit()) * ms).round();
    let (ttfb, fcp, lcp) = (share(0.08, 0.2), share(0.5, 0.9), share(1.2, 2.9));
    let inp = share(0.03, 0.2);
    json!({
        "ttfb": {"value": ttfb, "unit": "millisecond"},
        "fcp": {"value": fcp, "unit": "millisecond"},
        "lcp": {"value": lcp, "unit": "millisecond"},
        "inp": {"value": inp, "unit": "millisecond"},
        "cls": {"value": (dice.unit() * 18.0).round() / 100.0, "unit": ""},
    })
}
