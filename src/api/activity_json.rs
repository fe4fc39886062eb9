//! What people and the machine did to an issue, as the API tells it. Sentences are worded when they are read.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::api::auth::sign_in::User;
use crate::api::error::{ApiError, Result};
use crate::api::{Api, when};
use crate::insight::{escalation, regression};
use crate::model::account::Account;
use crate::model::ids::AccountId;
use crate::model::issue::{Activity, ActivityKind, Awaited, Issue};

/// Releases of an issue whose events are counted for the sentences.
const RELEASES_COUNTED_MAX: usize = 1_000;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityJson {
    pub id: String,
    /// `first_seen`, `set_resolved`, `set_resolved_in_release`, `set_resolved_in_commit`, `set_unresolved`, `set_ignored`,
    /// `set_regression`, `came_back`, `set_escalating`, `assigned`, `unassigned`, `set_priority`, `note`,
    /// `merge`, `unmerge_source`, `unmerge_destination`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `null`: the server itself.
    #[schema(required)]
    pub user: Option<User>,
    pub date_created: String,
    /// `because` is a sentence, where the machine decided.
    pub data: BTreeMap<String, Value>,
}

impl Api {
    /// Each with its number in the issue's history.
    pub(super) fn activity_json(
        &self,
        issue: &Issue,
        activities: Vec<(u64, Activity)>,
    ) -> Result<Vec<ActivityJson>> {
        let people: HashMap<AccountId, Account> =
            self.store.everyone()?.into_iter().map(|account| (account.id, account)).collect();
        let came_back = |(_, activity): &(u64, Activity)| {
            matches!(activity.kind, ActivityKind::SetRegression { because: Some(_), .. })
        };
        let mut counted = HashMap::new();
        if activities.iter().any(came_back) {
            let values = self.store.tag_values(issue.id, "release", RELEASES_COUNTED_MAX)?;
            counted.extend(values.into_iter().map(|value| (value.value, value.events)));
        }
        let row = |(number, activity): (u64, Activity)| -> Result<ActivityJson> {
            let (kind, mut data) = told(&activity.kind, &people, &counted)?;
            if let Some(told) = self.told_of_merge(&activity.kind, issue.project) {
                data = told;
            }
            if activity.undo {
                data.insert("undo".to_owned(), true.into());
            }
            Ok(ActivityJson {
                id: number.to_string(),
                kind,
                user: activity.by.and_then(|id| people.get(&id)).map(User::of_account),
                date_created: when(activity.at),
                data,
            })
        };
        activities.into_iter().map(row).collect()
    }
}

type Data = BTreeMap<String, Value>;

fn told(
    kind: &ActivityKind,
    people: &HashMap<AccountId, Account>,
    counted: &HashMap<String, u64>,
) -> Result<(String, Data)> {
    let data = serde_json::to_value(kind).and_then(serde_json::from_value);
    let mut data: Data = data.map_err(|error| ApiError::internal(&error))?;
    let name = data.remove("type");
    let name = name.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    match kind {
        ActivityKind::Assigned { to } => {
            let person = people.get(to).map(|person| person.name.clone()).unwrap_or_default();
            data =
                [("assignee", to.to_string()), ("assigneeType", "user".to_owned()), ("assigneeName", person)]
                    .map(|(name, text)| (name.to_owned(), text.into()))
                    .into();
        }
        ActivityKind::SetRegression { release, because } => {
            data.insert("version".to_owned(), json!(release));
            if let Some(because) = because {
                let events = release.as_ref().and_then(|release| counted.get(release).copied());
                data.insert("because".to_owned(), regression::regressed(because, events).into());
                data.insert("eventTime".to_owned(), when(because.at).into());
                data.insert("resolvedAt".to_owned(), when(because.resolution.at).into());
                data.insert("reason".to_owned(), json!(because.reason));
                if let Some(deploy) = &because.deploy {
                    let deploy = json!({"environment": deploy.environment, "dateFinished": when(deploy.at)});
                    data.insert("deploy".to_owned(), deploy);
                }
            }
        }
        ActivityKind::CameBack { because } => {
            data = [("because".to_owned(), awaited(because).into())].into();
        }
        ActivityKind::SetEscalating { because } => {
            data = [("because".to_owned(), escalation::told(because).into())].into();
        }
        ActivityKind::Note { mentions, .. } => {
            let named = mentions.iter().filter_map(|id| people.get(id)).map(User::of_account);
            data.insert("mentions".to_owned(), json!(named.collect::<Vec<_>>()));
        }
        _ => {}
    }
    Ok((name, data))
}

fn awaited(because: &Awaited) -> String {
    let many = |more: u64, what: &str, window_minutes: Option<u32>| {
        let plural = if more == 1 { "" } else { "s" };
        let within = window_minutes.map(|minutes| format!(" within {minutes} min")).unwrap_or_default();
        format!("Came back: {more} more {what}{plural}{within}, as it was archived for")
    };
    match *because {
        Awaited::Time { until } => {
            format!("Came back: it was archived until {}", until.strftime("%-d %b %Y %H:%M"))
        }
        Awaited::Events { more, window_minutes } => many(more, "event", window_minutes),
        Awaited::Users { more, window_minutes } => many(more, "user", window_minutes),
    }
}
