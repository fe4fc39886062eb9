//! Replaces names in a query by what they stand for: projects, issues, people, the newest release.

use std::sync::Arc;

use crate::lookup::LookupError;
use crate::model::ids::{AccountId, IssueId, ProjectId};
use crate::model::pattern::fits;
use crate::model::query::{Expr, Leaf, Named, StateTest};
use crate::model::short_id;
use crate::model::version::ReleaseTest;
use crate::search::Search;
use crate::store::Store;

/// Who asks, and of which projects.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// Whom `me` means.
    pub account: Option<AccountId>,
    /// Whether the members are listed to the one who asks; else nothing tells who is one.
    pub sees_people: bool,
    /// The projects that there are for the one who asks; `None`: all.
    pub visible: Option<&'a [ProjectId]>,
    /// `None`: all.
    pub projects: Option<&'a [ProjectId]>,
}

pub(super) fn resolve(
    store: &Store,
    search: &Search,
    tree: Expr,
    asker: Asker<'_>,
) -> Result<Expr, LookupError> {
    tree.map(&mut |leaf| match leaf {
        Leaf::Named(Named::Project(name)) => project(store, &name, asker),
        Leaf::Named(Named::Issue(name)) => issue(store, &name),
        Leaf::Named(Named::Assignee(name)) => assignee(store, &name, asker),
        Leaf::Named(Named::Bookmarks(name)) => bookmarks(store, &name, asker),
        Leaf::Named(Named::LatestRelease) => {
            latest_release(store, search, asker, |value| Leaf::Tag { key: "release".to_owned(), value })
        }
        Leaf::State(StateTest::FirstRelease(ReleaseTest::Is(name))) if name == "latest" => {
            latest_release(store, search, asker, |release| {
                Leaf::State(StateTest::FirstRelease(ReleaseTest::Is(release)))
            })
        }
        Leaf::State(StateTest::RegressedIn(ReleaseTest::Is(name))) if name == "latest" => {
            latest_release(store, search, asker, |release| {
                Leaf::State(StateTest::RegressedIn(ReleaseTest::Is(release)))
            })
        }
        other => Ok(other.into()),
    })
}

/// The tree with sets of issues in place of what the store's index of assignees answers.
pub(super) fn with_assignees(store: &Store, tree: Expr) -> Result<Expr, LookupError> {
    tree.map(&mut |leaf| {
        let to = match leaf {
            Leaf::State(StateTest::Assigned) => None,
            Leaf::State(StateTest::AssignedTo(account)) => Some(account),
            other => return Ok(other.into()),
        };
        let issues = store.issues_assigned(to)?;
        Ok(if issues.is_empty() { Expr::NONE } else { Leaf::Issues(Arc::new(issues)).into() })
    })
}

/// One that is hidden from the asker is none, like one that does not exist.
fn project(store: &Store, name: &str, asker: Asker<'_>) -> Result<Expr, LookupError> {
    let directory = store.directory();
    let is_visible = |project: &ProjectId| asker.visible.is_none_or(|visible| visible.contains(project));
    if name.contains('*') {
        let pattern = name.to_lowercase();
        let fitting = directory.slugs.iter().filter(|(slug, _)| fits(&pattern, &slug.to_lowercase()));
        return Ok(Expr::any_of(fitting.map(|(_, id)| Leaf::Project(*id).into()).collect()));
    }
    let named = match name.parse() {
        Ok(number) => Some(ProjectId(number)),
        Err(_) => directory.slugs.get(name).copied(),
    };
    let named = named.filter(|project| directory.projects.contains_key(project) && is_visible(project));
    let missing = || LookupError::Query(format!("project:{name} does not exist"));
    named.map(|project| Leaf::Project(project).into()).ok_or_else(missing)
}

fn issue(store: &Store, name: &str) -> Result<Expr, LookupError> {
    if let Ok(number) = name.parse() {
        return Ok(Leaf::Issue(store.shown_issue(IssueId(number))).into());
    }
    let named = short_id::parse(name).and_then(|(slug, number)| {
        let project = store.directory().slugs.get(&slug).copied()?;
        Some((project, number))
    });
    let Some((project, number)) = named else { return Ok(Expr::NONE) };
    let found = store.find_issue_by_number(project, number)?;
    Ok(found.map_or(Expr::NONE, |issue| Leaf::Issue(issue.id).into()))
}

fn assignee(store: &Store, name: &str, asker: Asker<'_>) -> Result<Expr, LookupError> {
    let account = account(store, "assigned", name, asker)?;
    Ok(account.map_or(Expr::NONE, |account| Leaf::State(StateTest::AssignedTo(account)).into()))
}

fn bookmarks(store: &Store, name: &str, asker: Asker<'_>) -> Result<Expr, LookupError> {
    let Some(account) = account(store, "bookmarks", name, asker)? else { return Ok(Expr::NONE) };
    let issues = store.bookmarked(account)?;
    Ok(if issues.is_empty() { Expr::NONE } else { Leaf::Issues(Arc::new(issues)).into() })
}

/// Whom a name means: `me`, an address, `user:3`.
fn account(store: &Store, key: &str, name: &str, asker: Asker<'_>) -> Result<Option<AccountId>, LookupError> {
    match name.strip_prefix("user:").unwrap_or(name) {
        "me" => Ok(asker.account),
        number if number.bytes().all(|b| b.is_ascii_digit()) => Ok(number.parse().ok()),
        address => {
            let account = store.find_account_by_email(address)?.map(|account| account.id);
            if account.is_none() && asker.sees_people {
                return Err(LookupError::Query(format!("{key}:{name}: nobody has this address")));
            }
            Ok(account)
        }
    }
}

/// Each project has its own newest release.
fn latest_release(
    store: &Store,
    search: &Search,
    asker: Asker<'_>,
    leaf: impl Fn(String) -> Leaf,
) -> Result<Expr, LookupError> {
    let all: Vec<ProjectId> = store.directory().projects.keys().copied().collect();
    let mut any = Vec::new();
    for &project in asker.projects.unwrap_or(&all) {
        if let Some(release) = search.latest_release(project)? {
            any.push(Expr::all_of(vec![Leaf::Project(project).into(), leaf(release).into()]));
        }
    }
    Ok(Expr::any_of(any))
}
