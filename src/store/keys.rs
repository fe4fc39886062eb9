//! How keys and small rows look in bytes: big-endian, so that the engine's order is ours.

use jiff::Timestamp;

use crate::model::ids::{EventId, EventSeq, IssueId, ProjectId};
use crate::model::issue::{EventRef, IssueState, Status, Substatus};

/// Bytes of a stored `EventRef` without its sequence number.
pub(super) const PLACE_BYTES: usize = 16 + 8 + 8 + 8 + 4;

/// Puts fixed-size parts side by side. The parts' lengths add up to `N`.
pub(super) fn join<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut key = [0; N];
    let mut at = 0;
    for part in parts {
        key[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    debug_assert_eq!(at, N, "the parts fill the key");
    key
}

/// Two numbers, the first of which is the range.
pub(super) fn pair(first: u64, second: u64) -> [u8; 16] {
    join(&[&first.to_be_bytes(), &second.to_be_bytes()])
}

/// A number and sixteen bytes: (project, event id), (project, hash), (issue, hash).
pub(super) fn with_sixteen(first: u64, second: [u8; 16]) -> [u8; 24] {
    join(&[&first.to_be_bytes(), &second])
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let part = bytes.get(at..at + 8).and_then(|part| part.try_into().ok());
    part.map_or(0, u64::from_be_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let part = bytes.get(at..at + 4).and_then(|part| part.try_into().ok());
    part.map_or(0, u32::from_be_bytes)
}

pub(super) fn sixteen_at(bytes: &[u8], at: usize) -> [u8; 16] {
    bytes.get(at..at + 16).and_then(|part| part.try_into().ok()).unwrap_or_default()
}

/// What stands for a moment in keys that are in order: microseconds since 1970, and nothing before.
pub(super) fn order_micros(at: Timestamp) -> u64 {
    u64::try_from(micros(at)).unwrap_or(0)
}

/// Microseconds since 1970. What is finer is not kept.
pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(super) fn from_micros(micros: i64) -> Timestamp {
    let nanoseconds = i32::try_from(micros.rem_euclid(1_000_000) * 1_000).expect("below a second");
    Timestamp::new(micros.div_euclid(1_000_000), nanoseconds).unwrap_or_default()
}

/// The same moment as it is read back.
pub(super) fn rounded(at: Timestamp) -> Timestamp {
    from_micros(micros(at))
}

pub(super) fn place_bytes(place: &EventRef) -> [u8; PLACE_BYTES] {
    join(&[
        &place.event_id.0,
        &place.project.0.to_be_bytes(),
        &place.issue.0.to_be_bytes(),
        &micros(place.timestamp).to_be_bytes(),
        &place.week.to_be_bytes(),
    ])
}

pub(super) fn place_from(seq: u64, bytes: &[u8]) -> EventRef {
    EventRef {
        seq: EventSeq(seq),
        event_id: EventId(sixteen_at(bytes, 0)),
        project: ProjectId(u64_at(bytes, 16)),
        issue: IssueId(u64_at(bytes, 24)),
        timestamp: from_micros(u64_at(bytes, 32).cast_signed()),
        week: u32_at(bytes, 40),
    }
}

/// What stands for a state in keys: the status in the upper half, the substatus in the lower. Never renumbered.
pub(super) fn state_code(state: IssueState) -> u8 {
    let substatus = match state.substatus {
        None => 0,
        Some(Substatus::New) => 1,
        Some(Substatus::Ongoing) => 2,
        Some(Substatus::Escalating) => 3,
        Some(Substatus::Regressed) => 4,
        Some(Substatus::ArchivedForever) => 5,
        Some(Substatus::ArchivedUntilConditionMet) => 6,
        Some(Substatus::ArchivedUntilEscalating) => 7,
    };
    let status = match state.status {
        Status::Unresolved => 0x00,
        Status::Resolved => 0x10,
        Status::Ignored => 0x20,
    };
    status | substatus
}

pub(super) fn state_from(code: u8) -> Option<IssueState> {
    let status = match code & 0xf0 {
        0x00 => Status::Unresolved,
        0x10 => Status::Resolved,
        0x20 => Status::Ignored,
        _ => return None,
    };
    let substatus = match code & 0x0f {
        0 => None,
        1 => Some(Substatus::New),
        2 => Some(Substatus::Ongoing),
        3 => Some(Substatus::Escalating),
        4 => Some(Substatus::Regressed),
        5 => Some(Substatus::ArchivedForever),
        6 => Some(Substatus::ArchivedUntilConditionMet),
        7 => Some(Substatus::ArchivedUntilEscalating),
        _ => return None,
    };
    Some(IssueState { status, substatus })
}

/// At most `bytes_max` bytes of a text, cut between characters.
pub(super) fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use super::{cut, pair, place_bytes, place_from, state_code, state_from};
    use crate::model::ids::{EventId, EventSeq, IssueId, ProjectId};
    use crate::model::issue::{EventRef, Status};

    #[test]
    fn keys_order_as_their_numbers_do() {
        assert!(pair(1, u64::MAX) < pair(2, 0));
        assert!(pair(2, 255) < pair(2, 256));
    }

    #[test]
    fn a_place_survives_its_bytes() {
        for timestamp in
            ["2026-11-23T08:00:00.123456Z", "1901-01-01T00:00:00Z", "9999-12-30T22:00:00.999999Z"]
        {
            let place = EventRef {
                seq: EventSeq(7),
                event_id: EventId([9; 16]),
                project: ProjectId(3),
                issue: IssueId(u64::MAX),
                timestamp: timestamp.parse().expect(timestamp),
                week: 20_780,
            };
            assert_eq!(place_from(7, &place_bytes(&place)), place);
        }
    }

    #[test]
    fn a_state_survives_its_code() {
        let states: Vec<_> = (0..=u8::MAX).filter_map(|code| Some((code, state_from(code)?))).collect();
        assert_eq!(states.len(), Status::ALL.len() * 8);
        for (code, state) in states {
            assert_eq!(state_code(state), code, "{state:?}");
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("grün", 3), "gr");
        assert_eq!(cut("grün", 4), "grü");
        assert_eq!(cut("", 4), "");
    }
}
