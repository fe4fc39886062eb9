//! Clocks differ between machines: a call that seems to begin before its caller made it, or to end after its answer was there, tells
//! by how much.
//!
//! Durations are right, beginnings are not. A call lies within the span that made it, so each one bounds what must be added to the
//! times of the service that was called. What most of them agree on is taken, and its middle, as if the way there took as long as the
//! way back (Marzullo 1984, as NTP does; Jaeger's adjuster looks at one call and centres it). Where the times may be right as they
//! are, they stay.

use std::collections::VecDeque;

use crate::insight::trace::TraceSpan;
use crate::insight::trace::tree::Tree;
use crate::model::span::SpanKind;

/// Less is how clocks of one machine room differ, and nobody sees it.
const SHIFT_US_MIN: i64 = 1_000;

/// A span of one service below one of another.
struct Call {
    caller: u32,
    parent: u32,
    child: u32,
}

/// What is to be added to the times of each service.
pub(super) fn shifts(spans: &[TraceSpan<'_>], tree: &Tree, service_of: &[u32], services: usize) -> Vec<i64> {
    let mut shifts = vec![0; services];
    let mut calls: Vec<Vec<Call>> = (0..services).map(|_| Vec::new()).collect();
    let mut called_by: Vec<Vec<u32>> = vec![Vec::new(); services];
    for (child, parent) in (0..).zip(&tree.parents) {
        let Some(parent) = *parent else { continue };
        let (caller, called) = (service_of[parent as usize], service_of[child as usize]);
        if caller != called {
            calls[called as usize].push(Call { caller, parent, child });
            called_by[caller as usize].push(called);
        }
    }
    // Where a trace begins, the clock is taken to be right: one has to be.
    let mut is_settled = vec![false; services];
    let mut settled: VecDeque<u32> = VecDeque::new();
    let begins = |root: &&u32| spans[**root as usize].span.parent.is_none();
    let first = tree.roots.first().filter(|_| !tree.roots.iter().any(|root| begins(&root)));
    for root in tree.roots.iter().filter(begins).chain(first) {
        let service = service_of[*root as usize];
        if !std::mem::replace(&mut is_settled[service as usize], true) {
            settled.push_back(service);
        }
    }
    while let Some(caller) = settled.pop_front() {
        for &called in &called_by[caller as usize] {
            let index = called as usize;
            if std::mem::replace(&mut is_settled[index], true) {
                continue;
            }
            let from_settled =
                calls[index].iter().filter(|call| call.caller != called && is_settled[call.caller as usize]);
            let bounds =
                from_settled.filter_map(|call| bounds(spans, call, shifts[call.caller as usize])).collect();
            let shift = agreed(bounds);
            shifts[index] = if shift.abs() < SHIFT_US_MIN { 0 } else { shift };
            settled.push_back(called);
        }
    }
    shifts
}

/// Between which shifts the call lies within its parent; `None` where it need not.
fn bounds(spans: &[TraceSpan<'_>], call: &Call, shift: i64) -> Option<(i64, i64)> {
    let (parent, child) = (spans[call.parent as usize].span, spans[call.child as usize].span);
    // What is queued is done later, and what lasts longer was not waited for.
    let is_async = child.kind == SpanKind::Consumer || parent.kind == SpanKind::Producer;
    if is_async || child.duration_us > parent.duration_us {
        return None;
    }
    let least = parent.start_us.saturating_add(shift).saturating_sub(child.start_us);
    let most = parent.end_us().saturating_add(shift).saturating_sub(child.end_us());
    Some((least, most))
}

/// The middle of what most of the intervals share, or 0 if as many share that.
fn agreed(bounds: Vec<(i64, i64)>) -> i64 {
    let as_they_are = bounds.iter().filter(|(least, most)| *least <= 0 && *most >= 0).count();
    // Where a bound is both, one interval begins before the other ends.
    let mut edges: Vec<(i64, bool)> =
        bounds.into_iter().flat_map(|(least, most)| [(least, false), (most, true)]).collect();
    edges.sort_unstable();
    let (mut sharing, mut most_sharing, mut shift) = (0, as_they_are, 0_i64);
    for pair in edges.windows(2) {
        let (edge, is_end) = pair[0];
        if is_end {
            sharing -= 1;
        } else {
            sharing += 1;
            if sharing > most_sharing {
                most_sharing = sharing;
                shift = i64::midpoint(edge, pair[1].0);
            }
        }
    }
    shift
}
