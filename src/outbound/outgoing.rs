//! What is handed over to be sent, ready to the last byte: kept with its try, so that every further one says the same.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outgoing {
    Mail(Mail),
    Post(Post),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// Without `<>`.
    pub message_id: String,
    /// Of the mail that began the thread: what `In-Reply-To` and `References` name. Without `<>`.
    pub thread: Option<String>,
}

/// A request with a body. Its URL and headers may hold secrets.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Post {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Post({} bytes)", self.body.len())
    }
}

/// How a try to send ended. Reasons are sentences for whoever set the receiver up, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has taken it over.
    Delivered,
    /// It may work later; not before `after`, where the receiver said so.
    Later { reason: String, after: Option<std::time::Duration> },
    /// It will probably fail again, unless the receiver is just being changed.
    Doubtful { reason: String },
    /// It would fail again.
    Refused { reason: String },
}
