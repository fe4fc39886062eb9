//! How often somebody would have been told.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::alerts::preview::PastAlert;
use crate::insight::alert::incident::{JOINS_WITHIN, happens_once};
use crate::model::alert::Subject;
use crate::model::alert_rule::AlertRule;

/// `alerts`: oldest first. What comes within minutes of another joins its incident, as does what comes back within the rule's
/// time; of new issues that join later than that, another message tells.
pub(super) fn told(alerts: &[PastAlert], rule: &AlertRule) -> u64 {
    let again = SignedDuration::from_mins(i64::from(rule.quiet_minutes + rule.reopen_minutes));
    let mut last_of: HashMap<&Subject, Timestamp> = HashMap::new();
    let mut last = None::<Timestamp>;
    let mut messages = 0;
    for alert in alerts {
        let is_beside = last.is_some_and(|last| alert.at.duration_since(last) <= JOINS_WITHIN);
        let same = last_of.insert(&alert.subject, alert.at);
        let goes_on =
            !happens_once(&alert.because) && same.is_some_and(|same| alert.at.duration_since(same) <= again);
        if !is_beside && !goes_on {
            messages += 1;
        }
        last = Some(alert.at);
    }
    messages
}
