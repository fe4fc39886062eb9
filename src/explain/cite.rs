//! What of an answer stands on facts.

use crate::model::explanation::{Answer, Claim, EvidencePack, ToolCall};

pub fn check(answer: &mut Answer, pack: &EvidencePack) {
    claim(&mut answer.root_cause, pack);
    answer.why.iter_mut().for_each(|step| claim(step, pack));
}

pub fn check_reply(reply: &mut Claim, pack: &EvidencePack, _calls: &[ToolCall]) {
    claim(reply, pack);
}

fn claim(claim: &mut Claim, pack: &EvidencePack) {
    let is_known = claim.facts.iter().any(|id| pack.facts.iter().any(|fact| fact.id == *id));
    claim.unsupported = !is_known;
    claim.reason = (!is_known).then(|| "It names no fact that there is".to_owned());
}
