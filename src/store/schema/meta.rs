//! Names of the numbers in `META`.

pub const SCHEMA: &str = "schema";
/// The oldest hour since 1970 of which there are still counts of sessions by the hour.
pub const HEALTH_HOURS_FROM: &str = "health_hours_from";
/// The newest change.
pub const HEAD: &str = "head";
pub const LAST_ISSUE: &str = "last_issue";
pub const LAST_PROJECT: &str = "last_project";
pub const LAST_ACCOUNT: &str = "last_account";
pub const LAST_UNDO: &str = "last_undo";
pub const LAST_SEARCH: &str = "last_search";
pub const LAST_ANNOTATION: &str = "last_annotation";
pub const LAST_AUDIT: &str = "last_audit";
pub const LAST_RELEASE: &str = "last_release";
pub const LAST_DEPLOY: &str = "last_deploy";
pub const LAST_REPOSITORY: &str = "last_repository";
pub const LAST_CODE_MAPPING: &str = "last_code_mapping";
pub const LAST_DICTIONARY: &str = "last_dictionary";
pub const LAST_BUNDLE: &str = "last_bundle";
pub const LAST_RULE: &str = "last_rule";
pub const LAST_TARGET: &str = "last_target";
/// Which of the rules that are there from the start were made.
pub const DEFAULT_RULES: &str = "default_rules";
pub const LAST_SIGNAL: &str = "last_signal";
pub const LAST_ENVIRONMENT: &str = "last_environment";
pub const LAST_ALERT: &str = "last_alert";
pub const LAST_INCIDENT: &str = "last_incident";
pub const LAST_TRANSACTION: &str = "last_transaction";
pub const LAST_EXPLANATION: &str = "last_explanation";
pub const LAST_NOTIFICATION: &str = "last_notification";
/// The last signal that rules were asked about, and up to when counts were judged, in microseconds.
pub const ALERT_SIGNALS_THROUGH: &str = "alert_signals_through";
pub const ALERT_EVALUATED_THROUGH: &str = "alert_evaluated_through";
/// See `clock`.
pub const RETENTION_NOW: &str = "retention_now";
pub const RETENTION_FLOOR: &str = "retention_floor";
/// See `unseen`.
pub const UNSEEN_MICROS: &str = "unseen_micros";
pub const UNSEEN_ISSUE: &str = "unseen_issue";
/// See `releases::seen`.
pub const UNSEEN_RELEASE: &str = "unseen_release";
