//! Before a rule is kept: what one can begin with, and when it would have told of something.

use actix_web::web;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::alerts::preview::{PastAlert, preview};
use crate::api::alert_rule_json::{AlertRuleJson, RuleUpdate};
use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::{Api, when};
use crate::insight::alert::templates::templates;
use crate::insight::alert::words::told;
use crate::model::alert::Subject;
use crate::model::short_id::short_id;

#[derive(Serialize, ToSchema)]
#[schema(as = AlertRuleTemplate)]
pub struct TemplateJson {
    pub id: String,
    pub title: String,
    /// Why one would want it.
    pub about: String,
    /// Its sentence is in `rule.sentence`.
    pub rule: AlertRuleJson,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AlertPreview)]
pub struct PreviewJson {
    pub from: String,
    pub to: String,
    /// What is known begins here, where that is later than `from`.
    #[schema(required)]
    pub since: Option<String>,
    /// The newest first.
    pub alerts: Vec<PastAlertJson>,
    pub total: u64,
    /// How often people would have been told: what breaks together is told together.
    pub messages: u64,
    /// What could not be told.
    #[schema(required)]
    pub note: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PastAlert)]
pub struct PastAlertJson {
    pub at: String,
    pub because: String,
    pub subject: SubjectJson,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AlertSubject)]
pub struct SubjectJson {
    /// `issue`, `release`, `project`, `transaction` or `own`.
    #[serde(rename = "type")]
    pub kind: String,
    #[schema(required)]
    pub issue: Option<SubjectIssue>,
    #[schema(required)]
    pub project: Option<String>,
    #[schema(required)]
    pub release: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AlertSubjectIssue)]
pub struct SubjectIssue {
    pub id: String,
    pub short_id: String,
    pub title: String,
}

/// Rules to begin with, what most people want first.
#[utoipa::path(get, path = "/api/0/organizations/{org}/alert-rules/templates/", tag = "alerts",
    params(("org" = String, Path)), responses((status = 200, body = Vec<TemplateJson>)))]
pub async fn list_templates(api: web::Data<Api>) -> Result<web::Json<Vec<TemplateJson>>> {
    let rows = api
        .run(|api| {
            let templates = templates().into_iter().filter(|template| api.sees_rule(&template.rule));
            let row = |template: crate::insight::alert::templates::Template| {
                Ok(TemplateJson {
                    id: template.id.to_owned(),
                    title: template.title.to_owned(),
                    about: template.about.to_owned(),
                    rule: api.alert_rule_json(template.rule)?,
                })
            };
            templates.map(row).collect::<Result<Vec<_>>>()
        })
        .await?;
    Ok(web::Json(rows))
}

/// When a rule would have told of something in the last 14 days.
#[utoipa::path(post, path = "/api/0/organizations/{org}/alert-rules/preview/", tag = "alerts",
    params(("org" = String, Path)), request_body = RuleUpdate,
    responses((status = 200, body = PreviewJson), (status = 400, body = ErrorBody)))]
pub async fn preview_rule(
    api: web::Data<Api>,
    caller: Caller,
    body: web::Json<RuleUpdate>,
) -> Result<web::Json<PreviewJson>> {
    let now = Timestamp::now();
    let found = api
        .run(move |api| {
            let rule = api.new_rule(&body, &caller, now)?;
            let sees = |project| api.sees(project);
            let found = preview(&api.store, &api.search, &sees, &rule, now)
                .map_err(|error| ApiError::internal(&error))?;
            let alerts = found.alerts.iter().map(|alert| api.past_alert_json(alert));
            Ok(PreviewJson {
                from: when(found.from),
                to: when(found.to),
                since: found.since.map(when),
                alerts: alerts.collect::<Result<_>>()?,
                total: found.total,
                messages: found.messages,
                note: found.note,
            })
        })
        .await?;
    Ok(web::Json(found))
}

impl Api {
    fn past_alert_json(&self, alert: &PastAlert) -> Result<PastAlertJson> {
        let directory = self.store.directory();
        let project = directory.projects.get(&alert.project);
        let (kind, issue, release) = match &alert.subject {
            Subject::Issue { issue } => ("issue", self.issues(&[*issue])?.pop(), None),
            Subject::Release { version, .. } => ("release", None, Some(version.clone())),
            Subject::Project { .. } => ("project", None, None),
            Subject::Transaction { .. } => ("transaction", None, None),
            Subject::Own { .. } => ("own", None, None),
        };
        let issue = issue.zip(project).map(|(issue, project)| SubjectIssue {
            id: issue.id.to_string(),
            short_id: short_id(project, issue.number),
            title: issue.headline.title,
        });
        Ok(PastAlertJson {
            at: when(alert.at),
            because: told(&alert.because),
            subject: SubjectJson {
                kind: kind.to_owned(),
                issue,
                project: project.map(|project| project.slug.clone()),
                release,
            },
        })
    }
}
