//! The evidence pack: what is known as facts with ids, redacted, the most telling first, and as many as a model has room for.
//!
//! `Material` → [`facts::facts`] (drafts in the order of what they tell) → redacted and made inert → packed whole, one after another, while
//! there is room. The same material makes the same bytes: nothing here asks a clock, and no map's order shows.

use sha2::{Digest as _, Sha256};

use crate::explain::redact::{Person, Redactor};
use crate::model::evidence::Material;
use crate::model::explanation::{EvidencePack, Fact};

mod draft;
mod event;
mod facts;
mod fence;
mod ids;
mod stack;
mod surroundings;
#[cfg(test)]
pub(super) mod tests;

pub use crate::explain::evidence::draft::CUT;
pub use crate::explain::evidence::fence::{Fence, inert};

/// A pack of fewer tokens says too little to be sent.
pub const TOKENS_MIN: u32 = 1_000;
/// The longest context that a pack is made for.
pub const TOKENS_MAX: u32 = 131_072;
/// More facts are not even drafted.
pub const FACTS_MAX: usize = 1_500;
/// Ids of facts left out that are told.
const LEFT_OUT_MAX: usize = 200;

pub fn pack_material(material: &Material, tokens_max: u32) -> EvidencePack {
    let tokens_max = tokens_max.clamp(TOKENS_MIN, TOKENS_MAX);
    let mut redactor = Redactor::new();
    know(&mut redactor, material);
    let drafts = facts::facts(material, &mut redactor);
    let mut tokens = 0u32;
    let (mut facts, mut left_out): (Vec<Fact>, Vec<String>) = (Vec::new(), Vec::new());
    for fact in drafts.into_iter().take(FACTS_MAX) {
        let more = fence::tokens_of(&fact);
        if tokens.saturating_add(more) <= tokens_max {
            tokens += more;
            facts.push(fact);
        } else if left_out.len() < LEFT_OUT_MAX {
            left_out.push(fact.id);
        }
    }
    let digest = digest(&facts);
    // What was replaced in facts that were left out was not sent: only placeholders that are there are told.
    let is_shown = |placeholder: &str| {
        facts.iter().any(|fact| fact.text.contains(placeholder) || fact.id.contains(placeholder))
    };
    let mut redactions = redactor.redactions();
    redactions.retain(|done| is_shown(&done.placeholder));
    EvidencePack { event: material.event.event_id, facts, left_out, redactions, tokens, tokens_max, digest }
}

/// Who is looked for in every text, and which random texts are no secrets.
fn know(redactor: &mut Redactor, material: &Material) {
    let events = std::iter::once(&material.event).chain(material.contrasts.iter().map(|other| &other.event));
    events.filter_map(|event| event.user.as_ref()).for_each(|user| redactor.know(&Person::of(user)));
    let commits = material.commits.iter().map(|known| &known.commit);
    for commit in commits.chain(material.similar.iter().filter_map(|similar| similar.fix.as_ref())) {
        let author = &commit.author;
        redactor.know(&Person {
            name: author.name.as_deref(),
            email: author.email.as_deref(),
            ..Person::default()
        });
        redactor.allow(&commit.id);
    }
    redactor.allow_ids_of(&material.event);
    for traced in &material.trace {
        redactor.allow(&traced.span.id.to_string());
        redactor.allow(&traced.span.trace.to_string());
    }
}

fn digest(facts: &[Fact]) -> String {
    let mut hash = Sha256::new();
    for fact in facts {
        // Lengths before texts: what moves from one to the next is another pack.
        for part in [&fact.id, &fact.text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
    }
    hex::encode(hash.finalize())
}
