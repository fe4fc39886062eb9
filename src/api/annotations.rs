//! What people and programs note of the world, so that it stands in timelines beside what this server sees.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::incident_json::{Names, WhoJson};
use crate::api::page::{Cursor, Page, answer};
use crate::api::params::{Params, read_time};
use crate::api::release_body::bounded;
use crate::api::{Api, when};
use crate::model::annotation::{Annotation, AnnotationKind, TEXT_CHARS_MAX, TITLE_CHARS_MAX};
use crate::model::incident::Actor;

/// Sentry's bound for names of environments.
const ENVIRONMENT_CHARS_MAX: usize = 64;
const LINK_BYTES_MAX: usize = 2_000;
/// Further ahead nothing is planned to the minute; a year like 2206 is a mistake.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24 * 366);

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnnotationBody {
    /// Now, where it is absent.
    pub at: Option<String>,
    /// Until when it went on; absent where it was a moment.
    pub until: Option<String>,
    /// At most 200 characters.
    pub title: String,
    /// At most 2,000 characters.
    pub text: Option<String>,
    #[serde(default)]
    pub kind: AnnotationKind,
    /// Slugs or numbers; all that the caller sees where none is named.
    pub projects: Option<Vec<String>>,
    pub environment: Option<String>,
    /// By https.
    pub link: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Annotation)]
pub struct AnnotationJson {
    pub id: String,
    pub at: String,
    /// `null`: it was a moment.
    #[schema(required)]
    pub until: Option<String>,
    pub title: String,
    pub text: String,
    pub kind: AnnotationKind,
    /// Slugs; empty: all.
    pub projects: Vec<String>,
    #[schema(required)]
    pub environment: Option<String>,
    #[schema(required)]
    pub link: Option<String>,
    pub by: WhoJson,
    pub date_created: String,
}

/// Annotations, the last first.
#[utoipa::path(get, path = "/api/0/organizations/{org}/annotations/", tag = "organizations",
    params(("org" = String, Path), ("project" = Option<Vec<String>>, Query, description = "Number or slug; may repeat"),
        ("statsPeriod" = Option<String>, Query), ("start" = Option<String>, Query), ("end" = Option<String>, Query),
        ("per_page" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<AnnotationJson>), (status = 400, body = ErrorBody)))]
pub async fn list_annotations(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let now = Timestamp::now();
    let page = api.run(move |api| api.annotation_page(&params, now)).await?;
    Ok(answer(&api, &request, &page))
}

/// Notes something: a flag that was switched, work on machines, trouble of a third party.
#[utoipa::path(post, path = "/api/0/organizations/{org}/annotations/", tag = "organizations",
    params(("org" = String, Path)), request_body = AnnotationBody,
    responses((status = 201, body = AnnotationJson), (status = 400, body = ErrorBody)))]
pub async fn create_annotation(
    api: web::Data<Api>,
    caller: Caller,
    body: web::Json<AnnotationBody>,
) -> Result<HttpResponse> {
    let now = Timestamp::now();
    let created = api
        .run(move |api| {
            let annotation = api.read_annotation(body.into_inner(), &caller, now)?;
            let annotation = api.store.add_annotation(annotation)?;
            Ok(api.annotation_json(annotation, &api.names()?))
        })
        .await?;
    api.audit(format!("annotation {}", created.id), &[("title", created.title.clone())]);
    Ok(HttpResponse::build(StatusCode::CREATED).json(created))
}

