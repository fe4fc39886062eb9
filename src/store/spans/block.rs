//! One block on disk: some hundred spans and log records of one project that were received together, as columns.
//!
//! Three compressed frames lie side by side: what a waterfall shows (`core`), what only somebody who looks at one span asks for
//! (`attributes`), and the log records. So most reads inflate the first alone. Ids are the most of it: a parent in the same
//! block is named by its distance, and a trace's id stands once. Pure.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::model::ids::{SpanId, TraceId};
use crate::model::span::{AttributeValue, LogLevel, LogRecord, Span, SpanKind, SpanLink, SpanStatus};
use crate::store::error::Result;
use crate::store::payload::frame;
use crate::store::spans::columns::{Reader, Texts, damaged, put, put_bytes, put_signed, unzigzag, zigzag};
use crate::store::spans::filter::Filter;

/// Spans and records of one block: reading one trace of it inflates all of it.
pub(super) const BLOCK_ROWS_MAX: usize = 1_000;
/// More than `BLOCK_ROWS_MAX` spans of the largest size inflate to.
const FRAME_BYTES_MAX: usize = 512 << 20;

const IS_SEGMENT: u8 = 0b1;
const HAS_WEIGHT: u8 = 0b10;
const STATUS_SHIFT: u8 = 2;
const KIND_SHIFT: u8 = 4;

/// Of a record's level: it was written outside of any trace.
const IS_OUTSIDE: u8 = 0x80;

const NO_PARENT: u64 = 0;
const FAR_PARENT: u64 = 1;
const NEAR_PARENT: u64 = 2;

/// What a block holds and how its frames are cut.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Encoded {
    pub core: Vec<u8>,
    pub attributes: Vec<u8>,
    pub logs: Vec<u8>,
    pub filter: Filter,
    /// Beginnings of its spans, in microseconds.
    pub first_us: i64,
    pub last_us: i64,
    pub longest_us: u64,
    pub spans: u32,
    pub log_records: u32,
}

/// `spans` stand together by trace, `logs` as well.
pub(super) fn encode(spans: &[&Span], logs: &[(TraceId, &LogRecord)]) -> Result<Encoded> {
    let mut terms = Terms::default();
    let core = if spans.is_empty() { Vec::new() } else { frame(&core(spans, &mut terms), None)? };
    let attributes = if spans.iter().all(|span| span.attributes.is_empty() && span.links.is_empty()) {
        Vec::new()
    } else {
        frame(&attributes(spans, &mut terms), None)?
    };
    let log_frame = if logs.is_empty() { Vec::new() } else { frame(&log_records(logs), None)? };
    Ok(Encoded {
        core,
        attributes,
        logs: log_frame,
        filter: Filter::of(terms.into_iter()),
        first_us: spans.iter().map(|span| span.start_us).min().unwrap_or(0),
        last_us: spans.iter().map(|span| span.start_us).max().unwrap_or(0),
        longest_us: spans.iter().map(|span| span.duration_us).max().unwrap_or(0),
        spans: u32::try_from(spans.len()).expect("bounded"),
        log_records: u32::try_from(logs.len()).expect("bounded"),
    })
}

/// Hashes of the terms that a search may ask for.
type Terms = HashSet<u64, FixedState>;

/// Runs of spans or records of the same trace.
fn runs<T>(rows: &[T], trace: impl Fn(&T) -> TraceId) -> Vec<(TraceId, u64)> {
    let mut runs: Vec<(TraceId, u64)> = Vec::new();
    for row in rows {
        match runs.last_mut() {
            Some((last, count)) if *last == trace(row) => *count += 1,
            _ => runs.push((trace(row), 1)),
        }
    }
    runs
}

fn put_runs(out: &mut Vec<u8>, runs: &[(TraceId, u64)]) {
    put(out, runs.len() as u64);
    for (trace, count) in runs {
        out.extend_from_slice(&trace.0);
        put(out, *count);
    }
}

