//! What a person asks of spans: `op:db.query duration:>500ms !service:api "free text"`. Pure; every text either parses or says where
//! it does not.
//!
//! Terms hold together; there is no `OR` and there are no brackets: a search goes through spans one by one, and what it may pass over
//! unread must hold of all it looks for. Values are compared as they are, `*` stands for anything, free text is found in any case. A key
//! that is not known is an attribute's.

use crate::model::pattern::fits;
use crate::model::span::{AttributeValue, Span, SpanStatus};
use crate::search::query::ParseError;

/// Of a query, in bytes.
const QUERY_BYTES_MAX: usize = 4_096;
const TERMS_MAX: usize = 32;
/// Runs of `*` in one value.
const WILDCARDS_MAX: usize = 8;

#[derive(Debug, Default, PartialEq)]
pub struct SpanQuery {
    terms: Vec<Term>,
}

#[derive(Debug, PartialEq)]
struct Term {
    denied: bool,
    test: Test,
}

#[derive(Debug, PartialEq)]
enum Test {
    /// Somewhere in name or description, in lower case.
    Words(String),
    Duration(Bound, u64),
    Status(SpanStatus),
    Segment,
    Has(String),
    Field(Field, String),
    Attribute(String, String),
}

/// How a duration is to lie to the one given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Above,
    AtLeast,
    Below,
    AtMost,
    Exactly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Op,
    Name,
    Description,
    Service,
    Project,
    Transaction,
    Release,
    Environment,
    StatusWord,
    Kind,
    Origin,
    Trace,
    Id,
    Parent,
}

const FIELDS: [(&str, Field); 18] = [
    ("op", Field::Op),
    ("span.op", Field::Op),
    ("name", Field::Name),
    ("description", Field::Description),
    ("span.description", Field::Description),
    ("service", Field::Service),
    ("service.name", Field::Service),
    ("project", Field::Project),
    ("transaction", Field::Transaction),
    ("release", Field::Release),
    ("environment", Field::Environment),
    ("status_word", Field::StatusWord),
    ("kind", Field::Kind),
    ("origin", Field::Origin),
    ("trace", Field::Trace),
    ("id", Field::Id),
    ("span", Field::Id),
    ("parent", Field::Parent),
];

const UNITS: [(&str, f64); 8] = [
    ("ns", 0.001),
    ("us", 1.0),
    ("µs", 1.0),
    ("ms", 1_000.0),
    ("min", 60_000_000.0),
    ("s", 1_000_000.0),
    ("m", 60_000_000.0),
    ("h", 3_600_000_000.0),
];

impl SpanQuery {
    /// Texts that every match holds, as the store keeps them in each block: see `SpanQuestion::must`. `is_project`: whether a
    /// word is a project's slug, which a service without a name of its own is called by.
    pub fn must(&self, is_project: &dyn Fn(&str) -> bool) -> Vec<String> {
        let terms = self.terms.iter().filter(|term| !term.denied);
        let text = |term: &Term| match &term.test {
            Test::Field(_, value) | Test::Attribute(_, value) if value.contains('*') || value.is_empty() => {
                None
            }
            Test::Field(Field::Service, value) if is_project(value) => None,
            Test::Field(
                Field::Op
                | Field::Name
                | Field::Service
                | Field::Transaction
                | Field::Release
                | Field::Environment,
                value,
            ) => Some(value.clone()),
            // The store keeps texts in that way, and these may be none.
            Test::Attribute(_, value) if may_be_no_text(value) => None,
            Test::Attribute(key, value) => Some(format!("{key}={value}")),
            _ => None,
        };
        terms.filter_map(text).collect()
    }

    /// No match is shorter.
    pub fn longest_at_least_us(&self) -> u64 {
        let terms = self.terms.iter().filter(|term| !term.denied);
        let least = |term: &Term| match term.test {
            Test::Duration(Bound::Above, us) => Some(us.saturating_add(1)),
            Test::Duration(Bound::AtLeast | Bound::Exactly, us) => Some(us),
            _ => None,
        };
        terms.filter_map(least).max().unwrap_or(0)
    }

