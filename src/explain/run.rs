//! One explanation while it is being made: what has come of it so far, for as many as watch, and the word that stops it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::explain::answer;
use crate::model::explanation::{Answer, ExplanationId};
use crate::model::ids::IssueId;

/// Reading what is whole so far walks over all of it: not for each word.
const PARTIAL_INTERVAL: Duration = Duration::from_millis(150);

pub struct Run {
    pub id: ExplanationId,
    pub issue: IssueId,
    pub asked: jiff::Timestamp,
    pub model: String,
    pub prompt_version: String,
    /// Of what is sent, estimated.
    pub tokens: u32,
    progress: watch::Sender<Progress>,
    cancelled: watch::Sender<bool>,
    read: Mutex<Option<Instant>>,
}

#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// As it came.
    pub text: String,
    /// The parts that are whole; another one each time there are more.
    pub partial: Option<Arc<Answer>>,
    /// It is in the store as it ended.
    pub is_over: bool,
}

/// What whoever starts a run knows of it.
pub struct Began {
    pub id: ExplanationId,
    pub issue: IssueId,
    pub asked: jiff::Timestamp,
    pub model: String,
    pub prompt_version: String,
    pub tokens: u32,
}

impl Run {
    pub fn new(began: Began) -> Self {
        let Began { id, issue, asked, model, prompt_version, tokens } = began;
        Self {
            id,
            issue,
            asked,
            model,
            prompt_version,
            tokens,
            progress: watch::Sender::default(),
            cancelled: watch::Sender::default(),
            read: Mutex::default(),
        }
    }

    pub fn watch(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    pub fn cancel(&self) {
        self.cancelled.send_replace(true);
    }

    /// Returns once somebody stops it.
    pub async fn cancelled(&self) {
        let mut cancelled = self.cancelled.subscribe();
        // The sender lives as long as the run.
        let _ = cancelled.wait_for(|cancelled| *cancelled).await;
    }

    pub(super) fn hear(&self, text: &str) {
        let mut read = self.read.lock();
        let is_due = read.is_none_or(|read| read.elapsed() >= PARTIAL_INTERVAL);
        self.progress.send_modify(|progress| {
            progress.text.push_str(text);
            if is_due {
                let partial = answer::partial(&progress.text);
                if progress.partial.as_deref() != Some(&partial) && partial != Answer::default() {
                    progress.partial = Some(Arc::new(partial));
                }
            }
        });
        if is_due {
            *read = Some(Instant::now());
        }
    }

    pub(super) fn end(&self) {
        self.progress.send_modify(|progress| progress.is_over = true);
    }

    /// Returns once it is over.
    pub async fn over(&self) {
        let mut progress = self.watch();
        let _ = progress.wait_for(|progress| progress.is_over).await;
    }
}
