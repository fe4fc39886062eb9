//! The request as a cURL command: what the page's own button writes, with variables for secrets.
//!
//! curl reads more into its arguments than HTTP does: an address that begins with `-` is an option, `[1-9]` in it a range, a header that begins with `@` a
//! file. None of it is left to a stranger.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::insight::reproduction::secrets::{Place, Placeholders};
use crate::insight::reproduction::shell::{Word, quoted};
use crate::insight::words::number;
use crate::model::event::Request;

const URL_BYTES_MAX: usize = 4_096;
const QUERY_PAIRS_MAX: usize = 100;
const HEADERS_MAX: usize = 60;
/// Servers refuse longer ones.
const HEADER_BYTES_MAX: usize = 8_192;
const COOKIES_MAX: usize = 60;
/// What still can be pasted. A body that is cut would be another one, so it is left out.
const BODY_BYTES_MAX: usize = 16_384;
const METHOD_BYTES_MAX: usize = 20;

/// Headers that curl writes itself, and those that a proxy puts in, which are of the connection and not of the request.
const OWN_HEADERS: [&str; 21] = [
    "content-length",
    "host",
    "connection",
    "transfer-encoding",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
    "cf-connecting-ip",
    "true-client-ip",
    "accept-encoding",
    "cookie",
];
/// The same request again is another trace.
const TRACE_HEADERS: [&str; 4] = ["sentry-trace", "baggage", "traceparent", "tracestate"];

/// As browsers' `encodeURIComponent`.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

pub(super) struct Curl {
    pub text: String,
    /// Where it goes to.
    pub host: String,
}

/// `Err`: why there is none.
pub(super) fn curl(
    request: &Request,
    secrets: &mut Placeholders,
    missing: &mut Vec<String>,
) -> Result<Curl, &'static str> {
    let (address, host) = address(request)?;
    let method = method(request.method.as_deref().unwrap_or("GET"))?;
    let mut url = Word::default();
    secrets.write(&mut url, Place::Address, "", &address, &printable);
    write_query(request, &address, &mut url, secrets);
    if url.len() > URL_BYTES_MAX {
        return Err("Its address is too long to be shown as a command.");
    }
    // Brackets and braces are curl's own language otherwise.
    let glob =
        if address.contains(['[', ']', '{', '}']) || host.starts_with('[') { "--globoff " } else { "" };
    let mut lines = vec![format!("curl {glob}{}", url.quoted())];
    let body = body(request, secrets, missing);
    match method.as_str() {
        "HEAD" => lines.push("--head".to_owned()),
        "GET" if body.is_empty() => {}
        _ => lines.push(format!("-X {}", quoted(&method))),
    }
    let is_multipart = body.iter().any(|line| line.starts_with("--form"));
    lines.extend(headers(request, is_multipart, secrets, missing));
    lines.extend(cookies(request, secrets));
    let names_type = request.header("content-type").is_some();
    if !body.is_empty() && !is_multipart && !names_type && !matches!(request.data, Some(Value::String(_))) {
        let kind = if is_form(request) { "application/x-www-form-urlencoded" } else { "application/json" };
        lines.push(format!("-H {}", quoted(&format!("Content-Type: {kind}"))));
    }
    lines.extend(body);
    Ok(Curl { text: lines.join(" \\\n  "), host })
}

/// The address without its query, and its host.
fn address(request: &Request) -> Result<(String, String), &'static str> {
    let sent = request.url.as_deref().unwrap_or_default().trim();
    let is_web = |url: &str| {
        let scheme = url.split("://").next().unwrap_or_default();
        url.contains("://") && (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
    };
    let address = if is_web(sent) {
        sent.to_owned()
    } else if sent.starts_with('/') {
        let host = request.header("host").filter(|host| is_host(host));
        let host = host.ok_or("Its address is a path, and no host is told.")?;
        format!("https://{host}{sent}")
    } else if sent.is_empty() {
        return Err("The event's request has no address.");
    } else {
        return Err("Its address is none of the web.");
    };
    let rest = address.split("://").nth(1).unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default().to_owned();
    if is_host(&host) { Ok((address, host)) } else { Err("Its address names no host.") }
}

fn is_host(text: &str) -> bool {
    let is_part =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    !text.is_empty() && text.len() <= 255 && !text.starts_with('-') && text.bytes().all(is_part)
}

/// Spaces and what is no letter are encoded: curl refuses them.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() || letter == ' ' {
            printable.extend(utf8_percent_encode(letter.encode_utf8(&mut [0; 4]), NON_ALPHANUMERIC));
        } else {
            printable.push(letter);
        }
    }
    printable
}

fn component(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

fn write_query(request: &Request, address: &str, url: &mut Word, secrets: &mut Placeholders) {
    let mut separator = if address.contains('?') { "&" } else { "?" };
    for (key, value) in request.query.iter().take(QUERY_PAIRS_MAX) {
        url.text(separator);
        url.text(&component(key));
        url.text("=");
        secrets.write(url, Place::Query, key, value, &component);
        separator = "&";
    }
    if let Some(fragment) = request.fragment.as_deref().filter(|fragment| !fragment.is_empty()) {
        url.text("#");
        secrets.write(url, Place::Address, "fragment", fragment, &printable);
    }
}

fn method(text: &str) -> Result<String, &'static str> {
    let is_method = !text.is_empty()
        && text.len() <= METHOD_BYTES_MAX
        && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
        && !text.starts_with('-');
    if is_method { Ok(text.to_ascii_uppercase()) } else { Err("Its method is none of HTTP.") }
}

