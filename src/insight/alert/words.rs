//! What alerts and rules say of themselves, in sentences. A person reads them at night, on a phone: what happened first,
//! what is usual beside it.

use jiff::SignedDuration;

use crate::insight::words::{length, list, number, percent, percents, release, some};
use crate::model::alert::Because;
use crate::model::alert_rule::{AlertRule, ReleaseMetric, Trigger};

/// Less history than this is said beside what is usual: it rests on little.
const KNOWN_HOURS_TOLD: u32 = 24;
/// Beyond so many, projects of a rule are counted.
const PROJECTS_NAMED_MAX: usize = 3;
const MINUTES_OF_DAY: u32 = 24 * 60;

/// "200 events in the last 2 minutes, usually 3 an hour at this time".
pub fn told(because: &Because) -> String {
    match because {
        Because::New => "Seen for the first time".to_owned(),
        Because::Regressed { release: Some(version) } => format!("Came back in {}", release(version)),
        Because::Regressed { release: None } => "Came back after it was resolved".to_owned(),
        Because::CameBack => "Came back from the archive".to_owned(),
        Because::Spike { minutes, events, usual, known_hours, .. } => {
            let seen = format!("{} in the last {}", some(*events, "event"), window(*minutes));
            match known_hours {
                0 => format!("{seen}, and it is new"),
                hours if *hours < KNOWN_HOURS_TOLD => {
                    format!("{seen}, usually {}; it has been known for {hours} h", rate(*usual, *minutes))
                }
                _ => format!("{seen}, usually {} at this time", rate(*usual, *minutes)),
            }
        }
        Because::Events { events, more_than, window_minutes } => {
            let (events, window) = (some(*events, "event"), window(*window_minutes));
            format!("{events} in the last {window}, more than {}", number(*more_than))
        }
        Because::Users { users, more_than, window_minutes, is_estimate } => {
            let about = if *is_estimate { "About " } else { "" };
            let (users, window) = (some(*users, "user"), window(*window_minutes));
            format!("{about}{users} in the last {window}, more than {}", number(*more_than))
        }
        Because::FixFailed { release: fixed, events, .. } => {
            let since = fixed.as_ref().map_or("since it was resolved".to_owned(), |version| {
                format!("in releases that have the fix, from {} on", release(version))
            });
            format!("The fix does not hold: {} {since}", some(*events, "event"))
        }
        Because::Release { metric, percent: found, bound, sessions } => {
            let (found, bound) = percents(found / 100.0, bound / 100.0);
            let of = some(*sessions, "session");
            match metric {
                ReleaseMetric::CrashFreeSessions => format!("{found} of {of} without a crash, below {bound}"),
                ReleaseMetric::CrashFreeUsers => {
                    format!("{found} of users without a crash, below {bound} ({of})")
                }
                ReleaseMetric::ErrorRate => format!("{found} of {of} with errors, above {bound}"),
            }
        }
        Because::VerdictWorse { reasons } => match reasons.as_slice() {
            [] => "It made things worse".to_owned(),
            reasons => format!("It made things worse: {}", reasons.join("; ")),
        },
        Because::Silence { usual_gap_seconds, gap_seconds, .. } => {
            let (gap, usual) = (seconds(*gap_seconds), seconds(*usual_gap_seconds));
            format!("No event for {gap}, where one comes every {usual} at this time")
        }
        Because::TransactionP95 { name, milliseconds, usual_milliseconds, more_than, minutes } => {
            let usual = usually(usual_milliseconds.map(self::milliseconds));
            let (found, bound) = (self::milliseconds(*milliseconds), self::milliseconds(*more_than as f64));
            format!("p95 of {name} is {found} over {}{usual}, above {bound}", window(*minutes))
        }
        Because::TransactionFailureRate { name, percent: found, usual_percent, bound, count, minutes } => {
            let usual = usually(usual_percent.map(|usual| percent(usual / 100.0)));
            let ((found, bound), minutes) = (percents(found / 100.0, bound / 100.0), window(*minutes));
            format!("{found} of {} of {name} failed over {minutes}{usual}, above {bound}", number(*count))
        }
        Because::TransactionThroughput { name, per_minute, usual_per_minute, bound, below, minutes } => {
            let usual = usually(usual_per_minute.map(|usual| rate(usual, 1)));
            let ran = if *per_minute > 0.0 {
                format!("ran {}", rate(*per_minute, 1))
            } else {
                "did not run".into()
            };
            let side = if *below { "below" } else { "above" };
            format!("{name} {ran} over {}{usual}, {side} {}", window(*minutes), rate(*bound, 1))
        }
        Because::Lag { events, seconds: oldest } => {
            format!("{} waiting, the oldest for {}", some(*events, "event"), seconds(*oldest))
        }
        Because::DiskFull { free_bytes, percent_used } => {
            format!("The disk is {percent_used} % full: {} left", bytes(*free_bytes))
        }
        Because::Undelivered { messages, target, reason } => {
            format!("{} to {target} could not be delivered: {reason}", some(*messages, "message"))
        }
    }
}

