//! A made-up project: people with devices, places and flags that go together, releases that roll out, issues that send in bunches.
//! The story's own issue is number 0; what is planted is what its events have because of what is behind it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use lighttrace::insight::differs::{Comparison, KeyEvents, Sampled, Samples, ValueEvents};

use super::people::{Attributes, Person, people, skewed};
use crate::stories::Kind;
use crate::stories::dice::Dice;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
const DAYS: i64 = 14;
/// The beginning of a day.
const BEGIN_MS: i64 = 1_795_046_400_000;

struct Event<'a> {
    issue: u64,
    person: &'a Person,
    is_server: bool,
    at: i64,
    /// Beside those of the person.
    attributes: Attributes,
}

struct Release {
    name: String,
    /// When it began, and how long it takes to reach all.
    at: i64,
    takes: f64,
}

/// The events that have a key, and those that have each of its values.
type Index = BTreeMap<&'static str, (Vec<u32>, BTreeMap<String, Vec<u32>>)>;

pub struct World {
    kind: Kind,
    events: Vec<Sampled>,
    index: Index,
    planted: Option<(&'static str, String)>,
    traces: Option<Samples>,
}

const HOSTS: &[&str] =
    &["api.stripe.com", "auth.internal", "search.internal", "cdn.example.com", "maps.example.com"];
const CRUMBS: &[(&str, f64)] = &[
    ("fetch", 0.8),
    ("ui.click", 0.6),
    ("navigation", 0.5),
    ("console", 0.3),
    ("xhr", 0.2),
    ("ui.input", 0.15),
];
const ROUTES: &[&str] =
    &["/cart", "/checkout", "/orders/:id", "/login", "/search", "/", "/account", "/api/user"];

/// Days have nights.
fn moment(dice: &mut Dice, from: i64) -> i64 {
    loop {
        let at = dice.between(from.unsigned_abs(), (BEGIN_MS + DAYS * DAY_MS).unsigned_abs()).cast_signed();
        let hour = at.rem_euclid(DAY_MS) as f64 / HOUR_MS as f64;
        if dice.chance(0.55 - 0.45 * ((hour - 3.0) / 24.0 * std::f64::consts::TAU).cos()) {
            return at;
        }
    }
}

fn release(releases: &[Release], person: &Person, at: i64) -> String {
    let reached = releases.iter().rev().find(|release| {
        let share = (at - release.at) as f64 / release.takes;
        at >= release.at && share >= person.patience
    });
    reached.unwrap_or(&releases[0]).name.clone()
}

struct Maker<'a> {
    people: &'a [Person],
    releases: &'a [Release],
    dice: Dice,
}

impl<'a> Maker<'a> {
    /// What an event has whose cause has nothing to do with it.
    fn event(&mut self, issue: u64, is_server: bool, from: i64) -> Event<'a> {
        let dice = &mut self.dice;
        // A few are there all day.
        let person = &self.people[skewed(dice, self.people.len())];
        let at = moment(dice, from);
        let mut attributes: Attributes = vec![("release", release(self.releases, person, at))];
        attributes.push(("environment", if dice.chance(0.06) { "staging" } else { "production" }.to_owned()));
        attributes.push(("server_name", format!("web-{}", dice.below(6))));
        if is_server {
            attributes.push(("runtime", format!("node v20.{}", dice.below(3))));
        }
        for host in HOSTS {
            if dice.chance(0.3) {
                attributes.push(("called.host", (*host).to_owned()));
                if dice.chance(0.08) {
                    fail(&mut attributes, host, dice);
                }
            }
        }
        for (category, share) in CRUMBS {
            if dice.chance(*share) {
                attributes.push(("crumb.category", (*category).to_owned()));
            }
        }
        Event { issue, person, is_server, at, attributes }
    }

    /// An issue: each occasion sends some events, and where it is one for which `fits` is asked, nearly all do fit.
    fn issue(&mut self, issue: u64, occasions: u64, is_server: bool, plan: &Plan<'_>) -> Vec<Event<'a>> {
        // Most code is of few places, some of many.
        let places = if self.dice.chance(0.2) { 8 } else { 1 + self.dice.below(3) };
        let routes: Vec<&str> = if places == 8 {
            ROUTES.to_vec()
        } else {
            (0..places).map(|_| *self.dice.pick(ROUTES)).collect()
        };
        let mut events = Vec::new();
        for _ in 0..occasions {
            let must_fit = self.dice.chance(plan.purity);
            let mut first = self.event(issue, is_server, plan.from);
            while must_fit && !(plan.fits)(&first) {
                first = self.event(issue, is_server, plan.from);
            }
            if must_fit {
                (plan.changes)(&mut first, &mut self.dice);
            }
            first.attributes.push(("route", routes[skewed(&mut self.dice, routes.len())].to_owned()));
            // Who has it tries again; a few lose patience last.
            let mut again = 0;
            while again < plan.again_max && self.dice.chance(plan.again) {
                again += 1;
            }
            for count in 0..=again {
                let at = first.at + i64::try_from(count).expect("few") * 4_000;
                events.push(Event { at, attributes: first.attributes.clone(), ..first });
            }
        }
        events
    }
}

