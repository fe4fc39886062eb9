//! What leaves this machine on our own account: mail, through the operator's server, requests to the receivers that people
//! set up, and questions to a language model. Only here are the libraries for it named.
//!
//! Everything has a time limit. Addresses and passwords of the settings never get into an error or a log line.

use crate::config::Config;

mod address;
mod client;
mod letter;
pub mod llm;
mod mail;
mod outgoing;
mod post;

pub use crate::outbound::address::check_target;
pub use crate::outbound::letter::Letter;
pub use crate::outbound::mail::{MailError, Mailer};
pub use crate::outbound::outgoing::{Mail, Outcome, Outgoing, Post};
pub use crate::outbound::post::Poster;

/// The ways out.
pub struct Outbound {
    /// `None`: mail is not set up.
    mailer: Option<Mailer>,
    poster: Poster,
}

impl Outbound {
    pub fn new(mailer: Option<Mailer>, config: &Config) -> Self {
        Self { mailer, poster: Poster::new(config.allow_private_targets) }
    }

    /// Tries once.
    pub async fn send(&self, outgoing: &Outgoing) -> Outcome {
        match (outgoing, &self.mailer) {
            (Outgoing::Post(post), _) => self.poster.send(post).await,
            (Outgoing::Mail(mail), Some(mailer)) => match mailer.send(mail).await {
                Ok(()) => Outcome::Delivered,
                Err(error) => error.into(),
            },
            (Outgoing::Mail(_), None) => {
                Outcome::Refused { reason: "Mail is not set up (LIGHTTRACE_SMTP_URL)".to_owned() }
            }
        }
    }
}
