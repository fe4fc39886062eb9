//! Deciding about issues: who works on what, many at once, taking it back; and the searches that people keep.

use std::io::Write;
use std::process::Stdio;

use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::api::{ORG, PROJECT, described, event, with_events};
use crate::schema::misfits;
use crate::support::{EMAIL, PASSWORD, Server};

pub const MEMBER: &str = "mia@example.com";
pub const VIEWER: &str = "vera@example.com";

/// Issues with an event each, two more people, and a browser of the admin's.
pub fn server(issues: u64) -> (Server, Person) {
    let server = Server::start();
    for number in 1..=issues {
        let mut event = event(number, "zanzibar");
        event["fingerprint"] = json!([format!("own {number}")]);
        assert_eq!(server.store(&event).status(), 200);
    }
    server.settled();
    for (email, role) in [(MEMBER, "member"), (VIEWER, "viewer")] {
        let mut command = server.command(&["user", "add", email, "--role", role]);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("the command starts");
        let password = format!("{PASSWORD}\n");
        child.stdin.take().expect("piped").write_all(password.as_bytes()).expect("written");
        assert!(child.wait().expect("reaped").success());
    }
    let admin = Person::of(&server, EMAIL);
    (server, admin)
}

/// Somebody's signed-in browser.
pub struct Person {
    client: Client,
    address: String,
}

impl Person {
    pub fn of(server: &Server, email: &str) -> Self {
        let client = Client::builder().cookie_store(true).build().expect("a client");
        let body = json!({"email": email, "password": PASSWORD});
        let answer = client.post(server.url("/api/0/auth/login/")).json(&body).send().expect("an answer");
        assert_eq!(answer.status(), 200, "{email} signs in");
        Self { client, address: server.address() }
    }

    pub fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let request = self.client.request(method, format!("http://{}{path}", self.address));
        let answer = request.header("X-LightTrace-CSRF", "1").json(body).send().expect("an answer");
        (answer.status().as_u16(), answer.json().unwrap_or_default())
    }

    pub fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask(Method::PUT, path, body)
    }

    fn undo(&self, change: &Value) -> (u16, Value) {
        let undo = change["undo"].as_str().expect("it can be undone");
        self.ask(Method::POST, &format!("{ORG}/issues/undo/{undo}/"), &Value::Null)
    }
}

fn history(server: &Server, issue: &str) -> Vec<Value> {
    let answer = server.api_get(&format!("{ORG}/issues/{issue}/activities/"));
    answer["activity"].as_array().expect("activities").clone()
}

#[test]
fn the_history_of_an_issue_begins_when_it_was_first_seen() {
    let (server, _) = server(0);
    let mut late = event(1, "zanzibar");
    late["timestamp"] = json!((jiff::Timestamp::now() - jiff::SignedDuration::from_hours(3)).to_string());
    assert_eq!(server.store(&late).status(), 200);
    server.settled();
    let issue = server.api_get(&format!("{ORG}/issues/1/"));
    assert_eq!(history(&server, "1")[0]["dateCreated"], issue["firstSeen"], "not when it arrived");
}