fn fail(attributes: &mut Attributes, host: &str, dice: &mut Dice) {
    let status = *dice.pick(&[500, 502, 503, 504]);
    attributes.push(("failed.host", host.to_owned()));
    attributes.push(("failed.call", format!("GET {host}/v1/{} {status}", dice.below(4))));
}

/// What is behind an issue.
struct Plan<'a> {
    from: i64,
    /// Share of occasions that have what is planted.
    purity: f64,
    fits: &'a dyn Fn(&Event<'_>) -> bool,
    changes: &'a dyn Fn(&mut Event<'_>, &mut Dice),
    /// How likely a further event is.
    again: f64,
    again_max: u64,
}

impl Event<'_> {
    fn each(&self) -> impl Iterator<Item = &(&'static str, String)> {
        // A server knows who asked, and not with what.
        let is_told =
            |key: &str| !self.is_server || matches!(key, "tenant" | "plan") || key.starts_with("flag.");
        self.person.attributes.iter().filter(move |(key, _)| is_told(key)).chain(&self.attributes)
    }
}

fn has(event: &Event<'_>, key: &str, value: &str) -> bool {
    event.each().any(|(known, held)| *known == key && held == value)
}

fn goes_wrong(host: &'static str, call: &'static str) -> impl Fn(&mut Event<'_>, &mut Dice) {
    move |event, _| {
        if !has(event, "called.host", host) {
            event.attributes.push(("called.host", host.to_owned()));
        }
        event.attributes.retain(|(key, value)| !(key.starts_with("failed.") && value.contains(host)));
        event.attributes.push(("failed.host", host.to_owned()));
        event.attributes.push(("failed.call", call.to_owned()));
    }
}

impl World {
    pub fn of(kind: Kind, seed: u64) -> Self {
        let number = Kind::ALL.iter().position(|known| *known == kind).expect("one of all");
        let mut dice = Dice::of(seed, number, 7);
        let people = people(&mut dice);
        // The newest reaches a part of the people within the time.
        let newest =
            BEGIN_MS + dice.between(5, 9).cast_signed() * DAY_MS + dice.below(20).cast_signed() * HOUR_MS;
        let reach = dice.real(0.2, 0.45);
        let takes = (BEGIN_MS + DAYS * DAY_MS - newest) as f64 / reach;
        let releases = [
            ("1.8.0", BEGIN_MS - 60 * DAY_MS, 1.0),
            ("1.9.0", BEGIN_MS - 5 * DAY_MS, 9.0 * DAY_MS as f64),
            ("2.0.0", newest, takes),
        ]
        .map(|(version, at, takes)| Release { name: format!("shop@{version}"), at, takes });
        let is_server =
            matches!(kind, Kind::NightlyJob | Kind::HourlyJob | Kind::SlowQuery | Kind::PoolExhausted);
        let occasions = match (seed % 3, kind) {
            (_, Kind::RareEdge) => dice.between(6, 16),
            (_, Kind::NightlyJob) => dice.between(9, 60),
            (0, _) => dice.between(10, 22),
            (1, _) => dice.between(23, 80),
            _ => dice.between(81, 250),
        };
        let story = Dice::of(seed, number, 8);
        let mut maker = Maker { people: &people, releases: &releases, dice };
        let (planted, mut events) = own(kind, &mut maker, story, occasions, is_server, newest);
        let noise = maker.dice.between(10, 20);
        for issue in 1..=noise {
            // The first are looked at: from few to many events.
            let occasions = match issue {
                1 => maker.dice.between(8, 20),
                2 => maker.dice.between(21, 100),
                3 => maker.dice.between(101, 200),
                _ => 2 + skewed(&mut maker.dice, 150) as u64,
            };
            let (again, is_server) = (maker.dice.real(0.0, 0.5), maker.dice.chance(0.3));
            let loud = maker.dice.chance(0.15);
            let plan = Plan {
                from: BEGIN_MS,
                purity: 0.0,
                fits: &|_| true,
                changes: &|_, _| {},
                again,
                again_max: 20,
            };
            events.extend(maker.issue(issue, occasions, is_server, &plan));
            if loud {
                let looping = Plan { again: 0.995, again_max: 200, ..plan };
                events.extend(maker.issue(issue, 1, is_server, &looping));
            }
        }
        // And one that is large, with a cause of its own.
        let android = Plan {
            from: BEGIN_MS,
            purity: 1.0,
            fits: &|event| has(event, "os.name", "Android"),
            changes: &|_, _| {},
            again: 0.3,
            again_max: 20,
        };
        events.extend(maker.issue(noise + 1, 150, false, &android));
        let traces = (kind == Kind::SlowQuery).then(|| traces(&mut maker.dice));
        let index = index(&events);
        let sampled =
            |event: &Event<'_>| Sampled { person: event.person.number, issue: event.issue, at: event.at };
        let sampled = events.iter().map(sampled).collect();
        Self { kind, events: sampled, index, planted, traces }
    }

