//! Which span belongs below which.

use std::cmp::Reverse;

use crate::insight::trace::{TraceSpan, flag};
use crate::model::ids::{ProjectId, SpanId};

/// Parents and children by index.
#[derive(Debug)]
pub(super) struct Tree {
    pub parents: Vec<Option<u32>>,
    pub roots: Vec<u32>,
    /// What was found out while it was made.
    pub flags: Vec<u32>,
    /// The children of node `n` stand in `children` from `firsts[n]` to before `firsts[n + 1]`.
    firsts: Vec<u32>,
    children: Vec<u32>,
}

/// By their beginning; what came twice is left out.
pub(super) fn each_once<'a>(spans: impl IntoIterator<Item = TraceSpan<'a>>) -> Vec<TraceSpan<'a>> {
    let mut all: Vec<TraceSpan<'a>> = spans.into_iter().collect();
    all.sort_by_key(|node| (node.span.id, node.project));
    all.dedup_by_key(|node| (node.span.id, node.project));
    all.sort_by_key(|node| (node.span.start_us, Reverse(node.span.duration_us), node.span.id));
    all
}

impl Tree {
    pub fn of(spans: &[TraceSpan<'_>]) -> Self {
        let mut ids: Vec<(SpanId, ProjectId, u32)> =
            (0..).zip(spans).map(|(index, node)| (node.span.id, node.project, index)).collect();
        ids.sort_unstable();
        let mut flags = vec![0; spans.len()];
        let mut parents: Vec<Option<u32>> = spans
            .iter()
            .zip(&mut flags)
            .map(|(node, flags)| {
                let wanted = node.span.parent?;
                let found = find(&ids, wanted, node.project);
                if found.is_none() {
                    *flags |= flag::ORPHAN;
                }
                found
            })
            .collect();
        cut_cycles(&mut parents, &mut flags);
        let roots =
            (0..).zip(&parents).filter(|(_, parent)| parent.is_none()).map(|(index, _)| index).collect();
        let (firsts, children) = children_of(&parents);
        Self { parents, roots, flags, firsts, children }
    }

    pub fn children(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.children[self.firsts[node] as usize..self.firsts[node + 1] as usize]
    }

    /// By beginnings that may be others than the spans' own, the longest first.
    pub fn sort_children(&mut self, spans: &[TraceSpan<'_>], starts: &[i64]) {
        let by = |node: &u32| {
            let span = spans[*node as usize].span;
            (starts[*node as usize], Reverse(span.duration_us), span.id)
        };
        for bounds in self.firsts.windows(2) {
            self.children[bounds[0] as usize..bounds[1] as usize].sort_by_key(by);
        }
        self.roots.sort_by_key(by);
    }
}

/// Where a trace has the same id twice, the parent is that of the same project.
fn find(ids: &[(SpanId, ProjectId, u32)], wanted: SpanId, project: ProjectId) -> Option<u32> {
    let from = ids.partition_point(|(id, ..)| *id < wanted);
    let same = ids[from..].partition_point(|(id, at, _)| *id == wanted && *at < project);
    let exact = ids.get(from + same).filter(|(id, at, _)| *id == wanted && *at == project);
    exact.or_else(|| ids.get(from).filter(|(id, ..)| *id == wanted)).map(|found| found.2)
}

/// The first of those that are each other's parents becomes a root.
fn cut_cycles(parents: &mut [Option<u32>], flags: &mut [u32]) {
    const UNSEEN: usize = usize::MAX;
    // From which node on the walk upwards came by first.
    let mut walks = vec![UNSEEN; parents.len()];
    for begin in 0..parents.len() {
        let mut node = begin;
        while walks[node] == UNSEEN {
            walks[node] = begin;
            match parents[node] {
                Some(parent) if walks[parent as usize] == begin => {
                    cut(parents, flags, parent as usize);
                    break;
                }
                Some(parent) => node = parent as usize,
                None => break,
            }
        }
    }
}

/// Nodes stand by their beginning, so the least is the first.
fn cut(parents: &mut [Option<u32>], flags: &mut [u32], member: usize) {
    let (mut node, mut first) = (member, member);
    loop {
        flags[node] |= flag::CYCLE;
        first = first.min(node);
        match parents[node] {
            Some(parent) if parent as usize != member => node = parent as usize,
            _ => break,
        }
    }
    parents[first] = None;
}

fn children_of(parents: &[Option<u32>]) -> (Vec<u32>, Vec<u32>) {
    let mut firsts = vec![0_u32; parents.len() + 1];
    for parent in parents.iter().flatten() {
        firsts[*parent as usize + 1] += 1;
    }
    for node in 0..parents.len() {
        firsts[node + 1] += firsts[node];
    }
    let mut next = firsts.clone();
    let mut children = vec![0; parents.iter().flatten().count()];
    for (node, parent) in (0..).zip(parents) {
        if let Some(parent) = parent {
            let slot = &mut next[*parent as usize];
            children[*slot as usize] = node;
            *slot += 1;
        }
    }
    (firsts, children)
}
