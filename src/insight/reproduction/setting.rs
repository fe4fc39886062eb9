//! The environment that an event happened in: what a shell can set, and what is told for people to set.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::insight::reproduction::shell::{here_document, line, quoted};
use crate::insight::reproduction::{Checkout, Known};
use crate::insight::words;
use crate::model::event::{Event, Frame};

const TEXT_CHARS_MAX: usize = 120;
/// Libraries that are named; all that differ are in a comparison.
const LIBRARIES_MAX: usize = 15;
const FLAGS_MAX: usize = 20;
const CHECKOUTS_MAX: usize = 5;

/// Whose version decides how an application behaves, whether or not its frames are in the stack trace.
const FRAMEWORKS: [&str; 30] = [
    "django",
    "flask",
    "fastapi",
    "starlette",
    "sqlalchemy",
    "celery",
    "aiohttp",
    "requests",
    "httpx",
    "pydantic",
    "express",
    "fastify",
    "koa",
    "next",
    "nuxt",
    "react",
    "react-dom",
    "vue",
    "svelte",
    "@angular/core",
    "@nestjs/core",
    "axios",
    "typeorm",
    "mongoose",
    "@prisma/client",
    "rails",
    "sidekiq",
    "laravel/framework",
    "symfony/http-kernel",
    "org.springframework.boot:spring-boot",
];

/// What is known of an event's surroundings, for people and for comparing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Surroundings {
    pub timezone: Option<String>,
    /// `de-DE`.
    pub locale: Option<String>,
    pub browser: Option<String>,
    pub os: Option<String>,
    pub device: Option<String>,
    /// Name and version.
    pub runtime: Option<(String, Option<String>)>,
}

impl Surroundings {
    pub fn of(event: &Event) -> Self {
        let text = |context: &str, key: &str| {
            event.context(context, key).map(|text| line(text, TEXT_CHARS_MAX)).filter(|text| !text.is_empty())
        };
        let product = |context: &str| {
            let name = text(context, "name").or_else(|| text(context, "raw_description"))?;
            Some(text(context, "version").map_or(name.clone(), |version| format!("{name} {version}")))
        };
        let language = event.request.as_ref().and_then(|request| request.header("accept-language"));
        let language = language.and_then(|header| header.split([',', ';']).next());
        let device = text("device", "model").or_else(|| text("device", "family"));
        Self {
            timezone: text("culture", "timezone").or_else(|| text("device", "timezone")),
            locale: text("culture", "locale")
                .or_else(|| text("device", "locale"))
                .or_else(|| language.map(|language| line(language, TEXT_CHARS_MAX)))
                .filter(|locale| !locale.is_empty() && locale != "*"),
            browser: product("browser"),
            os: product("client_os").filter(|_| product("browser").is_some()).or_else(|| product("os")),
            device: device.map(|device| match text("device", "brand") {
                Some(brand) if !device.starts_with(&brand) => format!("{brand} {device}"),
                _ => device,
            }),
            runtime: text("runtime", "name").map(|name| (runtime_name(&name), text("runtime", "version"))),
        }
    }
}

/// As people call it.
fn runtime_name(name: &str) -> String {
    match name {
        "node" => "Node.js".to_owned(),
        "CPython" => "Python".to_owned(),
        "go" => "Go".to_owned(),
        "ruby" => "Ruby".to_owned(),
        "php" => "PHP".to_owned(),
        other => other.to_owned(),
    }
}

