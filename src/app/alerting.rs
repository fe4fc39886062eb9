//! The worker that holds what happens against the rules: counts and what happens once at every look, what changes slowly and
//! this server itself less often.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::alerts::evaluation::{Evaluator, Found, Now};
use crate::alerts::own::Own;
use crate::alerts::slow;
use crate::app::Engines;
use crate::app::schedule::{Job, REST_MAX, REST_MIN, Timetable};
use crate::config::Config;
use crate::digest::stored::Reader;
use crate::findings::Sources;
use crate::insight::alert::own::troubles;
use crate::model::alert::Subject;
use crate::model::alert_rule::{AlertRule, Trigger};
use crate::search::Search;
use crate::store::Store;

const JOBS: [Job; 3] = [Job::LookAtSlowRules, Job::LookAtServer, Job::LookAtRules];

pub(super) struct Alerting {
    store: Store,
    search: Arc<Search>,
    reader: Reader,
    evaluator: Evaluator,
    own: Own,
}

pub(super) fn alerting(config: &Config, engines: &Engines) -> Alerting {
    let (store, search) = (&engines.store, &engines.search);
    Alerting {
        store: store.clone(),
        search: Arc::clone(search),
        reader: Reader::new(store.clone(), engines.symbolicator.clone()),
        evaluator: Evaluator::new(store.clone(), Arc::clone(search), Arc::clone(&engines.metrics)),
        own: Own {
            store: store.clone(),
            inbox: engines.inbox.clone(),
            indexing: engines.progress.clone(),
            data_dir: config.data_dir.clone(),
            behind_since: None,
        },
    }
}

impl Alerting {
    /// Runs until `stop` says so. Blocks its thread.
    pub fn run(mut self, runtime: &Handle, mut stop: watch::Receiver<bool>) {
        let started = Instant::now();
        let mut timetable = Timetable::of(&JOBS, Timestamp::now());
        while !*stop.borrow() {
            for job in timetable.due(Timestamp::now()) {
                match job {
                    Job::LookAtRules => self.look(started.elapsed()),
                    Job::LookAtSlowRules => self.look_at_what_is_slow(Timestamp::now()),
                    Job::LookAtServer => self.look_at_ourselves(Timestamp::now(), started.elapsed()),
                    // Upkeep has the others.
                    Job::Tidy | Job::QueueDigests | Job::JudgeIssues | Job::JudgePatterns | Job::Prune => {}
                }
            }
            let rest = timetable.rest(Timestamp::now()).clamp(REST_MIN, REST_MAX);
            runtime.block_on(async {
                tokio::select! {
                    () = tokio::time::sleep(rest) => (),
                    _ = stop.changed() => (),
                }
            });
        }
    }

    fn look(&mut self, ticked: Duration) {
        let wall = Timestamp::now();
        let (_, oldest_seconds) = self.own.inbox.waiting(wall);
        let lag = SignedDuration::try_from_secs_f64(oldest_seconds).unwrap_or_default();
        if let Err(error) = self.evaluator.look(Now { wall, ticked, lag }) {
            tracing::error!(%error, "alert rules could not be evaluated; trying again");
        }
    }

    fn look_at_what_is_slow(&mut self, now: Timestamp) {
        let sources =
            Sources { store: &self.store, search: &self.search, reader: &self.reader, sees: &|_| true };
        let found = self.store.alert_rules().map_err(Into::into);
        let found = match found.and_then(|rules| slow::found(&sources, &rules, now)) {
            Ok(found) => found,
            Err(error) => return tracing::error!(%error, "slower alert rules could not be evaluated"),
        };
        let found = found.into_iter().map(|found| Found {
            rule: found.rule,
            subject: found.subject,
            project: Some(found.project),
            environment: found.environment,
            release: found.release,
            since: found.since,
            because: found.because,
        });
        self.add(found.collect(), now);
    }

    fn look_at_ourselves(&mut self, now: Timestamp, ticked: Duration) {
        let facts = self.own.facts(now, ticked).and_then(|facts| Ok((facts, self.store.alert_rules()?)));
        let (facts, rules) = match facts {
            Ok(facts) => facts,
            Err(error) => return tracing::error!(%error, "this server could not look at itself"),
        };
        let is_own = |rule: &&AlertRule| rule.enabled && rule.trigger == Trigger::Own;
        let troubles = troubles(&facts);
        let found = rules.iter().filter(is_own).flat_map(|rule| {
            troubles.iter().map(move |(trouble, because)| Found {
                rule: rule.id,
                subject: Subject::Own { trouble: *trouble },
                project: None,
                environment: None,
                release: None,
                since: now,
                because: Some(because.clone()),
            })
        });
        self.add(found.collect(), now);
    }

    fn add(&mut self, found: Vec<Found>, now: Timestamp) {
        if let Err(error) = self.evaluator.add(found, now) {
            tracing::error!(%error, "what alert rules are met by could not be noted");
        }
    }
}
