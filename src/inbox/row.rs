//! One envelope in the log: its length, a checksum, who sent it, and the envelope as it is. Pure.

use std::net::IpAddr;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::inbox::queue::Entry;
use crate::inbox::{Accepted, Sender};
use crate::model::ids::ProjectId;

/// Bytes of what follows, and the CRC-32 of what follows; both little-endian.
pub const FRAME_BYTES: usize = 4 + 4;
/// Who sent it: bounded by the bounds of a request's head.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;
/// More than any request may bring; a frame that claims more is damage.
const ROW_BYTES_MAX: usize = 1 << 30;

#[derive(Serialize, Deserialize)]
struct Head<'a> {
    project: u64,
    received_micros: i64,
    client_ip: Option<IpAddr>,
    user_agent: Option<&'a str>,
    items: u32,
    envelope_bytes: u64,
}

/// What stands before the envelope in its row.
pub struct Start {
    /// Of head and envelope.
    pub bytes: usize,
    pub checksum: u32,
}

/// Writes frame and head behind what `log` holds; the envelope follows them.
pub fn encode_start(accepted: &Accepted, log: &mut Vec<u8>) -> Result<Start, String> {
    let frame = log.len();
    log.extend_from_slice(&[0; FRAME_BYTES]);
    let head = Head {
        project: accepted.sender.project.0,
        received_micros: accepted.sender.received.as_microsecond(),
        client_ip: accepted.sender.client_ip,
        user_agent: accepted.sender.user_agent.as_deref(),
        items: accepted.items,
        envelope_bytes: accepted.envelope.len() as u64,
    };
    let start = frame + FRAME_BYTES;
    *log = postcard::to_extend(&head, std::mem::take(log)).map_err(|error| error.to_string())?;
    let bytes = log.len() - start + accepted.envelope.len();
    if bytes > ROW_BYTES_MAX {
        return Err(format!("an envelope of {bytes} bytes is larger than the inbox takes"));
    }
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&log[start..]);
    hasher.update(&accepted.envelope);
    let checksum = hasher.finalize();
    let length = u32::try_from(bytes).map_err(|error| error.to_string())?;
    log[frame..frame + 4].copy_from_slice(&length.to_le_bytes());
    log[frame + 4..start].copy_from_slice(&checksum.to_le_bytes());
    Ok(Start { bytes, checksum })
}

/// Bytes and checksum of the row behind a frame; `None` where no row begins.
pub fn frame(bytes: &[u8]) -> Option<(usize, u32)> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let checksum = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?);
    (1..=ROW_BYTES_MAX).contains(&length).then_some((length, checksum))
}

/// What the queue knows of a row, from its first bytes.
pub fn entry(row: &[u8]) -> Option<Entry> {
    let (head, _): (Head<'_>, _) = postcard::take_from_bytes(row).ok()?;
    Some(Entry {
        project: ProjectId(head.project),
        received: Timestamp::from_microsecond(head.received_micros).ok()?,
        bytes: head.envelope_bytes,
        items: head.items,
    })
}

/// `None` for a damaged row.
pub fn decode(row: Vec<u8>, checksum: u32) -> Option<Accepted> {
    if crc32fast::hash(&row) != checksum {
        return None;
    }
    let (head, envelope): (Head<'_>, _) = postcard::take_from_bytes(&row).ok()?;
    let sender = Sender {
        project: ProjectId(head.project),
        received: Timestamp::from_microsecond(head.received_micros).ok()?,
        client_ip: head.client_ip,
        user_agent: head.user_agent.map(str::to_owned),
    };
    let (items, start) = (head.items, row.len() - envelope.len());
    Some(Accepted { sender, envelope: Bytes::from(row).slice(start..), items })
}
