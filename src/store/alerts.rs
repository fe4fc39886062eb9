//! Alerts: the rules, what they are met by now, the incidents that people are told of, and the messages that tell them.
//!
//! What one evaluation decided is one transaction: alerts, incidents, their timelines and a row of the outbox for each
//! recipient, together with the place up to which it was judged. So nothing is half told after a crash, and nothing twice.

use jiff::Timestamp;

use crate::model::alert::{Alert, Subject};
use crate::model::ids::RuleId;
use crate::store::Store;
use crate::store::error::Result;
use crate::store::keys::micros;
use crate::store::schema::{META, meta};

pub use crate::store::alerts::heads::Heads;
pub use crate::store::alerts::incidents::IncidentFilter;
pub use crate::store::alerts::outbox::NotificationFilter;
pub use crate::store::alerts::rules::RULES_MAX;
pub use crate::store::alerts::targets::TARGETS_MAX;

mod action_links;
mod changing;
mod defaults;
mod firing;
pub(super) mod forgetting;
mod heads;
mod incidents;
mod kept;
mod outbox;
mod preferences;
mod recipients;
mod recording;
mod rules;
mod targets;
mod telling;

/// What one look found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluation {
    /// Rules that are met. Those that were told of already are passed over.
    pub alerts: Vec<Alert>,
    /// What goes on, and when it was last true.
    pub still_true: Vec<(RuleId, Subject, Timestamp)>,
    /// What is over whatever its rule's quiet time: somebody took care of it.
    pub over: Vec<(RuleId, Subject)>,
    /// That something was not seen means that it was not there: the clock did not leap, and nothing waits unread.
    pub may_conclude: bool,
    /// The last signal that was looked at.
    pub signals_through: u64,
    pub evaluated_through: Timestamp,
}

/// How far evaluation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AlertProgress {
    pub signals_through: u64,
    /// `None`: nothing was ever judged.
    pub evaluated_through: Option<Timestamp>,
}

impl Store {
    pub fn alert_progress(&self) -> Result<AlertProgress> {
        let table = self.inner.state.begin_read()?.open_table(META)?;
        let number = |name| Ok::<_, crate::store::StoreError>(table.get(name)?.map(|number| number.value()));
        let evaluated = number(meta::ALERT_EVALUATED_THROUGH)?;
        let evaluated = evaluated.and_then(|at| Timestamp::from_microsecond(i64::try_from(at).ok()?).ok());
        let signals_through = number(meta::ALERT_SIGNALS_THROUGH)?.unwrap_or(0);
        Ok(AlertProgress { signals_through, evaluated_through: evaluated })
    }
}

/// As `META` holds it.
fn progress_micros(at: Timestamp) -> u64 {
    u64::try_from(micros(at)).unwrap_or(0)
}
