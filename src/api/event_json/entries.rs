//! `entries`: what an event says, one entry an interface, in the shape of Sentry's API.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, SchemaType};
use utoipa::openapi::{ObjectBuilder, Type};

use crate::api::event_json::frames::{StacktraceJson, stacktrace_json, template_context};
use crate::api::when;
use crate::model::event::{
    Breadcrumb, Event, Exception, Level, LogEntry, Mechanism, Request, Template, Thread,
};

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
    #[schema(required)]
    pub exc_omitted: Option<(u64, u64)>,
    pub has_system_frames: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionJson {
    #[serde(rename = "type")]
    #[schema(required)]
    pub kind: Option<String>,
    #[schema(required)]
    pub value: Option<String>,
    #[schema(required)]
    pub module: Option<String>,
    /// A number or a string, as sent.
    #[schema(required, schema_with = number_or_text)]
    pub thread_id: Option<Value>,
    #[schema(required)]
    pub mechanism: Option<MechanismJson>,
    #[schema(required)]
    pub stacktrace: Option<StacktraceJson>,
    #[schema(required)]
    pub raw_stacktrace: Option<StacktraceJson>,
}

/// Its keys are the SDK's own.
#[derive(Serialize, ToSchema)]
pub struct MechanismJson {
    #[serde(rename = "type")]
    pub kind: String,
    #[schema(required)]
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
    #[schema(required, schema_with = number_or_text)]
    pub id: Option<Value>,
    #[schema(required)]
    pub name: Option<String>,
    #[schema(required)]
    pub crashed: Option<bool>,
    #[schema(required)]
    pub current: Option<bool>,
    #[schema(required)]
    pub main: Option<bool>,
    #[schema(required)]
    pub state: Option<String>,
    #[schema(required)]
    pub stacktrace: Option<StacktraceJson>,
    #[schema(required)]
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
    #[schema(required)]
    pub timestamp: Option<String>,
    pub level: Level,
    #[schema(required)]
    pub message: Option<String>,
    #[schema(required)]
    pub category: Option<String>,
    #[schema(required)]
    pub data: Option<BTreeMap<String, Value>>,
    #[schema(required)]
    pub event_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestJson {
    #[schema(required)]
    pub url: Option<String>,
    #[schema(required)]
    pub method: Option<String>,
    #[schema(required)]
    pub fragment: Option<String>,
    /// Pairs, in the order sent; keys may repeat.
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub cookies: Vec<(String, String)>,
    /// The body: a text or any JSON.
    #[schema(required)]
    pub data: Option<Value>,
    #[schema(required)]
    pub inferred_content_type: Option<String>,
    pub env: BTreeMap<String, Value>,
    #[schema(required)]
    pub api_target: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplateJson {
    #[schema(required)]
    pub filename: Option<String>,
    #[schema(required)]
    pub abs_path: Option<String>,
    #[schema(required)]
    pub line_no: Option<u64>,
    pub context: Vec<(u64, String)>,
}

#[derive(Serialize, ToSchema)]
pub struct DebugMetaJson {
    /// As sent.
    pub images: Vec<BTreeMap<String, Value>>,
}

/// A thread's id; `null` where there is none.
fn number_or_text() -> Object {
    let kinds = SchemaType::from_iter([Type::Integer, Type::String, Type::Null]);
    ObjectBuilder::new().schema_type(kinds).build()
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
        level: breadcrumb.level.unwrap_or(Level::Info),
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
