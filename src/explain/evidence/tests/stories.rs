//! Two stories from the event to what a model is sent, to be read by people.

use serde_json::json;

use super::sample;
use crate::explain::evidence::pack_material;
use crate::explain::prompts::Prompts;
use crate::insight::telling::{Around, telling};
use crate::insight::trace::TraceSpan;
use crate::model::evidence::{Finding, KnownCommit, KnownDeploy, Material};

/// What tells most, and the message that a model is given.
fn told(material: &Material, tokens_max: u32) -> String {
    let spans: Vec<TraceSpan<'_>> = material
        .trace
        .iter()
        .map(|traced| TraceSpan { project: traced.project, span: &traced.span })
        .collect();
    let around = Around {
        project: material.issue.project,
        spans: &spans,
        name_of: &|service| service.name.to_owned(),
    };
    let sentences = telling(&material.event, &around).sentences;
    let pack = pack_material(material, tokens_max);
    let rendered = Prompts::load(std::path::Path::new("/nonexistent")).explain(&pack);
    format!(
        "{}\n\n{} of {} tokens, left out: {}\n\n{}",
        sentences.join("\n"),
        pack.tokens,
        pack.tokens_max,
        pack.left_out.join(", "),
        rendered.messages[1].1
    )
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn the_email_of_an_undefined_user() {
    let frame = |function: &str, file: &str, line: u64, own: bool, context: &str| {
        json!({"function": function, "filename": file, "lineno": line, "in_app": own, "context_line": context,
            "pre_context": ["export async function showProfile(id: string) {", "  const user = await api.get(`/api/user?id=${id}`);"],
            "post_context": ["  card.hidden = false;", "}"]})
    };
    let mut frames = vec![
        frame("flushSync", "node_modules/react-dom/index.js", 812, false, "      return fn(a);"),
        frame("onRoute", "src/router.ts", 31, true, "  await showProfile(route.params.userId);"),
        frame("showProfile", "src/profile.ts", 42, true, "  card.textContent = user.email;"),
    ];
    frames[2]["vars"] = json!({"id": "undefined", "user": null, "card": "<HTMLDivElement>"});
    let event = sample::event(json!({
        "exceptions": [{"type": "TypeError", "value": "Cannot read properties of undefined (reading 'email')", "stacktrace": {"frames": frames},
            "mechanism": {"type": "onunhandledrejection", "handled": false}}],
        "breadcrumbs": [
            {"timestamp": sample::at(95), "category": "navigation", "data": {"from": "/", "to": "/team"}},
            {"timestamp": sample::at(60), "type": "http", "category": "fetch", "data": {"method": "GET", "url": "/api/team", "status_code": 200}},
            {"timestamp": sample::at(12), "category": "console", "level": "warning", "message": "avatar of ada@example.org is larger than its box"},
            {"timestamp": sample::at(3), "category": "ui.click", "message": "a.member > span.name"},
            {"timestamp": sample::at(3), "category": "navigation", "data": {"from": "/team", "to": "/profile/undefined"}},
            {"timestamp": sample::at(2), "type": "http", "category": "fetch", "data": {"method": "GET", "url": "/api/user?id=undefined", "status_code": 200, "response_body_size": 2}},
        ],
        "request": {"url": "https://shop.example/profile/undefined", "headers": [["User-Agent", "Mozilla/5.0 Chrome/120.0.0.0"], ["Authorization", "Bearer q7Zr4Lw9"]]},
        "user": {"id": "u-8812", "email": "ada@example.org", "ip_address": "203.0.113.7"},
        "release": "shop@2.14.3", "environment": "production",
        "contexts": {"browser": {"name": "Chrome", "version": "120.0.0"}},
    }));
    let mut material = sample::bare(event);
    let commit = json!({"id": "9f3c01d4e5f60718293a4b5c6d7e8f90a1b2c3d4", "message": "Team: link members by userId (was id)",
        "author": {"name": "Grace Hopper", "email": "grace@navy.example"}, "at": "2026-03-02T12:00:00Z", "files": [{"path": "src/router.ts", "kind": "M"}]});
    material.commits = vec![KnownCommit {
        commit: serde_json::from_value(commit).expect("a commit"),
        sentence: Some("touches src/router.ts, where onRoute led to it".to_owned()),
    }];
    let deploy = json!({"id": 3, "environment": "production", "finished": "2026-03-02T13:39:00Z"});
    material.deploys = vec![KnownDeploy {
        version: "shop@2.14.3".to_owned(),
        deploy: serde_json::from_value(deploy).expect("a deploy"),
        sentence: "shop 2.14.3 to production, 60 s before".to_owned(),
    }];
    material.findings = vec![Finding {
        section: "pattern".to_owned(),
        sentence: "188 events since 13:40 ± 5 min, none before".to_owned(),
    }];
    snapshot("email_of_undefined", &told(&material, 4_096));
}

#[test]
fn a_token_that_expires_before_the_payment() {
    let frames = json!([
        {"function": "handle", "filename": "node_modules/express/lib/router/layer.js", "lineno": 95, "in_app": false},
        {"function": "chargeCard", "filename": "src/payment.js", "lineno": 18, "in_app": true, "pre_context": ["async function chargeCard(session, cart) {", "  const user = await auth.userOf(session.token);"],
            "context_line": "  if (!user) throw new Error('User not authenticated');", "post_context": ["  return stripe.charge(user.card, cart.total);", "}"],
            "vars": {"user": null, "session": {"token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln", "issuedAt": "2026-03-02T13:50:10Z"}, "cart": {"total": 1290}}},
    ]);
    let event = sample::event(json!({
        "platform": "node",
        "exceptions": [{"type": "Error", "value": "User not authenticated", "stacktrace": {"frames": frames}}],
        "breadcrumbs": [
            {"timestamp": sample::at(920), "type": "http", "category": "http", "data": {"method": "POST", "url": "http://auth:8080/token", "status_code": 200}},
            {"timestamp": sample::at(915), "category": "console", "level": "info", "message": "page loaded, token valid for 900 s"},
            {"timestamp": sample::at(5), "category": "console", "level": "info", "message": "cart of 3 items, 12.90"},
            {"timestamp": sample::at(1), "type": "http", "category": "http", "data": {"method": "GET", "url": "http://auth:8080/user", "status_code": 401}},
        ],
        "request": {"url": "https://shop.example/api/payment", "method": "POST", "data": {"cart": 77, "card_number": "4111 1111 1111 1111"}},
        "user": {"id": "u-8812"},
        "release": "shop@2.14.3", "environment": "production",
        "contexts": {"trace": {"trace_id": "07".repeat(16), "span_id": "01".repeat(8)}, "runtime": {"name": "Node.js", "version": "22.3"}},
    }));
    let mut material = sample::bare(event);
    material.issue.headline.culprit = "POST /api/payment".to_owned();
    material.trace = vec![
        sample::span(1, None, "shop", "http.server", "POST /api/payment", 412, 420),
        sample::span(2, Some(1), "shop", "db.query", "SELECT * FROM carts WHERE id = ?", 400, 6),
        sample::failed(sample::span(3, Some(1), "shop", "http.client", "GET auth/user", 380, 90), 401),
        sample::failed(sample::span(4, Some(3), "auth", "http.server", "GET /user", 370, 70), 401),
    ];
    material.findings = vec![Finding {
        section: "pattern".to_owned(),
        sentence: "96 % of them follow a failed `GET auth` (401)".to_owned(),
    }];
    snapshot("token_expired", &told(&material, 4_096));
}
