//! Lays spans out as rows, with the gaps between them.

use crate::insight::trace::gaps::{Gap, is_told, may_idle_at_end, uncovered};
use crate::insight::trace::tree::Tree;
use crate::insight::trace::{BREAKS_OUT_US_MIN, Row, TraceSpan, failed, flag};

/// Rows beside those of spans.
const GAPS_MAX: usize = 2_000;

/// All that is known when rows are made.
pub(super) struct Laid<'a> {
    pub spans: &'a [TraceSpan<'a>],
    /// Its children by their beginning.
    pub tree: &'a Tree,
    /// After correction of the clocks.
    pub starts: &'a [i64],
    pub service_of: &'a [u32],
    pub critical: &'a [bool],
    /// By service.
    pub shifts: &'a [i64],
}

#[derive(Clone, Copy)]
enum Item {
    Span(u32),
    Gap(Gap),
}

/// What is yet to become a row, and below which.
struct Next {
    item: Item,
    parent: Option<u32>,
    depth: u32,
}

pub(super) fn rows(laid: &Laid<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::with_capacity(laid.spans.len());
    let root = |root: &u32| Next { item: Item::Span(*root), parent: None, depth: 0 };
    let mut stack: Vec<Next> = laid.tree.roots.iter().rev().map(root).collect();
    let (mut below, mut gaps) = (Vec::new(), 0);
    while let Some(Next { item, parent, depth }) = stack.pop() {
        let above = parent.map(|parent| &rows[parent as usize]);
        let place = u32::try_from(rows.len()).ok();
        match item {
            Item::Gap(Gap { start_us, duration_us }) => {
                let service = above.map_or(0, |above| above.service);
                let row = Row {
                    span: None,
                    parent,
                    depth,
                    descendants: 0,
                    service,
                    start_us,
                    duration_us,
                    self_us: 0,
                    flags: flag::GAP,
                };
                rows.push(row);
            }
            Item::Span(node) => {
                let mut row = laid.row(node, above);
                (row.parent, row.depth) = (parent, depth);
                below.clear();
                row.self_us = laid.below(node, &mut below);
                // Too many are none: spans are what was asked for.
                gaps += below.len() - laid.tree.children(node).len();
                if gaps > GAPS_MAX {
                    below.retain(|item| matches!(item, Item::Span(_)));
                }
                rows.push(row);
                stack.extend(below.iter().rev().map(|item| Next {
                    item: *item,
                    parent: place,
                    depth: depth + 1,
                }));
            }
        }
    }
    for place in (0..rows.len()).rev() {
        let below = rows[place].descendants + 1;
        if let Some(parent) = rows[place].parent {
            rows[parent as usize].descendants += below;
        }
    }
    rows
}

impl Laid<'_> {
    fn end(&self, node: u32) -> i64 {
        self.starts[node as usize].saturating_add_unsigned(self.spans[node as usize].span.duration_us)
    }

    fn row(&self, node: u32, above: Option<&Row>) -> Row {
        let index = node as usize;
        let (span, service) = (self.spans[index].span, self.service_of[index]);
        let (start_us, end_us) = (self.starts[index], self.end(node));
        let breaks_out = above.is_some_and(|above| {
            above.start_us.saturating_sub(start_us) >= BREAKS_OUT_US_MIN
                || end_us.saturating_sub(above.end_us()) >= BREAKS_OUT_US_MIN
        });
        let flags = [
            (failed(span), flag::ERROR),
            (span.is_segment || above.is_none_or(|above| above.service != service), flag::SEGMENT),
            (self.critical[index], flag::CRITICAL),
            (self.shifts[service as usize] != 0, flag::SHIFTED),
            (breaks_out, flag::BREAKS_OUT),
        ];
        let flags = flags
            .into_iter()
            .filter(|(holds, _)| *holds)
            .fold(self.tree.flags[index], |all, (_, flag)| all | flag);
        Row {
            span: Some(node),
            parent: None,
            depth: 0,
            descendants: 0,
            service,
            start_us,
            duration_us: span.duration_us,
            self_us: 0,
            flags,
        }
    }

    /// Children and gaps by their beginning; answers with the span's own time in microseconds.
    fn below(&self, node: u32, below: &mut Vec<Item>) -> u64 {
        let (children, index) = (self.tree.children(node), node as usize);
        let span = self.spans[index].span;
        let (start, end) = (self.starts[index], self.end(node));
        let times = children.iter().map(|child| (self.starts[*child as usize], self.end(*child)));
        // Of a call to another service the rest is the way there and back.
        let is_told_here =
            children.iter().any(|child| self.service_of[*child as usize] == self.service_of[index]);
        let (mut own, mut gaps) = (0, Vec::new());
        uncovered(start, end, times, |gap| {
            own += gap.duration_us;
            let idle =
                may_idle_at_end(&span.op) && gap.start_us.saturating_add_unsigned(gap.duration_us) == end;
            if is_told_here && is_told(gap, span.duration_us) && !idle {
                gaps.push(gap);
            }
        });
        let mut gaps = gaps.into_iter().peekable();
        for child in children {
            while let Some(gap) = gaps.next_if(|gap| gap.start_us <= self.starts[*child as usize]) {
                below.push(Item::Gap(gap));
            }
            below.push(Item::Span(*child));
        }
        below.extend(gaps.map(Item::Gap));
        own
    }
}
