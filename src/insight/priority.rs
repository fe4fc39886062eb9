//! How much an issue matters, as long as nobody has said so: points for what is known of it.

use crate::model::event::Level;
use crate::model::issue::{Issue, PriorityLevel};

/// So many people are more than a colleague and a test account.
const USERS_SOME: u64 = 10;
/// So many are the public.
const USERS_MANY: u64 = 100;
/// Seen over so many days, it is no mishap of one deploy.
const DAYS_LASTING: i64 = 3;
const HIGH_POINTS: u32 = 4;
const MEDIUM_POINTS: u32 = 2;

/// - how bad the program says it is: fatal 3, error 2, warning 1;
/// - nobody caught it: 1, since whoever met it saw it fail;
/// - whom it met: 1 from ten people on, 2 from a hundred;
/// - its spread: 1 where it was seen in more than one release and over more than three days.
pub fn priority(issue: &Issue) -> PriorityLevel {
    let level = match issue.headline.level {
        Level::Fatal => 3,
        Level::Error => 2,
        Level::Warning => 1,
        _ => 0,
    };
    let unhandled = u32::from(issue.headline.handled == Some(false));
    let users = u32::from(issue.users >= USERS_SOME) + u32::from(issue.users >= USERS_MANY);
    let days = issue.last_seen.duration_since(issue.first_seen).as_hours() / 24;
    let is_lasting = issue.first_release != issue.last_release && days > DAYS_LASTING;
    match level + unhandled + users + u32::from(is_lasting) {
        HIGH_POINTS.. => PriorityLevel::High,
        MEDIUM_POINTS.. => PriorityLevel::Medium,
        _ => PriorityLevel::Low,
    }
}
