//! Links as people and their mail programs follow them, over a real store.

use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::{App, test, web};
use jiff::{SignedDuration, Timestamp};

use crate::act::{Act, configure};
use crate::alerts::links::LinkSigner;
use crate::model::account::Role;
use crate::model::action_link::{ActionLink, LinkAction};
use crate::model::alert::{Alert, Because, Subject, Trouble};
use crate::model::alert_rule::{AlertRule, People, Severity, Trigger};
use crate::model::audit;
use crate::model::ids::{AccountId, AlertId, IncidentId, NotificationId, RuleId, TargetId};
use crate::model::incident::{Actor, Incident, IncidentStatus};
use crate::model::notification::{Recipient, Target, TargetKind};
use crate::store::{Evaluation, Store};

struct Story {
    store: Store,
    signer: LinkSigner,
    ada: AccountId,
    ops: TargetId,
    incident: IncidentId,
    _dir: tempfile::TempDir,
}

impl Story {
    /// The server falls behind; Ada and the channel `#ops` are told.
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(dir.path()).expect("a store");
        let (by, now) = (audit::Actor::default(), Timestamp::now());
        let ada =
            store.create_account("ada@example.com", "Ada", "x", Role::Owner, &by, now).expect("made").id;
        let ops = Target {
            id: TargetId(0),
            name: "#ops".to_owned(),
            kind: TargetKind::Slack,
            url: "https://hooks.slack.com/x".to_owned(),
            secret: None,
            enabled: true,
            created: now,
            created_by: None,
        };
        let ops = store.create_notification_target(ops).expect("kept").expect("room").id;
        let rule = AlertRule {
            id: RuleId(0),
            name: "LightTrace itself".to_owned(),
            enabled: true,
            projects: Vec::new(),
            environment: None,
            query: String::new(),
            trigger: Trigger::Own,
            severity: Severity::High,
            targets: vec![ops],
            people: People { admins: true, ..People::default() },
            cooldown_minutes: 30,
            quiet_minutes: 15,
            reopen_minutes: 60,
            muted_until: None,
            created: now,
            created_by: None,
        };
        let rule = store.create_alert_rule(rule).expect("kept").expect("room").id;
        let alert = Alert {
            id: AlertId(0),
            rule,
            severity: Severity::High,
            subject: Subject::Own { trouble: Trouble::Digesting },
            project: None,
            environment: None,
            release: None,
            since: now,
            at: now,
            because: Because::Lag { events: 2_400, seconds: 720 },
            incident: IncidentId(0),
        };
        let evaluation = Evaluation {
            alerts: vec![alert],
            may_conclude: true,
            evaluated_through: now,
            ..Evaluation::default()
        };
        let told = store.record_alerts(&evaluation, now).expect("recorded");
        let signer = LinkSigner::new(store.instance_secret([7; 32]).expect("a secret"));
        Self { incident: told[0].incident, store, signer, ada, ops, _dir: dir }
    }

    fn link(&self, action: LinkAction, recipient: Recipient, hours: i64) -> String {
        let expires = Timestamp::now() + SignedDuration::from_hours(hours);
        // Each recipient has a message of its own.
        let is_person = matches!(recipient, Recipient::Person { .. });
        let (notification, incident) = (NotificationId(if is_person { 1 } else { 2 }), self.incident);
        let expires = Timestamp::from_second(expires.as_second()).expect("a time");
        self.signer.token(&ActionLink { notification, incident, recipient, action, expires })
    }

    fn adas(&self, action: LinkAction) -> String {
        self.link(action, Recipient::Person { account: self.ada }, 1)
    }

    fn incident(&self) -> Incident {
        self.store.find_incident(self.incident).expect("read").expect("there")
    }

    async fn ask(&self, method: Method, token: &str, form: &str) -> (StatusCode, HeaderMap, String) {
        let url = "https://errors.example.com/".parse().expect("a URL");
        let act = web::Data::new(Act::new(self.store.clone(), self.signer.clone(), &url));
        let app = test::init_service(App::new().app_data(act).configure(configure)).await;
        let request = test::TestRequest::default().method(method).uri(&format!("/act/{token}"));
        let request = request.insert_header((header::CONTENT_TYPE, "application/x-www-form-urlencoded"));
        let response: ServiceResponse =
            test::call_service(&app, request.set_payload(form.to_owned()).to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, String::from_utf8_lossy(&test::read_body(response).await).into_owned())
    }

    async fn post(&self, token: &str, form: &str) -> (StatusCode, String) {
        let (status, _, page) = self.ask(Method::POST, token, form).await;
        (status, page)
    }
}

