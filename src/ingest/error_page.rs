//! `/api/embed/error-page/`: the crash dialog. `GET` answers the script that shows it, `POST` takes what the
//! person wrote as a user report on the event.

use actix_web::HttpResponse;
use serde_json::json;

use crate::ingest::accept::accept;
use crate::ingest::auth::Auth;
use crate::ingest::refusal::Refusal;
use crate::ingest::request::Request;
use crate::ingest::sizes::SMALL_BYTES_MAX;
use crate::model::ids::EventId;
use crate::wire::envelope::{Dsn, Envelope, Item, ItemType};
use actix_web::http::Method;

const SCRIPT: &str = include_str!("error_page.js");
/// Texts that a page may set in the dialog: their names, and what stands there otherwise.
const TEXTS: &[(&str, &str)] = &[
    ("title", "It looks like we\u{2019}re having issues."),
    ("subtitle", "Our team has been notified."),
    ("subtitle2", "If you\u{2019}d like to help, tell us what happened below."),
    ("labelName", "Name"),
    ("labelEmail", "Email"),
    ("labelComments", "What happened?"),
    ("labelClose", "Close"),
    ("labelSubmit", "Submit"),
    ("errorGeneric", "An unknown error occurred while submitting your report. Please try again."),
    ("errorFormEntry", "Some fields were invalid. Please correct the errors and try again."),
    ("successMessage", "Your feedback has been sent. Thank you!"),
    ("name", ""),
    ("email", ""),
];
const TEXT_CHARS_MAX: usize = 500;

pub async fn handle(request: &mut Request<'_>) -> Result<HttpResponse, Refusal> {
    let dsn: Option<Dsn> = request.query("dsn").and_then(|dsn| dsn.parse().ok());
    let dsn = dsn.ok_or_else(|| Refusal::not_found("unknown dsn"))?;
    let origin = request
        .check(Auth::from_dsn(dsn), Some(dsn.project))
        .map_err(|_| Refusal::not_found("unknown dsn"))?;
    let event_id: Option<EventId> = request.query("eventId").and_then(|id| id.parse().ok());
    let event_id = event_id.ok_or_else(|| Refusal::malformed("missing or invalid eventId"))?;
    if request.http.method() == Method::GET {
        return Ok(HttpResponse::Ok().content_type("text/javascript; charset=utf-8").body(script(request)));
    }

    let form = request.body.read(SMALL_BYTES_MAX, "user_report").await?;
    let field = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(&form);
        let value = pairs.find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned());
        value.unwrap_or_default()
    };
    let (name, email, comments) = (field("name"), field("email"), field("comments"));
    let mut errors = serde_json::Map::new();
    for (key, value) in [("name", &name), ("comments", &comments)] {
        if value.is_empty() {
            errors.insert(key.to_owned(), json!(["This field is required."]));
        }
    }
    if !is_email(&email) {
        errors.insert("email".to_owned(), json!(["Enter a valid email address."]));
    }
    if !errors.is_empty() {
        return Ok(HttpResponse::BadRequest().json(json!({ "errors": errors })));
    }
    let report = json!({"event_id": event_id, "name": name, "email": email, "comments": comments});
    let mut envelope = Envelope::default();
    envelope.headers.event_id = Some(event_id);
    envelope.items.push(Item::new(ItemType::UserReport, report.to_string().into()));
    let taken = accept(request.ingest, &origin, &mut request.body.lease, envelope).await?;
    taken.or_limited()?;
    Ok(HttpResponse::Ok().json(json!({})))
}

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(user, host)| {
        !user.is_empty() && !host.is_empty() && !text.contains(char::is_whitespace)
    })
}

/// The script with its options put in as JSON that is safe inside a script.
fn script(request: &Request<'_>) -> String {
    let text = |name: &str, default: &str| {
        let given = request.query(name).filter(|given| !given.is_empty());
        given.map_or_else(|| default.to_owned(), |given| given.chars().take(TEXT_CHARS_MAX).collect())
    };
    let mut options: serde_json::Map<_, _> =
        TEXTS.iter().map(|(name, default)| ((*name).to_owned(), text(name, default).into())).collect();
    let query = request.http.query_string();
    let endpoint = format!("{}/api/embed/error-page/?{query}", request.ingest.url);
    options.insert("endpoint".into(), endpoint.into());
    SCRIPT.replace("__OPTIONS__", &for_script(&serde_json::Value::Object(options).to_string()))
}

/// `</script>` and line separators cannot end the literal they stand in.
fn for_script(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::{for_script, is_email};

    #[test]
    fn literals_cannot_be_left() {
        assert_eq!(for_script("{\"a\":\"</script>\u{2028}\"}"), "{\"a\":\"\\u003c/script>\\u2028\"}");
    }

    #[test]
    fn emails() {
        for (text, good) in
            [("a@b", true), ("a@b.c", true), ("", false), ("a", false), ("@b", false), ("a b@c", false)]
        {
            assert_eq!(is_email(text), good, "{text}");
        }
    }
}
