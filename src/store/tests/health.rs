//! Health of releases: what is registered, bounded, pruned and forgotten.

use jiff::{SignedDuration, Timestamp};

use super::{draft, now, open, put, with_project};
use crate::insight::health::Stage;
use crate::model::health::{Outcomes, SessionReport, SessionUpdate};
use crate::model::ids::ProjectId;
use crate::model::series::Resolution;
use crate::store::health::{DAYS_KEPT, ENVIRONMENTS_MAX, HOURS_KEPT};
use crate::store::schema::row_counts;
use crate::store::{Record, SessionRecord, Store};

const SHOP: ProjectId = ProjectId(1);

fn opened() -> Outcomes {
    Outcomes { total: 1, ..Outcomes::default() }
}

fn session(
    number: u128,
    release: &str,
    environment: Option<&str>,
    started: Timestamp,
    counts: Outcomes,
) -> Record {
    let update = SessionUpdate {
        started,
        user: Some(format!("user {number}")),
        session: Some(number.to_be_bytes()),
        counts,
    };
    let report = SessionReport {
        release: release.to_owned(),
        environment: environment.map(str::to_owned),
        updates: vec![update],
    };
    Record::Sessions(SessionRecord { project: SHOP, received: now(), report })
}

fn many(count: u64, release: &str, started: Timestamp) -> Record {
    let counts = Outcomes { total: count, ..Outcomes::default() };
    let updates = vec![SessionUpdate { started, user: None, session: None, counts }];
    let report =
        SessionReport { release: release.to_owned(), environment: Some("production".to_owned()), updates };
    Record::Sessions(SessionRecord { project: SHOP, received: now(), report })
}

fn record(store: &Store, records: impl IntoIterator<Item = Record>) {
    store.record_all(records, now()).expect("recorded");
}

fn total(store: &Store, release: Option<&str>, days: i64) -> (u64, u64) {
    let from = now() - SignedDuration::from_hours(24 * days);
    let health =
        store.health(SHOP, release, None, from, now() + SignedDuration::from_hours(1)).expect("read");
    (health.sessions.total, health.users.total)
}

#[test]
fn a_release_that_only_sessions_name_is_registered_and_stays_while_it_has_any() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    record(&store, [session(1, "shop@1.0", Some("production"), now(), opened())]);
    put(&store, draft(1, 1).release("shop@2.0"));
    let said = |version: &str| {
        let release = store.find_release(version).expect("read").expect("registered");
        store.release_projects(release.id).expect("read")[0].1
    };
    assert_eq!((said("shop@1.0").last_session, said("shop@1.0").first_event), (Some(now()), None));
    assert_eq!(said("shop@2.0").last_session, None);
    // A session a while later moves it, one a moment later does not.
    let later = now() + SignedDuration::from_secs(61);
    let moment = later + SignedDuration::from_secs(3);
    record(&store, [session(2, "shop@1.0", None, later, opened())]);
    record(&store, [session(3, "shop@1.0", None, moment, opened())]);
    assert_eq!(said("shop@1.0").last_session, Some(later));
    assert_eq!(store.drop_unseen_releases(later).expect("dropped"), 1, "the one without sessions");
    assert_eq!(total(&store, Some("shop@1.0"), 1), (3, 3));
    assert_eq!(store.health_environments(project, None, now(), moment).expect("read"), ["", "production"]);
}

#[test]
fn a_dropped_release_forgets_how_it_fared_and_the_project_does_not() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let old = now() - SignedDuration::from_hours(30 * 24);
    let days = (0..50)
        .map(|hours| session(hours, "gone", None, old + SignedDuration::from_hours(hours as i64), opened()));
    record(&store, days);
    record(&store, [session(99, "stays", None, now(), opened())]);
    let moment = old + SignedDuration::from_hours(49) + SignedDuration::from_secs(59);
    record(&store, [session(98, "gone", None, moment, opened())]);
    assert_eq!(store.drop_unseen_releases(now() - SignedDuration::from_hours(1)).expect("dropped"), 1);
    let rows = |table: &str| row_counts(&store)[table];
    // Of the project 50 hours on three days, and today; of the release that stays, today.
    assert_eq!((rows("health_people"), rows("health_counts")), (53 + 2 + 2, 3 + 1 + 2 + 2));
    record(&store, [session(3, "gone", None, now(), opened())]);
    assert_eq!(total(&store, Some("gone"), 60), (1, 1), "of its second life alone");
    assert_eq!(total(&store, None, 60).0, 53);
}

