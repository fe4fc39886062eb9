//! People: invited, given projects, signed in here and there, removed; and the log of who did what.

use std::io::{BufRead, BufReader};

use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::api::{ORG, PROJECT, event, with_events};
use crate::authorization::{add_user, browser, member_number, signed_in};
use crate::receivers::MailReceiver;
use crate::support::{EMAIL, PASSWORD, Server};

fn send(server: &Server, client: &Client, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let request = client.request(method, server.url(path)).header("X-LightTrace-CSRF", "1");
    let answer = request.json(body).send().expect("an answer");
    (answer.status().as_u16(), answer.json().unwrap_or_default())
}

fn read(server: &Server, client: &Client, path: &str) -> (u16, Value) {
    send(server, client, Method::GET, path, &Value::Null)
}

fn invite(server: &Server, body: &Value) -> (u16, Value) {
    let answer = server.api(Method::POST, &format!("{ORG}/members/")).json(body).send().expect("an answer");
    (answer.status().as_u16(), answer.json().expect("JSON"))
}

fn secret(member: &Value) -> String {
    let link = member["inviteLink"].as_str().expect("a link");
    let (address, secret) = link.split_once('#').expect("a secret");
    assert!(address.ends_with("/invite"), "no server or proxy sees the secret: {link}");
    secret.to_owned()
}

fn accept(server: &Server, client: &Client, secret: &str) -> (u16, Value) {
    let body = json!({"token": secret, "name": "Bob", "password": PASSWORD, "email": "evil@example.com"});
    send(server, client, Method::POST, "/api/0/auth/setup/", &body)
}

#[test]
fn somebody_is_invited_by_a_link_joins_and_is_removed() {
    let server = with_events(1);
    let (status, member) = invite(&server, &json!({"email": "Bob@Example.com", "role": "admin"}));
    assert_eq!(
        (status, &member["pending"], &member["email"]),
        (201, &json!(true), &json!("bob@example.com"))
    );
    assert_eq!(invite(&server, &json!({"email": "bob@example.com"})).0, 409, "he is invited");
    assert_eq!(invite(&server, &json!({"email": EMAIL})).0, 409, "an account is never taken over");
    for bad in [
        json!({"email": "nobody"}),
        json!({"email": "x@y.z", "role": "king"}),
        json!({"email": "x@y.z", "projects": ["nope"]}),
    ] {
        assert_eq!(invite(&server, &bad).0, 400, "{bad}");
    }
    let listed = server.api_get(&format!("{ORG}/members/"));
    assert!(!listed.to_string().contains(&secret(&member)), "the link is shown once");

    let bob = browser();
    assert_eq!(accept(&server, &bob, "guess").0, 403);
    let (status, user) = accept(&server, &bob, &secret(&member));
    assert_eq!((status, &user["email"], &user["role"]), (200, &json!("bob@example.com"), &json!("admin")));
    assert_eq!(user["id"], member["id"], "a member keeps their number");
    assert_eq!(accept(&server, &browser(), &secret(&member)).0, 403, "the link works once");
    assert_eq!(read(&server, &bob, &format!("{ORG}/issues/")).0, 200, "he is signed in");

    let (status, token) = send(
        &server,
        &bob,
        Method::POST,
        "/api/0/api-tokens/",
        &json!({"name": "ci", "scopes": ["event:read"]}),
    );
    assert_eq!(status, 201);
    let token = token["token"].as_str().expect("shown once").to_owned();
    let by_token = || {
        let request = server.client.get(server.url(&format!("{ORG}/issues/"))).bearer_auth(&token);
        request.send().expect("an answer").status().as_u16()
    };
    assert_eq!(by_token(), 200);
    let (_, eve) =
        send(&server, &bob, Method::POST, &format!("{ORG}/members/"), &json!({"email": "eve@example.com"}));
    let resolved = send(&server, &bob, Method::PUT, "/api/0/issues/1/", &json!({"status": "resolved"}));
    assert_eq!(resolved.0, 200);
    let path = format!("{ORG}/members/{}/", member["id"].as_str().expect("a number"));
    assert_eq!(server.api(Method::DELETE, &path).send().expect("an answer").status(), 204);
    assert_eq!(read(&server, &bob, &format!("{ORG}/issues/")).0, 401);
    assert_eq!(by_token(), 401);
    assert_eq!(accept(&server, &browser(), &secret(&eve)).0, 403, "whom he invited stays out, too");
    let detail = server.api_get("/api/0/issues/1/");
    assert!(detail["activity"].to_string().contains("\"Bob\""), "his name stays in histories");
}

