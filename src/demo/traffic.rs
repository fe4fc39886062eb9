//! What the shop does all day (`data/demo/traffic.toml`): requests through its services, laid out in time, as the transactions
//! that its SDKs send of one in a few.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use toml::Table;

use crate::demo::dice::Dice;
use crate::demo::fill::Filler;
use crate::demo::people::Person;
use crate::demo::service::Service;
use crate::demo::shop::Shop;
use crate::demo::transaction::{self, Line, Piece, Sent};
use crate::demo::{Flaw, Result, Shipment, Wish, schedule};

/// Of so many errors there is one request, so that loading stays quick.
const ERRORS_PER_REQUEST: u32 = 2;
/// How far durations stray: two thirds lie within this factor of the middle, as logarithms.
const SPREAD: f64 = 0.42;
/// What waits in a queue.
const QUEUED_MS: f64 = 24.0;
/// One beside another begins so much later.
const BESIDE_US: i64 = 2_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// How much of all requests, beside the others.
    pub share: u64,
    /// Each before those below it.
    pub spans: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    depth: usize,
    /// The first of this service: a transaction.
    service: Option<Service>,
    op: String,
    name: String,
    /// What it takes by itself, in the middle.
    ms: f64,
    #[serde(default)]
    beside: bool,
    #[serde(default)]
    later: bool,
    slower: Option<Slower>,
    #[serde(default)]
    fails: Vec<Fails>,
    log: Option<Log>,
    #[serde(default)]
    data: Table,
}

/// It takes so many times as long from this release on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Slower {
    since: String,
    factor: f64,
}

/// Hours count back from now, in a story of two weeks; always where none are named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fails {
    percent: u64,
    from: Option<i64>,
    until: Option<i64>,
    status: String,
    /// Of the answer; 0: there is none.
    code: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    level: String,
    body: String,
}

