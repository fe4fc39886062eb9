//! Rules, incidents and messages as stories: one evaluation after the other.

use jiff::{SignedDuration, Timestamp};

use super::{draft, now, open, with_project};
use crate::model::account::Role;
use crate::model::alert::{Alert, Because, Subject};
use crate::model::alert_rule::{AlertRule, People, Severity, Trigger};
use crate::model::audit;
use crate::model::ids::{AccountId, AlertId, IncidentId, IssueId, ProjectId, RuleId, TargetId};
use crate::model::incident::{Actor, Incident, IncidentChange, IncidentStatus, MomentKind, Mute};
use crate::model::notification::{
    About, Attempt, DeliveryState, Notification, Recipient, Step, Target, TargetKind,
};
use crate::store::{Evaluation, IncidentFilter, NotificationFilter, Store};

struct Story {
    store: Store,
    _dir: tempfile::TempDir,
    ada: AccountId,
    hook: TargetId,
}

fn at(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

const MINUTE: i64 = 60;

impl Story {
    /// Issues 1 to 3, Ada, a webhook; rule 1 of new issues (low) and rule 2 of spikes (high) tell both.
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let (store, _) = with_project(dir.path());
        let by = audit::Actor::default();
        let ada = store.create_account("ada@example.com", "Ada", "x", Role::Owner, &by, now()).expect("made");
        let hook = Target {
            id: TargetId(0),
            name: "hook".to_owned(),
            kind: TargetKind::Webhook,
            url: "https://example.com/".to_owned(),
            secret: None,
            enabled: true,
            created: now(),
            created_by: None,
        };
        let hook = store.create_notification_target(hook).expect("kept").expect("room");
        for (trigger, severity, quiet_minutes) in
            [(Trigger::NewIssue, Severity::Low, 60), (SPIKE, Severity::High, 15)]
        {
            let rule = AlertRule {
                id: RuleId(0),
                name: trigger.as_str().to_owned(),
                enabled: true,
                projects: Vec::new(),
                environment: None,
                query: String::new(),
                trigger,
                severity,
                targets: vec![hook.id],
                people: People { everyone: true, ..People::default() },
                cooldown_minutes: 30,
                quiet_minutes,
                reopen_minutes: 60,
                muted_until: None,
                created: now(),
                created_by: None,
            };
            store.create_alert_rule(rule).expect("kept").expect("room");
        }
        let records = (1..=3).map(|n: u8| draft(u64::from(n), n).user("u").record());
        store.record_all(records, now()).expect("recorded");
        Self { store, _dir: dir, ada: ada.id, hook: hook.id }
    }

    fn evaluate(&self, seconds: i64, alerts: Vec<Alert>, still_true: &[(RuleId, Subject)]) -> Vec<Alert> {
        let now = at(seconds);
        let still_true = still_true.iter().cloned().map(|(rule, subject)| (rule, subject, now)).collect();
        let evaluation = Evaluation {
            alerts,
            still_true,
            may_conclude: true,
            evaluated_through: now,
            ..Evaluation::default()
        };
        self.store.record_alerts(&evaluation, now).expect("recorded")
    }

    fn incident(&self, id: u64) -> Incident {
        self.store.find_incident(IncidentId(id)).expect("read").expect("there")
    }

    fn incidents(&self) -> usize {
        self.store.incidents(&IncidentFilter::default(), None, 100, &|_| true).expect("read").0.len()
    }

    /// What was or is to be told, the oldest first: step, how many alerts, when, whether it was dropped.
    fn told(&self, recipient: Recipient) -> Vec<(Step, usize, i64, DeliveryState)> {
        let filter = NotificationFilter { recipient: Some(recipient), ..NotificationFilter::default() };
        let mut found = self.store.notifications(&filter, None, 100).expect("read").0;
        found.reverse();
        found.into_iter().map(|row| told(&row)).collect()
    }

    /// Of each recipient the message that may be sent by then.
    fn due(&self, seconds: i64) -> Vec<Notification> {
        self.store.outbox_heads(at(seconds)).expect("read").due
    }

    fn mails(&self) -> Vec<(Step, usize, i64, DeliveryState)> {
        self.told(Recipient::Person { account: self.ada })
    }

    fn posts(&self) -> Vec<Step> {
        let posts = self.told(Recipient::Target { target: self.hook });
        posts.into_iter().map(|(step, ..)| step).collect()
    }

    fn change(&self, id: u64, change: &IncidentChange, seconds: i64) -> Incident {
        let by = Actor::Person { account: self.ada };
        self.store.change_incident(IncidentId(id), change, by, at(seconds)).expect("kept").expect("there")
    }
}