fn core(spans: &[&Span], terms: &mut Terms) -> Vec<u8> {
    let mut texts = Texts::default();
    let places: HashMap<(TraceId, SpanId), usize, FixedState> =
        spans.iter().enumerate().map(|(place, span)| ((span.trace, span.id), place)).collect();
    let count = spans.len();
    let (mut ids, mut parents, mut far) = (Vec::with_capacity(8 * count), Vec::new(), Vec::new());
    let (mut flags, mut weights, mut starts, mut durations) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut words: [Vec<u8>; 9] = std::array::from_fn(|_| Vec::with_capacity(2 * count));
    let mut before_us = 0;
    for (place, span) in spans.iter().enumerate() {
        ids.extend_from_slice(&span.id.0);
        match span.parent.map(|parent| (parent, places.get(&(span.trace, parent)))) {
            None => put(&mut parents, NO_PARENT),
            Some((parent, None)) => {
                put(&mut parents, FAR_PARENT);
                far.extend_from_slice(&parent.0);
            }
            Some((_, Some(&parent))) => {
                let distance = i64::try_from(parent).unwrap_or(0) - i64::try_from(place).unwrap_or(0);
                put(&mut parents, NEAR_PARENT + zigzag(distance));
            }
        }
        let has_weight = span.weight.to_bits() != 1f32.to_bits();
        flags.push(
            (u8::from(span.is_segment) * IS_SEGMENT)
                | (u8::from(has_weight) * HAS_WEIGHT)
                | ((span.status as u8) << STATUS_SHIFT)
                | ((span.kind as u8) << KIND_SHIFT),
        );
        if has_weight {
            weights.extend_from_slice(&span.weight.to_le_bytes());
        }
        put_signed(&mut starts, span.start_us.wrapping_sub(before_us));
        before_us = span.start_us;
        put(&mut durations, span.duration_us);
        for (column, text) in words.iter_mut().zip(texts_of(span)) {
            put(column, texts.place(text));
        }
    }
    let found: HashSet<&str, FixedState> = spans.iter().flat_map(|span| terms_of(span)).collect();
    terms.extend(found.into_iter().filter(|text| !text.is_empty()).map(Filter::hash));
    let mut out = Vec::with_capacity(32 * count);
    texts.write(&mut out);
    put_runs(&mut out, &runs(spans, |span| span.trace));
    out.extend_from_slice(&ids);
    out.extend_from_slice(&flags);
    for column in [&parents, &far, &weights, &starts, &durations].into_iter().chain(&words) {
        put_bytes(&mut out, column);
    }
    out
}

fn texts_of(span: &Span) -> [&str; 9] {
    [
        &span.op,
        &span.name,
        &span.description,
        &span.status_word,
        &span.service,
        &span.environment,
        &span.release,
        &span.transaction,
        &span.origin,
    ]
}

/// Fields that are searched by their whole text; see `SpanQuestion::must`.
fn terms_of(span: &Span) -> [&str; 6] {
    [&span.op, &span.name, &span.service, &span.environment, &span.release, &span.transaction]
}

fn attributes(spans: &[&Span], terms: &mut Terms) -> Vec<u8> {
    let mut texts = Texts::default();
    let mut rows = Vec::new();
    let mut pairs: HashSet<(u64, u64), FixedState> = HashSet::default();
    for span in spans {
        put(&mut rows, span.attributes.len() as u64);
        for (key, value) in &span.attributes {
            let key = texts.place(key);
            put(&mut rows, key);
            let text = put_value(&mut rows, &mut texts, value);
            if let Some(text) = text {
                pairs.insert((key, text));
            }
        }
        put(&mut rows, span.links.len() as u64);
        for link in &span.links {
            rows.extend_from_slice(&link.trace.0);
            rows.extend_from_slice(&link.span.0);
            put(&mut rows, link.attributes.len() as u64);
            for (key, value) in &link.attributes {
                put(&mut rows, texts.place(key));
                put_value(&mut rows, &mut texts, value);
            }
        }
    }
    let mut term = String::new();
    for (key, text) in pairs {
        term.clear();
        term.extend([texts.get(key), "=", texts.get(text)]);
        terms.insert(Filter::hash(&term));
    }
    let mut out = Vec::with_capacity(rows.len() * 2);
    texts.write(&mut out);
    out.extend_from_slice(&rows);
    out
}

const TEXT: u8 = 0;
const INTEGER: u8 = 1;
const DOUBLE: u8 = 2;
const FALSE: u8 = 3;
const TRUE: u8 = 4;
const JSON: u8 = 5;

/// Answers the place of a text.
fn put_value<'a>(out: &mut Vec<u8>, texts: &mut Texts<'a>, value: &'a AttributeValue) -> Option<u64> {
    match value {
        AttributeValue::Text(text) => {
            out.push(TEXT);
            let place = texts.place(text);
            put(out, place);
            return Some(place);
        }
        AttributeValue::Integer(number) => {
            out.push(INTEGER);
            put_signed(out, *number);
        }
        AttributeValue::Double(number) => {
            out.push(DOUBLE);
            out.extend_from_slice(&number.to_le_bytes());
        }
        AttributeValue::Bool(is) => out.push(if *is { TRUE } else { FALSE }),
        AttributeValue::Json(json) => {
            out.push(JSON);
            put(out, texts.place(json));
        }
    }
    None
}

