//! Alerts over the API: rules, channels, wishes, and what is refused with which sentence.

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{ORG, described};
use crate::authorization::{add_user, member_number, signed_in};
use crate::schema::misfits;
use crate::support::Server;

pub fn ask(server: &Server, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let answer = server.api(method, &format!("{ORG}/{path}")).json(body).send().expect("an answer");
    (answer.status().as_u16(), answer.json().unwrap_or_default())
}

fn detail(answer: &Value) -> &str {
    answer["detail"].as_str().unwrap_or_default()
}

fn fits(schema: &str, value: &Value) {
    let document = described();
    let schema = &document["components"]["schemas"][schema];
    assert_eq!(misfits(&document, schema, value), Vec::<String>::new(), "{value:#}");
}

#[test]
fn a_rule_is_made_changed_and_deleted() {
    let server = Server::start();
    let body = json!({
        "name": "Payments jump", "projects": ["default"], "environment": "production",
        "query": "level:error payment", "severity": "high", "people": ["everyone", "admin@example.com"],
        "trigger": {"type": "spike", "factor": 5, "window_minutes": 30},
    });
    let (status, rule) = ask(&server, Method::POST, "alert-rules/", &body);
    assert_eq!(status, 201, "{rule}");
    fits("AlertRule", &rule);
    assert_eq!(rule["trigger"], json!({"type": "spike", "factor": 5.0, "windowMinutes": 30}));
    assert_eq!((&rule["cooldownMinutes"], &rule["quietMinutes"]), (&json!(30), &json!(15)));
    assert_eq!(rule["people"].as_array().expect("people").len(), 2);
    let sentence = rule["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("default") && sentence.contains("production"), "{sentence}");

    let path = format!("alert-rules/{}/", rule["id"].as_str().expect("an id"));
    let change = json!({"enabled": false, "environment": "", "muteMinutes": 60});
    let (status, changed) = ask(&server, Method::PUT, &path, &change);
    assert_eq!((status, &changed["enabled"], &changed["environment"]), (200, &json!(false), &Value::Null));
    assert!(changed["mutedUntil"].is_string());
    assert_eq!(changed["query"], "level:error payment", "what is left out stays");
    let listed = server.api_get(&format!("{ORG}/alert-rules/"));
    assert!(listed.as_array().expect("rules").contains(&changed));
    assert_eq!(ask(&server, Method::DELETE, &path, &Value::Null).0, 204);
    assert_eq!(ask(&server, Method::GET, &path, &Value::Null).0, 404);
}

#[test]
fn a_rule_says_what_is_wrong_with_it() {
    let server = Server::start();
    for (body, expected) in [
        (json!({}), "trigger: expected"),
        (json!({"trigger": {"type": "moon"}}), "unknown variant `moon`"),
        (json!({"trigger": {"type": "spike", "factor": 1}}), "trigger.factor: expected 1.5 to 10000"),
        (
            json!({"trigger": {"type": "spike", "windowMinutes": 0}}),
            "trigger.windowMinutes: expected 1 to 60",
        ),
        (
            json!({"trigger": {"type": "users", "moreThan": 5, "windowMinutes": 9000}}),
            "trigger.windowMinutes: expected 1 to 1440",
        ),
        (
            json!({"trigger": {"type": "release", "metric": "error_rate", "bound": 101}}),
            "trigger.bound: expected 0 to 100",
        ),
        (json!({"trigger": {"type": "new_issue"}, "projects": ["nope"]}), "projects: `nope` does not exist"),
        (json!({"trigger": {"type": "new_issue"}, "query": "(quetzal"}), "quer"),
        (json!({"trigger": {"type": "new_issue"}, "targets": [7]}), "targets: `7` does not exist"),
        (json!({"trigger": {"type": "new_issue"}, "people": ["x@y.z"]}), "people: `x@y.z` is nobody here"),
        (json!({"trigger": {"type": "new_issue"}, "quietMinutes": 0}), "quietMinutes"),
        (json!({"trigger": {"type": "new_issue"}, "severity": "huge"}), "unknown variant `huge`"),
    ] {
        let (status, answer) = ask(&server, Method::POST, "alert-rules/", &body);
        assert_eq!(status, 400, "{body} {answer}");
        assert!(answer.to_string().contains(expected), "{body}: {answer}");
    }
}

#[test]
fn who_sees_some_projects_makes_rules_about_those() {
    let server = Server::start_with(&[("LIGHTTRACE_PROJECTS", "default,second")]);
    add_user(&server, "mia@example.com", "member");
    let mia = member_number(&server, "mia@example.com");
    let restricted = server.api(Method::PUT, &format!("{ORG}/members/{mia}/"));
    assert_eq!(restricted.json(&json!({"projects": ["second"]})).send().expect("an answer").status(), 200);
    let browser = signed_in(&server, "mia@example.com");
    let ask = |method: Method, path: &str, body: Value| {
        let request = browser.request(method, server.url(&format!("{ORG}/{path}")));
        let answer = request.header("X-LightTrace-CSRF", "1").json(&body).send().expect("an answer");
        (answer.status().as_u16(), answer.json::<Value>().unwrap_or_default())
    };
    let new = json!({"type": "new_issue"});
    let (status, own) = ask(Method::POST, "alert-rules/", json!({"trigger": new, "projects": []}));
    assert_eq!((status, &own["projects"]), (201, &json!(["second"])));
    let body = json!({"trigger": new, "projects": ["default"]});
    assert_eq!(ask(Method::POST, "alert-rules/", body.clone()).0, 400);
    assert_eq!(ask(Method::POST, "alert-rules/", json!({"trigger": {"type": "own"}})).0, 403);

    let hidden = self::ask(&server, Method::POST, "alert-rules/", &body).1;
    let all = self::ask(&server, Method::POST, "alert-rules/", &json!({"trigger": new})).1;
    let path = |rule: &Value| format!("alert-rules/{}/", rule["id"].as_str().expect("an id"));
    assert_eq!(ask(Method::GET, &path(&hidden), Value::Null).0, 404);
    assert_eq!(ask(Method::GET, &path(&all), Value::Null).0, 200);
    assert_eq!(ask(Method::PUT, &path(&all), json!({"enabled": false})).0, 403);
    assert_eq!(ask(Method::DELETE, &path(&own), Value::Null).0, 204);
}

#[test]
fn a_channel_keeps_its_secrets_to_itself() {
    let server = Server::start();
    let hook = "https://hooks.slack.example.com/services/T000/B000/verysecret";
    let body = json!({"name": "#ops", "type": "slack", "url": hook, "secret": "hush"});
    let (status, target) = ask(&server, Method::POST, "notification-targets/", &body);
    assert_eq!(status, 201, "{target}");
    fits("NotificationTarget", &target);
    assert_eq!(target["url"], "https://hooks.slack.example.com/…cret");
    assert_eq!(target["hasSecret"], true);
    assert!(!target.to_string().contains("hush"), "{target}");
    let path = format!("notification-targets/{}/", target["id"].as_str().expect("an id"));
    // What is shown in place of the address is sent back by forms.
    let (status, renamed) =
        ask(&server, Method::PUT, &path, &json!({"name": "#alerts", "url": target["url"]}));
    assert_eq!((status, &renamed["name"], &renamed["url"]), (200, &json!("#alerts"), &target["url"]));
    let log = server.api_get(&format!("{ORG}/audit-logs/")).to_string();
    assert!(log.contains("notification-target.create") && !log.contains("verysecret"), "{log}");
    assert_eq!(ask(&server, Method::DELETE, &path, &Value::Null).0, 204);
}

#[test]
fn a_channel_must_lead_somewhere_outside() {
    let server = Server::start();
    for (body, expected) in [
        (json!({"url": "https://example.com/"}), "name: expected"),
        (json!({"name": "x", "url": "ftp://example.com/"}), "url: "),
        (json!({"name": "x", "url": "http://127.0.0.1/"}), "url: "),
        (json!({"name": "x", "url": "http://[::1]/"}), "url: "),
        (json!({"name": "x", "url": "http://169.254.169.254/latest/meta-data"}), "url: "),
        (json!({"name": "x", "url": "http://0x7f.1/"}), "url: "),
        (json!({"name": "x", "type": "pagerduty", "url": "https://events.example.com/"}), "routing key"),
        (json!({"name": "x", "type": "pigeon", "url": "https://example.com/"}), "unknown variant"),
    ] {
        let (status, answer) = ask(&server, Method::POST, "notification-targets/", &body);
        assert_eq!(status, 400, "{body} {answer}");
        assert!(detail(&answer).contains(expected), "{body}: {answer}");
    }
    let inside = Server::start_with(&[("LIGHTTRACE_ALLOW_PRIVATE_TARGETS", "true")]);
    let body = json!({"name": "x", "url": "http://127.0.0.1:9/"});
    assert_eq!(ask(&inside, Method::POST, "notification-targets/", &body).0, 201);
}

#[test]
fn a_person_says_when_to_be_told() {
    let server = Server::start();
    let admin = signed_in(&server, crate::support::EMAIL);
    let put = |body: Value| {
        let request = admin.put(server.url("/api/0/users/me/notifications/"));
        let answer = request.header("X-LightTrace-CSRF", "1").json(&body).send().expect("an answer");
        (answer.status().as_u16(), answer.json::<Value>().expect("JSON"))
    };
    let (status, wishes) = put(json!({
        "severityMin": "medium", "timeZone": "Europe/Berlin", "digest": "0 9 * * 1", "projects": ["default"],
        "quietHours": {"from": "22:00", "to": "07:30"},
    }));
    assert_eq!(status, 200, "{wishes}");
    fits("NotificationPreferences", &wishes);
    assert_eq!(wishes["quietHours"], json!({"from": "22:00", "to": "07:30", "letThrough": "critical"}));
    assert!(wishes["nextDigest"].is_string() && wishes["email"] == true, "{wishes}");
    let (_, fewer) = put(json!({"quietHours": null, "digest": null, "projects": null}));
    assert_eq!(
        (&fewer["quietHours"], &fewer["digest"], &fewer["projects"], &fewer["severityMin"]),
        (&Value::Null, &Value::Null, &Value::Null, &json!("medium"))
    );
    for (body, expected) in [
        (json!({"timeZone": "Mars/Olympus"}), "timeZone"),
        (json!({"quietHours": {"from": "25:00", "to": "07:00"}}), "quietHours.from"),
        (json!({"quietHours": {"from": "07:00", "to": "07:00"}}), "quietHours"),
        (json!({"digest": "* * * * *"}), "digest"),
        (json!({"digest": "soon"}), "digest"),
        (json!({"projects": ["nope"]}), "projects"),
    ] {
        let (status, answer) = put(body.clone());
        assert_eq!(status, 400, "{body} {answer}");
        assert!(detail(&answer).starts_with(expected), "{body}: {answer}");
    }
    let token = server.api_get("/api/0/users/me/");
    assert!(token.is_object());
    let none = server.api(Method::GET, "/api/0/users/me/notifications/").send().expect("an answer");
    assert_eq!(none.status(), 403, "the instance's token is nobody");
}
