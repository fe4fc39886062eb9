//! A pattern as the API tells it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::error::Result;
use crate::api::{Api, when};
use crate::insight::pattern::PatternFinding;
use crate::insight::pattern::facts::{CallFact, ValueFact};
use crate::insight::pattern::told::{self, Number};
use crate::model::query::quoted;
use crate::model::short_id::short_id;
use crate::model::standing::{ChangePoint, PatternKind};

/// Other issues of a failing host that are named.
const ISSUES_MAX: usize = 10;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatternJson {
    pub kind: PatternKind,
    pub label: &'static str,
    pub sentences: Vec<String>,
    #[schema(required)]
    pub change: Option<ChangeJson>,
    /// Every number that the judgement rests on.
    pub numbers: Vec<NumberJson>,
    #[schema(required)]
    pub dependency: Option<DependencyJson>,
    #[schema(required)]
    pub user: Option<ValueShareJson>,
    /// From 0 to 1000.
    pub urgency: u32,
    pub urgency_reasons: Vec<String>,
}

/// When a rate changed: with 95 % confidence between `from` and `to`.
#[derive(Serialize, ToSchema)]
pub struct ChangeJson {
    pub at: String,
    pub from: String,
    pub to: String,
    /// Events a day.
    pub before: f64,
    /// Events a day.
    pub after: f64,
}

#[derive(Serialize, ToSchema)]
pub struct NumberJson {
    pub name: &'static str,
    pub value: String,
    /// What it is made of: `188 of 200`.
    #[schema(required)]
    pub counts: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct DependencyJson {
    /// Who was called; of the own site, the path.
    pub host: String,
    /// `GET api.stripe.com`.
    pub call: String,
    #[schema(required)]
    pub status: Option<String>,
    /// Of the issue's events since the change.
    pub share: f64,
    /// Finds events that follow such a call.
    pub query: String,
    /// Other issues that jumped with it.
    pub issues: Vec<IssueNameJson>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssueNameJson {
    pub id: String,
    pub short_id: String,
    pub title: String,
}

#[derive(Serialize, ToSchema)]
pub struct ValueShareJson {
    pub key: String,
    pub value: String,
    pub share: f64,
}

impl From<&ChangePoint> for ChangeJson {
    fn from(change: &ChangePoint) -> Self {
        Self {
            at: when(change.at),
            from: when(change.from),
            to: when(change.to),
            before: change.before,
            after: change.after,
        }
    }
}

impl From<&Number> for NumberJson {
    fn from(number: &Number) -> Self {
        Self { name: number.name, value: number.value.clone(), counts: number.counts.clone() }
    }
}

impl From<&ValueFact> for ValueShareJson {
    fn from(value: &ValueFact) -> Self {
        Self { key: value.key.clone(), value: value.value.clone(), share: value.own.rate() }
    }
}

impl Api {
    pub(super) fn pattern_json(&self, found: &PatternFinding) -> Result<PatternJson> {
        let dependency = found.dependency.as_ref().map(|call| self.dependency_json(call)).transpose()?;
        Ok(PatternJson {
            kind: found.kind,
            label: told::label(found.kind),
            sentences: found.sentences.clone(),
            change: found.change.as_ref().map(Into::into),
            numbers: found.numbers.iter().map(Into::into).collect(),
            dependency,
            user: found.user.as_ref().map(Into::into),
            urgency: found.urgency.value,
            urgency_reasons: found.urgency.reasons.clone(),
        })
    }

    fn dependency_json(&self, call: &CallFact) -> Result<DependencyJson> {
        let directory = self.store.directory();
        let issues = self.store.find_issues(&call.issues)?.into_iter();
        let issues = issues.filter(|issue| self.sees(issue.project)).filter_map(|issue| {
            let project = directory.projects.get(&issue.project)?;
            Some(IssueNameJson {
                id: issue.id.to_string(),
                short_id: short_id(project, issue.number),
                title: issue.headline.title,
            })
        });
        Ok(DependencyJson {
            host: call.host.clone(),
            call: call.call.clone().unwrap_or_else(|| call.host.clone()),
            status: call.status.clone(),
            share: call.after.rate(),
            query: format!("failed.host:{}", quoted(&call.host)),
            issues: issues.take(ISSUES_MAX).collect(),
        })
    }
}
