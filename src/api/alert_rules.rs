//! Alert rules: what is looked for, and who is told.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;

use crate::api::Api;
use crate::api::alert_rule_json::{AlertRuleJson, RuleUpdate};
use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Page, answer};
use crate::insight::alert::templates::bare;
use crate::model::alert_rule::{AlertRule, Trigger};
use crate::model::ids::RuleId;
use crate::store::RULES_MAX;

/// Alert rules of the projects that the caller sees, in the order in which they were made.
#[utoipa::path(get, path = "/api/0/organizations/{org}/alert-rules/", tag = "alerts",
    params(("org" = String, Path)), responses((status = 200, body = Vec<AlertRuleJson>)))]
pub async fn list_alert_rules(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    let rows = api
        .run(|api| {
            let rules = api.store.alert_rules()?.into_iter().filter(|rule| api.sees_rule(rule));
            api.alert_rules_json(rules.collect())
        })
        .await?;
    Ok(answer(&api, &request, &Page::whole(rows)))
}

/// Makes a rule. What is left out is as for a rule made from its template.
#[utoipa::path(post, path = "/api/0/organizations/{org}/alert-rules/", tag = "alerts",
    params(("org" = String, Path)), request_body = RuleUpdate,
    responses((status = 201, body = AlertRuleJson), (status = 400, body = ErrorBody)))]
pub async fn create_alert_rule(
    api: web::Data<Api>,
    caller: Caller,
    body: web::Json<RuleUpdate>,
) -> Result<HttpResponse> {
    let now = Timestamp::now();
    let made = api
        .run(move |api| {
            let rule = api.new_rule(&body, &caller, now)?;
            let made = api.store.create_alert_rule(rule)?.ok_or_else(|| {
                ApiError::bad_request(format!("There are {RULES_MAX} rules. Delete one that nobody needs."))
            })?;
            api.alert_rule_json(made)
        })
        .await?;
    api.audit(made.name.as_str(), &[]);
    Ok(HttpResponse::build(StatusCode::CREATED).json(made))
}

/// One alert rule.
#[utoipa::path(get, path = "/api/0/organizations/{org}/alert-rules/{rule}/", tag = "alerts",
    params(("org" = String, Path), ("rule" = u64, Path)),
    responses((status = 200, body = AlertRuleJson), (status = 404, body = ErrorBody)))]
pub async fn get_alert_rule(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
) -> Result<web::Json<AlertRuleJson>> {
    let rule = api.run(move |api| api.alert_rule_json(api.alert_rule(path.1)?)).await?;
    Ok(web::Json(rule))
}

/// Changes a rule: what is left out stays as it is.
#[utoipa::path(put, path = "/api/0/organizations/{org}/alert-rules/{rule}/", tag = "alerts",
    params(("org" = String, Path), ("rule" = u64, Path)), request_body = RuleUpdate,
    responses((status = 200, body = AlertRuleJson), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn update_alert_rule(
    api: web::Data<Api>,
    path: web::Path<(String, u64)>,
    body: web::Json<RuleUpdate>,
) -> Result<web::Json<AlertRuleJson>> {
    let now = Timestamp::now();
    let changed = api
        .run(move |api| {
            let mut rule = api.rule_to_change(path.1)?;
            api.apply_rule(&body, &mut rule, now)?;
            if !api.store.update_alert_rule(&rule)? {
                return Err(ApiError::not_found());
            }
            api.alert_rule_json(rule)
        })
        .await?;
    api.audit(changed.name.as_str(), &[]);
    Ok(web::Json(changed))
}

/// Deletes a rule. Its incidents stay, and end with the next look.
#[utoipa::path(delete, path = "/api/0/organizations/{org}/alert-rules/{rule}/", tag = "alerts",
    params(("org" = String, Path), ("rule" = u64, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete_alert_rule(api: web::Data<Api>, path: web::Path<(String, u64)>) -> Result<HttpResponse> {
    let deleted = api
        .run(move |api| {
            let rule = api.rule_to_change(path.1)?;
            api.store.delete_alert_rule(rule.id)?;
            Ok(rule.name)
        })
        .await?;
    api.audit(deleted, &[]);
    Ok(HttpResponse::NoContent().finish())
}

impl Api {
    /// Rules about all projects are everybody's to know, those about the server itself of whoever sees everything.
    pub(super) fn sees_rule(&self, rule: &AlertRule) -> bool {
        match self.sight() {
            None => true,
            Some(_) if rule.trigger == Trigger::Own => false,
            Some(_) => rule.projects.is_empty() || rule.projects.iter().any(|project| self.sees(*project)),
        }
    }

    pub(super) fn alert_rule(&self, id: u64) -> Result<AlertRule> {
        let rule = self.store.find_alert_rule(RuleId(id))?;
        rule.filter(|rule| self.sees_rule(rule)).ok_or_else(ApiError::not_found)
    }

    fn rule_to_change(&self, id: u64) -> Result<AlertRule> {
        let rule = self.alert_rule(id)?;
        let is_theirs = !rule.projects.is_empty() && rule.projects.iter().all(|project| self.sees(*project));
        if self.sight().is_some() && !is_theirs {
            return Err(ApiError::forbidden("This rule is about projects that you do not see, too"));
        }
        Ok(rule)
    }

    /// As a body says, over what a rule begins with.
    pub(super) fn new_rule(&self, body: &RuleUpdate, caller: &Caller, now: Timestamp) -> Result<AlertRule> {
        let trigger = body.trigger.clone();
        let trigger = trigger.ok_or_else(|| ApiError::bad_request("trigger: expected {\"type\": …}"))?;
        let mut rule = AlertRule {
            projects: self.sight().map(<[_]>::to_vec).unwrap_or_default(),
            created: now,
            created_by: caller.account_id(),
            ..bare(trigger)
        };
        self.apply_rule(body, &mut rule, now)?;
        if body.people.is_none() && rule.targets.is_empty() {
            rule.people.everyone = true;
        }
        Ok(rule)
    }
}
