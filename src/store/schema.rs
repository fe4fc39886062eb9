//! The tables of `state.redb`, and the versions of the shapes of both kinds of file.
//!
//! Rows that are records (issues, projects, accounts, …) are JSON, so that fields can be added without a
//! migration. Anything else that changes shape raises the version of its file and adds a migration there. The state
//! and the partitions count their versions apart: a step of the one says nothing about the other.

use redb::{Database, ReadableTable, TableDefinition, WriteTransaction};

use crate::model::week::Week;
use crate::store::deploys;
use crate::store::error::{Result, StoreError};
use crate::store::issue_rows;
use crate::store::partitions::{ISSUE_EVENTS, PLACES, PROJECT_EVENTS};
use crate::store::releases;
use crate::store::releases::environments::Row as EnvironmentRow;

pub(super) mod meta;
mod week_tables;

pub(super) use week_tables::WeekTables;

/// Brings a file from version `from` to `from + 1`, inside one transaction with all other steps.
pub(super) struct Migration {
    pub from: u64,
    pub run: fn(&WriteTransaction) -> Result<()>,
}

/// What a file of one kind looks like.
pub(super) struct Shape {
    pub version: u64,
    /// Oldest first.
    migrations: &'static [Migration],
    /// Makes the tables that are missing: readers may then take every table for granted.
    create: fn(&WriteTransaction) -> Result<()>,
}

pub(super) const STATE: Shape = Shape { version: 5, migrations: STATE_MIGRATIONS, create: create_state };

const STATE_MIGRATIONS: &[Migration] = &[
    // Lists and counts by status become such by state, and assignees get an index.
    Migration { from: 1, run: issue_rows::list_anew },
    // Releases are listed by version too, deploys by time.
    Migration { from: 2, run: |txn| releases::index_anew(txn).and_then(|()| deploys::index_anew(txn)) },
    // Each week has tables of spans.
    Migration { from: 3, run: make_week_tables },
    // Issues are listed by urgency too.
    Migration { from: 4, run: issue_rows::list_anew },
];

fn make_week_tables(txn: &WriteTransaction) -> Result<()> {
    for week in txn.open_table(WEEKS)?.iter()? {
        WeekTables::of(Week(week?.0.value())).create(txn)?;
    }
    Ok(())
}

pub(super) const PARTITION: Shape = Shape { version: 1, migrations: &[], create: create_partition };

pub(super) type Table<K, V> = TableDefinition<'static, K, V>;

/// Single numbers by name: see `meta`.
pub(super) const META: Table<&str, u64> = Table::new("meta");
pub(super) const SETUP_TOKEN: Table<&str, &[u8; 32]> = Table::new("setup_token");

pub(super) const PROJECTS: Table<u64, &[u8]> = Table::new("projects");
pub(super) const PROJECT_KEYS: Table<&[u8; 16], &[u8]> = Table::new("project_keys");
/// Key -> when something was last sent with it, in microseconds since 1970.
pub(super) const KEY_USES: Table<&[u8; 16], i64> = Table::new("key_uses");
/// Project -> what is left to know of one that a person deleted.
pub(super) const DELETED_PROJECTS: Table<u64, &[u8]> = Table::new("deleted_projects");
pub(super) const ACCOUNTS: Table<u64, &[u8]> = Table::new("accounts");
pub(super) const ACCOUNT_EMAILS: Table<&str, u64> = Table::new("account_emails");
pub(super) const SESSIONS: Table<&[u8; 32], &[u8]> = Table::new("sessions");
pub(super) const TOKENS: Table<&[u8; 32], &[u8]> = Table::new("tokens");
/// The number that the account will have -> invitation.
pub(super) const INVITATIONS: Table<u64, &[u8]> = Table::new("invitations");
/// Number -> what somebody changed; numbers are shared with the failures.
pub(super) const AUDIT: Table<u64, &[u8]> = Table::new("audit");
/// Number -> what somebody tried in vain.
pub(super) const AUDIT_FAILURES: Table<u64, &[u8]> = Table::new("audit_failures");

