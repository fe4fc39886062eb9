use super::*;
use crate::model::alert_rule::Severity;
use crate::model::ids::{AccountId, AlertId, IncidentId, IssueId, ProjectId, RuleId};
use crate::model::incident::Actor;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minute * 60).expect("a moment")
}

fn spike() -> Because {
    Because::Spike { minutes: 2, events: 200, usual: 0.1, factor: 10.0, known_hours: 400 }
}

/// Of rule 1 in project 1.
fn alert(issue: u64, because: Because, minute: i64) -> Alert {
    Alert {
        id: AlertId(1),
        rule: RuleId(1),
        severity: Severity::High,
        subject: Subject::Issue { issue: IssueId(issue) },
        project: Some(ProjectId(1)),
        environment: None,
        release: None,
        since: at(minute),
        at: at(minute),
        because,
        incident: IncidentId(0),
    }
}

/// With issue 1, told at minute 0 as high.
fn incident() -> Incident {
    Incident {
        id: IncidentId(1),
        title: "TypeError".to_owned(),
        severity: Severity::High,
        status: IncidentStatus::Open,
        owner: None,
        opened: at(0),
        began: at(0),
        acknowledged: None,
        acknowledged_by: None,
        resolved: None,
        resolved_by: None,
        reopened: 0,
        projects: vec![ProjectId(1)],
        environments: Vec::new(),
        releases: Vec::new(),
        issues: vec![IssueId(1)],
        further_issues: 0,
        rules: vec![RuleId(1)],
        alerts: 1,
        last_alert: at(0),
        last_signal: at(0),
        quiet_minutes: 15,
        reopen_minutes: 60,
        told: Some(Severity::High),
        told_at: Some(at(0)),
        times_told: 1,
        recipients: Vec::new(),
        muted: None,
        is_closed: false,
    }
}

fn over(mut incident: Incident, minute: i64, by: Option<u64>) -> Incident {
    incident.status = IncidentStatus::Resolved;
    incident.resolved = Some(at(minute));
    incident.resolved_by = by.map(|account| Actor::Person { account: AccountId(account) });
    incident
}

fn other_project(mut alert: Alert) -> Alert {
    alert.project = Some(ProjectId(2));
    alert
}

fn other_rule(mut alert: Alert) -> Alert {
    alert.rule = RuleId(2);
    alert
}

fn of(mut alert: Alert, subject: Subject) -> Alert {
    alert.subject = subject;
    alert
}

#[test]
fn an_alert_finds_its_incident_or_none() {
    let silence = || other_rule(of(alert(9, spike(), 5), Subject::Project { project: ProjectId(1) }));
    let cases = [
        ("the same issue, hours later", incident(), alert(1, spike(), 300), Some(Place::Joins)),
        (
            "another issue of the project, minutes later",
            incident(),
            alert(2, spike(), 9),
            Some(Place::Beside),
        ),
        ("another issue of the project, a quarter later", incident(), alert(2, spike(), 15), None),
        ("a new issue beside it", incident(), alert(2, Because::New, 3), Some(Place::Beside)),
        (
            "another project that jumps too, by the same rule",
            incident(),
            other_project(alert(2, spike(), 5)),
            Some(Place::Beside),
        ),
        (
            "another project that jumps, by another rule",
            incident(),
            other_rule(other_project(alert(2, spike(), 5))),
            None,
        ),
        ("a new issue of another project", incident(), other_project(alert(2, Because::New, 1)), None),
        ("the project falls silent: news of its own", incident(), silence(), None),
        ("it was over, and is back", over(incident(), 30, None), alert(1, spike(), 80), Some(Place::Reopens)),
        ("it was over for longer", over(incident(), 30, None), alert(1, spike(), 91), None),
        ("it was over, and another issue comes", over(incident(), 5, None), alert(2, spike(), 6), None),
    ];
    for (story, incident, alert, expected) in cases {
        assert_eq!(takes(&incident, &alert, alert.at), expected, "{story}");
    }
}

