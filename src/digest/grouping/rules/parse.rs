//! From lines of text to rules. Every error names its line; nothing is guessed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::digest::grouping::rules::glob::Glob;
use crate::digest::grouping::rules::index::Index;
use crate::digest::grouping::rules::{
    Action, Atom, Condition, Entry, ErrorCondition, ErrorField, Field, RULE_LINE_BYTES_MAX, Reach, Rule,
    RulesError, StackRules, Test,
};

static RULESETS: AtomicU64 = AtomicU64::new(0);

/// A category matcher whose names are looked up once all rules are known.
#[derive(Debug)]
struct PendingCategory {
    rule: usize,
    place: Place,
    glob: Option<Glob>,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Own(usize),
    Caller,
    Callee,
}

#[derive(Debug, Default)]
pub(super) struct Parser {
    rules: Vec<Rule>,
    atoms: Vec<Atom>,
    atom_ids: HashMap<(u8, String), usize>,
    categories: Vec<Box<str>>,
    pending: Vec<PendingCategory>,
}

enum Matcher {
    Frame(Condition),
    Category(bool, Option<Glob>),
    Error(ErrorCondition),
}

impl Parser {
    pub(super) fn rules_count(&self) -> usize {
        self.rules.len()
    }

    pub(super) fn line(&mut self, number: usize, line: &str) -> Result<(), RulesError> {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            return Ok(());
        }
        let fail = |reason: String| RulesError::Line { line: number, reason };
        if text.len() > RULE_LINE_BYTES_MAX {
            return Err(fail(format!("longer than {RULE_LINE_BYTES_MAX} bytes")));
        }
        let rule = self.rule(text).map_err(fail)?;
        self.rules.push(rule);
        Ok(())
    }

    pub(super) fn finish(mut self) -> StackRules {
        for pending in self.pending {
            let named = self.categories.iter().enumerate();
            let glob = pending.glob.as_ref();
            let ids: Vec<usize> = named
                .filter(|(_, name)| glob.is_some_and(|glob| glob.matches(name)))
                .map(|(id, _)| id)
                .collect();
            let rule = &mut self.rules[pending.rule];
            let condition = match pending.place {
                Place::Own(index) => Some(&mut rule.own[index]),
                Place::Caller => rule.caller.as_mut(),
                Place::Callee => rule.callee.as_mut(),
            };
            if let Some(condition) = condition {
                condition.test = Test::Category(ids);
            }
        }
        for rule in &mut self.rules {
            // Names rule most frames out: they are asked first.
            rule.own.sort_by_key(|condition| condition.negated || !matches!(condition.test, Test::Atom(_)));
        }
        let with = |classifies: bool| {
            let fits = move |rule: &Rule| rule.actions.iter().any(|action| action.classifies() == classifies);
            let rules = (0u16..).zip(&self.rules).filter(move |(_, rule)| fits(rule));
            rules.map(|(index, rule)| Entry { rule: index, atom: needed_atom(rule) }).collect::<Vec<_>>()
        };
        StackRules {
            id: RULESETS.fetch_add(1, Ordering::Relaxed),
            classifying: with(true),
            contributing: with(false),
            index: Index::new(&self.atoms),
            rules: self.rules,
            atoms: self.atoms,
            categories: self.categories,
        }
    }

    fn rule(&mut self, text: &str) -> Result<Rule, String> {
        let mut rest = text;
        let mut rule = Rule {
            text: text.into(),
            error: Vec::new(),
            own: Vec::new(),
            caller: None,
            callee: None,
            actions: Vec::new(),
        };
        if let Some(inner) = rest.strip_prefix('[') {
            let (matcher, after) = self.matcher(inner.trim_start())?;
            rest = expect(expect(after, "]")?, "|")?;
            self.place(&mut rule, matcher, Place::Caller);
        }
        while starts_matcher(rest) {
            let (matcher, after) = self.matcher(rest)?;
            rest = after;
            let place = Place::Own(rule.own.len());
            self.place(&mut rule, matcher, place);
        }
        if rule.own.is_empty() && rule.error.is_empty() {
            return Err("a rule begins with a matcher, such as function:name".to_owned());
        }
        if let Some(inner) = rest.strip_prefix('|') {
            let (matcher, after) = self.matcher(expect(inner.trim_start(), "[")?)?;
            rest = expect(after, "]")?;
            self.place(&mut rule, matcher, Place::Callee);
        }
        while !rest.is_empty() && !rest.starts_with('#') {
            let (action, after) = self.action(rest)?;
            rule.actions.extend(action);
            rest = after;
        }
        if rule.actions.is_empty() && !text.contains("invert-stacktrace") {
            return Err("a rule ends with an action, such as -app".to_owned());
        }
        Ok(rule)
    }

    fn place(&mut self, rule: &mut Rule, matcher: Matcher, place: Place) {
        let condition = match matcher {
            Matcher::Error(condition) => return rule.error.push(condition),
            Matcher::Frame(condition) => condition,
            Matcher::Category(negated, glob) => {
                self.pending.push(PendingCategory { rule: self.rules.len(), place, glob });
                Condition { negated, test: Test::Never }
            }
        };
        match place {
            Place::Own(_) => rule.own.push(condition),
            Place::Caller => rule.caller = Some(condition),
            Place::Callee => rule.callee = Some(condition),
        }
    }

    /// `[!]name:pattern`, and what follows it.
    fn matcher<'a>(&mut self, text: &'a str) -> Result<(Matcher, &'a str), String> {
        let (negated, text) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (name, rest) = name(text)?;
        let rest = rest.strip_prefix(':').ok_or_else(|| format!("`{name}` wants a colon and a pattern"))?;
        let (pattern, rest) = argument(rest)?;
        let frame = |test| Matcher::Frame(Condition { negated, test });
        let error = |field| {
            let glob = Glob::stack_rule(&pattern, false).ok_or_else(|| format!("bad pattern `{pattern}`"))?;
            Ok::<_, String>(Matcher::Error(ErrorCondition { negated, field, glob }))
        };
        let matcher = match name {
            "stack.function" | "function" => frame(self.atom(Field::Function, &pattern)),
            "stack.module" | "module" => frame(self.atom(Field::Module, &pattern)),
            "stack.package" | "package" => frame(self.atom(Field::Package, &pattern)),
            "stack.abs_path" | "path" => frame(self.atom(Field::Path, &pattern)),
            "category" => Matcher::Category(negated, Glob::stack_rule(&pattern, false)),
            "family" => frame(Test::Family(families(&pattern))),
            "app" => frame(match &*pattern {
                "1" | "true" | "yes" => Test::App(true),
                "0" | "false" | "no" => Test::App(false),
                _ => Test::Never,
            }),
            "error.type" | "type" => error(ErrorField::Type)?,
            "error.value" | "value" => error(ErrorField::Value)?,
            "error.mechanism" | "mechanism" => error(ErrorField::Mechanism)?,
            other => return Err(format!("unknown matcher `{other}`")),
        };
        Ok((matcher, rest))
    }

    fn atom(&mut self, field: Field, pattern: &str) -> Test {
        let key = (field as u8, pattern.to_owned());
        if let Some(&id) = self.atom_ids.get(&key) {
            return Test::Atom(id);
        }
        let Some(glob) = Glob::stack_rule(pattern, field.is_path()) else { return Test::Never };
        self.atoms.push(Atom { field, glob });
        self.atom_ids.insert(key, self.atoms.len() - 1);
        Test::Atom(self.atoms.len() - 1)
    }

    /// One action; `None` where we read but do not use it.
    fn action<'a>(&mut self, text: &'a str) -> Result<(Option<Action>, &'a str), String> {
        if let Some((action, rest)) = flag_action(text)? {
            return Ok((Some(action), rest));
        }
        let (name, rest) = name(text)?;
        let rest = expect(rest.trim_start(), "=")?;
        let (value, rest) = self::name(rest)?;
        let number = || value.parse::<usize>().map_err(|_| format!("`{name}` wants a number, not `{value}`"));
        let action = match name {
            "category" => Some(Action::Category(self.category(value))),
            "max-frames" => Some(Action::FramesMax(number()?)),
            "min-frames" => Some(Action::FramesMin(number()?)),
            "invert-stacktrace" => None,
            other => return Err(format!("unknown action `{other}`")),
        };
        Ok((action, rest.trim_start()))
    }

    fn category(&mut self, name: &str) -> usize {
        let known = self.categories.iter().position(|known| &**known == name);
        known.unwrap_or_else(|| {
            self.categories.push(name.into());
            self.categories.len() - 1
        })
    }
}

