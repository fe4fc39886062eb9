//! Who may call what: one table of all paths, and the only place that says so.
//!
//! The first row that fits a method and a path decides which role the caller needs, which kind of scope where the
//! caller is a token, and what the audit log calls it when it was a change. The last rows take what no other does:
//! a new route starts out readable by all who are signed in and changeable by admins.

use actix_web::http::Method;

use crate::model::account::Role;
use crate::model::audit::Action;

/// What a row asks of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: signing in and setting up.
    Nothing,
    /// An account or a token, whatever its scopes: the answer is about the caller alone.
    Caller,
    /// A browser that signed in. No token manages the account that it belongs to.
    Session(Role),
    /// A role, and of a token a scope of one of these kinds.
    Role(Role, &'static [&'static str]),
}

#[derive(Debug)]
pub struct Rule {
    on: On,
    /// Below `/api/0`: `*` is one part, `**` at the end any number, none included.
    path: &'static str,
    pub needs: Needs,
    /// What the gate writes down once the handler has succeeded. `None`: the store writes it with the change itself,
    /// or nothing changes.
    pub audit: Option<Action>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    Any,
    Get,
    Post,
    Put,
    Delete,
}

use Needs::{Caller, Nothing, Session};
use On::{Any, Delete, Get, Post, Put};
use Role::{Admin, Member, Viewer};

const EVENT: &[&str] = &["event"];
const PROJECT: &[&str] = &["project"];
/// A list of what the organization has.
const PROJECT_OR_ORG: &[&str] = &["project", "org"];
/// Builds and whoever works on issues note what happened.
const NOTE: &[&str] = &["event", "project", "org", "project:releases", "org:ci"];
const MEMBER: &[&str] = &["member"];
const MEMBER_OR_ORG: &[&str] = &["member", "org"];
const EVENT_OR_ORG: &[&str] = &["event", "org"];
const ORG: &[&str] = &["org"];
/// What builds may do, and what they must read for it.
const RELEASE: &[&str] = &["project", "project:releases", "org:ci"];
const RELEASE_OR_ORG: &[&str] = &["project", "org", "project:releases", "org:ci"];

