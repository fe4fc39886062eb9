//! An event as a recipe to make it happen again, here: the request, the steps, the environment, the inputs. One block for a shell.
//!
//! Everything in an event was written by somebody else. The block holds nothing that a shell or a terminal would interpret
//! (`shell`), and no secret (`secrets`). The same event makes the same bytes.

use serde::Serialize;
use utoipa::ToSchema;

use crate::insight::reproduction::secrets::Placeholders;
use crate::insight::reproduction::shell::{here_document, line};
use crate::model::event::Event;

pub use crate::insight::reproduction::secrets::Placeholder;

pub(crate) mod inputs;
mod missing;
mod request;
mod secrets;
pub(crate) mod setting;
pub(crate) mod shell;
pub(crate) mod steps;

#[cfg(test)]
mod tests;

const TITLE_CHARS_MAX: usize = 200;
/// What fits a screen of reasons; more would hide what is there.
const MISSING_MAX: usize = 8;

/// What is known besides the event.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The newest commit of each repository of the event's release.
    pub checkouts: &'a [Checkout],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// `acme/shop`.
    pub repository: Option<String>,
    pub commit: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reproduction {
    /// Those of `request`, `steps`, `environment`, `inputs` that there is something of, in this order.
    pub sections: Vec<Section>,
    /// All of it as one block that a shell reads: what is told in here-documents, then commands.
    pub text: String,
    /// Secrets that were left out, in the order in which they stand in it.
    pub placeholders: Vec<Placeholder>,
    /// What is not known, in sentences.
    pub missing: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReproductionSection)]
pub struct Section {
    pub name: &'static str,
    pub title: &'static str,
    pub text: String,
    /// `shell`, `text` or `json`.
    pub language: &'static str,
}

pub fn reproduce(event: &Event, known: &Known<'_>) -> Reproduction {
    let mut secrets = Placeholders::default();
    let mut missing = Vec::new();
    let curl = event.request.as_ref().map(|request| request::curl(request, &mut secrets, &mut missing));
    let curl = match curl {
        Some(Ok(curl)) => Some(curl),
        Some(Err(why)) => {
            missing.push(why.to_owned());
            None
        }
        None => None,
    };
    let steps = steps::text(event, &format!("Then: {}", title(event)));
    let setting = setting::text(event, known);
    let inputs = inputs::value(event, &mut secrets).map(|(value, is_cut)| {
        if is_cut {
            missing.push("Inputs are cut: the event has them whole.".to_owned());
        }
        shown(&format!("{value:#}"))
    });
    missing.extend(missing::sentences(event, known));
    missing.truncate(MISSING_MAX);
    let placeholders = secrets.into_list();
    let mut head = vec![title(event), format!("Event {}", event.event_id)];
    if let Some(curl) = &curl {
        head.push(format!(
            "The request goes to {}: to try it here, put your own host in its place.",
            curl.host
        ));
    }
    let first =
        placeholders.iter().map(|placeholder| format!("{} ({})", &placeholder.name[1..], placeholder.from));
    let first: Vec<String> = first.collect();
    if !first.is_empty() {
        head.push(format!("Set first: {}.", first.join(", ")));
    }
    head.extend(missing.iter().cloned());

    let mut blocks = vec![here_document("REPRODUCE", &head.join("\n"))];
    blocks.extend(setting.clone());
    blocks.extend(steps.as_deref().map(|steps| here_document("STEPS", steps)));
    blocks.extend(inputs.as_deref().map(|inputs| here_document("INPUTS", inputs)));
    blocks.extend(curl.as_ref().map(|curl| curl.text.clone()));
    let section = |name, title, text: Option<String>, language| {
        text.map(|text| Section { name, title, text, language })
    };
    let sections = [
        section("request", "The request", curl.map(|curl| curl.text), "shell"),
        section("steps", "Steps", steps, "text"),
        section("environment", "Environment", setting, "shell"),
        section("inputs", "Inputs", inputs, "json"),
    ];
    let text = format!("{}\n", blocks.join("\n\n"));
    Reproduction { sections: sections.into_iter().flatten().collect(), text, placeholders, missing }
}

/// What happened, on one line.
fn title(event: &Event) -> String {
    let exception = event.main_exception.and_then(|index| event.exceptions.get(index));
    let exception = exception.or_else(|| event.exceptions.last());
    let message =
        event.logentry.as_ref().and_then(|entry| entry.formatted.as_deref().or(entry.message.as_deref()));
    let text = match exception.map(|exception| (exception.kind.as_deref(), exception.value.as_deref())) {
        Some((Some(kind), Some(value))) => format!("{kind}: {value}"),
        Some((Some(only), None) | (None, Some(only))) => only.to_owned(),
        _ => message.unwrap_or("an event without a message").to_owned(),
    };
    line(&text, TITLE_CHARS_MAX)
}

/// JSON escapes control characters by itself, but neither those above ASCII nor what turns the direction of writing.
fn shown(json: &str) -> String {
    json.lines().map(shell::without_signs).collect::<Vec<_>>().join("\n")
}
