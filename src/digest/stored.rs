//! Events as they are kept: what was sent, and how it was read. Reading one reads it again.
//!
//! The normalized event is not stored. It says what was sent in other words, took as much room and as much work to
//! compress as that, and follows from it: `normalize` is pure. The [`Recipe`] is what it needs besides. An event that
//! was stored by an older version is so read with today's rules; its hashes, its issue and its counts are those of
//! its day.

use std::net::IpAddr;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::grouping::{self, ProjectRules};
use crate::digest::normalize::{self, Context};
use crate::digest::policy::Policies;
use crate::digest::symbolicate::Symbolicator;
use crate::model::event::{Event, EventKind};
use crate::model::ids::EventId;
use crate::model::issue::EventRef;
use crate::store::{Store, StoreError};

/// What makes an event of its JSON, beside the project's rules. Kept as JSON: fields may be added.
#[derive(Debug, Serialize, Deserialize)]
pub struct Recipe {
    event_id: EventId,
    received: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_ip: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    retention_days: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<EventKind>,
    /// What grouping found out about the event's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule_title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    main_exception: Option<usize>,
}

impl Recipe {
    pub fn of(context: &Context<'_>, event: &Event) -> Self {
        Self {
            event_id: event.event_id,
            received: context.received,
            sent_at: context.sent_at,
            client_ip: context.client_ip,
            user_agent: context.user_agent.map(str::to_owned),
            retention_days: context.retention_days,
            kind: context.kind,
            rule_title: event.rule_title.clone(),
            main_exception: event.main_exception,
        }
    }

    pub fn encode(&self) -> Bytes {
        Bytes::from(serde_json::to_vec(self).expect("a recipe is always JSON"))
    }

    /// The event as `prepare` made it; its frames are read with what is there today. `None` where recipe or JSON are
    /// damaged.
    pub fn follow(
        recipe: &[u8],
        raw: &[u8],
        rules: &ProjectRules,
        symbolicate: impl FnOnce(&mut Event),
    ) -> Option<Event> {
        let recipe: Self = serde_json::from_slice(recipe).ok()?;
        let context = Context {
            received: recipe.received,
            sent_at: recipe.sent_at,
            client_ip: recipe.client_ip,
            user_agent: recipe.user_agent.as_deref(),
            event_id: Some(recipe.event_id),
            retention_days: recipe.retention_days,
            kind: recipe.kind,
        };
        let value = normalize::parse(raw, true).ok()?;
        let mut event = normalize::normalize(value, &context).ok()?;
        symbolicate(&mut event);
        grouping::apply_rules(&mut event, rules);
        (event.rule_title, event.main_exception) = (recipe.rule_title, recipe.main_exception);
        Some(event)
    }
}

/// An event read back.
pub struct StoredEvent {
    pub place: EventRef,
    pub event: Event,
    /// The JSON as it was sent, secrets taken out.
    pub raw: Bytes,
}

/// Reads events out of a store.
pub struct Reader {
    store: Store,
    policies: Policies,
    symbolicator: Symbolicator,
}

impl Reader {
    pub fn new(store: Store, symbolicator: Symbolicator) -> Self {
        // What the retention was then stands in the recipe.
        Self { store, policies: Policies::new(0), symbolicator }
    }

    /// `None` where the payload has expired, [`StoreError::Damaged`] where it is there and cannot be read.
    pub fn read(&self, place: &EventRef) -> Result<Option<StoredEvent>, StoreError> {
        let Some(stored) = self.store.read_event(place)? else { return Ok(None) };
        let directory = self.store.directory();
        let policy = directory.projects.get(&place.project).map(|project| self.policies.of(project));
        let symbolicate = |event: &mut Event| drop(self.symbolicator.symbolicate(event, place.project));
        let event = match &policy {
            Some(policy) => Recipe::follow(&stored.recipe, &stored.raw, &policy.rules, symbolicate),
            None => Recipe::follow(&stored.recipe, &stored.raw, &ProjectRules::default(), symbolicate),
        };
        let event = event.ok_or_else(|| StoreError::Damaged("it is no event".to_owned()))?;
        Ok(Some(StoredEvent { place: stored.place, event, raw: stored.raw }))
    }
}