    pub fn asks_attributes(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.test, Test::Attribute(..) | Test::Has(_)))
    }

    /// `project`: its slug.
    pub fn matches(&self, project: &str, span: &Span) -> bool {
        self.terms.iter().all(|term| term.test.holds(project, span) != term.denied)
    }
}

impl Test {
    fn holds(&self, project: &str, span: &Span) -> bool {
        match self {
            Self::Words(words) => {
                [&span.description, &span.name].into_iter().any(|text| contains(text, words))
            }
            Self::Duration(bound, us) => bound.holds(span.duration_us, *us),
            Self::Status(status) => span.status == *status,
            Self::Segment => span.is_segment,
            Self::Has(key) => match field(key) {
                Some(field) => !field.of(project, span).is_empty(),
                None => span.attribute(key).is_some(),
            },
            Self::Field(field, value) => fits(value, &field.of(project, span)),
            Self::Attribute(key, value) => span.attribute(key).is_some_and(|found| match found {
                AttributeValue::Text(text) | AttributeValue::Json(text) => fits(value, text),
                AttributeValue::Integer(number) => fits(value, &number.to_string()),
                AttributeValue::Double(number) => {
                    value.parse::<f64>().is_ok_and(|wanted| wanted.total_cmp(number).is_eq())
                        || fits(value, &number.to_string())
                }
                AttributeValue::Bool(is) => fits(value, if *is { "true" } else { "false" }),
            }),
        }
    }
}

fn may_be_no_text(value: &str) -> bool {
    matches!(value, "true" | "false") || value.starts_with(['[', '{']) || value.parse::<f64>().is_ok()
}

fn contains(text: &str, words: &str) -> bool {
    let is_plain = text.is_ascii() && words.is_ascii();
    if is_plain && text.len() < words.len() {
        return false;
    }
    text.to_lowercase().contains(words)
}

impl Bound {
    fn holds(self, us: u64, than: u64) -> bool {
        match self {
            Self::Above => us > than,
            Self::AtLeast => us >= than,
            Self::Below => us < than,
            Self::AtMost => us <= than,
            Self::Exactly => us == than,
        }
    }
}

impl Field {
    fn of<'a>(self, project: &'a str, span: &'a Span) -> std::borrow::Cow<'a, str> {
        let text = match self {
            Self::Op => &span.op,
            Self::Name => &span.name,
            Self::Description => &span.description,
            Self::Service if span.service.is_empty() => project,
            Self::Service => &span.service,
            Self::Project => project,
            Self::Transaction => &span.transaction,
            Self::Release => &span.release,
            Self::Environment => &span.environment,
            Self::StatusWord => &span.status_word,
            Self::Kind => span.kind.as_str(),
            Self::Origin => &span.origin,
            Self::Trace => return span.trace.to_string().into(),
            Self::Id => return span.id.to_string().into(),
            Self::Parent => return span.parent.map(|id| id.to_string()).unwrap_or_default().into(),
        };
        text.into()
    }
}

fn field(key: &str) -> Option<Field> {
    FIELDS.into_iter().find(|(name, _)| *name == key).map(|(_, field)| field)
}

