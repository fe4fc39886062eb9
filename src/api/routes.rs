//! The table of all paths. Sentry's paths end in a slash; a caller who leaves it out is not sent around.

use actix_web::middleware::{Compress, DefaultHeaders, from_fn};
use actix_web::web::{self, ServiceConfig, delete, get, post, put};
use actix_web::{HttpRequest, Resource};

use crate::api::error::ApiError;
use crate::api::{
    ROOT, attachments, auth, events, issue, issue_events, issues, keys, ledger, live, openapi, organizations,
    projects, reports, tags,
};

const BODY_BYTES_MAX: usize = 256 * 1024;

/// Adds `/api/0` to an application that has `web::Data<Api>`.
pub fn configure(app: &mut ServiceConfig) {
    let api = web::scope(ROOT)
        .app_data(
            web::JsonConfig::default()
                .limit(BODY_BYTES_MAX)
                .content_type(|_| true)
                .content_type_required(false)
                .error_handler(|error, _| {
                    ApiError::bad_request(format!("Invalid JSON body: {error}")).into()
                }),
        )
        .app_data(web::PathConfig::default().error_handler(|_, _| ApiError::not_found().into()))
        .configure(sign_in)
        .configure(organization)
        .configure(project)
        .configure(|app| one_issue(app, "/issues/{id}"))
        .configure(|app| one_issue(app, "/organizations/{org}/issues/{id}"))
        .default_service(web::to(|_: HttpRequest| async { Err::<&str, _>(ApiError::not_found()) }))
        .wrap(from_fn(auth::gate))
        .wrap(Compress::default())
        .wrap(
            DefaultHeaders::new()
                .add(("Cache-Control", "no-store"))
                .add(("X-Content-Type-Options", "nosniff")),
        );
    app.service(api);
}

/// The path with and without its slash.
fn at(path: &str) -> Resource {
    web::resource([format!("{path}/"), path.to_owned()])
}

fn sign_in(app: &mut ServiceConfig) {
    app.service(web::resource(["", "/"]).route(get().to(organizations::root)))
        .service(at("/openapi.json").route(get().to(openapi::get_openapi)))
        .service(at("/auth").route(get().to(organizations::whoami)))
        .service(at("/auth/config").route(get().to(auth::sign_in::auth_config)))
        .service(at("/auth/login").route(post().to(auth::sign_in::login)))
        .service(at("/auth/logout").route(post().to(auth::sign_in::logout)))
        .service(at("/auth/setup").route(post().to(auth::sign_in::setup)));
}

fn organization(app: &mut ServiceConfig) {
    let org = "/organizations/{org}";
    let below = |path: &str| at(&format!("{org}/{path}"));
    app.service(at("/organizations").route(get().to(organizations::list_organizations)))
        .service(at(org).route(get().to(organizations::get_organization)))
        .service(
            below("projects")
                .route(get().to(projects::list_projects))
                .route(post().to(projects::create_project)),
        )
        .service(below("issues").route(get().to(issues::list_issues)).route(put().to(issues::change_issues)))
        .service(below("events").route(get().to(events::find_events)))
        .service(below("eventids/{event_id}").route(get().to(events::resolve_event_id)))
        .service(below("shortids/{short_id}").route(get().to(events::resolve_short_id)))
        .service(below("stats/ledger").route(get().to(ledger::get_ledger)))
        .service(below("live").route(get().to(live::live)));
}

fn project(app: &mut ServiceConfig) {
    let project = "/projects/{org}/{project}";
    let below = |path: &str| at(&format!("{project}/{path}"));
    app.service(at(project).route(get().to(projects::get_project)).route(put().to(projects::update_project)))
        .service(below("keys").route(get().to(keys::list_keys)).route(post().to(keys::create_key)))
        .service(below("keys/{key}").route(put().to(keys::update_key)).route(delete().to(keys::delete_key)))
        .service(
            below("issues")
                .route(get().to(issues::list_project_issues))
                .route(put().to(issues::change_project_issues)),
        )
        .service(below("events").route(get().to(issue_events::list_project_events)))
        .service(below("events/{event_id}").route(get().to(events::get_event)))
        .service(below("events/{event_id}/attachments").route(get().to(attachments::list_attachments)))
        .service(
            below("events/{event_id}/attachments/{attachment_id}")
                .route(get().to(attachments::get_attachment)),
        );
}

/// An issue is reached with and without its organization.
fn one_issue(app: &mut ServiceConfig, issue: &str) {
    let below = |path: &str| at(&format!("{issue}/{path}"));
    app.service(at(issue).route(get().to(issue::get_issue)).route(put().to(issue::update_issue)))
        .service(below("events").route(get().to(issue_events::list_issue_events)))
        .service(below("events/{event}").route(get().to(issue_events::get_issue_event)))
        .service(below("hashes").route(get().to(issue::list_hashes)))
        .service(below("activities").route(get().to(issue::list_activities)))
        .service(below("user-reports").route(get().to(reports::list_user_reports)))
        .service(below("tags").route(get().to(tags::list_tags)))
        .service(below("tags/{key}").route(get().to(tags::get_tag)))
        .service(below("tags/{key}/values").route(get().to(tags::list_tag_values)));
}
