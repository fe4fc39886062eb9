//! The read API as people and tools meet it: what they read, what they change.

use reqwest::Method;
use serde_json::{Value, json};

use crate::schema::misfits;
use crate::support::{KEY, Server};

pub const ORG: &str = "/api/0/organizations/lighttrace";
pub const PROJECT: &str = "/api/0/projects/lighttrace/default";

pub fn described() -> Value {
    let text = include_str!("../../openapi.json");
    serde_json::from_str(text).expect("openapi.json is JSON")
}

pub fn event(number: u64, word: &str) -> Value {
    json!({
        "event_id": format!("{number:032x}"),
        "platform": "python",
        "release": "shop@1.2.3",
        "environment": "production",
        "user": {"id": "7", "email": "jo@example.com"},
        "tags": {"till": "north"},
        "exception": {"values": [{
            "type": "PaymentError",
            "value": "card declined",
            "mechanism": {"type": "generic", "handled": false},
            "stacktrace": {"frames": [
                {"function": "main", "filename": "app.py", "lineno": 3, "in_app": true, "context_line": "run()"},
                {"function": "charge", "module": "shop.pay", "filename": "shop/pay.py", "lineno": 42, "in_app": true,
                 "pre_context": ["def charge(card):"], "context_line": "    raise PaymentError()", "vars": {"n": 1}},
            ]},
        }]},
        "breadcrumbs": {"values": [{"category": "http", "message": format!("GET /{word}"), "data": {"status": 502}}]},
        "request": {"url": "https://shop.example.com/pay", "method": "POST", "headers": {"Host": "shop.example.com"}},
        "contexts": {"runtime": {"name": "CPython", "version": "3.13"}},
        "extra": {"cart": [1, 2]},
    })
}

/// A server that has digested `count` events of one issue.
pub fn with_events(count: u64) -> Server {
    let server = Server::start();
    for number in 1..=count {
        let answer = server.store(&event(number, "zanzibar"));
        assert_eq!(answer.status(), 200, "{}", answer.text().expect("text"));
    }
    server.settled();
    server
}

#[test]
fn an_error_is_listed_read_found_and_resolved() {
    let server = with_events(3);
    let issues = server.issues("is:unresolved");
    assert_eq!(issues.len(), 1);
    let issue = &issues[0];
    assert_eq!(issue["title"], "PaymentError: card declined");
    assert_eq!((&issue["count"], &issue["userCount"]), (&json!("3"), &json!(1)));
    assert_eq!(issue["shortId"], "DEFAULT-1");
    assert_eq!(issue["isUnhandled"], true);
    let counted: u64 = issue["stats"]["24h"]
        .as_array()
        .expect("a series")
        .iter()
        .map(|pair| pair[1].as_u64().expect("a count"))
        .sum();
    assert_eq!(counted, 3);

    let latest = server.api_get(&format!("{ORG}/issues/DEFAULT-1/events/latest/"));
    assert_eq!(latest["groupID"], issue["id"]);
    let entry = |kind: &str| {
        let entries = latest["entries"].as_array().expect("entries");
        entries.iter().find(|entry| entry["type"] == kind).unwrap_or_else(|| panic!("{kind}")).clone()
    };
    let frame = &entry("exception")["data"]["values"][0]["stacktrace"]["frames"][1];
    assert_eq!(
        (&frame["function"], &frame["lineNo"], &frame["inApp"]),
        (&json!("charge"), &json!(42), &json!(true))
    );
    assert_eq!(frame["context"], json!([[41, "def charge(card):"], [42, "    raise PaymentError()"]]));
    assert_eq!(entry("breadcrumbs")["data"]["values"][0]["message"], "GET /zanzibar");
    assert_eq!(entry("request")["data"]["method"], "POST");
    assert!(latest["tags"].as_array().expect("tags").contains(&json!({"key": "till", "value": "north"})));
    let oldest = server.api_get(&format!("{ORG}/issues/DEFAULT-1/events/oldest/"));
    assert_eq!(oldest["previousEventID"], Value::Null);
    let second = oldest["nextEventID"].as_str().expect("a next event");
    assert_eq!(server.api_get(&format!("{PROJECT}/events/{second}/"))["nextEventID"], latest["id"]);
    let raw = server.api_get(&format!("{PROJECT}/events/{second}/?raw=1"));
    assert_eq!(raw["extra"]["cart"], json!([1, 2]));

    let found = server.issues("zanzibar");
    assert_eq!(found[0]["id"], issue["id"]);
    assert!(
        found[0]["matches"][0]["where"].as_str().expect("a place").contains("breadcrumb"),
        "{}",
        found[0]["matches"]
    );
    assert!(server.issues("nowhereinit").is_empty());
    assert_eq!(server.issues("till:north environment:production").len(), 1);

    let id = issue["id"].as_str().expect("an id");
    let bulk =
        server.api(Method::PUT, &format!("{PROJECT}/issues/?id={id}")).json(&json!({"status": "resolved"}));
    assert_eq!(bulk.send().expect("an answer").status(), 200);
    assert!(server.issues("is:unresolved").is_empty());
    assert!(server.issues("is:unresolved zanzibar").is_empty());
    assert_eq!(server.issues("is:resolved zanzibar").len(), 1);
    let detail = server.api_get(&format!("/api/0/issues/{id}/"));
    assert_eq!(detail["status"], "resolved");
    let kinds: Vec<_> =
        detail["activity"].as_array().expect("activity").iter().map(|row| &row["type"]).collect();
    assert!(kinds.contains(&&json!("set_resolved")), "{kinds:?}");
}

