//! What leaves this machine on our own account: mail, through the operator's server, and requests to the receivers that
//! people set up. Only here are the libraries for it named.
//!
//! Everything has a time limit. Addresses and passwords of the settings never get into an error or a log line.

mod mail;
mod outgoing;

pub use crate::outbound::mail::{Letter, MailError, Mailer};
pub use crate::outbound::outgoing::{Mail, Outcome, Outgoing, Post};
