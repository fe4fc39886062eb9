//! What an error comes down to in its trace: "failed 412 ms into `POST /api/payment`, in `auth-service` → `GET /token`, 401".
//! Code stands between backticks; what is not known is not said, or said to be missing.

use crate::insight::slower::duration;
use crate::insight::trace::{Forest, Service, failed, flag};
use crate::model::span::{AttributeValue, Span};

/// Of a name; more is no name.
const NAME_CHARS_MAX: usize = 120;
/// An answer from here on is a failure.
const HTTP_FAILED_MIN: u16 = 400;
const HTTP_STATUS_KEYS: [&str; 3] = ["http.response.status_code", "http.status_code", "http.response.status"];

/// An error to tell about.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// The row of its span; `None`: it never arrived.
    pub row: Option<usize>,
    /// The row that says most of why; see [`failing_row`].
    pub failing: Option<usize>,
    /// When it happened, by the clock of its own service, in microseconds since 1970.
    pub at_us: i64,
    /// How the failing span ended, `401` or `not_found`; empty where that is not known.
    pub status: &'a str,
}

/// The deepest span below that failed too: a call fails because the other side did.
pub fn failing_row(forest: &Forest<'_>, mut row: usize) -> usize {
    loop {
        let failed = forest.children(row).filter(|child| forest.rows[*child].is(flag::ERROR));
        match failed.max_by_key(|child| forest.rows[*child].end_us()) {
            Some(child) => row = child,
            None => return row,
        }
    }
}

/// The span by which another service answered a call. It may say more of why than the call does, although nobody called it
/// failed: a 401 is no failure of the server's.
pub fn answer_to(forest: &Forest<'_>, row: usize) -> Option<usize> {
    let other = |child: &usize| forest.rows[*child].service != forest.rows[row].service;
    let mut answers = forest.children(row).filter(other);
    answers.next().filter(|_| answers.next().is_none())
}

/// How a span ended, in a word: an HTTP status that is a failure, or else what the span says itself.
pub fn http_status(span: &Span) -> String {
    let code = HTTP_STATUS_KEYS.iter().find_map(|key| match span.attribute(key)? {
        AttributeValue::Integer(code) => u16::try_from(*code).ok(),
        AttributeValue::Text(code) => code.parse().ok(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "as a cast does: out of bounds is none"
        )]
        AttributeValue::Double(code) => Some(*code as u16),
        AttributeValue::Bool(_) | AttributeValue::Json(_) => None,
    });
    match code {
        Some(code) if (HTTP_FAILED_MIN..600).contains(&code) => code.to_string(),
        _ if failed(span) => span.status_word.clone(),
        _ => String::new(),
    }
}

/// `None` where the trace has no span. `name_of`: what a service is called.
pub fn sentence(
    forest: &Forest<'_>,
    failure: Failure<'_>,
    name_of: &dyn Fn(&Service<'_>) -> String,
) -> Option<String> {
    let outermost = || (0..forest.rows.len()).filter(|row| forest.rows[*row].parent.is_none());
    let root = match failure.row {
        Some(row) => forest.root_of(row),
        None => outermost().max_by_key(|row| forest.rows[*row].duration_us)?,
    };
    let service = |row: usize| &forest.services[forest.rows[row].service as usize];
    let skew = failure.row.and_then(|row| service(row).skew_us).unwrap_or(0);
    let offset = failure.at_us.saturating_add(skew).saturating_sub(forest.rows[root].start_us);
    let mut text = if offset >= 0 {
        format!("failed {} into {}", duration(offset as f64), title(forest, root))
    } else {
        format!("failed in {}", title(forest, root))
    };
    match failure.failing.or(failure.row) {
        None => text.push_str(", in a span that never arrived"),
        Some(row) if row == root => {}
        Some(row) if service(row) == service(root) => {
            text.push_str(", in ");
            text.push_str(&title(forest, row));
        }
        Some(row) => {
            let name = code(&name_of(service(row)));
            text.push_str(&[", in ", &name, " → ", &title(forest, row)].concat());
        }
    }
    if !failure.status.is_empty() {
        text.push_str(", ");
        text.push_str(&plain(failure.status));
    }
    if forest.rows[root].is(flag::ORPHAN) {
        text.push_str("; what came before never arrived");
    }
    Some(text)
}

fn title(forest: &Forest<'_>, row: usize) -> String {
    let Some(node) = forest.span(row) else { return "a gap".to_owned() };
    let names = [&node.span.name, &node.span.description, &node.span.op];
    names
        .into_iter()
        .find(|name| !name.trim().is_empty())
        .map_or_else(|| "a span".to_owned(), |name| code(name))
}

fn code(name: &str) -> String {
    format!("`{}`", plain(name))
}

/// Without what would end the code, and not for longer than a name is.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let text = words.collect::<Vec<_>>().join(" ").replace('`', "'");
    match text.char_indices().nth(NAME_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