pub fn parse(text: &str) -> Result<SpanQuery, ParseError> {
    let mut parser = Parser { text, at: 0 };
    if text.len() > QUERY_BYTES_MAX {
        parser.at = text.floor_char_boundary(QUERY_BYTES_MAX);
        return Err(parser.expected("a shorter query"));
    }
    let mut terms = Vec::new();
    while parser.skip_blanks() {
        if terms.len() == TERMS_MAX {
            return Err(parser.expected("fewer terms"));
        }
        terms.push(parser.term()?);
    }
    Ok(SpanQuery { terms })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn expected(&self, expected: &'static str) -> ParseError {
        ParseError { position: self.text[..self.at].chars().count(), expected }
    }

    /// Whether anything follows.
    fn skip_blanks(&mut self) -> bool {
        self.at = self.text.len() - self.rest().trim_start().len();
        self.at < self.text.len()
    }

    fn term(&mut self) -> Result<Term, ParseError> {
        let denied = self.rest().starts_with('!');
        self.at += usize::from(denied);
        let Some(key) = self.key() else {
            let words = self.value("a term after `!`")?;
            return Ok(Term { denied, test: Test::Words(words.to_lowercase()) });
        };
        self.at += key.len() + 1;
        let start = self.at;
        let value = self.value("a value after the key, or quotes around text")?;
        let end = std::mem::replace(&mut self.at, start);
        let test = self.test(key, value)?;
        self.at = end;
        Ok(Term { denied, test })
    }

    /// What stands before a colon where a key can stand: addresses and times stay words.
    fn key(&self) -> Option<&'a str> {
        let rest = self.rest();
        let (key, value) = rest.split_once(':')?;
        let is_key = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/'));
        (is_key && !value.starts_with("//") && !value.starts_with(':')).then_some(key)
    }

    /// In quotes, or up to a blank.
    fn value(&mut self, expected: &'static str) -> Result<&'a str, ParseError> {
        let rest = self.rest();
        if let Some(quoted) = rest.strip_prefix('"') {
            let Some((inside, _)) = quoted.split_once('"') else {
                self.at = self.text.len();
                return Err(self.expected("a closing quote"));
            };
            self.at += inside.len() + 2;
            return Ok(inside);
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.expected(expected));
        }
        self.at += end;
        Ok(&rest[..end])
    }

    fn test(&self, key: &str, value: &str) -> Result<Test, ParseError> {
        if value.split('*').count() > WILDCARDS_MAX + 1 {
            return Err(self.expected("fewer `*` in one value"));
        }
        Ok(match (key, value) {
            ("is", "segment") => Test::Segment,
            ("is", _) => return Err(self.expected("is:segment")),
            ("has", key) => Test::Has(key.to_owned()),
            ("status" | "span.status", value) => {
                let status = SpanStatus::ALL.into_iter().find(|status| status.as_str() == value);
                match status {
                    Some(status) => Test::Status(status),
                    // What a sender calls it: `not_found`.
                    None => Test::Field(Field::StatusWord, value.to_owned()),
                }
            }
            ("duration" | "span.duration", value) => {
                let (bound, us) =
                    duration(value).ok_or_else(|| self.expected("a duration such as >500ms"))?;
                Test::Duration(bound, us)
            }
            (key, value) => match field(key) {
                Some(Field::Trace | Field::Id | Field::Parent) => {
                    let value = value.to_ascii_lowercase().replace('-', "");
                    Test::Field(field(key).unwrap_or(Field::Id), value)
                }
                Some(field) => Test::Field(field, value.to_owned()),
                None => Test::Attribute(key.to_owned(), value.to_owned()),
            },
        })
    }
}

/// Milliseconds where no unit is given.
fn duration(text: &str) -> Option<(Bound, u64)> {
    let signs = [(">=", Bound::AtLeast), ("<=", Bound::AtMost), (">", Bound::Above), ("<", Bound::Below)];
    let sign = signs.into_iter().find_map(|(sign, bound)| Some((bound, text.strip_prefix(sign)?)));
    let (bound, text) = sign.unwrap_or((Bound::Exactly, text));
    let unit = UNITS.into_iter().find_map(|(unit, us)| Some((text.strip_suffix(unit)?, us)));
    let (number, unit_us) = unit.unwrap_or((text, 1_000.0));
    let us = number.parse::<f64>().ok()? * unit_us;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative; a cast ends at the bounds"
    )]
    (us.is_finite() && us >= 0.0).then_some((bound, us.round() as u64))
}

#[cfg(test)]
mod tests;
