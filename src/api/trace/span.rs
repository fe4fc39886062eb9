//! One span in full.

use crate::api::Api;
use crate::api::error::{ApiError, Result};
use crate::api::trace::json::{AttributeJson, AttributeValueJson, SpanJson, SpanLinkJson};
use crate::api::trace::waterfall::{error_json, pin, start_of, time};
use crate::model::ids::{SpanId, TraceId};
use crate::model::span::AttributeValue;

impl Api {
    pub(super) fn span_json(&self, trace: TraceId, id: SpanId) -> Result<SpanJson> {
        let found = self.store.span(trace, id)?.filter(|found| self.sees(found.project));
        let found = found.ok_or_else(ApiError::not_found)?;
        // What its children took of it, and which errors are its own, only the trace tells.
        let known = self.known_of(trace)?;
        let mut forest = known.forest();
        pin(&mut forest, &known.errors);
        let row = forest.row_of(found.project, id);
        let start = start_of(&forest, &known);
        let errors = known.errors.iter().filter(|error| row.is_some() && error.row(&forest) == row);
        let span = found.span;
        Ok(SpanJson {
            id: span.id.to_string(),
            trace_id: span.trace.to_string(),
            parent_id: span.parent.map(|id| id.to_string()),
            status: span.status.as_str().to_owned(),
            kind: span.kind.as_str().to_owned(),
            start: time(span.start_us),
            end: time(span.end_us()),
            duration_ms: span.duration_us as f64 / 1_000.0,
            self_ms: row.map(|row| forest.rows[row].self_us as f64 / 1_000.0),
            project: self.slug_of(found.project),
            service: if span.service.is_empty() { self.slug_of(found.project) } else { span.service },
            errors: errors.map(|error| error_json(error, &forest, start)).collect(),
            sample_factor: span.weight,
            attributes: attributes(span.attributes),
            links: span
                .links
                .into_iter()
                .map(|link| SpanLinkJson {
                    trace_id: link.trace.to_string(),
                    span_id: link.span.to_string(),
                    attributes: attributes(link.attributes),
                })
                .collect(),
            op: span.op,
            name: span.name,
            description: span.description,
            status_word: span.status_word,
            origin: span.origin,
            environment: span.environment,
            release: span.release,
            transaction: span.transaction,
        })
    }
}

fn attributes(attributes: Vec<(String, AttributeValue)>) -> Vec<AttributeJson> {
    let json = |(key, value)| AttributeJson {
        key,
        value: match value {
            AttributeValue::Text(text) | AttributeValue::Json(text) => AttributeValueJson::Text(text),
            AttributeValue::Integer(number) => AttributeValueJson::Integer(number),
            AttributeValue::Double(number) => AttributeValueJson::Double(number),
            AttributeValue::Bool(is) => AttributeValueJson::Bool(is),
        },
    };
    attributes.into_iter().map(json).collect()
}
