//! Time of a span that none of its children covers: its own work, or work that nobody measures.

/// Shorter is how long code takes between two calls.
const GAP_US_MIN: u64 = 100_000;
/// A tenth of a span is worth a row of its own.
const SHARE: u64 = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    pub start_us: i64,
    pub duration_us: u64,
}

/// The uncovered stretches between `start_us` and `end_us`. `children`: beginnings and ends, by their beginning.
pub(super) fn uncovered(
    start_us: i64,
    end_us: i64,
    children: impl Iterator<Item = (i64, i64)>,
    mut give: impl FnMut(Gap),
) {
    let mut covered = start_us;
    for (from, to) in children.chain([(end_us, end_us)]) {
        let from = from.min(end_us);
        if from > covered {
            give(Gap { start_us: covered, duration_us: from.abs_diff(covered) });
        }
        covered = covered.max(to);
    }
}

/// Whether it is long enough to be told of a span that lasted so long.
pub(super) fn is_told(gap: Gap, whole_us: u64) -> bool {
    gap.duration_us >= GAP_US_MIN.max(whole_us / SHARE)
}

/// A page stays open after it has loaded: nothing is missing there.
pub(super) fn may_idle_at_end(op: &str) -> bool {
    op.starts_with("ui.") || matches!(op, "pageload" | "navigation")
}
