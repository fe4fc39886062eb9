//! What happened in a stretch of an issue's time, as one picture.

use actix_web::{HttpRequest, web};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::error::{ErrorBody, Result};
use crate::api::issue::IssuePath;
use crate::api::params::Params;
use crate::api::{Api, when};
use crate::findings::timeline::{Asked, Timeline};
use crate::insight::timeline::{Kind, Moment, Target};
use crate::model::standing::ChangePoint;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IssueTimeline)]
pub struct TimelineJson {
    pub from: String,
    pub to: String,
    pub bucket_seconds: i64,
    /// The issue's events: the beginning of each bucket in seconds since 1970, and how many.
    pub issue: Vec<(i64, u64)>,
    /// The same of its project.
    pub project: Vec<(i64, u64)>,
    /// In the order of time.
    pub moments: Vec<TimelineMoment>,
    /// When the issue's rate changed, where that is in the stretch.
    #[schema(required)]
    pub change: Option<TimelineChange>,
    /// What stands out. That two things came together is no proof that one brought the other.
    pub sentences: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub struct TimelineMoment {
    pub at: String,
    #[schema(required)]
    pub until: Option<String>,
    pub kind: Kind,
    pub title: String,
    #[schema(required)]
    pub detail: Option<String>,
    /// A path of the app; of an annotation the address that it names, by https.
    #[schema(required)]
    pub href: Option<String>,
    /// Slug; `null`: of several projects, or of none.
    #[schema(required)]
    pub project: Option<String>,
    /// It came with the change.
    pub near: bool,
}

#[derive(Serialize, ToSchema)]
pub struct TimelineChange {
    pub at: String,
    /// It lies between these with 95 % confidence.
    pub from: String,
    pub to: String,
}

/// What happened when an issue changed: its rate and its project's, deploys, releases, incidents, alerts, other issues, failing hosts, annotations.
#[utoipa::path(get, path = "/api/0/issues/{id}/timeline/", tag = "issues",
    params(("id" = String, Path), ("statsPeriod" = Option<String>, Query, description = "Such as 24h or 14d; if absent, a day around the change"),
        ("start" = Option<String>, Query), ("end" = Option<String>, Query)),
    responses((status = 200, body = TimelineJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get_timeline(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<IssuePath>,
) -> Result<web::Json<TimelineJson>> {
    let (params, now) = (Params::of(&request), Timestamp::now());
    let timeline = api
        .run(move |api| {
            let issue = api.issue(&path.id)?;
            let period = params.period(now)?;
            let change = issue.standing.and_then(|standing| standing.change);
            let asked = Asked { from: period.since, to: period.until, change, now };
            let found = api.sources(|sources| sources.timeline(&issue, &asked))?;
            Ok(api.timeline(found))
        })
        .await?;
    Ok(web::Json(timeline))
}

impl Api {
    fn timeline(&self, found: Timeline) -> TimelineJson {
        let change = |change: ChangePoint| TimelineChange {
            at: when(change.at),
            from: when(change.from),
            to: when(change.to),
        };
        TimelineJson {
            from: when(found.from),
            to: when(found.to),
            bucket_seconds: found.bucket_seconds,
            issue: found.issue,
            project: found.project,
            moments: found.moments.into_iter().map(|moment| self.moment(moment)).collect(),
            change: found.change.map(change),
            sentences: found.sentences,
        }
    }

    fn moment(&self, moment: Moment) -> TimelineMoment {
        TimelineMoment {
            at: when(moment.at),
            until: moment.until.map(when),
            kind: moment.kind,
            title: moment.title,
            detail: moment.detail,
            href: moment.target.map(href),
            project: moment.project.and_then(|id| self.find_project(id)).map(|project| project.slug.clone()),
            near: moment.near,
        }
    }
}

fn href(target: Target) -> String {
    match target {
        Target::Issue(issue) => format!("/issues/{issue}"),
        Target::Incident(incident) => format!("/alerts/incidents/{incident}"),
        Target::Release(version) => format!("/releases/{}", utf8_percent_encode(&version, NON_ALPHANUMERIC)),
        Target::Web(address) => address,
    }
}
