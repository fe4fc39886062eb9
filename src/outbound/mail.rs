//! Mail, one at a time, over SMTP.
//!
//! Each goes over a connection of its own: messages about errors are few, and a connection that was kept may be dead.

use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;

use crate::config::Smtp;
use crate::outbound::letter::Letter;
use crate::outbound::outgoing::{Mail, Outcome};

/// Until the mail server is reached and greets.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For a whole mail, from the first byte to the server's word that it has it. Servers look for spam before they say so,
/// and a mail given up too early arrives twice.
const MAIL_TIMEOUT: Duration = Duration::from_mins(1);
const PORT_SUBMISSION: u16 = 587;
const PORT_TLS: u16 = 465;
/// Without a user it is a relay on the same machine or network.
const PORT_RELAY: u16 = 25;
/// Mail programs cut subjects long before; longer ones are an attacker's.
const SUBJECT_CHARS_MAX: usize = 250;
/// Of what the server answered.
const REASON_CHARS_MAX: usize = 400;
/// What a server says of the sign-in: it is the operator's to mend, and no mail's fault.
const SIGN_IN_CODES: [u16; 4] = [530, 534, 535, 538];

type Transport = AsyncSmtpTransport<Tokio1Executor>;

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It will fail again: the address is none.
    #[error("`{0}` is no address that mail can be sent to")]
    Address(String),
    #[error("LIGHTTRACE_SMTP_FROM is no address")]
    From,
    /// The server will not take this mail, however often it is asked.
    #[error("{0}")]
    Refused(String),
    /// The server does not take it now, or did not answer.
    #[error("{0}")]
    Server(String),
}

impl From<MailError> for Outcome {
    fn from(error: MailError) -> Self {
        let reason = error.to_string();
        match error {
            MailError::Address(_) | MailError::Refused(_) => Self::Refused { reason },
            MailError::From | MailError::Server(_) => Self::Later { reason, after: None },
        }
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Mailer(Arc<Inner>);

struct Inner {
    smtp: Smtp,
    from: Mailbox,
    /// Made for the first mail: the machine's certificates cost megabytes, and many instances never send one.
    transport: OnceLock<Transport>,
    time: Duration,
}

impl Mailer {
    pub fn new(smtp: &Smtp) -> Result<Self, MailError> {
        Self::with_timeout(smtp, MAIL_TIMEOUT)
    }

    /// `time`: for a whole mail.
    pub fn with_timeout(smtp: &Smtp, time: Duration) -> Result<Self, MailError> {
        let from = smtp.from.parse().map_err(|_| MailError::From)?;
        Ok(Self(Arc::new(Inner { smtp: smtp.clone(), from, transport: OnceLock::new(), time })))
    }

    /// Returns once the server has taken the mail over.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = self.message(mail)?;
        let sending = self.transport()?.send(message);
        match timeout(self.0.time, sending).await {
            Ok(sent) => sent.map(drop).map_err(|error| refusal(&error)),
            Err(_) => Err(self.slow()),
        }
    }

    pub async fn send_letter(&self, letter: Letter) -> Result<(), MailError> {
        let host = self.0.from.email.domain().to_owned();
        self.send(&letter.into_mail(&host)).await
    }

    /// Greets the server and signs in, without sending anything.
    pub async fn probe(&self) -> Result<(), MailError> {
        match timeout(self.0.time, self.transport()?.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(MailError::Server("the mail server does not take mail now".to_owned())),
            Ok(Err(error)) => Err(MailError::Server(words(&error))),
            Err(_) => Err(self.slow()),
        }
    }

    fn transport(&self) -> Result<&Transport, MailError> {
        if let Some(transport) = self.0.transport.get() {
            return Ok(transport);
        }
        let made = transport(&self.0.smtp)?;
        Ok(self.0.transport.get_or_init(|| made))
    }

    fn slow(&self) -> MailError {
        MailError::Server(format!("the mail server did not answer within {} seconds", self.0.time.as_secs()))
    }

    fn message(&self, mail: &Mail) -> Result<Message, MailError> {
        let address = || MailError::Address(mail.to.clone());
        let to: Mailbox = mail.to.parse().map_err(|_| address())?;
        // The name of a list that people filter by; nobody subscribes to it.
        let list = format!("LightTrace <lighttrace.{}>", self.0.from.email.domain());
        let mut builder = Message::builder()
            .from(self.0.from.clone())
            .to(to)
            .subject(one_line(&mail.subject))
            .message_id(Some(id(&mail.message_id)))
            .header(AutoSubmitted)
            .header(NoAutomaticAnswers)
            .header(ListId(list));
        if let Some(thread) = &mail.thread {
            builder = builder.in_reply_to(id(thread)).references(id(thread));
        }
        let bodies = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
        builder.multipart(bodies).map_err(|error| MailError::Refused(words(&error)))
    }
}

/// `smtps://` is encrypted from the first byte. `smtp://` takes STARTTLS where it is offered, and insists on it where a
/// password would be sent.
fn transport(smtp: &Smtp) -> Result<Transport, MailError> {
    let url = &smtp.url;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let user = percent_decode_str(url.username()).decode_utf8_lossy().into_owned();
    let parameters = || TlsParameters::new(host.clone()).map_err(|error| MailError::Server(words(&error)));
    let (tls, port) = match (url.scheme(), user.is_empty()) {
        ("smtps", _) => (Tls::Wrapper(parameters()?), PORT_TLS),
        (_, true) => (Tls::Opportunistic(parameters()?), PORT_RELAY),
        (_, false) => (Tls::Required(parameters()?), PORT_SUBMISSION),
    };
    let mut builder = Transport::builder_dangerous(&host)
        .port(url.port().unwrap_or(port))
        .tls(tls)
        .timeout(Some(CONNECT_TIMEOUT));
    if !user.is_empty() {
        let password = percent_decode_str(url.password().unwrap_or_default());
        builder = builder.credentials(Credentials::new(user, password.decode_utf8_lossy().into_owned()));
    }
    Ok(builder.build())
}

fn refusal(error: &SmtpError) -> MailError {
    let is_sign_in = error.status().is_some_and(|code| SIGN_IN_CODES.contains(&u16::from(code)));
    if (error.is_permanent() && !is_sign_in) || error.is_client() {
        MailError::Refused(words(error))
    } else {
        MailError::Server(words(error))
    }
}

/// The library's errors leave their cause to `source`, which is what people need to read. Neither repeats a password.
fn words(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    one_line(&text).chars().take(REASON_CHARS_MAX).collect()
}

/// A line break in a header would begin another one.
fn one_line(text: &str) -> String {
    let spaced = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    spaced.take(SUBJECT_CHARS_MAX.max(REASON_CHARS_MAX)).collect::<String>().trim().to_owned()
}

/// In brackets, and nothing in them that would end it.
fn id(text: &str) -> String {
    let allowed = |letter: &char| letter.is_ascii_graphic() && !matches!(letter, '<' | '>');
    format!("<{}>", text.chars().filter(allowed).collect::<String>())
}

/// Says the same in every mail, or a name made here.
macro_rules! plain_header {
    ($name:ident, $header:literal, $value:expr) => {
        impl Header for $name {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($header)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
                Err("only written".into())
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), $value(self).to_owned())
            }
        }
    };
}

