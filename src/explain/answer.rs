//! A model's text becomes an [`Answer`]: while it streams, the parts that are whole so far; at its end all of it, mended
//! where it is no JSON, and taken as mere text where it cannot be.
//!
//! Models that were asked for JSON put it into fences, think aloud before it, forget commas, write one text where a list was
//! asked for. What they mean is read as far as it can be; nothing is believed of it here.

use std::fmt::Write;

use jsonrepair::Options;
use serde_json::Value;

use crate::model::explanation::{Answer, Claim, Confidence, EvidencePack, ExactLine, SuggestedFix};

/// It was no JSON until it was mended.
pub const JSON_REPAIRED: &str = "json_repaired";
/// There was no JSON: the text is shown as it came.
pub const TEXT_ONLY: &str = "text_only";
/// It ended in the middle; what was whole is shown.
pub const CUT_OFF: &str = "cut_off";

/// Letters of a sentence or two, of a paragraph, of a name.
const SUMMARY_CHARS_MAX: usize = 600;
const TEXT_CHARS_MAX: usize = 2_000;
/// Of the answer to a question.
const REPLY_CHARS_MAX: usize = 4_000;
const NAME_CHARS_MAX: usize = 300;
/// Of an answer in plain text: several pages.
const TEXT_ONLY_BYTES_MAX: usize = 16 * 1024;
/// Of a diff: more is no suggestion.
const DIFF_CHARS_MAX: usize = 16_000;
const STEPS_MAX: usize = 12;
const FACTS_MAX: usize = 12;
const MISSING_MAX: usize = 8;
/// Deeper than any answer goes.
const DEPTH_MAX: usize = 16;
/// Of what is mended, brackets of its texts counted too.
const MENDED_DEPTH_MAX: usize = 100;

/// The parts of an answer that are whole although more is to come.
pub fn partial(text: &str) -> Answer {
    let text = without_thoughts(text);
    let value = start(text).and_then(|at| whole_so_far(&text[at..]));
    value.as_ref().map(answer_of).unwrap_or_default()
}

/// The whole answer; `None`: there is nothing in it that could be shown. `is_cut`: more was to come.
pub fn read(text: &str, is_cut: bool) -> Option<Answer> {
    let text = without_thoughts(text);
    let at = start(text);
    if let Some(answer) = at.and_then(|at| as_it_is(&text[at..])) {
        return Some(answer);
    }
    if is_cut {
        let answer = partial(text);
        let is_enough = !answer.summary.is_empty() && !answer.root_cause.text.is_empty();
        return is_enough.then(|| noted(answer, CUT_OFF));
    }
    if let Some(answer) = at.and_then(|at| mended(&text[at..])) {
        return Some(noted(answer, JSON_REPAIRED));
    }
    text_only(text, at.is_some())
}

/// The first object in a text, where there is a whole one.
pub fn object(text: &str) -> Option<Value> {
    let text = without_thoughts(text);
    let at = start(text)?;
    serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>().next()?.ok()
}

/// What a question was answered; `None`: nothing. Models that write no JSON name facts in the middle of their text.
pub fn reply(text: &str, pack: &EvidencePack) -> Option<Claim> {
    if let Some(value) = object(text) {
        let inner = ["answer", "reply"].iter().find_map(|key| value.get(key)).unwrap_or(&value);
        let named = Claim { facts: facts(if inner.is_object() { inner } else { &value }), ..claim(inner) };
        if !named.text.is_empty() {
            return Some(named);
        }
    }
    let text = without_thoughts(text).trim();
    if !text.chars().any(char::is_alphabetic) || text.starts_with('{') {
        return None;
    }
    let is_named = |id: &&str| text.contains(&format!("[{id}]")) || text.contains(&format!("`{id}`"));
    let ids = pack.facts.iter().map(|fact| fact.id.as_str()).filter(is_named);
    let facts = ids.take(FACTS_MAX).map(str::to_owned).collect();
    Some(Claim { text: cut(text, REPLY_CHARS_MAX), facts, ..Claim::default() })
}