#[test]
fn pages_follow_the_link_header_without_gap_or_repeat() {
    let server = Server::start();
    for number in 1..=7 {
        let mut event = event(number, "x");
        event["fingerprint"] = json!([format!("own {number}")]);
        assert_eq!(server.store(&event).status(), 200);
    }
    server.settled();
    for query in ["query=&sort=new", "query=", "query=x&sort=freq", "query=is:unhandled&sort=user"] {
        let mut url = server.url(&format!("{ORG}/issues/?{query}&limit=3"));
        let (mut seen, mut pages) = (Vec::new(), 0);
        loop {
            let answer =
                server.client.get(&url).bearer_auth(crate::support::TOKEN).send().expect("an answer");
            let link = answer.headers()["link"].to_str().expect("text").to_owned();
            let rows: Vec<Value> = answer.json().expect("rows");
            seen.extend(rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()));
            pages += 1;
            let next = link.split(", <").find(|part| part.contains("rel=\"next\"")).expect("next");
            if next.contains("results=\"false\"") {
                break;
            }
            let target = next.split('>').next().expect("a URL").trim_start_matches('<');
            let path = target.split_once("/api/0/").expect("a path").1;
            url = server.url(&format!("/api/0/{path}"));
        }
        seen.sort();
        seen.dedup();
        assert_eq!((seen.len(), pages), (7, 3), "{query}");
    }
}

