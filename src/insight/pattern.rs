//! What kind of failure an issue is: how its events come over time, and what they coincide with.
//!
//! Several kinds may fit at once; the first of these does, because it tells most of where to look:
//! 1. *one user or tenant*: a loop of one client looks like a burst, and is mended with them;
//! 2. *dependency*: an outage looks like a burst too, often just after somebody's deploy, and is mended by others. A deploy whose
//!    own code calls wrongly, or whose own site fails, comes before it (`shares`);
//! 3. *periodic* before *load-dependent* before *burst*: each repetition and each peak is a jump by itself. What comes at its
//!    hour even more than load explains is a schedule;
//! 4. *burst* within three days, *after a deploy* where one was near; but what has gone back for longer than it had been is *fading*;
//! 5. *rare*, *steady*: nothing happened. *Unclear* where there is too little of it, and then it is said what is missing.

use jiff::Timestamp;

use crate::insight::pattern::facts::{CallFact, Deployed, PatternFacts, ValueFact};
use crate::insight::pattern::fading::{Fading, fading};
use crate::insight::pattern::load::{Load, load};
use crate::insight::pattern::periodic::{Periodic, periodic};
use crate::insight::pattern::rates::{Change, Rates};
use crate::insight::pattern::series::usual;
use crate::insight::pattern::thresholds::{
    BEYOND_TRAFFIC_MIN, DEPLOY_SHOWS_MINUTES, DEPLOY_TOLD_LATE_MINUTES, EVENTS_MIN, FOLDED_HOURS,
    JUMP_DAYS_MAX, OTHER_DEPLOY_INTERVAL_MINUTES, OTHER_DEPLOY_SHOWS_MINUTES, RARE_DAYS_MIN, RARE_EVENTS_MIN,
    RARE_PER_DAY_MAX, STEADY_DAYS_MIN,
};
use crate::insight::pattern::told::Number;
use crate::model::standing::{ChangePoint, PatternKind, Standing};

pub mod facts;
pub mod fading;
pub mod load;
pub mod periodic;
pub mod rates;
mod regression;
pub mod series;
mod shares;
#[cfg(test)]
mod tests;
pub mod thresholds;
pub mod told;

pub use crate::insight::urgency::Urgency;

const DAY_SECONDS: i64 = 86_400;
/// Traffic is a power of itself at most this high when a schedule is told from load.
const EXPONENT_MAX: f64 = 5.0;

/// What an issue is, and the numbers that say so.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternFinding {
    pub kind: PatternKind,
    /// The rate first, then what it comes with.
    pub sentences: Vec<String>,
    pub change: Option<ChangePoint>,
    /// How finely the counts can date the change.
    pub change_seconds: Option<i64>,
    /// When the jump was over, where it is.
    pub ended: Option<Timestamp>,
    /// Events a day, now and before.
    pub per_day_now: f64,
    pub per_day_before: f64,
    /// Each that the judgement rests on.
    pub numbers: Vec<Number>,
    pub dependency: Option<CallFact>,
    pub user: Option<ValueFact>,
    pub deploy: Option<Deployed>,
    pub urgency: Urgency,
}

impl PatternFinding {
    pub fn standing(&self, now: Timestamp) -> Standing {
        Standing { pattern: self.kind, change: self.change, urgency: self.urgency.value, judged: now }
    }
}

/// What the kinds are told from. What does not decide is there too: it is said.
pub(in crate::insight) struct Evidence<'a> {
    pub facts: &'a PatternFacts,
    pub rates: Rates,
    /// That of the last days, where it is more than traffic's own.
    pub jump: Option<Change>,
    /// How many times as much traffic there has been since the jump as usual.
    pub growth: Option<f64>,
    pub deploy: Option<&'a Deployed>,
    pub dependency: Option<&'a CallFact>,
    pub user: Option<&'a ValueFact>,
    pub periodic: Option<Periodic>,
    pub load: Option<Load>,
    pub fading: Option<Fading>,
    /// Since it was first seen, or as long as counts are looked at.
    pub days: f64,
    pub events: u64,
}

