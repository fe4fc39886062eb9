//! One walk over what was seen lately: which rules about counts are met, and which go on being met.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::alerts::evaluation::Result;
use crate::alerts::evaluation::plan::{Asked, Counted, Plan};
use crate::alerts::evaluation::usual::{Known, Usual};
use crate::insight::alert::spike::{LATE_MINUTES, MINUTES, is_still, spike};
use crate::model::alert::Because;
use crate::model::alert_rule::Trigger;
use crate::model::ids::{IssueId, ProjectId, RuleId};
use crate::model::series::{Resolution, Scope};
use crate::store::Store;

/// Issues whose hours one walk reads.
const LEARNED_MAX: usize = 2_000;
/// What happens once goes on while its issue was seen in the last so many minutes, the current one among them.
const SEEN_MINUTES: usize = 3;

/// A rule is met by an issue.
pub(super) struct Hit {
    /// Its place in the plan.
    pub rule: usize,
    pub issue: IssueId,
    pub since: Timestamp,
    pub because: Because,
}

pub(super) struct Walk<'a> {
    store: &'a Store,
    plan: &'a Plan,
    goes_on: &'a HashMap<IssueId, Vec<RuleId>>,
    now: Timestamp,
    pub hits: Vec<Hit>,
    pub still: Vec<(RuleId, IssueId)>,
    /// Issues with enough events, whose users are to be counted, by rule.
    crowded: Vec<(usize, IssueId)>,
}

/// An issue that is to be judged once its hours are read; those whose last minutes stand out most come first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Unknown {
    outstanding: u64,
    issue: IssueId,
    minutes: Vec<u32>,
}

impl Unknown {
    fn of(issue: IssueId, minutes: &[u32]) -> Self {
        let (before, lately) = minutes.split_at(minutes.len() - LATE_MINUTES.min(minutes.len()));
        let outstanding = sum(lately).saturating_mul(1_000) / (sum(before) + 1);
        Self { outstanding, issue, minutes: minutes.to_vec() }
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        store: &'a Store,
        plan: &'a Plan,
        goes_on: &'a HashMap<IssueId, Vec<RuleId>>,
        now: Timestamp,
    ) -> Self {
        Self { store, plan, goes_on, now, hits: Vec::new(), still: Vec::new(), crowded: Vec::new() }
    }

    /// By the minute. `is_latest`: what goes on does so now.
    pub(super) fn minutes(&mut self, usual: &mut Usual, is_latest: bool) -> Result<()> {
        let everywhere = Counted::default();
        let of_all = self.plan.counted.get(&None).unwrap_or(&everywhere);
        self.minutes_in(None, of_all, usual, is_latest)?;
        let plan = self.plan;
        for (environment, counted) in &plan.counted {
            if environment.is_some() {
                self.minutes_in(environment.as_deref(), counted, usual, is_latest)?;
            }
        }
        Ok(())
    }

    fn minutes_in(
        &mut self,
        environment: Option<&str>,
        counted: &Counted,
        usual: &mut Usual,
        is_latest: bool,
    ) -> Result<()> {
        let merges = self.store.merges();
        let mut unknown: BinaryHeap<Reverse<Unknown>> = BinaryHeap::new();
        let (store, now) = (self.store, self.now);
        let known = &*usual.in_environment(environment);
        store.each_recent(Resolution::Minute, environment, now, MINUTES, &mut |scope, minutes| {
            let Scope::Issue(issue) = scope else { return };
            let rules = self.goes_on.get(&issue).filter(|_| is_latest);
            let may_meet = counted.events_min > 0 && sum(minutes) >= counted.events_min;
            if (rules.is_none() && !may_meet) || merges.shown(issue) != issue {
                return;
            }
            let known = known.get(&issue);
            for rule in rules.into_iter().flatten() {
                self.goes_on_being_met(*rule, issue, environment, minutes, known);
            }
            if let Some(known) = known.filter(|_| may_meet) {
                self.meet(counted, issue, known, minutes);
            }
            if known.is_none_or(|known| !known.is_of(now)) {
                unknown.push(Reverse(Unknown::of(issue, minutes)));
                if unknown.len() > LEARNED_MAX {
                    unknown.pop();
                }
            }
        })?;
        let ids: Vec<IssueId> = unknown.iter().map(|Reverse(unknown)| unknown.issue).collect();
        usual.learn(store, environment, &ids, now)?;
        for Reverse(Unknown { issue, minutes, .. }) in unknown {
            if let Some(known) = usual.get(environment, issue) {
                for rule in self.goes_on.get(&issue).filter(|_| is_latest).into_iter().flatten() {
                    self.goes_on_being_met(*rule, issue, environment, &minutes, Some(known));
                }
                self.meet(counted, issue, known, &minutes);
            }
        }
        Ok(())
    }

