//! What everything that was seen lately did. Rows of one stretch of time lie side by side, so all issues are one walk over
//! two or three stretches at once, and nothing is made for each of them.

use jiff::Timestamp;
use redb::ReadableTable;

use crate::model::ids::{IssueId, ProjectId};
use crate::model::series::{Resolution, Scope};
use crate::store::Store;
use crate::store::environments;
use crate::store::error::Result;
use crate::store::keys::u64_at;
use crate::store::schema::{ENVIRONMENT_SERIES, SERIES};
use crate::store::series::{bucket, each_slot, key, slots};

/// Buckets of one walk: a week of hours, and more minutes than anybody asks for.
pub const RECENT_BUCKETS_MAX: usize = 200;

/// A stretch's rows, from the first that was not handed out.
struct Chunk<'a> {
    rows: Box<dyn Iterator<Item = Result<Row<'a>>> + 'a>,
    next: Option<Row<'a>>,
    /// The bucket that its first slot is, counted from the first that was asked for.
    offset: i64,
}

struct Row<'a> {
    scope: [u8; 9],
    counts: redb::AccessGuard<'a, &'static [u8]>,
}

impl Chunk<'_> {
    fn advance(&mut self) -> Result<()> {
        self.next = self.rows.next().transpose()?;
        Ok(())
    }
}

/// The rows of a chunk; their keys end with the scope.
fn rows<'a, const N: usize>(
    table: &'a impl ReadableTable<&'static [u8; N], &'static [u8]>,
    first: &[u8; N],
    end: &[u8; N],
) -> Result<Box<dyn Iterator<Item = Result<Row<'a>>> + 'a>> {
    let range = table.range::<&[u8; N]>(first..end)?;
    Ok(Box::new(range.map(|row| {
        let (key, counts) = row?;
        let scope = key.value()[N - 9..].try_into().expect("a kind and a number");
        Ok(Row { scope, counts })
    })))
}

fn scope_of(key: [u8; 9]) -> Scope {
    let number = u64_at(&key, 1);
    if key[0] == 0 { Scope::Project(ProjectId(number)) } else { Scope::Issue(IssueId(number)) }
}

impl Store {
    /// Shows each project and each issue that was seen in the last `buckets` buckets up to the one that `end` is in, with
    /// its events in each, oldest first; projects first, each kind in the order of its numbers. Parts of merged issues
    /// are among them.
    pub fn each_recent(
        &self,
        resolution: Resolution,
        environment: Option<&str>,
        end: Timestamp,
        buckets: usize,
        see: &mut dyn FnMut(Scope, &[u32]),
    ) -> Result<()> {
        let wanted = i64::try_from(buckets.min(RECENT_BUCKETS_MAX)).expect("few");
        let mut counts = vec![0; buckets.min(RECENT_BUCKETS_MAX)];
        let last = bucket(resolution, end);
        let first = last + 1 - wanted;
        let txn = self.inner.state.begin_read()?;
        let number = environment.map(|name| environments::number(&txn, name)).transpose()?;
        if number == Some(None) {
            return Ok(());
        }
        let number = number.flatten();
        let (of_all, apart) = (txn.open_table(SERIES)?, txn.open_table(ENVIRONMENT_SERIES)?);
        let edge = Scope::Project(ProjectId(0));
        let mut chunks = Vec::new();
        for chunk in first.max(0) / slots(resolution)..=last / slots(resolution) {
            let rows = match number {
                None => rows(&of_all, &key(edge, resolution, chunk), &key(edge, resolution, chunk + 1))?,
                Some(number) => {
                    let key = environments::keys(number);
                    rows(&apart, &key(edge, resolution, chunk), &key(edge, resolution, chunk + 1))?
                }
            };
            let mut chunk = Chunk { rows, next: None, offset: chunk * slots(resolution) - first };
            chunk.advance()?;
            chunks.push(chunk);
        }
        while let Some(scope) =
            chunks.iter().filter_map(|chunk| chunk.next.as_ref()).map(|row| row.scope).min()
        {
            let mut is_seen = false;
            counts.fill(0);
            for chunk in &mut chunks {
                let Some(row) = chunk.next.as_ref().filter(|row| row.scope == scope) else { continue };
                each_slot(row.counts.value(), |slot, events| {
                    let at = chunk.offset + i64::try_from(slot).expect("a byte");
                    if let Some(count) = usize::try_from(at).ok().and_then(|at| counts.get_mut(at)) {
                        *count = events;
                        is_seen = true;
                    }
                });
                chunk.advance()?;
            }
            if is_seen {
                see(scope_of(scope), &counts);
            }
        }
        Ok(())
    }
}
