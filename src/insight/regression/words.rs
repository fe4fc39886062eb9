//! The sentences. Times are UTC, days are told from the event's own.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::insight::regression::{Facts, Holds};
use crate::model::issue::{Fix, Resolution};
use crate::model::regression::{Because, Deployed, Reason};
use crate::model::version::Release;

/// Enough of a hash to know it by.
const HASH_CHARS: usize = 12;
const COMMIT_CHARS: usize = 7;
/// A weekday names a day for so long.
const WEEKDAY_FOR: SignedDuration = SignedDuration::from_hours(6 * 24);
/// Up to here hours say more than days.
const HOURS_MAX: i64 = 48;

/// "Regressed: resolved in 2.14.2 on Tuesday; 14 events in 2.14.3, deployed 15:02 to production, 3 h before".
/// `events`: how many of that release there were since, where it is counted.
pub fn regressed(because: &Because, events: Option<u64>) -> String {
    let resolved = resolved(&because.resolution, because.at);
    let events = match events.unwrap_or(1).max(1) {
        1 => "1 event".to_owned(),
        more => format!("{more} events"),
    };
    let within = match &because.release {
        None => " that names no release".to_owned(),
        Some(release) => {
            let remark = match (because.reason, &because.resolution.fix) {
                (Reason::ItsRelease, _) => " itself".to_owned(),
                (Reason::LaterRelease, _) => ", made after the fix".to_owned(),
                (Reason::HasTheCommit, Fix::Commit { commit, .. }) => {
                    format!(", which contains {}", short(commit, COMMIT_CHARS))
                }
                _ => String::new(),
            };
            format!(" in {}{remark}", name(&release.version))
        }
    };
    let deployed = because.deploy.as_ref().map(|deploy| deployed(deploy, because.at)).unwrap_or_default();
    format!("Regressed: {resolved}; {events}{within}{deployed}")
}

/// Why an event changes nothing.
pub fn holds(reason: Holds, facts: &Facts<'_>) -> String {
    let version = facts.release.map(|release| name(&release.known.version)).unwrap_or_default();
    let why = match reason {
        Holds::Before => format!("it happened {}, before that", moment(facts.at, facts.resolution.at)),
        Holds::NoRelease => "the event names no release, so nothing says that it has the fix".to_owned(),
        Holds::OlderRelease => format!("{version} is older"),
        Holds::OtherLine => format!("{version} is of another line and was built before the fix"),
        Holds::OutThen => format!("{version} was out already"),
        Holds::EndsBefore => format!("{version} ends before the fixing commit"),
    };
    format!("Holds: {}; {why}", resolved(facts.resolution, facts.at.max(facts.resolution.at)))
}

fn resolved(resolution: &Resolution, seen_from: Timestamp) -> String {
    let day = day(resolution.at, seen_from);
    match &resolution.fix {
        Fix::Now { newest: None } => format!("resolved {day}"),
        Fix::Now { newest: Some(newest) } => {
            format!("resolved {day}, when {} was the newest", name(&newest.version))
        }
        Fix::Release { release } => format!("resolved in {} {day}", name(&release.version)),
        Fix::NextRelease { after: None } => format!("resolved in the next release {day}"),
        Fix::NextRelease { after: Some(after) } => {
            format!("resolved in the release after {} {day}", name(&after.version))
        }
        Fix::Commit { commit, releases, .. } => {
            let names: Vec<String> = releases.iter().map(|release| name(&release.version)).collect();
            let within =
                if names.is_empty() { String::new() } else { format!(" in {}", names.join(" and ")) };
            format!("resolved by {}{within} {day}", short(commit, COMMIT_CHARS))
        }
    }
}

fn deployed(deploy: &Deployed, at: Timestamp) -> String {
    let Deployed { environment, at: deployed } = deploy;
    let (then, now) = (utc(*deployed), utc(at));
    let when = if then.date() == now.date() {
        then.strftime("%H:%M").to_string()
    } else if is_near(*deployed, at) {
        then.strftime("%A %H:%M").to_string()
    } else {
        then.strftime("%-d %b %Y %H:%M").to_string()
    };
    let between = at.duration_since(*deployed);
    let before = match (between.as_mins(), between.as_hours()) {
        (minutes, _) if minutes < 0 => return format!(", deployed {when} to {environment}"),
        (minutes @ 0..60, _) => format!("{minutes} min"),
        (_, hours @ 0..HOURS_MAX) => format!("{hours} h"),
        (_, hours) => format!("{} d", hours / 24),
    };
    format!(", deployed {when} to {environment}, {before} before")
}

/// `at 10:00`, `on Tuesday`, `on 3 Nov 2026`.
fn day(at: Timestamp, seen_from: Timestamp) -> String {
    let (then, now) = (utc(at), utc(seen_from));
    if then.date() == now.date() {
        then.strftime("at %H:%M").to_string()
    } else if is_near(at, seen_from) {
        then.strftime("on %A").to_string()
    } else {
        then.strftime("on %-d %b %Y").to_string()
    }
}

fn moment(at: Timestamp, seen_from: Timestamp) -> String {
    let (then, day) = (utc(at), day(at, seen_from));
    if day.starts_with("at") { day } else { format!("{day} {}", then.strftime("%H:%M")) }
}

fn is_near(at: Timestamp, seen_from: Timestamp) -> bool {
    seen_from.duration_since(at).abs() <= WEEKDAY_FOR
}

fn utc(at: Timestamp) -> Zoned {
    at.to_zoned(TimeZone::UTC)
}

/// Without package and build; of a hash its beginning.
fn name(release: &str) -> String {
    let version = Release::of(release).version;
    let is_hash = version.len() > HASH_CHARS && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { short(version, HASH_CHARS) } else { version.to_owned() }
}

fn short(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}
