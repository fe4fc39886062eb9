//! `openapi.json`: the description of this API, generated from the handlers and their types.

use actix_web::HttpResponse;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ObjectBuilder, OpenApi as Document, Required, Type};

use crate::api::{
    alert_previews, alert_rules, annotations, artifact_bundles, assignable, attachments, audit, auth,
    chunk_upload, code_mappings, comments, commits, deploys, event_comparison, events, evidence, explain,
    incidents, insight, invitations, issue, issue_change, issue_events, issues, keys, ledger, live, me,
    members, merging, my_notifications, notification_targets, notifications, organizations, projects,
    release_files, release_health, releases, reports, repos, reprocess, reproduction, scrubbing, search,
    searches, session_stats, sessions, source_links, spans, suspects, tags, timeline, tokens, trace,
    transactions, verdict,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "LightTrace", description = "Sentry's web API as far as LightTrace has it, and what is its own."),
    paths(
        organizations::root,
        organizations::whoami,
        auth::sign_in::auth_config,
        auth::sign_in::login,
        auth::sign_in::logout,
        auth::sign_in::setup,
        get_openapi,
        me::get_me,
        me::update_me,
        me::change_password,
        sessions::list_sessions,
        sessions::end_other_sessions,
        sessions::end_session,
        tokens::list_tokens,
        tokens::create_token,
        tokens::delete_token,
        tokens::delete_one_token,
        members::list_members,
        invitations::invite_member,
        members::get_member,
        members::update_member,
        members::remove_member,
        audit::list_audit_logs,
        organizations::list_organizations,
        organizations::get_organization,
        organizations::list_regions,
        projects::list_projects,
        projects::create_project,
        issues::list_issues,
        issue_change::change_issues,
        issue_change::undo_change,
        searches::list_searches,
        searches::create_search,
        searches::update_search,
        searches::delete_search,
        assignable::list_assignable,
        events::find_events,
        search::stats::events_stats,
        search::facets::events_facets,
        search::compare::compare,
        search::suggestions::search_suggestions,
        search::similar::text_similar,
        events::resolve_event_id,
        events::resolve_short_id,
        ledger::get_ledger,
        chunk_upload::get_chunk_upload,
        chunk_upload::upload_chunks,
        artifact_bundles::assemble_bundle,
        artifact_bundles::assemble_release_bundle,
        release_files::list_organization_release_files,
        release_files::upload_organization_release_file,
        release_files::delete_organization_release_file,
        release_files::list_release_files,
        release_files::upload_release_file,
        release_files::delete_release_file,
        artifact_bundles::list_bundles,
        artifact_bundles::list_bundle_files,
        artifact_bundles::delete_bundle,
        live::live,
        projects::get_project,
        projects::update_project,
        projects::delete_project,
        scrubbing::preview_scrubbing,
        keys::list_keys,
        keys::create_key,
        keys::update_key,
        keys::delete_key,
        issues::list_project_issues,
        issue_change::change_project_issues,
        issue_events::list_project_events,
        events::get_event,
        suspects::list_committers,
        reprocess::reprocess_event,
        attachments::list_attachments,
        attachments::get_attachment,
        session_stats::session_stats,
        my_notifications::get_my_notifications,
        my_notifications::update_my_notifications,
        alert_previews::list_templates,
        alert_previews::preview_rule,
        alert_rules::list_alert_rules,
        alert_rules::create_alert_rule,
        alert_rules::get_alert_rule,
        alert_rules::update_alert_rule,
        alert_rules::delete_alert_rule,
        incidents::list_incidents,
        incidents::get_incident,
        incidents::update_incident,
        incidents::incident_timeline,
        incidents::create_incident_note,
        incidents::post_mortem,
        notification_targets::list_targets,
        notification_targets::create_target,
        notification_targets::get_target,
        notification_targets::update_target,
        notification_targets::delete_target,
        notification_targets::test_target,
        notifications::list_notifications,
        notifications::get_notification,
        notifications::send_again,
        releases::list_releases,
        releases::create_release,
        releases::get_release,
        releases::update_release,
        releases::delete_release,
        releases::list_project_releases,
        releases::create_project_release,
        releases::get_project_release,
        releases::update_project_release,
        releases::delete_project_release,
        commits::list_commits,
        commits::list_project_commits,
        commits::previous_with_commits,
        release_health::release_health,
        deploys::list_deploys,
        deploys::create_deploy,
        annotations::list_annotations,
        annotations::create_annotation,
        annotations::delete_annotation,
        reproduction::get_reproduction,
        event_comparison::compare_events,
        event_comparison::list_local_events,
        timeline::get_timeline,
        verdict::get_verdict,
        trace::get_waterfall,
        trace::get_span,
        trace::get_trace,
        trace::get_trace_meta,
        trace::get_event_trace,
        spans::find_spans,
        transactions::list_transactions,
        transactions::get_transaction,
        repos::list_repositories,
        repos::create_repository,
        repos::update_repository,
        repos::delete_repository,
        code_mappings::list_code_mappings,
        code_mappings::create_code_mapping,
        code_mappings::update_code_mapping,
        code_mappings::delete_code_mapping,
        code_mappings::upload_code_mappings,
        source_links::suggest_code_mappings,
        source_links::stacktrace_link,
        issue::get_issue,
        issue::update_issue,
        issue_events::list_issue_events,
        issue_events::get_issue_event,
        merging::list_hashes,
        merging::unmerge_hashes,
        merging::remove_hashes,
        issue::list_activities,
        comments::list_comments,
        comments::create_comment,
        comments::update_comment,
        comments::delete_comment,
        comments::list_notes,
        comments::create_note,
        comments::update_note,
        comments::delete_note,
        explain::list_explanations,
        explain::explain,
        explain::get_explanation,
        explain::rate_explanation,
        explain::ask_explanation,
        explain::cancel_explanation,
        insight::get_insight,
        suspects::list_suspects,
        evidence::get_evidence,
        reports::list_user_reports,
        tags::list_tags,
        tags::get_tag,
        tags::list_tag_values,
    ),
    components(schemas(live::Nudge)),
    security(("token" = []), ("session" = [])),
)]
struct Description;

