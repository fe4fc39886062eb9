//! Why it failed, for a message about one issue: what a language model made of it, marked as such, or else what was found
//! without one.

use jiff::SignedDuration;

use crate::alerts::messages::facts::Gathering;
use crate::alerts::messages::story::WhyFacts;
use crate::alerts::messages::{Result, plain};
use crate::findings::Sources;
use crate::model::event::Event;
use crate::model::issue::Issue;

/// An explanation speaks of the events of its time.
const EXPLANATION_AGE_MAX: SignedDuration = SignedDuration::from_hours(24);
/// Explanations that are looked at for one that says something.
const EXPLANATIONS_READ_MAX: usize = 3;
const FINDINGS_SHOWN_MAX: usize = 5;
/// Of these, from counts: what the event itself tells has its room too.
const COUNTED_SHOWN_MAX: usize = 3;
const SENTENCE_LETTERS_MAX: usize = 600;
const MODEL_LETTERS_MAX: usize = 80;

impl Gathering<'_> {
    pub(super) fn why(&self, issue: &Issue, event: Option<&Event>) -> Result<Option<WhyFacts>> {
        let explanations = self.store.explanations(issue.id, EXPLANATIONS_READ_MAX)?;
        let is_fresh = |at| self.now.duration_since(at) < EXPLANATION_AGE_MAX;
        for explanation in explanations.iter().filter(|explanation| is_fresh(explanation.asked)) {
            let Some(answer) = explanation.told() else { continue };
            let cause = plain::line(&answer.root_cause.text, SENTENCE_LETTERS_MAX);
            return Ok(Some(WhyFacts::Model {
                summary: plain::line(&answer.summary, SENTENCE_LETTERS_MAX),
                cause: Some(cause).filter(|cause| !cause.is_empty()),
                is_unsupported: answer.root_cause.unsupported,
                model: plain::line(&explanation.model, MODEL_LETTERS_MAX),
            }));
        }
        let sees = |project| self.sees(project);
        let sources = Sources { store: self.store, search: self.search, reader: self.reader, sees: &sees };
        let counted = sources.sentences(issue, self.now)?.into_iter().map(|finding| finding.sentence);
        let told = event.map(|event| sources.telling(issue, event)).transpose()?.unwrap_or_default();
        // The frame itself stands above, with its source.
        let frame = told.frame.map(|frame| frame.sentence);
        let told = told.sentences.into_iter().filter(|sentence| Some(sentence) != frame.as_ref());
        let sentences = counted.take(COUNTED_SHOWN_MAX).chain(told).take(FINDINGS_SHOWN_MAX);
        let sentences: Vec<_> = sentences.map(|text| plain::line(&text, SENTENCE_LETTERS_MAX)).collect();
        Ok((!sentences.is_empty()).then_some(WhyFacts::Findings(sentences)))
    }
}