#[test]
fn an_issue_is_assigned_by_number_address_and_me() {
    let (server, admin) = server(1);
    let people = server.api_get(&format!("{ORG}/users/"));
    let emails: Vec<_> = people
        .as_array()
        .expect("people")
        .iter()
        .map(|person| person["email"].as_str().expect("one"))
        .collect();
    assert_eq!(emails.len(), 2, "{emails:?}");
    assert!(emails.contains(&EMAIL) && emails.contains(&MEMBER), "a viewer works on nothing: {emails:?}");
    let number = people.as_array().expect("people").iter().find(|person| person["email"] == MEMBER);
    let by_number = format!("user:{}", number.expect("Mia")["id"].as_str().expect("an id"));

    for (named, expected) in [
        (json!(by_number), json!(MEMBER)),
        (json!("me"), json!(EMAIL)),
        (json!(MEMBER.to_uppercase()), json!(MEMBER)),
        (json!(""), Value::Null),
        (json!(EMAIL), json!(EMAIL)),
        (Value::Null, Value::Null),
    ] {
        let (status, issue) = admin.put("/api/0/issues/1/", &json!({ "assignedTo": named }));
        assert_eq!((status, &issue["assignedTo"]["email"]), (200, &expected), "{named}: {issue}");
        assert_eq!(issue["status"], "unresolved");
    }
    let kinds: Vec<_> = history(&server, "1").iter().map(|row| row["type"].clone()).collect();
    assert_eq!(
        kinds,
        ["unassigned", "assigned", "unassigned", "assigned", "assigned", "assigned", "first_seen"]
    );
    let last = &history(&server, "1")[1];
    assert_eq!((&last["user"]["email"], &last["data"]["assigneeType"]), (&json!(EMAIL), &json!("user")));

    for named in ["nobody@example.com", "user:99", VIEWER, "team:1"] {
        let (status, answer) = admin.put("/api/0/issues/1/", &json!({ "assignedTo": named }));
        assert_eq!(status, 400, "{named}");
        assert!(answer["detail"].as_str().expect("why").starts_with("assignedTo: "), "{answer}");
    }
    let token = server.api(Method::PUT, "/api/0/issues/1/").json(&json!({"assignedTo": "me"}));
    assert_eq!(token.send().expect("an answer").status(), 400, "the instance's token is nobody");
    let (status, _) = admin.put("/api/0/issues/1/", &json!({"isBookmarked": true}));
    assert_eq!(status, 200, "what Sentry's clients also send is not refused");
}

#[test]
fn many_are_changed_at_once_and_taken_back_exactly() {
    let (server, admin) = server(3);
    admin.put(&format!("{ORG}/issues/?id=2"), &json!({"status": "ignored"}));
    admin.put(&format!("{ORG}/issues/?id=3"), &json!({"assignedTo": MEMBER}));
    let state = || {
        let mut rows = server.issues("");
        rows.sort_by_key(|row| row["id"].as_str().map(str::to_owned));
        rows.into_iter()
            .map(|row| (row["status"].clone(), row["substatus"].clone(), row["assignedTo"]["email"].clone()))
            .collect::<Vec<_>>()
    };
    let before = state();

    let body = json!({"status": "resolved", "assignedTo": "me"});
    let (status, change) = admin.put(&format!("{ORG}/issues/?id=1&id=2&id=3&id=3&id=99"), &body);
    assert_eq!((status, &change["status"], &change["changed"]), (200, &json!("resolved"), &json!(3)));
    assert_eq!((&change["assignedTo"]["email"], &change["statusDetails"]), (&json!(EMAIL), &json!({})));
    assert_eq!(state(), vec![(json!("resolved"), Value::Null, json!(EMAIL)); 3]);

    let mia = Person::of(&server, MEMBER);
    assert_eq!(mia.undo(&change).0, 404, "another's change is not hers to undo");
    let (status, undone) = admin.undo(&change);
    assert_eq!((status, &undone["passedOver"]), (200, &json!(0)));
    assert_eq!(undone["restored"], json!(["1", "2", "3"]));
    assert_eq!(state(), before);
    assert_eq!(admin.undo(&change).0, 404, "once");
    let newest = &history(&server, "1")[0];
    assert_eq!((&newest["type"], &newest["data"]["undo"]), (&json!("unassigned"), &json!(true)));

    let (_, change) = admin.put(&format!("{ORG}/issues/?query=is:unresolved"), &json!({"status": "ignored"}));
    assert_eq!(change["changed"], 2, "all that a query finds");
    assert_eq!(server.issues("is:unresolved").len(), 0);
    admin.undo(&change);
    assert_eq!(state(), before);
    let (_, change) = admin.put(&format!("{PROJECT}/issues/?id=1"), &json!({"status": "unresolved"}));
    assert_eq!((&change["changed"], &change["undo"]), (&json!(0), &Value::Null), "it is so already");

    let (status, detail) = admin.put("/api/0/issues/1/", &json!({"status": "resolved"}));
    assert_eq!((status, &detail["status"]), (200, &json!("resolved")));
    assert_eq!(
        admin.undo(&detail).1["restored"],
        json!(["1"]),
        "one issue's change is undone in the same way"
    );
    assert_eq!(state(), before);
    let (_, detail) = admin.put("/api/0/issues/1/", &json!({"isBookmarked": true}));
    assert!(detail.get("undo").is_none(), "nothing was changed");

    let vera = Person::of(&server, VIEWER);
    assert_eq!(vera.put(&format!("{ORG}/issues/?id=1"), &json!({"status": "resolved"})).0, 403);
    assert_eq!(admin.put(&format!("{ORG}/issues/?id=1"), &json!({})).0, 400, "nothing to change");
    assert_eq!(admin.put(&format!("{ORG}/issues/"), &json!({"status": "resolved"})).0, 400, "none named");
    let many = (0..1_001).map(|id| format!("id={id}")).collect::<Vec<_>>().join("&");
    assert_eq!(admin.put(&format!("{ORG}/issues/?{many}"), &json!({"status": "resolved"})).0, 400);
}

