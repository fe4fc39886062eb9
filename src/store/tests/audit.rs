//! The audit log keeps what happened, within its bounds, and failures do not push it out.

use jiff::SignedDuration;

use super::{now, open};
use crate::model::audit::{Action, Actor, Entry};
use crate::model::ids::AccountId;
use crate::store::AuditFilter;

#[test]
fn rows_come_newest_first_in_pages_and_by_filter() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = open(dir.path());
    let actor = |account| Actor { account: Some(AccountId(account)), ..Actor::default() };
    for number in 0..10u64 {
        let action = if number % 2 == 0 { Action::IssueEdit } else { Action::SignInFailed };
        let at = now() + SignedDuration::from_secs(i64::try_from(number).expect("few"));
        let entry = Entry::new(at, actor(number % 3), action, number.to_string());
        store.record_audit(&entry).expect("written");
    }
    let read = |filter: AuditFilter, limit| {
        let (mut targets, mut before) = (Vec::new(), None);
        loop {
            let page = store.audit_log(filter, before, limit).expect("a page");
            targets.extend(page.rows.into_iter().map(|(_, entry)| entry.target));
            before = page.next;
            if before.is_none() {
                return targets.join(" ");
            }
        }
    };
    let all = AuditFilter::default();
    for limit in [1, 3, 10, 100] {
        assert_eq!(read(all, limit), "9 8 7 6 5 4 3 2 1 0", "{limit}");
    }
    assert_eq!(read(AuditFilter { action: Some(Action::SignInFailed), ..all }, 2), "9 7 5 3 1");
    assert_eq!(read(AuditFilter { actor: Some(AccountId(1)), ..all }, 2), "7 4 1");
    store.prune(now() + SignedDuration::from_hours(24 * 730) + SignedDuration::from_secs(5)).expect("pruned");
    assert_eq!(read(all, 100), "9 8 7 6 5");
}
