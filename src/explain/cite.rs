//! What of an answer stands on the facts, said by code: ids that exist, quotes that stand where they are said to stand, lines that a frame
//! shows, a diff that fits the source shown. And what must not be shown at all: addresses that no fact has, markup, images.
//!
//! A claim is never dropped: it is marked, with the reason, and whoever reads decides.

use crate::explain::cite::facts::Known;
use crate::model::explanation::{Answer, Claim, EvidencePack, SuggestedFix, ToolCall};

mod clean;
mod diff;
mod facts;
mod line;
mod quotes;
#[cfg(test)]
mod tests;

/// Ids of one claim; more is a list of everything.
const FACTS_MAX: usize = 30;
/// Quotes of one claim that are looked up.
const QUOTES_MAX: usize = 40;

/// What was taken out of a text, as a note of the answer.
const LINKS_REMOVED: &str = "links_removed";
const MARKUP_REMOVED: &str = "markup_removed";

pub fn check(answer: &mut Answer, pack: &EvidencePack) {
    let known = Known::of(pack, &[]);
    let mut notes = Vec::new();
    clean_all(answer, &known, &mut notes);
    check_claim(&mut answer.root_cause, &known);
    for claim in &mut answer.why {
        check_claim(claim, &known);
    }
    if let Some(exact) = &mut answer.line {
        line::check(exact, pack);
    }
    if let Some(fix) = &mut answer.fix {
        check_fix(fix, pack, &known);
    }
    for note in notes {
        if !answer.notes.iter().any(|known| known == note) {
            answer.notes.push(note.to_owned());
        }
    }
}

/// What tools gave counts as facts `call:1`, `call:2`, …
pub fn check_reply(claim: &mut Claim, pack: &EvidencePack, calls: &[ToolCall]) {
    let known = Known::of(pack, calls);
    let mut notes = Vec::new();
    claim.text = clean::clean(&claim.text, &known, &mut notes);
    check_claim(claim, &known);
}

fn clean_all(answer: &mut Answer, known: &Known<'_>, notes: &mut Vec<&'static str>) {
    let mut clean = |text: &mut String| *text = clean::clean(text, known, notes);
    clean(&mut answer.summary);
    clean(&mut answer.root_cause.text);
    answer.why.iter_mut().for_each(|claim| clean(&mut claim.text));
    answer.check.iter_mut().for_each(&mut clean);
    answer.missing.iter_mut().for_each(&mut clean);
    if let Some(fix) = &mut answer.fix {
        clean(&mut fix.text);
    }
    if let Some(line) = &mut answer.line {
        clean(&mut line.file);
        line.function.iter_mut().for_each(clean);
    }
}

fn check_claim(claim: &mut Claim, known: &Known<'_>) {
    (claim.unsupported, claim.reason) = (false, None);
    if claim.text.trim().is_empty() && claim.facts.is_empty() {
        return;
    }
    let named: Vec<String> = claim
        .facts
        .iter()
        .flat_map(|id| facts::ids_in(id))
        .chain(facts::cited_in(&claim.text, known))
        .collect();
    claim.facts.clear();
    for id in named {
        if !claim.facts.contains(&id) && claim.facts.len() < FACTS_MAX {
            claim.facts.push(id);
        }
    }
    let unknown: Vec<&String> = claim.facts.iter().filter(|id| !known.has(id)).collect();
    if let Some(unknown) = unknown.first() {
        return refuse(claim, format!("There is no fact `{unknown}`"));
    }
    if claim.facts.is_empty() {
        return refuse(claim, "It names no fact".to_owned());
    }
    let mut added = Vec::new();
    for quote in quotes::quotes(&claim.text).into_iter().take(QUOTES_MAX) {
        if known.is_id(&quote.text) || claim.facts.iter().any(|id| known.holds(id, &quote)) {
            continue;
        }
        match known.find(&quote) {
            Some(id) => {
                added.push(format!("`{}` stands in `{id}`", quote.text));
                claim.facts.push(id.to_owned());
            }
            None => return refuse(claim, format!("`{}` stands in none of its facts", quote.text)),
        }
    }
    if !added.is_empty() {
        claim.reason = Some(format!("{}, which it did not name", added.join(", ")));
    }
}

fn refuse(claim: &mut Claim, reason: String) {
    (claim.unsupported, claim.reason) = (true, Some(reason));
}

fn check_fix(fix: &mut SuggestedFix, pack: &EvidencePack, known: &Known<'_>) {
    let Some(given) = fix.diff.take().filter(|diff| !diff.trim().is_empty()) else { return };
    if clean::has_foreign_address(&given, known) {
        fix.diff_refused = Some("It has an address that stands in no fact".to_owned());
        return;
    }
    match diff::fitted(&given, pack) {
        Ok(fitted) => (fix.diff, fix.diff_refused) = (Some(fitted), None),
        Err(reason) => fix.diff_refused = Some(reason),
    }
}