    pub fn planted(&self) -> Option<(&'static str, &str)> {
        self.planted.as_ref().map(|(key, value)| (*key, value.as_str()))
    }

    /// Keys that say the same of this story.
    pub fn dimension(&self) -> Option<&'static [&'static str]> {
        match self.kind {
            Kind::SafariOnly => Some(&["browser.name", "browser", "os.name", "os", "device.family"]),
            Kind::LocaleOnly => Some(&["locale", "timezone", "geo.country_code"]),
            Kind::DependencyDown | Kind::DependencySlow | Kind::TokenExpired => {
                Some(&["failed.host", "failed.call", "called.host"])
            }
            _ => None,
        }
    }

    /// As the engine would bring it: the issue's events beside all others since it was first seen.
    pub fn comparison(&self, issue: usize) -> Comparison {
        let is_of = |event: &&Sampled| event.issue == issue as u64;
        let from = self.events.iter().filter(is_of).map(|event| event.at).min().unwrap_or(BEGIN_MS);
        let within = self.events.iter().enumerate().filter(|(_, event)| event.at >= from);
        let (failing, others): (Vec<_>, Vec<_>) = within.partition(|(_, event)| is_of(event));
        let time = |ms: i64| Timestamp::from_millisecond(ms).expect("a time");
        Comparison {
            is_issue: true,
            from: time(from),
            to: time(BEGIN_MS + DAYS * DAY_MS),
            failing: failing.len() as u64,
            others: others.len() as u64,
            sampled: false,
            events: self.samples(&failing, &others),
            healthy: Vec::new(),
            traces: if issue == 0 { self.traces.clone() } else { None },
        }
    }
}

type Planted = Option<(&'static str, String)>;

fn own<'a>(
    kind: Kind,
    maker: &mut Maker<'a>,
    mut story: Dice,
    occasions: u64,
    is_server: bool,
    newest: i64,
) -> (Planted, Vec<Event<'a>>) {
    let purity = if occasions < 23 { 1.0 } else { story.real(0.92, 1.0) };
    let plain =
        Plan { from: BEGIN_MS, purity, fits: &|_| true, changes: &|_, _| {}, again: 0.3, again_max: 10 };
    let mut told = |plan: Plan<'_>| maker.issue(0, occasions, is_server, &plan);
    let planted = |key, value: &str| Some((key, value.to_owned()));
    match kind {
        Kind::DeployBroke | Kind::DeployAndGrowth => {
            let events =
                told(Plan { from: newest, fits: &|event| has(event, "release", "shop@2.0.0"), ..plain });
            (planted("release", "shop@2.0.0"), events)
        }
        Kind::FlagOn => (
            planted("flag.newCheckout", "true"),
            told(Plan { fits: &|event| has(event, "flag.newCheckout", "true"), ..plain }),
        ),
        Kind::DependencyDown | Kind::DependencySlow => {
            let events = told(Plan {
                changes: &goes_wrong("api.stripe.com", "POST api.stripe.com/v1/charges 503"),
                ..plain
            });
            (planted("failed.host", "api.stripe.com"), events)
        }
        Kind::TokenExpired => {
            let events = told(Plan {
                changes: &goes_wrong("auth.internal", "GET auth.internal/session 401"),
                ..plain
            });
            (planted("failed.call", "GET auth.internal/session 401"), events)
        }
        Kind::NightlyJob => {
            let nightly = |event: &mut Event<'_>, dice: &mut Dice| {
                event.at =
                    event.at.div_euclid(DAY_MS) * DAY_MS + 3 * HOUR_MS + dice.below(1_200_000).cast_signed();
            };
            (planted("hour", "3"), told(Plan { changes: &nightly, ..plain }))
        }
        Kind::HourlyJob => {
            let hourly = |event: &mut Event<'_>, dice: &mut Dice| {
                event.at =
                    event.at.div_euclid(HOUR_MS) * HOUR_MS + 420_000 + dice.below(30_000).cast_signed();
            };
            (None, told(Plan { changes: &hourly, ..plain }))
        }
        Kind::OneUserLoop => {
            let events = maker.issue(0, 1, false, &Plan { again: 0.999, again_max: 400, ..plain });
            let few = Plan { purity: 0.0, ..plain };
            let further = story.below(8);
            (None, events.into_iter().chain(maker.issue(0, further, false, &few)).collect())
        }
        Kind::OneTenant => {
            // Not the largest one: of that, chance has much too.
            let tenant = format!("tenant-{}", story.between(3, 9));
            let of = |event: &Event<'_>| has(event, "tenant", &tenant);
            (planted("tenant", &tenant), told(Plan { fits: &of, ..plain }))
        }
        Kind::SafariOnly => {
            let events = told(Plan {
                fits: &|event| has(event, "browser.name", "Safari") && has(event, "os.name", "iOS"),
                ..plain
            });
            (planted("browser.name", "Safari"), events)
        }
        Kind::LocaleOnly => {
            (planted("locale", "de-DE"), told(Plan { fits: &|event| has(event, "locale", "de-DE"), ..plain }))
        }
        Kind::FixRollsOut => {
            // The fix is in the newest, and reaches a third of the people.
            let old = |event: &Event<'_>| !has(event, "release", "shop@2.0.0") && event.at < newest;
            (None, told(Plan { fits: &old, ..plain }))
        }
        Kind::SlowQuery => (planted("span.slow", "db.query"), told(plain)),
        Kind::OldBug | Kind::RareEdge | Kind::PoolExhausted | Kind::Noise => (None, told(plain)),
    }
}