/// "When an issue in shop-api (production) is seen 10 times as often as usual within an hour". `projects`: the names of
/// those that the rule lists.
pub fn rule_in_words(rule: &AlertRule, projects: &[String]) -> String {
    let place = place(rule, projects);
    let issue = if rule.query.is_empty() {
        format!("an issue{place}")
    } else {
        format!("an issue{place} that matches “{}”", rule.query)
    };
    match &rule.trigger {
        Trigger::NewIssue => format!("When {issue} is seen for the first time"),
        Trigger::Regression => format!("When {issue} comes back after it was resolved or archived"),
        Trigger::Spike { factor, window_minutes } => {
            let window = a_window(*window_minutes);
            format!("When {issue} is seen {} times as often as usual within {window}", short(*factor))
        }
        Trigger::Events { more_than, window_minutes } => {
            let (events, window) = (some(*more_than, "event"), a_window(*window_minutes));
            format!("When {issue} has more than {events} within {window}")
        }
        Trigger::Users { more_than, window_minutes } => {
            let (users, window) = (some(*more_than, "user"), a_window(*window_minutes));
            format!("When {issue} has more than {users} within {window}")
        }
        Trigger::FixFailed => format!("When {issue} is still seen after its fix was deployed"),
        Trigger::Release { metric, bound, sessions_min } => {
            let (bound, of) = (percent(bound / 100.0), some(*sessions_min, "session"));
            let what = match metric {
                ReleaseMetric::CrashFreeSessions => {
                    format!("has fewer than {bound} of sessions without a crash")
                }
                ReleaseMetric::CrashFreeUsers => format!("has fewer than {bound} of users without a crash"),
                ReleaseMetric::ErrorRate => format!("has errors in more than {bound} of sessions"),
            };
            format!("When a release{place} {what}, from {of} on")
        }
        Trigger::VerdictWorse => format!("When a release{place} made things worse"),
        Trigger::Silence { factor } => {
            let who = if place.is_empty() {
                "a project".to_owned()
            } else {
                place.trim_start().replacen("in ", "", 1)
            };
            format!("When {who} sends nothing for {} times as long as usual", short(*factor))
        }
        Trigger::TransactionP95 { transaction, milliseconds: bound, minutes } => {
            let (what, bound) = (transactions(transaction.as_deref()), milliseconds(*bound as f64));
            format!("When the p95 of {what}{place} is above {bound} over {}", window(*minutes))
        }
        Trigger::TransactionFailureRate { transaction, percent: bound, minutes, at_least } => {
            let (what, bound) = (transactions(transaction.as_deref()), percent(bound / 100.0));
            format!(
                "When more than {bound} of {what}{place} fail over {}, of at least {}",
                window(*minutes),
                number(*at_least)
            )
        }
        Trigger::TransactionThroughput { transaction, per_minute, below, minutes } => {
            let (what, bound) = (transactions(transaction.as_deref()), rate(*per_minute, 1));
            let often = if *below { "less often" } else { "more often" };
            format!("When {what}{place} runs {often} than {bound} over {}", window(*minutes))
        }
        Trigger::Own => {
            "When LightTrace itself is in trouble: events wait, the disk fills up, or messages cannot be \
             delivered"
                .to_owned()
        }
    }
}

/// "“POST /api/*”", "any transaction".
fn transactions(pattern: Option<&str>) -> String {
    pattern.map_or("any transaction".to_owned(), |pattern| format!("“{pattern}”"))
}

/// " (usually 310 ms)".
fn usually(usual: Option<String>) -> String {
    usual.map(|usual| format!(" (usually {usual})")).unwrap_or_default()
}

