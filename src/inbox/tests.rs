use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use crate::inbox::{Accepted, AppendError, Bounds, Digested, Inbox, InboxError, Sender};
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
    reopen(dir, &Digested::default())
}

fn reopen(dir: &std::path::Path, digested: &Digested) -> (Inbox, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new());
    (Inbox::open(dir, Bounds::default(), digested, Arc::clone(&metrics)).expect("opens"), metrics)
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
        assert_eq!((claimed[0].seq, claimed[1].seq), (1, 2));
    }
    let (inbox, _) = reopen(dir.path(), &Digested(vec![(1, 1)]));
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
    let inbox =
        Inbox::open(dir.path(), bounds, &Digested::default(), Arc::new(Metrics::new())).expect("opens");
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
    let inbox =
        Inbox::open(dir.path(), bounds, &Digested::default(), Arc::new(Metrics::new())).expect("opens");
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

#[tokio::test]
async fn what_could_not_be_read_waits_again_in_its_order() {
    let dir = tempfile::tempdir().expect("a folder");
    let sent = ["1", "2", "3", "4"];
    {
        let (inbox, _) = open(dir.path());
        for (project, text) in (0..).zip(sent) {
            inbox.append(envelope(1 + project % 2, text)).await.expect("accepted");
        }
    }
    // Nothing is in memory after a restart: every claim reads the disk.
    let (inbox, _) = open(dir.path());
    inbox.shared.log.set_readable(false);
    let failed = inbox.claim(3, 1 << 20).expect_err("the disk fails");
    assert!(matches!(failed, InboxError::Failed(_)), "{failed}");
    inbox.shared.log.set_readable(true);
    let mut all = texts(&inbox.claim(9, 1 << 20).expect("it works again"));
    let order = |text: &str| all.iter().position(|other| other == text).expect("claimed");
    assert!(order("1") < order("3") && order("2") < order("4"), "{all:?}");
    all.sort();
    assert_eq!(all, sent);
}

#[test]
fn a_second_process_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let (_inbox, _) = open(dir.path());
    let second = Inbox::open(dir.path(), Bounds::default(), &Digested::default(), Arc::new(Metrics::new()));
    assert!(matches!(second.err(), Some(InboxError::InUse(_))));
}

fn log_files(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries =
        std::fs::read_dir(dir.join("inbox")).expect("the folder").map(|entry| entry.expect("one").path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some()).collect();
    files.sort();
    files
}

#[tokio::test]
async fn numbers_are_never_given_twice_even_when_the_folder_was_lost() {
    let dir = tempfile::tempdir().expect("a folder");
    let (inbox, _) = reopen(dir.path(), &Digested(vec![(1, 40), (43, 50)]));
    inbox.append(envelope(1, "new")).await.expect("accepted");
    assert_eq!(inbox.claim(1, 1).expect("reads")[0].seq, 51);
}

#[tokio::test]
async fn a_file_goes_when_nobody_waits_for_any_of_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let (inbox, _) = open(dir.path());
    let large = "x".repeat(9 << 20);
    for _ in 0..5 {
        inbox.append(envelope(1, &large)).await.expect("accepted");
    }
    assert_eq!(log_files(dir.path()).len(), 3, "two fill a file");
    let claimed = inbox.claim(9, usize::MAX).expect("reads");
    let seqs: Vec<_> = claimed.iter().map(|claimed| claimed.seq).collect();
    inbox.ack(&[seqs[0], seqs[2], seqs[3]]);
    assert_eq!(log_files(dir.path()).len(), 2, "the second file is done with");
    assert_eq!(inbox.floor(), 1);
    inbox.ack(&[seqs[1], seqs[4]]);
    assert_eq!(log_files(dir.path()).len(), 1, "the file that grows stays");
    assert_eq!(inbox.floor(), 5);
    drop(inbox);
    let (inbox, metrics) = reopen(dir.path(), &Digested(vec![(1, 5)]));
    assert_eq!((log_files(dir.path()).len(), metrics.accepted.get()), (0, 0), "all of it was digested");
    inbox.append(envelope(1, "six")).await.expect("accepted");
    assert_eq!(inbox.claim(1, 1).expect("reads")[0].seq, 6);
}

#[tokio::test]
async fn an_end_that_was_never_accepted_is_passed_over_and_a_damaged_envelope_is_counted() {
    use std::io::{Seek, SeekFrom, Write};
    let dir = tempfile::tempdir().expect("a folder");
    {
        let (inbox, _) = open(dir.path());
        for text in ["first", "second", "third"] {
            inbox.append(envelope(1, text)).await.expect("accepted");
        }
    }
    let [file] = &log_files(dir.path())[..] else { panic!("one file") };
    let bytes = std::fs::metadata(file).expect("there").len();
    let mut log = std::fs::OpenOptions::new().write(true).open(file).expect("opens");
    log.set_len(bytes - 2).expect("cut");
    log.seek(SeekFrom::Start(bytes / 3 - 1)).expect("the last byte of the first");
    log.write_all(b"?").expect("written");
    let (inbox, metrics) = open(dir.path());
    assert_eq!(metrics.accepted.get(), 2);
    inbox.append(envelope(1, "fourth")).await.expect("accepted");
    assert_eq!(texts(&inbox.claim(9, 1 << 20).expect("reads")), ["second", "fourth"]);
    assert!(metrics.render().contains("lighttrace_items_rejected_total{reason=\"inbox_damaged\"} 1"));
}
