//! Which issues are shown as part of which other one.
//!
//! What an event was counted into when it came is a *part*. Its number stays with the event, where it lies and in the
//! search index, for as long as the event is kept. Merging shows several parts as one issue, unmerging shows them apart
//! again: only this map changes. A merged issue has the number of one of its parts, the *parent*; what is counted under
//! that number is the sum of all, so the parent's own events are counted under a number of their own beside it.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::model::ids::IssueId;
use crate::model::issue_set::IssueSet;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merges {
    wholes: HashMap<IssueId, Whole>,
    /// Part -> parent; without the parents themselves.
    parents: HashMap<IssueId, IssueId>,
    /// The parts among them, as bits.
    hidden: IssueSet,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Whole {
    /// What counts the parent's own events.
    own: Option<IssueId>,
    /// Ascending, without the parent.
    parts: Vec<IssueId>,
}

impl Merges {
    /// The issue that a part is shown as: mostly itself.
    pub fn shown(&self, part: IssueId) -> IssueId {
        // One look at a bit, for each event that a search finds.
        if self.hidden.contains(part) { self.parents[&part] } else { part }
    }

    /// The numbers that events of an issue carry: its own first.
    pub fn parts(&self, issue: IssueId) -> Vec<IssueId> {
        let parts = self.wholes.get(&issue).map_or(&[][..], |whole| &whole.parts);
        [&[issue], parts].concat()
    }

    pub fn is_merged(&self, issue: IssueId) -> bool {
        self.wholes.contains_key(&issue)
    }

    /// What counts a merged issue's own events alone.
    pub fn own(&self, issue: IssueId) -> Option<IssueId> {
        self.wholes.get(&issue)?.own
    }

    /// What counts one part's events alone, where that is not the issue it is shown as.
    pub fn beside(&self, part: IssueId) -> Option<IssueId> {
        if self.hidden.contains(part) { Some(part) } else { self.own(part) }
    }

    /// Everything that a part's events are counted into: the issue they are shown in, and the part alone.
    pub fn counters(&self, part: IssueId) -> impl Iterator<Item = IssueId> + use<> {
        [Some(self.shown(part)), self.beside(part)].into_iter().flatten()
    }

    /// All that stands behind a merged issue: each part's counts alone, its own first.
    pub fn behind(&self, issue: IssueId) -> Vec<IssueId> {
        let Some(whole) = self.wholes.get(&issue) else { return Vec::new() };
        whole.own.into_iter().chain(whole.parts.iter().copied()).collect()
    }

    /// Issues in the place of their parts.
    pub fn gather(&self, issues: &mut IssueSet) {
        for (part, parent) in &self.parents {
            if issues.contains(*part) {
                issues.remove(*part);
                issues.insert(*parent);
            }
        }
    }

    /// Adds to the issues their parts.
    pub fn spread(&self, issues: &mut IssueSet) {
        for (part, parent) in &self.parents {
            if issues.contains(*part) {
                issues.insert(*parent);
            }
        }
        for (part, parent) in &self.parents {
            if issues.contains(*parent) {
                issues.insert(*part);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    pub fn add(&mut self, parent: IssueId, part: IssueId) {
        let parts = &mut self.wholes.entry(parent).or_default().parts;
        if let Err(at) = parts.binary_search(&part) {
            parts.insert(at, part);
        }
        self.parents.insert(part, parent);
        self.hidden.insert(part);
    }

    pub fn set_own(&mut self, parent: IssueId, own: IssueId) {
        self.wholes.entry(parent).or_default().own = Some(own);
    }

    /// Shows a part by itself again.
    pub fn take_out(&mut self, part: IssueId) {
        let Some(parent) = self.parents.remove(&part) else { return };
        self.hidden.remove(part);
        if let Some(whole) = self.wholes.get_mut(&parent) {
            whole.parts.retain(|other| *other != part);
        }
    }

    /// A parent of nothing is an issue like any other.
    pub fn dissolve(&mut self, parent: IssueId) {
        for part in self.wholes.remove(&parent).unwrap_or_default().parts {
            self.parents.remove(&part);
            self.hidden.remove(part);
        }
    }
}

/// The map as it is now; clones share it.
#[derive(Clone, Default)]
pub struct SharedMerges(Arc<RwLock<Arc<Merges>>>);

impl SharedMerges {
    pub fn new(merges: Merges) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(merges))))
    }

    pub fn now(&self) -> Arc<Merges> {
        self.0.read().clone()
    }

    pub fn replace(&self, merges: Merges) {
        *self.0.write() = Arc::new(merges);
    }
}

#[cfg(test)]
mod tests {
    use super::Merges;
    use crate::model::ids::IssueId;
    use crate::model::issue_set::IssueSet;

    fn ids(numbers: &[u64]) -> Vec<IssueId> {
        numbers.iter().map(|&id| IssueId(id)).collect()
    }

    fn set(numbers: &[u64]) -> IssueSet {
        ids(numbers).into_iter().collect()
    }

    fn merged() -> Merges {
        let mut merges = Merges::default();
        for part in [3, 2] {
            merges.add(IssueId(1), IssueId(part));
        }
        merges.set_own(IssueId(1), IssueId(9));
        merges
    }

    #[test]
    fn a_part_is_shown_as_its_parent_and_counted_in_both() {
        let merges = merged();
        for (part, shown, counters) in [(1, 1, [1, 9].as_slice()), (2, 1, &[1, 2]), (4, 4, &[4])] {
            assert_eq!(merges.shown(IssueId(part)), IssueId(shown), "{part}");
            assert_eq!(merges.counters(IssueId(part)).collect::<Vec<_>>(), ids(counters), "{part}");
        }
        assert_eq!(merges.parts(IssueId(1)), ids(&[1, 2, 3]));
        assert_eq!(merges.behind(IssueId(1)), ids(&[9, 2, 3]));
        assert_eq!((merges.parts(IssueId(4)), merges.behind(IssueId(4))), (ids(&[4]), ids(&[])));
    }

    #[test]
    fn sets_are_gathered_for_people_and_spread_for_events() {
        let merges = merged();
        for (given, gathered, spread) in [
            (set(&[2, 3, 5]), set(&[1, 5]), set(&[1, 2, 3, 5])),
            (set(&[1]), set(&[1]), set(&[1, 2, 3])),
            (set(&[5]), set(&[5]), set(&[5])),
        ] {
            let (mut people, mut events) = (given.clone(), given);
            merges.gather(&mut people);
            merges.spread(&mut events);
            assert_eq!(people.iter().collect::<Vec<_>>(), gathered.iter().collect::<Vec<_>>());
            assert_eq!(events.iter().collect::<Vec<_>>(), spread.iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_taken_out_is_itself_again() {
        let mut merges = merged();
        merges.take_out(IssueId(2));
        assert_eq!(merges.shown(IssueId(2)), IssueId(2));
        assert_eq!(merges.parts(IssueId(1)), ids(&[1, 3]));
        merges.dissolve(IssueId(1));
        assert_eq!((merges.shown(IssueId(3)), merges.beside(IssueId(1))), (IssueId(3), None));
        assert!(merges.is_empty() && !merges.is_merged(IssueId(1)));
    }
}