fn told(row: &Notification) -> (Step, usize, i64, DeliveryState) {
    let About::Incident { step, alerts, .. } = &row.about else { panic!("of an incident: {row:?}") };
    (*step, alerts.len(), row.due.duration_since(now()).as_secs(), row.state)
}

const SPIKE: Trigger = Trigger::Spike { factor: 10.0, window_minutes: 60 };
const WAITING: DeliveryState = DeliveryState::Waiting;

fn subject(issue: u64) -> Subject {
    Subject::Issue { issue: IssueId(issue) }
}

fn new_issue(issue: u64, seconds: i64) -> Alert {
    alert(1, Severity::Low, issue, Because::New, seconds)
}

fn spike(issue: u64, seconds: i64) -> Alert {
    let because = Because::Spike { minutes: 2, events: 200, usual: 0.1, factor: 10.0, known_hours: 40 };
    alert(2, Severity::High, issue, because, seconds)
}

fn alert(rule: u64, severity: Severity, issue: u64, because: Because, seconds: i64) -> Alert {
    Alert {
        id: AlertId(0),
        rule: RuleId(rule),
        severity,
        subject: subject(issue),
        project: Some(ProjectId(1)),
        environment: None,
        release: None,
        since: at(seconds),
        at: at(seconds),
        because,
        incident: IncidentId(0),
    }
}

#[test]
fn forty_issues_that_break_together_page_once() {
    let story = Story::new();
    let alerts = story.evaluate(0, (1..=40).map(|issue| spike(issue, 0)).collect(), &[]);
    assert_eq!((alerts.len(), story.incidents()), (40, 1));
    assert_eq!(story.incident(1).issues.len(), 40);
    assert_eq!(story.mails(), [(Step::Opened, 40, 0, WAITING)]);
    assert_eq!(story.posts().len(), 40, "a program hears of each");
}

#[test]
fn new_issues_share_a_mail_and_a_spike_among_them_is_told_as_worse() {
    let story = Story::new();
    story.evaluate(0, vec![new_issue(1, 0)], &[]);
    story.evaluate(20, vec![new_issue(2, 20)], &[]);
    assert_eq!(story.mails(), [(Step::Opened, 2, 30, WAITING)]);
    let mail = story.due(40);
    let mail = mail.iter().find(|row| matches!(row.recipient, Recipient::Person { .. })).expect("due");
    story.store.note_attempt(mail.id, &Attempt::Delivered, at(40)).expect("noted");
    story.evaluate(60, vec![spike(1, 60)], &[]);
    story.evaluate(70, vec![new_issue(3, 70)], &[]);
    let delivered = DeliveryState::Delivered;
    assert_eq!(story.mails(), [(Step::Opened, 2, 30, delivered), (Step::Raised, 2, 60, WAITING)]);
    assert_eq!((story.incidents(), story.incident(1).severity), (1, Severity::High));
    let kinds: Vec<_> = story.store.incident_timeline(IncidentId(1)).expect("read");
    assert!(kinds.iter().any(|moment| matches!(moment.kind, MomentKind::Told { .. })), "{kinds:?}");
}

#[test]
fn what_is_told_is_told_once_however_often_it_is_found() {
    let story = Story::new();
    assert_eq!(story.evaluate(0, vec![spike(1, 0)], &[]).len(), 1);
    for seconds in [10, 20, 30] {
        assert_eq!(story.evaluate(seconds, vec![spike(1, seconds)], &[]), [], "it goes on");
    }
    assert_eq!((story.mails().len(), story.posts()), (1, vec![Step::Opened]));
}