fn noted(mut answer: Answer, note: &str) -> Answer {
    answer.notes.push(note.to_owned());
    answer
}

/// What follows the thoughts that some models write down first; nothing while they think.
fn without_thoughts(text: &str) -> &str {
    for (open, close) in
        [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<reasoning>", "</reasoning>")]
    {
        if let Some(end) = text.rfind(close) {
            return &text[end + close.len()..];
        }
        if text.trim_start().starts_with(open) {
            return "";
        }
    }
    text
}

/// Where an object begins: a brace and a key behind it, so that braces of prose are none.
fn start(text: &str) -> Option<usize> {
    let braces = || text.match_indices('{').map(|(at, _)| at);
    let followed = |at: &usize, by: fn(char) -> bool| text[at + 1..].trim_start().starts_with(by);
    let quoted = braces().find(|at| followed(at, |letter| matches!(letter, '"' | '\'' | '“')));
    quoted.or_else(|| {
        braces().find(|at| {
            let key: String =
                text[at + 1..].trim_start().chars().take_while(char::is_ascii_alphanumeric).collect();
            key == "summary"
        })
    })
}

fn as_it_is(text: &str) -> Option<Answer> {
    let first = serde_json::Deserializer::from_str(text).into_iter::<Value>().next()?;
    told(&first.ok()?)
}

/// Fences and prose behind the object are no part of what is mended.
fn mended(text: &str) -> Option<Answer> {
    // Mending goes as deep as the brackets do, and texts may hold some too.
    if depth(text) > MENDED_DEPTH_MAX {
        return None;
    }
    let end = text.rfind('}').map_or(text.len(), |end| end + 1);
    let text = &in_ascii(&text[..end]);
    // The end may be what is missing.
    let texts = [text.as_str(), text.split("```").next().unwrap_or(text.as_str())];
    let tidied = |text: &&str| told(&serde_json::from_str(&tidied(text)).ok()?);
    texts.iter().find_map(tidied).or_else(|| {
        texts.iter().find_map(|text| {
            let mended = jsonrepair::repair_to_string(text, &Options::default()).ok()?;
            told(&serde_json::from_str(&mended).ok()?)
        })
    })
}

/// The flaws that are most common, mended without a guess: a comma too many, line breaks inside a text, an end that is
/// missing. What the library guesses of texts with commas in them is often wrong.
fn tidied(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len() + DEPTH_MAX);
    let mut open = Vec::new();
    let (mut in_text, mut escaped) = (false, false);
    for letter in text.chars() {
        if in_text {
            match letter {
                '\n' => tidy.push_str("\\n"),
                '\t' => tidy.push_str("\\t"),
                letter if letter.is_control() => {}
                letter => tidy.push(letter),
            }
            in_text = letter != '"' || escaped;
            escaped = letter == '\\' && !escaped;
            continue;
        }
        match letter {
            '"' => in_text = true,
            '{' => open.push('}'),
            '[' => open.push(']'),
            '}' | ']' => {
                open.pop();
                let kept = tidy.trim_end().trim_end_matches(',').len();
                tidy.truncate(kept);
            }
            _ => {}
        }
        tidy.push(letter);
    }
    if in_text {
        tidy.push('"');
    }
    tidy.extend(open.iter().rev());
    tidy
}

/// The library that mends trips over letters of several bytes: they are written as JSON's escapes, typographic quotes as
/// what they stand for.
fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '“' | '”' | '„' | '‟' => ascii.push('"'),
            '‘' | '’' => ascii.push('\''),
            letter if letter.is_ascii() => ascii.push(letter),
            letter => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    let _ = write!(ascii, "\\u{unit:04x}");
                }
            }
        }
    }
    ascii
}

/// Brackets that are open at once, at most.
fn depth(text: &str) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' => now += 1,
            b'}' | b']' => now = now.saturating_sub(1),
            _ => {}
        }
        most = most.max(now);
    }
    most
}

