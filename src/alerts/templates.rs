//! Forms with much text, of mails and of the page behind their links: templates of `data/messages`, compiled into the
//! binary. `.html` is escaped by itself.

use std::sync::LazyLock;

use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::alerts::messages::plain;

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, text) in FILES {
        environment.add_template(name, text).expect("the templates are tested");
    }
    environment.add_filter("inert", |text: &str| plain::inert(text));
    environment.add_filter("link", |url: &str| Value::from_safe_string(link(url)));
    environment.add_filter("inert_html", |text: &str| Value::from_safe_string(inert_html(text)));
    environment
});

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../data/messages/", $name)))),+]
    };
}

const FILES: &[(&str, &str)] = files![
    "layout.html",
    "parts.html",
    "incident.html",
    "incident.txt",
    "test.html",
    "test.txt",
    "digest.html",
    "digest.txt",
    "act.html"
];

/// What stands in a template and not in its context is a mistake that its test finds.
pub fn render(name: &str, context: &impl Serialize) -> Result<String, minijinja::Error> {
    TEMPLATES.get_template(name)?.render(Value::from(Serde(context)))
}

/// As an attribute; slashes stay, so that whatever looks for addresses in the text of a mail finds ours whole.
fn link(url: &str) -> String {
    let escaped = url.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('"', "&quot;").replace('\'', "&#39;")
}

/// Escaped; and mail programs that look for addresses in text find none: an element stands in each.
fn inert_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    let mut letters = text.chars().peekable();
    let mut last = ' ';
    while let Some(letter) = letters.next() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '@' => html.push_str("<span>@</span>"),
            ':' if letters.peek() == Some(&'/') => html.push_str("<span>:</span>"),
            // `evil.example`, but not the end of a sentence.
            '.' if last.is_alphanumeric() && letters.peek().is_some_and(|next| next.is_alphabetic()) => {
                html.push_str("<span>.</span>");
            }
            letter => html.push(letter),
        }
        last = letter;
    }
    html
}

#[cfg(test)]
mod tests {
    use super::{inert_html, link};

    #[test]
    fn addresses_stay_as_they_are() {
        assert_eq!(link("https://x.io/act/a-b_c?d=1&e=\"'"), "https://x.io/act/a-b_c?d=1&amp;e=&quot;&#39;");
    }

    #[test]
    fn nothing_in_a_title_is_markup_or_an_address() {
        assert_eq!(
            inert_html("<b a='1'>https://evil.example & me@x.io. 1.5"),
            "&lt;b a=&#39;1&#39;&gt;https<span>:</span>//evil<span>.</span>example &amp; \
             me<span>@</span>x<span>.</span>io. 1.5"
        );
    }
}