/// Two parts: what is told, and commands.
pub(super) fn text(event: &Event, known: &Known<'_>) -> Option<String> {
    let surroundings = Surroundings::of(event);
    let mut told: Vec<String> = Vec::new();
    let mut commands: Vec<String> = Vec::new();
    let mut tell = |name: &str, value: Option<&str>| {
        told.extend(value.map(|value| format!("{name}: {value}")));
    };
    let release = event.release.as_deref().map(|release| line(&words::release(release), TEXT_CHARS_MAX));
    tell("Release", release.as_deref());
    tell("Environment", event.environment.as_deref().map(|name| line(name, TEXT_CHARS_MAX)).as_deref());
    let runtime = surroundings.runtime.as_ref().map(|(name, version)| match version {
        Some(version) => format!("{name} {version}"),
        None => name.clone(),
    });
    tell("Runtime", runtime.as_deref());
    tell("Browser", surroundings.browser.as_deref());
    tell("Operating system", surroundings.os.as_deref());
    tell("Device", surroundings.device.as_deref());
    tell("Locale", surroundings.locale.as_deref());
    tell("Time zone", surroundings.timezone.as_deref());
    let libraries = libraries(event);
    if !libraries.is_empty() {
        let left = event.modules.len().saturating_sub(libraries.len());
        let more = if left > 0 { format!(" and {} more", words::number(left as u64)) } else { String::new() };
        tell("Libraries", Some(&format!("{}{more}", libraries.join(", "))));
    }
    let flags: Vec<String> =
        flags(event).into_iter().map(|(flag, value)| format!("{flag} = {value}")).collect();
    tell("Feature flags", Some(flags.join(", ")).filter(|flags| !flags.is_empty()).as_deref());

    commands.extend(checkouts(event, known));
    commands.extend(
        surroundings.runtime.as_ref().and_then(|(name, version)| use_runtime(name, version.as_deref()?)),
    );
    commands.extend(
        surroundings
            .timezone
            .as_deref()
            .filter(|zone| is_timezone(zone))
            .map(|zone| format!("export TZ={}", quoted(zone))),
    );
    commands.extend(
        surroundings
            .locale
            .as_deref()
            .and_then(language)
            .map(|language| format!("export LANG={}", quoted(&language))),
    );
    let mut parts = Vec::new();
    if !told.is_empty() {
        parts.push(here_document("ENVIRONMENT", &told.join("\n")));
    }
    parts.extend(commands);
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// Of the team's own code. Only what is a commit's hash can be checked out: anything else is somebody's text.
fn checkouts(event: &Event, known: &Known<'_>) -> Vec<String> {
    let release = event.release.as_deref().filter(|release| is_hash(release));
    let release = release.map(|hash| Checkout { repository: None, commit: hash.to_owned() });
    let known: Vec<Checkout> =
        if known.checkouts.is_empty() { release.into_iter().collect() } else { known.checkouts.to_vec() };
    let known: Vec<Checkout> =
        known.into_iter().filter(|checkout| is_hash(&checkout.commit)).take(CHECKOUTS_MAX).collect();
    let is_one = known.len() == 1;
    let command = |checkout: &Checkout| {
        let hash = quoted(&checkout.commit);
        // Of several repositories each is taken to lie in a folder of its name.
        let folder = checkout.repository.as_deref().filter(|_| !is_one);
        let folder = folder.and_then(|name| name.rsplit('/').next()).filter(|name| is_folder(name));
        match folder {
            Some(folder) => format!("git -C {} checkout {hash}", quoted(folder)),
            None => format!("git checkout {hash}"),
        }
    };
    known.iter().map(command).collect()
}

fn is_folder(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.is_empty() && name.len() <= 100 && !name.starts_with(['-', '.']) && name.bytes().all(is_part)
}

/// Whole, or as people shorten it.
pub(super) fn is_hash(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// How to get a runtime, where one tool does it for nearly everybody.
fn use_runtime(name: &str, version: &str) -> Option<String> {
    let version = version.trim_start_matches(['v', 'V']).trim_start_matches("go");
    let parts: Vec<&str> = version.split('.').collect();
    let is_number =
        |part: &&str| (1..=5).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if !(2..=4).contains(&parts.len()) || !parts.iter().all(is_number) {
        return None;
    }
    Some(match name {
        "Node.js" => format!("nvm use {}", quoted(version)),
        "Python" => format!("pyenv shell {}", quoted(version)),
        "Ruby" => format!("rbenv shell {}", quoted(version)),
        "Go" => format!("export GOTOOLCHAIN={}", quoted(&format!("go{version}"))),
        _ => return None,
    })
}

/// A name of the time zone database; a path would be read as a file.
fn is_timezone(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/');
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(is_part)
}

/// `de-DE` as a POSIX locale; a language alone names no country, and no locale is made up.
fn language(locale: &str) -> Option<String> {
    let locale = locale.split('.').next()?.replace('-', "_");
    let parts: Vec<&str> = locale.split('_').collect();
    let ([language, country] | [language, _, country]) = parts[..] else { return None };
    let is_language =
        (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_country = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_language && is_country).then(|| format!("{language}_{}.UTF-8", country.to_ascii_uppercase()))
}

/// Those whose frames are in the stack trace, the crash first, then frameworks.
fn libraries(event: &Event) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    let frames = event.stacktraces().flat_map(|trace| trace.frames.iter().rev());
    let seen: BTreeSet<String> = frames.filter_map(package_of).collect();
    names.extend(event.modules.keys().map(String::as_str).filter(|name| seen.contains(&plain(name))));
    names.extend(
        event.modules.keys().map(String::as_str).filter(|name| FRAMEWORKS.contains(&plain(name).as_str())),
    );
    let mut shown: Vec<&str> = Vec::new();
    for name in names {
        if !shown.contains(&name) {
            shown.push(name);
        }
    }
    if shown.is_empty() && event.modules.len() <= LIBRARIES_MAX {
        shown.extend(event.modules.keys().map(String::as_str));
    }
    let told = |name: &&str| line(&format!("{name} {}", event.modules[*name]), TEXT_CHARS_MAX);
    shown.iter().take(LIBRARIES_MAX).map(told).collect()
}

/// Python's packages are called `Flask` and `flask`, `ruamel-yaml` and `ruamel_yaml`.
fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

fn package_of(frame: &Frame) -> Option<String> {
    if frame.in_app == Some(true) {
        return None;
    }
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    if let Some((_, below)) = path.rsplit_once("node_modules/") {
        let mut parts = below.split('/');
        let first = parts.next()?;
        let scoped = first.starts_with('@').then(|| parts.next()).flatten();
        return Some(plain(&scoped.map_or(first.to_owned(), |name| format!("{first}/{name}"))));
    }
    if let Some((_, below)) = path.rsplit_once("site-packages/") {
        return below.split('/').next().map(|name| plain(name.trim_end_matches(".py")));
    }
    frame.module.as_deref().and_then(|module| module.split('.').next()).map(plain)
}

/// As `OpenFeature` and the SDKs' integrations send them: `contexts.flags.values`.
pub(crate) fn flags(event: &Event) -> Vec<(String, String)> {
    let values = event.contexts.get("flags").and_then(|flags| flags.get("values")).and_then(Value::as_array);
    let read = |flag: &Value| {
        let name = line(flag.get("flag")?.as_str()?, TEXT_CHARS_MAX);
        let result = match flag.get("result")? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some((name, line(&result, TEXT_CHARS_MAX)))
    };
    // The last are those that were asked for last.
    let values = values.map(Vec::as_slice).unwrap_or_default();
    let last = &values[values.len().saturating_sub(FLAGS_MAX)..];
    last.iter().filter_map(read).collect()
}
