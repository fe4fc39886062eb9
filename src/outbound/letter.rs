//! A short mail of our own: a sentence, a link to follow, a small print.

use uuid::Uuid;

use crate::outbound::outgoing::Mail;

#[derive(Debug, Clone)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
    /// What the link is called, and the link.
    pub action: (String, String),
    pub foot: String,
}

impl Letter {
    /// `host`: whose mail it is.
    pub fn into_mail(self, host: &str) -> Mail {
        Mail {
            text: self.as_text(),
            html: self.as_html(),
            message_id: format!("{}@{host}", Uuid::new_v4().simple()),
            thread: None,
            to: self.to,
            subject: self.subject,
        }
    }

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
        let mail = letter.into_mail("example.com");
        assert!(
            mail.html.contains("&lt;script&gt;alert(&#39;Eve &amp; co&#39;)&lt;/script&gt;"),
            "{}",
            mail.html
        );
        assert!(mail.html.contains("href=\"https://example.com/invite/1?a=&quot;b&quot;\""), "{}", mail.html);
        assert!(mail.text.contains("Join: https://example.com/invite/1?a=\"b\""));
        assert!(mail.message_id.ends_with("@example.com"));
    }
}
