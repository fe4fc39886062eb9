//! The table of all paths. Sentry's paths end in a slash; a caller who leaves it out is not sent around.

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::Method;
use actix_web::middleware::{Compress, DefaultHeaders, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpRequest, Resource, Responder, Route, guard};

use crate::api::error::ApiError;
use crate::api::{
    ROOT, alert_previews, alert_rules, annotations, artifact_bundles, assignable, attachments, audit, auth,
    chunk_upload, code_mappings, comments, commits, deploys, event_comparison, events, evidence, explain,
    incidents, insight, invitations, issue, issue_change, issue_events, issues, keys, ledger, live, me,
    members, merging, my_notifications, notification_targets, notifications, openapi, organizations,
    projects, release_files, release_health, releases, reports, repos, reprocess, reproduction, scrubbing,
    search, searches, session_stats, sessions, source_links, spans, suspects, tags, timeline, tokens, trace,
    transactions, verdict,
};

const BODY_BYTES_MAX: usize = 256 * 1024;
/// Commits come with the files that they change.
const RELEASE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Adds `/api/0` to an application that has `web::Data<Api>`.
pub fn configure(app: &mut ServiceConfig) {
    let api = web::scope(ROOT)
        .app_data(json_up_to(BODY_BYTES_MAX))
        .app_data(web::PathConfig::default().error_handler(|_, _| ApiError::not_found().into()))
        .configure(sign_in)
        .configure(oneself)
        .configure(organization)
        .configure(alerts)
        .configure(traces)
        .configure(sources)
        .configure(project)
        .configure(release)
        .configure(project_release)
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

fn json_up_to(bytes_max: usize) -> web::JsonConfig {
    let config = web::JsonConfig::default().limit(bytes_max);
    config
        .content_type(|_| true)
        .content_type_required(false)
        .error_handler(|error, _| ApiError::bad_request(format!("Invalid JSON body: {error}")).into())
}

/// A path, with and without its slash, and what is answered there. Other methods are told which there are.
struct Path {
    #[cfg_attr(not(test), expect(dead_code, reason = "what the test below compares with the description"))]
    name: String,
    resource: Resource,
    methods: Vec<Method>,
}

fn at(path: &str) -> Path {
    let name = format!("{path}/");
    Path { resource: web::resource([name.clone(), path.to_owned()]), name, methods: Vec::new() }
}

impl Path {
    /// Answers `HEAD` too: the same without its body.
    fn get<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args, Output: Responder + 'static>,
        Args: FromRequest + 'static,
    {
        let route = web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(handler);
        self.with(&[Method::GET, Method::HEAD], route)
    }

    /// For an answer that goes on and on, so that `HEAD` is none.
    fn stream<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args, Output: Responder + 'static>,
        Args: FromRequest + 'static,
    {
        self.with(&[Method::GET], web::get().to(handler))
    }

    fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args, Output: Responder + 'static>,
        Args: FromRequest + 'static,
    {
        self.with(&[Method::POST], web::post().to(handler))
    }

    fn put<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args, Output: Responder + 'static>,
        Args: FromRequest + 'static,
    {
        self.with(&[Method::PUT], web::put().to(handler))
    }

    fn delete<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args, Output: Responder + 'static>,
        Args: FromRequest + 'static,
    {
        self.with(&[Method::DELETE], web::delete().to(handler))
    }

    /// For bodies that are larger than others.
    fn body_up_to(self, bytes_max: usize) -> Self {
        Self { resource: self.resource.app_data(json_up_to(bytes_max)), ..self }
    }

    fn with(mut self, methods: &[Method], route: Route) -> Self {
        self.methods.extend_from_slice(methods);
        Self { resource: self.resource.route(route), ..self }
    }
}

impl HttpServiceFactory for Path {
    fn register(self, app: &mut AppService) {
        let methods = self.methods;
        #[cfg(test)]
        tests::see(&self.name, &methods);
        let refuse = move |_: HttpRequest| {
            let error = ApiError::method_not_allowed(&methods);
            async move { Err::<&str, _>(error) }
        };
        self.resource.default_service(web::to(refuse)).register(app);
    }
}

fn sign_in(app: &mut ServiceConfig) {
    let root = Path { name: "/".to_owned(), resource: web::resource(["", "/"]), methods: Vec::new() };
    app.service(root.get(organizations::root))
        .service(at("/openapi.json").get(openapi::get_openapi))
        .service(at("/auth").get(organizations::whoami))
        .service(at("/auth/config").get(auth::sign_in::auth_config))
        .service(at("/auth/login").post(auth::sign_in::login))
        .service(at("/auth/logout").post(auth::sign_in::logout))
        .service(at("/auth/setup").post(auth::sign_in::setup));
}

fn oneself(app: &mut ServiceConfig) {
    app.service(at("/users/me").get(me::get_me).put(me::update_me))
        .service(
            at("/users/me/notifications")
                .get(my_notifications::get_my_notifications)
                .put(my_notifications::update_my_notifications),
        )
        .service(at("/users/me/regions").get(organizations::list_regions))
        .service(at("/users/me/password").post(me::change_password))
        .service(at("/users/me/sessions").get(sessions::list_sessions).delete(sessions::end_other_sessions))
        .service(at("/users/me/sessions/{session}").delete(sessions::end_session))
        .service(
            at("/api-tokens")
                .get(tokens::list_tokens)
                .post(tokens::create_token)
                .delete(tokens::delete_token),
        )
        .service(at("/api-tokens/{token}").delete(tokens::delete_one_token));
}

fn alerts(app: &mut ServiceConfig) {
    let below = |path: &str| at(&format!("/organizations/{{org}}/{path}"));
    app.service(below("alert-rules").get(alert_rules::list_alert_rules).post(alert_rules::create_alert_rule))
        .service(below("alert-rules/templates").get(alert_previews::list_templates))
        .service(below("alert-rules/preview").post(alert_previews::preview_rule))
        .service(
            below("alert-rules/{rule}")
                .get(alert_rules::get_alert_rule)
                .put(alert_rules::update_alert_rule)
                .delete(alert_rules::delete_alert_rule),
        )
        .service(below("incidents").get(incidents::list_incidents))
        .service(below("incidents/{incident}").get(incidents::get_incident).put(incidents::update_incident))
        .service(below("incidents/{incident}/timeline").get(incidents::incident_timeline))
        .service(below("incidents/{incident}/notes").post(incidents::create_incident_note))
        .service(below("incidents/{incident}/post-mortem").get(incidents::post_mortem))
        .service(
            below("notification-targets")
                .get(notification_targets::list_targets)
                .post(notification_targets::create_target),
        )
        .service(
            below("notification-targets/{target}")
                .get(notification_targets::get_target)
                .put(notification_targets::update_target)
                .delete(notification_targets::delete_target),
        )
        .service(below("notification-targets/{target}/test").post(notification_targets::test_target))
        .service(below("notifications").get(notifications::list_notifications))
        .service(below("notifications/{notification}").get(notifications::get_notification))
        .service(below("notifications/{notification}/send-again").post(notifications::send_again));
}

fn traces(app: &mut ServiceConfig) {
    let below = |path: &str| at(&format!("/organizations/{{org}}/{path}"));
    app.service(below("trace/{trace_id}").get(trace::get_trace))
        .service(below("trace/{trace_id}/waterfall").get(trace::get_waterfall))
        .service(below("trace/{trace_id}/spans/{span_id}").get(trace::get_span))
        .service(below("trace-meta/{trace_id}").get(trace::get_trace_meta))
        .service(below("spans").get(spans::find_spans))
        .service(below("transactions").get(transactions::list_transactions))
        .service(below("transactions/{transaction_id}").get(transactions::get_transaction))
        .service(at("/projects/{org}/{project}/events/{event_id}/trace").get(trace::get_event_trace));
}

fn organization(app: &mut ServiceConfig) {
    let org = "/organizations/{org}";
    let below = |path: &str| at(&format!("{org}/{path}"));
    app.service(at("/organizations").get(organizations::list_organizations))
        .service(at(org).get(organizations::get_organization))
        .service(below("members").get(members::list_members).post(invitations::invite_member))
        .service(
            below("members/{member}")
                .get(members::get_member)
                .put(members::update_member)
                .delete(members::remove_member),
        )
        .service(below("annotations").get(annotations::list_annotations).post(annotations::create_annotation))
        .service(below("annotations/{annotation}").delete(annotations::delete_annotation))
        .service(below("audit-logs").get(audit::list_audit_logs))
        .service(below("projects").get(projects::list_projects).post(projects::create_project))
        .service(below("issues").get(issues::list_issues).put(issue_change::change_issues))
        .service(below("issues/undo/{undo}").post(issue_change::undo_change))
        .service(below("searches").get(searches::list_searches).post(searches::create_search))
        .service(below("searches/{search}").put(searches::update_search).delete(searches::delete_search))
        .service(below("users").get(assignable::list_assignable))
        .service(below("events").get(events::find_events))
        .service(below("events-stats").get(search::stats::events_stats))
        .service(below("sessions").get(session_stats::session_stats))
        .service(below("events-facets").get(search::facets::events_facets))
        .service(below("compare").get(search::compare::compare))
        .service(below("search-suggestions").get(search::suggestions::search_suggestions))
        .service(below("eventids/{event_id}").get(events::resolve_event_id))
        .service(below("shortids/{short_id}").get(events::resolve_short_id))
        .service(below("stats/ledger").get(ledger::get_ledger))
        .service(below("chunk-upload").get(chunk_upload::get_chunk_upload).post(chunk_upload::upload_chunks))
        .service(below("artifactbundle/assemble").post(artifact_bundles::assemble_bundle))
        .service(below("releases/{version}/assemble").post(artifact_bundles::assemble_release_bundle))
        .service(
            below("releases/{version}/files")
                .get(release_files::list_organization_release_files)
                .post(release_files::upload_organization_release_file),
        )
        .service(
            below("releases/{version}/files/{file_id}")
                .delete(release_files::delete_organization_release_file),
        )
        .service(below("live").stream(live::live));
}

fn project(app: &mut ServiceConfig) {
    let project = "/projects/{org}/{project}";
    let below = |path: &str| at(&format!("{project}/{path}"));
    app.service(
        at(project).get(projects::get_project).put(projects::update_project).delete(projects::delete_project),
    )
    .service(below("scrubbing-preview").post(scrubbing::preview_scrubbing))
    .service(below("keys").get(keys::list_keys).post(keys::create_key))
    .service(below("keys/{key}").put(keys::update_key).delete(keys::delete_key))
    .service(below("issues").get(issues::list_project_issues).put(issue_change::change_project_issues))
    .service(
        below("files/artifact-bundles")
            .get(artifact_bundles::list_bundles)
            .delete(artifact_bundles::delete_bundle),
    )
    .service(below("files/artifact-bundles/{bundle_id}/files").get(artifact_bundles::list_bundle_files))
    .service(
        below("releases/{version}/files")
            .get(release_files::list_release_files)
            .post(release_files::upload_release_file),
    )
    .service(below("releases/{version}/files/{file_id}").delete(release_files::delete_release_file))
    .service(below("events").get(issue_events::list_project_events))
    .service(below("events/{event_id}").get(events::get_event))
    .service(below("events/{a}/compare/{b}").get(event_comparison::compare_events))
    .service(below("events/{event_id}/committers").get(suspects::list_committers))
    .service(below("events/{event_id}/reprocess").post(reprocess::reprocess_event))
    .service(below("events/{event_id}/attachments").get(attachments::list_attachments))
    .service(below("events/{event_id}/attachments/{attachment_id}").get(attachments::get_attachment));
}

/// Where source code is.
fn sources(app: &mut ServiceConfig) {
    let below = |path: &str| at(&format!("/organizations/{{org}}/{path}"));
    let of_project = |path: &str| at(&format!("/projects/{{org}}/{{project}}/{path}"));
    app.service(below("repos").get(repos::list_repositories).post(repos::create_repository))
        .service(below("repos/{repo}").put(repos::update_repository).delete(repos::delete_repository))
        .service(
            below("code-mappings")
                .get(code_mappings::list_code_mappings)
                .post(code_mappings::create_code_mapping),
        )
        .service(below("code-mappings/bulk").post(code_mappings::upload_code_mappings))
        .service(
            below("code-mappings/{mapping}")
                .put(code_mappings::update_code_mapping)
                .delete(code_mappings::delete_code_mapping),
        )
        .service(of_project("code-mappings/suggestions").get(source_links::suggest_code_mappings))
        .service(of_project("stacktrace-link").get(source_links::stacktrace_link));
}

fn release(app: &mut ServiceConfig) {
    let list = "/organizations/{org}/releases";
    let one = format!("{list}/{{version}}");
    let below = |path: &str| at(&format!("{one}/{path}"));
    app.service(
        at(list).get(releases::list_releases).post(releases::create_release).body_up_to(RELEASE_BYTES_MAX),
    )
    .service(
        at(&one)
            .get(releases::get_release)
            .put(releases::update_release)
            .delete(releases::delete_release)
            .body_up_to(RELEASE_BYTES_MAX),
    )
    .service(at("/organizations/{org}/verdict").get(verdict::get_verdict))
    .service(below("commits").get(commits::list_commits))
    .service(below("previous-with-commits").get(commits::previous_with_commits))
    .service(below("deploys").get(deploys::list_deploys).post(deploys::create_deploy))
    .service(below("health").get(release_health::release_health));
}

/// What older clients call below a project.
fn project_release(app: &mut ServiceConfig) {
    let list = "/projects/{org}/{project}/releases";
    let one = format!("{list}/{{version}}");
    app.service(
        at(list)
            .get(releases::list_project_releases)
            .post(releases::create_project_release)
            .body_up_to(RELEASE_BYTES_MAX),
    )
    .service(
        at(&one)
            .get(releases::get_project_release)
            .put(releases::update_project_release)
            .delete(releases::delete_project_release)
            .body_up_to(RELEASE_BYTES_MAX),
    )
    .service(at(&format!("{one}/commits")).get(commits::list_project_commits));
}

/// An issue is reached with and without its organization.
fn one_issue(app: &mut ServiceConfig, issue: &str) {
    let below = |path: &str| at(&format!("{issue}/{path}"));
    app.service(at(issue).get(issue::get_issue).put(issue::update_issue))
        .service(below("events").get(issue_events::list_issue_events))
        .service(below("events/{event}").get(issue_events::get_issue_event))
        .service(
            below("hashes")
                .get(merging::list_hashes)
                .put(merging::unmerge_hashes)
                .delete(merging::remove_hashes),
        )
        .service(below("activities").get(issue::list_activities))
        .service(below("comments").get(comments::list_comments).post(comments::create_comment))
        .service(below("comments/{comment}").put(comments::update_comment).delete(comments::delete_comment))
        .service(below("notes").get(comments::list_notes).post(comments::create_note))
        .service(below("notes/{comment}").put(comments::update_note).delete(comments::delete_note))
        .service(below("explain").get(explain::list_explanations).post(explain::explain))
        .service(below("explain/{n}").get(explain::get_explanation))
        .service(below("explain/{n}/feedback").put(explain::rate_explanation))
        .service(below("explain/{n}/messages").post(explain::ask_explanation))
        .service(below("explain/{n}/cancel").post(explain::cancel_explanation))
        .service(below("events/{event}/reproduction").get(reproduction::get_reproduction))
        .service(below("local-events").get(event_comparison::list_local_events))
        .service(below("timeline").get(timeline::get_timeline))
        .service(below("insight").get(insight::get_insight))
        .service(below("suspects").get(suspects::list_suspects))
        .service(below("evidence").get(evidence::get_evidence))
        .service(below("user-reports").get(reports::list_user_reports))
        .service(below("text-similar").get(search::similar::text_similar))
        .service(below("tags").get(tags::list_tags))
        .service(below("tags/{key}").get(tags::get_tag))
        .service(below("tags/{key}/values").get(tags::list_tag_values));
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use actix_web::App;
    use actix_web::http::Method;
    use actix_web::test::init_service;

    use super::{ROOT, configure};
    use crate::api::openapi;

    thread_local! {
        static SEEN: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
    }

    /// Called for each path as it is registered.
    pub(super) fn see(path: &str, methods: &[Method]) {
        SEEN.with_borrow_mut(|seen| {
            for method in methods.iter().filter(|method| **method != Method::HEAD) {
                seen.insert(format!("{method} {ROOT}{path}").to_lowercase());
            }
        });
    }

    #[actix_web::test]
    async fn every_route_is_described_and_every_description_is_a_route() {
        drop(init_service(App::new().configure(configure)).await);
        let registered = SEEN.take();
        let document: serde_json::Value = serde_json::from_str(&openapi()).expect("JSON");
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            let methods = item.as_object().expect("operations").keys().filter(|key| *key != "parameters");
            // The one path without a slash is reached with one too.
            let path = if path.ends_with('/') { path.clone() } else { format!("{path}/") };
            described.extend(methods.map(|method| format!("{method} {path}").to_lowercase()));
        }
        let unknown: Vec<_> = registered.symmetric_difference(&described).collect();
        assert!(unknown.is_empty() && !registered.is_empty(), "{unknown:#?}");
    }
}
