//! What is measured: transactions, spans and log records of every format to one model. Pure.
//!
//! Each format is read by a file of its own into a [`draft::Draft`], one for all: `draft` takes the secrets out, finds what
//! kind of work it was (`ops`), how it went (`status`), what it is counted under (`names`), and bounds what is kept. One
//! span that is damaged costs itself, never the rest of its item.

use jiff::Timestamp;

use crate::digest::scrub::Scrubber;
use crate::digest::spans::times::Clock;
use crate::model::ids::EventId;
use crate::model::outcome::Category;
use crate::model::span::{LogRecord, Span};
use crate::store::SpanRecord;
use crate::wire::envelope::{Headers, Item, ItemType};
use crate::wire::otlp::{Signal, integration};

mod attributes;
mod container;
mod draft;
mod json;
mod legacy;
mod logs;
mod names;
mod ops;
mod otlp;
mod sampling;
mod secrets;
mod status;
#[cfg(test)]
mod tests;
mod times;
mod transaction;

/// Spans and log records of one item; what comes behind them is dropped.
const RECORDS_MAX: usize = 25_000;

/// What all spans of an item have in common.
pub struct Around<'a> {
    pub scrubber: &'a Scrubber,
    pub headers: &'a Headers,
    pub received: Timestamp,
    pub retention_days: u32,
}

/// What an item holds, and what of it could not be used: (reason, how many).
#[derive(Default)]
pub struct Read {
    pub spans: Vec<Span>,
    pub logs: Vec<LogRecord>,
    pub dropped: Vec<(&'static str, u64)>,
}

impl Read {
    fn drop(&mut self, reason: &'static str, count: u64) {
        if count == 0 {
            return;
        }
        match self.dropped.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, sum)) => *sum += count,
            None => self.dropped.push((reason, count)),
        }
    }

    fn is_full(&self) -> bool {
        self.spans.len() + self.logs.len() >= RECORDS_MAX
    }
}

/// Where what is in an item is counted, and what it holds. `None`: no item of this kind.
pub fn read(item: &Item, around: &Around<'_>) -> Option<(Category, Read)> {
    Some(match &item.headers.ty {
        ItemType::Transaction => (Category::Transaction, transaction::read(item, around)),
        ItemType::Span if item.headers.content_type.is_some() => {
            (Category::Span, container::read(item, around))
        }
        ItemType::Span => (Category::Span, legacy::read(item, around)),
        ItemType::Log => (Category::LogItem, logs::read(item, around)),
        ItemType::OtelLog => (Category::LogItem, otlp::read_log(item, around)),
        ItemType::Integration => {
            let (signal, encoding) = integration::read(&item.headers)?;
            let category = if signal == Signal::Traces { Category::Span } else { Category::LogItem };
            (category, otlp::read(item, signal, encoding, around))
        }
        _ => return None,
    })
}

/// The record of what was read. `None`: there is nothing in it.
pub fn record(
    category: Category,
    read: Read,
    project: crate::model::ids::ProjectId,
    received: Timestamp,
    event_id: Option<EventId>,
) -> Option<SpanRecord> {
    let Read { spans, logs, .. } = read;
    let held = spans.len() + logs.len();
    if held == 0 {
        return None;
    }
    let is_transaction = category == Category::Transaction;
    let quantity = if is_transaction { 1 } else { held as u64 };
    let event_id = event_id.filter(|_| is_transaction);
    Some(SpanRecord { project, received, event_id, category, quantity, spans, logs })
}

impl Around<'_> {
    fn clock(&self) -> Clock {
        Clock::new(self.received, self.headers.sent_at, self.retention_days)
    }
}