fn read_value(reader: &mut Reader<'_>, texts: &[&str]) -> Result<AttributeValue> {
    Ok(match reader.byte()? {
        TEXT => AttributeValue::Text(reader.text_of(texts)?.to_owned()),
        INTEGER => AttributeValue::Integer(reader.signed()?),
        DOUBLE => AttributeValue::Double(f64::from_le_bytes(reader.array()?)),
        FALSE => AttributeValue::Bool(false),
        TRUE => AttributeValue::Bool(true),
        JSON => AttributeValue::Json(reader.text_of(texts)?.to_owned()),
        _ => return Err(damaged()),
    })
}

fn read_pairs(reader: &mut Reader<'_>, texts: &[&str]) -> Result<Vec<(String, AttributeValue)>> {
    let count = reader.count()?;
    (0..count).map(|_| Ok((reader.text_of(texts)?.to_owned(), read_value(reader, texts)?))).collect()
}

fn log_records(logs: &[(TraceId, &LogRecord)]) -> Vec<u8> {
    let mut texts = Texts::default();
    let mut rows = Vec::new();
    let mut before_us = 0;
    for (_, log) in logs {
        rows.push(log.level as u8 | if log.trace.is_none() { IS_OUTSIDE } else { 0 });
        match log.span {
            None => rows.push(0),
            Some(span) => {
                rows.push(1);
                rows.extend_from_slice(&span.0);
            }
        }
        put_signed(&mut rows, log.at_us.wrapping_sub(before_us));
        before_us = log.at_us;
        for text in [&log.body, &log.service, &log.environment, &log.release] {
            put(&mut rows, texts.place(text));
        }
        put(&mut rows, log.attributes.len() as u64);
        for (key, value) in &log.attributes {
            put(&mut rows, texts.place(key));
            put_value(&mut rows, &mut texts, value);
        }
    }
    let mut out = Vec::with_capacity(rows.len() * 2);
    texts.write(&mut out);
    put_runs(&mut out, &runs(logs, |(trace, _)| *trace));
    out.extend_from_slice(&rows);
    out
}

/// Inflates one frame.
pub(super) fn inflate(frame: &[u8]) -> Result<Vec<u8>> {
    let bytes = zstd::zstd_safe::get_frame_content_size(frame).map_err(|_| damaged())?.ok_or_else(damaged)?;
    let bytes = usize::try_from(bytes).ok().filter(|bytes| *bytes <= FRAME_BYTES_MAX).ok_or_else(damaged)?;
    zstd::bulk::decompress(frame, bytes).map_err(|_| damaged())
}

fn read_runs(reader: &mut Reader<'_>) -> Result<Vec<(TraceId, usize)>> {
    let count = reader.count()?;
    let run = |reader: &mut Reader<'_>| {
        let trace = TraceId(reader.array()?);
        let count = usize::try_from(reader.number()?).map_err(|_| damaged())?;
        Ok((trace, count))
    };
    (0..count).map(|_| run(reader)).collect()
}

