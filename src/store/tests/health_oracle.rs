//! Health figures beside an oracle of plain maps of sets: thousands of updates of sessions and aggregates, repeated, late
//! and in any order, over many batches and stores that are opened again.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::{now, open, with_project};
use crate::model::health::{Health, Outcomes, SessionReport, SessionUpdate};
use crate::model::ids::{ProjectId, PublicKey};
use crate::model::series::Resolution;
use crate::store::{Record, SessionRecord};

const SESSIONS: u64 = 4_000;
const AGGREGATES: u64 = 1_500;
const UPDATES_MIN: usize = 10_000;
const HOURS: u64 = 80;
const RELEASES: [&str; 4] = ["shop@1.0.0", "shop@1.1.0", "shop@2.0.0+7", "deadbeef"];
const ENVIRONMENTS: [Option<&str>; 3] = [Some("production"), Some("staging"), None];
/// How an update words what became of a session, and which of the five numbers that touches.
const STATES: [[u64; 4]; 6] =
    [[0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]];

/// Xorshift: the same numbers each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.roll(of.len() as u64)).expect("an index")]
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, usize::try_from(self.roll(end as u64 + 1)).expect("an index"));
        }
    }
}

#[derive(Clone)]
struct Sent {
    project: ProjectId,
    release: &'static str,
    environment: Option<&'static str>,
    update: SessionUpdate,
}

impl Sent {
    fn record(&self) -> Record {
        Record::Sessions(SessionRecord {
            project: self.project,
            received: now(),
            report: SessionReport {
                release: self.release.to_owned(),
                environment: self.environment.map(str::to_owned),
                updates: vec![self.update.clone()],
            },
        })
    }
}

fn first_hour() -> Timestamp {
    now() - SignedDuration::from_hours(i64::try_from(HOURS).expect("small"))
}

fn generate(dice: &mut Dice) -> Vec<Sent> {
    let mut all = Vec::new();
    for number in 0..SESSIONS {
        let started = first_hour() + SignedDuration::from_secs(dice.roll(HOURS * 3_600).cast_signed());
        let sent = |project, dice: &mut Dice| Sent {
            project,
            release: dice.pick(&RELEASES),
            environment: dice.pick(&ENVIRONMENTS),
            update: SessionUpdate {
                started,
                user: None,
                session: Some(u128::from(number + 1).to_be_bytes()),
                counts: Outcomes::default(),
            },
        };
        // Both projects know a session of this id.
        let project = ProjectId(1 + dice.roll(2));
        let first = sent(project, dice);
        let user = (dice.roll(5) > 0).then(|| format!("user {}", dice.roll(700)));
        for step in 0..=dice.roll(5) {
            let [errored, crashed, abnormal, unhandled] = dice.pick(&STATES);
            // Of some sessions the opening update is lost.
            let total = u64::from(step == 0 && number % 17 != 0);
            let mut next = first.clone();
            next.update.counts = Outcomes { total, errored, crashed, abnormal, unhandled };
            next.update.user = user.clone().filter(|_| step > 0 || number % 3 != 0);
            for _ in 0..=dice.roll(5) / 4 {
                all.push(next.clone());
            }
        }
        if number % 10 == 0 {
            let mut twin = sent(ProjectId(3 - project.0), dice);
            twin.update.counts.total = 1;
            all.push(twin);
        }
    }
    for _ in 0..AGGREGATES {
        let started = first_hour() + SignedDuration::from_secs(dice.roll(HOURS * 3_600).cast_signed());
        let [crashed, abnormal, unhandled, errored, exited] = [(); 5].map(|()| dice.roll(4));
        let errored = errored + crashed + abnormal + unhandled;
        let counts = Outcomes { total: exited + errored, errored, crashed, abnormal, unhandled };
        let user = (dice.roll(2) > 0).then(|| format!("user {}", dice.roll(700)));
        all.push(Sent {
            project: ProjectId(1 + dice.roll(2)),
            release: dice.pick(&RELEASES),
            environment: dice.pick(&ENVIRONMENTS),
            update: SessionUpdate { started, user, session: None, counts },
        });
    }
    dice.shuffle(&mut all);
    all
}

#[derive(Default)]
struct Cell {
    sums: [u64; 5],
    sessions: [HashSet<[u8; 16]>; 5],
    users: [HashSet<String>; 5],
}

/// By project, release, environment, hour since 1970.
#[derive(Default)]
struct Oracle(HashMap<(u64, &'static str, Option<&'static str>, i64), Cell>);

