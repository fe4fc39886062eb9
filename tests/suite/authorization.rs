//! Who may call what: every method of every path of `openapi.json`, asked by everybody.
//!
//! A new route needs a row here, or this fails. A row names a method, a path as `openapi.json` has it, and what each
//! caller gets, in the order of [`CALLERS`]; a body follows where the call needs one (`#` is a number not used before).
//!
//! `2`: 2xx. `1`: 401. `3`: 403. `4`: 404. `a`: let in, whatever the handler then finds (for calls that work once).
//! `p`: public, so that not being signed in is no reason to be refused. `-`: not asked.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::Stdio;

use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::api::{ORG, described, event};
use crate::support::{EMAIL, KEY, PASSWORD, Server};

const CALLERS: [&str; 7] = ["anonymous", "viewer", "member", "admin", "owner", "read token", "elsewhere"];

/// anonymous, viewer, member, admin, owner, a token of the owner that only reads, a member of another project.
#[rustfmt::skip]
const ROWS: &[(&str, &str, &str, &str)] = &[
    // Coming in.
    ("get", "/auth/config/", "2222222", ""),
    ("post", "/auth/login/", "p------", ""),
    ("post", "/auth/logout/", "p------", ""),
    ("post", "/auth/setup/", "p------", ""),
    // Oneself.
    ("get", "/", "1222222", ""),
    ("get", "/auth/", "1222222", ""),
    ("get", "/openapi.json", "1222222", ""),
    ("get", "/users/me/", "1222222", ""),
    ("get", "/users/me/regions/", "1222222", ""),
    ("put", "/users/me/", "1222232", r#"{"name": "Somebody"}"#),
    ("post", "/users/me/password/", "1222232", r#"{"password": "correct horse battery", "passwordNew": "correct horse battery"}"#),
    ("get", "/users/me/sessions/", "1222232", ""),
    ("delete", "/users/me/sessions/", "1222232", ""),
    ("delete", "/users/me/sessions/{session}/", "1444434", ""),
    ("get", "/api-tokens/", "1222222", ""),
    ("post", "/api-tokens/", "1322232", r#"{"name": "t", "scopes": ["event:read"]}"#),
    ("delete", "/api-tokens/", "1444434", r#"{"tokenId": "x"}"#),
    ("delete", "/api-tokens/{token}/", "1444434", ""),
    // The organization and its people.
    ("get", "/organizations/", "1222222", ""),
    ("get", "/organizations/{org}/", "1222222", ""),
    ("get", "/organizations/{org}/members/", "1222222", ""),
    ("post", "/organizations/{org}/members/", "1332233", r#"{"email": "new#@example.com", "role": "viewer"}"#),
    ("get", "/organizations/{org}/members/{member}/", "1222222", ""),
    ("put", "/organizations/{org}/members/{member}/", "1332233", r#"{"role": "viewer"}"#),
    ("delete", "/organizations/{org}/members/{member}/", "133aa33", ""),
    ("get", "/organizations/{org}/audit-logs/", "1332223", ""),
    ("get", "/organizations/{org}/stats/ledger/", "1222222", ""),
    // What builds upload.
    ("get", "/organizations/{org}/chunk-upload/", "1322222", ""),
    ("post", "/organizations/{org}/chunk-upload/", "13aaa3a", ""),
    ("post", "/organizations/{org}/artifactbundle/assemble/", "1322234", r#"{"checksum": "da39a3ee5e6b4b0d3255bfef95601890afd80709", "chunks": ["da39a3ee5e6b4b0d3255bfef95601890afd80709"], "projects": ["default"]}"#),
    ("post", "/organizations/{org}/releases/{version}/assemble/", "1322232", r#"{"checksum": "da39a3ee5e6b4b0d3255bfef95601890afd80709", "chunks": ["da39a3ee5e6b4b0d3255bfef95601890afd80709"]}"#),
    ("get", "/organizations/{org}/releases/{version}/files/", "1222222", ""),
    ("post", "/organizations/{org}/releases/{version}/files/", "13aaa3a", ""),
    ("delete", "/organizations/{org}/releases/{version}/files/{file_id}/", "1344434", ""),
    ("get", "/projects/{org}/{project}/releases/{version}/files/", "1222224", ""),
    ("post", "/projects/{org}/{project}/releases/{version}/files/", "13aaa34", ""),
    ("delete", "/projects/{org}/{project}/releases/{version}/files/{file_id}/", "1344434", ""),
    ("get", "/projects/{org}/{project}/files/artifact-bundles/", "1222224", ""),
    ("get", "/projects/{org}/{project}/files/artifact-bundles/{bundle_id}/files/", "1444444", ""),
    ("delete", "/projects/{org}/{project}/files/artifact-bundles/", "13aaa34", ""),
    // Projects.
    ("get", "/organizations/{org}/projects/", "1222222", ""),
    ("post", "/organizations/{org}/projects/", "1332233", r#"{"name": "p#"}"#),
    ("get", "/projects/{org}/{project}/", "1222224", ""),
    ("put", "/projects/{org}/{project}/", "1332233", r#"{"platform": "python"}"#),
    ("post", "/projects/{org}/{project}/scrubbing-preview/", "1332233", r#"{"dataScrubber": true, "sensitiveFields": [], "safeFields": [], "scrubIPAddresses": false}"#),
    ("get", "/projects/{org}/{project}/keys/", "1222224", ""),
    ("post", "/projects/{org}/{project}/keys/", "1332233", "{}"),
    ("put", "/projects/{org}/{project}/keys/{key}/", "1332233", r#"{"name": "k#"}"#),
    ("delete", "/projects/{org}/{project}/keys/{key}/", "133aa33", ""),
    // Issues and events.
    ("get", "/organizations/{org}/issues/", "1222222", ""),
    ("put", "/organizations/{org}/issues/", "1322232", r#"{"status": "resolved"}"#),
    ("get", "/organizations/{org}/events/", "1222222", ""),
    ("get", "/organizations/{org}/events-stats/", "1222222", ""),
    ("get", "/organizations/{org}/events-facets/", "1222222", ""),
    ("get", "/organizations/{org}/compare/", "1222222", ""),
    ("get", "/organizations/{org}/search-suggestions/", "1222222", ""),
    ("get", "/organizations/{org}/eventids/{event_id}/", "1222224", ""),
    ("get", "/organizations/{org}/shortids/{short_id}/", "1222224", ""),
    ("get", "/organizations/{org}/live/", "1222222", ""),
    ("get", "/organizations/{org}/users/", "1222222", ""),
    ("post", "/organizations/{org}/issues/undo/{undo}/", "1344434", ""),
    ("get", "/organizations/{org}/searches/", "1222222", ""),
    ("post", "/organizations/{org}/searches/", "1322232", r#"{"type": 0, "name": "s#", "query": "is:unresolved"}"#),
    ("put", "/organizations/{org}/searches/{search}/", "1344434", "{}"),
    ("delete", "/organizations/{org}/searches/{search}/", "1344434", ""),
    ("get", "/projects/{org}/{project}/issues/", "1222224", ""),
    ("put", "/projects/{org}/{project}/issues/", "1322234", r#"{"status": "resolved"}"#),
    ("get", "/projects/{org}/{project}/events/", "1222224", ""),
    ("get", "/projects/{org}/{project}/events/{event_id}/", "1222224", ""),
    ("get", "/projects/{org}/{project}/events/{a}/compare/{b}/", "1222224", ""),
    ("get", "/projects/{org}/{project}/events/{event_id}/committers/", "1222224", ""),
    ("post", "/projects/{org}/{project}/events/{event_id}/reprocess/", "1322234", ""),
    ("get", "/projects/{org}/{project}/events/{event_id}/attachments/", "1222224", ""),
    ("get", "/projects/{org}/{project}/events/{event_id}/attachments/{attachment_id}/", "1222224", ""),
    ("get", "/organizations/{org}/annotations/", "1222222", ""),
    ("post", "/organizations/{org}/annotations/", "1322232", r#"{"title": "noted"}"#),
    ("delete", "/organizations/{org}/annotations/{annotation}/", "1344434", ""),
    // Traces.
    ("get", "/organizations/{org}/trace/{trace_id}/", "1444444", ""),
    ("get", "/organizations/{org}/trace/{trace_id}/waterfall/", "1444444", ""),
    ("get", "/organizations/{org}/trace/{trace_id}/spans/{span_id}/", "1444444", ""),
    ("get", "/organizations/{org}/trace-meta/{trace_id}/", "1444444", ""),
    ("get", "/projects/{org}/{project}/events/{event_id}/trace/", "1222224", ""),
    ("get", "/organizations/{org}/spans/", "1222222", ""),
    ("get", "/organizations/{org}/transactions/", "1222222", ""),
    ("get", "/organizations/{org}/transactions/{transaction_id}/", "1444444", ""),
    // These stand under `/organizations/{org}` too.
    ("get", "/issues/{id}/", "1222224", ""),
    ("put", "/issues/{id}/", "1322234", r#"{"status": "resolved"}"#),
    ("get", "/issues/{id}/events/", "1222224", ""),
    ("get", "/issues/{id}/events/{event}/", "1222224", ""),
    ("get", "/issues/{id}/events/{event}/reproduction/", "1222224", ""),
    ("get", "/issues/{id}/local-events/", "1222224", ""),
    ("get", "/issues/{id}/timeline/", "1222224", ""),
    ("get", "/issues/{id}/text-similar/", "1222224", ""),
    ("get", "/issues/{id}/hashes/", "1222224", ""),
    ("put", "/issues/{id}/hashes/", "13aaa34", ""),
    ("delete", "/issues/{id}/hashes/", "13aaa34", ""),
    ("get", "/issues/{id}/activities/", "1222224", ""),
    ("get", "/issues/{id}/comments/", "1222224", ""),
    ("post", "/issues/{id}/comments/", "1322234", r#"{"text": "seen"}"#),
    ("put", "/issues/{id}/comments/{comment}/", "1344434", r#"{"text": "seen"}"#),
    ("delete", "/issues/{id}/comments/{comment}/", "1344434", ""),
    ("get", "/issues/{id}/notes/", "1222224", ""),
    ("post", "/issues/{id}/notes/", "1322234", r#"{"text": "seen"}"#),
    ("put", "/issues/{id}/notes/{comment}/", "1344434", r#"{"text": "seen"}"#),
    ("delete", "/issues/{id}/notes/{comment}/", "1344434", ""),
    ("get", "/issues/{id}/suspects/", "1222224", ""),
    ("get", "/issues/{id}/evidence/", "1222224", ""),
    ("get", "/issues/{id}/insight/", "1222224", ""),
    ("get", "/issues/{id}/explain/", "1222224", ""),
    ("post", "/issues/{id}/explain/", "13aaa34", "{}"),
    ("get", "/issues/{id}/explain/{n}/", "1444444", ""),
    ("put", "/issues/{id}/explain/{n}/feedback/", "1344434", r#"{"helpful": true}"#),
    ("post", "/issues/{id}/explain/{n}/messages/", "1344434", r#"{"text": "why?"}"#),
    ("post", "/issues/{id}/explain/{n}/cancel/", "1344434", ""),
    ("get", "/issues/{id}/user-reports/", "1222224", ""),
    ("get", "/issues/{id}/tags/", "1222224", ""),
    ("get", "/issues/{id}/tags/{key}/", "1222224", ""),
    ("get", "/issues/{id}/tags/{key}/values/", "1222224", ""),
    // Alerts.
    ("get", "/users/me/notifications/", "1222232", ""),
    ("put", "/users/me/notifications/", "1222232", r#"{"email": true}"#),
    ("get", "/organizations/{org}/alert-rules/", "1222222", ""),
    ("post", "/organizations/{org}/alert-rules/", "1322232", r#"{"trigger": {"type": "new_issue"}}"#),
    ("get", "/organizations/{org}/alert-rules/templates/", "1222222", ""),
    ("post", "/organizations/{org}/alert-rules/preview/", "1222232", r#"{"trigger": {"type": "new_issue"}}"#),
    ("get", "/organizations/{org}/alert-rules/{rule}/", "1444444", ""),
    ("put", "/organizations/{org}/alert-rules/{rule}/", "1344434", "{}"),
    ("delete", "/organizations/{org}/alert-rules/{rule}/", "1344434", ""),
    ("get", "/organizations/{org}/incidents/", "1222222", ""),
    ("get", "/organizations/{org}/incidents/{incident}/", "1444444", ""),
    ("put", "/organizations/{org}/incidents/{incident}/", "1344434", "{}"),
    ("get", "/organizations/{org}/incidents/{incident}/timeline/", "1444444", ""),
    ("post", "/organizations/{org}/incidents/{incident}/notes/", "1344434", r#"{"text": "seen"}"#),
    ("get", "/organizations/{org}/incidents/{incident}/post-mortem/", "1444444", ""),
    ("get", "/organizations/{org}/notification-targets/", "1222222", ""),
    ("post", "/organizations/{org}/notification-targets/", "1332233", r#"{"name": "t", "url": "https://example.com/"}"#),
    ("get", "/organizations/{org}/notification-targets/{target}/", "1444444", ""),
    ("put", "/organizations/{org}/notification-targets/{target}/", "1334433", "{}"),
    ("delete", "/organizations/{org}/notification-targets/{target}/", "1334433", ""),
    ("post", "/organizations/{org}/notification-targets/{target}/test/", "1344434", ""),
    ("get", "/organizations/{org}/notifications/", "1222222", ""),
    ("get", "/organizations/{org}/notifications/{notification}/", "1444444", ""),
    ("post", "/organizations/{org}/notifications/{notification}/send-again/", "1344434", ""),
    // Releases, and where their source is.
    ("get", "/organizations/{org}/sessions/", "1222222", ""),
    ("get", "/organizations/{org}/releases/", "1222222", ""),
    ("post", "/organizations/{org}/releases/", "132223a", r#"{"version": "made@1.0", "projects": ["default"]}"#),
    ("get", "/organizations/{org}/releases/{version}/", "1222224", ""),
    ("put", "/organizations/{org}/releases/{version}/", "1322234", r#"{"ref": "main"}"#),
    ("get", "/organizations/{org}/releases/{version}/commits/", "1222224", ""),
    ("get", "/organizations/{org}/releases/{version}/previous-with-commits/", "1222224", ""),
    ("get", "/organizations/{org}/releases/{version}/deploys/", "1222224", ""),
    ("get", "/organizations/{org}/releases/{version}/health/", "1222224", ""),
    ("post", "/organizations/{org}/releases/{version}/deploys/", "1322234", r#"{"environment": "production"}"#),
    ("get", "/organizations/{org}/verdict/", "1222224", ""),
    ("get", "/projects/{org}/{project}/releases/", "1222224", ""),
    ("post", "/projects/{org}/{project}/releases/", "1322234", r#"{"version": "made@1.0"}"#),
    ("get", "/projects/{org}/{project}/releases/{version}/", "1222224", ""),
    ("put", "/projects/{org}/{project}/releases/{version}/", "1322234", r#"{"ref": "main"}"#),
    ("get", "/projects/{org}/{project}/releases/{version}/commits/", "1222224", ""),
    ("get", "/organizations/{org}/repos/", "1222222", ""),
    ("post", "/organizations/{org}/repos/", "1332233", r#"{"url": "https://github.com/acme/r#"}"#),
    ("put", "/organizations/{org}/repos/{repo}/", "1332233", r#"{"defaultBranch": "main"}"#),
    ("get", "/organizations/{org}/code-mappings/", "1222222", ""),
    ("post", "/organizations/{org}/code-mappings/", "1332233", r#"{"projectSlug": "default", "repositoryId": 1, "stackRoot": "a#/"}"#),
    ("post", "/organizations/{org}/code-mappings/bulk/", "1332233", r#"{"project": "default", "repository": "acme/shop", "mappings": []}"#),
    ("put", "/organizations/{org}/code-mappings/{mapping}/", "1332233", "{}"),
    ("get", "/projects/{org}/{project}/code-mappings/suggestions/", "1222224", ""),
    ("get", "/projects/{org}/{project}/stacktrace-link/", "1222224", ""),
    ("delete", "/organizations/{org}/code-mappings/{mapping}/", "133aa33", ""),
    ("delete", "/organizations/{org}/repos/{repo}/", "133aa33", ""),
    ("delete", "/organizations/{org}/releases/{version}/", "13aaa34", ""),
    ("delete", "/projects/{org}/{project}/releases/{version}/", "13aaa34", ""),
    // Last, for it takes with it what the others ask for.
    ("delete", "/projects/{org}/{project}/", "133aa33", ""),
];

/// The row's route, and the same under the organization where the description adds it.
fn routes_of(method: &str, path: &str) -> Vec<(String, String)> {
    let mut routes = vec![(method.to_owned(), format!("/api/0{path}"))];
    if path.starts_with("/issues/") {
        routes.push((method.to_owned(), format!("/api/0/organizations/{{org}}{path}")));
    }
    routes
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let document = described();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let methods = item.as_object().expect("operations").keys().filter(|key| *key != "parameters");
        described.extend(methods.map(|method| (method.clone(), path.clone())));
    }
    let rows: Vec<_> = ROWS.iter().flat_map(|(method, path, ..)| routes_of(method, path)).collect();
    let unique: BTreeSet<_> = rows.iter().cloned().collect();
    assert_eq!(rows.len(), unique.len(), "a route has one row");
    let missing: Vec<_> = described.difference(&unique).collect();
    assert!(missing.is_empty(), "add rows to tests/suite/authorization.rs for {missing:#?}");
    let gone: Vec<_> = unique.difference(&described).collect();
    assert!(gone.is_empty(), "rows without a route: {gone:#?}");
    for (method, path, expected, _) in ROWS {
        assert_eq!(expected.len(), CALLERS.len(), "{method} {path}");
        assert!(
            expected.starts_with(['1', 'p']) || *path == "/auth/config/",
            "{method} {path} is not public"
        );
    }
}

#[test]
fn every_route_answers_each_caller_as_its_row_says() {
    let world = World::new();
    let mut wrong = Vec::new();
    for (method, path, expected, body) in ROWS {
        for (method, route) in routes_of(method, path) {
            for (caller, expected) in CALLERS.iter().zip(expected.chars()).filter(|(_, cell)| *cell != '-') {
                let answer = world.call(caller, &method, &route, body);
                let status = answer.status().as_u16();
                let fits = match expected {
                    '2' => (200..300).contains(&status),
                    '1' => status == 401,
                    '3' => status == 403,
                    '4' => status == 404,
                    // Without a model, an explanation is unavailable to everybody alike.
                    'a' => !matches!(status, 401 | 403 | 500),
                    'p' => !answer.text().expect("a body").contains("credentials were not provided"),
                    other => panic!("`{other}` means nothing"),
                };
                if !fits {
                    wrong.push(format!("{caller}: {method} {route}: {status}, expected {expected}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A server with an event of project `default`, and everybody signed in.
struct World {
    server: Server,
    browsers: BTreeMap<&'static str, Client>,
    token: String,
    names: BTreeMap<&'static str, String>,
    numbers: Cell<u32>,
}

impl World {
    fn new() -> Self {
        let server = Server::start();
        send_event_with_attachment(&server);
        let mut browsers = BTreeMap::from([("anonymous", browser()), ("owner", signed_in(&server, EMAIL))]);
        for (caller, role) in
            [("viewer", "viewer"), ("member", "member"), ("admin", "admin"), ("elsewhere", "member")]
        {
            let email = format!("{caller}@team.example.com");
            add_user(&server, &email, role);
            browsers.insert(caller, signed_in(&server, &email));
        }
        add_user(&server, "extra@example.com", "member");
        let elsewhere = member_number(&server, "elsewhere@team.example.com");
        let restricted = server.api(Method::PUT, &format!("{ORG}/members/{elsewhere}/"));
        let restricted = restricted.json(&json!({"projects": ["second"]})).send().expect("an answer");
        assert_eq!(restricted.status(), 200);
        let scopes = "event:read,project:read,org:read,member:read,team:read";
        let token = server.command(&["token", "add", "reader", "--scopes", scopes]).output().expect("ends");
        for (path, body) in [
            ("repos", json!({"url": "https://github.com/acme/shop"})),
            ("code-mappings", json!({"projectSlug": "default", "repositoryId": 1, "stackRoot": ""})),
        ] {
            let made =
                server.api(Method::POST, &format!("{ORG}/{path}/")).json(&body).send().expect("an answer");
            assert_eq!(made.status(), 201, "{path}");
        }
        let attachments = format!("/api/0/projects/lighttrace/default/events/{:032x}/attachments/", 1);
        let names = BTreeMap::from([
            ("org", "lighttrace".to_owned()),
            ("project", "default".to_owned()),
            ("id", server.issues("")[0]["id"].as_str().expect("an id").to_owned()),
            ("event_id", format!("{:032x}", 1)),
            ("event", "latest".to_owned()),
            ("a", format!("{:032x}", 1)),
            ("b", format!("{:032x}", 1)),
            ("short_id", "DEFAULT-1".to_owned()),
            ("version", "shop@1.2.3".to_owned()),
            ("repo", "1".to_owned()),
            ("mapping", "1".to_owned()),
            ("attachment_id", server.api_get(&attachments)[0]["id"].as_str().expect("an id").to_owned()),
            ("member", member_number(&server, "extra@example.com")),
        ]);
        let token = String::from_utf8(token.stdout).expect("text").trim().to_owned();
        Self { server, browsers, token, names, numbers: Cell::new(0) }
    }

    fn call(&self, caller: &str, method: &str, route: &str, body: &str) -> Response {
        let mut path = route.to_owned();
        // The same word stands for a DSN's key and for a tag's.
        path = path.replace("keys/{key}", &format!("keys/{KEY}")).replace("tags/{key}", "tags/till");
        for (name, value) in &self.names {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        path = path.replace(['{', '}'], "");
        if path.ends_with("/issues/") && method == "put" {
            path.push_str("?id=");
            path.push_str(&self.names["id"]);
        }
        if path.ends_with("/lighttrace/sessions/") {
            path.push_str("?field=sum(session)");
        }
        if path.ends_with("/verdict/") {
            path.push_str("?release=shop@1.2.3");
        }
        if path.ends_with("/compare/") {
            path.push_str("?a=level:error");
        }
        self.numbers.set(self.numbers.get() + 1);
        let body = body.replace('#', &self.numbers.get().to_string());
        let method: Method = method.to_uppercase().parse().expect("a method");
        let request = self.request(caller, method, &self.server.url(&path)).header("X-LightTrace-CSRF", "1");
        request.body(body).send().unwrap_or_else(|error| panic!("{caller} {path}: {error}"))
    }

    fn request(&self, caller: &str, method: Method, url: &str) -> RequestBuilder {
        match self.browsers.get(caller) {
            Some(client) => client.request(method, url),
            None => self.server.client.request(method, url).bearer_auth(&self.token),
        }
    }
}

pub fn browser() -> Client {
    Client::builder().cookie_store(true).build().expect("a client")
}

pub fn signed_in(server: &Server, email: &str) -> Client {
    let client = browser();
    let body = json!({"email": email, "password": PASSWORD});
    let answer = client.post(server.url("/api/0/auth/login/")).json(&body).send().expect("an answer");
    assert_eq!(answer.status(), 200, "{email}");
    client
}

pub fn add_user(server: &Server, email: &str, role: &str) {
    let mut command = server.command(&["user", "add", email, "--role", role]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the command starts");
    let mut input = child.stdin.take().expect("piped");
    input.write_all(PASSWORD.as_bytes()).expect("written");
    drop(input);
    assert!(child.wait().expect("reaped").success(), "{email}");
}

pub fn member_number(server: &Server, email: &str) -> String {
    let members = server.api_get(&format!("{ORG}/members/"));
    let found = members.as_array().expect("members").iter().find(|member| member["email"] == email);
    found.unwrap_or_else(|| panic!("{email} is no member"))["id"].as_str().expect("a number").to_owned()
}

fn send_event_with_attachment(server: &Server) {
    let event: Value = event(1, "zanzibar");
    let (event, id) = (event.to_string(), format!("{:032x}", 1));
    let envelope = format!(
        "{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\",\"length\":{}}}\n{event}\n\
         {{\"type\":\"attachment\",\"length\":4,\"filename\":\"a.txt\"}}\nnote\n",
        event.len()
    );
    assert_eq!(server.envelope(envelope).status(), 200);
    server.settled();
}
