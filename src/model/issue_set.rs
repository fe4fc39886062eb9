//! A set of issues as bits by their ids: ids are counted from 1 without gaps worth mentioning, so a hundred thousand
//! issues take 12 KB.

use crate::model::ids::IssueId;

/// Ids beyond this are not held: 32 MB of bits.
const ID_MAX: u64 = 1 << 28;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IssueSet {
    words: Vec<u64>,
}

impl IssueSet {
    /// Whether the issue is new to the set.
    pub fn insert(&mut self, issue: IssueId) -> bool {
        if issue.0 >= ID_MAX {
            return false;
        }
        let (word, bit) = place(issue);
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let is_new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        is_new
    }

    pub fn remove(&mut self, issue: IssueId) {
        let (word, bit) = place(issue);
        if let Some(held) = self.words.get_mut(word) {
            *held &= !bit;
        }
        // Sets of the same issues are equal.
        while self.words.pop_if(|word| *word == 0).is_some() {}
    }

    pub fn contains(&self, issue: IssueId) -> bool {
        let (word, bit) = place(issue);
        self.words.get(word).is_some_and(|held| held & bit != 0)
    }

    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub fn unite(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        self.words.iter_mut().zip(&other.words).for_each(|(word, more)| *word |= more);
    }

    pub fn intersect(&mut self, other: &Self) {
        self.words.truncate(other.words.len());
        self.words.iter_mut().zip(&other.words).for_each(|(word, kept)| *word &= kept);
    }

    /// In the order of their ids.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = IssueId> {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            let base = index as u64 * 64;
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| IssueId(base + bit))
        })
    }
}

impl FromIterator<IssueId> for IssueSet {
    fn from_iter<I: IntoIterator<Item = IssueId>>(issues: I) -> Self {
        let mut set = Self::default();
        for issue in issues {
            set.insert(issue);
        }
        set
    }
}

fn place(issue: IssueId) -> (usize, u64) {
    let word = usize::try_from(issue.0 / 64).unwrap_or(usize::MAX);
    (word, 1 << (issue.0 % 64))
}

#[cfg(test)]
mod tests {
    use super::IssueSet;
    use crate::model::ids::IssueId;

    fn set(ids: &[u64]) -> IssueSet {
        ids.iter().map(|&id| IssueId(id)).collect()
    }

    #[test]
    fn sets_are_united_and_intersected() {
        let (a, b) = (set(&[1, 63, 64, 500]), set(&[64, 1_000, 1]));
        let (mut either, mut both) = (a.clone(), a.clone());
        either.unite(&b);
        both.intersect(&b);
        assert_eq!(either.iter().map(|id| id.0).collect::<Vec<_>>(), [1, 63, 64, 500, 1_000]);
        assert_eq!(both.iter().map(|id| id.0).collect::<Vec<_>>(), [1, 64]);
        assert!(a.contains(IssueId(500)) && !a.contains(IssueId(501)) && !a.contains(IssueId(u64::MAX)));
        assert_eq!((either.len(), set(&[]).is_empty(), set(&[7]).is_empty()), (5, true, false));
    }

    #[test]
    fn an_id_beyond_reason_takes_no_memory() {
        assert!(!IssueSet::default().insert(IssueId(u64::MAX)));
        let mut one = set(&[3]);
        assert!(one.insert(IssueId(4)) && !one.insert(IssueId(4)));
        one.remove(IssueId(4));
        one.remove(IssueId(u64::MAX));
        assert!(one.contains(IssueId(3)) && one.len() == 1);
    }
}