pub fn shipments(shop: &Shop, people: &[Person<'_>], wish: &Wish) -> Result<Vec<Shipment>> {
    let count = usize::try_from((wish.events / ERRORS_PER_REQUEST).max(1)).unwrap_or(usize::MAX);
    let times = schedule::steady("traffic", count, wish);
    let shares: Vec<u64> = shop.traffic.iter().map(|request| request.share).collect();
    let mut all = Vec::new();
    for (index, at) in times.into_iter().enumerate() {
        let mut dice = Dice::of(wish.seed, "traffic", index);
        let request = &shop.traffic[dice.weighted(&shares)];
        all.extend(request_shipments(shop, people, wish, request, dice, at)?);
    }
    Ok(all)
}

fn request_shipments(
    shop: &Shop,
    people: &[Person<'_>],
    wish: &Wish,
    request: &Request,
    mut dice: Dice,
    at: Timestamp,
) -> Result<Vec<Shipment>> {
    let person = dice.pick(people);
    let facts: BTreeMap<_, _> = person.iter().flat_map(|person| person.facts()).collect();
    let mut layout = Layout {
        parts: &request.spans,
        release: shop.releases.iter().position(|one| one.version == shop.release_at(at, wish).version),
        shop,
        hours_ago: schedule::story_hours_ago(at, wish),
        filler: Filler::new(Dice::of(dice.roll(), "texts", 0), &shop.values, facts),
        dice,
        pieces: Vec::new(),
    };
    let first = layout.parts.first().and_then(|part| part.service);
    layout.lay(0, None, first.ok_or_else(|| Flaw("a request begins with no service".into()))?, 0)?;
    let Layout { pieces, mut dice, .. } = layout;
    // Nothing ends later than it was asked for.
    let end = pieces.iter().map(|piece| piece.end_us).max().unwrap_or(0);
    let sent = Sent {
        trace_id: dice.hex(32),
        release: shop.release_at(at, wish),
        person,
        began: at - SignedDuration::from_micros(end),
    };
    Ok(transaction::shipments(&sent, &pieces, &mut dice))
}

/// One request in time: microseconds since it began.
struct Layout<'a> {
    parts: &'a [Part],
    shop: &'a Shop,
    /// Its place among the shop's releases.
    release: Option<usize>,
    hours_ago: i64,
    filler: Filler<'a>,
    dice: Dice,
    pieces: Vec<Piece>,
}

/// When something ended, and whether it failed.
struct Ended {
    at_us: i64,
    failed: bool,
}

impl Layout<'_> {
    /// Lays a part and what is below it; whoever called one that failed fails too, and calls nothing more.
    fn lay(&mut self, at: usize, parent: Option<usize>, service: Service, start_us: i64) -> Result<Ended> {
        let parts = self.parts;
        let part = &parts[at];
        let service = part.service.unwrap_or(service);
        let piece = self.pieces.len();
        let made = self.piece(part, parent, service, start_us)?;
        self.pieces.push(made);
        let own_us = self.own_us(part);
        let own_failure = part.fails.iter().find(|fails| self.fails(fails));
        let below = children(parts, at);
        let gap_us = own_us / i64::try_from(below.len() + 1).unwrap_or(1);
        let (mut now_us, mut beside_us) = (start_us + gap_us, start_us + gap_us);
        let mut failed = own_failure.is_some();
        for child in below.into_iter().filter(|_| own_failure.is_none()) {
            let part = &parts[child];
            if part.later {
                let wait_us = self.around(QUEUED_MS);
                self.lay(child, Some(piece), service, now_us + wait_us)?;
                continue;
            }
            let child_us = if part.beside { beside_us + BESIDE_US } else { now_us };
            beside_us = child_us;
            let ended = self.lay(child, Some(piece), service, child_us)?;
            now_us = now_us.max(ended.at_us) + gap_us;
            // A page shows what it has.
            if ended.failed && service != Service::Web {
                failed = true;
                break;
            }
            failed |= ended.failed && self.pieces[piece].op == "http.client";
        }
        let laid = &mut self.pieces[piece];
        laid.end_us = now_us.max(start_us + own_us);
        if failed {
            let (status, code) =
                own_failure.map_or(("internal_error", 500), |own| (&own.status.as_str(), own.code));
            laid.failed = Some((status.to_owned(), code));
        }
        Ok(Ended { at_us: laid.end_us, failed })
    }

    fn piece(
        &mut self,
        part: &Part,
        parent: Option<usize>,
        service: Service,
        start_us: i64,
    ) -> Result<Piece> {
        let log = part
            .log
            .as_ref()
            .map(|log| Ok(Line { level: log.level.clone(), body: self.filler.text(&log.body)? }));
        Ok(Piece {
            id: self.dice.hex(16),
            parent,
            service,
            is_segment: part.service.is_some(),
            op: part.op.clone(),
            // Of a transaction that is its route's.
            name: if part.service.is_some() { part.name.clone() } else { self.filler.text(&part.name)? },
            start_us,
            end_us: start_us,
            failed: None,
            data: self.filler.table(&part.data)?,
            log: log.transpose()?,
        })
    }

    fn own_us(&mut self, part: &Part) -> i64 {
        let since = |version: &str| self.shop.releases.iter().position(|one| one.version == version);
        let is_slower = |slower: &&Slower| self.release.is_some() && self.release >= since(&slower.since);
        let factor = part.slower.as_ref().filter(is_slower).map_or(1.0, |slower| slower.factor);
        self.around(part.ms * factor)
    }

    /// Log-normal around so many milliseconds.
    #[expect(clippy::cast_possible_truncation, reason = "far below 2^63")]
    fn around(&mut self, ms: f64) -> i64 {
        (ms * 1_000.0 * (SPREAD * self.dice.normal()).exp()) as i64
    }

    fn fails(&mut self, fails: &Fails) -> bool {
        let within = fails.from.is_none_or(|from| self.hours_ago < from)
            && fails.until.is_none_or(|until| self.hours_ago >= until);
        // Rolled in either case: when it happens changes nothing of what follows.
        self.dice.below(100) < fails.percent && within
    }
}

/// The parts right below one.
fn children(parts: &[Part], at: usize) -> Vec<usize> {
    let depth = parts[at].depth;
    let below = parts[at + 1..].iter().take_while(|part| part.depth > depth).count();
    (at + 1..=at + below).filter(|&place| parts[place].depth == depth + 1).collect()
}
