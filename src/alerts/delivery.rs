//! From the outbox to the world: a worker that sends what is due, each recipient's messages one after the other and all
//! recipients beside each other.
//!
//! It sleeps until something is due or added. Nothing that it knows is lost with it: which message waits until when stands
//! in the store, and a recipient that fails is found out anew.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::alerts::delivery::lane::{Entry, Lane};
use crate::alerts::delivery::pace::Pace;
use crate::alerts::delivery::sending::{Reached, Sending};
use crate::metrics::Metrics;
use crate::model::notification::{Notification, Recipient};
use crate::outbound::{Outbound, Outgoing};
use crate::store::Store;

mod lane;
pub mod pace;
mod sending;

/// Tries at once by mail, which all goes to one server; and to all other receivers. The latter each end within seconds,
/// and one that fails rests: so many would have to hang at once until one that works had to wait.
const MAILS_MAX: usize = 4;
const POSTS_MAX: usize = 64;
/// What is on its way at a stop gets so long; what became of the rest is not known, and it is sent again.
const STOP_GRACE: Duration = Duration::from_secs(2);
/// Where the store does not answer.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// No sleep is longer: a clock that was set right makes messages due.
const SLEEP_MAX: Duration = Duration::from_mins(1);

/// What a message says.
pub enum Made {
    Send(Outgoing),
    /// Its recipient does not want to be told before then.
    Hold {
        until: Timestamp,
        reason: String,
    },
    /// There is nobody to tell, or nothing any more.
    Drop {
        reason: String,
    },
}

/// Writes a message. Called before its first try only; blocks.
pub type Make = Box<dyn Fn(&Notification, Timestamp) -> anyhow::Result<Made> + Send + Sync>;

pub struct Delivery {
    sending: Arc<Sending>,
    lanes: HashMap<Recipient, Lane>,
    tries: JoinSet<(Recipient, Reached)>,
    mails: usize,
    posts: usize,
}

impl Delivery {
    pub fn new(store: Store, outbound: Outbound, metrics: Arc<Metrics>, make: Make) -> Self {
        Self::with_pace(store, outbound, metrics, make, Pace::default())
    }

    pub fn with_pace(
        store: Store,
        outbound: Outbound,
        metrics: Arc<Metrics>,
        make: Make,
        pace: Pace,
    ) -> Self {
        let sending = Arc::new(Sending { store, outbound, metrics, make, pace });
        Self { sending, lanes: HashMap::new(), tries: JoinSet::new(), mails: 0, posts: 0 }
    }

    /// A worker: blocks until it is told to stop.
    pub fn run(self, runtime: &Handle, stopped: watch::Receiver<bool>) {
        runtime.block_on(self.deliver(stopped));
    }

    pub async fn deliver(mut self, mut stopped: watch::Receiver<bool>) {
        let mut outbox = self.sending.store.outbox();
        loop {
            outbox.mark_unchanged();
            let pause = self.start_what_is_due();
            tokio::select! {
                () = sleep(pause) => (),
                changed = outbox.changed() => if changed.is_err() { break },
                Some(ended) = self.tries.join_next() => self.end(ended),
                _ = stopped.wait_for(|stopped| *stopped) => break,
            }
            while let Some(ended) = self.tries.try_join_next() {
                self.end(ended);
            }
        }
        let grace = timeout(STOP_GRACE, async { while self.tries.join_next().await.is_some() {} });
        // Those that take longer are broken off; they stay in the outbox under their key.
        let _ = grace.await;
        self.tries.abort_all();
    }

    /// Answers how long nothing else is to be done, unless something happens.
    fn start_what_is_due(&mut self) -> Duration {
        let now = Timestamp::now();
        let heads = match self.sending.store.outbox_heads(now) {
            Ok(heads) => heads,
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read");
                return STORE_PAUSE;
            }
        };
        self.sending.metrics.notifications_waiting.set(i64::try_from(heads.waiting).unwrap_or(i64::MAX));
        let until_next = heads.next.map(|next| Duration::try_from(next.duration_since(now)));
        let mut pause = until_next.map_or(SLEEP_MAX, Result::unwrap_or_default).min(SLEEP_MAX);
        let entered = Instant::now();
        let mut is_due = Vec::with_capacity(heads.due.len());
        for head in heads.due {
            is_due.push(head.recipient);
            if let Some(wait) = self.start(head, entered) {
                pause = pause.min(wait);
            }
        }
        // What a lane remembers matters only while messages are there, or rest.
        self.lanes.retain(|recipient, lane| lane.matters(entered) || is_due.contains(recipient));
        pause
    }

    /// Answers when to ask again; where something else will wake us, nothing.
    fn start(&mut self, notification: Notification, now: Instant) -> Option<Duration> {
        let recipient = notification.recipient;
        let is_mail = matches!(recipient, Recipient::Person { .. });
        if if is_mail { self.mails >= MAILS_MAX } else { self.posts >= POSTS_MAX } {
            return None;
        }
        let lane = self.lanes.entry(recipient).or_default();
        match lane.enter(now) {
            Entry::Busy => None,
            Entry::After(wait) => Some(wait),
            Entry::Free => {
                *self.count(is_mail) += 1;
                let failures = self.lanes.get(&recipient).map_or(0, |lane| lane.failures);
                let sending = self.sending.clone();
                self.tries.spawn(async move { (recipient, sending.attempt(notification, failures).await) });
                None
            }
        }
    }

    fn count(&mut self, is_mail: bool) -> &mut usize {
        if is_mail { &mut self.mails } else { &mut self.posts }
    }

    fn end(&mut self, ended: Result<(Recipient, Reached), tokio::task::JoinError>) {
        // A try that panics is a defect; its thread's end ends the process, which sends it again under its key.
        let (recipient, reached) = ended.expect("a try does not panic");
        *self.count(matches!(recipient, Recipient::Person { .. })) -= 1;
        let Some(lane) = self.lanes.get_mut(&recipient) else { return };
        let now = Instant::now();
        match reached {
            Reached::Yes => lane.leave(None, now),
            Reached::Untried => lane.pass(),
            Reached::No { at_least } => {
                let seed = Timestamp::now().as_microsecond().unsigned_abs();
                let rest = self.sending.pace.rest(lane.failures.saturating_add(1), seed);
                lane.leave(Some(rest.max(at_least)), now);
            }
        }
    }
}
