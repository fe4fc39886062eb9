//! To whom an issue can be assigned.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Api;
use crate::api::auth::Caller;
use crate::api::auth::sign_in::User;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Page, answer};
use crate::api::params::Params;
use crate::model::account::{Account, Role};
use crate::model::ids::{AccountId, ProjectId};
use crate::model::issue::Issue;

/// A person whom issues can be assigned to, as Sentry lists an organization's users.
#[derive(Serialize, ToSchema)]
pub struct Assignable {
    pub id: String,
    pub name: String,
    pub email: String,
    pub user: User,
}

/// The people whom issues can be assigned to, by name; of `project=` where it is given.
#[utoipa::path(get, path = "/api/0/organizations/{org}/users/", tag = "issues",
    params(("org" = String, Path), ("project" = Option<Vec<String>>, Query)),
    responses((status = 200, body = Vec<Assignable>), (status = 400, body = ErrorBody)))]
pub async fn list_assignable(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let rows = api
        .run(move |api| Ok(api.assignable(&params)?.iter().map(Assignable::of).collect::<Vec<_>>()))
        .await?;
    Ok(answer(&api, &request, &Page::whole(rows)))
}

impl Assignable {
    fn of(account: &Account) -> Self {
        let Account { id, name, email, .. } = account;
        Self { id: id.to_string(), name: name.clone(), email: email.clone(), user: User::of_account(account) }
    }
}

/// Whether somebody may work on issues of all these projects.
fn may_be_assigned(person: &Account, projects: &[ProjectId]) -> bool {
    let reaches = |visible: &[ProjectId]| projects.iter().all(|project| visible.contains(project));
    person.role >= Role::Member && person.visible_projects().is_none_or(reaches)
}

impl Api {
    /// The people whom issues can be assigned to, by name; of `project=` where it is given.
    pub(super) fn assignable(&self, params: &Params) -> Result<Vec<Account>> {
        let asked = self.projects_of(params)?.filter(|_| params.has("project"));
        let projects = asked.unwrap_or_default();
        let mut people = self.store.accounts()?;
        people.retain(|person| may_be_assigned(person, &projects));
        people.sort_by_key(|person| person.name.to_lowercase());
        Ok(people)
    }

    /// Whom a request's `assignedTo` means: `user:3`, an address, `me`; empty is nobody.
    pub(super) fn assignee(&self, name: &str, issues: &[Issue], caller: &Caller) -> Result<Option<Account>> {
        let person = match name {
            "" => return Ok(None),
            "me" => caller.account.clone().ok_or_else(|| {
                ApiError::bad_request("assignedTo: `me` needs somebody; this token belongs to the instance")
            })?,
            _ => self.find_person(name)?.ok_or_else(|| {
                ApiError::bad_request(format!(
                    "assignedTo: `{name}` is nobody here; expected user:3 or an e-mail address"
                ))
            })?,
        };
        let projects: Vec<ProjectId> = issues.iter().map(|issue| issue.project).collect();
        if !may_be_assigned(&person, &projects) {
            return Err(ApiError::bad_request(format!(
                "assignedTo: {} may not work on all of these issues",
                person.email
            )));
        }
        Ok(Some(person))
    }

    fn find_person(&self, name: &str) -> Result<Option<Account>> {
        let number = name.strip_prefix("user:").unwrap_or(name);
        match number.parse() {
            Ok(number) => Ok(self.store.find_account(AccountId(number))?),
            Err(_) => Ok(self.store.find_account_by_email(name)?),
        }
    }
}
