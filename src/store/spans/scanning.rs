//! Searching spans: blocks from the newest on, most of them passed over unread, until there are enough.

use redb::TableError;

use crate::model::week::Week;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::schema::WeekTables;
use crate::store::spans::block;
use crate::store::spans::filter::Filter;
use crate::store::spans::rows::{BlockRow, Part};
use crate::store::spans::{FoundSpan, SpanCursor, SpanPage, SpanQuestion};

/// What passing a block over costs, in spans that are looked at.
const PASSED_COST: u64 = 4;

impl Store {
    /// Newest first by blocks: what was received together is sorted by its beginning.
    pub fn find_spans(&self, question: &SpanQuestion<'_>) -> Result<SpanPage> {
        let txn = self.inner.state.begin_read()?;
        let must: Vec<u64> = question.must.iter().map(|text| Filter::hash(text)).collect();
        let mut page = SpanPage::default();
        let mut cost = 0;
        let weeks: Vec<Week> = self.inner.weeks.read().keys().rev().copied().collect();
        for week in weeks {
            if question.before.is_some_and(|before| week.0 > before.week) {
                continue;
            }
            let blocks = match txn.open_table(WeekTables::of(week).span_blocks()) {
                // Forgotten since.
                Err(TableError::TableDoesNotExist(_)) => continue,
                blocks => blocks?,
            };
            let before = question.before.filter(|before| before.week == week.0);
            for row in blocks.range(..=before.map_or(u64::MAX, |before| before.block))?.rev() {
                let (offset, row) = row?;
                let block = BlockRow::from_bytes(offset.value(), row.value());
                let skip =
                    before.filter(|before| before.block == block.offset).map_or(0, |before| before.skip);
                let here = |skip| Some(SpanCursor { week: week.0, block: block.offset, skip });
                if cost >= question.spans_max {
                    page.next = here(skip);
                    return Ok(page);
                }
                page.searched += u64::from(block.spans);
                if block.spans > 0 {
                    page.searched_to_us =
                        Some(page.searched_to_us.map_or(block.first_us, |to| to.min(block.first_us)));
                }
                if !may_match(question, &must, &block) {
                    cost += PASSED_COST;
                    continue;
                }
                cost += u64::from(block.spans);
                let found = self.matches(question, week, &block)?;
                let room = question.limit - page.spans.len();
                let shown = found.len().saturating_sub(skip as usize);
                page.spans.extend(found.into_iter().skip(skip as usize).take(room));
                if shown > room {
                    page.next = here(skip + u32::try_from(room).unwrap_or(u32::MAX));
                    return Ok(page);
                }
            }
        }
        Ok(page)
    }

    fn matches(&self, question: &SpanQuestion<'_>, week: Week, block: &BlockRow) -> Result<Vec<FoundSpan>> {
        let Some(plain) = self.inner.frame(week, block, Part::Core)? else { return Ok(Vec::new()) };
        let mut spans = block::read_core(&plain, |_| true)?;
        spans.retain(|(_, span)| {
            span.start_us >= question.since_us
                && span.start_us < question.until_us
                && span.duration_us >= question.longest_at_least_us
        });
        if question.attributes
            && !spans.is_empty()
            && let Some(plain) = self.inner.frame(week, block, Part::Attributes)?
        {
            block::read_attributes(&plain, &mut spans)?;
        }
        spans.retain(|(_, span)| (question.matches)(block.project, span));
        let mut found: Vec<_> =
            spans.into_iter().map(|(_, span)| FoundSpan { project: block.project, span }).collect();
        found.sort_by_key(|found| std::cmp::Reverse((found.span.start_us, found.span.id)));
        Ok(found)
    }
}

fn may_match(question: &SpanQuestion<'_>, must: &[u64], block: &BlockRow) -> bool {
    block.spans > 0
        && question.projects.contains(&block.project)
        && block.last_us >= question.since_us
        && block.first_us < question.until_us
        && block.longest_us >= question.longest_at_least_us
        && must.iter().all(|hash| block.filter.may_hold(*hash))
}