/// Takes an annotation away.
#[utoipa::path(delete, path = "/api/0/organizations/{org}/annotations/{annotation}/", tag = "organizations",
    params(("org" = String, Path), ("annotation" = u64, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn delete_annotation(api: web::Data<Api>, path: web::Path<(String, u64)>) -> Result<HttpResponse> {
    let gone = api
        .run(move |api| {
            let found = api.store.find_annotation(path.1)?.filter(|annotation| api.owns(annotation));
            let found = found.ok_or_else(ApiError::not_found)?;
            if api.store.delete_annotation(&found)? { Ok(found) } else { Err(ApiError::not_found()) }
        })
        .await?;
    api.audit(format!("annotation {}", gone.id), &[("title", gone.title)]);
    Ok(HttpResponse::NoContent().finish())
}

impl Api {
    pub(super) fn sees_annotation(&self, annotation: &Annotation) -> bool {
        annotation.projects.is_empty() || annotation.projects.iter().any(|project| self.sees(*project))
    }

    /// What is of all projects, or of some that are hidden, is not for somebody who sees a part to take away.
    fn owns(&self, annotation: &Annotation) -> bool {
        if annotation.projects.is_empty() {
            return self.sight().is_none();
        }
        annotation.projects.iter().all(|project| self.sees(*project))
    }

    fn annotation_page(&self, params: &Params, now: Timestamp) -> Result<Page<AnnotationJson>> {
        let period = params.period(now)?;
        let asked = if params.get("project").is_some() { self.projects_of(params)? } else { None };
        let fits = |annotation: &Annotation| {
            let is_asked = |asked: &Vec<_>| {
                annotation.projects.is_empty()
                    || annotation.projects.iter().any(|project| asked.contains(project))
            };
            self.sees_annotation(annotation) && asked.as_ref().is_none_or(is_asked)
        };
        // A cursor is the time in microseconds and the number of the last row that was shown.
        let before = Cursor::of(params)?.filter(|cursor| cursor.value > 0);
        let before = before.and_then(|cursor| {
            let at = Timestamp::from_microsecond(i64::try_from(cursor.value).ok()?).ok()?;
            Some((at, cursor.offset))
        });
        let limit = params.limit()?;
        let found = self.store.annotations(period.since, period.until, before, &fits, limit + 1)?;
        let page = Page::cut(found, limit, |last| Cursor {
            value: u64::try_from(last.at.as_microsecond()).unwrap_or_default(),
            offset: last.id,
        });
        let names = self.names()?;
        Ok(page.map(|annotation| self.annotation_json(annotation, &names)))
    }

    fn read_annotation(&self, body: AnnotationBody, caller: &Caller, now: Timestamp) -> Result<Annotation> {
        let at = body.at.map_or(Ok(now), |text| read_time("at", &text))?;
        let until = body.until.map(|text| read_time("until", &text)).transpose()?;
        if until.is_some_and(|until| until < at) {
            return Err(ApiError::bad_request("until: expected a time after `at`"));
        }
        let is_far = |time: Timestamp| time < Timestamp::UNIX_EPOCH || time.duration_since(now) > AHEAD_MAX;
        if is_far(at) || until.is_some_and(is_far) {
            return Err(ApiError::bad_request("at: expected a time since 1970 and at most a year ahead"));
        }
        let text = body.text.unwrap_or_default();
        let text = text.trim();
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(ApiError::bad_request(format!("text: expected at most {TEXT_CHARS_MAX} characters")));
        }
        let environment = body.environment.filter(|name| !name.trim().is_empty());
        let mut projects = self.projects_named(&body.projects.unwrap_or_default())?;
        if projects.is_empty()
            && let Some(seen) = self.sight()
        {
            if seen.is_empty() {
                return Err(ApiError::bad_request("projects: there is none that you see"));
            }
            projects = seen.to_vec();
        }
        Ok(Annotation {
            id: 0,
            at,
            until,
            title: bounded("title", &body.title, TITLE_CHARS_MAX)?,
            text: text.to_owned(),
            kind: body.kind,
            projects,
            environment: environment
                .map(|name| bounded("environment", &name, ENVIRONMENT_CHARS_MAX))
                .transpose()?,
            link: body.link.filter(|link| !link.is_empty()).map(|link| checked_link(&link)).transpose()?,
            by: caller.account_id(),
            noted: now,
        })
    }

    fn annotation_json(&self, annotation: Annotation, names: &Names) -> AnnotationJson {
        let by = annotation.by.map_or(Actor::Instance, |account| Actor::Person { account });
        let seen = annotation.projects.iter().filter(|project| self.sees(**project));
        AnnotationJson {
            id: annotation.id.to_string(),
            at: when(annotation.at),
            until: annotation.until.map(when),
            projects: seen.map(|project| self.slug_of(*project)).collect(),
            title: annotation.title,
            text: annotation.text,
            kind: annotation.kind,
            environment: annotation.environment,
            link: annotation.link,
            by: names.actor(by),
            date_created: when(annotation.noted),
        }
    }
}

/// A page shows it as a link, so that it must lead to the web and nowhere else.
fn checked_link(link: &str) -> Result<String> {
    let wrong = || ApiError::bad_request("link: expected an address that begins with https://");
    if link.len() > LINK_BYTES_MAX {
        return Err(ApiError::bad_request(format!("link: expected at most {LINK_BYTES_MAX} bytes")));
    }
    let url: url::Url = link.parse().map_err(|_| wrong())?;
    let is_plain = url.username().is_empty() && url.password().is_none();
    if url.scheme() == "https" && url.has_host() && is_plain { Ok(url.into()) } else { Err(wrong()) }
}