/// (project, hash) -> issue, or that it was split off from one: see `grouped::Owner`.
pub(super) const HASHES: Table<&[u8; 24], u64> = Table::new("hashes");
/// (issue, hash).
pub(super) const ISSUE_HASHES: Table<&[u8; 24], ()> = Table::new("issue_hashes");
pub(super) const ISSUES: Table<u64, &[u8]> = Table::new("issues");
/// (project, number) -> issue.
pub(super) const ISSUE_NUMBERS: Table<&[u8; 16], u64> = Table::new("issue_numbers");
/// Project -> the number given last.
pub(super) const LAST_NUMBERS: Table<u64, u64> = Table::new("last_numbers");
/// (sort, project, state, value, issue): read backwards, an ordered list.
pub(super) const ISSUE_ORDER: Table<&[u8; 26], ()> = Table::new("issue_order");
/// (project, state) -> issues, where there are any.
pub(super) const ISSUE_COUNTS: Table<&[u8; 9], u64> = Table::new("issue_counts");
/// (account, issue).
pub(super) const ISSUE_ASSIGNEES: Table<&[u8; 16], ()> = Table::new("issue_assignees");
/// (issue, account) -> what it is to that person.
pub(super) const ISSUE_MARKS: Table<&[u8; 16], &[u8]> = Table::new("issue_marks");
/// (account, issue) that the person bookmarked.
pub(super) const BOOKMARKS: Table<&[u8; 16], ()> = Table::new("bookmarks");
/// Part -> the issue that it is shown in, and since when: see `merges`.
pub(super) const MERGED: Table<u64, &[u8]> = Table::new("merged");
/// (until when it is archived, issue).
pub(super) const ARCHIVE_DEADLINES: Table<&[u8; 16], ()> = Table::new("archive_deadlines");
/// (archived issue, hash of the user) -> when last met, where the issue waits for users within a window.
pub(super) const ARCHIVE_USERS: Table<&[u8; 16], i64> = Table::new("archive_users");
/// (issue, n) -> activity, oldest first.
pub(super) const ACTIVITIES: Table<&[u8; 16], &[u8]> = Table::new("activities");

/// Change -> what its issues were before and after, for as long as it can be undone.
pub(super) const UNDOS: Table<u64, &[u8]> = Table::new("undos");
/// Saved search -> itself.
pub(super) const SEARCHES: Table<u64, &[u8]> = Table::new("searches");

/// Release -> itself.
pub(super) const RELEASES: Table<u64, &[u8]> = Table::new("releases");
/// Version -> release.
pub(super) const RELEASE_VERSIONS: Table<&str, u64> = Table::new("release_versions");
/// (project or 0, date, release): read backwards, a list.
pub(super) const RELEASE_ORDER: Table<&[u8; 24], ()> = Table::new("release_order");
/// (project or 0, version's order, release): read backwards, a list of those that are called by versions.
pub(super) const RELEASE_VERSION_ORDER: Table<&[u8], ()> = Table::new("release_version_order");
/// See `releases::environments`.
pub(super) const RELEASE_ENVIRONMENTS: Table<EnvironmentRow<'static>, (i64, i64)> =
    Table::new("release_environments");
