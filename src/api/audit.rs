//! The audit log: who changed what, when, from where. And how a handler says what the gate writes into it.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::auth::sign_in::User;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::page::{Cursor, Page, answer_with};
use crate::api::params::Params;
use crate::api::{Api, when};
use crate::model::account::Account;
use crate::model::audit::{Action, Entry};
use crate::store::AuditFilter;

/// What a handler says about its change.
#[derive(Default)]
pub struct Note(Mutex<Option<(String, BTreeMap<String, String>)>>);

#[derive(Serialize, ToSchema)]
pub struct AuditLog {
    /// Newest first.
    pub rows: Vec<AuditRow>,
    /// Every `event` there is, to filter by.
    pub options: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditRow {
    pub id: String,
    /// `null`: nobody with an account, or nobody known.
    #[schema(required)]
    pub actor: Option<User>,
    /// Who, in words: an address, a setting, `command line`.
    pub actor_label: String,
    /// Name and first characters of the API token that was used, if it was one.
    #[schema(required)]
    pub token: Option<String>,
    /// What was done, such as `member.invite`.
    pub event: String,
    /// To what: an address, a path, a name.
    pub note: String,
    pub data: BTreeMap<String, String>,
    #[schema(required)]
    pub ip_address: Option<String>,
    pub date_created: String,
}

/// What people changed, newest first. Administrators only.
#[utoipa::path(get, path = "/api/0/organizations/{org}/audit-logs/", tag = "organizations",
    params(("org" = String, Path), ("event" = Option<String>, Query, description = "Such as member.invite"),
        ("actor" = Option<String>, Query, description = "Number of a user"),
        ("per_page" = Option<u32>, Query, maximum = 100), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = AuditLog), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn list_audit_logs(api: web::Data<Api>, request: HttpRequest) -> Result<HttpResponse> {
    let params = Params::of(&request);
    let page = api.run(move |api| api.audit_page(&params)).await?;
    let (page, rows) = (Page { rows: Vec::<()>::new(), next: page.next, total: None }, page.rows);
    let options = Action::ALL.iter().map(|action| action.as_str().to_owned()).collect();
    Ok(answer_with(&api, &request, &page, &AuditLog { rows, options }))
}

impl Api {
    fn audit_page(&self, params: &Params) -> Result<Page<AuditRow>> {
        let unknown =
            |what: &str, text: &str| ApiError::bad_request(format!("{what}: `{text}` is not known"));
        let action = params.get("event").map(|text| Action::read(text).ok_or_else(|| unknown("event", text)));
        let actor = params.get("actor").map(|text| text.parse().map_err(|_| unknown("actor", text)));
        let filter = AuditFilter { action: action.transpose()?, actor: actor.transpose()? };
        let before = Cursor::of(params)?.filter(|cursor| cursor.value > 0).map(|cursor| cursor.value);
        let found = self.store.audit_log(filter, before, params.limit()?)?;
        let people = self.store.everyone()?;
        let rows =
            found.rows.into_iter().map(|(number, entry)| AuditRow::of(number, entry, &people)).collect();
        let next = found.next.map(|value| Cursor { value, offset: 0 });
        Ok(Page { rows, next, total: None })
    }

    /// Says what the audit log shall call the target of this request's change, where its path alone would not tell.
    /// The gate writes it, with who and where from, once the request has succeeded. Never hand it a secret.
    pub(super) fn audit(&self, target: impl Into<String>, data: &[(&str, String)]) {
        let data = data.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        *self.note.0.lock() = Some((target.into(), data));
    }

    /// The change is done: that its row cannot be written is logged, not answered.
    pub(super) async fn write_down(self: &std::sync::Arc<Self>, action: Action, asked: &str) {
        let (target, data) = self.note.0.lock().take().unwrap_or_else(|| (target_of(asked), BTreeMap::new()));
        let mut entry = Entry::new(Timestamp::now(), self.by.clone(), action, target);
        for (name, value) in data {
            entry = entry.with(&name, value);
        }
        let written = self.run(move |api| Ok(api.store.record_audit(&entry)?)).await;
        if let Err(error) = written {
            tracing::error!(%error, action = action.as_str(), "a row of the audit log is missing");
        }
    }
}

/// From `/organizations/acme/issues/?id=1`: `issues?id=1`.
fn target_of(asked: &str) -> String {
    let (path, query) = asked.split_once('?').unwrap_or((asked, ""));
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if matches!(parts.first(), Some(&("organizations" | "projects"))) {
        parts.drain(..parts.len().min(2));
    }
    let path = parts.join("/");
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

impl AuditRow {
    fn of(number: u64, entry: Entry, people: &[Account]) -> Self {
        let actor = entry.actor.account.and_then(|id| people.iter().find(|account| account.id == id));
        Self {
            id: number.to_string(),
            actor: actor.map(User::of_account),
            actor_label: entry.actor.label,
            token: entry.actor.token,
            event: entry.action.as_str().to_owned(),
            note: entry.target,
            data: entry.data,
            ip_address: entry.actor.address.map(|address| address.to_string()),
            date_created: when(entry.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::target_of;

    #[test]
    fn a_path_names_what_was_changed() {
        for (asked, target) in [
            ("/organizations/acme/issues/?id=1&id=2", "issues?id=1&id=2"),
            ("/projects/acme/shop/keys/?", "shop/keys"),
            ("/issues/7/?", "issues/7"),
            ("/organizations/?", ""),
        ] {
            assert_eq!(target_of(asked), target, "{asked}");
        }
    }
}
