//! What the whole waited for: shortening any other span would not have made the trace shorter.
//!
//! As Jaeger reckons it: from the end of the root backwards, always within the child that ended last before; before that child began, in
//! whatever ended last before that.

use crate::insight::trace::TraceSpan;
use crate::insight::trace::tree::Tree;

/// A span that is being walked through backwards.
struct Step {
    node: u32,
    start_us: i64,
    /// Its children, those that end last at the end; ends are cut to the parent's.
    waiting: Vec<(i64, u32)>,
}

/// Of each span whether it is on the path of the longest root.
pub(super) fn critical_path(spans: &[TraceSpan<'_>], tree: &Tree, starts: &[i64]) -> Vec<bool> {
    let mut is_on = vec![false; spans.len()];
    let duration = |node: u32| spans[node as usize].span.duration_us;
    let end = |node: u32| starts[node as usize].saturating_add_unsigned(duration(node));
    let step = |node: u32, from_us: i64, to_us: i64| {
        let within =
            |child: &u32| starts[*child as usize] < to_us && end(*child) > from_us && duration(*child) > 0;
        let mut waiting: Vec<(i64, u32)> = tree
            .children(node)
            .iter()
            .filter(|child| within(child))
            .map(|child| (end(*child).min(to_us), *child))
            .collect();
        waiting.sort_by_key(|(end, child)| (*end, starts[*child as usize]));
        Step { node, start_us: from_us, waiting }
    };
    // Of several as long, the first.
    let Some(&root) = tree.roots.iter().rev().max_by_key(|root| duration(**root)) else { return is_on };
    let mut now = end(root);
    let mut steps = vec![step(root, starts[root as usize], now)];
    while let Some(current) = steps.last_mut() {
        is_on[current.node as usize] = true;
        let from = current.start_us;
        match current.waiting.pop() {
            Some((ended, child)) if ended <= now => {
                now = ended;
                steps.push(step(child, starts[child as usize].max(from), ended));
            }
            // It ran beside what was waited for.
            Some(_) => {}
            None => {
                now = now.min(from);
                steps.pop();
            }
        }
    }
    is_on
}
