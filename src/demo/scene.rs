//! What holds for everything of one incident: who, when, which release, which trace.

use std::cell::RefCell;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::demo::dice::Dice;
use crate::demo::fill::Filler;
use crate::demo::people::{self, Person};
use crate::demo::service::Service;
use crate::demo::shop::{Release, Shop};
use crate::demo::story::Story;
use crate::demo::{Result, TRACED, Wish};
use crate::model::ids::EventId;

/// Of a hundred incidents, so many are of the staging system.
const STAGING_PERCENT: u64 = 6;

pub struct Scene<'a> {
    pub shop: &'a Shop,
    pub at: Timestamp,
    pub person: Option<&'a Person<'a>>,
    pub release: &'a Release,
    pub environment: &'a str,
    pub trace_id: String,
    /// The span of each service.
    pub spans: BTreeMap<Service, String>,
    /// The span of its caller that called each service.
    calls: BTreeMap<Service, String>,
    filler: RefCell<Filler<'a>>,
    seed: u64,
    index: usize,
}

impl<'a> Scene<'a> {
    pub fn new(
        shop: &'a Shop,
        people: &'a [Person<'a>],
        wish: &Wish,
        story: &'a Story,
        index: usize,
        at: Timestamp,
    ) -> Result<Self> {
        let mut dice = Dice::of(wish.seed, &story.name, index);
        let person = people::choose(people, &story.who, &mut dice);
        let release = shop.release_at(at, wish);
        let is_staging = dice.below(100) < STAGING_PERCENT;
        let environment =
            story.environment.as_deref().unwrap_or(if is_staging { "staging" } else { "production" });
        let trace_id = dice.hex(32);
        let mut spans = BTreeMap::new();
        let caused = story.causes.iter().map(|name| shop.story(name)).collect::<Result<Vec<_>>>()?;
        let services = [story].into_iter().chain(caused).map(|story| story.service);
        for service in services.chain(story.through.iter().copied()) {
            spans.entry(service).or_insert_with(|| dice.hex(16));
        }
        let mut call_dice = Dice::of(wish.seed, &format!("calls {}", story.name), index);
        let calls = spans.keys().skip(1).map(|&service| (service, call_dice.hex(16))).collect();
        let mut known = BTreeMap::from([
            ("release".to_owned(), release.version.clone()),
            ("environment".to_owned(), environment.to_owned()),
            ("at.date".to_owned(), at.to_string()[..10].to_owned()),
            ("trace".to_owned(), trace_id.clone()),
        ]);
        if let Some(person) = person {
            known.extend(person.facts());
        }
        let filler = RefCell::new(Filler::new(dice, &shop.values, known));
        Ok(Self {
            shop,
            at,
            person,
            release,
            environment,
            trace_id,
            spans,
            calls,
            filler,
            seed: wish.seed,
            index,
        })
    }

    /// Dice of its own for one purpose.
    pub fn dice(&self, name: &str) -> Dice {
        Dice::of(self.seed, name, self.index)
    }

    /// Of the story's event in this incident. The wish's time is no part of it: loaded twice, it is stored once.
    pub fn event_id(&self, story: &Story) -> EventId {
        self.id_of(&format!("event {}", story.name))
    }

    pub fn id_of(&self, name: &str) -> EventId {
        EventId(self.dice(name).bytes())
    }

    pub fn is_traced(&self) -> bool {
        self.dice(&self.trace_id).below(TRACED) == 0
    }

    pub fn filler(&self) -> std::cell::RefMut<'_, Filler<'a>> {
        self.filler.borrow_mut()
    }

    /// By the clock of its service.
    pub fn time_of(&self, story: &Story) -> Timestamp {
        let delay = SignedDuration::from_millis(i64::try_from(story.delay_ms).unwrap_or(0));
        self.at + delay - self.clock_behind(story.service)
    }

    /// Whose clock is wrong shows only beside others.
    pub fn clock_behind(&self, service: Service) -> SignedDuration {
        if self.spans.len() > 1 { service.clock_behind() } else { SignedDuration::ZERO }
    }

    /// The span that called this service.
    pub fn parent_span(&self, service: Service) -> Option<&str> {
        self.calls.get(&service).map(String::as_str)
    }

    /// The service that this one calls.
    pub fn callee(&self, service: Service) -> Option<Service> {
        self.spans.keys().copied().find(|&other| other > service)
    }
}
