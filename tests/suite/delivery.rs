//! From the outbox to real receivers: each message until it is there, each recipient by itself.

mod crash;
mod pieces;
mod served;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lighttrace::alerts::delivery::Made;
use lighttrace::alerts::delivery::pace::TRIES_MAX;
use lighttrace::model::notification::DeliveryState;

use crate::receivers::{Answer, HttpReceiver, MailReceiver};
use pieces::{Desk, posted, quick};

#[test]
fn a_message_is_sent_until_it_is_taken_always_the_same() {
    let receiver =
        HttpReceiver::start(|_, before| Answer::Status(if before < 3 { 503 } else { 200 }, Vec::new()));
    let desk = Desk::new(None);
    let hook = desk.target(&receiver.url());
    let times = Arc::new(AtomicUsize::new(0));
    let counted = times.clone();
    let make = move |store: &_, notification: &_| {
        let nth = counted.fetch_add(1, Ordering::Relaxed);
        Ok(posted(store, notification, &format!("made {nth}")))
    };
    let queued = desk.queue(hook);
    let running = desk.run(make, quick());
    let requests = receiver.wait_for(4);
    let ended = desk.ended(queued.id);
    running.stop();
    assert_eq!((ended.state, ended.attempts, ended.reason), (DeliveryState::Delivered, 4, None));
    for request in &requests {
        assert_eq!(request.header("idempotency-key"), Some(queued.key.as_str()));
        assert_eq!(request.body, "made 0");
    }
    assert_eq!((times.load(Ordering::Relaxed), receiver.requests().len()), (1, 4));
    assert_eq!(desk.store.kept_message(queued.id).expect("read"), None, "nothing is kept of what is there");
}

#[test]
fn a_receiver_that_hangs_and_one_that_fails_delay_nobody() {
    let hangs = HttpReceiver::start(|_, _| Answer::Hang);
    let fails = HttpReceiver::answering(500);
    let works = HttpReceiver::answering(200);
    let desk = Desk::new(None);
    for receiver in [&hangs, &fails] {
        let bad = desk.target(&receiver.url());
        for _ in 0..200 {
            desk.queue(bad);
        }
    }
    let running = desk.run_posting(quick());
    hangs.wait_for(1);
    fails.wait_for(2);
    let good = desk.target(&works.url());
    let start = Instant::now();
    for _ in 0..20 {
        desk.queue(good);
    }
    works.wait_for(20);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    running.stop();
    assert_eq!(hangs.requests().len(), 1, "one at a time");
}

#[test]
fn a_recipient_that_fails_is_tried_with_one_message_at_a_time() {
    let works_after = 6;
    let receiver = HttpReceiver::start(move |_, before| {
        Answer::Status(if before < works_after { 500 } else { 200 }, Vec::new())
    });
    let desk = Desk::new(None);
    let hook = desk.target(&receiver.url());
    let queued: Vec<_> = (0..25).map(|_| desk.queue(hook)).collect();
    let running = desk.run_posting(quick());
    let ended: Vec<_> = queued.iter().map(|queued| desk.ended(queued.id)).collect();
    running.stop();
    assert!(ended.iter().all(|ended| ended.state == DeliveryState::Delivered));
    let tries: u32 = ended.iter().map(|ended| ended.attempts).sum();
    assert_eq!(tries, 25 + 6, "the others waited without being tried");
    let requests = receiver.requests();
    let pauses: Vec<_> = requests.windows(2).take(works_after).map(|pair| pair[1].at - pair[0].at).collect();
    assert!(pauses.iter().all(|pause| *pause >= quick().first), "it rests after each failure: {pauses:?}");
}

#[test]
fn what_cannot_be_delivered_is_a_dead_letter_that_can_be_sent_again() {
    let receiver = HttpReceiver::start(|_, before| match before {
        0 => Answer::Body(410, "gone away".to_owned()),
        _ => Answer::Status(200, Vec::new()),
    });
    let desk = Desk::new(None);
    let queued = desk.queue(desk.target(&receiver.url()));
    let running = desk.run_posting(quick());
    let dead = desk.ended(queued.id);
    assert_eq!((dead.state, dead.attempts), (DeliveryState::Failed, 1));
    assert_eq!(dead.reason.as_deref(), Some("The receiver answered 410 Gone: gone away"));
    assert_eq!(desk.store.count_dead_letters().expect("read"), 1);
    assert!(desk.store.send_again(queued.id, jiff::Timestamp::now()).expect("kept"));
    let there = desk.ended_as(queued.id, DeliveryState::Delivered);
    running.stop();
    let keys: Vec<_> =
        receiver.requests().iter().map(|r| r.header("idempotency-key").map(str::to_owned)).collect();
    assert_eq!(keys, [Some(queued.key.clone()), Some(queued.key)]);
    assert_eq!((there.reason, desk.store.count_dead_letters().expect("read")), (None, 0));
}