/// RFC 3834: nobody's answering machine answers it.
#[derive(Clone)]
struct AutoSubmitted;
plain_header!(AutoSubmitted, "Auto-Submitted", |_: &AutoSubmitted| "auto-generated");

/// The same in Exchange's words.
#[derive(Clone)]
struct NoAutomaticAnswers;
plain_header!(NoAutomaticAnswers, "X-Auto-Response-Suppress", |_: &NoAutomaticAnswers| "All");

#[derive(Clone)]
struct ListId(String);
plain_header!(ListId, "List-Id", |list: &ListId| list.0.clone());

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(url: &str, from: &str) -> Smtp {
        Smtp { url: url.parse().expect("a URL"), from: from.to_owned() }
    }

    fn mail(subject: &str) -> Mail {
        Mail {
            to: "ada@example.com".to_owned(),
            subject: subject.to_owned(),
            text: "Grüße".to_owned(),
            html: "<p>Grüße</p>".to_owned(),
            message_id: "3f2a@errors.example.com".to_owned(),
            thread: None,
        }
    }

    fn formatted(mail: &Mail) -> String {
        let mailer =
            Mailer::new(&smtp("smtp://127.0.0.1", "LightTrace <errors@example.com>")).expect("valid");
        String::from_utf8(mailer.message(mail).expect("a message").formatted()).expect("ASCII")
    }

    #[test]
    fn settings_make_a_mailer() {
        for url in ["smtp://127.0.0.1:2525", "smtps://me:p%40ss@mail.example.com", "smtp://me:x@[::1]"] {
            let smtp = smtp(url, "LightTrace <errors@example.com>");
            assert!(Mailer::new(&smtp).is_ok() && transport(&smtp).is_ok(), "{url}");
        }
        let refused = Mailer::new(&smtp("smtp://127.0.0.1", "nobody")).err().expect("no address");
        assert!(refused.to_string().contains("LIGHTTRACE_SMTP_FROM"), "{refused}");
    }

    #[test]
    fn a_mail_has_its_headers_and_both_bodies() {
        let reply =
            Mail { thread: Some("first@errors.example.com".to_owned()), ..mail("Zahlung schlägt fehl") };
        let text = formatted(&reply);
        let subject = "Subject: Zahlung =?utf-8?b?c2NobMOkZ3Q=?= fehl";
        for header in [
            "From: LightTrace <errors@example.com>",
            "To: ada@example.com",
            subject,
            "Message-ID: <3f2a@errors.example.com>",
            "In-Reply-To: <first@errors.example.com>",
            "References: <first@errors.example.com>",
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: All",
            "List-Id: LightTrace <lighttrace.example.com>",
            "Content-Type: multipart/alternative;",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Type: text/html; charset=utf-8",
        ] {
            assert!(text.lines().any(|line| line.starts_with(header)), "{header}\n{text}");
        }
    }

    #[test]
    fn nothing_in_a_subject_or_an_id_begins_another_header() {
        for evil in
            ["a\r\nBcc: eve@example.com", "a\nBcc: eve@example.com", "ü\r\nBcc: eve@example.com\r\n\r\nx"]
        {
            let mut evil_mail = mail(evil);
            evil_mail.message_id = format!("{evil}@x>");
            evil_mail.thread = Some(evil.to_owned());
            let text = formatted(&evil_mail);
            let head = text.split("\r\n\r\n").next().expect("a head");
            assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{text}");
        }
        let refused = Mailer::new(&smtp("smtp://127.0.0.1", "a@b.c"))
            .expect("valid")
            .message(&Mail { to: "ada@example.com\r\nBcc: eve@example.com".to_owned(), ..mail("x") });
        assert!(matches!(refused, Err(MailError::Address(_))));
    }
}
