//! The schedule: what is done again and again, and when, in one table.
//!
//! A worker asks for its own jobs whether they are due. A job that takes long, or a clock that leaps forward, makes it due
//! once; a clock that goes back makes it due at its next time from there on.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use cron::Schedule as Expression;
use jiff::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Job {
    /// What memory gathers is written down; what waited for its time comes back.
    Tidy,
    /// Rules are held against counts and what happens once.
    LookAtRules,
    /// Rules about releases, fixes and silence.
    LookAtSlowRules,
    /// Whether this server itself is in trouble.
    LookAtServer,
    QueueDigests,
    /// What escalates, and what is new no longer.
    JudgeIssues,
    /// What kind of failure issues are, and how urgent.
    JudgePatterns,
    /// What is past its bound goes.
    Prune,
}

/// Second, minute, hour, day of the month, month, day of the week, in UTC.
#[rustfmt::skip]
const JOBS: [(Job, &str); 8] = [
    (Job::Tidy,            "* * * * * *"),
    // A spike is to be seen within a minute, and people told within 75 seconds.
    (Job::LookAtRules,     "*/10 * * * * *"),
    (Job::LookAtSlowRules, "5 */2 * * * *"),
    (Job::LookAtServer,    "35 * * * * *"),
    // They are asked for to the minute.
    (Job::QueueDigests,    "*/30 * * * * *"),
    // An hour is looked at so often: what escalates is told while it does.
    (Job::JudgeIssues,     "15 */5 * * * *"),
    // A jump of the last minutes is to be at the top of the list while somebody looks at it.
    (Job::JudgePatterns,   "25 * * * * *"),
    (Job::Prune,           "45 */10 * * * *"),
];

/// A worker sleeps at most so long: a clock that was set makes jobs due.
pub(super) const REST_MAX: Duration = Duration::from_secs(10);
/// And no shorter: what is due within it is done together.
pub(super) const REST_MIN: Duration = Duration::from_millis(20);

/// Some of the jobs, each with its next time. All are due when it is made.
pub(super) struct Timetable {
    rows: Vec<Row>,
    asked: Timestamp,
}

struct Row {
    job: Job,
    expression: Expression,
    next: Timestamp,
}

impl Timetable {
    pub(super) fn of(jobs: &[Job], now: Timestamp) -> Self {
        let row = |(job, expression): &(Job, &str)| Row {
            job: *job,
            expression: Expression::from_str(expression).expect("the table holds expressions"),
            next: now,
        };
        let rows = JOBS.iter().filter(|(job, _)| jobs.contains(job)).map(row).collect();
        Self { rows, asked: now }
    }

    /// Those that are due, in the order of the table.
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<Job> {
        let went_back = now < self.asked;
        self.asked = now;
        let mut due = Vec::new();
        for row in &mut self.rows {
            let is_due = now >= row.next;
            if is_due {
                due.push(row.job);
            }
            if is_due || went_back {
                row.next = following(&row.expression, now);
            }
        }
        due
    }

    /// How long nothing is due.
    pub(super) fn rest(&self, now: Timestamp) -> Duration {
        let next = self.rows.iter().map(|row| row.next).min().unwrap_or(now);
        Duration::try_from(next.duration_since(now)).unwrap_or(Duration::ZERO)
    }
}

fn following(expression: &Expression, now: Timestamp) -> Timestamp {
    let after: DateTime<Utc> = DateTime::from_timestamp(now.as_second(), 0).unwrap_or_default();
    let next = expression.after(&after).next();
    // An expression without an end has a next time, but for the end of time.
    next.and_then(|next| Timestamp::from_second(next.timestamp()).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-11-27T{time}Z").parse().expect("a time")
    }

    #[test]
    fn all_is_due_at_first_and_then_at_its_times() {
        let mut table = Timetable::of(&[Job::Prune, Job::LookAtRules], at("02:00:03.5"));
        assert_eq!(table.due(at("02:00:03.5")), [Job::LookAtRules, Job::Prune]);
        assert_eq!(table.due(at("02:00:09.9")), []);
        assert_eq!(table.rest(at("02:00:09.9")), Duration::from_millis(100));
        assert_eq!(table.due(at("02:00:10")), [Job::LookAtRules]);
        assert_eq!(table.due(at("02:00:45")), [Job::LookAtRules, Job::Prune]);
    }

    #[test]
    fn what_was_late_is_done_once() {
        let mut table = Timetable::of(&[Job::Tidy], at("02:00:00"));
        assert_eq!(table.due(at("02:00:00")), [Job::Tidy]);
        assert_eq!(table.due(at("05:00:00")), [Job::Tidy], "three hours later");
        assert_eq!(table.due(at("05:00:00.2")), []);
        assert_eq!(table.due(at("05:00:01")), [Job::Tidy]);
    }

    #[test]
    fn a_clock_that_goes_back_stops_nothing() {
        let mut table = Timetable::of(&[Job::LookAtRules], at("05:00:00"));
        assert_eq!(table.due(at("05:00:00")), [Job::LookAtRules]);
        assert_eq!(table.due(at("02:00:04")), [], "three hours back");
        assert_eq!(table.due(at("02:00:10")), [Job::LookAtRules]);
    }

    #[test]
    fn every_job_has_its_row() {
        let jobs = JOBS.map(|(job, _)| job);
        for (at, job) in jobs.iter().enumerate() {
            assert!(!jobs[..at].contains(job), "{job:?} stands there twice");
        }
        let mut table = Timetable::of(&jobs, at("00:00:00"));
        assert_eq!(table.due(at("00:00:00")), jobs);
    }
}