/// A dozen failing traces, a dozen that went well.
fn traces(dice: &mut Dice) -> Samples {
    let sampled =
        |number: u32| Sampled { person: number, issue: 0, at: BEGIN_MS + i64::from(number) * 60_000 };
    let (failing, others) = (dice.between(10, 15), dice.between(10, 15));
    let mut draw = |value: &str, shares: (f64, f64)| {
        let mut of = |count: u64, share: f64| -> Vec<u32> {
            (0..count)
                .filter(|_| dice.chance(share))
                .map(|index| u32::try_from(index).expect("few"))
                .collect()
        };
        ValueEvents { value: value.to_owned(), failing: of(failing, shares.0), others: of(others, shares.1) }
    };
    let slow = vec![
        draw("db.query", (0.98, 0.08)),
        draw("http.client", (0.2, 0.2)),
        draw("cache.get", (0.05, 0.05)),
    ];
    let failed = vec![draw("GET api.stripe.com", (0.1, 0.05))];
    let present = vec![draw("view.render", (0.9, 0.95)), draw("queue.publish", (0.4, 0.4))];
    let numbers = |count: u64, first: u32| {
        (0..u32::try_from(count).expect("few")).map(|n| sampled(first + n)).collect()
    };
    let key = |(key, values): (&str, Vec<ValueEvents>)| KeyEvents {
        key: key.to_owned(),
        failing: Vec::new(),
        others: Vec::new(),
        values,
    };
    Samples {
        failing: numbers(failing, 1),
        others: numbers(others, 100),
        keys: [("span.slow", slow), ("span.failed", failed), ("span.present", present)].map(key).into(),
    }
}

fn index(events: &[Event<'_>]) -> Index {
    let mut index = Index::new();
    for (number, event) in (0_u32..).zip(events) {
        for (key, value) in event.each() {
            let (any, values) = index.entry(key).or_default();
            if any.last() != Some(&number) {
                any.push(number);
            }
            match values.get_mut(value) {
                Some(list) if list.last() == Some(&number) => {}
                Some(list) => list.push(number),
                None => drop(values.insert(value.clone(), vec![number])),
            }
        }
    }
    index
}

impl World {
    fn samples(&self, failing: &[(usize, &Sampled)], others: &[(usize, &Sampled)]) -> Samples {
        let mut places = vec![None; self.events.len()];
        for (is_failing, events) in [(true, failing), (false, others)] {
            for (place, (number, _)) in (0_u32..).zip(events) {
                places[*number] = Some((is_failing, place));
            }
        }
        let split = |list: &[u32]| {
            let (mut failing, mut others) = (Vec::new(), Vec::new());
            for (is_failing, place) in list.iter().filter_map(|number| places[*number as usize]) {
                if is_failing { failing.push(place) } else { others.push(place) }
            }
            (failing, others)
        };
        let value = |(value, list): (&String, &Vec<u32>)| {
            let (failing, others) = split(list);
            ValueEvents { value: value.clone(), failing, others }
        };
        let keys = self.index.iter().map(|(key, (any, values))| {
            let (failing, others) = split(any);
            KeyEvents { key: (*key).to_owned(), failing, others, values: values.iter().map(value).collect() }
        });
        let keys = keys.collect();
        let sampled = |events: &[(usize, &Sampled)]| events.iter().map(|(_, event)| **event).collect();
        Samples { failing: sampled(failing), others: sampled(others), keys }
    }
}
