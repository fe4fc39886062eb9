//! Stories as requests: the headers that all have, and which channel's form the body takes.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::Value;
use sha2::Sha256;

use crate::alerts::messages::chat::Chat;
use crate::alerts::messages::story::Story;
use crate::alerts::messages::{
    Result, discord, mattermost, ntfy, pagerduty, slack, teams, telegram, webhook,
};
use crate::model::notification::{Target, TargetKind};
use crate::outbound::{Outgoing, Post};

const USER_AGENT: &str = concat!("LightTrace/", env!("CARGO_PKG_VERSION"));

/// Where a request goes, under which key.
pub struct Sender<'a> {
    pub target: &'a Target,
    pub key: &'a str,
    pub decided: Timestamp,
    /// Of this instance, without a slash at the end.
    pub url: &'a str,
}

pub fn incident(story: &Story, sender: &Sender<'_>) -> Result<Outgoing> {
    match sender.target.kind {
        TargetKind::Webhook => {
            sender.webhook(&format!("incident.{}", story.step.as_str()), &webhook::incident(story, sender))
        }
        TargetKind::PagerDuty => {
            sender.json(sender.target.url.clone(), Vec::new(), &pagerduty::incident(story, sender))
        }
        _ => sender.chat(&Chat::of(story)),
    }
}

impl Sender<'_> {
    /// Signed where there is a secret to sign with.
    pub fn webhook(&self, event: &str, body: &Value) -> Result<Outgoing> {
        let body = serde_json::to_string(body)?;
        let mut headers = vec![("X-LightTrace-Event".to_owned(), event.to_owned())];
        if let Some(secret) = &self.target.secret {
            headers.push(("X-LightTrace-Signature".to_owned(), signature(secret, &body)));
        }
        Ok(self.post(self.target.url.clone(), headers, body))
    }

    /// What people read, in the channel's own form.
    pub fn chat(&self, chat: &Chat) -> Result<Outgoing> {
        let url = self.target.url.clone();
        match self.target.kind {
            TargetKind::Slack => self.json(url, Vec::new(), &slack::body(chat)),
            TargetKind::Discord => self.json(url, Vec::new(), &discord::body(chat)),
            TargetKind::Teams => self.json(url, Vec::new(), &teams::body(chat)),
            TargetKind::Mattermost => self.json(url, Vec::new(), &mattermost::body(chat)),
            TargetKind::Telegram => {
                let (url, body) = telegram::request(chat, self.target);
                self.json(url, Vec::new(), &body)
            }
            TargetKind::Ntfy => {
                let (url, headers, body) = ntfy::request(chat, self.target);
                self.json(url, headers, &body)
            }
            TargetKind::Webhook | TargetKind::PagerDuty => {
                self.webhook("message", &serde_json::json!({ "title": chat.title }))
            }
        }
    }

    /// A channel's own form.
    pub fn json(&self, url: String, headers: Vec<(String, String)>, body: &Value) -> Result<Outgoing> {
        Ok(self.post(url, headers, serde_json::to_string(body)?))
    }

    fn post(&self, url: String, mut headers: Vec<(String, String)>, body: String) -> Outgoing {
        let fixed =
            [("Content-Type", "application/json"), ("User-Agent", USER_AGENT), ("Idempotency-Key", self.key)];
        headers.extend(fixed.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Outgoing::Post(Post { url, headers, body })
    }
}

/// Of the body's bytes, so that whoever knows the secret knows that we sent it.
fn signature(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length is a key");
    mac.update(body.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn signatures_are_those_that_everybody_computes() {
        // RFC 4231, test case 2.
        assert_eq!(
            signature("Jefe", "what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