#[test]
fn a_renewed_invitation_ends_the_old_link_and_a_revoked_one_both() {
    let server = Server::start();
    let (_, first) = invite(&server, &json!({"email": "bob@example.com"}));
    let path = format!("{ORG}/members/{}/", first["id"].as_str().expect("a number"));
    let renewed = server.api(Method::PUT, &path).json(&json!({"reinvite": true, "role": "viewer"}));
    let renewed: Value = renewed.send().expect("an answer").json().expect("JSON");
    assert_eq!(renewed["role"], "viewer");
    assert_ne!(secret(&first), secret(&renewed));
    assert_eq!(accept(&server, &browser(), &secret(&first)).0, 403);
    assert_eq!(server.api(Method::DELETE, &path).send().expect("an answer").status(), 204);
    assert_eq!(accept(&server, &browser(), &secret(&renewed)).0, 403);
}

#[test]
fn who_has_some_projects_finds_nothing_of_the_others_anywhere() {
    let server = with_events(2);
    add_user(&server, "bob@example.com", "member");
    let number = member_number(&server, "bob@example.com");
    let bob = signed_in(&server, "bob@example.com");
    let paths = [
        format!("{ORG}/issues/?query=&project=default"),
        format!("{ORG}/issues/?query=&project=1"),
        format!("{ORG}/events/?query=zanzibar&project=default"),
        format!("{ORG}/shortids/DEFAULT-1/"),
        format!("{ORG}/issues/DEFAULT-1/"),
        format!("{ORG}/eventids/{:032x}/", 1),
        format!("{PROJECT}/events/{:032x}/?raw=1", 1),
        "/api/0/issues/1/events/latest/".to_owned(),
        format!("{PROJECT}/keys/"),
    ];
    for path in &paths {
        assert_eq!(read(&server, &bob, path).0, 200, "{path}");
    }
    let restrict = server.api(Method::PUT, &format!("{ORG}/members/{number}/"));
    let member: Value =
        restrict.json(&json!({"projects": ["second"]})).send().expect("an answer").json().expect("JSON");
    assert_eq!(member["projects"], json!(["second"]));
    for path in &paths {
        assert_eq!(read(&server, &bob, path).0, 404, "{path}");
    }
    for path in [
        "issues/?query=",
        "issues/?query=zanzibar",
        "issues/?query=zanzibar&project=-1",
        "issues/?query=project:d*",
        "issues/?query=issue:DEFAULT-1",
    ] {
        assert_eq!(read(&server, &bob, &format!("{ORG}/{path}")), (200, json!([])), "{path}");
    }
    // Hidden and missing are answered alike.
    for path in ["issues", "events", "events-stats", "events-facets"] {
        let asked = |name: &str| read(&server, &bob, &format!("{ORG}/{path}/?query=a+OR+!project:{name}"));
        for (hidden, missing) in [("default", "nowhere"), ("1", "77")] {
            let (status, body) = asked(hidden);
            let words = body["detail"].as_str().expect("words").replace(hidden, missing);
            assert_eq!((status, json!({"detail": words})), asked(missing), "{path} {hidden}");
            assert_eq!(status, 400, "{path} {hidden}");
        }
        assert_eq!(asked("second").0, 200, "{path}");
    }
    assert_eq!(read(&server, &bob, &format!("{ORG}/events/?query=zanzibar")).1["data"], json!([]));
    for path in ["", "projects/", "stats/ledger/", "members/"] {
        let (status, body) = read(&server, &bob, &format!("{ORG}/{path}"));
        assert_eq!(status, 200, "{path}");
        assert!(!body.to_string().contains("\"default\""), "{path}: {body}");
    }
    for path in ["events-facets/", "search-suggestions/?query=till:", "search-suggestions/?query=project:"] {
        let (status, body) = read(&server, &bob, &format!("{ORG}/{path}"));
        assert_eq!(status, 200, "{path}");
        let text = body.to_string();
        assert!(!text.contains("north") && !text.contains("default"), "{path}: {body}");
    }
    // Changing many at once changes none of what is hidden.
    for which in ["id=1", "query="] {
        send(&server, &bob, Method::PUT, &format!("{ORG}/issues/?{which}"), &json!({"status": "resolved"}));
    }
    assert_eq!(server.issues("is:unresolved").len(), 1);

    let everywhere = server.api(Method::PUT, &format!("{ORG}/members/{number}/"));
    assert_eq!(everywhere.json(&json!({"projects": null})).send().expect("an answer").status(), 200);
    assert_eq!(read(&server, &bob, &paths[0]).0, 200);
}