#[test]
fn people_are_told_once_and_programs_of_each_step() {
    use Channel::{Person, Target};
    let told = |incident: &Incident, place, alert: &Alert, channel, was_told| {
        tells(Some(incident), Some(place), alert, channel, was_told, alert.at)
    };
    let webhook = Target(TargetKind::Webhook);
    let pager = Target(TargetKind::PagerDuty);
    let slack = Target(TargetKind::Slack);
    let critical = |mut alert: Alert| {
        alert.severity = Severity::Critical;
        alert
    };
    let jump = alert(2, spike(), 4);
    let new = alert(3, Because::New, 4);
    let opened = |alert: &Alert, channel| tells(None, None, alert, channel, false, alert.at);
    let seconds = SignedDuration::from_secs;
    for (story, found, expected) in [
        ("a spike is told at once", opened(&jump, Person), Some((Step::Opened, jump.at))),
        ("new issues gather", opened(&new, Person), Some((Step::Opened, new.at + seconds(30)))),
        ("also in a channel", opened(&new, slack), Some((Step::Opened, new.at + seconds(30)))),
        ("but not for a program", opened(&new, webhook), Some((Step::Opened, new.at))),
        ("one more that jumps", told(&incident(), Place::Beside, &jump, Person, true), None),
        (
            "for whom it is the first",
            told(&incident(), Place::Beside, &jump, Person, false),
            Some((Step::Opened, jump.at)),
        ),
        (
            "one more that jumps, to a program",
            told(&incident(), Place::Beside, &jump, webhook, true),
            Some((Step::Joined, jump.at)),
        ),
        ("one more that jumps, to a pager", told(&incident(), Place::Beside, &jump, pager, true), None),
        (
            "worse than was told",
            told(&incident(), Place::Beside, &critical(jump.clone()), Person, true),
            Some((Step::Raised, jump.at)),
        ),
        (
            "one more new issue waits its turn",
            told(&incident(), Place::Beside, &new, Person, true),
            Some((Step::Joined, at(5))),
        ),
        (
            "it went quiet and is back",
            told(&over(incident(), 2, None), Place::Reopens, &alert(1, spike(), 4), Person, true),
            None,
        ),
        (
            "somebody had ended it, and it is back",
            told(&over(incident(), 2, Some(1)), Place::Reopens, &alert(1, spike(), 4), Person, true),
            Some((Step::Reopened, at(4))),
        ),
    ] {
        assert_eq!(found, expected, "{story}");
    }
}

#[test]
fn messages_about_more_of_the_same_become_rarer() {
    let new = |minute| alert(5, Because::New, minute);
    let next = |times, told_minute, minute| {
        let incident = Incident { times_told: times, told_at: Some(at(told_minute)), ..incident() };
        tells(Some(&incident), Some(Place::Beside), &new(minute), Channel::Person, true, at(minute))
            .map(|(_, due)| due.duration_since(at(0)).as_secs() / 60)
    };
    assert_eq!(next(1, 0, 1), Some(5));
    assert_eq!(next(2, 5, 6), Some(20));
    assert_eq!(next(3, 20, 21), Some(80));
    assert_eq!(next(30, 80, 81), Some(140));
}

#[test]
fn that_it_is_over_is_told_once_it_is() {
    let incident = over(incident(), 20, None);
    let told = |step, channel, by_person| tells_of_change(&incident, step, channel, by_person, at(20));
    let target = Channel::Target;
    assert_eq!(told(Step::Resolved, Channel::Person, false), Some(at(80)));
    assert_eq!(told(Step::Resolved, Channel::Person, true), None, "whoever did it knows, others see it");
    assert_eq!(told(Step::Resolved, target(TargetKind::Webhook), false), Some(at(20)));
    assert_eq!(told(Step::Resolved, target(TargetKind::PagerDuty), false), Some(at(80)));
    assert_eq!(told(Step::Resolved, target(TargetKind::PagerDuty), true), Some(at(20)));
    assert_eq!(told(Step::Acknowledged, target(TargetKind::PagerDuty), true), Some(at(20)));
    assert_eq!(told(Step::Acknowledged, target(TargetKind::Slack), true), None);
}

#[test]
fn a_mute_ends_by_time_or_by_users_whichever_is_first() {
    let mute = |until: Option<i64>, until_users| Some(Mute { until: until.map(at), until_users });
    for (mute, users, minute, expected) in [
        (None, 0, 0, false),
        (mute(Some(60), None), 0, 59, true),
        (mute(Some(60), None), 0, 60, false),
        (mute(None, Some(40)), 39, 9_999, true),
        (mute(None, Some(40)), 40, 0, false),
        (mute(Some(60), Some(40)), 40, 0, false),
        (mute(Some(60), Some(40)), 39, 60, false),
        (mute(None, None), 0, 0, false),
    ] {
        assert_eq!(is_muted(mute.as_ref(), users, at(minute)), expected, "{mute:?} {users} {minute}");
    }
}
