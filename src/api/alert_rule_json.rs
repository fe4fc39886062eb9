//! An alert rule as the API shows it, and what a body changes about it.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::auth::sign_in::User;
use crate::api::error::{ApiError, Result};
use crate::api::issues::parse_query;
use crate::api::member_json::ProjectWord;
use crate::api::{Api, when};
use crate::insight::alert::words::rule_in_words;
use crate::model::account::Account;
use crate::model::alert_rule::{AlertRule, People, Severity, Trigger};
use crate::model::ids::{AccountId, ProjectId, RuleId, TargetId};

const NAME_CHARS_MAX: usize = 120;
const ENVIRONMENT_CHARS_MAX: usize = 64;
const QUERY_CHARS_MAX: usize = 4_096;
/// People and targets that one rule names.
const RECIPIENTS_MAX: usize = 100;
/// A week: for cool-downs, quiet times and the like.
const MINUTES_MAX: u32 = 7 * 24 * 60;
/// A mute of a rule.
const MUTE_MINUTES_MAX: u32 = 365 * 24 * 60;
const FACTOR_MIN: f64 = 1.5;
const FACTOR_MAX: f64 = 10_000.0;
/// Rates are judged by the minute, of the last two hours.
const SPIKE_MINUTES_MAX: u32 = 60;
/// Transactions are counted by the minute for three hours.
const TRANSACTION_MINUTES_MAX: u32 = 120;
const TRANSACTION_CHARS_MAX: usize = 200;
/// An hour.
const MILLISECONDS_MAX: u64 = 3_600_000;
const PER_MINUTE_MAX: f64 = 1e9;
const WINDOW_MINUTES_MAX: u32 = 24 * 60;
/// Alerts among which each rule's last one is looked for.
const ALERTS_LOOKED_AT_MAX: usize = 2_000;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AlertRule)]
pub struct AlertRuleJson {
    pub id: String,
    pub name: String,
    pub enabled: bool,
    /// Slugs, as far as the caller sees them; empty: all projects.
    pub projects: Vec<String>,
    #[schema(required)]
    pub environment: Option<String>,
    pub query: String,
    pub trigger: Trigger,
    pub severity: Severity,
    /// Ids of notification targets.
    pub targets: Vec<String>,
    /// `everyone`, `admins`, `assignee`, or ids of accounts.
    pub people: Vec<String>,
    pub cooldown_minutes: u32,
    pub quiet_minutes: u32,
    pub reopen_minutes: u32,
    #[schema(required)]
    pub muted_until: Option<String>,
    /// What it looks for, in words.
    pub sentence: String,
    pub date_created: String,
    /// `null`: it is there from the start.
    #[schema(required)]
    pub created_by: Option<User>,
    /// When it was last met.
    #[schema(required)]
    pub last_alert: Option<String>,
    /// What it is met by now: issues, releases, projects.
    pub firing: usize,
}

/// A rule to keep, or what changes of one.
#[derive(Deserialize, Default, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleUpdate {
    pub name: Option<String>,
    pub enabled: Option<bool>,
    /// Slugs or numbers; empty: all.
    #[schema(value_type = Option<Vec<String>>)]
    pub projects: Option<Vec<ProjectWord>>,
    /// Empty: all.
    pub environment: Option<String>,
    /// As in the list of issues; empty: all issues.
    pub query: Option<String>,
    pub trigger: Option<Trigger>,
    pub severity: Option<Severity>,
    #[schema(value_type = Option<Vec<String>>)]
    pub targets: Option<Vec<Word>>,
    /// `everyone`, `admins`, `assignee`, ids of accounts, or addresses of members.
    #[schema(value_type = Option<Vec<String>>)]
    pub people: Option<Vec<Word>>,
    #[serde(alias = "cooldown_minutes")]
    pub cooldown_minutes: Option<u32>,
    #[serde(alias = "quiet_minutes")]
    pub quiet_minutes: Option<u32>,
    #[serde(alias = "reopen_minutes")]
    pub reopen_minutes: Option<u32>,
    /// Nobody is told for so long; 0 ends it.
    #[serde(alias = "mute_minutes")]
    pub mute_minutes: Option<u32>,
}

/// A text, or a number that stands for one.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Word {
    Number(u64),
    Text(String),
}

impl Word {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.trim().to_owned(),
        }
    }
}

impl Api {
    pub(super) fn alert_rule_json(&self, rule: AlertRule) -> Result<AlertRuleJson> {
        self.alert_rules_json(vec![rule])?.pop().ok_or_else(ApiError::not_found)
    }

