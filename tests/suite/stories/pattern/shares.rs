//! What search would tell of a story: failing calls, people, tenants and releases, counted among its events and among others.

use lighttrace::insight::pattern::facts::{CallFact, Detail, ValueFact};
use lighttrace::insight::pattern::series::Series;
use lighttrace::insight::statistics::Share;
use lighttrace::model::ids::IssueId;

use super::world::Plot;
use crate::stories::Kind;
use crate::stories::dice::Dice;

/// Events of each side that are looked at.
const COUNTED_MAX: u64 = 2_000;

fn drawn(dice: &mut Dice, of: u64, rate: f64) -> Share {
    Share::new((0..of).filter(|_| dice.chance(rate)).count() as u64, of)
}

pub fn detail(kind: Kind, plot: &Plot, hours: &Series, minutes: &Series, dice: &mut Dice) -> Detail {
    let all = hours.events();
    let since = plot.began.map_or(all, |began| {
        let fine = minutes.from(minutes.bucket(began));
        if began >= minutes.start { fine.events() } else { hours.from(hours.bucket(began)).events() }
    });
    let (after, before) = (since.min(COUNTED_MAX), (all - since.min(all)).min(COUNTED_MAX));
    let others = dice.between(60, COUNTED_MAX);
    let mut calls = vec![blocked(dice, after, before, others)];
    calls.extend(failing(kind, dice, (after, before, others)));
    let (old, old_others) = match kind {
        // The new release has it; browsers still run the old one.
        Kind::DeployBroke | Kind::DeployAndGrowth => (0.02, dice.real(0.1, 0.7)),
        _ => {
            let rate = dice.real(0.2, 1.0);
            (rate, rate)
        }
    };
    Detail {
        events: all.min(COUNTED_MAX),
        calls,
        values: values(kind, dice, after + before, others),
        old_releases: drawn(dice, after, old),
        old_releases_others: drawn(dice, others, old_others),
    }
}

/// A script that many browsers block: on every page, whatever fails there.
fn blocked(dice: &mut Dice, after: u64, before: u64, others: u64) -> CallFact {
    let rate = dice.real(0.05, 0.6);
    CallFact {
        host: "stats.example.com".to_owned(),
        call: Some("GET stats.example.com".to_owned()),
        status: None,
        after: drawn(dice, after, rate),
        before: drawn(dice, before, rate),
        others: drawn(dice, others, rate),
        issues: Vec::new(),
    }
}

fn failing(kind: Kind, dice: &mut Dice, (after, before, others): (u64, u64, u64)) -> Option<CallFact> {
    let (host, rates) = match kind {
        Kind::DependencyDown => {
            ("api.stripe.com", (dice.real(0.7, 1.0), dice.real(0.0, 0.3), dice.real(0.0, 0.25)))
        }
        Kind::DependencySlow => {
            let rate = dice.real(0.65, 0.95);
            ("api.stripe.com", (rate, rate, dice.real(0.0, 0.08)))
        }
        Kind::TokenExpired => {
            let rate = dice.real(0.85, 1.0);
            ("auth.example.com", (rate, rate, dice.real(0.0, 0.1)))
        }
        // The deploy broke an endpoint that the page then calls in vain.
        Kind::DeployBroke if dice.chance(0.3) => {
            ("/api/pay", (dice.real(0.6, 1.0), 0.0, dice.real(0.0, 0.1)))
        }
        _ => return None,
    };
    let jumped = kind == Kind::DependencyDown && (rates.2 > 0.1 || dice.chance(0.5));
    Some(CallFact {
        host: host.to_owned(),
        call: Some(format!("POST {host}")),
        status: Some("503".to_owned()),
        after: drawn(dice, after, rates.0),
        before: drawn(dice, before, rates.1),
        others: drawn(dice, others, rates.2),
        issues: if jumped { vec![IssueId(2), IssueId(3)] } else { Vec::new() },
    })
}

fn values(kind: Kind, dice: &mut Dice, events: u64, others: u64) -> Vec<ValueFact> {
    let fact = |dice: &mut Dice, key: &str, value: &str, known: f64, own: f64, elsewhere: f64| {
        let of = drawn(dice, events, known).hits;
        let others = drawn(dice, others, known).hits;
        ValueFact {
            key: key.to_owned(),
            value: value.to_owned(),
            own: drawn(dice, of, own),
            others: drawn(dice, others, elsewhere),
        }
    };
    let known = dice.real(0.7, 1.0);
    let user = match kind {
        Kind::OneUserLoop => {
            let elsewhere = dice.real(0.0, 0.03);
            fact(dice, "user", "id:7", known, 0.97, elsewhere)
        }
        Kind::NightlyJob | Kind::HourlyJob => return Vec::new(),
        // Somebody always uses it most.
        _ => {
            let own = dice.real(0.01, 0.45);
            fact(dice, "user", "id:9", known, own, own / 3.0)
        }
    };
    let tenant = if kind == Kind::OneTenant {
        let (own, elsewhere) = (dice.real(0.9, 1.0), dice.real(0.01, 0.25));
        fact(dice, "tenant", "acme", 1.0, own, elsewhere)
    } else {
        // One customer is large.
        let large = dice.real(0.05, 0.6);
        fact(dice, "tenant", "globex", 1.0, large, large)
    };
    vec![user, tenant]
}
