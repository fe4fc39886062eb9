//! Which events are the same: hashes equal to Sentry's, by version `newstyle:2026-01-20`.
//!
//! An event is looked at in several ways (variants): only the team's own frames, all frames, the message, a
//! fingerprint. `apply_rules` first says which frames are whose; `group` then makes the hashes. Both read the event
//! and the project's rules and nothing else: the same event gives the same hashes on every machine, for ever.
//! Which issue a hash belongs to is the store's affair.

use std::sync::{Arc, LazyLock};

use md5::{Digest, Md5};

use crate::digest::grouping::exceptions::Chain;
use crate::digest::grouping::fingerprint::Fingerprint;
use crate::digest::grouping::fingerprint_rules::FingerprintRules;
use crate::digest::grouping::message::normalize_message;
use crate::digest::grouping::rules::{BUILT_IN_RULES, ErrorFacts, StackRules};
use crate::digest::grouping::stack::{Side, StackParts};
use crate::model::event::{Event, EventKind, Stacktrace, Thread};
use crate::model::grouping::{Grouping, Variant};
use crate::model::ids::GroupHash;

pub mod rules;
mod exceptions;
mod fingerprint;
mod fingerprint_rules;
mod frames;
pub(crate) mod functions;
mod in_app;
mod message;
mod parameterize;
pub(crate) mod security;
mod stack;

#[cfg(test)]
mod tests;

pub(crate) use crate::digest::grouping::fingerprint::crash_frame;
pub use crate::digest::grouping::in_app::apply_rules;
pub use crate::digest::grouping::parameterize::parameterize;
pub use crate::digest::grouping::rules::RulesError;

/// What a project adds to the built-in rules, parsed; cheap to clone and to share.
#[derive(Debug, Clone)]
pub struct ProjectRules {
    pub(crate) stack: Arc<StackRules>,
    fingerprint: Arc<FingerprintRules>,
}

static NO_FINGERPRINT_RULES: LazyLock<Arc<FingerprintRules>> = LazyLock::new(|| {
    Arc::new(FingerprintRules::with_project("").expect("the built-in fingerprint rules are tested"))
});

impl Default for ProjectRules {
    fn default() -> Self {
        Self { stack: Arc::clone(&BUILT_IN_RULES), fingerprint: Arc::clone(&NO_FINGERPRINT_RULES) }
    }
}

impl ProjectRules {
    /// Stack-trace rules and fingerprint rules, as Sentry writes them, one a line. Errors name the line.
    pub fn new(grouping_rules: &str, fingerprint_rules: &str) -> Result<Self, RulesError> {
        let mut rules = Self::default();
        if !grouping_rules.trim().is_empty() {
            rules.stack = Arc::new(StackRules::with_project(grouping_rules)?);
        }
        if !fingerprint_rules.trim().is_empty() {
            rules.fingerprint = Arc::new(FingerprintRules::with_project(fingerprint_rules)?);
        }
        Ok(rules)
    }
}

/// One way to look at the event that has something to say.
struct Look {
    name: &'static str,
    /// `None`: it does not contribute.
    values: Option<Vec<String>>,
    hint: Option<String>,
}

/// The hashes of an event whose frames `apply_rules` has marked.
pub fn group(event: &Event, rules: &ProjectRules) -> Grouping {
    if let Some(checksum) = event.checksum.as_deref().filter(|checksum| !checksum.is_empty()) {
        return Grouping { variants: vec![checksum_variant(checksum)], title: None, main_exception: None };
    }
    let fingerprint = Fingerprint::of(event, &rules.fingerprint);
    if event.kind == EventKind::Feedback && !fingerprint.is_custom() {
        return Grouping {
            variants: vec![feedback_variant(event)],
            title: fingerprint.title,
            main_exception: None,
        };
    }
    let (mut looks, main_exception) = looks(event, rules);
    let mut variants = Vec::with_capacity(looks.len() + 1);
    if fingerprint.is_custom() {
        for look in &mut looks {
            look.values = None;
            look.hint = Some("ignored because a fingerprint takes precedence".to_owned());
        }
        let name = if fingerprint.is_built_in { "built_in_fingerprint" } else { "custom_fingerprint" };
        variants.push(variant(name, fingerprint.values.clone(), fingerprint.hint.clone()));
    }
    for look in looks {
        variants.push(match look.values {
            Some(values) => variant(look.name, fingerprint.splice(values), look.hint),
            None => Variant { name: look.name.to_owned(), hash: None, hint: look.hint, values: Vec::new() },
        });
    }
    if variants.iter().all(|variant| variant.hash.is_none()) {
        let hint = "nothing else could be grouped by".to_owned();
        variants.push(variant("fallback", Vec::new(), Some(hint)));
    }
    Grouping { variants, title: fingerprint.title, main_exception }
}

fn variant(name: &str, values: Vec<String>, hint: Option<String>) -> Variant {
    let mut hasher = Md5::new();
    for value in &values {
        hasher.update(value.as_bytes());
    }
    let hash = Some(GroupHash(hasher.finalize().into()));
    Variant { name: name.to_owned(), hash, hint, values }
}

/// What one person wrote is answered and closed by itself, however many wrote the same words. Sentry draws a
/// random hash for each; the event's own id says the same and survives a replay.
fn feedback_variant(event: &Event) -> Variant {
    variant("feedback", vec![event.event_id.to_string()], Some("by the feedback itself".to_owned()))
}

/// A hash made by the sender stands as it is; any other text is hashed.
fn checksum_variant(checksum: &str) -> Variant {
    let is_hash = checksum.len() == 32 && checksum.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let values = vec![checksum.to_owned()];
    match checksum.parse::<GroupHash>() {
        Ok(hash) if is_hash => Variant { name: "checksum".into(), hash: Some(hash), hint: None, values },
        _ => variant("hashed_checksum", values, None),
    }
}

