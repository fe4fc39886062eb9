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
        let mut known = BTreeMap::from([
            ("release".to_owned(), release.version.clone()),
            ("environment".to_owned(), environment.to_owned()),
            ("at.date".to_owned(), at.to_string()[..10].to_owned()),
            ("trace".to_owned(), trace_id.clone()),
        ]);
        if let Some(person) = person {
            let facts = [
                ("user.id", person.id.clone()),
                ("user.name", person.name.clone()),
                ("user.email", person.email.clone()),
                ("user.city", person.place.city.clone()),
                ("user.country", person.place.country.clone()),
                ("user.locale", person.place.locale.clone()),
                ("user.timezone", person.place.timezone.clone()),
                ("tenant", person.tenant.to_owned()),
            ];
            known.extend(facts.map(|(name, fact)| (name.to_owned(), fact)));
        }
        let filler = RefCell::new(Filler::new(dice, &shop.values, known));
        Ok(Self { shop, at, person, release, environment, trace_id, spans, filler, seed: wish.seed, index })
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

    pub fn time_of(&self, story: &Story) -> Timestamp {
        self.at + SignedDuration::from_millis(i64::try_from(story.delay_ms).unwrap_or(0))
    }

    /// The span that called this service.
    pub fn parent_span(&self, service: Service) -> Option<&str> {
        self.spans.range(..service).next_back().map(|(_, span)| span.as_str())
    }
}