#[rustfmt::skip]
const RULES: &[Rule] = &[
    // Coming in.
    row(Any, "auth/login", Nothing),
    row(Any, "auth/logout", Nothing),
    row(Any, "auth/setup", Nothing),
    row(Any, "auth/config", Nothing),
    // Oneself.
    row(Get, "", Caller),
    row(Get, "auth", Caller),
    row(Get, "openapi.json", Caller),
    row(Get, "users/me", Caller),
    row(Get, "users/me/regions", Caller),
    row(Any, "users/me/**", Session(Viewer)),
    row(Get, "api-tokens", Needs::Role(Viewer, ORG)),
    row(Post, "api-tokens", Needs::Role(Member, ORG)),
    // Who is a viewer now may have been more: what is theirs they can end.
    row(Delete, "api-tokens/**", Needs::Role(Viewer, ORG)),
    // People.
    row(Get, "organizations/*/members/**", Needs::Role(Viewer, MEMBER_OR_ORG)),
    row(Delete, "organizations/*/members/me", Session(Viewer)),
    row(Any, "organizations/*/members/**", Needs::Role(Admin, MEMBER)),
    row(Get, "organizations/*/audit-logs", Needs::Role(Admin, ORG)),
    // Issues and events.
    row(Get, "organizations/*/searches/**", Needs::Role(Viewer, EVENT_OR_ORG)),
    noted(Post, "organizations/*/searches", Needs::Role(Member, EVENT_OR_ORG), Action::SearchAdd),
    noted(Delete, "organizations/*/searches/*", Needs::Role(Member, EVENT_OR_ORG), Action::SearchRemove),
    noted(Any, "organizations/*/searches/**", Needs::Role(Member, EVENT_OR_ORG), Action::SearchEdit),
    row(Get, "issues/**", Needs::Role(Viewer, EVENT)),
    row(Get, "organizations/*/issues/**", Needs::Role(Viewer, EVENT)),
    row(Get, "projects/*/*/issues/**", Needs::Role(Viewer, EVENT)),
    noted(Delete, "organizations/*/issues/*/hashes", Needs::Role(Member, EVENT), Action::IssueEdit),
    noted(Delete, "organizations/*/issues/*/comments/*", Needs::Role(Member, EVENT), Action::IssueEdit),
    noted(Delete, "organizations/*/issues/*/notes/*", Needs::Role(Member, EVENT), Action::IssueEdit),
    // They change nothing about the issue.
    row(Any, "issues/*/explain/**", Needs::Role(Member, EVENT)),
    row(Any, "organizations/*/issues/*/explain/**", Needs::Role(Member, EVENT)),
    noted(Delete, "issues/*", Needs::Role(Member, EVENT), Action::IssueRemove),
    noted(Delete, "organizations/*/issues/**", Needs::Role(Member, EVENT), Action::IssueRemove),
    noted(Delete, "projects/*/*/issues/**", Needs::Role(Member, EVENT), Action::IssueRemove),
    noted(Any, "issues/**", Needs::Role(Member, EVENT), Action::IssueEdit),
    noted(Any, "organizations/*/issues/**", Needs::Role(Member, EVENT), Action::IssueEdit),
    noted(Any, "projects/*/*/issues/**", Needs::Role(Member, EVENT), Action::IssueEdit),
    row(Get, "projects/*/*/events/**", Needs::Role(Viewer, EVENT)),
    row(Post, "projects/*/*/events/*/reprocess", Needs::Role(Member, EVENT)),
    row(Get, "organizations/*/events/**", Needs::Role(Viewer, EVENT)),
    row(Get, "organizations/*/events-stats", Needs::Role(Viewer, EVENT)),
    row(Get, "organizations/*/events-facets", Needs::Role(Viewer, EVENT)),
    row(Get, "organizations/*/compare", Needs::Role(Viewer, EVENT)),
    row(Get, "organizations/*/search-suggestions", Needs::Role(Viewer, EVENT)),
    row(Get, "organizations/*/eventids/**", Needs::Role(Viewer, EVENT)),
    row(Get, "organizations/*/shortids/**", Needs::Role(Viewer, EVENT)),
    row(Get, "organizations/*/live", Needs::Role(Viewer, EVENT)),
    row(Get, "organizations/*/trace/**", Needs::Role(Viewer, EVENT)),
    row(Get, "organizations/*/trace-meta/**", Needs::Role(Viewer, EVENT)),
    row(Get, "organizations/*/spans", Needs::Role(Viewer, EVENT)),
    row(Get, "organizations/*/transactions/**", Needs::Role(Viewer, EVENT)),
    row(Get, "organizations/*/annotations/**", Needs::Role(Viewer, NOTE)),
    noted(Delete, "organizations/*/annotations/*", Needs::Role(Member, NOTE), Action::AnnotationRemove),
    noted(Any, "organizations/*/annotations/**", Needs::Role(Member, NOTE), Action::AnnotationAdd),
    // What builds upload.
    row(Get, "organizations/*/chunk-upload", Needs::Role(Member, RELEASE_OR_ORG)),
    row(Post, "organizations/*/chunk-upload", Needs::Role(Member, RELEASE)),
    row(Post, "organizations/*/artifactbundle/assemble", Needs::Role(Member, RELEASE)),
    row(Get, "projects/*/*/files/**", Needs::Role(Viewer, RELEASE)),
    noted(Delete, "projects/*/*/files/**", Needs::Role(Member, RELEASE), Action::ArtifactsRemove),
    // Releases and where their source is.
    row(Get, "organizations/*", Needs::Role(Viewer, RELEASE_OR_ORG)),
    row(Get, "organizations/*/sessions", Needs::Role(Viewer, RELEASE_OR_ORG)),
    row(Get, "organizations/*/verdict", Needs::Role(Viewer, RELEASE_OR_ORG)),
    row(Get, "organizations/*/releases/**", Needs::Role(Viewer, RELEASE_OR_ORG)),
    noted(Delete, "organizations/*/releases/*", Needs::Role(Member, RELEASE), Action::ReleaseRemove),
    row(Any, "organizations/*/releases/**", Needs::Role(Member, RELEASE)),
    row(Get, "projects/*/*/releases/**", Needs::Role(Viewer, RELEASE_OR_ORG)),
    noted(Delete, "projects/*/*/releases/*", Needs::Role(Member, RELEASE), Action::ReleaseRemove),
    row(Any, "projects/*/*/releases/**", Needs::Role(Member, RELEASE)),
    row(Get, "organizations/*/repos/**", Needs::Role(Viewer, RELEASE_OR_ORG)),
    noted(Post, "organizations/*/repos", Needs::Role(Admin, PROJECT_OR_ORG), Action::RepositoryAdd),
    noted(Delete, "organizations/*/repos/*", Needs::Role(Admin, PROJECT_OR_ORG), Action::RepositoryRemove),
    noted(Any, "organizations/*/repos/**", Needs::Role(Admin, PROJECT_OR_ORG), Action::RepositoryEdit),
    row(Get, "organizations/*/code-mappings/**", Needs::Role(Viewer, RELEASE_OR_ORG)),
    noted(Post, "organizations/*/code-mappings/bulk", Needs::Role(Admin, RELEASE_OR_ORG), Action::CodeMappingEdit),
    noted(Post, "organizations/*/code-mappings", Needs::Role(Admin, PROJECT_OR_ORG), Action::CodeMappingAdd),
    noted(Delete, "organizations/*/code-mappings/*", Needs::Role(Admin, PROJECT_OR_ORG), Action::CodeMappingRemove),
    noted(Any, "organizations/*/code-mappings/**", Needs::Role(Admin, PROJECT_OR_ORG), Action::CodeMappingEdit),
    row(Get, "projects/*/*/code-mappings/**", Needs::Role(Viewer, EVENT)),
    // Alerts.
    row(Get, "organizations/*/alert-rules/**", Needs::Role(Viewer, EVENT_OR_ORG)),
    row(Post, "organizations/*/alert-rules/preview", Needs::Role(Viewer, EVENT_OR_ORG)),
    noted(Post, "organizations/*/alert-rules", Needs::Role(Member, EVENT_OR_ORG), Action::RuleAdd),
    noted(Delete, "organizations/*/alert-rules/*", Needs::Role(Member, EVENT_OR_ORG), Action::RuleRemove),
    noted(Any, "organizations/*/alert-rules/**", Needs::Role(Member, EVENT_OR_ORG), Action::RuleEdit),
    row(Get, "organizations/*/incidents/**", Needs::Role(Viewer, EVENT_OR_ORG)),
    noted(Any, "organizations/*/incidents/**", Needs::Role(Member, EVENT_OR_ORG), Action::IncidentEdit),
    row(Get, "organizations/*/notification-targets/**", Needs::Role(Viewer, EVENT_OR_ORG)),
    noted(Post, "organizations/*/notification-targets", Needs::Role(Admin, PROJECT_OR_ORG), Action::TargetAdd),
    row(Post, "organizations/*/notification-targets/*/test", Needs::Role(Member, EVENT_OR_ORG)),
    noted(Delete, "organizations/*/notification-targets/*", Needs::Role(Admin, PROJECT_OR_ORG), Action::TargetRemove),
    noted(Any, "organizations/*/notification-targets/**", Needs::Role(Admin, PROJECT_OR_ORG), Action::TargetEdit),
    row(Get, "organizations/*/notifications/**", Needs::Role(Viewer, EVENT_OR_ORG)),
    row(Post, "organizations/*/notifications/*/send-again", Needs::Role(Member, EVENT_OR_ORG)),
    // Projects.
    row(Get, "organizations/*/projects", Needs::Role(Viewer, PROJECT_OR_ORG)),
    noted(Post, "organizations/*/projects", Needs::Role(Admin, PROJECT), Action::ProjectAdd),
    row(Get, "projects/**", Needs::Role(Viewer, PROJECT)),
    row(Post, "projects/*/*/scrubbing-preview", Needs::Role(Admin, PROJECT)),
    noted(Post, "projects/*/*/keys", Needs::Role(Admin, PROJECT), Action::KeyAdd),
    noted(Put, "projects/*/*/keys/**", Needs::Role(Admin, PROJECT), Action::KeyEdit),
    noted(Delete, "projects/*/*/keys/**", Needs::Role(Admin, PROJECT), Action::KeyRemove),
    noted(Delete, "projects/*/*", Needs::Role(Admin, PROJECT), Action::ProjectRemove),
    noted(Any, "projects/**", Needs::Role(Admin, PROJECT), Action::ProjectEdit),
    // All the rest.
    row(Get, "**", Needs::Role(Viewer, ORG)),
    noted(Any, "**", Needs::Role(Admin, ORG), Action::OrganizationEdit),
];

