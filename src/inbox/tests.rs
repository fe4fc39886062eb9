use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use crate::inbox::{Accepted, AppendError, Bounds, Inbox, InboxError, Sender};
use crate::metrics::Metrics;
use crate::model::ids::ProjectId;

fn envelope(project: u64, text: &str) -> Accepted {
    let sender = Sender {
        project: ProjectId(project),
        received: Timestamp::from_second(1_700_000_000).expect("valid"),
        client_ip: Some([127, 0, 0, 1].into()),
        user_agent: Some("test/1".into()),
    };
    Accepted { sender, envelope: Bytes::copy_from_slice(text.as_bytes()), items: 1 }
}

fn open(dir: &std::path::Path) -> (Inbox, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new());
    (Inbox::open(dir, Bounds::default(), Arc::clone(&metrics)).expect("opens"), metrics)
}

fn texts(claimed: &[super::Claimed]) -> Vec<String> {
    claimed.iter().map(|c| String::from_utf8_lossy(&c.accepted.envelope).into_owned()).collect()
}

#[tokio::test]
async fn what_was_appended_survives_until_it_is_acknowledged() {
    let dir = tempfile::tempdir().expect("a folder");
    let sent = envelope(1, &"a".repeat(5000));
    {
        let (inbox, _) = open(dir.path());
        inbox.append(sent.clone()).await.expect("accepted");
        inbox.append(envelope(1, "second")).await.expect("accepted");
        assert_eq!(inbox.claim(10, 1 << 20).expect("reads").len(), 2, "claimed and never acknowledged");
    }
    {
        let (inbox, metrics) = open(dir.path());
        assert_eq!(metrics.accepted.get(), 2, "what waited at start counts as accepted");
        let claimed = inbox.claim(10, 1 << 20).expect("reads");
        assert_eq!(claimed[0].accepted, sent, "read back from disk as it was");
        inbox.ack(&[claimed[0].seq]);
    }
    let (inbox, _) = open(dir.path());
    assert_eq!(texts(&inbox.claim(10, 1 << 20).expect("reads")), ["second"]);
}

#[tokio::test]
async fn projects_take_turns() {
    let dir = tempfile::tempdir().expect("a folder");
    let (inbox, _) = open(dir.path());
    for text in ["a1", "a2", "a3"] {
        inbox.append(envelope(1, text)).await.expect("accepted");
    }
    inbox.append(envelope(2, "b1")).await.expect("accepted");
    assert_eq!(texts(&inbox.claim(3, 1 << 20).expect("reads")), ["a1", "b1", "a2"]);
}

#[tokio::test]
async fn a_flood_leaves_room_for_others() {
    let dir = tempfile::tempdir().expect("a folder");
    let bounds = Bounds { bytes_max: 1000, envelopes_max: 100 };
    let inbox = Inbox::open(dir.path(), bounds, Arc::new(Metrics::new())).expect("opens");
    let body = "x".repeat(100);
    for _ in 0..5 {
        inbox.append(envelope(1, &body)).await.expect("half of the room");
    }
    let full = inbox.append(envelope(1, &body)).await.expect_err("no more than it leaves free");
    assert!(matches!(full, AppendError::Full { retry_after_seconds: 1..=60 }));
    inbox.append(envelope(2, &body)).await.expect("another project finds room");
    let claimed = inbox.claim(3, 1 << 20).expect("reads");
    inbox.ack(&claimed.iter().map(|claimed| claimed.seq).collect::<Vec<_>>());
    inbox.append(envelope(1, &body)).await.expect("room again after an acknowledgement");
}

#[tokio::test]
async fn a_flood_of_small_envelopes_leaves_room_for_others() {
    let dir = tempfile::tempdir().expect("a folder");
    let bounds = Bounds { bytes_max: 1 << 20, envelopes_max: 10 };
    let inbox = Inbox::open(dir.path(), bounds, Arc::new(Metrics::new())).expect("opens");
    for _ in 0..5 {
        inbox.append(envelope(1, "x")).await.expect("half of the room");
    }
    let full = inbox.append(envelope(1, "x")).await.expect_err("no more than it leaves free");
    assert!(matches!(full, AppendError::Full { .. }));
    inbox.append(envelope(2, "x")).await.expect("another project finds room");
}

#[tokio::test]
async fn what_could_not_be_stored_comes_first_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let (inbox, _) = open(dir.path());
    for text in ["1", "2", "3"] {
        inbox.append(envelope(1, text)).await.expect("accepted");
    }
    let claimed = inbox.claim(2, 1 << 20).expect("reads");
    inbox.unclaim(claimed);
    assert_eq!(texts(&inbox.claim(9, 1 << 20).expect("reads")), ["1", "2", "3"]);
}

#[test]
fn a_second_process_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let (_inbox, _) = open(dir.path());
    let second = Inbox::open(dir.path(), Bounds::default(), Arc::new(Metrics::new()));
    assert!(matches!(second.err(), Some(InboxError::InUse(_))));
}
