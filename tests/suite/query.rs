//! The query language against a real server: a table of what it finds, and random queries against a naive reading of the
//! same events.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Server;

mod answers;
mod assigned;
mod fixture;
mod many;
mod random;
mod table;

const EVENTS: &str = "/api/0/organizations/lighttrace/events/";
const ISSUES: &str = "/api/0/organizations/lighttrace/issues/";

/// The id of an event by its number. The index tells ids apart by their first half.
fn id_of(number: u64) -> String {
    format!("{number:016x}{number:016x}")
}

fn number_of(id: &str) -> u64 {
    u64::from_str_radix(&id[..16], 16).expect("a number")
}

/// Status, body and the next cursor of a list.
fn ask(server: &Server, path: &str, pairs: &[(&str, &str)]) -> (u16, Value, Option<String>) {
    let response = server.api(Method::GET, path).query(pairs).send().expect("an answer");
    let status = response.status().as_u16();
    let link = response.headers().get("link").map(|link| link.to_str().expect("text").to_owned());
    let next = link.as_deref().and_then(crate::support::next_cursor);
    (status, response.json().unwrap_or(Value::Null), next)
}

/// All pages of a list of events, as the numbers of their ids.
fn events(server: &Server, query: &str, more: &[(&str, &str)]) -> Result<Vec<u64>, Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        // Of a key that stands twice, the first counts.
        let mut pairs = more.to_vec();
        pairs.extend([("query", query), ("per_page", "7"), ("cursor", &cursor)]);
        let (status, body, next) = ask(server, EVENTS, &pairs);
        if status != 200 {
            return Err(json!([status, body]));
        }
        let number = |row: &Value| number_of(row["id"].as_str().expect("an id"));
        found.extend(body["data"].as_array().expect("rows").iter().map(number));
        match next {
            Some(next) => cursor = next,
            None => return Ok(found),
        }
    }
}

/// All pages of a list of issues, as their titles.
fn issues(server: &Server, query: &str, more: &[(&str, &str)]) -> Result<Vec<String>, Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let mut pairs = more.to_vec();
        pairs.extend([("query", query), ("limit", "3"), ("cursor", &cursor)]);
        let (status, body, next) = ask(server, ISSUES, &pairs);
        if status != 200 {
            return Err(json!([status, body]));
        }
        let rows = body.as_array().expect("rows");
        found.extend(rows.iter().map(|row| row["title"].as_str().expect("a title").to_owned()));
        match next {
            Some(next) => cursor = next,
            None => return Ok(found),
        }
    }
}