#[test]
fn answers_are_what_the_description_says() {
    let server = with_events(2);
    let document = described();
    let id = server.issues("")[0]["id"].as_str().expect("an id").to_owned();
    let event = format!("{:032x}", 1);
    let calls = [
        ("/api/0/", "/api/0/".to_owned()),
        ("/api/0/auth/", "/api/0/auth/".to_owned()),
        ("/api/0/auth/config/", "/api/0/auth/config/".to_owned()),
        ("/api/0/organizations/", "/api/0/organizations/".to_owned()),
        ("/api/0/organizations/{org}/", format!("{ORG}/")),
        ("/api/0/organizations/{org}/projects/", format!("{ORG}/projects/")),
        ("/api/0/organizations/{org}/issues/", format!("{ORG}/issues/?query=zanzibar")),
        ("/api/0/organizations/{org}/events/", format!("{ORG}/events/?query=zanzibar")),
        ("/api/0/organizations/{org}/eventids/{event_id}/", format!("{ORG}/eventids/{event}/")),
        ("/api/0/organizations/{org}/shortids/{short_id}/", format!("{ORG}/shortids/DEFAULT-1/")),
        ("/api/0/organizations/{org}/stats/ledger/", format!("{ORG}/stats/ledger/")),
        ("/api/0/projects/{org}/{project}/", format!("{PROJECT}/")),
        ("/api/0/projects/{org}/{project}/keys/", format!("{PROJECT}/keys/")),
        ("/api/0/projects/{org}/{project}/issues/", format!("{PROJECT}/issues/")),
        ("/api/0/projects/{org}/{project}/events/", format!("{PROJECT}/events/")),
        ("/api/0/projects/{org}/{project}/events/{event_id}/", format!("{PROJECT}/events/{event}/")),
        ("/api/0/issues/{id}/", format!("/api/0/issues/{id}/")),
        ("/api/0/issues/{id}/events/", format!("/api/0/issues/{id}/events/")),
        ("/api/0/issues/{id}/events/{event}/", format!("/api/0/issues/{id}/events/recommended/")),
        ("/api/0/issues/{id}/hashes/", format!("/api/0/issues/{id}/hashes/")),
        ("/api/0/issues/{id}/activities/", format!("/api/0/issues/{id}/activities/")),
        ("/api/0/issues/{id}/tags/", format!("/api/0/issues/{id}/tags/")),
        ("/api/0/issues/{id}/tags/{key}/", format!("/api/0/issues/{id}/tags/till/")),
        ("/api/0/issues/{id}/tags/{key}/values/", format!("/api/0/issues/{id}/tags/till/values/")),
        ("/api/0/organizations/{org}/issues/{id}/", format!("{ORG}/issues/DEFAULT-1/")),
    ];
    for (path, call) in calls {
        let schema =
            &document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{path} is described");
        let answer = server.api_get(&call);
        assert_ne!(answer, json!([]), "{call} has rows");
        assert_eq!(misfits(&document, schema, &answer), Vec::<String>::new(), "{call}");
    }
}

#[test]
fn what_is_not_there_is_404_and_what_makes_no_sense_is_400() {
    let server = Server::start();
    let status = |path: &str| {
        let answer = server.api(Method::GET, path).send().expect("an answer");
        let status = answer.status().as_u16();
        let body: Value = answer.json().unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(body["detail"].is_string(), "{path}: {body}");
        status
    };
    for path in [
        "/api/0/organizations/other/issues/",
        "/api/0/projects/other/default/",
        "/api/0/projects/lighttrace/nope/",
        "/api/0/projects/lighttrace/999/keys/",
        "/api/0/issues/999/",
        "/api/0/issues/NOPE-1/",
        "/api/0/issues/%FF/",
        "/api/0/projects/lighttrace/default/events/xyz/",
        "/api/0/nope/",
    ] {
        assert_eq!(status(path), 404, "{path}");
    }
    for query in
        ["query=is:nonsense", "sort=nonsense", "limit=x", "cursor=1", "statsPeriod=x", "project=nope"]
    {
        assert_eq!(status(&format!("{ORG}/issues/?{query}")), 400, "{query}");
    }
}