#[test]
fn a_message_is_given_up_after_its_last_try() {
    let fails = HttpReceiver::answering(502);
    let unknown = HttpReceiver::answering(404);
    let desk = Desk::new(None);
    let [failing, doubtful] = [&fails, &unknown].map(|receiver| desk.queue(desk.target(&receiver.url())));
    let running = desk.run_posting(quick());
    let (failed, doubted) = (desk.ended(failing.id), desk.ended(doubtful.id));
    running.stop();
    assert_eq!((failed.state, failed.attempts), (DeliveryState::Failed, TRIES_MAX));
    assert_eq!(failed.reason.as_deref(), Some("The receiver answered 502 Bad Gateway"));
    assert_eq!((doubted.state, doubted.attempts), (DeliveryState::Failed, 5));
    assert_eq!(desk.store.outbox_heads(jiff::Timestamp::now()).expect("read").waiting, 0);
}

#[test]
fn a_receiver_s_wish_for_patience_is_respected() {
    let receiver = HttpReceiver::start(|_, before| match before {
        0 => Answer::Status(429, vec!["Retry-After: 2".to_owned()]),
        _ => Answer::Status(200, Vec::new()),
    });
    let desk = Desk::new(None);
    let hook = desk.target(&receiver.url());
    let both = [desk.queue(hook), desk.queue(hook)];
    let running = desk.run_posting(quick());
    for queued in both {
        assert_eq!(desk.ended(queued.id).state, DeliveryState::Delivered);
    }
    running.stop();
    let requests = receiver.requests();
    let pause = requests[1].at - requests[0].at;
    assert!(pause >= Duration::from_millis(1900), "nothing is sent there meanwhile: {pause:?}");
}

#[test]
fn what_is_held_waits_and_what_is_dropped_ends_without_a_try() {
    let receiver = HttpReceiver::answering(200);
    let desk = Desk::new(None);
    let hook = desk.target(&receiver.url());
    let (held, dropped, broken) = (desk.queue(hook), desk.queue(hook), desk.queue(hook));
    let (defect, unreadable) = (desk.queue(hook), desk.queue(hook));
    assert!(desk.store.keep_message(&unreadable, b"of another version").expect("kept"));
    let held_once = AtomicUsize::new(0);
    let make = move |store: &_, notification: &lighttrace::model::notification::Notification| {
        if notification.id == dropped.id {
            return Ok(Made::Drop { reason: "Nobody is there".to_owned() });
        }
        if notification.id == broken.id && notification.attempts == 0 {
            anyhow::bail!("a defect");
        }
        assert!(notification.id != defect.id || notification.attempts > 0, "a defect that the test wants");
        if notification.id == held.id && held_once.fetch_add(1, Ordering::Relaxed) == 0 {
            let until = jiff::Timestamp::now() + jiff::SignedDuration::from_millis(300);
            return Ok(Made::Hold { until, reason: "Quiet hours".to_owned() });
        }
        Ok(posted(store, notification, "x"))
    };
    let running = desk.run(make, quick());
    let (held, broken) = (desk.ended(held.id), desk.ended(broken.id));
    let dropped = desk.ended(dropped.id);
    let (defect, unreadable) = (desk.ended(defect.id), desk.ended(unreadable.id));
    running.stop();
    assert_eq!((defect.state, defect.attempts), (DeliveryState::Delivered, 2), "a defect is a try");
    assert_eq!((unreadable.state, unreadable.attempts), (DeliveryState::Delivered, 1), "it is written anew");
    assert_eq!((held.state, held.attempts), (DeliveryState::Delivered, 1), "holding is no try");
    assert_eq!((dropped.state, dropped.attempts), (DeliveryState::Dropped, 0));
    assert_eq!(
        (broken.state, broken.attempts),
        (DeliveryState::Delivered, 2),
        "what could not be written is a try"
    );
    assert_eq!(receiver.requests().len(), 4);
}

#[test]
fn mail_is_tried_again_under_its_message_id() {
    let Some(mut receiver) = MailReceiver::start() else { return };
    let desk = Desk::new(Some(receiver.port));
    let [busy, nobody, ada] = ["busy-once@example.com", "nobody@example.com", "ada@example.com"]
        .map(|address| desk.queue(desk.person(address)));
    let running = desk.run_posting(quick());
    let [busy, nobody, ada] = [busy, nobody, ada].map(|queued| desk.ended(queued.id));
    running.stop();
    assert_eq!((busy.state, busy.attempts), (DeliveryState::Delivered, 2));
    assert_eq!((nobody.state, nobody.attempts), (DeliveryState::Failed, 1));
    assert!(nobody.reason.expect("why").contains("No such person here"));
    assert_eq!((ada.state, ada.attempts), (DeliveryState::Delivered, 1));
    let mut ids = [receiver.next(), receiver.next()].map(|mail| mail["id"].as_str().expect("one").to_owned());
    let mut expected = [ada.key, busy.key].map(|key| format!("<{key}@errors.example.com>"));
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected);
}

#[test]
fn a_stop_waits_for_no_receiver() {
    let hangs = HttpReceiver::start(|_, _| Answer::Hang);
    let desk = Desk::new(None);
    let queued = desk.queue(desk.target(&hangs.url()));
    let running = desk.run_posting(quick());
    hangs.wait_for(1);
    let start = Instant::now();
    running.stop();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    let waits = desk.store.find_notification(queued.id).expect("read").expect("there");
    assert_eq!((waits.state, waits.attempts), (DeliveryState::Waiting, 0), "what became of it is not known");
}
