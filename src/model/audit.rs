//! What people change, as the audit log keeps it: who, what, whose, from where. Never a secret.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::ids::AccountId;

/// Of a target, and of each value of the data; what is longer is cut.
pub const TEXT_BYTES_MAX: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub at: Timestamp,
    pub actor: Actor,
    pub action: Action,
    /// What it was done to, in words: an address, a project's slug, a token's name.
    pub target: String,
    /// What changed: few short texts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
}

/// Who did it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    #[serde(default)]
    pub account: Option<AccountId>,
    /// As it was called then: an address, or what else acts: `LIGHTTRACE_API_TOKEN`, `command line`.
    pub label: String,
    /// Name and first characters of the token that was shown, if it was one.
    #[serde(default)]
    pub token: Option<String>,
    #[serde(default)]
    pub address: Option<IpAddr>,
}

macro_rules! actions {
    ($($name:ident => $text:literal,)*) => {
        /// What was done. Stored by its text: a name may be added, never changed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Action {
            $(#[serde(rename = $text)] $name,)*
        }

        impl Action {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

actions! {
    MemberInvite => "member.invite",
    MemberReinvite => "member.reinvite",
    MemberAccept => "member.accept-invite",
    MemberAdd => "member.add",
    MemberEdit => "member.edit",
    MemberRemove => "member.remove",
    MemberRevoke => "member.revoke-invite",
    SignIn => "auth.sign-in",
    SignInFailed => "auth.sign-in-failed",
    SignOut => "auth.sign-out",
    SessionEnd => "session.end",
    PasswordChange => "password.change",
    PasswordFailed => "password.change-failed",
    PasswordReset => "password.reset",
    ProfileEdit => "user.edit",
    TokenAdd => "api-key.create",
    TokenRemove => "api-key.remove",
    ProjectAdd => "project.create",
    ProjectEdit => "project.edit",
    ProjectRemove => "project.remove",
    KeyAdd => "projectkey.create",
    KeyEdit => "projectkey.edit",
    KeyRemove => "projectkey.remove",
    IssueEdit => "issue.edit",
    IssueRemove => "issue.delete",
    AnnotationAdd => "annotation.create",
    AnnotationRemove => "annotation.remove",
    SearchAdd => "savedsearch.create",
    SearchEdit => "savedsearch.edit",
    SearchRemove => "savedsearch.remove",
    ArtifactsRemove => "artifact-bundle.remove",
    ReleaseRemove => "release.remove",
    RepositoryAdd => "repo.add",
    RepositoryEdit => "repo.edit",
    RepositoryRemove => "repo.remove",
    CodeMappingAdd => "code-mapping.add",
    CodeMappingEdit => "code-mapping.edit",
    CodeMappingRemove => "code-mapping.remove",
    RuleAdd => "rule.create",
    RuleEdit => "rule.edit",
    RuleRemove => "rule.remove",
    IncidentEdit => "incident.edit",
    TargetAdd => "notification-target.create",
    TargetEdit => "notification-target.edit",
    TargetRemove => "notification-target.remove",
    OrganizationEdit => "org.edit",
}

impl Action {
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.as_str() == text)
    }

    /// What strangers can cause: bounded apart, so that guessing never pushes out what happened.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::SignInFailed | Self::PasswordFailed)
    }
}

impl Entry {
    pub fn new(at: Timestamp, actor: Actor, action: Action, target: impl Into<String>) -> Self {
        Self { at, actor, action, target: cut(target.into()), data: BTreeMap::new() }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.data.insert(name.to_owned(), cut(value.into()));
        self
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    text
}

#[cfg(test)]
mod tests {
    use super::{Action, Actor, Entry, TEXT_BYTES_MAX};

    #[test]
    fn an_action_is_stored_by_its_text() {
        for action in Action::ALL {
            assert_eq!(serde_json::to_value(action).expect("JSON"), action.as_str());
            assert_eq!(Action::read(action.as_str()), Some(*action));
        }
    }

    #[test]
    fn what_strangers_send_is_cut() {
        let entry = Entry::new(
            jiff::Timestamp::UNIX_EPOCH,
            Actor::default(),
            Action::SignInFailed,
            "ä".repeat(TEXT_BYTES_MAX),
        );
        assert_eq!(entry.with("a", "b").target.len(), TEXT_BYTES_MAX);
    }
}
