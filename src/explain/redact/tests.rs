use std::time::{Duration, Instant};

use serde_json::json;

use super::{Person, Redactor};

#[path = "../../../tests/suite/explain/secrets.rs"]
pub mod secrets;

fn redact(text: &str) -> String {
    Redactor::new().redact(text)
}

#[test]
fn of_all_kinds_of_secrets_none_is_left() {
    let secrets = secrets::secrets();
    assert!(secrets.len() >= 120, "{}", secrets.len());
    let mut left = Vec::new();
    for secret in &secrets {
        let redacted = redact(&secret.text);
        if redacted.contains(&secret.hidden) {
            left.push(format!("{}: {redacted}", secret.kind));
        }
        // What stands around it does not matter.
        for around in [
            format!("x {} y", secret.text),
            format!("{{\"a\": \"{}\"}}", secret.text),
            format!("\n{}\n", secret.text),
        ] {
            let redacted = redact(&around);
            if redacted.contains(&secret.hidden) {
                left.push(format!("{} in {around:?}: {redacted}", secret.kind));
            }
        }
    }
    assert!(left.is_empty(), "{} left:\n{}", left.len(), left.join("\n"));
}

#[test]
fn what_is_no_secret_stays() {
    for text in [
        "TypeError: Cannot read properties of undefined (reading 'email')",
        "GET /api/user?id=undefined",
        "token: undefined",
        "dial tcp auth:8080: connection refused; GET http://token-service:8080/x, http://auth:8080/user?x=1",
        "User not authenticated: session expired after 15 min",
        "event fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0 at 2026-03-02T14:05:30.123Z",
        "src/components/checkout/PaymentConfirmationDialogController.tsx:42",
        "/app/node_modules/@tanstack/react-query/build/modern/queryObserver.js",
        "at Object.getServerSideCheckoutConfigurationForTenant2 (main.3f2a9c81b7d4e5f60718293a.js:1:20413)",
        "AbstractTransactionalDataSourceSpringContextTests failed",
        "MAX_CONCURRENT_CONNECTIONS_PER_WORKER_EXCEEDED",
        "my-service-frontend-production-eu-west",
        "SELECT id, name FROM customers WHERE tenant = 12 AND created_at > 1700000000000",
        "Chrome 120.0.0.0, Node.js 20.11.1, shop@2.14.3",
        "http://localhost:8080 and 127.0.0.1 refused",
        "std::collections::HashMap a::b dead::beef",
        "if (user.token == null) throw new AuthError(`no token`)",
        "const token = await auth.refresh(user)",
        "0x7fff5fbff8a0 in 14:05:30 +02:00",
        "worked in 1234567890123 ns",
        "com.example.shop.payment.gateway.StripePaymentGatewayImpl",
        "rate 200 a day since 14:05 ± 5 min, before 2 a day",
    ] {
        assert_eq!(Redactor::new().redact_source(text), text);
        if !text.starts_with("const") && !text.contains("user.token") {
            assert_eq!(redact(text), text);
        }
    }
    let hash = "9f3c01d4e5f60718293a4b5c6d7e8f90a1b2c3d4";
    let mut redactor = Redactor::new();
    redactor.allow(hash);
    assert_eq!(redactor.redact(&format!("reverts {hash}.")), format!("reverts {hash}."));
}

#[test]
fn code_keeps_its_assignments_and_loses_its_literals() {
    let mut redactor = Redactor::new();
    assert_eq!(
        redactor.redact_source(r#"  const apiKey = "9c1f0a7e42bd"; const token = next(user);"#),
        r#"  const apiKey = "[secret_1]"; const token = next(user);"#
    );
    assert_eq!(
        redactor.redact_source("PASSWORD = 'hunter2'  # fallback"),
        "PASSWORD = '[secret_2]'  # fallback"
    );
}

#[test]
fn a_person_has_one_number() {
    let mut redactor = Redactor::new();
    redactor.know(&Person {
        id: Some("u-8812"),
        name: Some("Ada Lovelace"),
        email: Some("ada@example.org"),
        ip: Some("203.0.113.7"),
        ..Person::default()
    });
    redactor.know(&Person {
        name: Some("Grace Hopper"),
        email: Some("grace@navy.example"),
        ..Person::default()
    });
    assert_eq!(
        redactor.redact("Ada Lovelace <ada@example.org> (u-8812) from 203.0.113.7:443; lovelace, Lovelace; grace period; GRACE@navy.example; 198.51.100.4"),
        "user_1 <email_1> (user_1) from ip_1:443; lovelace, user_1; grace period; email_2; ip_3"
    );
    assert_eq!(redactor.redact_member("user.id", "u-8812"), "user_1");
    assert_eq!(redactor.redact_member("user", "email:ada@example.org"), "email_1");
    assert_eq!(redactor.redact_member("user", "id:7"), "user_4");
    let kinds: Vec<String> = redactor
        .redactions()
        .iter()
        .map(|done| format!("{} {} {}", done.placeholder, done.kind, done.times))
        .collect();
    assert_eq!(
        kinds,
        [
            "email_1 e-mail address 2",
            "email_2 e-mail address 1",
            "ip_1 IP address 1",
            "ip_3 IP address 1",
            "user_1 name 4",
            "user_4 name 1"
        ]
    );
}

#[test]
fn the_same_secret_has_the_same_number() {
    let mut redactor = Redactor::new();
    let key = ["sk_live_", "q7Zr4Lw9Tn2Xb6Kc8Vd3Mf5H"].concat();
    let once = redactor.redact(&format!("a {key} b {key}"));
    assert_eq!(once, "a [secret_1] b [secret_1]");
    assert_eq!(redactor.redact(&once), once, "redacting twice changes nothing");
}

#[test]
fn values_are_redacted_by_their_names() {
    let value = json!({"password": "x y", "nested": [{"name": "authorization", "value": "abc"}, ["token", "T1"]], "id": 7, "cart": {"items": 3},
        "email": "a@b.example", "card": 4_111_111_111_111_111_u64, "missing": {"token": null}});
    let redacted = Redactor::new().redact_value("body", &value);
    assert_eq!(
        redacted,
        json!({"password": "[secret_3]", "nested": [{"name": "authorization", "value": "[secret_1]"}, ["token", "[secret_2]"]], "id": 7,
            "cart": {"items": 3}, "email": "email_1", "card": "[Filtered]", "missing": {"token": null}})
    );
}

#[test]
fn it_takes_time_in_proportion_to_the_text() {
    for unit in [
        "a=",
        "password:",
        "-----BEGIN X-----",
        "1 ",
        "+1 ",
        "a@",
        "::",
        "eyJ",
        "\u{202e}x",
        "Aa0/",
        "x.",
        "4111 ",
        "DE89 ",
        "é",
        "\\\"",
        "-u a:",
    ] {
        let text = unit.repeat((32 << 10) / unit.len());
        let began = Instant::now();
        let _ = redact(&text);
        let _ = Redactor::new().redact_source(&text);
        // Seconds, since test builds are slow; what grows with the square takes minutes.
        assert!(began.elapsed() < Duration::from_secs(10), "{unit:?} {:?}", began.elapsed());
    }
}
