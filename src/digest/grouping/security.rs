//! What browsers' security reports give to a hash.

use crate::model::event::{Event, EventKind, Object};

const LOCAL: &str = "'self'";
/// Schemes after which Python's `urlunsplit` writes `//` even without a host.
const HOST_SCHEMES: [&str; 12] =
    ["http", "https", "ftp", "file", "ws", "wss", "sftp", "git", "rsync", "svn", "nfs", "rtsp"];

fn text<'a>(report: &'a Object, key: &str) -> Option<&'a str> {
    report.get(key)?.as_str()
}

/// The directive that was violated, without its sources.
pub(crate) fn effective_directive(report: &Object) -> &str {
    let effective = text(report, "effective_directive").filter(|directive| !directive.is_empty());
    let violated = || text(report, "violated_directive").unwrap_or_default();
    effective.unwrap_or_else(|| violated()).split_whitespace().next().unwrap_or_default()
}

/// What was blocked: a host, a scheme, or `'self'`.
pub(crate) fn blocked_uri(report: &Object) -> String {
    let blocked = text(report, "blocked_uri").unwrap_or_default();
    if matches!(blocked, "" | "self" | LOCAL) {
        return LOCAL.to_owned();
    }
    let Some((scheme, rest)) = blocked.split_once(':') else { return join(blocked, "") };
    let host = rest.strip_prefix("//").map_or("", |rest| rest.split(['/', '?', '#']).next().unwrap_or(""));
    let scheme = scheme.to_ascii_lowercase();
    if matches!(&*scheme, "http" | "https") { host.to_owned() } else { join(&scheme, host) }
}

fn join(scheme: &str, host: &str) -> String {
    if host.is_empty() && !HOST_SCHEMES.contains(&scheme) {
        return format!("{scheme}:");
    }
    format!("{scheme}://{host}")
}

/// `unsafe-inline` or `unsafe-eval`, where a page's own script was blocked.
pub(crate) fn local_script_violation(report: &Object) -> Option<&'static str> {
    let violated = text(report, "violated_directive").unwrap_or_default();
    if effective_directive(report) != "script-src" || blocked_uri(report) != LOCAL {
        return None;
    }
    ["unsafe-inline", "unsafe-eval"].into_iter().find(|kind| violated.contains(&format!("'{kind}'")))
}

/// `None`: the event is no security report.
pub(super) fn values(event: &Event) -> Option<Vec<String>> {
    let report = event.security.as_ref()?;
    let salt = match event.kind {
        EventKind::Csp => {
            let directive = effective_directive(report).to_owned();
            let what = match local_script_violation(report) {
                Some(kind) => format!("'{kind}'"),
                None => blocked_uri(report),
            };
            return Some(vec![directive, what]);
        }
        EventKind::Hpkp => "hpkp",
        EventKind::ExpectCt => "expect-ct",
        EventKind::ExpectStaple => "expect-staple",
        _ => return None,
    };
    Some(vec![salt.to_owned(), text(report, "hostname").unwrap_or("None").to_owned()])
}
