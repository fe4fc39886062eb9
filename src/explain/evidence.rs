//! The facts of an issue, packed for a model.

use jiff::Timestamp;

use crate::explain::tokens;
use crate::findings::{Result, Sources};
use crate::model::explanation::{EvidencePack, Fact, FactKind, FactPlace};
use crate::model::ids::EventId;
use crate::model::issue::Issue;
use crate::store::StoreError;

pub fn pack(
    sources: &Sources<'_>,
    issue: &Issue,
    event: Option<EventId>,
    tokens_max: u32,
    _now: Timestamp,
) -> Result<EvidencePack> {
    let place = match event {
        Some(event) => sources.store.find_event(issue.project, event)?,
        None => sources.store.issue_events(issue.id, None, 1)?.into_iter().next(),
    };
    let place = place.ok_or(StoreError::Gone)?;
    let stored = sources.reader.read(&place)?.ok_or(StoreError::Gone)?;
    let mut facts = Vec::new();
    for (index, exception) in stored.event.exceptions.iter().enumerate() {
        let text = format!("{:?}: {:?}", exception.kind, exception.value);
        let place = Some(FactPlace::Exception { exception: index });
        facts.push(Fact { id: format!("exception:{}", index + 1), kind: FactKind::Exception, text, place });
    }
    for (index, crumb) in stored.event.breadcrumbs.iter().enumerate() {
        let text = format!(
            "{} {}",
            crumb.message.as_deref().unwrap_or_default(),
            serde_json::to_string(&crumb.data).unwrap_or_default()
        );
        facts.push(Fact {
            id: format!("crumb:{index}"),
            kind: FactKind::Crumb,
            text,
            place: Some(FactPlace::Crumb { index }),
        });
    }
    let tokens = facts.iter().map(|fact| tokens::estimate(&fact.text)).sum();
    let digest = format!("{:x}", facts.len());
    Ok(EvidencePack {
        event: place.event_id,
        facts,
        left_out: Vec::new(),
        redactions: Vec::new(),
        tokens,
        tokens_max,
        digest,
    })
}