/// The document as it is committed: pretty, with a line break at its end.
pub fn openapi() -> String {
    let mut text = document().to_pretty_json().expect("the description is JSON");
    text.push('\n');
    text
}

fn document() -> Document {
    let mut document = Description::openapi();
    let components = document.components.get_or_insert_default();
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("token", SecurityScheme::Http(token));
    let session = ApiKey::Cookie(ApiKeyValue::new(auth::COOKIE));
    components.add_security_scheme("session", SecurityScheme::ApiKey(session));
    // Every path of an issue also stands under its organization.
    let issue_paths = document.paths.paths.iter().filter(|(path, _)| path.starts_with("/api/0/issues/"));
    let scoped: Vec<_> = issue_paths
        .map(|(path, item)| (path.replacen("/api/0/", "/api/0/organizations/{org}/", 1), under_org(item)))
        .collect();
    document.paths.paths.extend(scoped);
    document
}

fn under_org(item: &PathItem) -> PathItem {
    let mut item = item.clone();
    let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
    for operation in operations.into_iter().flatten() {
        add_org(operation);
    }
    item
}

fn add_org(operation: &mut Operation) {
    if let Some(id) = &mut operation.operation_id {
        id.push_str("_of_organization");
    }
    let org = ParameterBuilder::new()
        .name("org")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build();
    operation.parameters.get_or_insert_default().insert(0, org.into());
}

/// This document.
#[utoipa::path(get, path = "/api/0/openapi.json", tag = "openapi", responses((status = 200, body = Object)))]
pub async fn get_openapi() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(openapi())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_OPENAPI=1 cargo test --lib openapi` mends it.
    #[test]
    fn the_committed_document_is_the_generated_one() {
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json"), openapi()).expect("written");
        }
        let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json"));
        assert!(committed.expect("openapi.json is committed") == openapi(), "openapi.json has drifted");
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let document: serde_json::Value = serde_json::from_str(&openapi()).expect("JSON");
        let paths = document["paths"].as_object().expect("paths");
        let operations = paths.values().flat_map(|item| item.as_object().expect("an item").values());
        let mut names: Vec<_> =
            operations.filter_map(|operation| operation["operationId"].as_str()).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
