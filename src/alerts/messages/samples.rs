//! Stories that tests put into every form: one as it usually is, one that an attacker wrote.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::alerts::messages::story::{
    AlertFacts, ChangeFacts, IncidentFacts, IssueFacts, Links, PlaceFacts, ReleaseFacts, SourceLine, Story,
};
use crate::model::alert_rule::Severity;
use crate::model::ids::TargetId;
use crate::model::incident::IncidentStatus;
use crate::model::notification::{Step, Target, TargetKind};

pub const URL: &str = "https://errors.example.com";

pub fn now() -> Timestamp {
    "2026-03-03T02:17:00Z".parse().expect("a time")
}

fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

pub fn spike() -> Story {
    let issue = issue(1, "TypeError: Cannot read properties of undefined (reading 'total')");
    Story {
        step: Step::Opened,
        incident: incident(&issue.title),
        alerts: vec![AlertFacts {
            facts: json!({ "type": "spike", "minutes": 2, "events": 200, "usual": 5.0 }),
            brief: Some("200 in 2 min".to_owned()),
            ..alert(1, "spike", "200 events in the last 2 min, usually 5 an hour at this time.")
        }],
        further_alerts: 0,
        issues: vec![issue],
        further_issues: 0,
        thread_issue: Some(1),
        release: Some(ReleaseFacts {
            version: "shop-api@2.14.3".to_owned(),
            deployed: Some((ago(38), "production".to_owned())),
            url: format!("{URL}/releases/shop%2Dapi%402%2E14%2E3"),
        }),
        changes: vec![ChangeFacts {
            commit: "4f2a91c".to_owned(),
            title: "Apply discounts before the cart is loaded".to_owned(),
            author: Some("Grace Hopper".to_owned()),
            because: Some("changes checkout.ts, where it fails".to_owned()),
            url: Some("https://github.com/acme/shop/commit/4f2a91c0".to_owned()),
        }],
        links: links(true),
        now: now(),
        zone: TimeZone::get("Europe/Berlin").expect("a zone"),
    }
}

/// Four new issues, and more.
pub fn batch() -> Story {
    let titles = [
        "ConnectionError: Redis at cache:6379 does not answer",
        "TimeoutError: GET /api/cart took longer than 5,000 ms",
        "OperationalError: server closed the connection unexpectedly",
        "KeyError: 'session'",
    ];
    let issues: Vec<_> = titles.iter().zip(1..).map(|(title, id)| issue(id, title)).collect();
    let because = |id| alert(id, "new_issue", "Seen for the first time.");
    Story {
        alerts: issues.iter().map(|issue| because(issue.id)).collect(),
        incident: IncidentFacts { issue_count: 43, alert_count: 43, ..incident(titles[0]) },
        further_alerts: 39,
        further_issues: 39,
        changes: Vec::new(),
        issues,
        ..spike()
    }
}

pub fn resolved() -> Story {
    let spike = spike();
    let incident = IncidentFacts {
        status: IncidentStatus::Resolved,
        acknowledged: Some((ago(50), "Ada Lovelace".to_owned())),
        resolved: Some((now(), None)),
        began: ago(64),
        opened: ago(62),
        owner: Some("Ada Lovelace".to_owned()),
        ..spike.incident
    };
    let links =
        Links { incident: incident.url.clone(), preferences: spike.links.preferences, ..Links::default() };
    Story { step: Step::Resolved, incident, alerts: Vec::new(), changes: Vec::new(), links, ..spike }
}

/// Everything that an event may write is written by somebody who means harm.
pub fn hostile() -> Story {
    const EVIL: &str = "<script>alert(1)</script> @everyone <!channel> *b* [x](https://evil.example) `c` ~s~ \
                        {{ 7*7 }} &lt;b&gt; <https://evil.example|click> <users/all> \"q\" 'a' | _i_ # h";
    let spike = spike();
    let mut issue = issue(1, EVIL);
    issue.culprit = Some(EVIL.to_owned());
    issue.place = Some(PlaceFacts {
        file: "<img src=x>/@here.ts".to_owned(),
        line: Some(1),
        function: Some("</td>```".to_owned()),
        source: vec![SourceLine { number: 1, text: "</pre>``` <@U123> ]]> \\".to_owned(), is_it: true }],
        url: None,
    });
    Story {
        incident: IncidentFacts {
            title: EVIL.to_owned(),
            environments: vec!["<b>@all".to_owned()],
            releases: vec!["<b>@channel".to_owned()],
            ..spike.incident
        },
        alerts: vec![AlertFacts {
            rule_name: Some("<b>rule</b>".to_owned()),
            because: "Came back in <b>@here.".to_owned(),
            ..alert(1, "regression", "")
        }],
        issues: vec![issue],
        release: Some(ReleaseFacts {
            version: "<b>@channel".to_owned(),
            deployed: None,
            url: format!("{URL}/releases/x"),
        }),
        changes: vec![ChangeFacts {
            commit: "<b>".to_owned(),
            title: "</div>@here".to_owned(),
            author: Some("<i>".to_owned()),
            because: None,
            url: None,
        }],
        ..spike
    }
}

