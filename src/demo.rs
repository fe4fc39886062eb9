//! What `lighttrace demo` sends: two weeks of a made-up shop, as envelopes that its SDKs would have sent.
//!
//! Pure: a wish (seed, size, time) becomes a plan, and the same wish becomes the same bytes. The shop, its sources
//! and what goes wrong in it stand in `data/demo`; nothing here knows a story by name. `cli::demo` sends the plan
//! through the real ingest endpoint.

use jiff::{SignedDuration, Timestamp};

use crate::demo::people::Person;
use crate::demo::scene::Scene;
use crate::demo::shop::Shop;
use crate::demo::story::{Story, Verdict};
use crate::model::ids::EventId;

mod data;
mod dice;
mod envelope;
mod event;
mod fill;
mod frames;
mod history;
mod people;
mod scene;
mod schedule;
mod sdk;
mod service;
mod shop;
mod sources;
mod story;
#[cfg(test)]
mod tests;
mod trace;
mod traffic;
mod transaction;
mod visits;

pub use crate::demo::history::{Built, REPOSITORY};
pub use crate::demo::service::Service;

pub const EVENTS_MAX: u32 = 100_000;
pub const DAYS_MAX: u32 = 90;
/// One in so many incidents is traced.
const TRACED: u64 = 3;

/// The files under `data/demo` contradict each other. Its tests keep that from being released.
#[derive(Debug, thiserror::Error)]
#[error("the demo's data: {0}")]
pub struct Flaw(String);

pub type Result<T> = std::result::Result<T, Flaw>;

/// What somebody wants to see.
#[derive(Debug, Clone)]
pub struct Wish {
    pub seed: u64,
    /// Errors over all projects; traces and feedback come on top.
    pub events: u32,
    pub days: u32,
    pub now: Timestamp,
}

/// In the order in which it is carried out.
pub struct Plan {
    /// What builds say, oldest first: before any event, so that these find their releases as old as they are.
    pub builds: Vec<Built>,
    /// Sessions, in any order.
    pub visits: Vec<Shipment>,
    /// The transactions of what went well, or nearly, in any order.
    pub traffic: Vec<Shipment>,
    /// The first event of every issue, oldest first: sent one after the other, so that issues have the same numbers
    /// each time.
    pub openings: Vec<Shipment>,
    /// In any order.
    pub rest: Vec<Shipment>,
    pub decisions: Vec<Decision>,
    /// Once the decisions are made, oldest first: of issues that come back, and whatever else happened since the first
    /// of them did, so that the newest events are the last to arrive.
    pub later: Vec<Shipment>,
}

/// One request of an SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    pub service: Service,
    pub at: Timestamp,
    pub envelope: Vec<u8>,
}

/// What somebody of the shop decided about an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub service: Service,
    /// Any event of the issue.
    pub event: EventId,
    pub verdict: Verdict,
    /// The release that fixes it, or `next`.
    pub fixed_in: Option<String>,
    pub at: Timestamp,
}

/// Whatever happened at once: an error, those it causes in other services, their trace.
struct Incident<'a> {
    story: &'a Story,
    index: usize,
    at: Timestamp,
}

pub fn plan(wish: &Wish) -> Result<Plan> {
    let shop = Shop::load()?;
    let people = people::all(&shop, wish.seed);
    let mut undecided = vec![];
    let mut plan = Plan {
        builds: history::history(&shop, wish)?,
        visits: visits::shipments(&shop, &people, wish),
        traffic: traffic::shipments(&shop, &people, wish)?,
        openings: vec![],
        rest: vec![],
        decisions: vec![],
        later: vec![],
    };
    for (story, incidents) in incidents(&shop, wish) {
        let decided = story.decided.as_ref().map(|decided| (decided, hours_before(wish, decided.hours_ago)));
        let mut is_first = true;
        for incident in incidents {
            let scene = scene_of(&shop, &people, wish, &incident)?;
            let mut shipments = shipments(&scene, &incident)?;
            match decided {
                Some((_, at)) if incident.at > at => plan.later.append(&mut shipments),
                _ if is_first => plan.openings.append(&mut shipments),
                Some(_) => plan.rest.append(&mut shipments),
                None => undecided.append(&mut shipments),
            }
            if is_first && let Some((decided, at)) = decided.filter(|(_, at)| incident.at <= *at) {
                let (service, event) = (story.service, scene.event_id(story));
                let fixed_in = decided.fixed_in.as_deref().map(|version| match version {
                    "next" => version.to_owned(),
                    version => sdk::release_name(service, version),
                });
                plan.decisions.push(Decision { service, event, verdict: decided.verdict, fixed_in, at });
            }
            is_first = false;
        }
    }
    let first_return = plan.later.iter().map(|shipment| shipment.at).min().unwrap_or(wish.now);
    let (mut later, mut rest): (Vec<_>, Vec<_>) =
        undecided.into_iter().partition(|one| one.at >= first_return);
    plan.later.append(&mut later);
    plan.rest.append(&mut rest);
    for shipments in [&mut plan.openings, &mut plan.rest, &mut plan.later] {
        shipments.sort_by_key(|shipment| shipment.at);
    }
    Ok(plan)
}

fn hours_before(wish: &Wish, hours: u32) -> Timestamp {
    let scaled = i64::from(hours) * 3600 * i64::from(wish.days) / i64::from(schedule::STORY_DAYS);
    wish.now - SignedDuration::from_secs(scaled)
}

/// Every story that happens by itself, and when.
fn incidents<'a>(shop: &'a Shop, wish: &Wish) -> Vec<(&'a Story, Vec<Incident<'a>>)> {
    let own = || shop.stories.iter().filter(|story| story.shape.is_some());
    let all: u64 = own().map(|story| story.share * (1 + story.causes.len() as u64)).sum();
    own()
        .map(|story| {
            let count = (u64::from(wish.events) * story.share / all).max(1);
            let times = schedule::times(story, usize::try_from(count).unwrap_or(usize::MAX), wish);
            let incidents = times.into_iter().enumerate();
            (story, incidents.map(|(index, at)| Incident { story, index, at }).collect())
        })
        .collect()
}

fn scene_of<'a>(
    shop: &'a Shop,
    people: &'a [Person],
    wish: &'a Wish,
    incident: &Incident<'a>,
) -> Result<Scene<'a>> {
    Scene::new(shop, people, wish, incident.story, incident.index, incident.at)
}

/// The error, what it causes, what people say about it, and its trace.
fn shipments(scene: &Scene, incident: &Incident) -> Result<Vec<Shipment>> {
    let mut shipments = Vec::new();
    let caused = incident.story.causes.iter().map(|name| scene.shop.story(name));
    for story in [Ok(incident.story)].into_iter().chain(caused) {
        let story = story?;
        shipments.push(event::shipment(scene, story, incident.index)?);
        if let Some(text) = story.feedback.get(incident.index) {
            shipments.push(event::feedback(scene, story, text)?);
        }
    }
    if scene.is_traced() {
        shipments.extend(trace::shipments(scene, incident.story)?);
    }
    Ok(shipments)
}