/// An answer that says anything.
fn told(value: &Value) -> Option<Answer> {
    let answer = answer_of(value);
    let is_told = !answer.summary.is_empty() || !answer.root_cause.text.is_empty();
    is_told.then_some(answer)
}

fn text_only(text: &str, was_json: bool) -> Option<Answer> {
    let text = text.trim().trim_matches('`').trim();
    // Broken JSON is no sentence, and what has no end no answer.
    if was_json
        || text.len() > TEXT_ONLY_BYTES_MAX
        || !text.chars().any(char::is_alphabetic)
        || text.starts_with(['{', '['])
    {
        return None;
    }
    let (summary, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let root_cause = if rest.trim().is_empty() { text } else { rest };
    let root_cause = Claim { text: cut(root_cause, TEXT_CHARS_MAX), ..Claim::default() };
    let answer = Answer { summary: cut(summary, SUMMARY_CHARS_MAX), root_cause, ..Answer::default() };
    Some(noted(answer, TEXT_ONLY))
}

/// The JSON up to the last value that is whole, with what is open closed.
fn whole_so_far(text: &str) -> Option<Value> {
    let mut open: Vec<u8> = Vec::new();
    let (mut in_text, mut escaped) = (false, false);
    // The sign before the text that is being read: a colon makes it a value, in a list everything is.
    let mut before = b' ';
    let mut whole: Option<(usize, Vec<u8>)> = None;
    for (at, byte) in text.bytes().enumerate() {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    in_text = false;
                    if before == b':' || open.last() == Some(&b'[') {
                        whole = Some((at + 1, open.clone()));
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => {
                open.push(byte);
                if open.len() > DEPTH_MAX {
                    return None;
                }
                before = byte;
            }
            b'}' | b']' => {
                open.pop();
                whole = Some((at + 1, open.clone()));
                if open.is_empty() {
                    break;
                }
                before = byte;
            }
            b',' => {
                whole = Some((at, open.clone()));
                before = byte;
            }
            b':' => before = byte,
            _ => {}
        }
    }
    let (end, open) = whole?;
    let closers = open.iter().rev().map(|open| if *open == b'{' { '}' } else { ']' });
    let closed: String = text[..end].chars().chain(closers).collect();
    serde_json::from_str(&closed).ok()
}

/// Fields by their names in either spelling; what is of another shape is taken for what it can mean.
fn answer_of(value: &Value) -> Answer {
    let value = match ["answer", "explanation", "result"].iter().find_map(|key| value.get(key)) {
        Some(inner) if inner.is_object() => inner,
        _ => value,
    };
    let field = |names: &[&str]| names.iter().find_map(|name| value.get(name)).unwrap_or(&Value::Null);
    Answer {
        summary: cut(&words(field(&["summary"])), SUMMARY_CHARS_MAX),
        root_cause: claim(field(&["root_cause", "rootCause", "cause"])),
        confidence: confidence(field(&["confidence"])),
        line: line(field(&["line", "exact_line", "exactLine"])),
        why: list(field(&["why", "steps"]))
            .iter()
            .map(claim)
            .filter(|claim| !claim.text.is_empty())
            .take(STEPS_MAX)
            .collect(),
        fix: fix(field(&["fix", "suggested_fix", "suggestedFix"])),
        check: some(cut(&words(field(&["check"])), TEXT_CHARS_MAX)),
        missing: {
            let texts = list(field(&["missing"])).into_iter().map(|text| cut(&words(&text), NAME_CHARS_MAX));
            texts.filter(|text| !text.is_empty()).take(MISSING_MAX).collect()
        },
        notes: Vec::new(),
    }
}

fn claim(value: &Value) -> Claim {
    let text = match value {
        Value::Object(_) => {
            ["text", "claim", "step"].iter().find_map(|key| value.get(key)).map(words).unwrap_or_default()
        }
        other => words(other),
    };
    Claim { text: cut(&text, TEXT_CHARS_MAX), facts: facts(value), ..Claim::default() }
}

/// Ids, in a list or in one text; in whatever brackets models like to set them.
fn facts(value: &Value) -> Vec<String> {
    let named = ["facts", "fact", "ids", "citations"].iter().find_map(|key| value.get(key));
    let texts: Vec<String> = match named {
        Some(Value::Array(items)) => items.iter().map(words).collect(),
        Some(Value::String(text)) => text.split([',', ' ', ';']).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let mut ids: Vec<String> = Vec::new();
    for text in texts {
        let id = cut(
            text.trim_matches(|letter: char| letter.is_whitespace() || "[](){}`'\"".contains(letter)),
            NAME_CHARS_MAX,
        );
        if !id.is_empty() && !ids.contains(&id) && ids.len() < FACTS_MAX {
            ids.push(id);
        }
    }
    ids
}

fn confidence(value: &Value) -> Confidence {
    let word = words(value).to_ascii_lowercase();
    let number = value.as_f64().or_else(|| word.trim_end_matches('%').trim().parse().ok());
    match number {
        // As a share or in per cent.
        Some(share) if share > 1.0 => by_share(share / 100.0),
        Some(share) => by_share(share),
        None if word.contains("high") => Confidence::High,
        None if word.contains("medium") || word.contains("moderate") => Confidence::Medium,
        None => Confidence::Low,
    }
}

fn by_share(share: f64) -> Confidence {
    if share >= 0.8 {
        Confidence::High
    } else if share >= 0.5 {
        Confidence::Medium
    } else {
        Confidence::Low
    }
}

fn line(value: &Value) -> Option<ExactLine> {
    let text = |key: &str| some(cut(&value.get(key).map(words).unwrap_or_default(), NAME_CHARS_MAX));
    let number =
        |value: &Value| value.as_u64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
    match value {
        Value::Object(_) => Some(ExactLine {
            file: text("file").or_else(|| text("filename"))?,
            line: value.get("line").and_then(number),
            function: text("function"),
            fact: text("fact"),
        }),
        // `src/user.ts:42`
        Value::String(place) => {
            let (file, line) = place.rsplit_once(':')?;
            Some(ExactLine {
                file: some(cut(file, NAME_CHARS_MAX))?,
                line: Some(line.trim().parse().ok()?),
                function: None,
                fact: None,
            })
        }
        _ => None,
    }
}

fn fix(value: &Value) -> Option<SuggestedFix> {
    let (text, diff) = match value {
        Value::Object(_) => {
            let diff = value.get("diff").and_then(Value::as_str).map(unfenced);
            (value.get("text").map(words).unwrap_or_default(), diff.filter(|diff| !diff.trim().is_empty()))
        }
        other => (words(other), None),
    };
    let fix = SuggestedFix {
        text: cut(&text, TEXT_CHARS_MAX),
        diff: diff.map(|diff| block(&diff)),
        diff_refused: None,
    };
    (!fix.text.is_empty() || fix.diff.is_some()).then_some(fix)
}

fn unfenced(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("```"));
    lines.collect::<Vec<_>>().join("\n")
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        Value::String(text) if text.trim().is_empty() => Vec::new(),
        one => vec![one.clone()],
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(" "),
        Value::Object(_) => value.get("text").map(words).unwrap_or_default(),
        Value::Bool(_) | Value::Null => String::new(),
    }
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty() && text != "null")
}

/// So many letters, without those that no text needs.
fn cut(text: &str, chars_max: usize) -> String {
    let letters = text.trim().chars().filter(|letter| !letter.is_control() || *letter == '\n');
    let mut letters = letters.peekable();
    let mut kept: String = letters.by_ref().take(chars_max).collect();
    if letters.peek().is_some() {
        kept.push('…');
    }
    kept
}

/// Of a diff, where blanks and tabs count.
fn block(text: &str) -> String {
    let letters = text.chars().filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'));
    letters.take(DIFF_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests;
