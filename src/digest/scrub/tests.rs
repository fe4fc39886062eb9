//! Tables of what is filtered and what is not.

use serde_json::{Value, json};

use super::Scrubber;
use crate::model::project::Scrubbing;

fn check_with(settings: &Scrubbing, before: &Value, after: &Value) {
    let scrubber = Scrubber::new(settings);
    let mut event = before.clone();
    let changed = scrubber.scrub(&mut event);
    assert_eq!(&event, after);
    assert_eq!(changed > 0, *before != event, "{before}");
    assert_eq!(scrubber.scrub(&mut event), 0, "a second time: {event}");
    assert_eq!(&event, after);
}

fn check(before: &Value, after: &Value) {
    check_with(&Scrubbing::default(), before, after);
}

fn check_text(before: &str, after: &str) {
    check(&json!({"extra": {"text": before}}), &json!({"extra": {"text": after}}));
}

#[test]
fn keys_that_name_a_secret() {
    for key in [
        "password",
        "the_secret",
        "my_PASSWORD_here",
        "api_key",
        "apiKey",
        "X-Api-Key",
        "Authorization",
        "otp",
        "two-factor",
        "two_factor",
        "mysql_pwd",
        "privateKey",
        "private_key",
        "credentials",
        "access_token",
        "passwd",
    ] {
        for value in [json!("x"), json!(7), json!([1, 2]), json!({"a": "b"})] {
            check(&json!({"extra": {key: value}}), &json!({"extra": {key: "[Filtered]"}}));
        }
        for value in [json!(null), json!(true), json!(""), json!("[Filtered]")] {
            check(&json!({"extra": {key: value}}), &json!({"extra": {key: value}}));
        }
        check(
            &json!({"request": {"headers": [[key, "x"]]}}),
            &json!({"request": {"headers": [[key, "[Filtered]"]]}}),
        );
        check(&json!({"tags": {key: "x"}}), &json!({"tags": {key: "[Filtered]"}}));
        check(
            &json!({"tags": [{"key": key, "value": "x"}]}),
            &json!({"tags": [{"key": key, "value": "[Filtered]"}]}),
        );
        check(
            &json!({"breadcrumbs": [{"data": {"a": [{key: "x"}]}}]}),
            &json!({"breadcrumbs": [{"data": {"a": [{key: "[Filtered]"}]}}]}),
        );
    }
    for key in ["name", "pass", "otps", "key", "passenger", "hotp", "tok"] {
        check(&json!({"extra": {key: "x"}}), &json!({"extra": {key: "x"}}));
    }
}

#[test]
fn forms_in_texts() {
    let cases = [
        ("card 4111 1111 1111 1111 ok", "card [Filtered] ok"),
        ("4111-1111-1111-1111", "[Filtered]"),
        ("371449635398431", "[Filtered]"),
        ("5555555555554444.", "[Filtered]."),
        ("iban DE89370400440532013000!", "iban [Filtered]!"),
        ("ssn 078-05-1120", "ssn [Filtered]"),
        ("postgres://bob:hunter2@db/x", "postgres://[Filtered]@db/x"),
        ("redis://:hunter2@db", "redis://[Filtered]@db"),
        ("https://token-only@h/p", "https://[Filtered]@h/p"),
        ("sent Bearer abc.def-123 to h", "sent [Filtered] to h"),
        ("open /home/alice/app.py", "open /home/[Filtered]/app.py"),
        ("/Users/bob", "/Users/[Filtered]"),
        ("file:///home/alice/x", "file:///home/[Filtered]/x"),
        ("C:\\Users\\John Doe\\x.txt", "C:\\Users\\[Filtered]\\x.txt"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nxx\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\n[Filtered]\n-----END RSA PRIVATE KEY-----",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMIIEow cut", "-----BEGIN PRIVATE KEY-----\n[Filtered]"),
    ];
    for (before, after) in cases {
        check_text(before, after);
    }
}