/// The spans of a block that `wanted` asks for, by their place in it; without attributes and links.
pub(super) fn read_core(plain: &[u8], wanted: impl Fn(TraceId) -> bool) -> Result<Vec<(usize, Span)>> {
    let mut reader = Reader(plain);
    let texts = reader.texts()?;
    let runs = read_runs(&mut reader)?;
    let count: usize =
        runs.iter().try_fold(0usize, |sum, (_, count)| sum.checked_add(*count)).ok_or_else(damaged)?;
    let ids = reader.take(count.checked_mul(8).ok_or_else(damaged)?)?;
    let flags = reader.take(count)?;
    let [mut parents, mut far, mut weights, mut starts, mut durations] = columns(&mut reader)?;
    let mut words: [Reader<'_>; 9] = columns(&mut reader)?;
    let id_at = |place: usize| SpanId(ids[8 * place..8 * place + 8].try_into().expect("eight bytes"));
    let mut found = Vec::new();
    let (mut place, mut start_us) = (0usize, 0i64);
    for (trace, spans) in runs {
        let is_wanted = wanted(trace);
        for _ in 0..spans {
            let parent = match parents.number()? {
                NO_PARENT => None,
                FAR_PARENT => Some(SpanId(far.array()?)),
                near => {
                    let distance = unzigzag(near - NEAR_PARENT);
                    let parent = i64::try_from(place).ok().and_then(|place| place.checked_add(distance));
                    let parent = parent.and_then(|parent| usize::try_from(parent).ok());
                    Some(id_at(parent.filter(|parent| *parent < count).ok_or_else(damaged)?))
                }
            };
            let flag = flags[place];
            let weight = if flag & HAS_WEIGHT == 0 { 1.0 } else { f32::from_le_bytes(weights.array()?) };
            start_us = start_us.wrapping_add(starts.signed()?);
            let duration_us = durations.number()?;
            let mut texts_of_span = [""; 9];
            for (text, column) in texts_of_span.iter_mut().zip(&mut words) {
                *text = column.text_of(&texts)?;
            }
            if is_wanted {
                let [op, name, description, status_word, service, environment, release, transaction, origin] =
                    texts_of_span.map(str::to_owned);
                let status = SpanStatus::ALL.get(usize::from(flag >> STATUS_SHIFT & 0b11)).copied();
                let kind = SpanKind::ALL.get(usize::from(flag >> KIND_SHIFT)).copied();
                let span = Span {
                    trace,
                    id: id_at(place),
                    parent,
                    is_segment: flag & IS_SEGMENT != 0,
                    op,
                    name,
                    description,
                    status: status.ok_or_else(damaged)?,
                    status_word,
                    kind: kind.ok_or_else(damaged)?,
                    start_us,
                    duration_us,
                    service,
                    environment,
                    release,
                    transaction,
                    origin,
                    weight,
                    attributes: Vec::new(),
                    links: Vec::new(),
                };
                found.push((place, span));
            }
            place += 1;
        }
    }
    Ok(found)
}

fn columns<'a, const N: usize>(reader: &mut Reader<'a>) -> Result<[Reader<'a>; N]> {
    let mut columns = [(); N].map(|()| Reader(&[]));
    for column in &mut columns {
        *column = Reader(reader.bytes()?);
    }
    Ok(columns)
}

/// Gives these spans their attributes and links; places ascend.
pub(super) fn read_attributes(plain: &[u8], spans: &mut [(usize, Span)]) -> Result<()> {
    let mut reader = Reader(plain);
    let texts = reader.texts()?;
    let mut place = 0;
    for (wanted, span) in spans {
        while place <= *wanted {
            let attributes = read_pairs(&mut reader, &texts)?;
            let links = reader.count()?;
            let mut link = || {
                Ok(SpanLink {
                    trace: TraceId(reader.array()?),
                    span: SpanId(reader.array()?),
                    attributes: read_pairs(&mut reader, &texts)?,
                })
            };
            let links = (0..links).map(|_| link()).collect::<Result<_>>()?;
            if place == *wanted {
                (span.attributes, span.links) = (attributes, links);
                place += 1;
                break;
            }
            place += 1;
        }
    }
    Ok(())
}

/// The records of a block that belong to a trace.
pub(super) fn read_logs(plain: &[u8], wanted: TraceId) -> Result<Vec<LogRecord>> {
    let mut reader = Reader(plain);
    let texts = reader.texts()?;
    let runs = read_runs(&mut reader)?;
    let mut at_us = 0i64;
    let mut found = Vec::new();
    for (trace, count) in runs {
        for _ in 0..count {
            let flags = reader.byte()?;
            let level = LogLevel::ALL.get(usize::from(flags & !IS_OUTSIDE)).copied().ok_or_else(damaged)?;
            let span = if reader.byte()? == 0 { None } else { Some(SpanId(reader.array()?)) };
            at_us = at_us.wrapping_add(reader.signed()?);
            let [body, service, environment, release] = [
                reader.text_of(&texts)?,
                reader.text_of(&texts)?,
                reader.text_of(&texts)?,
                reader.text_of(&texts)?,
            ];
            let attributes = read_pairs(&mut reader, &texts)?;
            if trace == wanted {
                found.push(LogRecord {
                    trace: (flags & IS_OUTSIDE == 0).then_some(trace),
                    span,
                    at_us,
                    level,
                    body: body.to_owned(),
                    service: service.to_owned(),
                    environment: environment.to_owned(),
                    release: release.to_owned(),
                    attributes,
                });
            }
        }
    }
    Ok(found)
}

/// Whose spans or records a core or log frame has; records outside of any trace are called by their contents, see `incoming`.
pub(super) fn traces_of(plain: &[u8]) -> Result<Vec<TraceId>> {
    let mut reader = Reader(plain);
    reader.texts()?;
    Ok(read_runs(&mut reader)?.into_iter().map(|(trace, _)| trace).collect())
}
