//! What each key means and which values it takes. A key that is not listed is a tag.

use jiff::Timestamp;

use crate::model::issue::{PriorityLevel, Status, Substatus};
use crate::model::query::{Expr, Frames, Leaf, Named, Part, StateTest};
use crate::model::version::{Release, ReleaseTest, Version};
use crate::search::needle::canonical_key;
use crate::search::query::moments;

/// Keys that completion offers before there is any event, with what they are for.
pub const KNOWN: &[(&str, &str)] = &[
    ("is", "state of the issue"),
    ("has", "the event has this tag or field"),
    ("level", "how bad it is"),
    ("release", "version of the app; >=2.14.0, latest"),
    ("environment", "where it happened"),
    ("project", "project"),
    ("assigned", "who works on the issue: me, none, an address"),
    ("firstSeen", "first event of the issue: -24h, >2026-11-01"),
    ("lastSeen", "newest event of the issue"),
    ("age", "how long ago the issue began: -24h, +7d"),
    ("times_seen", "events of the issue: >100"),
    ("userCount", "users of the issue: >=5"),
    ("issue", "short id of the issue"),
    ("firstRelease", "release of the issue's first event"),
    ("lastRelease", "release of the issue's newest event"),
    ("bookmarks", "issues that somebody bookmarked: me, an address"),
    ("regressedIn", "release in which the issue came back"),
    ("priority", "of the issue: high, medium, low"),
    ("frame", "function, module, file or source of a frame"),
    ("file", "path of a frame or its end"),
    ("in_app", "frames of your own code: true, false"),
    ("breadcrumb", "text or category of a breadcrumb"),
    ("message", "words of message or exception"),
    ("error.type", "class of an exception"),
    ("error.value", "words of an exception"),
    ("error.handled", "true, false"),
    ("transaction", "route, task or page"),
    ("url", "address of the request"),
    ("http.method", "method of the request"),
    ("user", "id, address or name of a user"),
    ("user.id", "id of a user"),
    ("user.email", "address of a user"),
    ("user.username", "name of a user"),
    ("user.ip", "IP address of a user"),
    ("release.version", "version without package and build"),
    ("release.package", "package of the release"),
    ("release.build", "build of the release"),
    ("dist", "distribution"),
    ("platform", "platform of the event"),
    ("sdk.name", "SDK that sent it"),
    ("sdk.version", "version of that SDK"),
    ("device.family", "family of the device"),
    ("os.name", "operating system"),
    ("browser.name", "browser"),
    ("geo.country_code", "country of the user"),
    ("failed.host", "host or path of a call that failed before"),
    ("failed.call", "the call itself: GET api.stripe.com/v1/charges 503"),
    ("called.host", "host that was called before"),
    ("crumb.category", "category of a breadcrumb, exactly"),
    ("route", "path of the request, ids as :id"),
    ("locale", "language and country of the user's settings"),
    ("timezone", "time zone of the user's settings"),
    ("hour", "hour of the day, 0 to 23, UTC"),
    ("timestamp", "when the event happened: -1h, >2026-11-01"),
    ("event.type", "error, default, csp, …"),
    ("trace", "id of the trace"),
    ("id", "id of the event"),
];

/// The words behind `is:`.
pub const STATES: &[&str] = &[
    "unresolved",
    "resolved",
    "ignored",
    "archived",
    "new",
    "ongoing",
    "escalating",
    "regressed",
    "assigned",
    "unassigned",
    "handled",
    "unhandled",
];

const TIME: &str = "a time such as -24h, +7d, >2026-11-01 or 2026-11-01T08:00:00";
const NUMBER: &str = "a number such as 100, >100 or <=5";
const VERSION: &str = "a version such as 2.14.0 or shop@2.14.0";

/// Whether the language itself knows the key. Any other is a tag, or no key at all.
pub(super) fn is_known(key: &str) -> bool {
    let key = canonical_key(key);
    let is_listed = KNOWN.iter().any(|(known, _)| known.eq_ignore_ascii_case(&key));
    is_listed || !matches!(term(&key, "", true, Timestamp::UNIX_EPOCH), Ok(Expr::Leaf(Leaf::Tag { .. })))
}

