//! The inbox's one writer: gathers, commits with fsync, answers.

use std::time::Duration;

use crate::inbox::Shared;
use crate::inbox::queue::{Entry, Pending};

/// Acknowledgements alone wait this long for an append whose fsync they can share.
const ACK_DELAY_MAX: Duration = Duration::from_millis(500);
/// Envelopes in one commit. More wait for the next one, so that no answer waits for an endless commit.
const COMMIT_ENVELOPES_MAX: usize = 1_000;
/// Bytes of envelopes in one commit.
const COMMIT_BYTES_MAX: usize = 16 << 20;

/// Runs until the inbox closes.
pub fn run(shared: &Shared) {
    while let Some(work) = gather(shared) {
        commit(shared, work);
    }
}

struct Work {
    first_seq: u64,
    pending: Vec<Pending>,
    acked: Vec<u64>,
}

/// Waits for work. `None`: closing, and nothing is left.
fn gather(shared: &Shared) -> Option<Work> {
    let mut state = shared.state.lock();
    loop {
        if !state.pending.is_empty() || (state.closing && !state.acked.is_empty()) {
            break;
        }
        if state.closing {
            return None;
        }
        if state.acked.is_empty() {
            shared.work.wait(&mut state);
        } else if shared.work.wait_for(&mut state, ACK_DELAY_MAX).timed_out() {
            break;
        }
    }
    let mut bytes = 0;
    let fitting = state.pending.iter().take(COMMIT_ENVELOPES_MAX).take_while(|pending| {
        let fits = bytes < COMMIT_BYTES_MAX;
        bytes += pending.accepted.envelope.len();
        fits
    });
    let count = fitting.count();
    let first_seq = state.next_seq;
    state.next_seq += count as u64;
    Some(Work {
        first_seq,
        pending: state.pending.drain(..count).collect(),
        acked: std::mem::take(&mut state.acked),
    })
}

fn commit(shared: &Shared, work: Work) {
    let appended = work.pending.iter().map(|pending| &pending.accepted);
    let result = shared.disk.commit(work.first_seq, appended, &work.acked);
    shared.metrics.accepting.note(result.is_ok());
    let failure = result.err().map(|error| error.to_string());
    let mut state = shared.state.lock();
    if let Some(reason) = failure {
        tracing::error!(reason, "the inbox could not be written");
        // Deleting can wait for a commit that works; until then a crash only means a replay.
        state.acked.extend(work.acked);
        for Pending { accepted, answer } in work.pending {
            state.queue.release(&Entry::of(&accepted));
            // Nobody listens where the client has gone.
            drop(answer.send(Err(reason.clone())));
        }
        drop(state);
        // A full disk stays full for a while; do not spin on acknowledgements alone.
        std::thread::sleep(Duration::from_millis(100));
        return;
    }
    let appended = !work.pending.is_empty();
    let mut answers = Vec::with_capacity(work.pending.len());
    for (seq, Pending { accepted, answer }) in (work.first_seq..).zip(work.pending) {
        shared.metrics.accepted.inc_by(u64::from(accepted.items));
        state.queue.push(seq, accepted);
        answers.push(answer);
    }
    drop(state);
    for answer in answers {
        // Nobody listens where the client has gone.
        drop(answer.send(Ok(())));
    }
    if appended {
        shared.arrived.notify_one();
    }
}
