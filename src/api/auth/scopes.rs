//! What a token may do: Sentry's scope names. Which of them a path asks for stands in `rules`.

use crate::model::account::Role;

/// All that there are.
pub const ALL: &[&str] = &[
    "event:admin",
    "event:read",
    "event:write",
    "member:admin",
    "member:read",
    "member:write",
    "org:admin",
    "org:ci",
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

/// What a role comes to in scopes: no token can do more.
pub fn of_role(role: Role) -> Vec<String> {
    let is_of_role = |scope: &&&str| match role {
        Role::Viewer => scope.ends_with(":read"),
        Role::Member => {
            scope.ends_with(":read")
                || scope.starts_with("event:")
                || matches!(**scope, "project:releases" | "org:ci")
        }
        Role::Admin => **scope != "org:admin",
        Role::Owner => true,
    };
    ALL.iter().filter(is_of_role).map(|&scope| scope.to_owned()).collect()
}

/// Whether scopes grant access to one of the kinds. The higher include the lower: admin, write, read. A kind that is a
/// whole scope, `org:ci`, is granted by that one alone.
pub fn grant(scopes: &[String], kinds: &[&str], access: Access) -> bool {
    let verbs: &[&str] = match access {
        Access::Read => &["read", "write", "admin"],
        Access::Write => &["write", "admin"],
    };
    kinds.is_empty()
        || scopes.iter().any(|scope| {
            let has_verb = scope
                .split_once(':')
                .is_some_and(|(kind, verb)| kinds.contains(&kind) && verbs.contains(&verb));
            has_verb || (scope.contains(':') && kinds.contains(&scope.as_str()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_the_scopes_of_those_below() {
        for pair in Role::ALL.windows(2) {
            let (less, more) = (of_role(pair[0]), of_role(pair[1]));
            assert!(less.len() < more.len() && less.iter().all(|scope| more.contains(scope)), "{pair:?}");
        }
        assert_eq!(of_role(Role::Owner), all());
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
        for (scope, expected) in [("project:releases", true), ("org:ci", true), ("org:write", false)] {
            let kinds = ["project", "project:releases", "org:ci"];
            assert_eq!(grant(&[scope.to_owned()], &kinds, Access::Write), expected, "{scope}");
        }
        assert!(grant(&[], &[], Access::Read), "nothing is asked for");
        assert!(!grant(&[], &["org"], Access::Read));
    }
}
