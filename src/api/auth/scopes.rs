//! What a token may do: Sentry's scope names, and which of them a path asks for.

/// All that there are.
pub const ALL: &[&str] = &[
    "event:admin",
    "event:read",
    "event:write",
    "member:admin",
    "member:read",
    "member:write",
    "org:admin",
    "org:read",
    "org:write",
    "project:admin",
    "project:read",
    "project:releases",
    "project:write",
    "team:admin",
    "team:read",
    "team:write",
];

pub fn is_known(scope: &str) -> bool {
    ALL.contains(&scope)
}

pub fn all() -> Vec<String> {
    ALL.iter().map(|&scope| scope.to_owned()).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

/// The kinds of scope of which one opens a path below `/api/0`; none are needed where the answer is about the
/// caller alone.
pub fn kinds_of(path: &str, access: Access) -> &'static [&'static str] {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] | ["auth" | "openapi.json", ..] => &[],
        ["issues", ..]
        | [
            "organizations",
            _,
            "issues" | "events" | "eventids" | "shortids" | "live" | "events-stats" | "events-facets"
            | "search-suggestions",
            ..,
        ]
        | ["projects", _, _, "issues" | "events", ..] => &["event"],
        // A list of what the organization has.
        ["organizations", _, "projects", ..] if access == Access::Read => &["project", "org"],
        ["organizations", _, "projects", ..] | ["projects", ..] => &["project"],
        _ => &["org"],
    }
}

/// Whether scopes grant access to one of the kinds. The higher include the lower: admin, write, read.
pub fn grant(scopes: &[String], kinds: &[&str], access: Access) -> bool {
    let verbs: &[&str] = match access {
        Access::Read => &["read", "write", "admin"],
        Access::Write => &["write", "admin"],
    };
    kinds.is_empty()
        || scopes.iter().any(|scope| {
            scope.split_once(':').is_some_and(|(kind, verb)| kinds.contains(&kind) && verbs.contains(&verb))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_ask_for_the_scopes_of_what_they_show() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("/", &[], &[]),
            ("/auth/", &[], &[]),
            ("/openapi.json", &[], &[]),
            ("/issues/1/", &["event"], &["event"]),
            ("/organizations/acme/issues/1/tags/", &["event"], &["event"]),
            ("/organizations/acme/live", &["event"], &["event"]),
            ("/projects/acme/shop/events/1/", &["event"], &["event"]),
            ("/projects/acme/events/", &["project"], &["project"]),
            ("/projects/acme/shop/keys/", &["project"], &["project"]),
            ("/organizations/acme/projects/", &["project", "org"], &["project"]),
            ("/organizations/", &["org"], &["org"]),
            ("/organizations/issues/", &["org"], &["org"]),
            ("/organizations/acme/stats/ledger/", &["org"], &["org"]),
        ];
        for (path, read, write) in cases {
            assert_eq!(&kinds_of(path, Access::Read), read, "{path}");
            assert_eq!(&kinds_of(path, Access::Write), write, "{path}");
        }
    }

    #[test]
    fn higher_scopes_include_lower_ones() {
        let cases = [
            ("event:read", Access::Read, true),
            ("event:read", Access::Write, false),
            ("event:write", Access::Read, true),
            ("event:admin", Access::Write, true),
            ("project:admin", Access::Read, false),
            ("event:releases", Access::Read, false),
            ("event", Access::Read, false),
        ];
        for (scope, access, expected) in cases {
            assert_eq!(grant(&[scope.to_owned()], &["event"], access), expected, "{scope} {access:?}");
        }
        assert!(grant(&[], &[], Access::Read), "nothing is asked for");
        assert!(!grant(&[], &["org"], Access::Read));
    }
}
