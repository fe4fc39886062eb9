//! The inbox's one writer: gathers, commits with fsync, answers.

use std::time::Duration;

use crate::inbox::log::Tail;
use crate::inbox::queue::{Entry, Pending};
use crate::inbox::{Accepted, Shared};

/// Envelopes in one commit. More wait for the next one, so that no answer waits for an endless commit.
const COMMIT_ENVELOPES_MAX: usize = 1_000;
/// Bytes of envelopes in one commit.
const COMMIT_BYTES_MAX: usize = 16 << 20;
/// A full disk stays full for a while.
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// Runs until the inbox closes.
pub fn run(shared: &Shared, mut tail: Tail) {
    while let Some(group) = gather(shared) {
        commit(shared, &mut tail, group);
    }
}

/// Waits for work. `None`: closing, and nothing is left.
fn gather(shared: &Shared) -> Option<Vec<Pending>> {
    let mut state = shared.state.lock();
    while state.pending.is_empty() {
        if state.closing {
            return None;
        }
        shared.work.wait(&mut state);
    }
    let mut bytes = 0;
    let fitting = state.pending.iter().take(COMMIT_ENVELOPES_MAX).take_while(|pending| {
        let fits = bytes < COMMIT_BYTES_MAX;
        bytes += pending.accepted.envelope.len();
        fits
    });
    let count = fitting.count();
    Some(state.pending.drain(..count).collect())
}

fn commit(shared: &Shared, tail: &mut Tail, group: Vec<Pending>) {
    let rows: Vec<&Accepted> = group.iter().map(|pending| &pending.accepted).collect();
    let appended = shared.log.append(tail, &rows);
    shared.metrics.accepting.note(appended.is_ok());
    let places = match appended {
        Ok(places) => places,
        Err(error) => return refuse(shared, group, &error.to_string()),
    };
    let mut answers = Vec::with_capacity(group.len());
    {
        let mut state = shared.state.lock();
        for ((seq, spot), Pending { accepted, answer }) in places.into_iter().zip(group) {
            shared.metrics.accepted.inc_by(u64::from(accepted.items));
            state.queue.push(seq, spot, accepted);
            answers.push(answer);
        }
    }
    for answer in answers {
        // Nobody listens where the client has gone.
        drop(answer.send(Ok(())));
    }
    shared.arrived.notify_one();
}

fn refuse(shared: &Shared, group: Vec<Pending>, reason: &str) {
    tracing::error!(reason, "the inbox could not be written");
    {
        let mut state = shared.state.lock();
        for Pending { accepted, answer } in group {
            state.queue.release(&Entry::of(&accepted));
            // Nobody listens where the client has gone.
            drop(answer.send(Err(reason.to_owned())));
        }
    }
    std::thread::sleep(RETRY_DELAY);
}