#[test]
fn names_and_values_in_texts() {
    let cases = [
        ("password=ab=c#d", "password=[Filtered]"),
        ("a=b&password=x&c=d", "a=b&password=[Filtered]&c=d"),
        ("https://h/p?access_token=abc#x", "https://h/p?access_token=[Filtered]"),
        ("user[password]=x&y=1", "user[password]=[Filtered]&y=1"),
        ("Authorization: Basic dXNlcg==", "Authorization: Basic [Filtered]"),
        ("login with password: hunter2 failed", "login with password: [Filtered] failed"),
        ("{\"user\":\"a\",\"password\":\"x y\"}", "{\"password\":\"[Filtered]\",\"user\":\"a\"}"),
        ("{'password': 'x y'}", "{'password': '[Filtered]'}"),
        ("body {\"secret\": \"x\"} sent", "body {\"secret\": \"[Filtered]\"} sent"),
        ("[[\"api_key\",\"x\"]]", "[[\"api_key\",\"[Filtered]\"]]"),
        // Keys that are secret as whole words only.
        ("a=b&otp=123456&c=d", "a=b&otp=[Filtered]&c=d"),
        ("https://h/p?two_factor=1234", "https://h/p?two_factor=[Filtered]"),
        ("login[otp]=123456", "login[otp]=[Filtered]"),
        ("{\"otp\":\"123456\"}", "{\"otp\":\"[Filtered]\"}"),
        ("body {'Two-Factor': '123456'} sent", "body {'Two-Factor': '[Filtered]'} sent"),
        ("footprint=large", "footprint=large"),
        ("otp_length=6 hotp=1", "otp_length=6 hotp=1"),
    ];
    for (before, after) in cases {
        check_text(before, after);
    }
}

#[test]
fn what_looks_alike_stays() {
    for text in [
        "AuthenticationError: no such user",
        "the secret door",
        "password incorrect",
        "author: Bob",
        "GET /api/users/42/profile",
        "https://example.com/users/42",
        "8a412352-5012-7834-0127-03406f2e03bd",
        "2023-11-14T22:13:20.123456",
        "1700000000123456789",
        "0123456789012345678901234567890123456789",
        "http://h/a@2x.png",
        "mail bob@example.com",
        "1.2.3.4",
        "BE: tired",
        "ünïcödé 4111 ö 1111",
        "{\"a\": 1}",
    ] {
        check_text(text, text);
    }
}

#[test]
fn cookies() {
    let header = "theme=dark; sessionid=abc; csrftoken=x; PHPSESSID=1";
    let clean = "theme=dark; sessionid=[Filtered]; csrftoken=[Filtered]; PHPSESSID=[Filtered]";
    for key in ["Cookie", "cookie", "Set-Cookie"] {
        check(
            &json!({"request": {"headers": {key: header}}}),
            &json!({"request": {"headers": {key: clean}}}),
        );
        check(
            &json!({"request": {"headers": [[key, header]]}}),
            &json!({"request": {"headers": [[key, clean]]}}),
        );
        check(
            &json!({"request": {"headers": {key: [header]}}}),
            &json!({"request": {"headers": {key: [clean]}}}),
        );
    }
    check(&json!({"request": {"cookies": header}}), &json!({"request": {"cookies": clean}}));
    check(
        &json!({"request": {"cookies": {"session": "x", "a": "b"}}}),
        &json!({"request": {"cookies": {"session": "[Filtered]", "a": "b"}}}),
    );
    check(
        &json!({"request": {"cookies": [["su", "x"], ["a", "b"]]}}),
        &json!({"request": {"cookies": [["su", "[Filtered]"], ["a", "b"]]}}),
    );
    check(&json!({"extra": {"session": "x"}}), &json!({"extra": {"session": "x"}}));
}

#[test]
fn some_places_are_never_touched() {
    let home = "/home/alice/app.py";
    let card = "4111111111111111";
    let untouched = json!({
        "event_id": card,
        "debug_meta": {"images": [{"code_file": home, "auth": "x"}]},
        "modules": {"oauthlib": "1.0", "tokenizers": "2"},
        "exception": {"values": [{"type": "AuthError", "value": card, "stacktrace": {"frames": [
            {"filename": home, "abs_path": home, "function": "get_password", "module": "auth.token",
             "context_line": "    password = get_password(token=secret)", "pre_context": ["a", "password=1"]}
        ]}}]},
        "request": {"headers": {"User-Agent": card}},
        "contexts": {"trace": {"span_id": card, "trace_id": card}},
    });
    check(&untouched, &untouched);
}

