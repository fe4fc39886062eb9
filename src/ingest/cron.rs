//! `{pid}/cron/{slug}/`: check-ins by URL. Received and counted; monitors come later. Never answers 429, since
//! a cron job would fail over it.

use actix_web::HttpResponse;
use actix_web::http::Method;
use serde::Deserialize;

use crate::ingest::json;
use crate::ingest::refusal::Refusal;
use crate::ingest::request::Request;
use crate::ingest::sizes::SMALL_BYTES_MAX;
use crate::model::ids::{EventId, ProjectId};
use crate::model::outcome::{Category, Outcome};

pub async fn handle(
    request: &mut Request<'_>,
    project: ProjectId,
    slug: &str,
    key: Option<&str>,
) -> Result<HttpResponse, Refusal> {
    let origin = request.authorize(Some(project), key)?;
    request.body.encoding()?;
    if slug.len() > 200 {
        return Err(Refusal::malformed("the monitor's slug is too long"));
    }
    let is_json = request.http.method() == Method::POST && request.content_type() == "application/json";
    if is_json {
        let body = request.body.read(SMALL_BYTES_MAX, "check_in").await?;
        check_json(&body)?;
    } else {
        check_query(|name| request.query(name))?;
    }
    request.ingest.count(origin.project.id, Category::Monitor, Outcome::NotStored, "check_in", 1);
    Ok(HttpResponse::Accepted().finish())
}

/// A check-in as SDKs send it, as far as Relay demands it.
fn check_json(body: &[u8]) -> Result<(), Refusal> {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "that the rest can be read is what is checked")]
    #[expect(clippy::struct_field_names, reason = "the protocol's names")]
    struct CheckIn {
        status: String,
        check_in_id: Option<EventId>,
        duration: Option<f64>,
    }
    json::check_object(body, false).map_err(Refusal::malformed)?;
    let check_in: CheckIn = serde_json::from_slice(body)
        .map_err(|error| Refusal::malformed("invalid check-in").with_cause(error))?;
    check_status(&check_in.status)
}

/// `?status=ok&check_in_id=<UUID>&duration=1.5`
fn check_query(query: impl Fn(&str) -> Option<String>) -> Result<(), Refusal> {
    let status = query("status").ok_or_else(|| Refusal::malformed("missing status"))?;
    check_status(&status)?;
    if query("check_in_id").is_some_and(|id| id.parse::<EventId>().is_err()) {
        return Err(Refusal::malformed("bad check-in id"));
    }
    if query("duration").is_some_and(|seconds| seconds.parse::<f64>().is_err()) {
        return Err(Refusal::malformed("bad duration"));
    }
    Ok(())
}

fn check_status(status: &str) -> Result<(), Refusal> {
    if matches!(status, "in_progress" | "ok" | "error") {
        return Ok(());
    }
    Err(Refusal::malformed("bad status: expected in_progress, ok or error"))
}

#[cfg(test)]
mod tests {
    use super::{check_json, check_query};

    #[test]
    fn check_ins() {
        let query = |text: &str| {
            let pairs = url::form_urlencoded::parse(text.as_bytes());
            let found: Vec<_> = pairs.into_owned().collect();
            let find = |name: &str| found.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
            check_query(find).is_ok()
        };
        let id = "fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0";
        for (text, good) in [
            ("status=ok".to_owned(), true),
            ("status=in_progress&environment=prod".into(), true),
            (format!("status=error&check_in_id={id}&duration=1.5"), true),
            (format!("status=ok&check_in_id={}&duration=2", id.replace('-', "")), true),
            (String::new(), false),
            ("status=".into(), false),
            ("status=fine".into(), false),
            ("status=ok&duration=long".into(), false),
            ("status=ok&check_in_id=7".into(), false),
        ] {
            assert_eq!(query(&text), good, "{text}");
        }
        for (text, good) in [
            ("{\"status\":\"ok\",\"duration\":null,\"monitor_config\":{}}", true),
            ("{}", false),
            ("{\"status\":\"fine\"}", false),
            ("{\"status\":\"ok\",\"duration\":\"long\"}", false),
            ("{\"status\":\"ok\",\"check_in_id\":\"7\"}", false),
            ("[\"ok\"]", false),
        ] {
            assert_eq!(check_json(text.as_bytes()).is_ok(), good, "{text}");
        }
    }
}
