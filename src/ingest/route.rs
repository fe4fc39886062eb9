//! Which path is whose. Pure; runs of `/` count as one, and a slash at the end may be missing.

use crate::wire::otlp::Signal;

/// Where a request goes. Texts are path segments as they were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route<'a> {
    /// Everything under `/api/{project}/`.
    Project(&'a str, Endpoint<'a>),
    /// `/api/store/`: the key alone names the project.
    LegacyStore,
    /// `/v1/traces`, `/v1/logs`, as OpenTelemetry's exporters call by themselves: the key alone names the project.
    Otlp(Signal),
    /// `/api/embed/error-page/`
    ErrorPage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint<'a> {
    Envelope,
    Store,
    Security,
    Nel,
    Minidump,
    Unreal { key: &'a str },
    Attachments { event_id: &'a str },
    Cron { slug: &'a str, key: Option<&'a str> },
    Otlp(Signal),
    VercelLogs,
    Upload { id: Option<&'a str> },
}

/// The deepest route has seven segments.
const SEGMENTS_MAX: usize = 8;

/// `None`: not a path of ours.
pub fn find(path: &str) -> Option<Route<'_>> {
    let mut segments = [""; SEGMENTS_MAX];
    let mut count = 0;
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        *segments.get_mut(count)? = segment;
        count += 1;
    }
    let endpoint = match segments[..count] {
        ["api", "store"] => return Some(Route::LegacyStore),
        ["v1", "traces"] => return Some(Route::Otlp(Signal::Traces)),
        ["v1", "logs"] => return Some(Route::Otlp(Signal::Logs)),
        ["api", "embed", "error-page"] => return Some(Route::ErrorPage),
        // The read API.
        ["api", "0", ..] => return None,
        ["api", _, "envelope"] => Endpoint::Envelope,
        ["api", _, "store"] => Endpoint::Store,
        ["api", _, "security" | "csp-report"] => Endpoint::Security,
        ["api", _, "nel"] => Endpoint::Nel,
        ["api", _, "minidump"] => Endpoint::Minidump,
        ["api", _, "unreal", key] => Endpoint::Unreal { key },
        ["api", _, "events", event_id, "attachments"] => Endpoint::Attachments { event_id },
        ["api", _, "cron", slug] => Endpoint::Cron { slug, key: None },
        ["api", _, "cron", slug, key] => Endpoint::Cron { slug, key: Some(key) },
        ["api", _, "integration", "otlp", "v1", "traces"] => Endpoint::Otlp(Signal::Traces),
        ["api", _, "integration", "otlp", "v1", "logs"] => Endpoint::Otlp(Signal::Logs),
        ["api", _, "integration", "vercel", "logs"] => Endpoint::VercelLogs,
        ["api", _, "upload"] => Endpoint::Upload { id: None },
        ["api", _, "upload", id] => Endpoint::Upload { id: Some(id) },
        _ => return None,
    };
    Some(Route::Project(segments[1], endpoint))
}

impl Route<'_> {
    /// The methods that are answered, besides `OPTIONS`.
    pub fn methods(self) -> &'static [&'static str] {
        match self {
            Self::LegacyStore
            | Self::ErrorPage
            | Self::Project(_, Endpoint::Store | Endpoint::Cron { .. }) => &["GET", "POST"],
            Self::Project(_, Endpoint::Upload { id: Some(_) }) => &["PATCH"],
            Self::Otlp(_) | Self::Project(..) => &["POST"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, Route, find};
    use crate::wire::otlp::Signal;

    #[test]
    fn paths() {
        let project = |endpoint| Some(Route::Project("1", endpoint));
        let cases = [
            ("/api/1/envelope/", project(Endpoint::Envelope)),
            ("/api/1/envelope", project(Endpoint::Envelope)),
            ("//api///1//envelope//", project(Endpoint::Envelope)),
            ("/api/x/envelope/", Some(Route::Project("x", Endpoint::Envelope))),
            ("/api/1/store/", project(Endpoint::Store)),
            ("/api/store/", Some(Route::LegacyStore)),
            ("/api/1/security/", project(Endpoint::Security)),
            ("/api/1/csp-report/", project(Endpoint::Security)),
            ("/api/1/nel/", project(Endpoint::Nel)),
            ("/api/1/minidump", project(Endpoint::Minidump)),
            ("/api/1/unreal/abc/", project(Endpoint::Unreal { key: "abc" })),
            ("/api/1/events/e/attachments/", project(Endpoint::Attachments { event_id: "e" })),
            ("/api/1/cron/nightly", project(Endpoint::Cron { slug: "nightly", key: None })),
            ("/api/1/cron/nightly/abc/", project(Endpoint::Cron { slug: "nightly", key: Some("abc") })),
            ("/api/1/integration/otlp/v1/traces", project(Endpoint::Otlp(Signal::Traces))),
            ("/api/1/integration/otlp/v1/logs/", project(Endpoint::Otlp(Signal::Logs))),
            ("/api/1/integration/vercel/logs/", project(Endpoint::VercelLogs)),
            ("/api/1/upload/", project(Endpoint::Upload { id: None })),
            ("/api/1/upload/abc", project(Endpoint::Upload { id: Some("abc") })),
            ("/api/embed/error-page/", Some(Route::ErrorPage)),
            ("/v1/traces", Some(Route::Otlp(Signal::Traces))),
            ("/v1/logs/", Some(Route::Otlp(Signal::Logs))),
            ("/v1/metrics", None),
            ("/api/0/envelope/", None),
            ("/api/0/issues/1/", None),
            ("/api/1/", None),
            ("/api/1/otlp/v1/traces", None),
            ("/envelope/", None),
            ("/a/b/c/d/e/f/g/h/i/j", None),
            ("", None),
        ];
        for (path, expected) in cases {
            assert_eq!(find(path), expected, "{path}");
        }
    }
}