/// Every way to look at the event, in the order of their weight; only the first that contributes keeps its values.
fn looks(event: &Event, rules: &ProjectRules) -> (Vec<Look>, Option<usize>) {
    let mut looks: Vec<Look> = Vec::with_capacity(3);
    let mut main = None;
    if !event.exceptions.is_empty() {
        let chain = Chain::of(event, rules);
        main = chain.main;
        let side = |side: Side| {
            let look = Look { name: side.name(), values: None, hint: chain.hint(side) };
            let contributes = chain.contributes(side).then(|| chain.values(side));
            chain.is_present(side).then_some((look, contributes, chain.has_stack(side)))
        };
        add_sides(&mut looks, Side::BOTH.map(side), "the exception");
    }
    if let Some(stack) = thread_stack(event) {
        add_stack(&mut looks, stack, event, rules, "the thread");
    }
    if let Some(stack) = event.stacktrace.as_ref() {
        add_stack(&mut looks, stack, event, rules, "the stack trace");
    }
    let template = event.template.as_ref().map(|template| {
        [&template.filename, &template.context_line].into_iter().flatten().cloned().collect::<Vec<_>>()
    });
    add(&mut looks, "default", template.filter(|values| !values.is_empty()), "the template");
    add(&mut looks, "default", security::values(event), "the security report");
    let entry = event.logentry.as_ref();
    let message = entry.and_then(|entry| {
        let texts = [entry.message.as_deref(), entry.formatted.as_deref()];
        texts.into_iter().flatten().find(|text| !text.is_empty())
    });
    let message = message.map(|message| vec![normalize_message(message).into_owned()]);
    add(&mut looks, "default", message, "the message");
    (looks, main)
}

fn winner(looks: &[Look]) -> bool {
    looks.iter().any(|look| look.values.is_some())
}

/// Adds a look, or what there is to say of it to the look of the same name.
fn add(looks: &mut Vec<Look>, name: &'static str, values: Option<Vec<String>>, what: &str) {
    let Some(values) = values else { return };
    let won = winner(looks);
    let values = (!won).then_some(values);
    let hint =
        if won { "ignored because something else takes precedence".to_owned() } else { format!("by {what}") };
    put(looks, Look { name, values, hint: Some(hint) });
}

fn put(looks: &mut Vec<Look>, look: Look) {
    match looks.iter_mut().find(|known| known.name == look.name) {
        Some(known) if known.values.is_none() && look.values.is_some() => *known = look,
        Some(_) => {}
        None => looks.push(look),
    }
}

fn add_stack(looks: &mut Vec<Look>, stack: &Stacktrace, event: &Event, rules: &ProjectRules, what: &str) {
    if winner(looks) {
        for side in Side::BOTH {
            let hint = Some("ignored because something else takes precedence".to_owned());
            put(looks, Look { name: side.name(), values: None, hint });
        }
        return;
    }
    let parts = StackParts::of(stack, &event.platform, ErrorFacts::default(), rules);
    let side = |side: Side| {
        let look = Look { name: side.name(), values: None, hint: parts.hint(side).map(str::to_owned) };
        let contributes = parts.contributes(side);
        let values = contributes.then(|| {
            let mut values = Vec::new();
            parts.push_values(side, &mut values);
            values
        });
        Some((look, values, contributes))
    };
    add_sides(looks, Side::BOTH.map(side), what);
}

/// The look itself, what it would be hashed by, and whether a stack is in it.
type SideLook = Option<(Look, Option<Vec<String>>, bool)>;

/// `app` and `system`: only one of them counts where they say the same, or where only one has a stack to show.
fn add_sides(looks: &mut Vec<Look>, sides: [SideLook; 2], what: &str) {
    let any_stack = sides.iter().flatten().any(|(_, _, has_stack)| *has_stack);
    let won = winner(looks);
    for (mut look, values, has_stack) in sides.into_iter().flatten() {
        let note = |look: &mut Look, hint: &str| {
            look.hint.get_or_insert_with(|| hint.to_owned());
        };
        match values {
            Some(_) if won => note(&mut look, "ignored because something else takes precedence"),
            Some(_) if any_stack && !has_stack => {
                note(&mut look, "ignored because only the other variant has a stack trace that counts");
            }
            Some(values) if app_values(looks).is_some_and(|app| same_hash(app, &values)) => {
                look.hint = Some("ignored because it is the same as app".to_owned());
            }
            Some(values) => {
                look.hint = Some(format!("by {what}"));
                look.values = Some(values);
            }
            None => {}
        }
        put(looks, look);
    }
}

fn app_values(looks: &[Look]) -> Option<&[String]> {
    looks.iter().find(|look| look.name == Side::App.name())?.values.as_deref()
}

/// Values are hashed without separators, so these are the same if their concatenations are.
fn same_hash(a: &[String], b: &[String]) -> bool {
    a.iter().flat_map(|text| text.bytes()).eq(b.iter().flat_map(|text| text.bytes()))
}

/// The one thread that is to blame: crashed, else current, else alone.
fn thread_stack(event: &Event) -> Option<&Stacktrace> {
    let crashed = only(event, |thread| thread.crashed == Some(true));
    let current = || only(event, |thread| thread.current == Some(true));
    crashed.or_else(current).or_else(|| only(event, |_| true))?.stacktrace.as_ref()
}

fn only(event: &Event, fits: impl Fn(&Thread) -> bool) -> Option<&Thread> {
    let mut threads = event.threads.iter().filter(|thread| fits(thread));
    threads.next().filter(|_| threads.next().is_none())
}