/// "310 ms", "2.3 s".
fn milliseconds(milliseconds: f64) -> String {
    if milliseconds < 999.5 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{:.1} s", milliseconds / 1_000.0)
    }
}

/// " in shop-api and shop-web (production)"; nothing of a rule about everything.
fn place(rule: &AlertRule, projects: &[String]) -> String {
    let named = match projects.len() {
        0 => rule.environment.as_ref().map(|_| "any project".to_owned()),
        more if more > PROJECTS_NAMED_MAX => Some(format!("{more} projects")),
        _ => Some(list(projects)),
    };
    let environment = rule.environment.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    named.map(|named| format!(" in {named}{environment}")).unwrap_or_default()
}

/// "an hour", "a day", "15 minutes": what something happens within.
fn a_window(minutes: u32) -> String {
    match minutes {
        1 => "a minute".to_owned(),
        60 => "an hour".to_owned(),
        MINUTES_OF_DAY => "a day".to_owned(),
        minutes => window(minutes),
    }
}

/// "minute", "2 minutes", "hour", "24 hours": after "the last".
fn window(minutes: u32) -> String {
    match minutes {
        0 | 1 => "minute".to_owned(),
        60 => "hour".to_owned(),
        hours if hours.is_multiple_of(60) => format!("{} hours", hours / 60),
        minutes => format!("{minutes} minutes"),
    }
}

/// A rate in the unit in which it is a number that one can imagine: "12 a minute", "3 an hour", "1 a week".
fn rate(events: f64, minutes: u32) -> String {
    let per_minute = events / f64::from(minutes.max(1));
    let units = [(1.0, "a minute"), (60.0, "an hour"), (1_440.0, "a day"), (10_080.0, "a week")];
    let told = units.into_iter().find(|(unit, _)| per_minute * unit >= 0.95);
    told.map_or("less than 1 a week".to_owned(), |(unit, name)| {
        format!("{} {name}", rounded(per_minute * unit))
    })
}

/// "1.5", "12", "3,400".
fn rounded(value: f64) -> String {
    if value < 9.5 {
        return short((value * 10.0).round() / 10.0);
    }
    // Floats beyond what a count can hold end at its bound.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    number(value.round() as u64)
}

/// Without digits that say nothing: "10", "2.5".
fn short(value: f64) -> String {
    format!("{value}")
}

fn seconds(seconds: u64) -> String {
    length(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX)))
}