#[test]
fn hours_go_before_days_and_both_go() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    record(&store, [session(1, "shop@1.0", None, now(), opened())]);
    let crashed = Outcomes { errored: 1, crashed: 1, ..Outcomes::default() };
    let after = |days: u32| now() + SignedDuration::from_hours(24 * i64::from(days));
    let rows = |table: &str| row_counts(&store)[table];
    // All the while updates may come, it is remembered.
    store.prune(after(5)).expect("pruned");
    record(
        &store,
        [session(1, "shop@1.0", None, now(), opened()), session(1, "shop@1.0", None, now(), crashed)],
    );
    assert_eq!(total(&store, Some("shop@1.0"), 1), (1, 1));
    assert_eq!((rows("health_sessions"), rows("health_remembered")), (1, 1));
    store.prune(after(7)).expect("pruned");
    assert_eq!((rows("health_sessions"), rows("health_remembered")), (0, 0));

    let kept = (rows("health_counts"), rows("health_people"));
    assert_eq!(kept, (4, 4), "hours and days of the release and of its project");
    store.prune(after(HOURS_KEPT / 24 + 2)).expect("pruned");
    assert_eq!((rows("health_counts"), rows("health_people")), (2, 2));
    let day = |store: &Store| {
        let health = store.health(SHOP, Some("shop@1.0"), None, now(), now() + SignedDuration::from_hours(2));
        health.expect("read").sessions
    };
    let expected = Outcomes { total: 1, errored: 1, crashed: 1, ..Outcomes::default() };
    assert_eq!(day(&store), expected, "days tell of hours that are gone");
    // Chunks of days go as a whole.
    store.prune(after(DAYS_KEPT + 33)).expect("pruned");
    assert_eq!((rows("health_counts"), rows("health_people")), (0, 0));
    drop(store);
    assert_eq!(day(&open(dir.path())), Outcomes::default());
}

#[test]
fn environments_of_a_day_are_bounded() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, _) = with_project(dir.path());
    let made_up = |range: std::ops::Range<usize>| {
        range.map(|n| session(n as u128 + 1, "shop@1.0", Some(&format!("env-{n:04}")), now(), opened()))
    };
    record(&store, made_up(0..ENVIRONMENTS_MAX - 1));
    record(&store, made_up(ENVIRONMENTS_MAX - 1..ENVIRONMENTS_MAX + 50));
    // Known ones go on as before.
    record(&store, [session(9_999, "shop@1.0", Some("env-0000"), now(), opened())]);
    let names =
        store.health_environments(SHOP, Some("shop@1.0"), now(), now() + SignedDuration::from_secs(1));
    assert_eq!(names.expect("read").len(), ENVIRONMENTS_MAX + 1, "and the empty one");
    let of = |environment| {
        let to = now() + SignedDuration::from_secs(1);
        store.health(SHOP, Some("shop@1.0"), Some(environment), now(), to).expect("read").sessions.total
    };
    assert_eq!((of("env-0000"), of("")), (2, 50));
    assert_eq!(total(&store, None, 1).0, ENVIRONMENTS_MAX as u64 + 51);
}

#[test]
fn adoption_is_judged_by_the_hour() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, project) = with_project(dir.path());
    let hour = |back: i64| now() - SignedDuration::from_hours(back);
    let old = (1..=40).map(|back| many(100, "shop@1.0", hour(back)));
    let new = (1..=3).map(|back| many(900, "shop@2.0", hour(back)));
    record(&store, old.chain(new));
    let stage = |release: &str, environment: Option<&str>, at: Timestamp| {
        store.adoption(project, release, environment, at).expect("read").stage
    };
    assert_eq!(stage("shop@2.0", None, hour(0)), Stage::Adopted);
    assert_eq!(stage("shop@1.0", None, hour(0)), Stage::Adopted, "600 of 3,300");
    assert_eq!(stage("shop@2.0", Some("production"), hour(0)), Stage::Adopted);
    assert_eq!(stage("shop@2.0", Some("staging"), hour(0)), Stage::Low);
    record(&store, [many(9_000, "shop@2.0", hour(0))]);
    let adoption = store.adoption(project, "shop@1.0", None, hour(-1)).expect("read");
    assert_eq!((adoption.stage, adoption.unadopted), (Stage::Replaced, Some(hour(-1).as_second())));
    let series = store.health_series(project, Some("shop@2.0"), None, hour(4), hour(0), Resolution::Hour);
    let sessions: Vec<_> = series.expect("read").iter().map(|(_, health)| health.sessions.total).collect();
    assert_eq!(sessions, [0, 900, 900, 900]);
}
