//! What leaves this machine on our own account: mail, through the operator's server. Only here is its library named.
//!
//! Everything has a time limit. Addresses and passwords of the settings never get into an error or a log line.

mod mail;

pub use crate::outbound::mail::{Letter, MailError, Mailer};
