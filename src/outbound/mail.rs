//! One mail at a time, over SMTP: plain text, and the same as simple HTML.

use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::SmtpTransport;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Message, Transport};
use percent_encoding::percent_decode_str;

use crate::config::Smtp;

/// For each step of a conversation with the mail server.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);
const PORT_SUBMISSION: u16 = 587;
const PORT_TLS: u16 = 465;
/// Without a user it is a relay on the same machine or network.
const PORT_RELAY: u16 = 25;

/// What one mail says: a sentence, a link to follow, a small print.
#[derive(Debug, Clone)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
    /// What the link is called, and the link.
    pub action: (String, String),
    pub foot: String,
}

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It will fail again: the address is none.
    #[error("`{0}` is no address that mail can be sent to")]
    Address(String),
    #[error("LIGHTTRACE_SMTP_FROM is no address")]
    From,
    /// The server refused or did not answer.
    #[error("{0}")]
    Server(String),
}

/// Cheap to clone; connects anew for each mail.
#[derive(Clone)]
pub struct Mailer {
    transport: SmtpTransport,
    from: Mailbox,
}

impl Mailer {
    /// `smtps://` is encrypted from the first byte. `smtp://` takes STARTTLS where it is offered, and insists on it where
    /// a password would be sent.
    pub fn new(smtp: &Smtp) -> Result<Self, MailError> {
        let from = smtp.from.parse().map_err(|_| MailError::From)?;
        let url = &smtp.url;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let user = percent_decode_str(url.username()).decode_utf8_lossy().into_owned();
        let parameters = || TlsParameters::new(host.clone()).map_err(server);
        let (tls, port) = match (url.scheme(), user.is_empty()) {
            ("smtps", _) => (Tls::Wrapper(parameters()?), PORT_TLS),
            (_, true) => (Tls::Opportunistic(parameters()?), PORT_RELAY),
            (_, false) => (Tls::Required(parameters()?), PORT_SUBMISSION),
        };
        let mut builder = SmtpTransport::builder_dangerous(&host)
            .port(url.port().unwrap_or(port))
            .tls(tls)
            .timeout(Some(STEP_TIMEOUT));
        if !user.is_empty() {
            let password = percent_decode_str(url.password().unwrap_or_default());
            builder = builder.credentials(Credentials::new(user, password.decode_utf8_lossy().into_owned()));
        }
        Ok(Self { transport: builder.build(), from })
    }

    /// Blocks until the server has taken the mail over.
    pub fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let to: Mailbox = letter.to.parse().map_err(|_| MailError::Address(letter.to.clone()))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject.clone())
            .message_id(None)
            .multipart(MultiPart::alternative_plain_html(letter.as_text(), letter.as_html()));
        self.transport.send(&message.map_err(server)?).map(drop).map_err(server)
    }

    /// Greets the server and signs in, without sending anything. Blocks.
    pub fn probe(&self) -> Result<(), MailError> {
        match self.transport.test_connection() {
            Ok(true) => Ok(()),
            Ok(false) => Err(MailError::Server("the mail server does not take mail now".to_owned())),
            Err(error) => Err(server(error)),
        }
    }
}

/// The library's errors leave their cause to `source`, which is what people need to read.
fn server(error: impl std::error::Error) -> MailError {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    MailError::Server(text)
}

impl Letter {
    fn as_text(&self) -> String {
        let Self { text, action: (name, link), foot, .. } = self;
        format!("{text}\n\n{name}: {link}\n\n{foot}\n")
    }

    /// Styles stand in the tags: mail programs drop all others.
    fn as_html(&self) -> String {
        let (text, foot) = (escape(&self.text), escape(&self.foot));
        let (name, link) = (escape(&self.action.0), escape(&self.action.1));
        format!(
            "<!doctype html><html lang=\"en\"><body style=\"margin:0;padding:24px;font:15px/1.5 system-ui,sans-serif;\
             color:#171a21\"><p>{text}</p><p><a href=\"{link}\" style=\"display:inline-block;padding:8px 16px;\
             border-radius:6px;background:#171a21;color:#ffffff;text-decoration:none\">{name}</a></p>\
             <p style=\"color:#636b79;font-size:13px\">{foot}</p>\
             <p style=\"color:#636b79;font-size:13px;word-break:break-all\">{link}</p></body></html>"
        )
    }
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, letter| {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_are_called_is_no_html() {
        let letter = Letter {
            to: "ada@example.com".into(),
            subject: "x".into(),
            text: "<script>alert('Eve & co')</script>".into(),
            action: ("Join".into(), "https://example.com/invite/1?a=\"b\"".into()),
            foot: String::new(),
        };
        let html = letter.as_html();
        assert!(html.contains("&lt;script&gt;alert(&#39;Eve &amp; co&#39;)&lt;/script&gt;"), "{html}");
        assert!(html.contains("href=\"https://example.com/invite/1?a=&quot;b&quot;\""), "{html}");
        assert!(letter.as_text().contains("Join: https://example.com/invite/1?a=\"b\""));
    }

    #[test]
    fn settings_make_a_mailer() {
        let smtp = |url: &str, from: &str| Smtp { url: url.parse().expect("a URL"), from: from.to_owned() };
        for url in ["smtp://127.0.0.1:2525", "smtps://me:p%40ss@mail.example.com", "smtp://me:x@[::1]"] {
            assert!(Mailer::new(&smtp(url, "LightTrace <errors@example.com>")).is_ok(), "{url}");
        }
        let refused = Mailer::new(&smtp("smtp://127.0.0.1", "nobody")).err().expect("no address");
        assert!(refused.to_string().contains("LIGHTTRACE_SMTP_FROM"), "{refused}");
    }
}