fn needed_atom(rule: &Rule) -> Option<u16> {
    let first = rule.own.first().filter(|condition| !condition.negated)?;
    match first.test {
        Test::Atom(atom) => u16::try_from(atom).ok(),
        _ => None,
    }
}

fn flag_action(text: &str) -> Result<Option<(Action, &str)>, String> {
    let (reach, rest) = match text.as_bytes().first() {
        Some(b'^') => (Reach::After, &text[1..]),
        Some(b'v') if matches!(text.as_bytes().get(1), Some(b'+' | b'-')) => (Reach::Before, &text[1..]),
        _ => (Reach::This, text),
    };
    let (flag, rest) = match rest.as_bytes().first() {
        Some(b'+') => (true, &rest[1..]),
        Some(b'-') => (false, &rest[1..]),
        _ if reach == Reach::This => return Ok(None),
        _ => return Err(format!("`{text}`: + or - expected")),
    };
    let (name, rest) = name(rest)?;
    let action = match name {
        "app" => Action::App(flag, reach),
        "group" => Action::Group(flag, reach),
        other => return Err(format!("unknown flag `{other}`")),
    };
    Ok(Some((action, rest.trim_start())))
}

/// Matchers are `name:…`; actions never have a colon before the next space.
fn starts_matcher(text: &str) -> bool {
    let text = text.strip_prefix('!').unwrap_or(text);
    name(text).is_ok_and(|(_, rest)| rest.starts_with(':'))
}

