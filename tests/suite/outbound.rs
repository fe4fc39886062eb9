//! What leaves the machine: mail over real SMTP, requests to real receivers, and where they may not go.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use lighttrace::config::Smtp;
use lighttrace::outbound::{Mail, MailError, Mailer, Outcome, Post, Poster};
use reqwest::Method;
use serde_json::json;

use crate::api::ORG;
use crate::receivers::{Answer, HttpReceiver, MailReceiver};
use crate::support::Server;

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

fn mailer(port: u16, time: Duration) -> Mailer {
    let url = format!("smtp://127.0.0.1:{port}").parse().expect("a URL");
    Mailer::with_timeout(&Smtp { url, from: "LightTrace <errors@example.com>".to_owned() }, time)
        .expect("valid")
}

fn mail(to: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: "Zahlung schlägt fehl".to_owned(),
        text: "Seit 02:00".to_owned(),
        html: "<p>Seit 02:00</p>".to_owned(),
        message_id: "3f2a@errors.example.com".to_owned(),
        thread: Some("0b1c@errors.example.com".to_owned()),
    }
}

fn post(url: &str) -> Post {
    let headers = vec![
        ("Content-Type".to_owned(), "application/json".to_owned()),
        ("Idempotency-Key".to_owned(), "k1".to_owned()),
    ];
    Post { url: url.to_owned(), headers, body: "{\"a\":1}".to_owned() }
}

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn mail_refused_for_now_is_told_from_mail_refused_for_ever() {
    let Some(mut receiver) = MailReceiver::start() else { return };
    let mailer = mailer(receiver.port, MINUTE);
    let busy = wait(mailer.send(&mail("busy-once@example.com"))).expect_err("greylisted");
    assert!(matches!(&busy, MailError::Server(words) if words.contains("4.2.1 Try again later")), "{busy}");
    wait(mailer.send(&mail("busy-once@example.com"))).expect("the second time it is taken");
    let nobody = wait(mailer.send(&mail("nobody@example.com"))).expect_err("nobody");
    assert!(matches!(&nobody, MailError::Refused(words) if words.contains("No such person")), "{nobody}");
    let nowhere = wait(mailer.send(&mail("nowhere"))).expect_err("no address");
    assert!(matches!(nowhere, MailError::Address(_)), "{nowhere}");

    let taken = receiver.next();
    assert_eq!(taken["subject"], "Zahlung schlägt fehl");
    for (name, value) in [
        ("message-id", "<3f2a@errors.example.com>"),
        ("in-reply-to", "<0b1c@errors.example.com>"),
        ("references", "<0b1c@errors.example.com>"),
        ("auto-submitted", "auto-generated"),
        ("x-auto-response-suppress", "All"),
        ("list-id", "LightTrace <lighttrace.example.com>"),
    ] {
        assert_eq!(taken["headers"][name], value, "{name}: {taken}");
    }
    assert_eq!(taken["parts"]["text/plain"].as_str().map(str::trim), Some("Seit 02:00"));
    assert_eq!(taken["parts"]["text/html"].as_str().map(str::trim), Some("<p>Seit 02:00</p>"));
}