/// (release, project) -> what events said.
pub(super) const RELEASE_PROJECTS: Table<&[u8; 16], &[u8]> = Table::new("release_projects");
/// Project -> how many releases.
pub(super) const RELEASE_COUNTS: Table<u64, u64> = Table::new("release_counts");
/// (release, place) -> commit, the newest first.
pub(super) const RELEASE_COMMITS: Table<&[u8; 16], &[u8]> = Table::new("release_commits");
/// (release, deploy) -> deploy.
pub(super) const DEPLOYS: Table<&[u8; 16], &[u8]> = Table::new("deploys");
/// (microseconds of its end, release, deploy), of all releases.
pub(super) const DEPLOY_TIMES: Table<&[u8; 24], ()> = Table::new("deploy_times");
/// (microseconds of its beginning, annotation) -> annotation.
pub(super) const ANNOTATIONS: Table<&[u8; 16], &[u8]> = Table::new("annotations");
/// Repository -> itself.
pub(super) const REPOSITORIES: Table<u64, &[u8]> = Table::new("repositories");
/// (project, mapping) -> mapping.
pub(super) const CODE_MAPPINGS: Table<&[u8; 16], &[u8]> = Table::new("code_mappings");

/// Sequence number -> what changed.
pub(super) const CHANGES: Table<u64, &[u8]> = Table::new("changes");
/// (resolution, chunk, scope, id) -> the chunk's counts.
pub(super) const SERIES: Table<&[u8; 14], &[u8]> = Table::new("series");
/// Issue -> its tag keys with their counts, and the values of those that have few.
pub(super) const TAGS: Table<u64, &[u8]> = Table::new("tags");
/// Issue, key, value -> how many events, first and last seen; of keys with many values.
pub(super) const TAG_VALUES: Table<&[u8], &[u8; 24]> = Table::new("tag_values");
/// (issue, hash of the user), while there are few.
pub(super) const USERS: Table<&[u8; 16], ()> = Table::new("users");
/// Issue -> sketch, once there are many.
pub(super) const USER_SKETCHES: Table<u64, &[u8]> = Table::new("user_sketches");
/// (day, project, category, outcome, reason) -> items.
pub(super) const LEDGER: Table<(u32, u64, &str, &str, &str), u64> = Table::new("ledger");

/// (width, chunk, project, release or 0, environment) -> how sessions of each hour or day ended; see `health`.
pub(super) const HEALTH_COUNTS: Table<&[u8], &[u8]> = Table::new("health_counts");
/// (width, hour or day, project, release or 0, environment) -> who had sessions, and whose went wrong.
pub(super) const HEALTH_PEOPLE: Table<&[u8], &[u8]> = Table::new("health_people");
/// (hour, project, session) -> what it was counted for.
pub(super) const HEALTH_SESSIONS: Table<&[u8; 20], u8> = Table::new("health_sessions");
/// (hour, project) -> how many sessions are remembered of it.
pub(super) const HEALTH_REMEMBERED: Table<&[u8; 12], u64> = Table::new("health_remembered");

/// First number in the inbox -> last one, of a run of envelopes that are recorded.
pub(super) const DIGESTED: Table<u64, u64> = Table::new("digested");

/// Dictionary -> its bytes, behind the week in which it was last in use.
pub(super) const DICTIONARIES: Table<u32, &[u8]> = Table::new("dictionaries");
/// Project -> the dictionary in use and when it was made.
pub(super) const PROJECT_DICTIONARIES: Table<u64, &[u8]> = Table::new("project_dictionaries");

/// Bundle -> itself, and what it is assembled from.
pub(super) const BUNDLES: Table<u64, &[u8]> = Table::new("bundles");
/// SHA-1 of a bundle -> bundle.
pub(super) const BUNDLE_CHECKSUMS: Table<&[u8; 20], u64> = Table::new("bundle_checksums");
/// Bundles that wait for the worker that assembles.
pub(super) const ASSEMBLING_BUNDLES: Table<u64, ()> = Table::new("assembling_bundles");
/// (project, bundle).
pub(super) const PROJECT_BUNDLES: Table<&[u8; 16], ()> = Table::new("project_bundles");
/// (project, release, bundle); the release is empty where there is none.
pub(super) const RELEASE_BUNDLES: Table<(u64, &str, u64), ()> = Table::new("release_bundles");
/// (bundle, n) -> file.
pub(super) const BUNDLE_FILES: Table<(u64, u32), &[u8]> = Table::new("bundle_files");
/// (debug id, kind of file, bundle) -> n.
pub(super) const DEBUG_IDS: Table<(&[u8; 16], u8, u64), u32> = Table::new("debug_ids");
/// (project, address, release, dist, bundle).
pub(super) type FileUrl<'a> = (u64, &'a str, &'a str, &'a str, u64);
/// -> n, and when the bundle was uploaded for that release.
pub(super) const FILE_URLS: Table<FileUrl<'static>, (u32, i64)> = Table::new("file_urls");
/// (converted map, bundle).
pub(super) const BUNDLE_MAPS: Table<(&[u8; 32], u64), ()> = Table::new("bundle_maps");

