//! Traces as stories for tests: a line a span, `id parent service begin duration op name`, times in milliseconds; `-` is nothing, and a
//! name that ends in `!` is of a span that failed.

use std::fmt::Write as _;

use crate::insight::trace::{Forest, TraceSpan, flag};
use crate::model::ids::{ProjectId, SpanId, TraceId};
use crate::model::span::{Span, SpanKind, SpanStatus};

pub const PROJECT: ProjectId = ProjectId(1);
/// When stories begin, in microseconds since 1970.
pub const BEGIN_US: i64 = 1_700_000_000_000_000;

pub fn id(letter: &str) -> SpanId {
    let mut bytes = [0; 8];
    for (byte, letter) in bytes.iter_mut().zip(letter.bytes()) {
        *byte = letter;
    }
    SpanId(bytes)
}

pub fn span(number: [u8; 8], parent: Option<SpanId>, start_us: i64, duration_us: u64) -> Span {
    Span {
        trace: TraceId([7; 16]),
        id: SpanId(number),
        parent,
        is_segment: parent.is_none(),
        op: "default".to_owned(),
        name: String::new(),
        description: String::new(),
        status: SpanStatus::Unset,
        status_word: String::new(),
        kind: SpanKind::Internal,
        start_us: BEGIN_US + start_us,
        duration_us,
        service: String::new(),
        environment: String::new(),
        release: String::new(),
        transaction: String::new(),
        origin: String::new(),
        weight: 1.0,
        attributes: Vec::new(),
        links: Vec::new(),
    }
}

pub fn read(story: &str) -> Vec<Span> {
    story.lines().map(str::trim).filter(|line| !line.is_empty()).map(read_line).collect()
}

fn read_line(line: &str) -> Span {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [own, parent, service, begin, duration, op, name @ ..] = words.as_slice() else {
        panic!("{line}: too short")
    };
    let ms = |text: &str| text.parse::<f64>().expect("milliseconds") * 1_000.0;
    let name = name.join(" ");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as the story has it")]
    let mut span =
        span(id(own).0, (*parent != "-").then(|| id(parent)), ms(begin) as i64, ms(duration) as u64);
    span.service = (*service).to_owned();
    span.op = (*op).to_owned();
    span.name = name.trim_end_matches('!').to_owned();
    if name.ends_with('!') {
        span.status = SpanStatus::Error;
        span.status_word = "internal_error".to_owned();
    }
    if op.starts_with("queue") {
        span.kind = SpanKind::Consumer;
    }
    span
}

pub fn laid(spans: &[Span]) -> Forest<'_> {
    Forest::of(spans.iter().map(|span| TraceSpan { project: PROJECT, span }))
}

/// A line a row: depth as dots, id, begin and end in milliseconds, flags as letters, what it did itself.
pub fn told(forest: &Forest<'_>) -> String {
    let mut text = String::new();
    let ms = |us: i64| (us - forest.start_us) as f64 / 1_000.0;
    for (index, row) in forest.rows.iter().enumerate() {
        let name = forest.span(index).map_or_else(
            || "gap".to_owned(),
            |node| node.span.id.0.iter().filter(|byte| **byte > 0).map(|byte| char::from(*byte)).collect(),
        );
        let letters = [
            (flag::ERROR, 'e'),
            (flag::SEGMENT, 's'),
            (flag::CRITICAL, 'c'),
            (flag::ORPHAN, 'o'),
            (flag::SHIFTED, 'm'),
            (flag::BREAKS_OUT, 'b'),
            (flag::CYCLE, 'y'),
        ];
        let flags: String =
            letters.into_iter().filter(|(flag, _)| row.is(*flag)).map(|(_, letter)| letter).collect();
        let dots = "·".repeat(row.depth as usize);
        let _ = writeln!(
            text,
            "{dots}{name} {}–{} {flags} own {} below {}",
            ms(row.start_us),
            ms(row.end_us()),
            row.self_us / 1_000,
            row.descendants
        );
    }
    text
}
