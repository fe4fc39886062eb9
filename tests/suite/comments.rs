//! What people say about issues, and what issues are to them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{ORG, described};
use crate::schema::misfits;
use crate::support::{EMAIL, Server};
use crate::triage::{MEMBER, Person, VIEWER, server};

const COMMENTS: &str = "/api/0/issues/1/comments/";

fn say(person: &Person, text: &str) -> (u16, Value) {
    person.ask(Method::POST, COMMENTS, &json!({ "text": text }))
}

fn one(comment: &Value) -> String {
    format!("{COMMENTS}{}/", comment["id"].as_str().expect("an id"))
}

fn texts(server: &Server) -> Vec<String> {
    let rows = server.api_get(COMMENTS);
    let text = |row: &Value| row["data"]["text"].as_str().expect("a text").to_owned();
    rows.as_array().expect("rows").iter().map(text).collect()
}

#[test]
fn comments_are_written_changed_and_taken_away_by_whom_they_are() {
    let (server, admin) = server(1);
    let (mia, vera) = (Person::of(&server, MEMBER), Person::of(&server, VIEWER));
    let (status, hers) = say(&mia, " Seen *twice*, @admin@example.com. ");
    assert_eq!(status, 201, "{hers}");
    assert_eq!(
        (&hers["type"], &hers["data"]["text"]),
        (&json!("note"), &json!("Seen *twice*, @admin@example.com."))
    );
    assert_eq!(hers["data"]["mentions"][0]["email"], EMAIL);
    let document = described();
    let schema = &document["paths"]["/api/0/issues/{id}/comments/"]["post"]["responses"]["201"];
    let schema = &schema["content"]["application/json"]["schema"];
    assert_eq!(misfits(&document, schema, &hers), Vec::<String>::new());
    let (_, his) = say(&admin, "<script>alert(1)</script>");
    assert_eq!(texts(&server), ["<script>alert(1)</script>", "Seen *twice*, @admin@example.com."]);
    let issue = server.api_get("/api/0/issues/1/");
    assert_eq!(issue["numComments"], 2);
    assert_eq!(issue["activity"][0]["id"], his["id"]);
    let people: Vec<_> =
        issue["participants"].as_array().expect("people").iter().map(|p| &p["email"]).collect();
    assert_eq!(people.len(), 2, "whoever says something follows: {people:?}");

    assert_eq!(say(&vera, "may I?").0, 403);
    assert_eq!(mia.put(&one(&his), &json!({"text": "hers now"})).0, 403);
    assert_eq!(admin.put(&one(&hers), &json!({"text": "his now"})).0, 403, "admins put no words into mouths");
    let (status, edited) = mia.put(&one(&hers), &json!({"text": "Seen once"}));
    assert_eq!((status, &edited["data"]["text"]), (200, &json!("Seen once")));
    assert!(edited["data"]["edited"].is_string());
    assert_eq!(mia.ask(Method::DELETE, &one(&his), &Value::Null).0, 403);
    assert_eq!(admin.ask(Method::DELETE, &one(&hers), &Value::Null).0, 204);
    assert_eq!(admin.ask(Method::DELETE, &one(&hers), &Value::Null).0, 404);
    assert_eq!(mia.put(&one(&hers), &json!({"text": "again"})).0, 404);
    assert_eq!(texts(&server), ["<script>alert(1)</script>"]);
    for (text, expected) in [("", 400), ("  ", 400), (&*"x".repeat(10_001), 400), (&*"x".repeat(10_000), 201)]
    {
        assert_eq!(say(&mia, text).0, expected);
    }
    let notes = format!("{ORG}/issues/1/notes/");
    assert_eq!(mia.ask(Method::POST, &notes, &json!({"text": "as a note"})).0, 201);
    assert_eq!(texts(&server)[0], "as a note");
    assert_eq!(
        server.api_get("/api/0/issues/1/activities/?limit=2")["activity"].as_array().map(Vec::len),
        Some(2)
    );
}

#[test]
fn bookmarks_and_what_was_seen_are_a_persons_own() {
    let (server, admin) = server(2);
    let mia = Person::of(&server, MEMBER);
    let (status, issue) = mia.put("/api/0/issues/1/", &json!({"isBookmarked": true, "hasSeen": true}));
    assert_eq!((status, &issue["isBookmarked"], &issue["hasSeen"]), (200, &json!(true), &json!(true)));
    assert_eq!(issue["seenBy"][0]["email"], MEMBER);
    let listed = |person: &Person, query: &str| {
        let (_, rows) = person.ask(Method::GET, &format!("{ORG}/issues/?query={query}"), &Value::Null);
        let rows = rows.as_array().unwrap_or_else(|| panic!("{query}: {rows}")).clone();
        rows.into_iter().map(|row| (row["id"].clone(), row["isBookmarked"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(listed(&mia, "bookmarks:me"), [(json!("1"), json!(true))]);
    assert_eq!(listed(&admin, "bookmarks:me"), []);
    assert_eq!(listed(&admin, &format!("bookmarks:{MEMBER}")), [(json!("1"), json!(false))]);
    let body = json!({"isBookmarked": true, "isSubscribed": true});
    assert_eq!(admin.put(&format!("{ORG}/issues/?id=1&id=2"), &body).0, 200);
    assert_eq!(listed(&admin, "bookmarks:me").len(), 2);
    mia.put("/api/0/issues/1/", &json!({"isBookmarked": false}));
    assert_eq!(listed(&mia, "bookmarks:me"), []);
}

#[test]
fn a_commit_of_a_release_resolves_what_it_names() {
    let (server, admin) = server(2);
    let commits = json!([{"id": "a".repeat(40), "message": "pay once\n\nFixes DEFAULT-1", "author_email": MEMBER,
        "repository": "acme/shop"}]);
    let body = json!({"version": "shop@1.2.4", "projects": ["default"], "commits": commits});
    assert_eq!(admin.ask(Method::POST, &format!("{ORG}/releases/"), &body).0, 201);
    let issue = server.api_get("/api/0/issues/1/");
    assert_eq!(issue["status"], "resolved");
    assert_eq!(issue["statusDetails"]["inCommit"]["releases"], json!(["shop@1.2.4"]));
    let told = &issue["activity"][0];
    assert_eq!((&told["type"], &told["user"]["email"]), (&json!("set_resolved_in_commit"), &json!(MEMBER)));
    assert_eq!(server.api_get("/api/0/issues/2/")["status"], "unresolved");

    let (_, issue) = admin.put("/api/0/issues/2/", &json!({"priority": "low"}));
    assert_eq!(issue["priority"], "low");
    assert!(issue["priorityLockedAt"].is_string());
    assert_eq!(server.issues("priority:low").len(), 1);
    assert_eq!(server.issues("issue.priority:high").len(), 0);
}