/// (project, what is missing) -> the first and the last event that miss it, and what was tried; see `wanted`.
pub(super) const WANTED: Table<(u64, &[u8]), (u64, u64, u64)> = Table::new("wanted");

/// Rule -> itself.
pub(super) const ALERT_RULES: Table<u64, &[u8]> = Table::new("alert_rules");
/// Target -> itself.
pub(super) const NOTIFICATION_TARGETS: Table<u64, &[u8]> = Table::new("notification_targets");
/// Account -> what the person wants to be told.
pub(super) const PREFERENCES: Table<u64, &[u8]> = Table::new("preferences");
/// (rule, subject) -> since when it is met, and what was told of it.
pub(super) const FIRING: Table<&[u8], &[u8]> = Table::new("firing");
/// Environment -> what stands for it in keys.
pub(super) const ENVIRONMENTS: Table<&str, u32> = Table::new("environments");
/// (project, environment).
pub(super) const PROJECT_ENVIRONMENTS: Table<(u64, u32), ()> = Table::new("project_environments");
/// (resolution, environment, chunk, scope) -> counts.
pub(super) const ENVIRONMENT_SERIES: Table<&[u8; 18], &[u8]> = Table::new("environment_series");
/// (ten minutes, issue, environment; 0 is all) -> who met it, as `crowd` has it.
pub(super) const USERS_LATELY: Table<&[u8; 16], &[u8]> = Table::new("users_lately");
/// What happened to an issue once, by its number -> itself.
pub(super) const SIGNALS: Table<u64, &[u8]> = Table::new("signals");
/// (recorded, number).
pub(super) const SIGNAL_TIMES: Table<&[u8; 16], ()> = Table::new("signal_times");
/// Alert -> itself.
pub(super) const ALERTS: Table<u64, &[u8]> = Table::new("alerts");
/// (incident, alert).
pub(super) const INCIDENT_ALERTS: Table<&[u8; 16], ()> = Table::new("incident_alerts");
/// Incident -> itself.
pub(super) const INCIDENTS: Table<u64, &[u8]> = Table::new("incidents");
/// Incidents that alerts may join: open, or over for less than their time.
pub(super) const OPEN_INCIDENTS: Table<u64, ()> = Table::new("open_incidents");
/// (issue, incident).
pub(super) const ISSUE_INCIDENTS: Table<&[u8; 16], ()> = Table::new("issue_incidents");
/// (incident, n) -> a line of its timeline, in the order in which they were written.
pub(super) const INCIDENT_MOMENTS: Table<&[u8; 16], &[u8]> = Table::new("incident_moments");
/// Message -> itself, without what it says.
pub(super) const NOTIFICATIONS: Table<u64, &[u8]> = Table::new("notifications");
/// Message -> what it says, from its first try until it has ended.
pub(super) const NOTIFICATION_BODIES: Table<u64, &[u8]> = Table::new("notification_bodies");
/// (microseconds, message) of those that wait.
pub(super) const OUTBOX: Table<&[u8; 16], u64> = Table::new("outbox");
/// Messages that could not be delivered.
pub(super) const DEAD_LETTERS: Table<u64, ()> = Table::new("dead_letters");
/// (microseconds of its expiry, message, action) -> when and by whom a link was used.
pub(super) const USED_LINKS: Table<&[u8; 17], &[u8]> = Table::new("used_links");
/// What for -> what this instance signs with.
pub(super) const INSTANCE_SECRETS: Table<&str, &[u8; 32]> = Table::new("instance_secrets");
/// (incident, message).
pub(super) const INCIDENT_NOTIFICATIONS: Table<&[u8; 16], ()> = Table::new("incident_notifications");

