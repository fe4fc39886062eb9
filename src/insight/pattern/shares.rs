//! Whether an issue's events share what others do not: a failing call, a person, a tenant.

use crate::insight::pattern::facts::{CallFact, Detail, USER_KEY, ValueFact};
use crate::insight::pattern::thresholds::{
    CALL_SHARE_MIN, EVENTS_MIN, LIFT_MIN, OLD_RELEASES_MAX, OLD_RELEASES_OTHERS_MIN, SHARE_CHANCE_MAX,
    USER_EVENTS_MIN, USER_KNOWN_MIN, USER_SHARE_MIN,
};
use crate::insight::statistics::{Share, two_shares};

/// Surely more often than elsewhere. Where there is no elsewhere, nothing is known of it.
fn stands_out(own: Share, others: Share) -> bool {
    own.rate() >= others.rate() * LIFT_MIN && two_shares(own, others).0 <= SHARE_CHANCE_MAX
}

/// The failing call that most of the events since the change follow. `has_deploy`: the own project was deployed just before it.
pub fn dependency(detail: &Detail, has_deploy: bool) -> Option<&CallFact> {
    // All of its events come from what was deployed, while others still come from before: the new code calls wrongly.
    let is_new_code = has_deploy
        && detail.old_releases.of >= EVENTS_MIN
        && detail.old_releases.rate() <= OLD_RELEASES_MAX
        && detail.old_releases_others.rate() >= OLD_RELEASES_OTHERS_MIN;
    let most = detail.calls.iter().filter(|call| {
        let explains_deploy = has_deploy && (call.is_own_site() || is_new_code);
        !explains_deploy
            && call.after.hits >= EVENTS_MIN
            && call.after.rate() >= CALL_SHARE_MIN
            && (stands_out(call.after, call.others)
                || !call.issues.is_empty() && stands_out(call.after, call.before))
    });
    most.max_by(|a, b| a.after.rate().total_cmp(&b.after.rate()))
}

/// The person, or else the tenant, that has nearly all of it.
pub fn one_user(detail: &Detail) -> Option<&ValueFact> {
    let nearly_all = |fact: &&ValueFact| {
        fact.own.hits >= USER_EVENTS_MIN
            && fact.own.rate() >= USER_SHARE_MIN
            && fact.own.of as f64 >= detail.events as f64 * USER_KNOWN_MIN
            && stands_out(fact.own, fact.others)
    };
    let of = |is_person: bool| {
        let facts = detail.values.iter().filter(move |fact| (fact.key == USER_KEY) == is_person);
        facts.filter(nearly_all).max_by(|a, b| a.own.rate().total_cmp(&b.own.rate()))
    };
    of(true).or_else(|| of(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::IssueId;

    fn call(host: &str, after: (u64, u64), before: (u64, u64), others: (u64, u64)) -> CallFact {
        let share = |(hits, of)| Share::new(hits, of);
        CallFact {
            host: host.to_owned(),
            call: None,
            status: None,
            after: share(after),
            before: share(before),
            others: share(others),
            issues: Vec::new(),
        }
    }

    fn found(call: CallFact, has_deploy: bool) -> bool {
        dependency(&Detail { calls: vec![call], ..Detail::default() }, has_deploy).is_some()
    }

    #[test]
    fn a_call_that_fails_everywhere_or_seldom_is_no_dependency() {
        assert!(found(call("api.stripe.com", (94, 100), (0, 4), (3, 900)), false));
        assert!(found(call("api.stripe.com", (94, 100), (0, 4), (3, 900)), true), "whatever was deployed");
        assert!(!found(call("stats.example", (94, 100), (4, 4), (860, 900)), false), "blocked on every page");
        assert!(!found(call("api.stripe.com", (20, 100), (0, 4), (3, 900)), false));
        assert!(!found(call("api.stripe.com", (4, 4), (0, 0), (0, 900)), false), "four");
        assert!(found(call("/api/pay", (94, 100), (0, 4), (3, 900)), false));
        assert!(!found(call("/api/pay", (94, 100), (0, 4), (3, 900)), true), "the deploy broke the own site");
    }

    #[test]
    fn where_everything_fails_with_a_host_its_other_issues_tell_of_it() {
        let mut outage = call("api.stripe.com", (98, 100), (1, 60), (700, 900));
        assert!(!found(outage.clone(), false));
        outage.issues = vec![IssueId(4)];
        assert!(found(outage, false));
    }

    #[test]
    fn new_code_that_calls_wrongly_is_no_dependency() {
        let detail = Detail {
            calls: vec![call("api.stripe.com", (94, 100), (0, 0), (3, 900))],
            old_releases: Share::new(0, 100),
            old_releases_others: Share::new(500, 900),
            ..Detail::default()
        };
        assert!(dependency(&detail, true).is_none() && dependency(&detail, false).is_some());
    }

    #[test]
    fn one_person_or_one_tenant_where_others_are_not() {
        let fact = |key: &str, own: (u64, u64), others: (u64, u64)| ValueFact {
            key: key.to_owned(),
            value: "7".to_owned(),
            own: Share::new(own.0, own.1),
            others: Share::new(others.0, others.1),
        };
        let told = |values: Vec<ValueFact>| {
            one_user(&Detail { events: 100, values, ..Detail::default() }).map(|fact| fact.key.clone())
        };
        assert_eq!(told(vec![fact("user", (97, 100), (1, 900))]).as_deref(), Some("user"));
        assert_eq!(told(vec![fact("user", (97, 100), (890, 900))]), None, "it is everybody there is");
        assert_eq!(told(vec![fact("user", (30, 30), (1, 900))]), None, "known of a third");
        assert_eq!(told(vec![fact("user", (7, 7), (0, 9))]), None);
        let both = vec![fact("tenant", (100, 100), (30, 900)), fact("user", (20, 100), (1, 900))];
        assert_eq!(told(both).as_deref(), Some("tenant"));
    }
}