#[test]
fn searches_are_kept_shared_renamed_and_deleted() {
    let (server, admin) = server(0);
    let mia = Person::of(&server, MEMBER);
    let searches = format!("{ORG}/searches/");
    let names = |person: &Person, query: &str| {
        let (status, rows) = person.ask(Method::GET, &format!("{searches}{query}"), &Value::Null);
        assert_eq!(status, 200);
        let rows = rows.as_array().expect("rows").clone();
        rows.iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let body = json!({"type": 0, "name": " Checkout ", "query": "is:unresolved till:north", "sort": "freq"});
    let (status, made) = mia.ask(Method::POST, &searches, &body);
    assert_eq!(status, 201, "{made}");
    assert_eq!((&made["name"], &made["visibility"]), (&json!("Checkout"), &json!("owner")));
    let document = described();
    let schema = &document["paths"]["/api/0/organizations/{org}/searches/"]["post"]["responses"]["201"];
    let schema = &schema["content"]["application/json"]["schema"];
    assert_eq!(misfits(&document, schema, &made), Vec::<String>::new());
    mia.ask(
        Method::POST,
        &searches,
        &json!({"type": 1, "name": "Slow", "query": "slow", "sort": "-timestamp"}),
    );
    assert_eq!(names(&mia, ""), ["Checkout", "Slow"]);
    assert_eq!(names(&mia, "?type=1"), ["Slow"]);
    assert_eq!(names(&admin, ""), Vec::<String>::new(), "what is hers is hers");

    let id = made["id"].as_str().expect("an id");
    let one = format!("{searches}{id}/");
    assert_eq!(admin.put(&one, &json!({"name": "Mine"})).0, 404);
    let (status, changed) = mia.put(&one, &json!({"name": "Tills", "visibility": "organization"}));
    assert_eq!((status, &changed["query"]), (200, &json!("is:unresolved till:north")));
    assert_eq!(names(&admin, "?type=0"), ["Tills"]);
    let offers = admin.ask(Method::GET, &format!("{ORG}/search-suggestions/?query=til"), &Value::Null).1;
    let offer = &offers["items"][0];
    assert_eq!((&offer["kind"], &offer["label"]), (&json!("saved"), &json!("Tills")), "{offers}");
    assert_eq!(offer["text"], "is:unresolved till:north");
    let vera = Person::of(&server, VIEWER);
    assert_eq!(names(&vera, ""), ["Tills"]);
    assert_eq!(vera.ask(Method::DELETE, &one, &Value::Null).0, 403);
    let (_, shared) = admin.ask(
        Method::POST,
        &searches,
        &json!({"name": "All", "query": "", "visibility": "organization"}),
    );
    let shared = format!("{searches}{}/", shared["id"].as_str().expect("an id"));
    assert_eq!(mia.put(&shared, &json!({"name": "Hers"})).0, 403, "seen by all is not changed by all");
    server.restart();
    let (mia, admin) = (Person::of(&server, MEMBER), Person::of(&server, EMAIL));
    assert_eq!(names(&mia, "?type=0"), ["All", "Tills"]);
    assert_eq!(admin.ask(Method::DELETE, &one, &Value::Null).0, 204, "an admin tidies up");
    assert_eq!(names(&mia, "?type=0"), ["All"]);
    assert_eq!(admin.ask(Method::DELETE, &one, &Value::Null).0, 404);
    let log = server.api_get(&format!("{ORG}/audit-logs/"));
    let rows = log["rows"].as_array().expect("rows").iter();
    let about: Vec<_> = rows
        .filter(|row| row["event"].as_str().is_some_and(|event| event.starts_with("savedsearch.")))
        .map(|row| row["note"].as_str().expect("a note"))
        .collect();
    assert_eq!(about, ["Tills", "All", "Tills", "Slow", "Checkout"], "the log calls them by their names");

    for bad in [
        json!({"name": "", "query": "x"}),
        json!({"name": "x".repeat(81), "query": "x"}),
        json!({"name": "x", "query": "is:nonsense \""}),
        json!({"name": "x", "query": "x".repeat(5_000)}),
        json!({"name": "x", "query": "x", "sort": "-timestamp"}),
        json!({"name": "x", "query": "x", "type": 2}),
        json!({"name": "x", "query": "x", "visibility": "everyone"}),
    ] {
        let (status, answer) = mia.ask(Method::POST, &searches, &bad);
        assert_eq!(status, 400, "{bad}: {answer}");
    }
}

#[test]
fn lists_of_events_answer_their_query() {
    let server = with_events(3);
    let mut other = event(4, "mombasa");
    other["environment"] = json!("staging");
    other["contexts"]["trace"] =
        json!({"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331"});
    assert_eq!(server.store(&other).status(), 200);
    server.settled();
    for base in [format!("{ORG}/issues/DEFAULT-1/events/"), format!("{PROJECT}/events/")] {
        for (query, expected) in [
            ("", 4),
            ("query=mombasa", 1),
            ("query=zanzibar", 3),
            ("query=!environment:staging", 3),
            ("query=trace:0af7651916cd43dd8448eb211c80319c", 1),
            ("query=nowhereinit", 0),
            ("query=project:second", 0),
            ("environment=staging", 1),
            ("end=2020-01-01T00:00:00Z", 0),
            ("start=2020-01-01T00:00:00Z&end=2100-01-01T00:00:00Z", 4),
        ] {
            let rows = server.api_get(&format!("{base}?{query}"));
            assert_eq!(rows.as_array().map(Vec::len), Some(expected), "{base} {query}: {rows}");
        }
    }
    let rows = server.api_get(&format!("{ORG}/issues/DEFAULT-1/events/?query=mombasa"));
    assert_eq!(rows[0]["trace"], "0af7651916cd43dd8448eb211c80319c");
}

#[test]
fn the_views_of_the_list_are_searches() {
    let (server, admin) = server(2);
    let mut newer = event(9, "zanzibar");
    newer["release"] = json!("shop@1.3.0");
    newer["fingerprint"] = json!(["own 9"]);
    assert_eq!(server.store(&newer).status(), 200);
    server.settled();
    admin.put(&format!("{ORG}/issues/?id=1"), &json!({"assignedTo": "me"}));
    let found = |query: &str| {
        let (_, rows) = admin.ask(Method::GET, &format!("{ORG}/issues/?query={query}"), &Value::Null);
        let rows = rows.as_array().unwrap_or_else(|| panic!("{query}: {rows}")).clone();
        rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("is:unresolved%20assigned:me"), ["1"]);
    assert_eq!(found("is:unresolved%20firstRelease:latest"), ["3"]);
    assert_eq!(found("is:regressed"), Vec::<String>::new());
    assert_eq!(found("is:ignored"), Vec::<String>::new());
}

#[test]
fn an_issue_says_how_many_users_wrote_about_it() {
    let server = with_events(1);
    let id = format!("{:032x}", 1);
    assert_eq!(server.api_get("/api/0/issues/1/")["userReportCount"], 0);
    let report = json!({"event_id": id, "name": "Jo", "email": "jo@example.com", "comments": "It broke."});
    let item = report.to_string();
    let envelope = format!(
        "{{\"event_id\":\"{id}\"}}\n{{\"type\":\"user_report\",\"length\":{}}}\n{item}\n",
        item.len()
    );
    assert_eq!(server.envelope(envelope).status(), 200);
    server.settled();
    assert_eq!(server.api_get("/api/0/issues/1/")["userReportCount"], 1);
}
