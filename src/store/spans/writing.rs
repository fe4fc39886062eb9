//! A batch's blocks into the weeks' files and the state, inside the writer's transaction.

use std::collections::BTreeMap;

use redb::WriteTransaction;

use crate::model::week::Week;
use crate::store::error::Result;
use crate::store::partitions::{Partitions, sync_dir};
use crate::store::payloads;
use crate::store::schema::WeekTables;
use crate::store::spans::incoming::Block;
use crate::store::spans::rows;

/// The frames are on disk when this returns; the rows are true with the transaction.
pub(in crate::store) fn write(
    txn: &WriteTransaction,
    partitions: &Partitions,
    blocks: &[Block],
) -> Result<()> {
    let mut weeks: BTreeMap<Week, Vec<&Block>> = BTreeMap::new();
    for block in blocks {
        weeks.entry(block.week).or_default().push(block);
    }
    for (week, blocks) in weeks {
        // Makes the week's folder where it is missing.
        let partition = partitions.get_or_create(week)?;
        let folder = partitions.folder(week);
        let tables = WeekTables::of(week);
        let end = rows::end(txn, &tables)?;
        if end == 0 {
            payloads::create(&folder, payloads::SPANS)?;
            sync_dir(&folder)?;
        }
        let frames = blocks.iter().flat_map(|block| {
            [&block.encoded.core, &block.encoded.attributes, &block.encoded.logs].into_iter().flatten()
        });
        let frames: Vec<u8> = frames.copied().collect();
        payloads::write(&folder, payloads::SPANS, end, &frames)?;
        rows::write(txn, &tables, &blocks, end)?;
        drop(partition);
    }
    Ok(())
}
