//! Sessions of the shop, as its SDKs report them: one a visit from browsers, counted by hour from servers. They are what
//! crash-free rates and adoption are made of. Only of the last days: older ones are no longer taken.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::demo::dice::Dice;
use crate::demo::people::Person;
use crate::demo::schedule;
use crate::demo::service::Service;
use crate::demo::shop::Shop;
use crate::demo::{Shipment, Wish, sdk};

/// Sessions that are older than five days are dropped; somewhat less, because sending takes its time.
const HOURS_MAX: u32 = 118;
/// Of the traffic of an hour, one visit of the shop in so many.
const VISITS_PART: u64 = 10;
/// Requests of a server, times the traffic of an hour.
const REQUESTS_FACTOR: u64 = 6;
/// Of ten thousand visits or requests.
const CRASHED: u64 = 25;
const ERRORED: u64 = 120;
const OF: u64 = 10_000;
/// The last release crashes so many times as often: what its verdict is to find.
const LAST_RELEASE_FACTOR: u64 = 9;

pub fn shipments(shop: &Shop, people: &[Person<'_>], wish: &Wish) -> Vec<Shipment> {
    let hours = HOURS_MAX.min(wish.days * 24);
    let mut shipments = Vec::new();
    for hour in 1..=hours {
        let at = wish.now - SignedDuration::from_hours(i64::from(hour));
        let release = shop.release_at(at, wish);
        let is_last = shop.releases.last().is_some_and(|last| last.version == release.version);
        let factor = if is_last { LAST_RELEASE_FACTOR } else { 1 };
        let traffic = schedule::traffic(at);
        for visit in 0..traffic / VISITS_PART {
            let mut dice = Dice::of(wish.seed, &format!("visit {at}"), usize::try_from(visit).unwrap_or(0));
            let Some(person) = dice.pick(people) else { continue };
            let at = at + SignedDuration::from_secs(i64::try_from(dice.below(3_000)).unwrap_or(0));
            let luck = dice.below(OF);
            let (status, errors) = match luck {
                luck if luck < CRASHED * factor => ("crashed", 1),
                luck if luck < (CRASHED + ERRORED) * factor => ("exited", 1),
                _ => ("exited", 0),
            };
            let session = json!({
                "sid": uuid(&mut dice),
                "did": person.id,
                "init": true,
                "started": format!("{at:.3}"),
                "timestamp": format!("{at:.3}"),
                "status": status,
                "errors": errors,
                "duration": dice.between(8, 1_400),
                "attrs": attributes(Service::Web, release, Some(&person.device.user_agent)),
            });
            shipments.push(shipment(Service::Web, at, "session", &session));
        }
        for service in [Service::Api, Service::Worker] {
            let mut dice =
                Dice::of(wish.seed, &format!("requests {at}"), usize::from(service == Service::Api));
            let requests = traffic * REQUESTS_FACTOR;
            // A part of one request is one at times.
            let mut part = |of: u64| (requests * of * factor + dice.below(OF)) / OF;
            let (crashed, errored) = (part(CRASHED / 5), part(ERRORED / 2));
            let counts = json!({
                "started": format!("{at:.3}"),
                "exited": requests.saturating_sub(crashed + errored),
                "errored": errored,
                "crashed": crashed,
            });
            let sessions = json!({"aggregates": [counts], "attrs": attributes(service, release, None)});
            shipments.push(shipment(service, at, "sessions", &sessions));
        }
    }
    shipments
}

fn attributes(service: Service, release: &crate::demo::shop::Release, user_agent: Option<&str>) -> Value {
    json!({"release": sdk::release(service, release), "environment": "production", "user_agent": user_agent})
}

fn uuid(dice: &mut Dice) -> String {
    let parts = [8, 4, 4, 4, 12].map(|digits| dice.hex(digits));
    parts.join("-")
}

fn shipment(service: Service, at: Timestamp, ty: &str, payload: &Value) -> Shipment {
    let (name, version) = sdk::name(service);
    let payload = payload.to_string();
    let header = json!({"sdk": {"name": name, "version": version}});
    let item = json!({"type": ty, "length": payload.len()});
    Shipment { service, at, envelope: format!("{header}\n{item}\n{payload}\n").into_bytes() }
}