#[test]
fn it_ends_when_it_is_quiet_and_returns_without_a_new_page() {
    let story = Story::new();
    story.evaluate(0, vec![spike(1, 0)], &[]);
    story.evaluate(10 * MINUTE, vec![], &[(RuleId(2), subject(1))]);
    story.evaluate(24 * MINUTE, vec![], &[]);
    assert_eq!(story.incident(1).status, IncidentStatus::Open, "14 minutes are less than 15");
    story.evaluate(25 * MINUTE, vec![], &[]);
    let incident = story.incident(1);
    assert_eq!((incident.status, incident.resolved_by), (IncidentStatus::Resolved, None));
    let over = (Step::Resolved, 0, 85 * MINUTE, WAITING);
    assert_eq!(story.mails()[1], over, "told once the hour has passed in which it may return");
    // The cool-down of half an hour is over; it is the same incident.
    story.evaluate(40 * MINUTE, vec![spike(1, 40 * MINUTE)], &[]);
    let incident = story.incident(1);
    assert_eq!((incident.status, incident.reopened), (IncidentStatus::Open, 1));
    assert_eq!(story.mails()[1].3, DeliveryState::Dropped);
    assert_eq!(story.mails().len(), 2, "nobody is paged anew");
    assert_eq!(story.posts(), [Step::Opened, Step::Resolved, Step::Reopened]);
    // And over for good: then the next one is another.
    story.evaluate(55 * MINUTE, vec![], &[]);
    story.evaluate(116 * MINUTE, vec![], &[]);
    assert!(story.incident(1).is_closed);
    story.evaluate(117 * MINUTE, vec![spike(1, 117 * MINUTE)], &[]);
    assert_eq!(story.incidents(), 2);
}

#[test]
fn a_cool_down_keeps_what_flaps_from_being_told() {
    let story = Story::new();
    story.evaluate(0, vec![spike(1, 0)], &[]);
    story.evaluate(16 * MINUTE, vec![], &[]);
    assert_eq!(story.evaluate(17 * MINUTE, vec![spike(1, 17 * MINUTE)], &[]), [], "within 30 minutes");
    assert_eq!(story.evaluate(31 * MINUTE, vec![spike(1, 31 * MINUTE)], &[]).len(), 1);
}

#[test]
fn a_returning_issue_is_never_missed() {
    let story = Story::new();
    let back = |seconds| alert(1, Severity::Low, 1, Because::Regressed { release: None }, seconds);
    assert_eq!(story.evaluate(0, vec![back(0)], &[]).len(), 1);
    let resolved = IncidentChange { status: Some(IncidentStatus::Resolved), ..IncidentChange::default() };
    story.change(1, &resolved, 60);
    assert_eq!(story.evaluate(120, vec![back(120)], &[]).len(), 1, "in its cool-down, and still told of");
    let incident = story.incident(1);
    assert_eq!((incident.status, incident.alerts), (IncidentStatus::Open, 2));
    assert_eq!(incident.resolved_by, None);
    assert_eq!(story.posts(), [Step::Opened, Step::Resolved, Step::Reopened]);
    let mails = story.mails();
    assert_eq!(mails.last().map(|mail| (mail.0, mail.3)), Some((Step::Reopened, WAITING)), "{mails:?}");
}

