//! Stack frames from what stories say of them.
//!
//! `placeOrder @ routes/checkout.js | await payments.charge(` is the line of the shop's source that holds the text
//! behind the bar, in a function of that name; `+express` are the frames of a library. Line numbers are looked up, so
//! that a stack cannot point beside its source.

use serde_json::{Map, Value, json};
use toml::Table;

use crate::demo::fill::Filler;
use crate::demo::service::Service;
use crate::demo::sources::{LibraryFrame, Sources};
use crate::demo::story::Frame;
use crate::demo::{Flaw, Result};

/// Where the built web app is served from.
const WEB_ROOT: &str = "https://www.pinecone.example/assets";
const API_ROOT: &str = "/srv/api/src";
const WORKER_ROOT: &str = "/srv/worker";

pub fn frames(
    sources: &Sources,
    service: Service,
    frames: &[Frame],
    filler: &mut Filler,
) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    for frame in frames {
        let (place, vars) = match frame {
            Frame::Place(place) => (place, None),
            Frame::WithLocals { at, vars } => (at, Some(vars)),
        };
        match place.strip_prefix('+') {
            Some(name) => found.extend(sources.library(name)?.iter().map(|frame| library(service, frame))),
            None => found.push(own(sources, service, place, vars, filler)?),
        }
    }
    Ok(found)
}

fn own(
    sources: &Sources,
    service: Service,
    place: &str,
    vars: Option<&Table>,
    filler: &mut Filler,
) -> Result<Value> {
    let parts =
        place.split_once(" @ ").and_then(|(function, rest)| Some((function, rest.split_once(" | ")?)));
    let (function, (path, needle)) =
        parts.ok_or_else(|| Flaw(format!("expected `FUNCTION @ PATH | TEXT`: {place}")))?;
    let line = sources.line(service, path, needle)?;
    let mut frame = Map::new();
    frame.insert("function".into(), function.into());
    frame.insert("lineno".into(), line.number.into());
    frame.insert("pre_context".into(), json!(line.before));
    frame.insert("context_line".into(), line.text.into());
    frame.insert("post_context".into(), json!(line.after));
    frame.insert("in_app".into(), true.into());
    match service {
        Service::Web => {
            frame.insert("filename".into(), format!("{WEB_ROOT}/{path}").into());
            frame.insert("colno".into(), line.column.into());
        }
        Service::Api => {
            frame.insert("filename".into(), format!("{API_ROOT}/{path}").into());
            frame.insert("module".into(), path.trim_end_matches(".js").replace('/', ":").into());
            frame.insert("colno".into(), line.column.into());
        }
        Service::Worker => {
            frame.insert("filename".into(), path.into());
            frame.insert("abs_path".into(), format!("{WORKER_ROOT}/{path}").into());
            frame.insert("module".into(), path.trim_end_matches(".py").replace('/', ".").into());
        }
    }
    if let Some(vars) = vars {
        frame.insert("vars".into(), filler.table(vars)?);
    }
    Ok(frame.into())
}

fn library(service: Service, known: &LibraryFrame) -> Value {
    let mut frame = Map::new();
    frame.insert("function".into(), known.function.clone().into());
    frame.insert("lineno".into(), known.line.into());
    frame.insert("in_app".into(), false.into());
    let path = &known.path;
    if service == Service::Worker {
        // Python's SDK shortens the path to below the folder that is searched for modules.
        let short = path.rsplit_once("site-packages/").or_else(|| path.rsplit_once("python3.12/"));
        frame.insert("filename".into(), short.map_or(path.as_str(), |(_, short)| short).into());
        frame.insert("abs_path".into(), path.clone().into());
    } else {
        frame.insert("filename".into(), path.clone().into());
    }
    let optional = [
        ("module", known.module.clone().map(Value::from)),
        ("colno", known.column.map(Value::from)),
        ("context_line", known.code.clone().map(Value::from)),
    ];
    frame.extend(optional.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    frame.into()
}
