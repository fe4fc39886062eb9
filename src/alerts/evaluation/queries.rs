//! Whether a rule's query is about an issue: asked only of what else meets the rule, and once a look.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::alerts::evaluation::Result;
use crate::lookup::{self, LookupError, Question, find_issues};
use crate::model::alert_rule::AlertRule;
use crate::model::ids::IssueId;
use crate::model::issue::Issue;
use crate::model::query::{Leaf, Query};
use crate::search::Search;
use crate::search::query::parse;
use crate::store::{IssueSort, Store};

pub(super) struct Queries<'a> {
    store: &'a Store,
    search: &'a Search,
    now: Timestamp,
    parsed: HashMap<String, Option<Query>>,
    known: HashMap<(String, Option<String>, IssueId), bool>,
}

impl<'a> Queries<'a> {
    pub(super) fn new(store: &'a Store, search: &'a Search, now: Timestamp) -> Self {
        Self { store, search, now, parsed: HashMap::new(), known: HashMap::new() }
    }

    pub(super) fn admits(&mut self, rule: &AlertRule, issue: &Issue) -> Result<bool> {
        if rule.query.trim().is_empty() {
            return Ok(true);
        }
        let key = (rule.query.clone(), rule.environment.clone(), issue.id);
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let admits = self.ask(rule, issue)?;
        self.known.insert(key, admits);
        Ok(admits)
    }

    fn ask(&mut self, rule: &AlertRule, issue: &Issue) -> Result<bool> {
        let parsed =
            self.parsed.entry(rule.query.clone()).or_insert_with(|| parse(&rule.query, self.now).ok());
        // It was checked when the rule was made; of one that nobody understands any more nothing is told.
        let Some(query) = parsed else { return Ok(false) };
        let question = Question {
            query: query.clone().and(Leaf::Issue(issue.id).into()),
            account: rule.created_by,
            sees_people: true,
            visible: None,
            projects: Some(vec![issue.project]),
            environments: rule.environment.iter().cloned().collect(),
            since: None,
            until: None,
            sort: lookup::Sort::By(IssueSort::LastSeen),
            after: None,
            limit: 1,
        };
        match find_issues(self.store, self.search, &question) {
            Ok(answer) => Ok(!answer.rows.is_empty()),
            // It names somebody or something that is gone.
            Err(LookupError::Query(reason)) => {
                tracing::warn!(rule = %rule.id, reason, "a rule's query cannot be answered");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}