#[test]
fn people_acknowledge_mute_and_resolve() {
    let story = Story::new();
    story.evaluate(0, vec![new_issue(1, 0)], &[]);
    let acknowledged =
        IncidentChange { status: Some(IncidentStatus::Acknowledged), ..IncidentChange::default() };
    let incident = story.change(1, &acknowledged, 20);
    assert_eq!((incident.owner, incident.acknowledged), (Some(story.ada), Some(at(20))));
    assert_eq!(story.posts(), [Step::Opened, Step::Acknowledged]);

    let mute = Mute { until: None, until_users: Some(3) };
    story.change(1, &IncidentChange { mute: Some(Some(mute)), ..IncidentChange::default() }, 25);
    assert_eq!(story.mails(), [(Step::Opened, 1, 30, DeliveryState::Dropped)]);
    story.evaluate(30, vec![spike(1, 30)], &[]);
    assert_eq!(story.mails().len(), 1, "muted");
    let open = IncidentChange { status: Some(IncidentStatus::Open), ..IncidentChange::default() };
    story.change(1, &open, 40);
    let more = (10..13).map(|n| draft(n, 1).user(&format!("user {n}")).record());
    story.store.record_all(more, at(50)).expect("recorded");
    story.evaluate(60, vec![], &[(RuleId(2), subject(1))]);
    assert_eq!(story.mails()[1].0, Step::Joined, "it has had its users, and goes on");
    assert_eq!(story.incident(1).muted, None);

    let resolved = IncidentChange { status: Some(IncidentStatus::Resolved), ..IncidentChange::default() };
    let incident = story.change(1, &resolved, 70);
    assert_eq!(incident.resolved_by, Some(Actor::Person { account: story.ada }));
    assert_eq!(story.evaluate(80, vec![spike(1, 80)], &[]), [], "what goes on is not told anew");
    assert_eq!(story.incident(1).status, IncidentStatus::Resolved);
}

#[test]
fn messages_are_tried_until_they_are_delivered_or_given_up() {
    let story = Story::new();
    let test = story.store.queue_test(Recipient::Target { target: story.hook }, at(0)).expect("queued");
    let again = story.due(0);
    assert_eq!(again, std::slice::from_ref(&test));
    assert!(story.store.keep_message(&test, b"{}").expect("kept"));
    let later = Attempt::Later { due: at(90), reason: "500".to_owned() };
    story.store.note_attempt(test.id, &later, at(1)).expect("noted");
    assert_eq!(story.due(89), []);
    assert_eq!(story.store.outbox_heads(at(89)).expect("read").next, Some(at(90)));
    let failed = Attempt::Failed { reason: "410 Gone".to_owned() };
    story.store.note_attempt(test.id, &failed, at(90)).expect("noted");
    assert_eq!(story.store.outbox_heads(at(89)).expect("read").next, None);
    assert_eq!(story.store.count_dead_letters().expect("read"), 1);
    let dead = NotificationFilter { state: Some(DeliveryState::Failed), ..NotificationFilter::default() };
    let listed = story.store.notifications(&dead, None, 10).expect("read").0;
    assert_eq!((listed[0].attempts, listed[0].reason.as_deref()), (2, Some("410 Gone")));

    assert!(story.store.send_again(test.id, at(100)).expect("again"));
    assert!(!story.store.send_again(test.id, at(100)).expect("no"), "it waits already");
    let waits = story.due(100).remove(0);
    assert_eq!(
        (waits.key, story.store.kept_message(test.id).expect("read")),
        (test.key, Some(b"{}".to_vec()))
    );
    story.store.note_attempt(test.id, &Attempt::Delivered, at(101)).expect("noted");
    assert_eq!(story.store.kept_message(test.id).expect("read"), None);
    assert_eq!(story.store.count_dead_letters().expect("read"), 0);
}

#[test]
fn a_message_that_came_to_tell_of_more_is_not_kept_as_it_was() {
    let story = Story::new();
    let person = Recipient::Person { account: story.ada };
    let mail = || {
        let heads = story.store.outbox_heads(at(40)).expect("read");
        heads.due.into_iter().find(|row| row.recipient == person).expect("due")
    };
    story.evaluate(0, vec![new_issue(1, 0)], &[]);
    let read = mail();
    story.evaluate(20, vec![new_issue(2, 20)], &[]);
    assert!(!story.store.keep_message(&read, b"of one").expect("read"), "made of one alert, it tells of two");
    assert_eq!(story.store.kept_message(read.id).expect("read"), None);
    assert!(story.store.keep_message(&mail(), b"of two").expect("kept"));
    story.evaluate(25, vec![new_issue(3, 25)], &[]);
    assert_eq!(told(&mail()).1, 2, "what is kept grows no more");
}