/// Transaction -> itself.
pub(super) const TRANSACTIONS: Table<u64, &[u8]> = Table::new("transactions");
/// (project, name) -> transaction.
pub(super) const TRANSACTION_NAMES: Table<(u64, &str), u64> = Table::new("transaction_names");
/// See `transactions::rows`.
pub(super) const TRANSACTION_STEPS: Table<&[u8; 33], &[u8]> = Table::new("transaction_steps");
/// (transaction, release) -> when the first and the last of them began, in microseconds since 1970, and what was counted.
pub(super) const TRANSACTION_RELEASES: Table<(u64, &str), (i64, i64, &[u8])> =
    Table::new("transaction_releases");

/// Explanation -> itself.
pub(super) const EXPLANATIONS: Table<u64, &[u8]> = Table::new("explanations");
/// (issue, explanation) -> its bytes.
pub(super) const ISSUE_EXPLANATIONS: Table<&[u8; 16], u64> = Table::new("issue_explanations");
/// Explanations that are being made.
pub(super) const RUNNING_EXPLANATIONS: Table<u64, ()> = Table::new("running_explanations");
/// (day since 1970, whether somebody asked) -> tokens that models read and wrote.
pub(super) const MODEL_TOKENS: Table<(u32, bool), u64> = Table::new("model_tokens");

/// Week -> first and last sequence number in it (zeros: no events), bytes of its attachments.
pub(super) const WEEKS: Table<u32, &[u8; 24]> = Table::new("weeks");

impl Shape {
    /// Checks the version, runs what brings an older file up to date, makes the tables that are missing. A file that
    /// lacks nothing is not written, so that it opens on a full disk too.
    pub(super) fn prepare(&self, file: &Database, path: &str) -> Result<()> {
        let current = self.version;
        let txn = file.begin_write()?;
        let tables = txn.list_tables()?.count();
        let found = match tables {
            0 => None,
            _ => txn.open_table(META)?.get(meta::SCHEMA)?.map(|version| version.value()),
        };
        let mut version = match found {
            None if tables == 0 => current,
            None => return Err(StoreError::Unreadable(format!("{path} was not written by LightTrace"))),
            Some(version) => version,
        };
        if version > current {
            return Err(StoreError::Unreadable(format!(
                "{path} has schema version {version}, this LightTrace knows up to {current}: use a newer LightTrace"
            )));
        }
        while version < current {
            let step = self.migrations.iter().find(|step| step.from == version).ok_or_else(|| {
                StoreError::Unreadable(format!(
                    "{path} has schema version {version}, too old to be brought up to date"
                ))
            })?;
            (step.run)(&txn)?;
            version += 1;
        }
        (self.create)(&txn)?;
        if found == Some(version) && txn.list_tables()?.count() == tables {
            return Ok(txn.abort()?);
        }
        txn.open_table(META)?.insert(meta::SCHEMA, version)?;
        txn.commit()?;
        Ok(())
    }
}

macro_rules! create {
    ($txn:ident: $($table:ident),*) => { $($txn.open_table($table)?;)* };
}