pub fn own_trouble() -> Story {
    let spike = spike();
    let because = "2,400 events waiting, the oldest for 12 min.";
    Story {
        incident: IncidentFacts {
            title: "LightTrace falls behind".to_owned(),
            projects: Vec::new(),
            environments: Vec::new(),
            releases: Vec::new(),
            issue_count: 0,
            ..spike.incident
        },
        alerts: vec![AlertFacts { project: None, issue: None, ..alert(1, "own", because) }],
        issues: Vec::new(),
        thread_issue: None,
        release: None,
        changes: Vec::new(),
        ..spike
    }
}

pub fn with_step(step: Step) -> Story {
    let spike = spike();
    let incident = IncidentFacts {
        severity: if step == Step::Raised { Severity::Critical } else { spike.incident.severity },
        reopened: u32::from(step == Step::Reopened),
        ..spike.incident
    };
    Story { step, incident, ..spike }
}

pub fn target(kind: TargetKind, url: &str, secret: Option<&str>) -> Target {
    Target {
        id: TargetId(1),
        name: "ops".to_owned(),
        kind,
        url: url.to_owned(),
        secret: secret.map(str::to_owned),
        enabled: true,
        created: now(),
        created_by: None,
    }
}

fn incident(title: &str) -> IncidentFacts {
    IncidentFacts {
        id: 12,
        title: title.to_owned(),
        severity: Severity::High,
        status: IncidentStatus::Open,
        opened: ago(2),
        began: ago(4),
        acknowledged: None,
        resolved: None,
        quiet_minutes: 15,
        reopened: 0,
        owner: None,
        projects: vec!["shop-api".to_owned()],
        environments: vec!["production".to_owned()],
        releases: vec!["shop-api@2.14.3".to_owned()],
        issue_count: 1,
        alert_count: 1,
        url: format!("{URL}/alerts/incidents/12"),
    }
}

fn alert(issue: u64, kind: &'static str, because: &str) -> AlertFacts {
    AlertFacts {
        id: issue,
        kind,
        rule: 3,
        rule_name: Some("Spikes".to_owned()),
        severity: Severity::High,
        project: Some("shop-api".to_owned()),
        issue: Some(issue),
        environment: Some("production".to_owned()),
        release: Some("shop-api@2.14.3".to_owned()),
        since: ago(4),
        at: now(),
        because: because.to_owned(),
        brief: None,
        facts: json!({ "type": "new" }),
    }
}

fn issue(id: u64, title: &str) -> IssueFacts {
    let line = |number, text: &str, is_it| SourceLine { number, text: text.to_owned(), is_it };
    IssueFacts {
        id,
        short_id: format!("SHOP-API-{id}"),
        project: "shop-api".to_owned(),
        title: title.to_owned(),
        culprit: Some("POST /checkout".to_owned()),
        level: "error",
        first_seen: ago(60 * 24 * 9),
        last_seen: now(),
        events: 1_412,
        users: 310,
        users_estimated: false,
        assignee: None,
        place: Some(PlaceFacts {
            file: "src/checkout/discounts.ts".to_owned(),
            line: Some(42),
            function: Some("applyDiscounts".to_owned()),
            source: vec![
                line(40, "export function applyDiscounts(order: Order) {", false),
                line(41, "  const rate = rates[order.customer.tier];", false),
                line(42, "  return order.cart.total * (1 - rate);", true),
                line(43, "}", false),
            ],
            url: Some("https://github.com/acme/shop/blob/4f2a91c0/src/checkout/discounts.ts#L42".to_owned()),
        }),
        url: format!("{URL}/issues/{id}"),
        why: None,
    }
}

fn links(is_person: bool) -> Links {
    let act = |name: &str| Some(format!("{URL}/act/{name}-token"));
    Links {
        incident: format!("{URL}/alerts/incidents/12"),
        acknowledge: act("acknowledge"),
        mute: act("mute"),
        assign: if is_person { act("assign") } else { None },
        resolve: act("resolve"),
        preferences: is_person.then(|| format!("{URL}/settings/notifications")),
    }
}