#[test]
fn a_mail_server_that_hangs_is_given_up() {
    let time = Duration::from_millis(500);
    // It takes connections and never greets.
    let mute = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = mute.local_addr().expect("bound").port();
    let start = Instant::now();
    let error = wait(mailer(port, time).send(&mail("ada@example.com"))).expect_err("mute");
    assert!(matches!(error, MailError::Server(_)), "{error}");
    if let Some(mut receiver) = MailReceiver::start() {
        let hangs = mailer(receiver.port, 4 * time);
        let error =
            wait(hangs.send(&mail("hang@example.com"))).expect_err("it takes the mail and says nothing");
        assert!(matches!(error, MailError::Server(_)), "{error}");
        assert_eq!(
            receiver.next()["id"],
            "<3f2a@errors.example.com>",
            "it has it: what became of it is not known"
        );
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    drop(mute);
    let error = wait(mailer(port, time).send(&mail("ada@example.com"))).expect_err("nobody is there");
    assert!(matches!(error, MailError::Server(_)), "{error}");
}

/// What the server says of an invitation's mail.
fn invite(server: &Server) -> serde_json::Value {
    let path = format!("{ORG}/members/");
    let body = json!({"email": "bob@example.com", "sendInvite": true});
    let answer = server.api(Method::POST, &path).json(&body).send().expect("an answer");
    assert_eq!(answer.status(), 201);
    answer.json::<serde_json::Value>().expect("JSON")["mail"].clone()
}

#[test]
fn mail_goes_encrypted_where_a_password_is_sent() {
    let authority = MailReceiver::authority();
    let authority = authority.to_str().expect("text");
    for (tls, scheme) in [("smtps", "smtps"), ("starttls", "smtp")] {
        let Some(mut receiver) = MailReceiver::start_with(&["--tls", tls, "--user", "ada:s3cret/w"]) else {
            return;
        };
        let url = |password: &str| format!("{scheme}://ada:{password}@localhost:{}", receiver.port);
        let good = url("s3cret%2Fw");
        let server = Server::start_with(&[("LIGHTTRACE_SMTP_URL", &good), ("SSL_CERT_FILE", authority)]);
        assert_eq!(invite(&server)["sent"], true, "{tls}");

        let bad = url("wr0ng-w0rd");
        let asked = |url: &str, authority: &str| {
            let mut doctor = server.command(&["doctor"]);
            doctor.env("LIGHTTRACE_SMTP_URL", url).env("SSL_CERT_FILE", authority);
            let said = String::from_utf8(doctor.output().expect("ends").stdout).expect("text");
            said.lines().find(|line| line.contains("mail")).expect("a line about mail").to_owned()
        };
        assert!(asked(&good, authority).starts_with("ok"), "{tls}");
        let refused = asked(&bad, authority);
        assert!(refused.starts_with("warn") && refused.contains("535"), "{refused}");
        assert!(!refused.contains("wr0ng-w0rd"), "{refused}");
        let untrusted = asked(&good, "/dev/null");
        assert!(untrusted.starts_with("warn"), "{untrusted}");

        let taken = receiver.next();
        assert_eq!((&taken["encrypted"], &taken["user"]), (&json!(true), &json!("ada")), "{taken}");
    }
}

#[test]
fn a_password_is_never_sent_in_the_clear() {
    let Some(receiver) = MailReceiver::start_with(&["--user", "ada:secret"]) else { return };
    let url = format!("smtp://ada:secret@localhost:{}", receiver.port);
    let server = Server::start_with(&[("LIGHTTRACE_SMTP_URL", &url)]);
    let mail = invite(&server);
    assert_eq!(mail["sent"], false, "{mail}");
    let detail = mail["detail"].as_str().expect("why");
    assert!(detail.to_lowercase().contains("tls") && !detail.contains("secret"), "{detail}");
}

#[test]
fn starttls_is_taken_where_it_is_offered() {
    let Some(mut receiver) = MailReceiver::start_with(&["--tls", "starttls"]) else { return };
    let authority = MailReceiver::authority();
    let url = format!("smtp://localhost:{}", receiver.port);
    let settings =
        [("LIGHTTRACE_SMTP_URL", url.as_str()), ("SSL_CERT_FILE", authority.to_str().expect("text"))];
    let server = Server::start_with(&settings);
    assert_eq!(invite(&server)["sent"], true);
    assert_eq!(receiver.next()["encrypted"], true);
}

#[test]
fn a_receiver_s_answer_decides_what_becomes_of_a_message() {
    let of = |answer: Answer| {
        let receiver = HttpReceiver::start(move |_, _| answer.clone());
        (wait(Poster::new(true).send(&post(&receiver.url()))), receiver.requests())
    };
    let (outcome, requests) = of(Answer::Status(204, Vec::new()));
    assert_eq!(outcome, Outcome::Delivered);
    assert_eq!((requests.len(), requests[0].body.as_str()), (1, "{\"a\":1}"));
    assert_eq!(requests[0].header("idempotency-key"), Some("k1"));
    assert_eq!(requests[0].header("content-type"), Some("application/json"));
    assert!(requests[0].header("user-agent").expect("named").starts_with("LightTrace/"));
    assert_eq!((requests[0].header("cookie"), requests[0].header("referer")), (None, None));

    let (outcome, _) = of(Answer::Status(429, vec!["Retry-After: 17".to_owned()]));
    assert!(matches!(outcome, Outcome::Later { after: Some(after), .. } if after.as_secs() == 17));
    let (outcome, _) = of(Answer::Body(400, "invalid_payload\r\n\tno text".to_owned()));
    let Outcome::Refused { reason } = outcome else { panic!("{outcome:?}") };
    assert_eq!(reason, "The receiver answered 400 Bad Request: invalid_payload no text");
    // Its head says how long it is; what is read of it has a bound.
    let (outcome, _) = of(Answer::Body(500, "x".repeat(20 << 20)));
    let Outcome::Later { reason, after: None } = outcome else { panic!("{outcome:?}") };
    assert!(reason.len() < 300, "{} bytes", reason.len());
    let (outcome, _) = of(Answer::HangUp);
    assert!(matches!(&outcome, Outcome::Later { .. }), "{outcome:?}");
    let (outcome, _) = of(Answer::Status(404, Vec::new()));
    assert!(matches!(&outcome, Outcome::Doubtful { .. }), "{outcome:?}");
}

#[test]
fn a_redirect_is_not_followed() {
    let private = HttpReceiver::answering(200);
    for status in [301, 302, 303, 307, 308] {
        let location = format!("Location: {}", private.url());
        let leading = HttpReceiver::start(move |_, _| Answer::Status(status, vec![location.clone()]));
        let outcome = wait(Poster::new(true).send(&post(&leading.url())));
        let Outcome::Refused { reason } = outcome else { panic!("{status}: {outcome:?}") };
        assert!(reason.contains("Redirects are not followed"), "{reason}");
    }
    assert_eq!(private.requests().len(), 0);
}

#[test]
fn this_machine_is_not_reached_unless_the_operator_allows_it() {
    let receiver = HttpReceiver::answering(200);
    let mut hosts: Vec<String> = [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "2130706433",
        "0x7f.1",
        "127.1",
        "0177.0.0.1",
    ]
    .map(str::to_owned)
    .to_vec();
    // By this name the machine knows itself, which its resolver and no text says.
    hosts.extend(std::fs::read_to_string("/etc/hostname").map(|name| name.trim().to_owned()));
    for host in hosts {
        let url = format!("http://{host}:{}/hook", receiver.port);
        let outcome = wait(Poster::new(false).send(&post(&url)));
        assert!(matches!(&outcome, Outcome::Refused { .. } | Outcome::Later { .. }), "{host}: {outcome:?}");
    }
    assert_eq!(receiver.requests().len(), 0);
    let url = format!("http://localhost:{}/hook", receiver.port);
    assert_eq!(wait(Poster::new(true).send(&post(&url))), Outcome::Delivered);
}

/// Sends to `url` from a process with an environment of its own: a test cannot change the one it has.
fn posted_with(url: &str, environment: &[(&str, &str)]) -> bool {
    let program = std::env::current_exe().expect("this program");
    let mut child = std::process::Command::new(program);
    child.args(["--exact", "outbound::posts_where_it_is_told", "--ignored"]).env("POST_TO", url);
    child.envs(environment.iter().copied());
    child.output().expect("it runs").status.success()
}

#[test]
#[ignore = "run by others, with an environment of their own"]
fn posts_where_it_is_told() {
    let url = std::env::var("POST_TO").expect("told");
    assert_eq!(wait(Poster::new(true).send(&post(&url))), Outcome::Delivered);
}

#[test]
fn a_proxy_of_the_environment_is_not_asked() {
    let (proxy, receiver) = (HttpReceiver::answering(200), HttpReceiver::answering(200));
    let address = format!("http://127.0.0.1:{}", proxy.port);
    let names = ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"];
    assert!(posted_with(&receiver.url(), &names.map(|name| (name, address.as_str()))));
    assert_eq!((proxy.requests().len(), receiver.requests().len()), (0, 1));
}

#[test]
fn an_encrypted_receiver_must_show_a_certificate_that_the_machine_trusts() {
    let receiver = HttpReceiver::start_encrypted();
    let url = format!("https://localhost:{}/hook", receiver.port);
    let authority = MailReceiver::authority();
    let trusting = [("SSL_CERT_FILE", authority.to_str().expect("text"))];
    assert!(posted_with(&url, &trusting));
    assert_eq!(receiver.requests().len(), 1);
    assert!(!posted_with(&url, &[]), "the machine does not know who signed it");
    // A machine without any certificate reaches whoever wants none.
    let (plain, none) =
        (HttpReceiver::answering(200), [("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/dev/null")]);
    assert!(posted_with(&plain.url(), &none) && !posted_with(&url, &none));
    assert_eq!(receiver.requests().len(), 1);
}