fn create_state(txn: &WriteTransaction) -> Result<()> {
    create!(txn: META, SETUP_TOKEN, PROJECTS, PROJECT_KEYS, ACCOUNTS, ACCOUNT_EMAILS, SESSIONS, TOKENS);
    create!(txn: INVITATIONS, AUDIT, AUDIT_FAILURES);
    create!(txn: HASHES, ISSUE_HASHES, ISSUES, ISSUE_NUMBERS, LAST_NUMBERS, ISSUE_ORDER, ISSUE_COUNTS, ACTIVITIES);
    create!(txn: ISSUE_ASSIGNEES, MERGED, ARCHIVE_DEADLINES, ARCHIVE_USERS, ISSUE_MARKS, BOOKMARKS);
    create!(txn: CHANGES, DIGESTED, SERIES, TAGS, TAG_VALUES, USERS, USER_SKETCHES, LEDGER);
    create!(txn: HEALTH_COUNTS, HEALTH_PEOPLE, HEALTH_SESSIONS, HEALTH_REMEMBERED);
    create!(txn: UNDOS, SEARCHES, WANTED, ANNOTATIONS);
    create!(txn: BUNDLES, BUNDLE_CHECKSUMS, ASSEMBLING_BUNDLES, PROJECT_BUNDLES, RELEASE_BUNDLES);
    create!(txn: BUNDLE_FILES, DEBUG_IDS, FILE_URLS, BUNDLE_MAPS);
    create!(txn: RELEASES, RELEASE_VERSIONS, RELEASE_ORDER, RELEASE_PROJECTS, RELEASE_COUNTS, RELEASE_COMMITS, DEPLOYS);
    create!(txn: RELEASE_VERSION_ORDER, RELEASE_ENVIRONMENTS, DEPLOY_TIMES, REPOSITORIES, CODE_MAPPINGS);
    create!(txn: USERS_LATELY, SIGNALS, SIGNAL_TIMES, ENVIRONMENTS, PROJECT_ENVIRONMENTS, ENVIRONMENT_SERIES);
    create!(txn: ALERT_RULES, NOTIFICATION_TARGETS, PREFERENCES, FIRING, ALERTS, INCIDENT_ALERTS, INCIDENTS);
    create!(txn: OPEN_INCIDENTS, ISSUE_INCIDENTS, INCIDENT_MOMENTS, NOTIFICATIONS, NOTIFICATION_BODIES, OUTBOX);
    create!(txn: DEAD_LETTERS, INCIDENT_NOTIFICATIONS, USED_LINKS, INSTANCE_SECRETS);
    create!(txn: TRANSACTIONS, TRANSACTION_NAMES, TRANSACTION_STEPS, TRANSACTION_RELEASES);
    create!(txn: EXPLANATIONS, ISSUE_EXPLANATIONS, RUNNING_EXPLANATIONS, MODEL_TOKENS);
    create!(txn: WEEKS, DICTIONARIES, PROJECT_DICTIONARIES, KEY_USES, DELETED_PROJECTS);
    Ok(())
}

fn create_partition(txn: &WriteTransaction) -> Result<()> {
    create!(txn: META, PLACES, ISSUE_EVENTS, PROJECT_EVENTS);
    Ok(())
}

/// The next number of a series that `META` keeps, from 1.
pub(super) fn next_number(txn: &WriteTransaction, name: &str) -> Result<u64> {
    let mut table = txn.open_table(META)?;
    let next = table.get(name)?.map_or(0, |last| last.value()) + 1;
    table.insert(name, next)?;
    Ok(next)
}