fn bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let fit = UNITS.into_iter().find(|(unit, _)| bytes >= *unit);
    fit.map_or(format!("{bytes} bytes"), |(unit, name)| format!("{:.1} {name}", bytes as f64 / unit as f64))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::alert_rule::{People, Severity};
    use crate::model::ids::{ProjectId, RuleId};

    fn spike(minutes: u32, events: u64, usual: f64, known_hours: u32) -> String {
        told(&Because::Spike { minutes, events, usual, factor: 10.0, known_hours })
    }

    #[test]
    fn alerts_say_what_happened_and_what_is_usual() {
        let cases = [
            (spike(2, 200, 0.1, 800), "200 events in the last 2 minutes, usually 3 an hour at this time"),
            (spike(60, 20, 2.0, 400), "20 events in the last hour, usually 2 an hour at this time"),
            (spike(1, 3_100, 20.0, 400), "3,100 events in the last minute, usually 20 a minute at this time"),
            (
                spike(1, 200, 0.002, 5),
                "200 events in the last minute, usually 2.9 a day; it has been known for 5 h",
            ),
            (spike(5, 205, 10.0, 0), "205 events in the last 5 minutes, and it is new"),
            (
                spike(5, 20, 1e-6, 800),
                "20 events in the last 5 minutes, usually less than 1 a week at this time",
            ),
            (told(&Because::New), "Seen for the first time"),
            (told(&Because::Regressed { release: Some("shop@1.4.2".to_owned()) }), "Came back in shop 1.4.2"),
            (
                told(&Because::Events { events: 1_204, more_than: 1_000, window_minutes: 60 }),
                "1,204 events in the last hour, more than 1,000",
            ),
            (
                told(&Because::Users { users: 31, more_than: 30, window_minutes: 15, is_estimate: true }),
                "About 31 users in the last 15 minutes, more than 30",
            ),
            (
                told(&Because::FixFailed {
                    release: Some("shop@1.4.2".to_owned()),
                    events: 3,
                    since: Timestamp::UNIX_EPOCH,
                }),
                "The fix does not hold: 3 events in releases that have the fix, from shop 1.4.2 on",
            ),
            (
                told(&Because::Release {
                    metric: ReleaseMetric::CrashFreeSessions,
                    percent: 97.2,
                    bound: 99.0,
                    sessions: 4_100,
                }),
                "97.2 % of 4,100 sessions without a crash, below 99.0 %",
            ),
            (
                told(&Because::Silence {
                    last_event: Timestamp::UNIX_EPOCH,
                    usual_gap_seconds: 90,
                    gap_seconds: 1_500,
                }),
                "No event for 25 min, where one comes every 1 min at this time",
            ),
            (
                told(&Because::TransactionP95 {
                    name: "POST /api/payment".to_owned(),
                    milliseconds: 2_310.0,
                    usual_milliseconds: Some(312.4),
                    more_than: 2_000,
                    minutes: 10,
                }),
                "p95 of POST /api/payment is 2.3 s over 10 minutes (usually 312 ms), above 2.0 s",
            ),
            (
                told(&Because::TransactionFailureRate {
                    name: "orders.fulfil".to_owned(),
                    percent: 12.0,
                    usual_percent: Some(0.4),
                    bound: 5.0,
                    count: 340,
                    minutes: 10,
                }),
                "12.0 % of 340 of orders.fulfil failed over 10 minutes (usually 0.4 %), above 5.0 %",
            ),
            (
                told(&Because::TransactionThroughput {
                    name: "orders.fulfil".to_owned(),
                    per_minute: 0.0,
                    usual_per_minute: Some(12.0),
                    bound: 1.0,
                    below: true,
                    minutes: 10,
                }),
                "orders.fulfil did not run over 10 minutes (usually 12 a minute), below 1 a minute",
            ),
            (
                told(&Because::Lag { events: 4_000, seconds: 400 }),
                "4,000 events waiting, the oldest for 6 min",
            ),
            (
                told(&Because::DiskFull { free_bytes: 3 << 30, percent_used: 94 }),
                "The disk is 94 % full: 3.0 GiB left",
            ),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
    }

    fn rule(trigger: Trigger, environment: Option<&str>, query: &str) -> AlertRule {
        AlertRule {
            id: RuleId(1),
            name: String::new(),
            enabled: true,
            projects: vec![ProjectId(1)],
            environment: environment.map(str::to_owned),
            query: query.to_owned(),
            trigger,
            severity: Severity::High,
            targets: Vec::new(),
            people: People::default(),
            cooldown_minutes: 30,
            quiet_minutes: 15,
            reopen_minutes: 60,
            muted_until: None,
            created: Timestamp::UNIX_EPOCH,
            created_by: None,
        }
    }

    #[test]
    fn rules_are_sentences() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let spike = Trigger::Spike { factor: 10.0, window_minutes: 60 };
        let cases = [
            (
                rule(spike.clone(), Some("production"), ""),
                names(&["shop-api"]),
                "When an issue in shop-api (production) is seen 10 times as often as usual within an hour",
            ),
            (
                rule(spike, None, "level:fatal"),
                names(&[]),
                "When an issue that matches “level:fatal” is seen 10 times as often as usual within an hour",
            ),
            (
                rule(Trigger::Events { more_than: 1_000, window_minutes: 15 }, None, ""),
                names(&["a", "b"]),
                "When an issue in a and b has more than 1,000 events within 15 minutes",
            ),
            (
                rule(Trigger::NewIssue, Some("production"), ""),
                names(&[]),
                "When an issue in any project (production) is seen for the first time",
            ),
            (
                rule(
                    Trigger::Release {
                        metric: ReleaseMetric::CrashFreeUsers,
                        bound: 99.5,
                        sessions_min: 200,
                    },
                    None,
                    "",
                ),
                names(&["a", "b", "c", "d"]),
                "When a release in 4 projects has fewer than 99.5 % of users without a crash, from 200 sessions on",
            ),
            (
                rule(Trigger::Silence { factor: 10.0 }, None, ""),
                names(&["shop-api"]),
                "When shop-api sends nothing for 10 times as long as usual",
            ),
            (
                rule(Trigger::Silence { factor: 10.0 }, None, ""),
                names(&[]),
                "When a project sends nothing for 10 times as long as usual",
            ),
        ];
        for (rule, projects, expected) in cases {
            assert_eq!(rule_in_words(&rule, &projects), expected);
        }
    }
}