pub fn rates(facts: &PatternFacts) -> Rates {
    Rates::of(&facts.hours, &facts.minutes, &facts.traffic, facts.now.as_second())
}

pub fn judge(facts: &PatternFacts) -> PatternFinding {
    let evidence = Evidence::of(facts);
    let at = |second| Timestamp::from_second(second).unwrap_or(facts.now);
    let change = evidence.jump.map(|jump| ChangePoint {
        at: at(jump.at),
        from: at(jump.from),
        to: at(jump.to),
        before: jump.before,
        after: jump.after,
    });
    let kind = kept(facts, change.as_ref(), evidence.kind());
    let urgency = crate::insight::urgency::urgency(&evidence, kind);
    let per_day_before = match (evidence.jump, evidence.fading) {
        (Some(jump), _) => jump.before,
        (None, Some(fading)) => fading.before,
        (None, None) => evidence.rates.exposed().rate() * 24.0,
    };
    PatternFinding {
        kind,
        sentences: told::sentences(&evidence, kind),
        change,
        change_seconds: evidence.jump.map(|jump| jump.bucket_seconds),
        ended: evidence.jump.and(evidence.rates.ended).map(at),
        per_day_now: evidence.rates.now_per_day,
        per_day_before,
        numbers: told::numbers(&evidence, kind),
        dependency: evidence.dependency.filter(|_| kind == PatternKind::Dependency).cloned(),
        user: evidence.user.filter(|_| kind == PatternKind::OneUser).cloned(),
        deploy: evidence.deploy.cloned(),
        urgency,
    }
}

/// A kind that search's facts told stays while only counts are looked at again and the change is still the same one.
fn kept(facts: &PatternFacts, change: Option<&ChangePoint>, found: PatternKind) -> PatternKind {
    let Some(known) = facts.known.filter(|_| facts.detail.is_none()) else { return found };
    let is_same = match (known.change, change) {
        (Some(known), Some(found)) => known.from <= found.to && found.from <= known.to,
        (None, None) => true,
        _ => false,
    };
    let stays = match known.pattern {
        PatternKind::Dependency => is_same && known.change.is_some(),
        // Who has it is not told by when it came.
        PatternKind::OneUser => is_same || known.change.is_none(),
        _ => false,
    };
    if stays && found != PatternKind::Fading { known.pattern } else { found }
}

impl<'a> Evidence<'a> {
    fn of(facts: &'a PatternFacts) -> Self {
        let now = facts.now.as_second();
        let rates = rates(facts);
        let growth = rates.jump.map(|jump| growth(facts, &jump));
        let is_recent = |jump: &Change| now - jump.at <= JUMP_DAYS_MAX * DAY_SECONDS;
        let is_more = |jump: &Change| growth.is_none_or(|growth| jump.ratio() >= growth * BEYOND_TRAFFIC_MIN);
        let jump = rates.jump.filter(is_recent).filter(|jump| jump.events >= EVENTS_MIN).filter(is_more);
        let deploy = jump.and_then(|jump| deploy_before(facts, &jump));
        let has_own_deploy = deploy.is_some_and(|deploy| deploy.is_own);
        let detail = facts.detail.as_ref();
        let load = load(&rates, &facts.traffic, facts.traffic_of);
        let span = (now - facts.first_seen.as_second().max(rates.hours.start)).max(0);
        Self {
            dependency: jump.and_then(|_| shares::dependency(detail?, has_own_deploy)),
            user: detail.and_then(shares::one_user),
            periodic: schedule(facts, load),
            fading: fading(&rates, now),
            events: rates.hours.events(),
            days: span as f64 / DAY_SECONDS as f64,
            facts,
            jump,
            growth,
            deploy,
            load,
            rates,
        }
    }