#[test]
fn an_open_page_hears_of_visible_projects_only() {
    let server = Server::start();
    add_user(&server, "bob@example.com", "member");
    let number = member_number(&server, "bob@example.com");
    let restrict = server.api(Method::PUT, &format!("{ORG}/members/{number}/"));
    assert_eq!(restrict.json(&json!({"projects": ["second"]})).send().expect("an answer").status(), 200);
    let bob = signed_in(&server, "bob@example.com");
    let stream = bob.get(server.url(&format!("{ORG}/live/"))).send().expect("an answer");
    assert_eq!(server.store(&event(1, "x")).status(), 200);
    server.settled();
    let url =
        server.url(&format!("/api/2/store/?sentry_key={}&sentry_version=7", crate::support::SECOND_KEY));
    let sent = server.client.post(url).body(event(2, "y").to_string()).send().expect("an answer");
    assert_eq!(sent.status(), 200);
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "event: issues"));
    let data = lines.next().expect("data");
    let nudge: Value = serde_json::from_str(data.trim_start_matches("data: ")).expect("JSON");
    assert_eq!((&nudge["new"], &nudge["updated"]), (&json!(["2"]), &json!([])), "{nudge}");
}

#[test]
fn a_password_is_changed_by_who_knows_it_and_ends_all_other_sessions() {
    let server = Server::start();
    let (here, there) = (signed_in(&server, EMAIL), signed_in(&server, EMAIL));
    let change = |old: &str, new: &str| {
        let body = json!({"password": old, "passwordNew": new});
        send(&server, &here, Method::POST, "/api/0/users/me/password/", &body).0
    };
    assert_eq!(change("wrong password", "another long one"), 400);
    assert_eq!(change(PASSWORD, "short"), 400);
    assert_eq!(read(&server, &there, "/api/0/users/me/").0, 200);
    assert_eq!(change(PASSWORD, "another long one"), 204);
    assert_eq!(read(&server, &there, "/api/0/users/me/").0, 401);
    assert_eq!(read(&server, &here, "/api/0/users/me/").0, 200);
    let tries: Vec<u16> =
        (0..20).map(|number| change(&format!("guess {number}"), "another long one")).collect();
    assert_eq!((tries[0], tries[19]), (400, 429), "{tries:?}");
}

#[test]
fn sessions_are_listed_and_ended_one_by_one_or_all_others() {
    let server = Server::start();
    let (here, there, third) =
        (signed_in(&server, EMAIL), signed_in(&server, EMAIL), signed_in(&server, EMAIL));
    let sessions = "/api/0/users/me/sessions/";
    let rows = read(&server, &here, sessions).1;
    let rows = rows.as_array().expect("sessions");
    assert_eq!(rows.len(), 3);
    assert_eq!(rows.iter().filter(|row| row["isCurrent"] == true).count(), 1);
    assert_eq!(rows[0]["ipAddress"], "127.0.0.1");
    let (_, own) = read(&server, &there, sessions);
    let of_there =
        own.as_array().expect("sessions").iter().find(|row| row["isCurrent"] == true).expect("one");
    let path = format!("{sessions}{}/", of_there["id"].as_str().expect("an id"));
    add_user(&server, "eve@example.com", "owner");
    let eve = signed_in(&server, "eve@example.com");
    assert_eq!(send(&server, &eve, Method::DELETE, &path, &Value::Null).0, 404, "not hers");
    assert_eq!(send(&server, &here, Method::DELETE, &path, &Value::Null).0, 204);
    assert_eq!(read(&server, &there, sessions).0, 401);
    assert_eq!(send(&server, &here, Method::DELETE, sessions, &Value::Null).0, 204);
    assert_eq!(read(&server, &third, sessions).0, 401);
    assert_eq!(read(&server, &here, sessions).1.as_array().map(Vec::len), Some(1));
}

