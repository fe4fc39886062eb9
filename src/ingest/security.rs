//! `{pid}/security/`, `{pid}/csp-report/`, `{pid}/nel/`: what browsers report on their own. Each report is an
//! event of its own, so a list of them becomes as many envelopes.

use actix_web::HttpResponse;
use bytes::Bytes;
use futures_util::future::join_all;
use serde_json::value::RawValue;

use crate::ingest::accept::{accept, refuse_items};
use crate::ingest::json;
use crate::ingest::refusal::Refusal;
use crate::ingest::request::{Origin, Request};
use crate::ingest::sizes::EVENT_BYTES_MAX;
use crate::ingest::triage;
use crate::model::ids::ProjectId;
use crate::wire::envelope::{Envelope, Item, ItemHeaders, ItemType};

/// Reports in one request; browsers send a handful.
const REPORTS_MAX: usize = 100;

const SECURITY_TYPES: &[&str] = &[
    "application/json",
    "application/csp-report",
    "application/reports+json",
    "application/expect-ct-report",
    "application/expect-ct-report+json",
    "application/expect-staple-report",
];
const NEL_TYPES: &[&str] = &["application/json", "application/reports+json"];

pub async fn handle(request: &mut Request<'_>, project: ProjectId) -> Result<HttpResponse, Refusal> {
    take(request, project, &ItemType::RawSecurity, SECURITY_TYPES).await
}

pub async fn handle_nel(request: &mut Request<'_>, project: ProjectId) -> Result<HttpResponse, Refusal> {
    take(request, project, &ItemType::Nel, NEL_TYPES).await
}

async fn take(
    request: &mut Request<'_>,
    project: ProjectId,
    ty: &ItemType,
    content_types: &[&str],
) -> Result<HttpResponse, Refusal> {
    let origin = request.authorize(Some(project), None)?;
    if !content_types.contains(&request.content_type().as_str()) {
        return Err(Refusal::unsupported_media_type(format!("expected one of {}", content_types.join(", "))));
    }
    let body = request.body.read(EVENT_BYTES_MAX, "raw_security").await?;
    let release = request.query("sentry_release");
    let environment = request.query("sentry_environment");
    let reports = split(&body)?;
    // All are judged before any is kept.
    for report in &reports {
        if let Err(reason) = json::check_object(report, false) {
            let categories = vec![(triage::category(&ItemHeaders::new(ty.clone())), 1); reports.len()];
            let refusal = Refusal::malformed(reason);
            return Err(refuse_items(request.ingest, origin.project.id, &categories, refusal));
        }
    }
    let envelopes = reports.into_iter().map(|report| {
        let mut item = Item::new(ty.clone(), report);
        item.headers.sentry_release.clone_from(&release);
        item.headers.sentry_environment.clone_from(&environment);
        Envelope { items: vec![item], ..Envelope::default() }
    });
    append_all(request, &origin, envelopes.collect()).await?;
    Ok(HttpResponse::Ok().finish())
}

/// All at once, so that they share one write to the disk.
async fn append_all(
    request: &mut Request<'_>,
    origin: &Origin,
    envelopes: Vec<Envelope>,
) -> Result<(), Refusal> {
    let (ingest, lease) = (request.ingest, &request.body.lease);
    let all = envelopes.into_iter().map(|envelope| async move {
        let mut lease = lease.sibling();
        accept(ingest, origin, &mut lease, envelope).await?.or_limited()
    });
    join_all(all).await.into_iter().try_for_each(|result| result.map(drop))
}

/// One report, or the reports of a list.
fn split(body: &Bytes) -> Result<Vec<Bytes>, Refusal> {
    if !body.trim_ascii_start().starts_with(b"[") {
        return Ok(vec![body.clone()]);
    }
    let malformed = |error: serde_json::Error| Refusal::malformed("invalid JSON").with_cause(error);
    let reports: Vec<&RawValue> = serde_json::from_slice(body).map_err(malformed)?;
    if reports.len() > REPORTS_MAX {
        return Err(Refusal::too_large("raw_security"));
    }
    Ok(reports.iter().map(|report| body.slice_ref(report.get().as_bytes())).collect())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::split;

    #[test]
    fn one_or_many() {
        let run = |text: &'static str| split(&Bytes::from_static(text.as_bytes()));
        assert_eq!(run("{\"csp-report\":{}}").expect("one"), ["{\"csp-report\":{}}"]);
        assert_eq!(run(" [ {\"a\":1}, {} ]").expect("two"), ["{\"a\":1}", "{}"]);
        assert_eq!(run("[]").expect("none").len(), 0);
        assert_eq!(run("[{]").expect_err("malformed").status, 400);
        let many = Bytes::from(format!("[{}{{}}]", "{},".repeat(100)));
        assert_eq!(split(&many).expect_err("too many").status, 413);
    }
}