    pub(super) fn alert_rules_json(&self, rules: Vec<AlertRule>) -> Result<Vec<AlertRuleJson>> {
        let directory = self.store.directory();
        let people: HashMap<AccountId, Account> =
            self.store.everyone()?.into_iter().map(|account| (account.id, account)).collect();
        let mut firing: HashMap<RuleId, usize> = HashMap::new();
        for row in self.store.firing()?.into_iter().filter(|row| row.over.is_none()) {
            *firing.entry(row.rule).or_default() += 1;
        }
        let mut last: HashMap<RuleId, Timestamp> = HashMap::new();
        for alert in self.store.latest_alerts(ALERTS_LOOKED_AT_MAX)? {
            last.entry(alert.rule).or_insert(alert.at);
        }
        let row = |rule: AlertRule| {
            let slug = |id: &ProjectId| directory.projects.get(id).map(|project| project.slug.clone());
            let projects: Vec<String> =
                rule.projects.iter().filter(|id| self.sees(**id)).filter_map(slug).collect();
            AlertRuleJson {
                id: rule.id.to_string(),
                sentence: rule_in_words(&rule, &projects),
                people: people_words(&rule.people),
                targets: rule.targets.iter().map(ToString::to_string).collect(),
                muted_until: rule.muted_until.map(when),
                date_created: when(rule.created),
                created_by: rule.created_by.and_then(|id| people.get(&id)).map(User::of_account),
                last_alert: last.get(&rule.id).copied().map(when),
                firing: firing.get(&rule.id).copied().unwrap_or(0),
                name: rule.name,
                enabled: rule.enabled,
                projects,
                environment: rule.environment,
                query: rule.query,
                trigger: rule.trigger,
                severity: rule.severity,
                cooldown_minutes: rule.cooldown_minutes,
                quiet_minutes: rule.quiet_minutes,
                reopen_minutes: rule.reopen_minutes,
            }
        };
        Ok(rules.into_iter().map(row).collect())
    }

    /// What the body says, checked.
    pub(super) fn apply_rule(&self, body: &RuleUpdate, rule: &mut AlertRule, now: Timestamp) -> Result<()> {
        if let Some(words) = &body.projects {
            let projects = self.read_projects(Some(words.clone()))?.unwrap_or_default();
            rule.projects = match self.sight() {
                // All that there are, for who sees some, are those.
                Some(seen) if projects.is_empty() => seen.to_vec(),
                _ => projects,
            };
        }
        if let Some(environment) = &body.environment {
            let environment = environment.trim();
            at_most("environment", environment, ENVIRONMENT_CHARS_MAX)?;
            rule.environment = (!environment.is_empty()).then(|| environment.to_owned());
        }
        if let Some(query) = &body.query {
            at_most("query", query, QUERY_CHARS_MAX)?;
            parse_query(query, now)?;
            query.trim().clone_into(&mut rule.query);
        }
        if let Some(trigger) = &body.trigger {
            check_trigger(trigger)?;
            rule.trigger = trigger.clone();
        }
        if self.sight().is_some() && rule.trigger == Trigger::Own {
            return Err(ApiError::forbidden("What is about this server needs somebody who sees everything"));
        }
        rule.enabled = body.enabled.unwrap_or(rule.enabled);
        rule.severity = body.severity.unwrap_or(rule.severity);
        for (name, given, held) in [
            ("cooldownMinutes", body.cooldown_minutes, &mut rule.cooldown_minutes),
            ("quietMinutes", body.quiet_minutes, &mut rule.quiet_minutes),
            ("reopenMinutes", body.reopen_minutes, &mut rule.reopen_minutes),
        ] {
            *held = given.unwrap_or(*held);
            if *held > MINUTES_MAX || (name == "quietMinutes" && *held == 0) {
                return Err(ApiError::bad_request(format!("{name}: expected at most {MINUTES_MAX} minutes")));
            }
        }
        if let Some(minutes) = body.mute_minutes {
            let minutes = i64::from(minutes.min(MUTE_MINUTES_MAX));
            rule.muted_until = (minutes > 0).then(|| now + SignedDuration::from_mins(minutes));
        }
        if let Some(words) = &body.targets {
            rule.targets = self.read_targets(words)?;
        }
        if let Some(words) = &body.people {
            rule.people = self.read_people(words)?;
        }
        self.name_rule(body, rule)
    }

    /// Without a name it is called what it looks for.
    fn name_rule(&self, body: &RuleUpdate, rule: &mut AlertRule) -> Result<()> {
        if let Some(name) = &body.name {
            at_most("name", name, NAME_CHARS_MAX)?;
            name.trim().clone_into(&mut rule.name);
        }
        if rule.name.is_empty() {
            let directory = self.store.directory();
            let slug = |id: &ProjectId| directory.projects.get(id).map(|project| project.slug.clone());
            let projects: Vec<String> = rule.projects.iter().filter_map(slug).collect();
            rule.name = rule_in_words(rule, &projects).chars().take(NAME_CHARS_MAX).collect();
        }
        Ok(())
    }