impl Oracle {
    fn see(&mut self, sent: &Sent) {
        let hour = sent.update.started.as_second() / 3_600;
        let cell = self.0.entry((sent.project.0, sent.release, sent.environment, hour)).or_default();
        let counts = sent.update.counts;
        let said = [counts.total, counts.errored, counts.crashed, counts.abnormal, counts.unhandled];
        for (index, said) in said.into_iter().enumerate() {
            match sent.update.session {
                Some(session) if said > 0 => {
                    cell.sessions[index].insert(session);
                }
                Some(_) => (),
                None => cell.sums[index] += said,
            }
            if let Some(user) = &sent.update.user
                && (index == 0 || said > 0)
            {
                cell.users[index].insert(user.clone());
            }
        }
    }

    fn health(
        &self,
        project: ProjectId,
        release: Option<&str>,
        environment: Option<&str>,
        hours: &std::ops::Range<i64>,
    ) -> Health {
        let (mut sessions, mut users) = ([0; 5], [(); 5].map(|()| HashSet::new()));
        for ((of, version, name, hour), cell) in &self.0 {
            let is_wanted = *of == project.0
                && release.is_none_or(|release| release == *version)
                && environment.is_none_or(|environment| environment == name.unwrap_or(""))
                && hours.contains(hour);
            if is_wanted {
                for index in 0..5 {
                    sessions[index] += cell.sums[index] + cell.sessions[index].len() as u64;
                    users[index].extend(cell.users[index].iter());
                }
            }
        }
        let users = Outcomes::from_each(users.map(|users| users.len() as u64));
        Health { sessions: Outcomes::from_each(sessions), users, ..Health::default() }
    }
}

#[test]
fn health_equals_an_oracle_whatever_the_order_of_updates() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (mut store, _) = with_project(dir.path());
    store.create_project("pay", "Pay", None, PublicKey([8; 16]), now()).expect("created");
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let all = generate(&mut dice);
    assert!(all.len() >= UPDATES_MIN, "{}", all.len());
    let mut oracle = Oracle::default();
    for sent in &all {
        oracle.see(sent);
    }
    let mut rest = all.as_slice();
    let mut batches = 0;
    while !rest.is_empty() {
        let size = usize::try_from(1 + dice.roll(900)).expect("small").min(rest.len());
        let (batch, left) = rest.split_at(size);
        store.record_all(batch.iter().map(Sent::record), now()).expect("recorded");
        (rest, batches) = (left, batches + 1);
        if batches % 7 == 0 {
            drop(store);
            store = open(dir.path());
        }
    }
    assert!(batches > 14, "the store was opened again at least twice");

    let start = first_hour().as_second() / 3_600;
    let end = start + i64::try_from(HOURS).expect("small") + 1;
    let at = |hour: i64| Timestamp::from_second(hour * 3_600).expect("a time");
    // All of it (days and hours), one day, two, one hour, and a stretch without anything.
    let stretches =
        [start..end, end - 24..end, start + 5..start + 53, start + 7..start + 8, end + 1..end + 40];
    let mut compared = 0;
    for project in [1, 2].map(ProjectId) {
        for release in RELEASES.map(Some).into_iter().chain([None, Some("unknown")]) {
            for environment in [None, Some("production"), Some("staging"), Some(""), Some("unknown")] {
                for hours in &stretches {
                    let found = store.health(project, release, environment, at(hours.start), at(hours.end));
                    let expected = oracle.health(project, release, environment, hours);
                    assert_eq!(
                        found.expect("read"),
                        expected,
                        "{project:?} {release:?} {environment:?} {hours:?}"
                    );
                    compared += usize::from(expected != Health::default());
                }
            }
        }
        for (resolution, hours_each) in [(Resolution::Hour, 1), (Resolution::Day, 24)] {
            let series =
                store.health_series(project, Some(RELEASES[0]), None, at(start), at(end), resolution);
            for (second, health) in series.expect("read") {
                let hour = second / 3_600;
                let expected = oracle.health(project, Some(RELEASES[0]), None, &(hour..hour + hours_each));
                assert_eq!(health, expected, "{resolution:?} {hour}");
            }
        }
        let hours = store.health_environments(project, Some(RELEASES[1]), at(start), at(end)).expect("read");
        assert_eq!(hours, ["", "production", "staging"]);
        let mut busiest = store.health_releases(project, &[], at(start), at(end), 10).expect("read");
        let sessions =
            |release: &String| oracle.health(project, Some(release), None, &(start..end)).sessions.total;
        assert!(busiest.is_sorted_by_key(|release| std::cmp::Reverse(sessions(release))), "{busiest:?}");
        busiest.sort_unstable();
        let mut known = RELEASES.map(str::to_owned);
        known.sort_unstable();
        assert_eq!(busiest, known);
    }
    assert!(compared > 100, "{compared} figures were not nothing");
}
