//! Rules to begin with: each in words of why one would want it, with numbers that are right for most.

use jiff::Timestamp;

use crate::model::alert_rule::{AlertRule, People, ReleaseMetric, Severity, Trigger};
use crate::model::ids::RuleId;

/// What is told once more must have been over for so long.
const COOLDOWN_MINUTES: u32 = 30;
const QUIET_MINUTES: u32 = 15;
/// What happens once is over an hour after it.
const QUIET_ONCE_MINUTES: u32 = 60;
const REOPEN_MINUTES: u32 = 60;

#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pub id: &'static str,
    pub title: &'static str,
    /// Why one would want it, in a sentence.
    pub about: &'static str,
    /// With nothing but its number and its makers to fill in.
    pub rule: AlertRule,
}

/// Those that are there from the first start.
pub const FROM_THE_START: [&str; 7] =
    ["new_issue", "regression", "spike", "fix_failed", "verdict_worse", "silence", "own"];

/// In the order in which they are shown: what most people want first.
pub fn templates() -> Vec<Template> {
    let hour = 60;
    vec![
        of(
            "spike",
            "Many times as often as usual",
            "Something that was rare is breaking for many: the surest sign of an outage, and quiet otherwise.",
            Trigger::Spike { factor: 10.0, window_minutes: hour },
            Severity::High,
        ),
        of(
            "new_issue",
            "A new issue",
            "Nobody has seen this error before, so nobody looks after it yet.",
            Trigger::NewIssue,
            Severity::Low,
        ),
        of(
            "regression",
            "An issue came back",
            "Somebody believed that this was fixed.",
            Trigger::Regression,
            Severity::Medium,
        ),
        of(
            "fix_failed",
            "A fix does not hold",
            "The release that was to fix it is out, and it still happens.",
            Trigger::FixFailed,
            Severity::High,
        ),
        of(
            "verdict_worse",
            "A release made it worse",
            "More crashes, errors or new issues than the release before had at the same age.",
            Trigger::VerdictWorse,
            Severity::High,
        ),
        of(
            "users",
            "Many people are affected",
            "However often it happens: what counts is how many people it stops.",
            Trigger::Users { more_than: 50, window_minutes: hour },
            Severity::High,
        ),
        of(
            "events",
            "More events than a number",
            "For what you know the bound of: a quota, a batch that must not fail more than so often.",
            Trigger::Events { more_than: 1_000, window_minutes: hour },
            Severity::Medium,
        ),
        of(
            "crash_free",
            "Too few sessions without a crash",
            "A release crashes for more people than you are ready to bear.",
            Trigger::Release { metric: ReleaseMetric::CrashFreeSessions, bound: 99.0, sessions_min: 200 },
            Severity::High,
        ),
        of(
            "transaction_p95",
            "A transaction is slow",
            "One in twenty waits longer than people are ready to.",
            Trigger::TransactionP95 { transaction: None, milliseconds: 2_000, minutes: 10 },
            Severity::Medium,
        ),
        of(
            "transaction_failure_rate",
            "A transaction fails",
            "Requests or jobs end in errors, whether or not anybody reports them as such.",
            Trigger::TransactionFailureRate { transaction: None, percent: 5.0, minutes: 10, at_least: 20 },
            Severity::High,
        ),
        of(
            "transaction_throughput",
            "A transaction is silent",
            "What usually runs every minute runs no more: what calls it may be down.",
            Trigger::TransactionThroughput { transaction: None, per_minute: 1.0, below: true, minutes: 10 },
            Severity::Medium,
        ),
        of(
            "silence",
            "A project fell silent",
            "No news is bad news where there always was some: the app may be down, or its SDK gone.",
            Trigger::Silence { factor: 10.0 },
            Severity::Medium,
        ),
        of(
            "own",
            "LightTrace itself is in trouble",
            "Events wait, the disk fills up, or messages do not arrive: then nothing else here can be relied on.",
            Trigger::Own,
            Severity::Critical,
        ),
    ]
}

fn of(
    id: &'static str,
    title: &'static str,
    about: &'static str,
    trigger: Trigger,
    severity: Severity,
) -> Template {
    let is_own = trigger == Trigger::Own;
    let people = People { everyone: !is_own, admins: is_own, ..People::default() };
    let rule = AlertRule { name: title.to_owned(), severity, people, ..bare(trigger) };
    Template { id, title, about, rule }
}

/// With the times that are right for what it looks for, and nobody to tell.
pub fn bare(trigger: Trigger) -> AlertRule {
    let happens_once = matches!(trigger, Trigger::NewIssue | Trigger::Regression);
    AlertRule {
        id: RuleId(0),
        name: String::new(),
        enabled: true,
        projects: Vec::new(),
        environment: None,
        query: String::new(),
        trigger,
        severity: Severity::default(),
        targets: Vec::new(),
        people: People::default(),
        cooldown_minutes: if happens_once { 0 } else { COOLDOWN_MINUTES },
        quiet_minutes: if happens_once { QUIET_ONCE_MINUTES } else { QUIET_MINUTES },
        reopen_minutes: REOPEN_MINUTES,
        muted_until: None,
        created: Timestamp::UNIX_EPOCH,
        created_by: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{FROM_THE_START, templates};

    #[test]
    fn there_is_one_of_each_kind() {
        let templates = templates();
        let kinds: HashSet<_> = templates.iter().map(|template| template.rule.trigger.as_str()).collect();
        let all =
            ["new_issue", "regression", "spike", "events", "users", "fix_failed", "release", "verdict_worse"];
        let more =
            ["transaction_p95", "transaction_failure_rate", "transaction_throughput", "silence", "own"];
        for kind in all.into_iter().chain(more) {
            assert!(kinds.contains(kind), "{kind}");
        }
        assert!(FROM_THE_START.iter().all(|id| templates.iter().any(|template| template.id == *id)));
        let ids: HashSet<_> = templates.iter().map(|template| template.id).collect();
        assert_eq!(ids.len(), templates.len(), "each has an id of its own");
        for template in &templates {
            assert!(template.about.ends_with('.') && !template.title.ends_with('.'), "{}", template.id);
        }
    }
}