    fn read_targets(&self, words: &[Word]) -> Result<Vec<TargetId>> {
        too_many("targets", words.len())?;
        let mut targets = Vec::with_capacity(words.len());
        for word in words.iter().map(Word::text) {
            let found = word.parse().ok().map(TargetId).map(|id| self.store.find_notification_target(id));
            let found = found.transpose()?.flatten();
            let unknown = || ApiError::bad_request(format!("targets: `{word}` does not exist"));
            let id = found.ok_or_else(unknown)?.id;
            if !targets.contains(&id) {
                targets.push(id);
            }
        }
        Ok(targets)
    }

    fn read_people(&self, words: &[Word]) -> Result<People> {
        too_many("people", words.len())?;
        let mut people = People::default();
        for word in words.iter().map(Word::text) {
            match word.as_str() {
                "everyone" => people.everyone = true,
                "admins" => people.admins = true,
                "assignee" => people.assignee = true,
                name => {
                    let found = match name.parse() {
                        Ok(id) => self.store.find_account(AccountId(id))?,
                        Err(_) => self.store.find_account_by_email(name)?,
                    };
                    let unknown = || ApiError::bad_request(format!("people: `{name}` is nobody here"));
                    let id = found.ok_or_else(unknown)?.id;
                    if !people.accounts.contains(&id) {
                        people.accounts.push(id);
                    }
                }
            }
        }
        Ok(people)
    }
}

fn people_words(people: &People) -> Vec<String> {
    let groups = [("everyone", people.everyone), ("admins", people.admins), ("assignee", people.assignee)];
    let groups = groups.into_iter().filter(|(_, is_told)| *is_told).map(|(name, _)| name.to_owned());
    groups.chain(people.accounts.iter().map(ToString::to_string)).collect()
}

fn check_trigger(trigger: &Trigger) -> Result<()> {
    let wrong = |field: &str, expected: &str| {
        Err(ApiError::bad_request(format!("trigger.{field}: expected {expected}")))
    };
    let is_window = |minutes: u32, minutes_max: u32| (1..=minutes_max).contains(&minutes);
    match trigger {
        Trigger::Spike { factor, .. } | Trigger::Silence { factor }
            if !(FACTOR_MIN..=FACTOR_MAX).contains(factor) =>
        {
            wrong("factor", "1.5 to 10000")
        }
        Trigger::Spike { window_minutes, .. } if !is_window(*window_minutes, SPIKE_MINUTES_MAX) => {
            wrong("windowMinutes", "1 to 60")
        }
        Trigger::Events { window_minutes, .. } | Trigger::Users { window_minutes, .. }
            if !is_window(*window_minutes, WINDOW_MINUTES_MAX) =>
        {
            wrong("windowMinutes", "1 to 1440")
        }
        Trigger::TransactionP95 { minutes, .. }
        | Trigger::TransactionFailureRate { minutes, .. }
        | Trigger::TransactionThroughput { minutes, .. }
            if !is_window(*minutes, TRANSACTION_MINUTES_MAX) =>
        {
            wrong("minutes", "1 to 120")
        }
        Trigger::TransactionP95 { transaction: Some(name), .. }
        | Trigger::TransactionFailureRate { transaction: Some(name), .. }
        | Trigger::TransactionThroughput { transaction: Some(name), .. }
            if name.chars().count() > TRANSACTION_CHARS_MAX =>
        {
            wrong("transaction", "at most 200 characters")
        }
        Trigger::TransactionP95 { milliseconds, .. } if !(1..=MILLISECONDS_MAX).contains(milliseconds) => {
            wrong("milliseconds", "1 to 3600000")
        }
        Trigger::TransactionFailureRate { percent, .. } if !(0.0..=100.0).contains(percent) => {
            wrong("percent", "0 to 100")
        }
        Trigger::TransactionThroughput { per_minute, .. } if !(0.0..=PER_MINUTE_MAX).contains(per_minute) => {
            wrong("perMinute", "0 to 1000000000")
        }
        Trigger::Release { bound, .. } if !(0.0..=100.0).contains(bound) => {
            wrong("bound", "0 to 100 percent")
        }
        _ => Ok(()),
    }
}

fn at_most(field: &str, text: &str, chars_max: usize) -> Result<()> {
    if text.chars().count() > chars_max {
        return Err(ApiError::bad_request(format!("{field}: at most {chars_max} characters")));
    }
    Ok(())
}

fn too_many(field: &str, count: usize) -> Result<()> {
    if count > RECIPIENTS_MAX {
        return Err(ApiError::bad_request(format!("{field}: at most {RECIPIENTS_MAX}")));
    }
    Ok(())
}