/// How many rows each table of the state has.
#[cfg(test)]
pub(super) fn row_counts(store: &super::Store) -> std::collections::BTreeMap<String, u64> {
    use redb::{ReadableTableMetadata, TableHandle};
    let txn = store.inner.state.begin_read().expect("read");
    let tables: Vec<_> = txn.list_tables().expect("tables").collect();
    let count = |table: redb::UntypedTableHandle| {
        let name = table.name().to_owned();
        let rows = txn.open_untyped_table(table).expect("table").len().expect("length");
        (name, rows)
    };
    tables.into_iter().map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::{META, Migration, PARTITION, STATE, Shape, meta};
    use crate::store::StoreError;
    use redb::{Database, ReadableDatabase, TableDefinition};

    fn version(state: &Database) -> u64 {
        let table = state.begin_read().expect("read").open_table(META).expect("meta");
        table.get(meta::SCHEMA).expect("get").expect("a version").value()
    }

    #[test]
    fn an_old_version_runs_through_every_step_and_a_newer_one_is_refused() {
        const NOTES: TableDefinition<&str, u64> = TableDefinition::new("notes");
        const STEPS: &[Migration] = &[
            Migration { from: 1, run: |txn| Ok(txn.open_table(NOTES)?.insert("first", 1).map(drop)?) },
            Migration { from: 2, run: |txn| Ok(txn.open_table(NOTES)?.insert("second", 2).map(drop)?) },
        ];
        let dir = tempfile::tempdir().expect("tempdir");
        let state = Database::create(dir.path().join("state.redb")).expect("create");
        let first = Shape { version: 1, migrations: &[], ..STATE };
        first.prepare(&state, "state.redb").expect("new");
        assert_eq!(version(&state), 1);
        let third = Shape { version: 3, migrations: STEPS, ..STATE };
        third.prepare(&state, "state.redb").expect("migrated");
        assert_eq!(version(&state), 3);
        let notes = state.begin_read().expect("read").open_table(NOTES).expect("notes");
        assert_eq!(notes.get("first").expect("get").expect("ran").value(), 1);
        assert_eq!(notes.get("second").expect("get").expect("ran").value(), 2);

        let refused = first.prepare(&state, "state.redb").expect_err("newer");
        assert!(matches!(refused, StoreError::Unreadable(_)), "{refused}");
        let no_path =
            Shape { version: 4, ..third }.prepare(&state, "state.redb").expect_err("no step from 3");
        assert!(matches!(no_path, StoreError::Unreadable(_)), "{no_path}");
        assert_eq!(version(&state), 3);
    }

    #[test]
    fn a_partition_has_its_own_version_and_steps() {
        const STEPS: &[Migration] =
            &[Migration { from: 1, run: |txn| Ok(txn.delete_table(META).map(drop)?) }];
        let dir = tempfile::tempdir().expect("tempdir");
        let file = Database::create(dir.path().join("events.redb")).expect("create");
        PARTITION.prepare(&file, "events.redb").expect("new");
        let second = Shape { version: 2, migrations: STEPS, ..PARTITION };
        second.prepare(&file, "events.redb").expect("migrated");
        assert_eq!(version(&file), 2);
        assert!(PARTITION.prepare(&file, "events.redb").is_err(), "written by a newer version");
    }

    #[test]
    fn a_file_that_lacks_nothing_is_not_written() {
        let dir = tempfile::tempdir().expect("tempdir");
        let path = dir.path().join("state.redb");
        let state = Database::create(&path).expect("create");
        STATE.prepare(&state, "state.redb").expect("new");
        let before = std::fs::read(&path).expect("bytes");
        STATE.prepare(&state, "state.redb").expect("again");
        assert_eq!(std::fs::read(&path).expect("bytes"), before);
        let txn = state.begin_write().expect("write");
        txn.delete_table(super::TAGS).expect("dropped");
        txn.commit().expect("commit");
        STATE.prepare(&state, "state.redb").expect("completed");
        state.begin_read().expect("read").open_table(super::TAGS).expect("made again");
    }

    #[test]
    fn another_programs_file_is_refused() {
        const OTHER: TableDefinition<&str, u64> = TableDefinition::new("other");
        let dir = tempfile::tempdir().expect("tempdir");
        let state = Database::create(dir.path().join("state.redb")).expect("create");
        let txn = state.begin_write().expect("write");
        txn.open_table(OTHER).expect("table").insert("a", 1).expect("insert");
        txn.commit().expect("commit");
        assert!(matches!(STATE.prepare(&state, "state.redb"), Err(StoreError::Unreadable(_))));
    }
}
