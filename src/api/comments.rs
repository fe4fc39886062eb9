//! Comments on an issue: Markdown, kept as it was written. Their authors change them; admins take any away.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::activity_json::ActivityJson;
use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::issue::IssuePath;
use crate::api::page::{Cursor, Page, answer};
use crate::api::params::Params;
use crate::model::account::{Account, Role};
use crate::model::ids::AccountId;
use crate::model::issue::{Activity, ActivityKind, Issue};
use crate::model::mark::MarkChange;
use crate::store::Comment;

const TEXT_CHARS_MAX: usize = 10_000;
/// People whom one comment names.
const MENTIONS_MAX: usize = 50;
/// Rows of the history that one page looks at for comments.
const LOOKED_AT_MAX: usize = 2_000;

#[derive(Deserialize, ToSchema)]
pub struct CommentBody {
    /// Markdown. `@jo@example.com` and `@Jo` (a name without its blanks) name people.
    pub text: String,
}

#[derive(Deserialize)]
pub(super) struct CommentPath {
    id: String,
    comment: u64,
}

/// Comments on an issue, the newest first.
#[utoipa::path(get, path = "/api/0/issues/{id}/comments/", tag = "issues",
    params(("id" = String, Path), ("limit" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<ActivityJson>), (status = 404, body = ErrorBody)))]
pub async fn list_comments(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<IssuePath>,
) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let page = api
        .run(move |api| {
            let issue = api.issue(&path.id)?;
            let limit = params.limit()?;
            let before = Cursor::of(&params)?.filter(|cursor| cursor.value > 0).map(|cursor| cursor.value);
            let mut rows = api.store.history(issue.id, before, LOOKED_AT_MAX)?;
            let end = rows.last().filter(|_| rows.len() == LOOKED_AT_MAX).map(|(number, _)| *number);
            rows.retain(|(_, activity)| matches!(activity.kind, ActivityKind::Note { .. }));
            let page = Page::cut(rows, limit, |(number, _)| Cursor { value: *number, offset: 0 });
            let next = page.next.or(end.map(|value| Cursor { value, offset: 0 }));
            Ok(Page { rows: api.activity_json(&issue, page.rows)?, next, total: Some(issue.comments) })
        })
        .await?;
    Ok(answer(&api, &request, &page))
}

