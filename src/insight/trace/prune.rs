//! A trace small enough to stand beside an error: its span, what led there, and what failed or took longest around it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::insight::trace::{Forest, Row, failing_row, flag};

/// Ancestors that are kept at most of so many rows: the rest is for what happened around it.
const AROUND: usize = 5;

/// Keeps at most `rows_max` rows, at least 2, around `row` or, where its span is unknown, below the longest root. Answers with where it is then.
pub fn prune(forest: Forest<'_>, row: Option<usize>, rows_max: usize) -> (Forest<'_>, Option<usize>) {
    let kept = chosen(&forest, row, rows_max);
    let row = row.and_then(|row| kept.iter().position(|kept| *kept == row));
    (only(forest, &kept), row)
}

/// In their order.
fn chosen(forest: &Forest<'_>, row: Option<usize>, rows_max: usize) -> Vec<usize> {
    let rows = &forest.rows;
    let roots = (0..rows.len()).filter(|row| rows[*row].parent.is_none());
    let Some(around) = row.or_else(|| roots.max_by_key(|row| rows[*row].duration_us)) else {
        return Vec::new();
    };
    let mut kept = BTreeSet::from([around, forest.root_of(around)]);
    let mut up = rows[around].parent;
    while let Some(parent) = up.filter(|_| kept.len() + AROUND < rows_max) {
        kept.insert(parent as usize);
        up = rows[parent as usize].parent;
    }
    let mut keep = |candidates: Vec<usize>| {
        for candidate in candidates {
            if kept.len() < rows_max {
                kept.insert(candidate);
            }
        }
    };
    // Why it failed, from the bottom up.
    let mut why = Vec::new();
    let mut deepest = failing_row(forest, around);
    while deepest != around {
        why.push(deepest);
        let Some(parent) = rows[deepest].parent else { break };
        deepest = parent as usize;
    }
    keep(why);
    keep(most_telling(forest, around));
    if let Some(parent) = rows[around].parent {
        keep(most_telling(forest, parent as usize));
    }
    kept.into_iter().collect()
}

/// The spans right below: those that failed first, then the longest.
fn most_telling(forest: &Forest<'_>, row: usize) -> Vec<usize> {
    let mut children: Vec<usize> =
        forest.children(row).filter(|child| forest.rows[*child].span.is_some()).collect();
    children.sort_by_key(|child| {
        let row = &forest.rows[*child];
        Reverse((row.is(flag::ERROR), row.duration_us))
    });
    children
}

/// These rows alone; each hangs from the nearest one above it that is kept.
fn only<'a>(forest: Forest<'a>, kept: &[usize]) -> Forest<'a> {
    let mut rows: Vec<Row> = Vec::with_capacity(kept.len());
    let mut services = Vec::new();
    let mut known: Vec<(u32, u32)> = Vec::new();
    for &place in kept {
        let mut row = forest.rows[place].clone();
        let mut up = row.parent;
        row.parent = loop {
            let Some(parent) = up else { break None };
            if let Ok(place) = kept.binary_search(&(parent as usize)) {
                break u32::try_from(place).ok();
            }
            up = forest.rows[parent as usize].parent;
        };
        row.depth = row.parent.map_or(0, |parent| rows[parent as usize].depth + 1);
        row.descendants = 0;
        let mut above = row.parent;
        while let Some(parent) = above {
            rows[parent as usize].descendants += 1;
            above = rows[parent as usize].parent;
        }
        let service = known.iter().find(|(old, _)| *old == row.service).map(|(_, new)| *new);
        row.service = service.unwrap_or_else(|| {
            let new = u32::try_from(services.len()).unwrap_or(u32::MAX);
            known.push((row.service, new));
            services.push(forest.services[row.service as usize].clone());
            new
        });
        rows.push(row);
    }
    Forest::with_rows(forest.spans, rows, services, (forest.start_us, forest.duration_us))
}