const fn row(on: On, path: &'static str, needs: Needs) -> Rule {
    Rule { on, path, needs, audit: None }
}

const fn noted(on: On, path: &'static str, needs: Needs, action: Action) -> Rule {
    Rule { on, path, needs, audit: Some(action) }
}

/// The row for a path below `/api/0`.
pub fn rule(method: &Method, path: &str) -> &'static Rule {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let found = RULES.iter().find(|rule| rule.on.is(method) && fits(rule.path, &parts));
    found.expect("the last row fits everything")
}

/// Whether a method only reads.
pub fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

impl On {
    fn is(self, method: &Method) -> bool {
        match self {
            Any => true,
            Get => is_read(method),
            Post => *method == Method::POST,
            Put => *method == Method::PUT,
            Delete => *method == Method::DELETE,
        }
    }
}

fn fits(pattern: &str, parts: &[&str]) -> bool {
    let mut parts = parts.iter();
    for wanted in pattern.split('/').filter(|part| !part.is_empty()) {
        match (wanted, parts.next()) {
            ("**", _) => return true,
            (_, None) => return false,
            (wanted, Some(part)) if wanted != "*" && wanted != *part => return false,
            _ => {}
        }
    }
    parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(method: &Method, path: &str) -> Needs {
        rule(method, path).needs
    }

    #[test]
    fn reading_asks_for_the_scopes_of_what_is_shown() {
        let cases: &[(&str, &[&str])] = &[
            ("/issues/1/", EVENT),
            ("/organizations/acme/issues/1/tags/", EVENT),
            ("/organizations/acme/live", EVENT),
            ("/projects/acme/shop/events/1/", EVENT),
            ("/projects/acme/events/", PROJECT),
            ("/projects/acme/shop/keys/", PROJECT),
            ("/organizations/acme/projects/", PROJECT_OR_ORG),
            ("/organizations/", ORG),
            // An organization of that name.
            ("/organizations/issues/", RELEASE_OR_ORG),
            ("/organizations/acme/stats/ledger/", ORG),
            ("/organizations/acme/something-new/", ORG),
        ];
        for (path, kinds) in cases {
            assert_eq!(needs(&Method::GET, path), Needs::Role(Viewer, kinds), "{path}");
            assert_eq!(needs(&Method::HEAD, path), Needs::Role(Viewer, kinds), "{path}");
        }
        for path in ["/", "", "/auth/", "/openapi.json"] {
            assert_eq!(needs(&Method::GET, path), Caller, "{path}");
        }
    }

    #[test]
    fn changing_asks_for_the_role_that_does_such_work() {
        let cases = [
            (Method::PUT, "/issues/1/", Needs::Role(Member, EVENT)),
            (Method::POST, "/organizations/acme/issues/1/comments/", Needs::Role(Member, EVENT)),
            (Method::POST, "/organizations/acme/searches/", Needs::Role(Member, EVENT_OR_ORG)),
            (Method::POST, "/organizations/acme/projects/", Needs::Role(Admin, PROJECT)),
            (Method::PUT, "/projects/acme/shop/", Needs::Role(Admin, PROJECT)),
            (Method::DELETE, "/projects/acme/shop/keys/1/", Needs::Role(Admin, PROJECT)),
            (Method::PUT, "/organizations/acme/members/1/", Needs::Role(Admin, MEMBER)),
            (Method::PUT, "/organizations/acme/members/me/", Needs::Role(Admin, MEMBER)),
            (Method::DELETE, "/organizations/acme/members/me/", Session(Viewer)),
            (Method::POST, "/users/me/password/", Session(Viewer)),
            (Method::POST, "/something/new/", Needs::Role(Admin, ORG)),
            (Method::PATCH, "/issues/1/", Needs::Role(Member, EVENT)),
        ];
        for (method, path, expected) in cases {
            assert_eq!(needs(&method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn only_coming_in_is_public() {
        for path in ["/auth/login/", "/auth/config/", "/auth/setup/", "/auth/logout"] {
            assert_eq!(needs(&Method::POST, path), Nothing, "{path}");
        }
        for path in ["/", "/auth/", "/openapi.json", "/organizations/x/auth/login/", "/auth/login/x"] {
            assert_ne!(needs(&Method::POST, path), Nothing, "{path}");
            assert_ne!(needs(&Method::GET, path), Nothing, "{path}");
        }
    }
}