fn said(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[actix_web::test]
async fn looking_changes_nothing_and_the_form_acts_once() {
    let story = Story::new();
    let token = story.adas(LinkAction::Acknowledge);
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let (status, headers, page) = story.ask(method.clone(), &token, "").await;
        assert_eq!(status, StatusCode::OK);
        let policy = said(&headers, header::CONTENT_SECURITY_POLICY);
        assert!(policy.contains("default-src 'none'") && policy.contains("style-src 'sha256-"), "{policy}");
        assert_eq!(said(&headers, header::CACHE_CONTROL), "no-store");
        if method == Method::GET {
            assert!(
                page.contains("<form method=\"post\">") && page.contains("LightTrace falls behind"),
                "{page}"
            );
            assert!(!page.contains("<script"), "{page}");
        }
        assert_eq!(story.incident().status, IncidentStatus::Open);
    }
    let (status, page) = story.post(&token, "").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("Acknowledged") && page.contains("/alerts/incidents/1"), "{page}");
    let incident = story.incident();
    assert_eq!(incident.status, IncidentStatus::Acknowledged);
    assert_eq!(incident.acknowledged_by, Some(Actor::Person { account: story.ada }));
    let (status, page) = story.post(&token, "").await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(page.contains("done already") && page.contains("by Ada"), "{page}");
    let (_, _, page) = story.ask(Method::GET, &token, "").await;
    assert!(page.contains("by Ada") && !page.contains("<form"), "{page}");
}

#[actix_web::test]
async fn a_channels_link_says_which_channel_it_was() {
    let story = Story::new();
    let target = Recipient::Target { target: story.ops };
    let token = story.link(LinkAction::Acknowledge, target, 1);
    assert_eq!(story.post(&token, "").await.0, StatusCode::OK);
    assert_eq!(story.incident().acknowledged_by, Some(Actor::Target { target: story.ops }));
    let (_, page) = story.post(&token, "").await;
    assert!(page.contains("a link sent to #ops"), "{page}");
    let (_, page) = story.post(&story.adas(LinkAction::Acknowledge), "").await;
    assert!(page.contains("acknowledged by a link sent to #ops"), "{page}");
}

#[actix_web::test]
async fn it_is_muted_for_an_hour_or_until_more_people_are_hit() {
    let story = Story::new();
    let token = story.adas(LinkAction::Mute);
    let (_, _, page) = story.ask(Method::GET, &token, "").await;
    assert!(page.contains("Mute for 1 hour") && page.contains("value=\"10\""), "{page}");
    let (status, page) = story.post(&token, "for=users&users=25").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let mute = story.incident().muted.expect("muted");
    assert_eq!((mute.until, mute.until_users), (None, Some(25)));

    let story = Story::new();
    // A program that only sends the form's method.
    assert_eq!(story.post(&story.adas(LinkAction::Mute), "").await.0, StatusCode::OK);
    let until = story.incident().muted.expect("muted").until.expect("a time");
    assert!((55..=60).contains(&until.duration_since(Timestamp::now()).as_mins()), "{until}");
}

#[actix_web::test]
async fn it_is_taken_and_resolved() {
    let story = Story::new();
    assert_eq!(story.post(&story.adas(LinkAction::Assign), "").await.0, StatusCode::OK);
    assert_eq!(story.incident().owner, Some(story.ada));
    assert_eq!(story.post(&story.adas(LinkAction::Resolve), "issues=yes").await.0, StatusCode::OK);
    assert_eq!(story.incident().status, IncidentStatus::Resolved);
    // What is over is not opened again by an older message.
    let (status, page) = story.post(&story.adas(LinkAction::Acknowledge), "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("nothing to do") && page.contains("resolved by Ada"), "{page}");
    assert_eq!(story.incident().status, IncidentStatus::Resolved);
}

#[actix_web::test]
async fn false_old_and_revoked_links_do_nothing() {
    let story = Story::new();
    let person = Recipient::Person { account: story.ada };
    let elsewhere = LinkSigner::new([8; 32]);
    let link = story.signer.read(&story.adas(LinkAction::Resolve)).expect("a link");
    for (token, expected) in [
        ("x".to_owned(), StatusCode::NOT_FOUND),
        (elsewhere.token(&link), StatusCode::NOT_FOUND),
        (story.link(LinkAction::Resolve, person, -1), StatusCode::GONE),
        (story.link(LinkAction::Resolve, Recipient::Person { account: AccountId(99) }, 1), StatusCode::GONE),
        (story.link(LinkAction::Resolve, Recipient::Target { target: TargetId(99) }, 1), StatusCode::GONE),
    ] {
        for method in [Method::GET, Method::POST] {
            let (status, _, page) = story.ask(method, &token, "").await;
            assert_eq!(status, expected, "{page}");
            assert!(!page.contains("falls behind"), "{page}");
        }
    }
    let (status, ..) = story.ask(Method::DELETE, &story.adas(LinkAction::Resolve), "").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(story.incident().status, IncidentStatus::Open);
}
