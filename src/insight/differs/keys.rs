//! What is known of keys: which say nothing, which mean something by being absent, what people call them.

/// Said by grouping, or different for every event: they never tell failing events of an issue from others.
const OF_GROUPING: &[&str] = &[
    "level",
    "error.type",
    "error.mechanism",
    "error.handled",
    "error.unhandled",
    "mechanism",
    "handled",
    "event.type",
    "platform",
    "sdk.name",
    "sdk.version",
    "logger",
    "runtime.name",
    "http.method",
];
/// Different for every event, or people: those are what is compared.
const NEVER: &[&str] = &[
    "id",
    "trace",
    "file",
    "hour",
    "user",
    "user.id",
    "user.email",
    "user.username",
    "user.ip",
    "timestamp",
];
/// They say where the code is.
const PLACES: &[&str] = &["transaction", "route", "url"];
/// An event without one has none, where an event without a browser merely does not say.
const ABSENCE_COUNTS: &[&str] = &["failed.host", "failed.call", "called.host", "crumb.category"];

/// What is asked of events where nobody names other keys; the earlier of two that say the same is the one that is named.
pub const ASKED: &[&str] = &[
    "release",
    "failed.host",
    "browser.name",
    "os.name",
    "device.family",
    "geo.country_code",
    "locale",
    "timezone",
    "environment",
    "failed.call",
    "browser",
    "os",
    "os.version",
    "device",
    "device.model",
    "device.arch",
    "geo.region",
    "runtime",
    "runtime.version",
    "app.version",
    "dist",
    "server_name",
    "route",
    "transaction",
    "url",
    "called.host",
    "crumb.category",
];
/// What is asked besides where the failing events are no issue's.
pub const ASKED_OF_SEARCHES: &[&str] =
    &["level", "error.type", "handled", "mechanism", "platform", "sdk.name", "logger", "http.method"];

const FLAG: &str = "flag.";

pub fn is_asked(key: &str, is_issue: bool) -> bool {
    !(NEVER.contains(&key) || is_issue && OF_GROUPING.contains(&key))
}

/// Whether a further tag may be asked for: one that no other key says already.
pub fn is_further(key: &str) -> bool {
    let is_part =
        ["sdk.", "user.", "os.", "browser.", "runtime.", "client_os", "app.", "device.", "geo.", "release."];
    let known = [ASKED, ASKED_OF_SEARCHES, OF_GROUPING, NEVER, ABSENCE_COUNTS];
    !known.iter().any(|known| known.contains(&key)) && !is_part.iter().any(|part| key.starts_with(part))
}

pub(super) fn is_place(key: &str) -> bool {
    PLACES.contains(&key)
}

pub(super) fn absence_counts(key: &str) -> bool {
    ABSENCE_COUNTS.contains(&key)
}

/// The smaller is named rather.
pub(super) fn rank(key: &str) -> usize {
    if key.starts_with(FLAG) {
        return 0;
    }
    ASKED.iter().position(|known| *known == key).map_or(ASKED.len(), |position| position + 1)
}

/// Keys that are sides of one thing: a browser runs on a system on a device, a call goes to a host.
const FAMILIES: [&[&str]; 4] = [
    &["browser", "os", "device"],
    &["geo", "locale", "timezone"],
    &["failed", "called"],
    &["release", "dist", "app"],
];

pub(super) fn is_of_one_family(a: &str, b: &str) -> bool {
    let stem = |key: &'static str, of: &str| of.split('.').next() == Some(key);
    a == b || FAMILIES.iter().any(|family| [a, b].iter().all(|of| family.iter().any(|key| stem(key, of))))
}

/// As a heading: `Browser`.
pub(super) fn label(key: &str) -> String {
    let label = match key {
        "release" => "Release",
        "dist" => "Distribution",
        "environment" => "Environment",
        "browser.name" => "Browser",
        "browser" => "Browser version",
        "os.name" => "Operating system",
        "os" | "os.version" => "System version",
        "device.family" | "device" | "device.model" => "Device",
        "device.arch" => "Architecture",
        "runtime" | "runtime.version" => "Runtime",
        "app.version" => "App version",
        "geo.country_code" => "Country",
        "geo.region" => "Region",
        "locale" => "Locale",
        "timezone" => "Time zone",
        "server_name" => "Server",
        "route" => "Route",
        "transaction" => "Transaction",
        "url" => "URL",
        "failed.host" => "Failed call to",
        "failed.call" => "Failed call",
        "called.host" => "Called host",
        "crumb.category" => "Breadcrumb",
        "hour" => "Hour of day (UTC)",
        "level" => "Level",
        "error.type" => "Error",
        "span.failed" => "Failed span",
        "span.slow" => "Slow span",
        "span.present" => "Span",
        other => match other.strip_prefix(FLAG) {
            Some(flag) => return format!("Flag {flag}"),
            None => other,
        },
    };
    label.to_owned()
}

/// What follows `94 % of its events`.
pub(super) fn phrase(key: &str, value: &str) -> String {
    match key {
        "release" => format!("are of release {}", crate::insight::words::release(value)),
        "environment" => format!("come from {value}"),
        "browser.name" | "browser" | "geo.country_code" | "geo.region" | "server_name" => {
            format!("come from {value}")
        }
        "os.name" | "os" | "device.family" | "device" | "device.model" | "runtime" => {
            format!("run on {value}")
        }
        "os.version" => format!("run on system version {value}"),
        "runtime.version" => format!("run on runtime version {value}"),
        "app.version" => format!("are of app version {value}"),
        "locale" => format!("have the locale {value}"),
        "timezone" => format!("have the time zone {value}"),
        "route" | "transaction" | "url" => format!("happen on {value}"),
        "failed.host" => format!("follow a failed call to {value}"),
        "failed.call" => format!("follow a failed `{value}`"),
        "called.host" => format!("follow a call to {value}"),
        "crumb.category" => format!("follow a breadcrumb `{value}`"),
        "hour" => format!("fall into the hour after {value}:00 UTC"),
        "span.failed" => format!("have a failed span `{value}`"),
        "span.slow" => format!("have a slow span: {value}"),
        "span.present" => format!("have a span `{value}`"),
        other => match other.strip_prefix(FLAG) {
            Some(flag) => format!("have the flag `{flag}` = {value}"),
            None => format!("have `{other}` = {value}"),
        },
    }
}
