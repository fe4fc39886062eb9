//! `entries`: what an event says, one entry an interface, in the shape of Sentry's API.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::event_json::frames::{StacktraceJson, stacktrace_json, template_context};
use crate::api::when;
use crate::model::event::{Breadcrumb, Event, Exception, LogEntry, Mechanism, Request, Template, Thread};

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
pub enum Entry {
    Exception(ExceptionsJson),
    Stacktrace(StacktraceJson),
    Threads(ThreadsJson),
    Message(MessageJson),
    Breadcrumbs(BreadcrumbsJson),
    Request(RequestJson),
    Template(TemplateJson),
    /// A browser's report, as it was sent.
    Csp(BTreeMap<String, Value>),
    Debugmeta(DebugMetaJson),
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionsJson {
    /// Root cause first.
    pub values: Vec<ExceptionJson>,
    pub exc_omitted: Option<(u64, u64)>,
    pub has_system_frames: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionJson {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub value: Option<String>,
    pub module: Option<String>,
    /// A number or a string, as sent.
    pub thread_id: Option<Value>,
    pub mechanism: Option<MechanismJson>,
    pub stacktrace: Option<StacktraceJson>,
    pub raw_stacktrace: Option<StacktraceJson>,
}

/// Its keys are the SDK's own.
#[derive(Serialize, ToSchema)]
pub struct MechanismJson {
    #[serde(rename = "type")]
    pub kind: String,
    pub handled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synthetic: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help_link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_exception_group: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub meta: BTreeMap<String, Value>,
}

#[derive(Serialize, ToSchema)]
pub struct ThreadsJson {
    pub values: Vec<ThreadJson>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreadJson {
    /// A number or a string, as sent.
    pub id: Option<Value>,
    pub name: Option<String>,
    pub crashed: Option<bool>,
    pub current: Option<bool>,
    pub main: Option<bool>,
    pub state: Option<String>,
    pub stacktrace: Option<StacktraceJson>,
    pub raw_stacktrace: Option<StacktraceJson>,
}

#[derive(Serialize, ToSchema)]
pub struct MessageJson {
    pub formatted: String,
    /// The template, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<Value>,
}

#[derive(Serialize, ToSchema)]
pub struct BreadcrumbsJson {
    /// Oldest first.
    pub values: Vec<BreadcrumbJson>,
}

#[derive(Serialize, ToSchema)]
pub struct BreadcrumbJson {
    #[serde(rename = "type")]
    pub kind: String,
    pub timestamp: Option<String>,
    pub level: String,
    pub message: Option<String>,
    pub category: Option<String>,
    pub data: Option<BTreeMap<String, Value>>,
    pub event_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestJson {
    pub url: Option<String>,
    pub method: Option<String>,
    pub fragment: Option<String>,
    /// Pairs, in the order sent; keys may repeat.
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub cookies: Vec<(String, String)>,
    /// The body: a text or any JSON.
    pub data: Option<Value>,
    pub inferred_content_type: Option<String>,
    pub env: BTreeMap<String, Value>,
    pub api_target: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateJson {
    pub filename: Option<String>,
    pub abs_path: Option<String>,
    pub line_no: Option<u64>,
    pub context: Vec<(u64, String)>,
}

#[derive(Serialize, ToSchema)]
pub struct DebugMetaJson {
    /// As sent.
    pub images: Vec<BTreeMap<String, Value>>,
}

/// In the order in which Sentry's page shows them.
pub fn entries(event: &Event) -> Vec<Entry> {
    let mut entries = Vec::new();
    if let Some(message) = event.logentry.as_ref().and_then(message_json) {
        entries.push(Entry::Message(message));
    }
    if !event.exceptions.is_empty() {
        entries.push(Entry::Exception(exceptions_json(&event.exceptions)));
    }
    if let Some(stacktrace) = &event.stacktrace {
        entries.push(Entry::Stacktrace(stacktrace_json(stacktrace)));
    }
    if !event.threads.is_empty() {
        let values = event.threads.iter().map(thread_json).collect();
        entries.push(Entry::Threads(ThreadsJson { values }));
    }
    if let Some(template) = &event.template {
        entries.push(Entry::Template(template_json(template)));
    }
    if let Some(report) = &event.security {
        entries.push(Entry::Csp(report.clone()));
    }
    if !event.breadcrumbs.is_empty() {
        let values = event.breadcrumbs.iter().map(breadcrumb_json).collect();
        entries.push(Entry::Breadcrumbs(BreadcrumbsJson { values }));
    }
    if let Some(request) = &event.request {
        entries.push(Entry::Request(request_json(request)));
    }
    if !event.debug_images.is_empty() {
        entries.push(Entry::Debugmeta(DebugMetaJson { images: event.debug_images.clone() }));
    }
    entries
}

fn message_json(entry: &LogEntry) -> Option<MessageJson> {
    let formatted = entry.formatted.clone().or_else(|| entry.message.clone())?;
    let message = entry.message.clone().filter(|message| *message != formatted);
    Some(MessageJson { formatted, message, params: entry.params.clone() })
}

fn exceptions_json(exceptions: &[Exception]) -> ExceptionsJson {
    let values: Vec<_> = exceptions.iter().map(exception_json).collect();
    let stacktraces = values.iter().filter_map(|exception| exception.stacktrace.as_ref());
    let has_system_frames = stacktraces.into_iter().any(|stacktrace| stacktrace.has_system_frames);
    ExceptionsJson { values, exc_omitted: None, has_system_frames }
}

fn exception_json(exception: &Exception) -> ExceptionJson {
    ExceptionJson {
        kind: exception.kind.clone(),
        value: exception.value.clone(),
        module: exception.module.clone(),
        thread_id: exception.thread_id.clone(),
        mechanism: exception.mechanism.as_ref().map(mechanism_json),
        stacktrace: exception.stacktrace.as_ref().map(stacktrace_json),
        raw_stacktrace: exception.raw_stacktrace.as_ref().map(stacktrace_json),
    }
}

fn mechanism_json(mechanism: &Mechanism) -> MechanismJson {
    let Mechanism {
        kind,
        description,
        help_link,
        handled,
        synthetic,
        exception_id,
        parent_id,
        is_exception_group,
        source,
        data,
        meta,
    } = mechanism.clone();
    MechanismJson {
        kind,
        handled,
        synthetic,
        description,
        help_link,
        exception_id,
        parent_id,
        is_exception_group,
        source,
        data,
        meta,
    }
}

fn thread_json(thread: &Thread) -> ThreadJson {
    ThreadJson {
        id: thread.id.clone(),
        name: thread.name.clone(),
        crashed: thread.crashed,
        current: thread.current,
        main: thread.main,
        state: thread.state.clone(),
        stacktrace: thread.stacktrace.as_ref().map(stacktrace_json),
        raw_stacktrace: thread.raw_stacktrace.as_ref().map(stacktrace_json),
    }
}

fn breadcrumb_json(breadcrumb: &Breadcrumb) -> BreadcrumbJson {
    BreadcrumbJson {
        kind: breadcrumb.kind.clone().unwrap_or_else(|| "default".into()),
        timestamp: breadcrumb.timestamp.map(when),
        level: breadcrumb.level.map_or("info", crate::model::event::Level::as_str).to_owned(),
        message: breadcrumb.message.clone(),
        category: breadcrumb.category.clone(),
        data: Some(breadcrumb.data.clone()).filter(|data| !data.is_empty()),
        event_id: breadcrumb.event_id.clone(),
    }
}

fn request_json(request: &Request) -> RequestJson {
    let Request { url, method, query, fragment, headers, cookies, data, inferred_content_type, env } =
        request.clone();
    RequestJson {
        url,
        method,
        fragment,
        query,
        headers,
        cookies,
        data,
        inferred_content_type,
        env,
        api_target: None,
    }
}

fn template_json(template: &Template) -> TemplateJson {
    TemplateJson {
        filename: template.filename.clone(),
        abs_path: template.abs_path.clone(),
        line_no: template.lineno,
        context: template_context(template),
    }
}
