//! Templates: `{sku}` in a story's text becomes one of the shop's values, the same all over one incident.
//!
//! `{ms:200-900}` is a number, `{request:hex12}` hexadecimal digits, `{user.email}` of whom it happens to. A text
//! that is one number and nothing else becomes a number of JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use toml::Table;

use crate::demo::dice::Dice;
use crate::demo::{Flaw, Result};

pub struct Filler<'a> {
    dice: Dice,
    choices: &'a BTreeMap<String, Vec<String>>,
    /// What was chosen already, by what stands between the braces.
    known: BTreeMap<String, String>,
}

impl<'a> Filler<'a> {
    pub fn new(
        dice: Dice,
        choices: &'a BTreeMap<String, Vec<String>>,
        known: BTreeMap<String, String>,
    ) -> Self {
        Self { dice, choices, known }
    }

    pub fn text(&mut self, template: &str) -> Result<String> {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, name, after)) = next(rest) {
            text.push_str(before);
            text.push_str(&self.value(name)?);
            rest = after;
        }
        text.push_str(rest);
        Ok(text)
    }

    pub fn table(&mut self, table: &Table) -> Result<Value> {
        let filled: Result<Map<_, _>> =
            table.iter().map(|(key, value)| Ok((key.clone(), self.json(value)?))).collect();
        Ok(filled?.into())
    }

    pub fn json(&mut self, value: &toml::Value) -> Result<Value> {
        Ok(match value {
            toml::Value::String(template) => {
                let text = self.text(template)?;
                let is_number = next(template).is_some_and(|(before, name, after)| {
                    before.is_empty() && after.is_empty() && name.contains('-')
                });
                match text.parse::<u64>() {
                    Ok(number) if is_number => number.into(),
                    _ => text.into(),
                }
            }
            toml::Value::Integer(number) => (*number).into(),
            toml::Value::Float(number) => (*number).into(),
            toml::Value::Boolean(flag) => (*flag).into(),
            toml::Value::Array(items) => {
                items.iter().map(|item| self.json(item)).collect::<Result<Vec<_>>>()?.into()
            }
            toml::Value::Table(table) => self.table(table)?,
            toml::Value::Datetime(at) => at.to_string().into(),
        })
    }

    fn value(&mut self, name: &str) -> Result<String> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let value = match name.split_once(':') {
            Some((_, form)) => self.made(form),
            None => self.choices.get(name).and_then(|choices| self.dice.pick(choices)).cloned(),
        };
        let value = value.ok_or_else(|| Flaw(format!("nothing is called {{{name}}}")))?;
        self.known.insert(name.to_owned(), value.clone());
        Ok(value)
    }

    fn made(&mut self, form: &str) -> Option<String> {
        if let Some(digits) = form.strip_prefix("hex") {
            return Some(self.dice.hex(digits.parse().ok()?));
        }
        let (least, most) = form.split_once('-')?;
        Some(self.dice.between(least.parse().ok()?, most.parse().ok()?).to_string())
    }
}

/// The text before the next `{name}`, the name, and the text behind it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.:-".contains(&b))
    };
    let mut from = 0;
    while let Some(open) = text[from..].find('{').map(|at| from + at) {
        let close = open + text[open..].find('}')?;
        if is_name(&text[open + 1..close]) {
            return Some((&text[..open], &text[open + 1..close], &text[close + 1..]));
        }
        from = open + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_and_remember() {
        let choices = BTreeMap::from([("sku".to_owned(), vec!["PC-1".to_owned()])]);
        let known = BTreeMap::from([("user.email".to_owned(), "a@example.com".to_owned())]);
        let mut filler = Filler::new(Dice::of(1, "x", 0), &choices, known);
        for (template, expected) in [
            ("no braces", "no braces"),
            ("{sku} of {user.email}", "PC-1 of a@example.com"),
            ("{ } {\"a\": 1} ${sku}", "{ } {\"a\": 1} $PC-1"),
            ("{n:7-7}{n:7-7}", "77"),
            ("{", "{"),
        ] {
            assert_eq!(filler.text(template).expect(template), expected);
        }
        let twice = filler.text("{a:hex8} {a:hex8}").expect("filled");
        let (first, second) = twice.split_once(' ').expect("two");
        assert!(first == second && first.len() == 8, "{twice}");
        assert_eq!(filler.json(&"{n:7-7}".into()).expect("filled"), 7);
        assert_eq!(filler.json(&"{n:7-7} ms".into()).expect("filled"), "7 ms");
        filler.text("{nobody}").expect_err("unknown names are flaws");
    }
}
