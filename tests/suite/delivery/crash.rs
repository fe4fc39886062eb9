//! kill -9 while messages are on their way: each arrives, and under no second key.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use lighttrace::model::ids::NotificationId;
use lighttrace::model::notification::DeliveryState;

use super::pieces::{Desk, posted, quick};
use crate::receivers::{Answer, HttpReceiver};

const ROUNDS: usize = 30;
const MESSAGES_A_ROUND: usize = 40;
/// Of each round, so that the bound on the rate of one is no hindrance.
const RECEIVERS: usize = 2;

#[test]
fn a_process_that_is_killed_loses_no_message_and_renames_none() {
    let dir = tempfile::tempdir().expect("a folder");
    let receiver = HttpReceiver::start(|_, before| match before % 17 {
        // Some are taken and the client never hears it; some are put off.
        3 => Answer::HangUp,
        11 => Answer::Status(503, Vec::new()),
        _ => Answer::Status(200, Vec::new()),
    });
    let mut keys = HashMap::new();
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut arrived_at_kill = HashSet::new();
    for round in 0..ROUNDS {
        keys.extend(decide(dir.path(), &receiver, round));
        let before = receiver.requests().len();
        let mut child = send(dir.path());
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round as u64 | 1);
        // Killed once so many have come, in the midst of whatever it does then.
        receiver.wait_for(before + 1 + usize::try_from(seed >> 33).expect("small") % 30);
        std::thread::sleep(Duration::from_micros((seed >> 20) % 3_000));
        child.kill().expect("killed");
        child.wait().expect("reaped");
        arrived_at_kill.insert(receiver.requests().len());
    }
    assert_eq!(keys.len(), ROUNDS * MESSAGES_A_ROUND);
    finish(dir.path(), keys.keys().copied());

    let mut told: HashMap<String, HashSet<String>> = HashMap::new();
    for request in receiver.requests() {
        let key = request.header("idempotency-key").expect("each has one").to_owned();
        told.entry(request.body).or_default().insert(key);
    }
    for (id, key) in &keys {
        let arrived = told.remove(&id.to_string()).unwrap_or_else(|| panic!("message {id} never arrived"));
        assert_eq!(arrived, HashSet::from([key.clone()]), "message {id}");
    }
    assert!(told.is_empty(), "nothing arrived that was not decided: {told:?}");
    assert!(arrived_at_kill.len() > ROUNDS / 2, "the kills came in between: {arrived_at_kill:?}");
}

/// Queues a round's messages and answers their keys.
fn decide(dir: &Path, receiver: &HttpReceiver, round: usize) -> Vec<(NotificationId, String)> {
    let desk = Desk::at(dir);
    let targets: Vec<_> =
        (0..RECEIVERS).map(|nth| desk.target(&format!("{}/{round}/{nth}", receiver.url()))).collect();
    let queued = (0..MESSAGES_A_ROUND).map(|nth| desk.queue(targets[nth % RECEIVERS]));
    queued.map(|queued| (queued.id, queued.key)).collect()
}

/// A process that sends until it is killed.
fn send(dir: &Path) -> Child {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.args(["--exact", "delivery::crash::sends_until_it_is_killed", "--ignored"]);
    command.env("OUTBOX_OF", dir).stdout(std::process::Stdio::null()).spawn().expect("it starts")
}

#[test]
#[ignore = "the process that the one above kills"]
fn sends_until_it_is_killed() {
    let dir = PathBuf::from(std::env::var("OUTBOX_OF").expect("told"));
    let desk = Desk::at(&dir);
    let running = desk.run_posting(quick());
    std::thread::park_timeout(Duration::from_mins(5));
    running.stop();
}

/// Sends what is left.
fn finish(dir: &Path, ids: impl Iterator<Item = NotificationId>) {
    let desk = Desk::at(dir);
    let running = desk
        .run(|store, notification| Ok(posted(store, notification, &notification.id.to_string())), quick());
    for id in ids {
        assert_eq!(desk.ended(id).state, DeliveryState::Delivered, "message {id}");
    }
    running.stop();
}