    fn kind(&self) -> PatternKind {
        if self.events < RARE_EVENTS_MIN {
            return PatternKind::Unclear;
        }
        if self.user.is_some() {
            return PatternKind::OneUser;
        }
        if self.dependency.is_some() {
            return PatternKind::Dependency;
        }
        if self.periodic.is_some() {
            return PatternKind::Periodic;
        }
        if self.load.is_some_and(|load| load.is_more_than_traffic()) {
            return PatternKind::LoadDependent;
        }
        let is_over = self.jump.is_none_or(|jump| self.has_gone_for_longer_than_it_came(&jump));
        if self.fading.is_some() && is_over {
            return PatternKind::Fading;
        }
        if self.jump.is_some() {
            return if self.deploy.is_some() { PatternKind::BurstAfterDeploy } else { PatternKind::Burst };
        }
        let per_day = self.events as f64 / self.days.max(1.0);
        if self.days >= RARE_DAYS_MIN && per_day <= RARE_PER_DAY_MAX {
            PatternKind::Rare
        } else if self.days >= STEADY_DAYS_MIN && self.events >= EVENTS_MIN {
            PatternKind::Steady
        } else {
            PatternKind::Unclear
        }
    }

    /// An outage that is over is still what it was; a fix that has been coming for days is the news.
    fn has_gone_for_longer_than_it_came(&self, jump: &Change) -> bool {
        let lasted = self.rates.ended.map_or(i64::MAX, |ended| ended - jump.at);
        self.facts.now.as_second() - jump.at > DAY_SECONDS && lasted > DAY_SECONDS / 4
    }
}

/// How much more traffic there has been since a jump than usual.
fn growth(facts: &PatternFacts, jump: &Change) -> f64 {
    let traffic = &facts.traffic;
    let elapsed = traffic.elapsed(facts.now.as_second());
    let exposure: Vec<f64> =
        usual(traffic).into_iter().zip(elapsed).map(|(usual, open)| usual * open).collect();
    let all = crate::insight::change_point::Exposed { counts: &traffic.counts, exposure: &exposure };
    let since = traffic.bucket(jump.at);
    let first = traffic.first_not_empty().unwrap_or(0).min(since);
    let before = all.range(first, since).rate();
    if before > 0.0 { all.range(since, traffic.len()).rate() / before } else { 1.0 }
}

fn schedule(facts: &PatternFacts, load: Option<Load>) -> Option<Periodic> {
    let hours = facts.hours.last(FOLDED_HOURS);
    let expected = usual(&facts.traffic);
    let power = load.filter(Load::is_more_than_traffic).map_or(1.0, |load| load.exponent.min(EXPONENT_MAX));
    let skipped = expected.len().saturating_sub(hours.len());
    let exposure: Vec<f64> = expected[skipped..].iter().map(|usual| usual.powf(power)).collect();
    periodic(&hours, &exposure, &facts.minutes)
}

/// The deploy that a jump may have come with: the own project's before others', the last before the change.
fn deploy_before<'a>(facts: &'a PatternFacts, jump: &Change) -> Option<&'a Deployed> {
    let near = |deploy: &&Deployed| {
        let shows = if deploy.is_own { DEPLOY_SHOWS_MINUTES } else { OTHER_DEPLOY_SHOWS_MINUTES };
        let at = deploy.at.as_second();
        let is_dated = deploy.is_own || jump.to - jump.from <= OTHER_DEPLOY_INTERVAL_MINUTES * 60;
        is_dated && at >= jump.from - shows * 60 && at <= jump.to.min(jump.at + DEPLOY_TOLD_LATE_MINUTES * 60)
    };
    let distance = |deploy: &&Deployed| (jump.at - deploy.at.as_second()).abs();
    facts.deploys.iter().filter(near).min_by_key(|deploy| (!deploy.is_own, distance(deploy)))
}