fn name(text: &str) -> Result<(&str, &str), String> {
    // A quoted name is the same name.
    if let Some(quoted) = text.strip_prefix('"') {
        let (name, rest) = quoted.split_once('"').ok_or("a quote is not closed")?;
        return Ok((name.trim_start_matches('!'), rest));
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')));
    match text.split_at(end.unwrap_or(text.len())) {
        ("", _) => Err(format!("a name was expected at `{}`", text.chars().take(30).collect::<String>())),
        found => Ok(found),
    }
}

/// A quoted or a bare pattern; a doubled backslash stands for one.
fn argument(text: &str) -> Result<(String, &str), String> {
    let (raw, rest) = if let Some(quoted) = text.strip_prefix('"') {
        let mut escaped = false;
        let end = quoted.bytes().position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        });
        let end = end.ok_or("a quote is not closed")?;
        (&quoted[..end], &quoted[end + 1..])
    } else {
        text.split_at(text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len()))
    };
    if raw.is_empty() && !text.starts_with('"') {
        return Err("a pattern is missing".to_owned());
    }
    Ok((raw.replace("\\\"", "\"").replace("\\\\", "\\"), rest.trim_start()))
}

fn expect<'a>(text: &'a str, token: &str) -> Result<&'a str, String> {
    text.trim_start().strip_prefix(token).map(str::trim_start).ok_or_else(|| format!("`{token}` is missing"))
}

fn families(list: &str) -> u8 {
    let bit = |family: &str| match family {
        "native" => 1,
        "javascript" => 2,
        "other" => 4,
        "all" => 7,
        _ => 0,
    };
    list.split(',').map(bit).fold(0, |bits, bit| bits | bit)
}

#[cfg(test)]
mod tests {
    use crate::digest::grouping::rules::{RulesError, StackRules};

    #[test]
    fn errors_name_the_line() {
        let table = [
            ("function:a -app\nfunction -app", 2, "matcher"),
            ("function:a", 1, "action"),
            ("funktion:a -app", 1, "unknown matcher"),
            ("function:a -apps", 1, "unknown flag"),
            ("[ function:a | function:b -app", 1, "`]`"),
            ("function:a max-frames=x", 1, "number"),
            ("function:\"a -app", 1, "quote"),
            ("-app", 1, "matcher"),
        ];
        for (text, expected, word) in table {
            match StackRules::with_project(text) {
                Err(RulesError::Line { line, reason }) => {
                    assert_eq!(line, expected, "{text}");
                    assert!(reason.contains(word), "{text}: {reason}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn rules_are_bounded() {
        let many = "function:a -app\n".repeat(501);
        assert_eq!(StackRules::with_project(&many).err(), Some(RulesError::TooMany));
        let long = format!("function:{} -app", "a".repeat(5000));
        assert!(StackRules::with_project(&long).is_err());
    }
}