/// One value of a key; else what was expected.
pub(super) fn term(key: &str, value: &str, quoted: bool, now: Timestamp) -> Result<Expr, &'static str> {
    let lower = canonical_key(key);
    let text = || value.to_owned();
    let times = || moments::times(value, now).ok_or(TIME);
    let numbers = || moments::numbers(value).ok_or(NUMBER);
    let leaf = match lower.as_str() {
        "is" => return is(&value.to_lowercase()),
        "has" if matches!(value.to_lowercase().as_str(), "assignee" | "assigned") => {
            Leaf::State(StateTest::Assigned)
        }
        "has" => Leaf::Has(text()),
        "status" => match is(&value.to_lowercase()) {
            Ok(state @ Expr::Leaf(Leaf::State(StateTest::Status(_)))) => return Ok(state),
            _ => Leaf::Tag { key: lower, value: text() },
        },
        "assigned" | "assignee" | "assigned_to" => match value.to_lowercase().as_str() {
            "none" | "nobody" => return Ok(Expr::from(Leaf::State(StateTest::Assigned)).negated()),
            _ => Leaf::Named(Named::Assignee(text())),
        },
        "bookmarks" => Leaf::Named(Named::Bookmarks(text())),
        "firstseen" | "first_seen" => Leaf::State(StateTest::FirstSeen(times()?)),
        "lastseen" | "last_seen" => Leaf::State(StateTest::LastSeen(times()?)),
        "age" => {
            let range = moments::ages(value, now).ok_or("an age such as -24h (younger) or +7d (older)")?;
            Leaf::State(StateTest::FirstSeen(range))
        }
        "times_seen" | "timesseen" => Leaf::State(StateTest::Events(numbers()?)),
        "usercount" | "user_count" => Leaf::State(StateTest::Users(numbers()?)),
        "issue" | "issue.id" | "short_id" => Leaf::Named(Named::Issue(text())),
        "project" | "project.name" | "project.id" | "project_id" => Leaf::Named(Named::Project(text())),
        "firstrelease" | "first_release" => {
            Leaf::State(StateTest::FirstRelease(named_release(value, quoted)?))
        }
        "lastrelease" | "last_release" => Leaf::State(StateTest::LastRelease(named_release(value, quoted)?)),
        "regressedin" | "regressed_in" => Leaf::State(StateTest::RegressedIn(named_release(value, quoted)?)),
        "priority" | "issue.priority" => {
            Leaf::State(StateTest::Priority(match value.to_lowercase().as_str() {
                "high" => PriorityLevel::High,
                "medium" => PriorityLevel::Medium,
                "low" => PriorityLevel::Low,
                _ => return Err("`high`, `medium` or `low`"),
            }))
        }
        "release" if value == "latest" && !quoted => Leaf::Named(Named::LatestRelease),
        "release" => match named_release(value, quoted)? {
            compare @ ReleaseTest::Compare { .. } => Leaf::Release(compare),
            _ => Leaf::Tag { key: lower, value: text() },
        },
        "release.version" => Leaf::Release(match named_release(value, quoted)? {
            compare @ ReleaseTest::Compare { .. } => compare,
            _ => ReleaseTest::Version(text()),
        }),
        "release.build" => Leaf::Release(ReleaseTest::Build(text())),
        "release.package" => Leaf::Release(ReleaseTest::Package(text())),
        "timestamp" => Leaf::Time(times()?),
        "in_app" | "stack.in_app" => Leaf::InApp(match value.to_lowercase().as_str() {
            "true" | "1" | "yes" => true,
            "false" | "0" | "no" => false,
            _ => return Err("`true` or `false`"),
        }),
        "frame" | "function" | "module" | "stack.function" | "stack.module" | "stack.package" => {
            Leaf::Frame { text: text(), of: Frames::Any }
        }
        "file" | "stack.filename" | "stack.abs_path" => Leaf::File { path: text(), of: Frames::Any },
        "message" | "title" | "culprit" | "location" | "error.value" => {
            Leaf::Words { part: Part::Headline, text: text() }
        }
        "breadcrumb" | "breadcrumbs" => Leaf::Words { part: Part::Breadcrumb, text: text() },
        "user" if !["id:", "email:", "username:", "ip:"].iter().any(|kind| value.starts_with(kind)) => {
            Leaf::User(text())
        }
        _ => Leaf::Tag { key: lower, value: text() },
    };
    Ok(leaf.into())
}

/// As Sentry has them.
fn is(word: &str) -> Result<Expr, &'static str> {
    let test = match word {
        "unresolved" => StateTest::Status(Status::Unresolved),
        "resolved" => StateTest::Status(Status::Resolved),
        "ignored" | "archived" | "muted" => StateTest::Status(Status::Ignored),
        "new" => StateTest::Substatus(Substatus::New),
        "ongoing" => StateTest::Substatus(Substatus::Ongoing),
        "escalating" => StateTest::Substatus(Substatus::Escalating),
        "regressed" => StateTest::Substatus(Substatus::Regressed),
        "archived_forever" => StateTest::Substatus(Substatus::ArchivedForever),
        "archived_until_condition_met" => StateTest::Substatus(Substatus::ArchivedUntilConditionMet),
        "archived_until_escalating" => StateTest::Substatus(Substatus::ArchivedUntilEscalating),
        "assigned" | "unassigned" => StateTest::Assigned,
        "handled" | "unhandled" => StateTest::Handled,
        _ => {
            return Err(
                "unresolved, resolved, ignored, new, ongoing, escalating, regressed, assigned, unassigned, \
                        handled or unhandled",
            );
        }
    };
    let state = Expr::from(Leaf::State(test));
    Ok(if matches!(word, "unassigned" | "unhandled") { state.negated() } else { state })
}

/// `>=2.14.0` and its like, or the release itself.
fn named_release(value: &str, quoted: bool) -> Result<ReleaseTest, &'static str> {
    let (op, rest) = if quoted { (None, value) } else { moments::split(value) };
    let Some(op) = op else { return Ok(ReleaseTest::Is(value.to_owned())) };
    let parts = Release::of(rest);
    if Version::parse(parts.version).is_none() {
        return Err(VERSION);
    }
    let package = parts.package.map(str::to_owned);
    Ok(ReleaseTest::Compare { op, package, version: parts.version.to_owned() })
}
