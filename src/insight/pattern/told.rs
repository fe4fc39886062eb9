//! A pattern in sentences, and every number that it rests on.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::insight::pattern::Evidence;
use crate::insight::pattern::facts::{CallFact, TrafficOf, USER_KEY, ValueFact};
use crate::insight::pattern::rates::Change;
use crate::insight::pattern::thresholds::{EVENTS_MIN, RARE_DAYS_MIN, STEADY_DAYS_MIN};
use crate::insight::statistics::Share;
use crate::insight::words;
use crate::model::standing::PatternKind;

/// A rate of the last hours is told by the hour: "2,880 a day" of an error that is ten minutes old is no day's.
const HOURLY_FOR_SECONDS: i64 = 6 * 3_600;
/// And of the last minutes nothing but the count: twelve events in half a minute are not 1,440 an hour.
const COUNTED_FOR_SECONDS: i64 = 15 * 60;
/// Below ten a day, a tenth says something.
const TENTHS_BELOW: f64 = 9.95;
/// For so long a day of the week says which day is meant.
const WEEKDAY_FOR: SignedDuration = SignedDuration::from_hours(6 * 24);
const HOURS_A_DAY: f64 = 24.0;

/// A number that a judgement rests on, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    pub name: &'static str,
    pub value: String,
    /// What it is made of: `188 of 200`.
    pub counts: Option<String>,
}

/// What a kind is called.
pub fn label(kind: PatternKind) -> &'static str {
    match kind {
        PatternKind::BurstAfterDeploy => "Burst after deploy",
        PatternKind::Burst => "Burst",
        PatternKind::Steady => "Steady",
        PatternKind::Rare => "Rare",
        PatternKind::Dependency => "Failing dependency",
        PatternKind::Periodic => "Periodic",
        PatternKind::OneUser => "One user or tenant",
        PatternKind::Fading => "Fading",
        PatternKind::LoadDependent => "Load-dependent",
        PatternKind::Unclear => "Too little to say",
    }
}

/// `200`, `2.5`, `less than 0.1`.
pub fn rate(per_day: f64) -> String {
    if per_day >= TENTHS_BELOW {
        words::number(words::whole(per_day))
    } else if per_day > 0.0 && per_day < 0.05 {
        "less than 0.1".to_owned()
    } else {
        let tenths = format!("{per_day:.1}");
        tenths.strip_suffix(".0").map(str::to_owned).unwrap_or(tenths)
    }
}

fn before(per_day: f64) -> String {
    if per_day > 0.0 { format!("before {} a day", rate(per_day)) } else { "none before".to_owned() }
}

/// `94 %`: a share of few is no more exact than that.
pub fn share(share: Share) -> String {
    let percent = share.rate() * 100.0;
    if share.hits < share.of && percent > 99.4 {
        words::percent(share.rate())
    } else {
        format!("{percent:.0} %")
    }
}

fn counts(share: Share) -> String {
    format!("{} of {}", words::number(share.hits), words::number(share.of))
}

/// `14:05`, `Tuesday 14:05`, `3 Nov 14:05`; in UTC.
pub fn moment(second: i64, now: Timestamp) -> String {
    let at = Timestamp::from_second(second).unwrap_or(now);
    let (then, today) = (at.to_zoned(TimeZone::UTC), now.to_zoned(TimeZone::UTC));
    let form = if then.date() == today.date() {
        "%H:%M"
    } else if now.duration_since(at).abs() <= WEEKDAY_FOR {
        "%A %H:%M"
    } else {
        "%-d %b %H:%M"
    };
    then.strftime(form).to_string()
}

fn within(jump: &Change) -> String {
    let half = (jump.to - jump.from).max(jump.bucket_seconds.min(3_600)) / 2;
    words::length(SignedDuration::from_secs(half.max(60)))
}

/// The rate first, then what it comes with.
pub(in crate::insight) fn sentences(evidence: &Evidence<'_>, kind: PatternKind) -> Vec<String> {
    let now = evidence.facts.now;
    let mut sentences = Vec::new();
    match (kind, &evidence.jump, &evidence.fading) {
        (PatternKind::Fading, _, Some(fading)) => {
            let before = rate(fading.before);
            sentences.push(format!(
                "{} a day in the last {} hours, before {before} a day",
                rate(fading.now),
                fading.hours
            ));
        }
        (PatternKind::Periodic | PatternKind::LoadDependent, ..) | (_, None, _) => {
            let per_day = evidence.events as f64 / evidence.days.max(1.0);
            let over = words::length(SignedDuration::from_secs_f64(evidence.days * 86_400.0));
            sentences.push(if evidence.days < 1.0 {
                format!("{} in {over}", words::some(evidence.events, "event"))
            } else {
                format!("{} a day over {over}", rate(per_day))
            });
        }
        (_, Some(jump), _) => sentences.push(jumped(evidence, jump, now)),
    }
    sentences.extend(coincides(evidence, kind));
    sentences
}

fn jumped(evidence: &Evidence<'_>, jump: &Change, now: Timestamp) -> String {
    let (at, within) = (moment(jump.at, now), within(jump));
    let lasted = evidence.rates.ended.unwrap_or(now.as_second()) - jump.at;
    let often = if lasted < COUNTED_FOR_SECONDS {
        words::some(jump.events, "event")
    } else if lasted < HOURLY_FOR_SECONDS && jump.after >= HOURS_A_DAY {
        format!("{} an hour", rate(jump.after / HOURS_A_DAY))
    } else {
        format!("{} a day", rate(jump.after))
    };
    let before = before(jump.before);
    match evidence.rates.ended {
        Some(ended) => format!("{often} from {at} ± {within} to {}, {before}", moment(ended, now)),
        None => format!("{often} since {at} ± {within}, {before}"),
    }
}