#[test]
fn each_recipient_has_its_next_message_and_what_waits_for_one_hides_no_other() {
    let story = Story::new();
    let (hook, person) = (Recipient::Target { target: story.hook }, Recipient::Person { account: story.ada });
    let queue = |recipient, seconds| story.store.queue_test(recipient, at(seconds)).expect("queued");
    let first = queue(hook, 0);
    for seconds in 1..50 {
        queue(hook, seconds);
    }
    let (mail, later) = (queue(person, 60), queue(person, 100));
    let heads = story.store.outbox_heads(at(70)).expect("read");
    assert_eq!(heads.due, [first, mail.clone()]);
    assert_eq!((heads.next, heads.waiting), (Some(at(100)), 52));
    story.store.note_attempt(mail.id, &Attempt::Delivered, at(70)).expect("noted");
    let heads = story.store.outbox_heads(at(100)).expect("read");
    assert_eq!((heads.due[1].id, heads.next, heads.waiting), (later.id, None, 51));
}

#[test]
fn what_ends_an_incident_does_not_overtake_what_opened_it() {
    let story = Story::new();
    story.evaluate(0, vec![spike(1, 0)], &[]);
    let hook = |seconds| {
        let heads = story.store.outbox_heads(at(seconds)).expect("read");
        heads.due.into_iter().find(|row| row.recipient == Recipient::Target { target: story.hook })
    };
    let opened = hook(0).expect("due");
    assert_eq!(story.store.tried_before(&opened).expect("read"), None);
    let later = Attempt::Later { due: at(600), reason: "500".to_owned() };
    story.store.note_attempt(opened.id, &later, at(1)).expect("noted");
    let resolved = IncidentChange { status: Some(IncidentStatus::Resolved), ..IncidentChange::default() };
    story.change(1, &resolved, 10);
    let ended = hook(10).expect("due");
    assert_eq!(told(&ended).0, Step::Resolved);
    let earlier = story.store.tried_before(&ended).expect("read").expect("it was tried and waits");
    assert_eq!((earlier.id, earlier.due), (opened.id, at(600)));
    story.store.postpone_notification(ended.id, earlier.due, "in order").expect("kept");
    assert_eq!(hook(599), None);
    assert_eq!(hook(600).expect("due").id, opened.id, "of the same time, the earlier one is first");
    story.store.note_attempt(opened.id, &Attempt::Delivered, at(600)).expect("noted");
    assert_eq!(story.store.tried_before(&ended).expect("read"), None);
    assert_eq!(hook(600).expect("due").attempts, 0, "waiting was no try");
}

#[test]
fn a_digest_tells_of_a_time_once() {
    let story = Story::new();
    assert!(story.store.queue_digest(story.ada, at(0), at(60), at(60)).expect("queued"));
    assert!(!story.store.queue_digest(story.ada, at(0), at(60), at(61)).expect("told already"));
    assert!(story.store.queue_digest(story.ada, at(60), at(120), at(120)).expect("queued"));
}

#[test]
fn everything_is_there_after_a_restart_and_gone_with_the_project() {
    let story = Story::new();
    let evaluation = Evaluation {
        alerts: vec![spike(1, 0)],
        signals_through: 7,
        evaluated_through: at(0),
        ..Evaluation::default()
    };
    story.store.record_alerts(&evaluation, at(0)).expect("recorded");
    let Story { store: first, _dir: dir, .. } = story;
    drop(first);
    let again = open(dir.path());
    let progress = again.alert_progress().expect("read");
    assert_eq!((progress.signals_through, progress.evaluated_through), (7, Some(at(0))));
    assert_eq!(again.firing().expect("read").len(), 1);
    assert_eq!(again.record_alerts(&evaluation, at(0)).expect("again"), [], "told already");
    assert_eq!(again.outbox_heads(at(0)).expect("read").due.len(), 2);

    again.delete_project(ProjectId(1), at(10)).expect("deleted");
    again.prune(at(20)).expect("pruned");
    assert_eq!(again.find_incident(IncidentId(1)).expect("read"), None);
    assert_eq!(again.outbox_heads(at(1000)).expect("read").due, []);
    assert_eq!(again.alerts(&[AlertId(1)]).expect("read"), []);
}