    /// By the hour, where a rule's window is longer than the minutes that are walked: so many whole hours, this one for the last of
    /// them. What goes on being met is found again.
    pub(super) fn hours(&mut self, usual: &Usual) -> Result<()> {
        let (store, plan, now) = (self.store, self.plan, self.now);
        let merges = store.merges();
        for (environment, counted) in &plan.counted {
            if !is_by_hour(counted.window_minutes_max) {
                continue;
            }
            let buckets = hours_of(counted.window_minutes_max);
            let of_environment = usual.of_environment(environment.as_deref());
            let mut seen: Vec<(IssueId, Vec<u32>)> = Vec::new();
            store.each_recent(
                Resolution::Hour,
                environment.as_deref(),
                now,
                buckets,
                &mut |scope, hours| {
                    let Scope::Issue(issue) = scope else { return };
                    if sum(hours) < counted.events_min || merges.shown(issue) != issue {
                        return;
                    }
                    match of_environment.and_then(|known| known.get(&issue)) {
                        Some(known) => {
                            self.events_by_hour(counted, known.project, issue, hours);
                            self.crowded_by_hour(counted, known.project, issue, hours);
                        }
                        None if seen.len() < LEARNED_MAX => seen.push((issue, hours.to_vec())),
                        None => {}
                    }
                },
            )?;
            let ids: Vec<IssueId> = seen.iter().map(|(issue, _)| *issue).collect();
            let issues = store.find_issues(&ids)?;
            let projects: HashMap<IssueId, ProjectId> =
                issues.into_iter().map(|issue| (issue.id, issue.project)).collect();
            for (issue, hours) in seen {
                if let Some(project) = projects.get(&issue) {
                    self.events_by_hour(counted, *project, issue, &hours);
                    self.crowded_by_hour(counted, *project, issue, &hours);
                }
            }
        }
        Ok(())
    }

    fn events_by_hour(&mut self, counted: &Counted, project: ProjectId, issue: IssueId, hours: &[u32]) {
        for asked in counted.of(project) {
            for (window_minutes, rules) in asked.events.iter().filter(|(window, _)| is_by_hour(**window)) {
                let events = sum(last(hours, hours_of(*window_minutes)));
                for (more_than, rule) in rules.iter().take_while(|(more_than, _)| events > *more_than) {
                    let id = self.plan.rules[*rule].id;
                    if self.is_told(*rule, issue) {
                        self.still.push((id, issue));
                        continue;
                    }
                    let since = self.now - SignedDuration::from_mins(i64::from(*window_minutes));
                    let because =
                        Because::Events { events, more_than: *more_than, window_minutes: *window_minutes };
                    self.hits.push(Hit { rule: *rule, issue, since, because });
                }
            }
        }
    }

    fn crowded_by_hour(&mut self, counted: &Counted, project: ProjectId, issue: IssueId, hours: &[u32]) {
        for asked in counted.of(project) {
            for (window_minutes, rules) in asked.users.iter().filter(|(window, _)| is_by_hour(**window)) {
                let events = sum(last(hours, hours_of(*window_minutes)));
                let met = rules.iter().take_while(|(more_than, _)| events > *more_than);
                self.crowded.extend(met.map(|(_, rule)| (*rule, issue)));
            }
        }
    }

    fn goes_on_being_met(
        &mut self,
        rule: RuleId,
        issue: IssueId,
        environment: Option<&str>,
        minutes: &[u32],
        known: Option<&Known>,
    ) {
        let Some(rule) = self.plan.places.get(&rule).map(|place| &self.plan.rules[*place]) else { return };
        let is_met = match rule.trigger {
            Trigger::NewIssue | Trigger::Regression if environment.is_none() => {
                sum(last(minutes, SEEN_MINUTES)) > 0
            }
            _ if rule.environment.as_deref() != environment => false,
            Trigger::Spike { factor, .. } => {
                known.is_some_and(|known| is_still(minutes, &known.baseline, factor, self.now))
            }
            Trigger::Events { more_than, window_minutes } => {
                // Longer windows are judged by the hour.
                !is_by_hour(window_minutes) && sum(last(minutes, window_minutes as usize)) > more_than
            }
            _ => false,
        };
        if is_met {
            self.still.push((rule.id, issue));
        }
    }

