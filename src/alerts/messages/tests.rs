//! The same stories in every form.

use insta::assert_snapshot;

use crate::alerts::messages::mail::{Envelope, mail};
use crate::alerts::messages::post::Sender;
use crate::alerts::messages::{post, samples, wording};
use crate::model::notification::{Step, TargetKind};
use crate::outbound::{Mail, Outgoing, Post};

fn mailed(story: &super::story::Story) -> Mail {
    let envelope =
        Envelope { to: "ada@example.com".into(), key: "k1".into(), host: "errors.example.com".into() };
    match mail(story, &envelope).expect("a mail") {
        Outgoing::Mail(mail) => mail,
        Outgoing::Post(_) => panic!("a mail was asked for"),
    }
}

fn posted(story: &super::story::Story, kind: TargetKind, url: &str, secret: Option<&str>) -> Post {
    let target = samples::target(kind, url, secret);
    let sender = Sender { target: &target, key: "k1", decided: samples::now(), url: samples::URL };
    match post::incident(story, &sender).expect("a request") {
        Outgoing::Post(post) => post,
        Outgoing::Mail(_) => panic!("a request was asked for"),
    }
}

#[test]
fn subjects_say_what_happened_where() {
    let subjects = [
        samples::spike(),
        samples::batch(),
        samples::with_step(Step::Joined),
        samples::with_step(Step::Raised),
        samples::with_step(Step::Reopened),
        samples::resolved(),
        samples::own_trouble(),
    ];
    let subjects: Vec<_> = subjects.iter().map(wording::subject).collect();
    assert_snapshot!(subjects.join("\n"), @"");
}

#[test]
fn a_mail_is_readable_as_text_alone() {
    assert_snapshot!(mailed(&samples::spike()).text, @"");
}

#[test]
fn a_mail_about_several_issues_lists_them() {
    assert_snapshot!(mailed(&samples::batch()).text, @"");
}

#[test]
fn mails_thread_by_the_issue_that_came_first() {
    let mail = mailed(&samples::spike());
    assert_eq!(mail.message_id, "k1@errors.example.com");
    assert_eq!(mail.thread.as_deref(), Some("issue-1@errors.example.com"));
    let own = mailed(&samples::own_trouble());
    assert_eq!(own.thread.as_deref(), Some("incident-12@errors.example.com"));
}

#[test]
fn what_events_wrote_is_text_in_mails() {
    let mail = mailed(&samples::hostile());
    for markup in ["<script", "<b>", "<img", "</td>`", "</pre>`", "<i>", "</div>@", "{{", "49 "] {
        let is_there = mail.html.contains(markup);
        assert!(
            !is_there || (markup == "{{" && mail.html.contains("{{ 7*7 }}")),
            "{markup} in {}",
            mail.html
        );
    }
    assert!(!mail.html.contains("href=\"https://evil"), "{}", mail.html);
    assert!(!mail.text.contains("https://evil"), "{}", mail.text);
    assert!(!mail.subject.contains(['\r', '\n']));
}

#[test]
fn webhooks_carry_everything() {
    let post = posted(&samples::spike(), TargetKind::Webhook, "https://hooks.example.com/x", Some("s3cret"));
    let headers: Vec<_> = post.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_snapshot!(headers.join("\n"), @"");
    let body: serde_json::Value = serde_json::from_str(&post.body).expect("JSON");
    insta::assert_json_snapshot!(body, @"");
}
