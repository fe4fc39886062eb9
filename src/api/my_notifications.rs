//! What the caller wants to be told, and when.

use actix_web::web;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::auth::Caller;
use crate::api::error::{ApiError, ErrorBody, Result};
use crate::api::member_json::ProjectWord;
use crate::api::{Api, params, when};
use crate::insight::alert::digest_times::{check_digest, next_digest};
use crate::model::alert_rule::Severity;
use crate::model::ids::ProjectId;
use crate::model::preferences::{Preferences, QuietHours};

const DAY_MINUTES: u16 = 24 * 60;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationPreferences)]
pub struct PreferencesJson {
    pub email: bool,
    /// Slugs; `null`: all.
    #[schema(required)]
    pub projects: Option<Vec<String>>,
    pub severity_min: Severity,
    /// An IANA name.
    pub time_zone: String,
    #[schema(required)]
    pub quiet_hours: Option<QuietHoursJson>,
    /// A cron expression of five fields, in the time zone.
    #[schema(required)]
    pub digest: Option<String>,
    #[schema(required)]
    pub next_digest: Option<String>,
    /// This server can send mail.
    pub is_mail_set_up: bool,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = QuietHours)]
pub struct QuietHoursJson {
    /// `22:00`
    pub from: String,
    pub to: String,
    /// What is at least as severe comes all the same.
    #[serde(default = "critical")]
    pub let_through: Severity,
}

/// What changes. `null` is none, what is left out stays as it is.
#[derive(Deserialize, Default, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreferencesUpdate {
    pub email: Option<bool>,
    #[serde(default, deserialize_with = "params::given")]
    #[schema(value_type = Option<Vec<String>>)]
    #[expect(clippy::option_option, reason = "`null` is none, absent is as it was")]
    pub projects: Option<Option<Vec<ProjectWord>>>,
    pub severity_min: Option<Severity>,
    pub time_zone: Option<String>,
    #[serde(default, deserialize_with = "params::given")]
    #[schema(value_type = Option<QuietHoursJson>)]
    #[expect(clippy::option_option, reason = "`null` is none, absent is as it was")]
    pub quiet_hours: Option<Option<QuietHoursJson>>,
    #[serde(default, deserialize_with = "params::given")]
    #[schema(value_type = Option<String>)]
    #[expect(clippy::option_option, reason = "`null` is none, absent is as it was")]
    pub digest: Option<Option<String>>,
}

fn critical() -> Severity {
    Severity::Critical
}

/// What the caller wants to be told.
#[utoipa::path(get, path = "/api/0/users/me/notifications/", tag = "users",
    responses((status = 200, body = PreferencesJson), (status = 403, body = ErrorBody)))]
pub async fn get_my_notifications(api: web::Data<Api>, caller: Caller) -> Result<web::Json<PreferencesJson>> {
    let id = caller.person()?.id;
    let now = Timestamp::now();
    Ok(web::Json(api.run(move |api| Ok(api.preferences_json(api.store.preferences(id)?, now))).await?))
}

/// Changes what the caller wants to be told.
#[utoipa::path(put, path = "/api/0/users/me/notifications/", tag = "users", request_body = PreferencesUpdate,
    responses((status = 200, body = PreferencesJson), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn update_my_notifications(
    api: web::Data<Api>,
    caller: Caller,
    body: web::Json<PreferencesUpdate>,
) -> Result<web::Json<PreferencesJson>> {
    let id = caller.person()?.id;
    let now = Timestamp::now();
    let body = body.into_inner();
    let changed = api
        .run(move |api| {
            let mut preferences = api.store.preferences(id)?;
            api.apply_preferences(body, &mut preferences)?;
            api.store.set_preferences(id, &preferences)?;
            Ok(api.preferences_json(preferences, now))
        })
        .await?;
    Ok(web::Json(changed))
}

impl Api {
    fn preferences_json(&self, preferences: Preferences, now: Timestamp) -> PreferencesJson {
        let directory = self.store.directory();
        let slug = |id: &ProjectId| directory.projects.get(id).map(|project| project.slug.clone());
        let slugs = |projects: Vec<ProjectId>| {
            projects.iter().filter(|id| self.sees(**id)).filter_map(slug).collect()
        };
        let next = preferences.digest.as_ref();
        let next = next.and_then(|cron| next_digest(cron, &preferences.time_zone, now));
        PreferencesJson {
            email: preferences.email,
            projects: preferences.projects.map(slugs),
            severity_min: preferences.severity_min,
            quiet_hours: preferences.quiet_hours.map(|hours| QuietHoursJson {
                from: clock(hours.from_minute),
                to: clock(hours.to_minute),
                let_through: hours.let_through,
            }),
            next_digest: next.map(when),
            digest: preferences.digest,
            time_zone: preferences.time_zone,
            is_mail_set_up: self.mailer.is_some(),
        }
    }

    fn apply_preferences(&self, body: PreferencesUpdate, preferences: &mut Preferences) -> Result<()> {
        preferences.email = body.email.unwrap_or(preferences.email);
        preferences.severity_min = body.severity_min.unwrap_or(preferences.severity_min);
        if let Some(projects) = body.projects {
            preferences.projects = self.read_projects(projects)?;
        }
        if let Some(zone) = body.time_zone {
            if jiff::tz::TimeZone::get(&zone).is_err() {
                return Err(ApiError::bad_request("timeZone: expected a name such as Europe/Berlin"));
            }
            preferences.time_zone = zone;
        }
        if let Some(hours) = body.quiet_hours {
            preferences.quiet_hours = hours.map(|hours| read_hours(&hours)).transpose()?;
        }
        if let Some(digest) = body.digest {
            let digest = digest.map(|cron| cron.trim().to_owned()).filter(|cron| !cron.is_empty());
            if let Some(cron) = &digest {
                check_digest(cron).map_err(|reason| ApiError::bad_request(format!("digest: {reason}")))?;
            }
            preferences.digest = digest;
        }
        Ok(())
    }
}

fn read_hours(hours: &QuietHoursJson) -> Result<QuietHours> {
    let minute = |field: &str, text: &str| {
        let read = text.split_once(':').and_then(|(hour, minute)| {
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            (hour < 24 && minute < 60).then_some(hour * 60 + minute)
        });
        read.ok_or_else(|| {
            ApiError::bad_request(format!("quietHours.{field}: expected a time such as 22:00"))
        })
    };
    let (from_minute, to_minute) = (minute("from", &hours.from)?, minute("to", &hours.to)?);
    if from_minute == to_minute {
        return Err(ApiError::bad_request("quietHours: from and to are the same"));
    }
    Ok(QuietHours { from_minute, to_minute, let_through: hours.let_through })
}

fn clock(minute: u16) -> String {
    let minute = minute % DAY_MINUTES;
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