    fn meet(&mut self, counted: &Counted, issue: IssueId, known: &Known, minutes: &[u32]) {
        for asked in counted.of(known.project) {
            self.spikes(asked, issue, known, minutes);
            self.events(asked, issue, minutes);
            for (window_minutes, rules) in &asked.users {
                let Some((events, _)) = busiest(minutes, *window_minutes, self.now) else { continue };
                let met = rules.iter().take_while(|(more_than, _)| events > *more_than);
                self.crowded.extend(met.map(|(_, rule)| (*rule, issue)));
            }
        }
    }

    /// Counts users where there are enough events for so many.
    pub(super) fn users(&mut self) -> Result<()> {
        for (rule, issue) in std::mem::take(&mut self.crowded) {
            let asked = &self.plan.rules[rule];
            let Trigger::Users { more_than, window_minutes } = asked.trigger else { continue };
            let since = self.now - SignedDuration::from_mins(i64::from(window_minutes));
            let environment = asked.environment.as_deref();
            let (users, is_estimate) = self.store.users_between(issue, environment, since, self.now)?;
            if users <= more_than {
                continue;
            }
            if self.is_told(rule, issue) {
                self.still.push((asked.id, issue));
            } else {
                let because = Because::Users { users, more_than, window_minutes, is_estimate };
                self.hits.push(Hit { rule, issue, since, because });
            }
        }
        Ok(())
    }

    fn is_told(&self, rule: usize, issue: IssueId) -> bool {
        self.goes_on.get(&issue).is_some_and(|rules| rules.contains(&self.plan.rules[rule].id))
    }

    fn spikes(&mut self, asked: &Asked, issue: IssueId, known: &Known, minutes: &[u32]) {
        for (window, rules) in &asked.spikes {
            let mut found = None;
            for (factor, rule) in rules {
                if found.as_ref().is_none_or(|(of, _)| *of < *factor) {
                    // Who is not this many times as often as usual is not more either.
                    let Some(spike) = spike(minutes, &known.baseline, *factor, *window, self.now) else {
                        break;
                    };
                    found = Some((*factor, spike));
                }
                let Some((_, spike)) = &found else { break };
                if self.is_told(*rule, issue) {
                    continue;
                }
                let because = Because::Spike {
                    minutes: spike.minutes,
                    events: spike.events,
                    usual: spike.usual,
                    factor: *factor,
                    known_hours: known.baseline.known_hours(),
                };
                self.hits.push(Hit { rule: *rule, issue, since: spike.since, because });
            }
        }
    }

    fn events(&mut self, asked: &Asked, issue: IssueId, minutes: &[u32]) {
        for (window_minutes, rules) in &asked.events {
            let Some((events, since)) = busiest(minutes, *window_minutes, self.now) else { continue };
            for (more_than, rule) in rules.iter().take_while(|(more_than, _)| events > *more_than) {
                if !self.is_told(*rule, issue) {
                    let because =
                        Because::Events { events, more_than: *more_than, window_minutes: *window_minutes };
                    self.hits.push(Hit { rule: *rule, issue, since, because });
                }
            }
        }
    }
}

/// The most events of a window that ended lately, and when that window began. `None`: it is longer than these minutes.
fn busiest(minutes: &[u32], window_minutes: u32, now: Timestamp) -> Option<(u64, Timestamp)> {
    let window = usize::try_from(window_minutes).ok().filter(|window| *window <= minutes.len())?;
    let late = LATE_MINUTES.min(minutes.len() - window);
    let ends = (minutes.len() - late..=minutes.len()).rev();
    let (events, end) =
        ends.map(|end| (sum(&minutes[end - window..end]), end)).max_by_key(|(n, end)| (*n, *end))?;
    let back = i64::try_from(minutes.len() - end + window).ok()?;
    let minute = now.as_second().div_euclid(60) + 1 - back;
    Some((events, Timestamp::from_second(minute * 60).unwrap_or(now - SignedDuration::from_mins(back))))
}

/// It is longer than the minutes that are walked.
fn is_by_hour(window_minutes: u32) -> bool {
    window_minutes as usize > MINUTES
}

fn hours_of(window_minutes: u32) -> usize {
    window_minutes as usize / 60
}

fn last(minutes: &[u32], count: usize) -> &[u32] {
    &minutes[minutes.len().saturating_sub(count)..]
}

fn sum(minutes: &[u32]) -> u64 {
    minutes.iter().map(|events| u64::from(*events)).sum()
}
