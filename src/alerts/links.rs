//! What the links in messages carry: which message, what to do in whose name, until when; signed by this instance.
//!
//! Whoever has a link may use it, as whoever has a mail may read it. It does one thing to one incident, once.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use crate::model::action_link::{ActionLink, LinkAction};
use crate::model::ids::{AccountId, IncidentId, NotificationId, TargetId};
use crate::model::notification::Recipient;

/// Raised when the bytes below change: older links are then no links any more.
const FORMAT: u8 = 1;
/// Format, notification, incident, kind of recipient, recipient, action, seconds.
const PAYLOAD_BYTES: usize = 1 + 8 + 8 + 1 + 8 + 1 + 8;
const SIGNATURE_BYTES: usize = 32;
const TOKEN_LETTERS: usize = (PAYLOAD_BYTES + SIGNATURE_BYTES).div_ceil(3) * 4;
/// So that nothing else that the secret may once sign is taken for a link.
const PURPOSE: &[u8] = b"lighttrace action link\0";

/// Makes tokens and reads them.
#[derive(Clone)]
pub struct LinkSigner {
    secret: [u8; 32],
}

impl fmt::Debug for LinkSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSigner")
    }
}

impl LinkSigner {
    pub fn new(secret: [u8; 32]) -> Self {
        Self { secret }
    }

    pub fn token(&self, link: &ActionLink) -> String {
        let payload = payload(link);
        let signature = self.mac(&payload).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([payload.as_slice(), signature.as_slice()].concat())
    }

    /// `None`: this instance did not make it. Whether it has expired is the caller's to say.
    pub fn read(&self, token: &str) -> Option<ActionLink> {
        if token.len() > TOKEN_LETTERS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (payload, signature) = bytes.split_first_chunk::<PAYLOAD_BYTES>()?;
        // Compares in constant time.
        self.mac(payload).verify_slice(signature).ok()?;
        link(payload)
    }

    fn mac(&self, payload: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("any length is a key");
        mac.update(PURPOSE);
        mac.update(payload);
        mac
    }
}

fn payload(link: &ActionLink) -> Vec<u8> {
    let (kind, recipient) = match link.recipient {
        Recipient::Person { account } => (0, account.0),
        Recipient::Target { target } => (1, target.0),
    };
    let mut payload = Vec::with_capacity(PAYLOAD_BYTES);
    payload.push(FORMAT);
    payload.extend(link.notification.0.to_be_bytes());
    payload.extend(link.incident.0.to_be_bytes());
    payload.push(kind);
    payload.extend(recipient.to_be_bytes());
    payload.push(link.action as u8);
    payload.extend(link.expires.as_second().to_be_bytes());
    payload
}

fn link(payload: &[u8; PAYLOAD_BYTES]) -> Option<ActionLink> {
    let (&format, rest) = payload.split_first()?;
    let (notification, rest) = number(rest)?;
    let (incident, rest) = number(rest)?;
    let (&kind, rest) = rest.split_first()?;
    let (recipient, rest) = number(rest)?;
    let (&action, rest) = rest.split_first()?;
    let (expires, _) = number(rest)?;
    let recipient = match kind {
        0 => Recipient::Person { account: AccountId(recipient) },
        1 => Recipient::Target { target: TargetId(recipient) },
        _ => return None,
    };
    let action = LinkAction::ALL.into_iter().find(|known| *known as u8 == action)?;
    let expires = Timestamp::from_second(expires.cast_signed()).ok()?;
    let (notification, incident) = (NotificationId(notification), IncidentId(incident));
    (format == FORMAT).then_some(ActionLink { notification, incident, recipient, action, expires })
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u64::from_be_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_link(action: LinkAction, recipient: Recipient) -> ActionLink {
        let expires = "2026-01-10T12:00:00Z".parse().expect("a time");
        ActionLink { notification: NotificationId(7), incident: IncidentId(3), recipient, action, expires }
    }

    #[test]
    fn tokens_are_read_back() {
        let signer = LinkSigner::new([7; 32]);
        for action in LinkAction::ALL {
            for recipient in [
                Recipient::Person { account: AccountId(u64::MAX) },
                Recipient::Target { target: TargetId(2) },
            ] {
                let token = signer.token(&a_link(action, recipient));
                assert!(
                    token.len() <= TOKEN_LETTERS
                        && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
                );
                assert_eq!(signer.read(&token), Some(a_link(action, recipient)));
            }
        }
    }

    #[test]
    fn nothing_else_is_a_token() {
        let signer = LinkSigner::new([7; 32]);
        let token = signer.token(&a_link(LinkAction::Mute, Recipient::Target { target: TargetId(2) }));
        assert_eq!(LinkSigner::new([8; 32]).read(&token), None, "another instance's");
        let bytes = URL_SAFE_NO_PAD.decode(&token).expect("base64");
        for place in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[place] ^= 1;
            assert_eq!(signer.read(&URL_SAFE_NO_PAD.encode(forged)), None, "byte {place}");
            assert_eq!(signer.read(&URL_SAFE_NO_PAD.encode(&bytes[..place])), None, "cut at {place}");
        }
        for token in ["", "a", "ä", &format!("{token}A"), &"A".repeat(10_000)] {
            assert_eq!(signer.read(token), None, "{token}");
        }
    }
}
