//! All facts of a material, the most telling first.

use crate::explain::evidence::draft::Drafts;
use crate::explain::evidence::{event, stack, surroundings};
use crate::explain::redact::Redactor;
use crate::insight::telling::telling_within;
use crate::model::evidence::Material;
use crate::model::explanation::Fact;

pub fn facts(material: &Material, redactor: &mut Redactor) -> Vec<Fact> {
    let told = telling_within(&material.event, material.issue.project, &material.trace);
    let mut drafts = Drafts::new(redactor);
    surroundings::issue(&mut drafts, material);
    stack::exceptions(&mut drafts, &material.event);
    stack::frames(&mut drafts, &material.event);
    event::crumbs(&mut drafts, &material.event, &told);
    surroundings::spans(&mut drafts, material, &told);
    surroundings::findings(&mut drafts, material);
    surroundings::release(&mut drafts, material);
    event::request(&mut drafts, &material.event);
    surroundings::similar(&mut drafts, material);
    surroundings::contrasts(&mut drafts, material);
    surroundings::annotations(&mut drafts, material);
    surroundings::logs(&mut drafts, material);
    event::tags(&mut drafts, &material.event);
    event::contexts(&mut drafts, &material.event);
    drafts.into_facts()
}
