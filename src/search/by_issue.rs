//! The best of something for each issue, by the issue's id: hashing would take as long as all the rest of a search.

/// Issues that are held at most; of those beyond, none is.
const ISSUES_MAX: usize = 200_000;
/// Issues that stand side by side here; their ids are given one after the other.
const CHUNK_ISSUES: usize = 1024;

type Chunk<T> = Box<[Option<T>]>;

pub(super) struct ByIssue<T> {
    chunks: Vec<Option<Chunk<T>>>,
    issues: usize,
}

impl<T> Default for ByIssue<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), issues: 0 }
    }
}

impl<T: Ord + Copy> ByIssue<T> {
    pub fn note(&mut self, issue: u64, value: T) {
        let Ok(place) = usize::try_from(issue) else { return };
        let (chunk, place) = (place / CHUNK_ISSUES, place % CHUNK_ISSUES);
        if chunk >= self.chunks.len() {
            self.chunks.resize_with(chunk + 1, || None);
        }
        let empty = || vec![None; CHUNK_ISSUES].into_boxed_slice();
        let held = &mut self.chunks[chunk].get_or_insert_with(empty)[place];
        match held {
            Some(held) => *held = value.max(*held),
            None if self.issues < ISSUES_MAX => {
                *held = Some(value);
                self.issues += 1;
            }
            None => {}
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (u64, T)> {
        let chunks = self.chunks.iter().enumerate().filter_map(|(at, chunk)| Some((at, chunk.as_ref()?)));
        chunks.flat_map(|(at, chunk)| {
            let first = at * CHUNK_ISSUES;
            let held = chunk.iter().enumerate();
            held.filter_map(move |(place, value)| Some(((first + place) as u64, (*value)?)))
        })
    }
}