#[test]
fn a_token_is_never_wider_than_its_maker() {
    let server = with_events(1);
    add_user(&server, "bob@example.com", "member");
    let bob = signed_in(&server, "bob@example.com");
    let make =
        |client: &Client, body: Value| send(&server, client, Method::POST, "/api/0/api-tokens/", &body);
    for (scopes, expires, status) in [
        (json!(["project:write"]), Value::Null, 403),
        (json!(["org:admin"]), Value::Null, 403),
        (json!(["event:fly"]), Value::Null, 400),
        (json!([]), Value::Null, 400),
        (json!(["event:read"]), json!("2001-01-01T00:00:00Z"), 400),
        (json!(["event:write", "event:read"]), json!("2199-01-01T00:00:00Z"), 201),
    ] {
        let body = json!({"name": "ci", "scopes": scopes, "expiresAt": expires});
        assert_eq!(make(&bob, body.clone()).0, status, "{body}");
    }
    let owner = signed_in(&server, EMAIL);
    let body =
        json!({"name": "short", "scopes": ["org:write", "event:read"], "expiresAt": "2199-01-01T00:00:00Z"});
    let (status, short) = make(&owner, body);
    assert_eq!(status, 201);
    let secret = short["token"].as_str().expect("shown once").to_owned();
    let by_token = |body: Value| {
        let request = server.client.post(server.url("/api/0/api-tokens/")).bearer_auth(&secret);
        request.json(&body).send().expect("an answer").status().as_u16()
    };
    assert_eq!(
        by_token(json!({"name": "x", "scopes": ["project:read"], "expiresAt": "2190-01-01T00:00:00Z"})),
        403
    );
    assert_eq!(by_token(json!({"name": "x", "scopes": ["event:read"]})), 403, "it would outlive its maker");
    assert_eq!(
        by_token(json!({"name": "x", "scopes": ["event:read"], "expiresAt": "2190-01-01T00:00:00Z"})),
        201
    );

    // What its owner may not any more, the token may not either.
    let ci = make(&bob, json!({"name": "triage", "scopes": ["event:write"]})).1;
    let ci = ci["token"].as_str().expect("shown once").to_owned();
    let resolve = |status: &str| {
        let request = server.client.put(server.url("/api/0/issues/1/")).bearer_auth(&ci);
        request.json(&json!({"status": status})).send().expect("an answer").status().as_u16()
    };
    assert_eq!(resolve("resolved"), 200);
    let number = member_number(&server, "bob@example.com");
    let demote =
        server.api(Method::PUT, &format!("{ORG}/members/{number}/")).json(&json!({"role": "viewer"}));
    assert_eq!(demote.send().expect("an answer").status(), 200);
    assert_eq!(resolve("unresolved"), 403);

    let (_, tokens) = read(&server, &bob, "/api/0/api-tokens/");
    assert!(!tokens.to_string().contains(&ci), "shown once");
    let used =
        tokens.as_array().expect("tokens").iter().find(|token| token["name"] == "triage").expect("there");
    let path = format!("/api/0/api-tokens/{}/", used["id"].as_str().expect("an id"));
    assert_eq!(send(&server, &bob, Method::DELETE, &path, &Value::Null).0, 204);
    assert_eq!(resolve("unresolved"), 401);
}

