//! What the test button sends: that it works, and nothing to do.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::alerts::messages::chat::Chat;
use crate::alerts::messages::mail::Envelope;
use crate::alerts::messages::post::Sender;
use crate::alerts::messages::{Result, pagerduty, webhook};
use crate::alerts::templates;
use crate::model::notification::TargetKind;
use crate::outbound::{Mail, Outgoing};

const SUBJECT: &str = "[LightTrace] A test message";

pub fn mail(envelope: &Envelope, url: &str, now: Timestamp, zone: &TimeZone) -> Result<Outgoing> {
    let view = json!({
        "subject": SUBJECT,
        "preheader": "Alerts reach you.",
        "time": now.to_zoned(zone.clone()).strftime("%-d %b %Y %H:%M %Z").to_string(),
        "url": url,
        "preferences_url": format!("{url}/settings/notifications"),
    });
    let (text, html) = (templates::render("test.txt", &view)?, templates::render("test.html", &view)?);
    let (to, subject) = (envelope.to.clone(), SUBJECT.to_owned());
    Ok(Outgoing::Mail(Mail { to, subject, text, html, message_id: envelope.message_id(), thread: None }))
}

pub fn post(sender: &Sender<'_>, url: &str, now: Timestamp) -> Result<Outgoing> {
    match sender.target.kind {
        TargetKind::Webhook => (),
        TargetKind::PagerDuty => {
            return sender.json(sender.target.url.clone(), Vec::new(), &pagerduty::test(sender));
        }
        _ => return sender.chat(&Chat::test(url)),
    }
    let body = json!({
        "version": webhook::VERSION,
        "event": "test",
        "id": sender.key,
        "date": webhook::time(now),
        "title": SUBJECT,
        "because": "Somebody pressed the test button.",
        "links": { "instance": url },
    });
    sender.webhook("test", &body)
}
