//! A trace as columns. Ten thousand rows are written without copying one text.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::api::error::{ApiError, Result};
use crate::api::trace::json::{
    RowsJson, ServiceJson, TraceErrorJson, TraceLogJson, VitalJson, WaterfallJson,
};
use crate::api::trace::known::{Known, TraceError};
use crate::api::{Api, when};
use crate::insight::trace::vitals::{self, Vital};
use crate::insight::trace::{Forest, Service};
use crate::model::ids::TraceId;
use crate::store::FoundLog;

/// Spans that are read in full for what they say of the page's load.
const VITAL_SPANS_MAX: usize = 8;

/// Texts by number, each once.
#[derive(Default)]
struct Words<'a> {
    all: Vec<&'a str>,
    known: HashMap<&'a str, u32>,
}

impl<'a> Words<'a> {
    fn number(&mut self, word: &'a str) -> u32 {
        *self.known.entry(word).or_insert_with(|| {
            self.all.push(word);
            u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

impl Api {
    pub(super) fn waterfall_body(&self, trace: TraceId) -> Result<Vec<u8>> {
        let known = self.known_of(trace)?;
        if known.is_empty() {
            return Err(ApiError::not_found());
        }
        let mut forest = known.forest();
        pin(&mut forest, &known.errors);
        let vitals = self.vitals_of(trace, &forest)?;
        let waterfall = WaterfallJson {
            logs: known
                .logs
                .iter()
                .map(|found| log_json(found, &forest, start_of(&forest, &known)))
                .collect(),
            logs_total: known.logs.len(),
            vitals: vitals.into_iter().map(VitalJson::of).collect(),
            ..self.waterfall(trace, &forest, &known)
        };
        serde_json::to_vec(&waterfall).map_err(|error| ApiError::internal(&error))
    }

    /// Rows, services and errors; no logs, no vitals.
    pub(super) fn waterfall<'a>(
        &self,
        trace: TraceId,
        forest: &Forest<'a>,
        known: &Known,
    ) -> WaterfallJson<'a> {
        let start = start_of(forest, known);
        let mut words = Words::default();
        let rows = rows_json(forest, start, &mut words);
        WaterfallJson {
            trace_id: trace.to_string(),
            start: time(start),
            duration_us: forest.duration_us,
            span_count: known.spans.len(),
            truncated: known.is_cut,
            services: forest.services.iter().map(|service| self.service_json(service)).collect(),
            words: words.all,
            rows,
            errors: known.errors.iter().map(|error| error_json(error, forest, start)).collect(),
            logs: Vec::new(),
            logs_total: known.logs.len(),
            vitals: Vec::new(),
        }
    }

    /// What a service is called: where its spans name none, as its project.
    pub(super) fn service_name(&self, service: &Service<'_>) -> String {
        if service.name.is_empty() { self.slug_of(service.project) } else { service.name.to_owned() }
    }

    fn service_json(&self, service: &Service<'_>) -> ServiceJson {
        let project = self.find_project(service.project);
        ServiceJson {
            name: self.service_name(service),
            project: project.as_ref().map(|project| project.slug.clone()).unwrap_or_default(),
            project_id: service.project.0,
            platform: project.and_then(|project| project.platform.clone()),
            spans: service.spans,
            errors: service.errors,
            skew_us: service.skew_us,
        }
    }

    /// Those of the first page loads.
    fn vitals_of(&self, trace: TraceId, forest: &Forest<'_>) -> Result<Vec<Vital>> {
        let mut all = Vec::new();
        let spans = forest.rows.iter().filter_map(|row| Some(forest.spans[row.span? as usize]));
        for node in spans.filter(|node| vitals::may_have(&node.span.op)).take(VITAL_SPANS_MAX) {
            let found = self.store.span(trace, node.span.id)?.filter(|found| found.project == node.project);
            vitals::add(
                &mut all,
                found.map(|found| vitals::vitals(&found.span.attributes)).unwrap_or_default(),
            );
        }
        Ok(all)
    }
}

/// Marks the rows that errors happened in.
pub(super) fn pin(forest: &mut Forest<'_>, errors: &[TraceError]) {
    for error in errors {
        if let Some(row) = error.row(forest) {
            forest.pin_error(row);
        }
    }
}

/// Where no span arrived, the first of what else is known.
pub(super) fn start_of(forest: &Forest<'_>, known: &Known) -> i64 {
    if !forest.rows.is_empty() {
        return forest.start_us;
    }
    let errors = known.errors.iter().map(TraceError::at_us);
    errors.chain(known.logs.iter().map(|found| found.log.at_us)).min().unwrap_or(0)
}

/// Microseconds since 1970, as ISO 8601.
pub(super) fn time(us: i64) -> String {
    Timestamp::from_microsecond(us).map(when).unwrap_or_default()
}

fn rows_json<'a>(forest: &Forest<'a>, start_us: i64, words: &mut Words<'a>) -> RowsJson {
    let rows = &forest.rows;
    let mut json = RowsJson::default();
    let nothing = words.number("");
    for row in rows {
        let node = row.span.map(|span| forest.spans[span as usize].span);
        json.id.push(node.map(|span| hex::encode(span.id.0)).unwrap_or_default());
        json.parent.push(row.parent.map_or(-1, i64::from));
        json.depth.push(row.depth);
        json.descendants.push(row.descendants);
        json.service.push(row.service);
        json.start.push(row.start_us.saturating_sub(start_us));
        json.duration.push(row.duration_us);
        json.op.push(node.map_or(nothing, |span| words.number(&span.op)));
        json.name.push(node.map_or(nothing, |span| words.number(&span.name)));
        json.description.push(node.map_or(nothing, |span| words.number(&span.description)));
        json.flags.push(row.flags);
    }
    json
}

fn place(row: Option<usize>) -> i64 {
    row.and_then(|row| i64::try_from(row).ok()).unwrap_or(-1)
}

/// Its time is corrected as its span's is.
pub(super) fn error_json(error: &TraceError, forest: &Forest<'_>, start_us: i64) -> TraceErrorJson {
    let row = error.row(forest);
    let skew = row.and_then(|row| forest.services[forest.rows[row].service as usize].skew_us);
    TraceErrorJson {
        row: place(row),
        event_id: error.place.event_id.to_string(),
        issue_id: error.place.issue.to_string(),
        short_id: error.short_id.clone(),
        title: error.issue.headline.title.clone(),
        level: error.issue.headline.level.as_str().to_owned(),
        project: error.slug.clone(),
        offset_us: error.at_us().saturating_add(skew.unwrap_or(0)).saturating_sub(start_us),
    }
}

fn log_json(found: &FoundLog, forest: &Forest<'_>, start_us: i64) -> TraceLogJson {
    let log = &found.log;
    let service = forest
        .services
        .iter()
        .position(|service| service.project == found.project && service.name == log.service);
    let skew = service.and_then(|service| forest.services[service].skew_us).unwrap_or(0);
    TraceLogJson {
        row: place(log.span.and_then(|span| forest.row_of(found.project, span))),
        offset_us: log.at_us.saturating_add(skew).saturating_sub(start_us),
        level: log.level.as_str().to_owned(),
        body: log.body.clone(),
        service: place(service),
    }
}

impl VitalJson {
    fn of(vital: Vital) -> Self {
        let Vital { name, value, unit, rating } = vital;
        Self { name, value, unit, rating }
    }
}