#[test]
fn the_audit_log_says_who_did_what_and_holds_no_secret() {
    let server = with_events(1);
    let owner = signed_in(&server, EMAIL);
    let wrong = json!({"email": EMAIL, "password": "wrong password"});
    send(&server, &browser(), Method::POST, "/api/0/auth/login/", &wrong);
    let swapped = json!({"email": "correct horse battery", "password": EMAIL});
    send(&server, &browser(), Method::POST, "/api/0/auth/login/", &swapped);
    let (_, token) = send(
        &server,
        &owner,
        Method::POST,
        "/api/0/api-tokens/",
        &json!({"name": "ci", "scopes": ["event:read"]}),
    );
    let (_, member) = send(
        &server,
        &owner,
        Method::POST,
        &format!("{ORG}/members/"),
        &json!({"email": "bob@example.com", "role": "viewer"}),
    );
    accept(&server, &browser(), &secret(&member));
    send(&server, &owner, Method::POST, &format!("{ORG}/projects/"), &json!({"name": "Shop"}));
    send(&server, &owner, Method::PUT, &format!("{PROJECT}/"), &json!({"name": "Renamed"}));
    send(&server, &owner, Method::PUT, &format!("{ORG}/issues/?id=1"), &json!({"status": "resolved"}));
    let refused =
        send(&server, &owner, Method::PUT, &format!("{ORG}/issues/?id=1"), &json!({"status": "nonsense"}));
    assert_eq!(refused.0, 400);
    let log = server.api_get(&format!("{ORG}/audit-logs/"));
    let rows = log["rows"].as_array().expect("rows");
    let events: Vec<_> = rows.iter().map(|row| row["event"].as_str().expect("an event")).collect();
    assert_eq!(
        events,
        [
            "issue.edit",
            "project.edit",
            "project.create",
            "auth.sign-in",
            "member.accept-invite",
            "member.invite",
            "api-key.create",
            "auth.sign-in-failed",
            "auth.sign-in-failed",
            "auth.sign-in",
            "member.add",
            "api-key.create",
        ]
    );
    let row = &rows[0];
    assert_eq!((&row["actor"]["email"], &row["ipAddress"]), (&json!(EMAIL), &json!("127.0.0.1")));
    assert_eq!(row["note"], "issues?id=1");
    let text = log.to_string();
    for hidden in [PASSWORD, "wrong password", token["token"].as_str().expect("shown once"), &secret(&member)]
    {
        assert!(!text.contains(hidden), "{hidden}");
    }
    let invited = server.api_get(&format!("{ORG}/audit-logs/?event=member.invite"));
    assert_eq!(invited["rows"].as_array().map(Vec::len), Some(1));
}

#[test]
fn an_invitation_goes_out_by_mail_and_stands_where_the_mail_does_not() {
    let Some(mut receiver) = MailReceiver::start() else { return };
    let address = format!("smtp://127.0.0.1:{}", receiver.port);
    let settings = [
        ("LIGHTTRACE_SMTP_URL", address.as_str()),
        ("LIGHTTRACE_SMTP_FROM", "LightTrace <errors@example.com>"),
    ];
    let server = Server::start_with(&settings);
    let (status, member) = invite(&server, &json!({"email": "bob@example.com", "sendInvite": true}));
    assert_eq!((status, &member["mail"]["sent"]), (201, &json!(true)), "{member}");
    let mail = receiver.next();
    let link = member["inviteLink"].as_str().expect("a link");
    assert_eq!(
        (&mail["to"], &mail["from"]),
        (&json!(["bob@example.com"]), &json!("LightTrace <errors@example.com>"))
    );
    for kind in ["text/plain", "text/html"] {
        assert!(mail["parts"][kind].as_str().expect(kind).contains(link), "{kind}: {mail}");
    }
    let doctor = server.command(&["doctor"]).output().expect("ends");
    let verdicts = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(verdicts.contains("127.0.0.1 takes mail"), "{verdicts}");
    receiver.stop();
    let (status, member) = invite(&server, &json!({"email": "eve@example.com", "sendInvite": true}));
    assert_eq!((status, &member["mail"]["sent"]), (201, &json!(false)), "{member}");
    assert_eq!(accept(&server, &browser(), &secret(&member)).0, 200);
}
