//! The rules, by what they ask: so that an issue meets only those that may be about it, the least demanding first.

use std::collections::{BTreeMap, HashMap};

use crate::insight::alert::spike::EVENTS_MIN;
use crate::model::alert_rule::{AlertRule, Trigger};
use crate::model::ids::{ProjectId, RuleId};

/// Enabled rules, and their places in that list by what they ask.
#[derive(Default)]
pub(super) struct Plan {
    pub rules: Vec<AlertRule>,
    pub places: HashMap<RuleId, usize>,
    /// Those about what happens once.
    pub once: Vec<usize>,
    pub counted: BTreeMap<Option<String>, Counted>,
}

/// What is asked of counts in one environment, or in all.
#[derive(Default)]
pub(super) struct Counted {
    everywhere: Asked,
    of_project: HashMap<ProjectId, Asked>,
    /// An issue with fewer events meets none of them.
    pub events_min: u64,
    /// The longest window that is no spike's.
    pub window_minutes_max: u32,
}

/// By the window in minutes: (factor or bound, rule), ascending.
#[derive(Default)]
pub(super) struct Asked {
    pub spikes: BTreeMap<u32, Vec<(f64, usize)>>,
    pub events: BTreeMap<u32, Vec<(u64, usize)>>,
    pub users: BTreeMap<u32, Vec<(u64, usize)>>,
}

impl Plan {
    pub(super) fn of(rules: Vec<AlertRule>) -> Self {
        let mut plan = Self { rules, ..Self::default() };
        plan.rules.retain(|rule| rule.enabled);
        plan.places = plan.rules.iter().enumerate().map(|(place, rule)| (rule.id, place)).collect();
        let mut all: BTreeMap<Option<String>, Counted> = BTreeMap::new();
        for (place, rule) in plan.rules.iter().enumerate() {
            let least = |more_than: u64| more_than.saturating_add(1);
            match rule.trigger {
                Trigger::NewIssue | Trigger::Regression => plan.once.push(place),
                Trigger::Spike { factor, window_minutes } => {
                    let counted = all.entry(rule.environment.clone()).or_default();
                    counted.add(rule, EVENTS_MIN, 0, |asked| {
                        asked.spikes.entry(window_minutes).or_default().push((factor, place));
                    });
                }
                Trigger::Events { more_than, window_minutes } => {
                    let counted = all.entry(rule.environment.clone()).or_default();
                    counted.add(rule, least(more_than), window_minutes, |asked| {
                        asked.events.entry(window_minutes).or_default().push((more_than, place));
                    });
                }
                Trigger::Users { more_than, window_minutes } => {
                    let counted = all.entry(rule.environment.clone()).or_default();
                    counted.add(rule, least(more_than), window_minutes, |asked| {
                        asked.users.entry(window_minutes).or_default().push((more_than, place));
                    });
                }
                Trigger::FixFailed
                | Trigger::Release { .. }
                | Trigger::VerdictWorse
                | Trigger::Silence { .. }
                | Trigger::TransactionP95 { .. }
                | Trigger::TransactionFailureRate { .. }
                | Trigger::TransactionThroughput { .. }
                | Trigger::Own => {}
            }
        }
        all.values_mut().for_each(Counted::sort);
        plan.counted = all;
        plan
    }

    /// Whether what happens once has to be searchable before rules are asked.
    pub(super) fn searches(&self) -> bool {
        self.once.iter().any(|place| !self.rules[*place].query.trim().is_empty())
    }
}

impl Counted {
    fn add(
        &mut self,
        rule: &AlertRule,
        events_min: u64,
        window_minutes: u32,
        mut add: impl FnMut(&mut Asked),
    ) {
        let is_first = self.events_min == 0;
        self.events_min = if is_first { events_min } else { self.events_min.min(events_min) };
        self.window_minutes_max = self.window_minutes_max.max(window_minutes);
        if rule.projects.is_empty() {
            return add(&mut self.everywhere);
        }
        let mut projects = rule.projects.clone();
        projects.sort_unstable();
        projects.dedup();
        for project in projects {
            add(self.of_project.entry(project).or_default());
        }
    }

    fn sort(&mut self) {
        for asked in self.of_project.values_mut().chain([&mut self.everywhere]) {
            asked.spikes.values_mut().for_each(|rules| rules.sort_by(|a, b| a.0.total_cmp(&b.0)));
            let counted = asked.events.values_mut().chain(asked.users.values_mut());
            counted.for_each(|rules| rules.sort_unstable());
        }
    }

    /// What is asked of a project's issues.
    pub(super) fn of(&self, project: ProjectId) -> impl Iterator<Item = &Asked> {
        [Some(&self.everywhere), self.of_project.get(&project)].into_iter().flatten()
    }
}