#[test]
fn frames_are_scrubbed_where_values_stand() {
    check(
        &json!({"exception": [{"mechanism": {"data": {"token": "x"}}, "stacktrace": {"frames": [
            {"vars": {"password": "x", "n": 4_111_111_111_111_111_u64}, "context_line": "u = '//a:b@h'"}]}}]}),
        &json!({"exception": [{"mechanism": {"data": {"token": "[Filtered]"}}, "stacktrace": {"frames": [
            {"vars": {"password": "[Filtered]", "n": "[Filtered]"}, "context_line": "u = '//[Filtered]@h'"}]}}]}),
    );
    check(
        &json!({"threads": {"values": [{"stacktrace": {"frames": [{"vars": {"token": 1}}]}}]}}),
        &json!({"threads": {"values": [{"stacktrace": {"frames": [{"vars": {"token": "[Filtered]"}}]}}]}}),
    );
    check(
        &json!({"logentry": {"formatted": "ssn 078-05-1120"}}),
        &json!({"logentry": {"formatted": "ssn [Filtered]"}}),
    );
}

#[test]
fn settings() {
    let secret =
        json!({"extra": {"password": "x", "Shoe-Size": "7", "text": "shoe-size=8 4111111111111111"}});
    let off = Scrubbing { enabled: false, ..Scrubbing::default() };
    check_with(&off, &secret, &secret);
    let extra = Scrubbing { extra_keys: vec!["SHOE".to_owned(), " ".to_owned()], ..Scrubbing::default() };
    check_with(
        &extra,
        &secret,
        &json!({"extra": {"password": "[Filtered]", "Shoe-Size": "[Filtered]", "text": "shoe-size=[Filtered] [Filtered]"}}),
    );
    let only_extra = Scrubbing { enabled: false, ..extra };
    check_with(
        &only_extra,
        &secret,
        &json!({"extra": {"password": "x", "Shoe-Size": "[Filtered]", "text": "shoe-size=[Filtered] 4111111111111111"}}),
    );
    let safe = Scrubbing { safe_keys: vec!["Auth_Kind".to_owned()], ..Scrubbing::default() };
    check_with(
        &safe,
        &json!({"extra": {"auth_kind": "ldap", "auth": "x", "q": "auth_kind=ldap"}}),
        &json!({"extra": {"auth_kind": "ldap", "auth": "[Filtered]", "q": "auth_kind=ldap"}}),
    );
}

#[test]
fn addresses_on_demand() {
    let ip = Scrubbing { ip_addresses: true, ..Scrubbing::default() };
    check_with(
        &ip,
        &json!({"user": {"ip_address": "192.0.2.1", "id": "1"}, "request": {"env": {"REMOTE_ADDR": "::1"}},
            "sdk": {"client_ip": "192.0.2.1", "version": "1.2.3.4"},
            "extra": {"a": "from 192.0.2.1:80, 2001:db8::1 and std::io 12:30:45 v1.2"}}),
        &json!({"user": {"ip_address": null, "id": "1"}, "request": {"env": {"REMOTE_ADDR": null}},
            "sdk": {"client_ip": null, "version": "1.2.3.4"},
            "extra": {"a": "from [Filtered]:80, [Filtered] and std::io 12:30:45 v1.2"}}),
    );
}

#[test]
fn secrets_under_unknown_keys_at_the_top_are_filtered() {
    check(
        &json!({"password": "x", "otp": 7, "session_cookie": "a=1; sessionid=x", "note": "token=x", "message": "m"}),
        &json!({"password": "[Filtered]", "otp": "[Filtered]", "session_cookie": "a=1; sessionid=[Filtered]",
            "note": "token=[Filtered]", "message": "m"}),
    );
    let own = Scrubbing { extra_keys: vec!["tag".to_owned(), "request".to_owned()], ..Scrubbing::default() };
    let event = json!({"tags": {"a": "b"}, "request": {"url": "http://h/"}});
    check_with(&own, &event, &event);
}

#[test]
fn hostile_texts_end_soon() {
    let scrubber = Scrubber::new(&Scrubbing::default());
    for part in [
        "password=",
        "//a@",
        "4111 ",
        "/home/",
        "Bearer ",
        "{\"password\":",
        "a1b2-",
        "\"",
        "-----BEGIN PRIVATE KEY-----",
    ] {
        let mut event = json!({"extra": {"a": part.repeat(1_000_000 / part.len())}});
        scrubber.scrub(&mut event);
        assert!(event["extra"]["a"].is_string());
    }
}
