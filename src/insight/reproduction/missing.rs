//! What an event does not say, and what makes its SDK say it.

use serde_json::Value;

use crate::insight::reproduction::Known;
use crate::insight::reproduction::inputs::frames;
use crate::insight::reproduction::setting::{Surroundings, is_hash};
use crate::insight::reproduction::steps::is_page;
use crate::model::event::Event;

/// How an SDK is told to send requests whole, and locals: by the event's platform.
struct Settings {
    platforms: &'static [&'static str],
    body: &'static str,
    locals: Option<&'static str>,
}

const SETTINGS: [Settings; 5] = [
    Settings {
        platforms: &["node", "javascript"],
        body: "set `sendDefaultPii: true` in `Sentry.init`",
        locals: Some("set `includeLocalVariables: true` in `Sentry.init`"),
    },
    Settings {
        platforms: &["python"],
        body: "set `send_default_pii=True` and `max_request_body_size=\"medium\"` in `sentry_sdk.init`",
        locals: Some("set `include_local_variables=True` in `sentry_sdk.init`"),
    },
    Settings {
        platforms: &["ruby"],
        body: "set `config.send_default_pii = true`",
        locals: Some("set `config.include_local_variables = true`"),
    },
    Settings {
        platforms: &["php"],
        body: "set `send_default_pii` and `max_request_body_size`",
        locals: None,
    },
    Settings {
        platforms: &["go", "java", "csharp", "elixir"],
        body: "set its option to send personal data (`SendDefaultPii`, `send-default-pii`)",
        locals: None,
    },
];

pub(super) fn sentences(event: &Event, known: &Known<'_>) -> Vec<String> {
    let settings = SETTINGS.iter().find(|settings| settings.platforms.contains(&event.platform.as_str()));
    let mut missing: Vec<String> = Vec::new();
    match &event.request {
        None => missing.push(
            "The event has no request: it happened outside of one, or its SDK watches none.".to_owned(),
        ),
        Some(request) => {
            let method = request.method.as_deref().unwrap_or("GET");
            let has_body = request.data.as_ref().is_some_and(|data| *data != Value::Null);
            if !has_body && matches!(method, "POST" | "PUT" | "PATCH") {
                let how = settings.map(|settings| format!(": {}", settings.body)).unwrap_or_default();
                missing.push(format!("The SDK sent no request body{how}."));
            }
            if request.headers.is_empty() && !is_page(event) {
                missing.push("The SDK sent no headers of the request.".to_owned());
            }
        }
    }
    if event.breadcrumbs.is_empty() {
        missing.push("There are no breadcrumbs: what happened before is not known.".to_owned());
    }
    let mut own = frames(event).peekable();
    if own.peek().is_some()
        && own.all(|frame| frame.vars.is_empty())
        && let Some(how) = settings.and_then(|settings| settings.locals).filter(|_| !is_page(event))
    {
        missing.push(format!("No local variables were sent: {how}."));
    }
    match event.release.as_deref() {
        None => missing.push(
            "The event names no release: set `release` in the SDK to know which code it was.".to_owned(),
        ),
        Some(release) if known.checkouts.is_empty() && !is_hash(release) => missing.push(
            "No commit is known of its release: name it with `sentry-cli releases set-commits`.".to_owned(),
        ),
        Some(_) => {}
    }
    let surroundings = Surroundings::of(event);
    if surroundings.runtime.is_none() && surroundings.browser.is_none() {
        missing.push("Neither a runtime nor a browser is told.".to_owned());
    }
    if surroundings.timezone.is_none() {
        missing.push("Its time zone is not told.".to_owned());
    }
    missing
}