fn coincides(evidence: &Evidence<'_>, kind: PatternKind) -> Vec<String> {
    let mut said = Vec::new();
    match kind {
        PatternKind::Dependency => said.extend(evidence.dependency.map(depends).into_iter().flatten()),
        PatternKind::OneUser => said.extend(evidence.user.map(belongs)),
        PatternKind::Periodic => said.extend(evidence.periodic.map(|periodic| {
            let (met, cycles) = periodic.cycles;
            let all = Share::new(periodic.events.0, periodic.events.1);
            format!("{} of them come {}, {met} times of {cycles}", share(all), periodic.told())
        })),
        PatternKind::LoadDependent => said.extend(evidence.load.map(|load| {
            let twice = 2.0_f64.powf(load.exponent);
            format!("With twice the traffic it comes {} times as often", rate(twice))
        })),
        PatternKind::BurstAfterDeploy => {}
        PatternKind::Burst => said.push("No deploy was near".to_owned()),
        PatternKind::Rare => said.push("A few a day, over days".to_owned()),
        PatternKind::Steady => said.push("About as often now as the days before".to_owned()),
        PatternKind::Fading => said.push("Ever fewer".to_owned()),
        PatternKind::Unclear => said.push(too_little(evidence)),
    }
    if let (Some(deploy), Some(jump)) = (evidence.deploy, evidence.jump) {
        let between = jump.at - deploy.at.as_second();
        let length = words::length(SignedDuration::from_secs(between));
        let whose = if deploy.is_own { "" } else { ", of another project," };
        said.push(if between < 60 {
            format!("`{}`{whose} was deployed in the same minutes", deploy.name)
        } else {
            format!("`{}`{whose} was deployed {length} before", deploy.name)
        });
    }
    if let Some(growth) = evidence.growth.filter(|growth| *growth >= 1.5 && evidence.jump.is_some()) {
        said.push(format!("Traffic has been {} times as high since then", rate(growth)));
    }
    said
}

fn depends(call: &CallFact) -> Vec<String> {
    let target = call.call.as_deref().unwrap_or(&call.host);
    let status = call.status.as_ref().map(|status| format!(" ({status})")).unwrap_or_default();
    let mut said = vec![format!("{} of them follow a failed `{target}`{status}", share(call.after))];
    match call.issues.len() {
        0 => {}
        1 => said.push("Another issue jumped with it in the same minutes".to_owned()),
        others => said.push(format!("{others} other issues jumped with it in the same minutes")),
    }
    said
}

fn belongs(fact: &ValueFact) -> String {
    let whose = if fact.key == USER_KEY { "the user" } else { &fact.key };
    format!("{} of them are of {whose} `{}`", share(fact.own), fact.value)
}

fn too_little(evidence: &Evidence<'_>) -> String {
    if evidence.events < EVENTS_MIN {
        return format!(
            "{} in two weeks: too few to say what kind of failure it is",
            words::some(evidence.events, "event")
        );
    }
    let known = words::length(SignedDuration::from_secs_f64(evidence.days * 86_400.0));
    format!("Known for {known}: too short a time to say what kind of failure it is")
}

/// All of them, whatever they say: those that speak against other kinds, too.
pub(in crate::insight) fn numbers(evidence: &Evidence<'_>, kind: PatternKind) -> Vec<Number> {
    let mut numbers = Vec::new();
    let mut add = |name: &'static str, value: String, counts: Option<String>| {
        numbers.push(Number { name, value, counts });
    };
    add("events in two weeks", words::number(evidence.events), None);
    add("events a day, over the last 24 hours", rate(evidence.rates.now_per_day), None);
    if let Some(jump) = &evidence.jump {
        let ratio = if jump.ratio().is_finite() { rate(jump.ratio()) } else { "from none".to_owned() };
        add(
            "times as many since the change",
            ratio,
            Some(format!("{} a day, before {}", rate(jump.after), rate(jump.before))),
        );
    }
    if let Some(growth) = evidence.growth.filter(|_| evidence.jump.is_some()) {
        let of = match evidence.facts.traffic_of {
            TrafficOf::Sessions => "sessions",
            TrafficOf::Events => "events of the project's other issues",
        };
        add("times as much traffic since then", rate(growth), Some(of.to_owned()));
    }
    if let Some(call) = evidence.dependency {
        add("share of events with the failing call", share(call.after), Some(counts(call.after)));
        add("share before the change", share(call.before), Some(counts(call.before)));
        add("share of the project's other events", share(call.others), Some(counts(call.others)));
    }
    if let Some(fact) = evidence.user {
        add("share of one user or tenant", share(fact.own), Some(counts(fact.own)));
        add("its share of the project's other events", share(fact.others), Some(counts(fact.others)));
    }
    if let Some(load) = evidence.load {
        let interval = format!("at least {:.1} with 95 % confidence, over {} hours", load.lower, load.hours);
        add("power of traffic that it grows with", format!("{:.1}", load.exponent), Some(interval));
    }
    if let Some(periodic) = evidence.periodic {
        let all = Share::new(periodic.events.0, periodic.events.1);
        add("share that comes at the same time", share(all), Some(counts(all)));
    }
    if let Some(fading) = evidence.fading {
        let against = format!("{} a day, before {}", rate(fading.now), rate(fading.before));
        let times = if fading.before > 0.0 { fading.now / fading.before } else { 0.0 };
        add("of what it was", words::percent(times), Some(against));
    }
    if matches!(kind, PatternKind::Rare | PatternKind::Steady | PatternKind::Unclear) {
        let needed = format!("at least {STEADY_DAYS_MIN} for steady, {RARE_DAYS_MIN} for rare");
        add("days that it is known", rate(evidence.days), Some(needed));
    }
    numbers
}
