//! All facts of a material, the most telling first.

use std::collections::HashMap;

use crate::explain::evidence::draft::Drafts;
use crate::explain::evidence::{event, stack, surroundings};
use crate::explain::redact::Redactor;
use crate::insight::telling::{Around, Telling, telling};
use crate::insight::trace::{Service, TraceSpan};
use crate::model::evidence::Material;
use crate::model::explanation::Fact;
use crate::model::ids::ProjectId;

pub fn facts(material: &Material, redactor: &mut Redactor) -> Vec<Fact> {
    let told = told(material);
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

/// What tells most of the event, with its trace as far as it was gathered.
fn told(material: &Material) -> Telling {
    let spans: Vec<TraceSpan<'_>> = material
        .trace
        .iter()
        .map(|traced| TraceSpan { project: traced.project, span: &traced.span })
        .collect();
    let names: HashMap<(ProjectId, &str), &str> = material
        .trace
        .iter()
        .map(|traced| ((traced.project, traced.span.service.as_str()), traced.service.as_str()))
        .collect();
    let name_of = |service: &Service<'_>| {
        names.get(&(service.project, service.name)).copied().unwrap_or(service.name).to_owned()
    };
    telling(&material.event, &Around { project: material.issue.project, spans: &spans, name_of: &name_of })
}