/// Says something about an issue; whoever does follows it.
#[utoipa::path(post, path = "/api/0/issues/{id}/comments/", tag = "issues",
    params(("id" = String, Path)), request_body = CommentBody,
    responses((status = 201, body = ActivityJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn create_comment(
    api: web::Data<Api>,
    path: web::Path<IssuePath>,
    caller: Caller,
    body: web::Json<CommentBody>,
) -> Result<HttpResponse> {
    let now = Timestamp::now();
    let made = api
        .run(move |api| {
            let issue = api.issue(&path.id)?;
            let comment = api.comment(&issue, &body.text)?;
            let by = caller.account_id();
            let added = api.store.add_comment(issue.id, comment, by, now)?;
            if let Some(account) = by {
                let change = MarkChange { takes_part: true, ..MarkChange::default() };
                api.store.mark_issues(&[issue.id], account, change, now)?;
            }
            api.one_activity(&issue, added)
        })
        .await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(made))
}

/// Changes what the caller said.
#[utoipa::path(put, path = "/api/0/issues/{id}/comments/{comment}/", tag = "issues",
    params(("id" = String, Path), ("comment" = u64, Path)), request_body = CommentBody,
    responses((status = 200, body = ActivityJson), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn update_comment(
    api: web::Data<Api>,
    path: web::Path<CommentPath>,
    caller: Caller,
    body: web::Json<CommentBody>,
) -> Result<web::Json<ActivityJson>> {
    let now = Timestamp::now();
    let changed = api
        .run(move |api| {
            let issue = api.issue(&path.id)?;
            let known = api.find_comment(&issue, path.comment)?;
            if known.by != caller.account_id() {
                return Err(ApiError::forbidden("Only its author changes a comment"));
            }
            let comment = api.comment(&issue, &body.text)?;
            let changed = api.store.edit_comment(issue.id, path.comment, comment, now)?;
            api.one_activity(&issue, (path.comment, changed))
        })
        .await?;
    Ok(web::Json(changed))
}

/// Takes a comment away: its author, or an admin.
#[utoipa::path(delete, path = "/api/0/issues/{id}/comments/{comment}/", tag = "issues",
    params(("id" = String, Path), ("comment" = u64, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete_comment(
    api: web::Data<Api>,
    path: web::Path<CommentPath>,
    caller: Caller,
) -> Result<HttpResponse> {
    api.run(move |api| {
        let issue = api.issue(&path.id)?;
        let known = api.find_comment(&issue, path.comment)?;
        if known.by != caller.account_id() && caller.role < Role::Admin {
            return Err(ApiError::forbidden("Only its author or an admin takes a comment away"));
        }
        Ok(api.store.remove_comment(issue.id, path.comment)?)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The same under Sentry's other name.
#[utoipa::path(get, path = "/api/0/issues/{id}/notes/", tag = "issues",
    params(("id" = String, Path), ("limit" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Vec<ActivityJson>), (status = 404, body = ErrorBody)))]
pub async fn list_notes(
    api: web::Data<Api>,
    request: HttpRequest,
    path: web::Path<IssuePath>,
) -> Result<HttpResponse> {
    list_comments(api, request, path).await
}

/// The same under Sentry's other name.
#[utoipa::path(post, path = "/api/0/issues/{id}/notes/", tag = "issues",
    params(("id" = String, Path)), request_body = CommentBody,
    responses((status = 201, body = ActivityJson), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn create_note(
    api: web::Data<Api>,
    path: web::Path<IssuePath>,
    caller: Caller,
    body: web::Json<CommentBody>,
) -> Result<HttpResponse> {
    create_comment(api, path, caller, body).await
}

/// The same under Sentry's other name.
#[utoipa::path(put, path = "/api/0/issues/{id}/notes/{comment}/", tag = "issues",
    params(("id" = String, Path), ("comment" = u64, Path)), request_body = CommentBody,
    responses((status = 200, body = ActivityJson), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn update_note(
    api: web::Data<Api>,
    path: web::Path<CommentPath>,
    caller: Caller,
    body: web::Json<CommentBody>,
) -> Result<web::Json<ActivityJson>> {
    update_comment(api, path, caller, body).await
}

/// The same under Sentry's other name.
#[utoipa::path(delete, path = "/api/0/issues/{id}/notes/{comment}/", tag = "issues",
    params(("id" = String, Path), ("comment" = u64, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn delete_note(
    api: web::Data<Api>,
    path: web::Path<CommentPath>,
    caller: Caller,
) -> Result<HttpResponse> {
    delete_comment(api, path, caller).await
}

impl Api {
    fn find_comment(&self, issue: &Issue, number: u64) -> Result<Activity> {
        self.store.find_comment(issue.id, number)?.ok_or_else(ApiError::not_found)
    }

    fn one_activity(&self, issue: &Issue, activity: (u64, Activity)) -> Result<ActivityJson> {
        self.activity_json(issue, vec![activity])?.pop().ok_or_else(ApiError::not_found)
    }

    /// With the people whom it names, of those who see the issue.
    fn comment(&self, issue: &Issue, text: &str) -> Result<Comment> {
        let text = text.trim();
        let chars = text.chars().count();
        if chars == 0 || chars > TEXT_CHARS_MAX {
            return Err(ApiError::bad_request(format!("text: expected 1 to {TEXT_CHARS_MAX} characters")));
        }
        let mut mentions = Vec::new();
        if text.contains('@') {
            let mut people = self.store.accounts()?;
            people.retain(|person| person.sees(issue.project));
            mentions = mentioned(text, &people);
        }
        Ok(Comment { text: text.to_owned(), mentions })
    }
}

fn mentioned(text: &str, people: &[Account]) -> Vec<AccountId> {
    let mut found = Vec::new();
    for word in text.split_whitespace() {
        let Some(name) = word.trim_start_matches(['(', '[', '"', '\'', '*']).strip_prefix('@') else {
            continue;
        };
        let name = name.trim_end_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let is_named = |person: &&Account| {
            let called: String = person.name.to_lowercase().split_whitespace().collect();
            !name.is_empty() && (person.email == name || called == name)
        };
        // Two people of one name are not told apart by it.
        let named: Vec<_> = people.iter().filter(is_named).take(2).collect();
        if let [person] = named[..]
            && !found.contains(&person.id)
            && found.len() < MENTIONS_MAX
        {
            found.push(person.id);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_named_by_address_and_by_name() {
        let person = |id: u64, email: &str, name: &str| Account {
            id: AccountId(id),
            email: email.to_owned(),
            name: name.to_owned(),
            password_hash: String::new(),
            role: Role::Member,
            projects: None,
            created: Timestamp::UNIX_EPOCH,
            removed: None,
        };
        let people = [
            person(1, "ada@example.com", "Ada Byron"),
            person(2, "jo@example.com", "Jo"),
            person(3, "jo@example.org", "Jo"),
        ];
        for (text, expected) in [
            ("see @ada@example.com, please", vec![1]),
            ("@AdaByron and (@jo@example.org)!", vec![1, 3]),
            ("@Jo is two people, @nobody none, a@b.c an address", vec![]),
            ("@AdaByron @adabyron", vec![1]),
            ("@ @@ @,", vec![]),
        ] {
            let ids: Vec<u64> = mentioned(text, &people).into_iter().map(|id| id.0).collect();
            assert_eq!(ids, expected, "{text}");
        }
    }
}