#[test]
fn projects_and_keys_are_made_changed_and_removed() {
    let server = Server::start();
    let send = |method: Method, path: &str, body: Value| {
        let answer = server.api(method, path).json(&body).send().expect("an answer");
        (answer.status().as_u16(), answer.json::<Value>().unwrap_or_default())
    };
    let (status, project) =
        send(Method::POST, &format!("{ORG}/projects/"), json!({"name": "My Shop", "platform": "python"}));
    assert_eq!((status, &project["slug"]), (201, &json!("my-shop")));
    assert_eq!(send(Method::POST, &format!("{ORG}/projects/"), json!({"name": "My Shop"})).0, 409);
    let shop = "/api/0/projects/lighttrace/my-shop";
    let (status, changed) = send(
        Method::PUT,
        &format!("{shop}/"),
        json!({"dataScrubber": false, "sensitiveFields": ["iban"], "rateLimit": {"count": 5, "window": 60}}),
    );
    assert_eq!((status, &changed["name"], &changed["dataScrubber"]), (200, &json!("My Shop"), &json!(false)));
    assert_eq!(changed["rateLimit"], json!({"count": 5, "window": 60}));
    let keys = server.api_get(&format!("{shop}/keys/"));
    assert_eq!(keys.as_array().map(Vec::len), Some(1));
    let key = keys[0]["public"].as_str().expect("a key");
    assert!(keys[0]["dsn"]["public"].as_str().expect("a DSN").contains(&format!("{key}@")));
    let (status, off) = send(Method::PUT, &format!("{shop}/keys/{key}/"), json!({"isActive": false}));
    assert_eq!((status, &off["isActive"]), (200, &json!(false)));
    assert_eq!(
        send(Method::PUT, &format!("{shop}/keys/{KEY}/"), json!({"isActive": false})).0,
        404,
        "not its key"
    );
    let (status, _) = send(Method::POST, &format!("{shop}/keys/"), json!({"name": "Spare"}));
    assert_eq!(status, 201);
    assert_eq!(send(Method::DELETE, &format!("{shop}/keys/{key}/"), json!({})).0, 204);
    assert_eq!(server.api_get(&format!("{shop}/keys/")).as_array().map(Vec::len), Some(1));
}

#[test]
fn an_attachment_is_downloaded_and_never_run() {
    let server = Server::start();
    let id = format!("{:032x}", 9);
    let event = event(9, "x").to_string();
    let page = "<script>alert(1)</script>";
    let envelope = format!(
        "{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\",\"length\":{}}}\n{event}\n{{\"type\":\"attachment\",\"length\":{},\"filename\":\"a \\\"b\\\".html\",\"content_type\":\"text/html\"}}\n{page}\n",
        event.len(),
        page.len()
    );
    assert_eq!(server.envelope(envelope).status(), 200);
    server.settled();
    let list = server.api_get(&format!("{PROJECT}/events/{id}/attachments/"));
    assert_eq!((&list[0]["size"], &list[0]["mimetype"]), (&json!(page.len()), &json!("text/html")));
    let attachment = list[0]["id"].as_str().expect("an id");
    let path = format!("{PROJECT}/events/{id}/attachments/{attachment}/?download");
    let answer = server.api(Method::GET, &path).send().expect("an answer");
    let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("content-type"), "application/octet-stream");
    assert_eq!(header("content-disposition"), "attachment; filename*=UTF-8''a%20%22b%22.html");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(answer.text().expect("bytes"), page);
}

#[test]
fn a_page_hears_of_a_new_issue() {
    let server = Server::start();
    let stream = server.api(Method::GET, &format!("{ORG}/live/")).send().expect("an answer");
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    assert_eq!(server.store(&event(1, "x")).status(), 200);
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stream)).map_while(Result::ok);
    assert!(lines.any(|line| line == "event: issues"));
    let data = lines.next().expect("data");
    let nudge: Value = serde_json::from_str(data.trim_start_matches("data: ")).expect("JSON");
    assert_eq!(nudge["new"], json!(["1"]), "{nudge}");
}

#[test]
fn a_method_that_is_not_allowed_names_those_that_are() {
    let server = Server::start();
    for (method, path, allowed) in [
        (Method::DELETE, format!("{ORG}/issues/"), "GET, HEAD, PUT"),
        (Method::POST, format!("{ORG}/live/"), "GET"),
        (Method::GET, "/api/0/auth/login/".to_owned(), "POST"),
        (Method::POST, "/health".to_owned(), "GET, HEAD"),
    ] {
        let answer = server.api(method.clone(), &path).send().expect("an answer");
        assert_eq!(answer.status(), 405, "{method} {path}");
        assert_eq!(answer.headers()["allow"], allowed, "{method} {path}");
        let body: Value = answer.json().expect("JSON");
        assert!(body["detail"].is_string(), "{method} {path}: {body}");
    }
    for path in [format!("{ORG}/issues/"), "/health".to_owned(), "/metrics".to_owned()] {
        let answer = server.api(Method::HEAD, &path).send().expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.text().expect("no body"), "", "{path}");
    }
}