fn headers(
    request: &Request,
    is_multipart: bool,
    secrets: &mut Placeholders,
    missing: &mut Vec<String>,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut left_out = request.headers.len().saturating_sub(HEADERS_MAX);
    for (name, value) in request.headers.iter().take(HEADERS_MAX) {
        let lower = name.to_ascii_lowercase();
        if OWN_HEADERS.contains(&lower.as_str()) || TRACE_HEADERS.contains(&lower.as_str()) {
            continue;
        }
        // curl tells the boundary itself.
        if is_multipart && lower == "content-type" {
            continue;
        }
        if !is_token(name) || value.len() > HEADER_BYTES_MAX {
            left_out += 1;
            continue;
        }
        let mut header = Word::of(name);
        if value.trim().is_empty() {
            // A colon with nothing behind it would take the header away.
            header.text(";");
        } else {
            header.text(": ");
            secrets.write(&mut header, Place::Header, name, value, &on_one_line);
        }
        lines.push(format!("-H {}", header.quoted()));
    }
    if request.header("accept-encoding").is_some_and(|value| value != "identity") {
        lines.push("--compressed".to_owned());
    }
    if left_out > 0 {
        missing
            .push(format!("{left_out} of its headers are too long, too many or no headers, and left out."));
    }
    lines
}

/// RFC 9110, 5.6.2.
fn is_token(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.len() <= 100 && name.bytes().all(is_part)
}

/// A header has no second line.
fn on_one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// Those of the header, and those that the SDK took out of it.
fn cookies(request: &Request, secrets: &mut Placeholders) -> Option<String> {
    let header = request.header("cookie").unwrap_or_default();
    let in_header = header.split(';').filter_map(|pair| pair.trim().split_once('='));
    let in_header = in_header.filter(|(name, _)| !request.cookies.iter().any(|(known, _)| known == name));
    let cookies = request.cookies.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut word = Word::default();
    for (index, (name, value)) in cookies.chain(in_header).take(COOKIES_MAX).enumerate() {
        if index > 0 {
            word.text("; ");
        }
        word.text(&on_one_line(name).replace(['=', ';'], "_"));
        word.text("=");
        secrets.write(&mut word, Place::Cookie, name, value, &|text| on_one_line(text).replace(';', "%3B"));
    }
    if word.len() == 0 {
        // The whole header was taken for a secret.
        if header.is_empty() {
            return None;
        }
        let mut word = Word::of("Cookie: ");
        secrets.write(&mut word, Place::Cookie, "", header, &on_one_line);
        return Some(format!("-H {}", word.quoted()));
    }
    Some(format!("-b {}", word.quoted()))
}

fn content_type(request: &Request) -> &str {
    request.header("content-type").or(request.inferred_content_type.as_deref()).unwrap_or_default()
}

fn is_form(request: &Request) -> bool {
    content_type(request).contains("x-www-form-urlencoded")
}

/// Each line is an argument or two.
fn body(request: &Request, secrets: &mut Placeholders, missing: &mut Vec<String>) -> Vec<String> {
    let mut word = Word::default();
    match &request.data {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::String(text)) if text.is_empty() => return Vec::new(),
        Some(Value::String(text)) => secrets.write(&mut word, Place::Field, "body", text, &str::to_owned),
        Some(Value::Object(fields)) if content_type(request).contains("multipart/form-data") => {
            let lines: Vec<String> = fields
                .iter()
                .flat_map(|(name, value)| each(value).into_iter().map(move |value| (name, value)))
                .map(|(name, value)| {
                    // `=` ends a field's name.
                    let mut field = Word::of(&name.replace('=', "_"));
                    field.text("=");
                    secrets.write(&mut field, Place::Field, name, &value, &str::to_owned);
                    format!("--form-string {}", field.quoted())
                })
                .collect();
            if lines.iter().map(String::len).sum::<usize>() > BODY_BYTES_MAX {
                missing.push("The body is too long to be pasted, and left out.".to_owned());
                return Vec::new();
            }
            return lines;
        }
        Some(Value::Object(fields)) if is_form(request) => {
            for (name, value) in
                fields.iter().flat_map(|(name, value)| each(value).into_iter().map(move |v| (name, v)))
            {
                if word.len() > 0 {
                    word.text("&");
                }
                word.text(&component(name));
                word.text("=");
                secrets.write(&mut word, Place::Field, name, &value, &component);
            }
        }
        Some(value) => secrets.write_json(&mut word, "", value, 0),
    }
    if word.len() > BODY_BYTES_MAX {
        let bytes = number(word.len() as u64);
        missing.push(format!("The body has {bytes} bytes, too many to be pasted, and is left out."));
        return Vec::new();
    }
    vec![format!("--data-raw {}", word.quoted())]
}

/// A field of a form may have several values.
fn each(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        Value::Null => vec![String::new()],
        value => vec![text(value)],
    }
}
