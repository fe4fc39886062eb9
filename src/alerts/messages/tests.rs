//! The same stories in every form.

use insta::assert_snapshot;

use crate::alerts::messages::digest::{Row, Section, View};
use crate::alerts::messages::mail::{Envelope, mail};
use crate::alerts::messages::post::Sender;
use crate::alerts::messages::{digest, post, samples, test_message, wording};
use crate::model::notification::{Step, TargetKind};
use crate::outbound::{Mail, Outgoing, Post};

fn mailed(story: &super::story::Story) -> Mail {
    match mail(story, &envelope()).expect("a mail") {
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
    assert_snapshot!(subjects.join("\n"), @r"
    [shop-api] Spike: TypeError: Cannot read properties of undefined (reading 'total') (200 in 2 min)
    [shop-api] 43 new issues: ConnectionError: Redis at cache:6379 does not answer and 42 more
    [shop-api] More: TypeError: Cannot read properties of undefined (reading 'total')
    [shop-api] Now critical: TypeError: Cannot read properties of undefined (reading 'total')
    [shop-api] Back: TypeError: Cannot read properties of undefined (reading 'total')
    [shop-api] Resolved: TypeError: Cannot read properties of undefined (reading 'total')
    [LightTrace] 2,400 events waiting, the oldest for 12 min
    ");
}

#[test]
fn a_mail_is_readable_as_text_alone() {
    assert_snapshot!(mailed(&samples::spike()).text);
}

#[test]
fn a_mail_about_several_issues_lists_them() {
    assert_snapshot!(mailed(&samples::batch()).text);
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
    let headers = headers.join("\n").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    assert_snapshot!(headers, @r"
    X-LightTrace-Event: incident.opened
    X-LightTrace-Signature: sha256=22dd4b612dca138e3a8d9fd39268a8bdee87756037e28848a0ffc66c6311b8cd
    Content-Type: application/json
    User-Agent: LightTrace/VERSION
    Idempotency-Key: k1
    ");
    let body: serde_json::Value = serde_json::from_str(&post.body).expect("JSON");
    insta::assert_json_snapshot!(body);
}

const CHATS: [(TargetKind, &str); 6] = [
    (TargetKind::Slack, "https://hooks.slack.com/services/T/B/x"),
    (TargetKind::Discord, "https://discord.com/api/webhooks/1/x"),
    (TargetKind::Teams, "https://example.logic.azure.com/workflows/x"),
    (TargetKind::Telegram, "https://api.telegram.org/bot1:x/sendMessage?chat_id=-100"),
    (TargetKind::Mattermost, "https://chat.example.com/hooks/x"),
    (TargetKind::Ntfy, "https://ntfy.sh/our-alerts"),
];

fn body(story: &super::story::Story, kind: TargetKind, url: &str) -> serde_json::Value {
    serde_json::from_str(&posted(story, kind, url, None).body).expect("JSON")
}

#[test]
fn each_channel_has_its_own_form() {
    for (kind, url) in CHATS {
        insta::assert_json_snapshot!(format!("{}", kind.as_str()), body(&samples::spike(), kind, url));
        insta::assert_json_snapshot!(
            format!("{}-hostile", kind.as_str()),
            body(&samples::hostile(), kind, url)
        );
    }
}

#[test]
fn nobody_is_mentioned_and_nothing_is_linked_that_an_event_names() {
    for (kind, url) in CHATS {
        let text = body(&samples::hostile(), kind, url).to_string();
        // Plain text and rich text have no mentions; escaped, Slack's are none.
        if !matches!(kind, TargetKind::Slack | TargetKind::Teams | TargetKind::Ntfy) {
            for mention in ["@everyone", "@here", "@channel", "@all"] {
                assert!(!text.contains(mention), "{mention} in {}: {text}", kind.as_str());
            }
            assert!(!text.contains("https://evil"), "{}: {text}", kind.as_str());
        }
        if kind == TargetKind::Slack {
            // A header is plain text.
            let mut slack = body(&samples::hostile(), kind, url);
            slack["blocks"][0].take();
            let text = slack.to_string();
            for markup in ["<!channel>", "<https://evil", "<users/all>", "<@U123>"] {
                assert!(!text.contains(markup), "{markup}: {text}");
            }
        }
        if kind == TargetKind::Telegram {
            for markup in ["<script", "<img", "</pre>`", "<i>"] {
                assert!(!text.contains(markup), "{markup}: {text}");
            }
        }
    }
}

/// As large as a story can be.
fn largest() -> super::story::Story {
    let mut story = samples::batch();
    let long = "\u{1f600}".repeat(400);
    story.issues = story.issues.iter().cycle().take(6).cloned().collect();
    for issue in &mut story.issues {
        issue.title.clone_from(&long);
    }
    story.incident.title.clone_from(&long);
    story.incident.environments = vec![long.clone(); 8];
    for alert in &mut story.alerts {
        alert.because = format!("{long}.");
    }
    story
}

#[test]
fn every_channel_takes_the_largest_message() {
    for story in [largest(), samples::hostile()] {
        let slack = body(&story, CHATS[0].0, CHATS[0].1);
        for block in slack["blocks"].as_array().expect("blocks") {
            let length = |text: &serde_json::Value| text.as_str().unwrap_or_default().chars().count();
            assert!(length(&block["text"]["text"]) <= if block["type"] == "header" { 150 } else { 3_000 });
            for field in block["fields"].as_array().into_iter().flatten() {
                assert!(length(&field["text"]) <= 2_000);
            }
        }
        let embed = &body(&story, CHATS[1].0, CHATS[1].1)["embeds"][0];
        let length = |text: &serde_json::Value| text.as_str().unwrap_or_default().chars().count();
        assert!(length(&embed["title"]) <= 256 && length(&embed["description"]) <= 4_096);
        let fields = embed["fields"].as_array().expect("fields");
        let of_fields: usize =
            fields.iter().map(|field| length(&field["name"]) + length(&field["value"])).sum();
        assert!(length(&embed["title"]) + length(&embed["description"]) + of_fields <= 6_000);
        let teams = posted(&story, CHATS[2].0, CHATS[2].1, None).body;
        assert!(teams.len() <= 28_000, "{}", teams.len());
        assert!(length(&body(&story, CHATS[3].0, CHATS[3].1)["text"]) <= 4_096);
        let ntfy = body(&story, CHATS[5].0, CHATS[5].1);
        assert!(ntfy["message"].as_str().expect("text").len() <= 4_096);
    }
}

#[test]
fn pagerduty_hears_of_one_alert_from_its_beginning_to_its_end() {
    let url = "https://events.pagerduty.com/v2/enqueue";
    let told = |story: &super::story::Story| {
        let post = posted(story, TargetKind::PagerDuty, url, Some("R0UTE"));
        let body: serde_json::Value = serde_json::from_str(&post.body).expect("JSON");
        assert_eq!((&body["routing_key"], post.url.as_str()), (&"R0UTE".into(), url));
        (body["event_action"].clone(), body["dedup_key"].clone(), body["payload"]["severity"].clone())
    };
    let key = "https://errors.example.com/incidents/12";
    for (story, action, severity) in [
        (samples::spike(), "trigger", Some("error")),
        (samples::with_step(Step::Raised), "trigger", Some("critical")),
        (samples::with_step(Step::Acknowledged), "acknowledge", None),
        (samples::resolved(), "resolve", None),
    ] {
        assert_eq!(told(&story), (action.into(), key.into(), severity.into()));
    }
}

#[test]
fn chats_are_reached_where_their_servers_listen() {
    let ntfy =
        posted(&samples::spike(), TargetKind::Ntfy, "https://ntfy.example.com/sub/our-alerts", Some("tk_1"));
    assert_eq!(ntfy.url, "https://ntfy.example.com/sub/");
    assert!(ntfy.headers.contains(&("Authorization".to_owned(), "Bearer tk_1".to_owned())));
    let bot = "https://api.telegram.org/bot1:x/sendMessage";
    let telegram =
        posted(&samples::spike(), TargetKind::Telegram, &format!("{bot}?message_thread_id=7"), Some("-100"));
    let body: serde_json::Value = serde_json::from_str(&telegram.body).expect("JSON");
    assert_eq!(telegram.url, bot);
    assert_eq!((&body["chat_id"], &body["message_thread_id"]), (&"-100".into(), &"7".into()));
}

/// What Gmail shows of a mail before it cuts it off.
const HTML_BYTES_MAX: usize = 102_000;

/// With `LIGHTTRACE_MAILS` set to a folder, the mails are written there, to be looked at.
#[test]
fn mails_load_nothing_and_are_shown_whole() {
    let folder = std::env::var_os("LIGHTTRACE_MAILS").map(std::path::PathBuf::from);
    let mails = [("digest", digested()), ("test", tested())].into_iter();
    let stories = [
        ("spike", samples::spike()),
        ("batch", samples::batch()),
        ("joined", samples::with_step(Step::Joined)),
        ("raised", samples::with_step(Step::Raised)),
        ("reopened", samples::with_step(Step::Reopened)),
        ("resolved", samples::resolved()),
        ("own-trouble", samples::own_trouble()),
        ("hostile", samples::hostile()),
        ("largest", largest()),
    ];
    for (name, mail) in mails.chain(stories.iter().map(|(name, story)| (*name, mailed(story)))) {
        assert!(mail.html.len() < HTML_BYTES_MAX, "{name}: {}", mail.html.len());
        for loaded in ["<img", "<link", " src=\"", "url(", "@import", "@font-face", "<script"] {
            assert!(!mail.html.contains(loaded), "{loaded} in {name}");
        }
        assert!(!mail.text.contains('\r') && !mail.text.trim().is_empty(), "{name}");
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder).expect("a folder");
            std::fs::write(folder.join(format!("{name}.html")), &mail.html).expect("written");
        }
    }
}

fn envelope() -> Envelope {
    Envelope { to: "ada@example.com".into(), key: "k1".into(), host: "errors.example.com".into() }
}

fn digested() -> Mail {
    let row = |title: &str, under: &str| Row {
        title: title.to_owned(),
        url: format!("{}/issues/1", samples::URL),
        under: under.to_owned(),
    };
    let section = |name: &str, rows: Vec<Row>, further: Option<&str>| Section {
        name: name.to_owned(),
        rows,
        further: further.map(str::to_owned),
    };
    let view = View {
        subject: "[LightTrace] 2 incidents, 3 new issues and 1 issue that came back".to_owned(),
        preheader: "2 Mar 09:00 to 3 Mar 09:00 CET".to_owned(),
        span: "2 Mar 09:00 to 3 Mar 09:00 CET".to_owned(),
        headline: "2 incidents, 3 new issues and 1 issue that came back".to_owned(),
        sections: vec![
            section(
                "Incidents",
                vec![
                    row(
                        "TypeError: x is undefined",
                        "High · acknowledged after 4 min · resolved after 38 min",
                    ),
                    row("LightTrace falls behind", "Medium · resolved after 12 min"),
                ],
                None,
            ),
            section(
                "New issues",
                vec![row("<b>TimeoutError</b>: https://evil.example", "SHOP-API-2 · 412 events · 31 users")],
                Some("and 2 more"),
            ),
            section("Came back", vec![row("KeyError: 'session'", "SHOP-API-4 · 9 events · 3 users")], None),
        ],
        url: samples::URL.to_owned(),
        preferences_url: format!("{}/settings/notifications", samples::URL),
    };
    match digest::form(&view, &envelope()).expect("a mail") {
        Outgoing::Mail(mail) => mail,
        Outgoing::Post(_) => panic!("a mail was asked for"),
    }
}

fn tested() -> Mail {
    let zone = jiff::tz::TimeZone::UTC;
    match test_message::mail(&envelope(), samples::URL, samples::now(), &zone).expect("a mail") {
        Outgoing::Mail(mail) => mail,
        Outgoing::Post(_) => panic!("a mail was asked for"),
    }
}

#[test]
fn the_test_button_reaches_every_channel() {
    for kind in TargetKind::ALL {
        let target = samples::target(kind, "https://example.com/alerts", Some("s"));
        let sender = Sender { target: &target, key: "k1", decided: samples::now(), url: samples::URL };
        match test_message::post(&sender, samples::URL, samples::now()).expect("a request") {
            Outgoing::Post(post) => assert!(post.body.contains("test"), "{}: {}", kind.as_str(), post.body),
            Outgoing::Mail(_) => panic!("a request was asked for"),
        }
    }
}
