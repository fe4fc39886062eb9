//! Every bound that tells one pattern from another, with its reason. Story tests (`tests/suite/stories/pattern.rs`) show what
//! they are worth together; none was fitted to a single kind.

/// Counts by the hour that are looked at: two weeks hold each hour of the week twice.
pub const HOURS: usize = 14 * 24;
/// What is folded on weeks needs four of them.
pub const FOLDED_HOURS: usize = 28 * 24;
/// As long as the store keeps minutes.
pub const MINUTES: usize = 2 * 24 * 60;

// The usual day.

/// The least share of the mean that an hour of the day is taken to have: an hour without traffic in two weeks may have had some.
pub const USUAL_MIN: f64 = 0.05;
/// Days of a kind (week or weekend) from which the usual traffic of an hour is told; with fewer, all days are one kind.
pub const DAYS_ALIKE_MIN: usize = 3;

/// An issue's own day is told by a week, and by as many events that the median hour has some.
pub const OWN_DAY_HOURS_MIN: usize = 7 * 24;
pub const OWN_DAY_EVENTS_MIN: u64 = 1_500;

// Jumps.

/// Less than twice as much is not told as a jump: traffic alone does that on a good day.
pub const JUMP_RATIO_MIN: f64 = 2.0;
/// And once traffic has grown, still so many times as much as that: what grows with traffic did not jump.
pub const BEYOND_TRAFFIC_MIN: f64 = 1.5;
/// A rate that fell to less than this of what it was has ended.
pub const ENDED_RATIO_MAX: f64 = 0.25;
/// After three days a new rate is how it is now; "about as often as the days before" is then true of it.
pub const JUMP_DAYS_MAX: i64 = 3;
/// Occasions that a bucket must hold on average for a change to be dated by it: with two, it holds none once in eight times.
pub const OCCASIONS_MIN: f64 = 2.0;
/// Widths by which a change is dated, in seconds.
pub const BUCKETS_SECONDS: [i64; 6] = [60, 300, 900, 3_600, 21_600, 86_400];
/// Fewer events than this say nothing about when and why, only that it happened.
pub const EVENTS_MIN: u64 = 5;

// Deploys.

/// From when a deploy of the own project is told to when it must have shown: containers restart, browsers load the new code.
pub const DEPLOY_SHOWS_MINUTES: i64 = 30;
/// The same of another project's: there are more of them, so that one is near by chance more often. For the same reason they are
/// told only where the change is dated as well.
pub const OTHER_DEPLOY_SHOWS_MINUTES: i64 = 10;
pub const OTHER_DEPLOY_INTERVAL_MINUTES: i64 = 30;
/// A deploy is told once it is done, when its code may have run for minutes (`suspects::DEPLOYS_AFTER`).
pub const DEPLOY_TOLD_LATE_MINUTES: i64 = 10;

// Dependency.

/// Half of the events after the jump follow the failing call: the SDK keeps the last hundred breadcrumbs, and some of a page's
/// calls fall out of them.
pub const CALL_SHARE_MIN: f64 = 0.5;
/// And at least twice the share that it has among other events: a blocked analytics script fails on every page.
pub const LIFT_MIN: f64 = 2.0;
/// How likely chance may make such a share.
pub const SHARE_CHANCE_MAX: f64 = 1e-3;
/// Up to this share of its events in releases from before the jump, only the new release has it: its code calls wrongly.
pub const OLD_RELEASES_MAX: f64 = 0.05;
/// While so many of the other events are still from those: else everybody has the new release.
pub const OLD_RELEASES_OTHERS_MIN: f64 = 0.15;

// One user, one tenant.

/// Nearly all: four of five.
pub const USER_SHARE_MIN: f64 = 0.8;
/// Three of three happens; eight is somebody's loop.
pub const USER_EVENTS_MIN: u64 = 8;
/// The key must be known of half of the events to speak for them.
pub const USER_KNOWN_MIN: f64 = 0.5;

// Periodic.

/// Three times at the same hour is a coincidence that happens in every list of issues; four is not.
pub const CYCLES_MIN: usize = 4;
/// Of the cycles since it began, so many have it: jobs fail often, not always.
pub const CYCLES_SHARE_MIN: f64 = 0.4;
/// Of the events, so many come within the window.
pub const WINDOW_SHARE_MIN: f64 = 0.75;
/// And so many times what traffic would bring there.
pub const WINDOW_LIFT_MIN: f64 = 2.5;
/// How likely chance may make it, over all windows and periods tried: the share and the lift above are what it is told by.
pub const PERIODIC_CHANCE_MAX: f64 = 1e-2;

// Load.

/// Rate grows with traffic to this power: twice the traffic, more than three times the errors. One is what every error does.
pub const EXPONENT_MIN: f64 = 1.6;
/// And surely more than proportional: the lower end of the 95 % interval.
pub const EXPONENT_LOWER_MIN: f64 = 1.2;
/// Traffic must rise and fall by so much, between its deciles, for the power to be told.
pub const TRAFFIC_RANGE_MIN: f64 = 2.0;
/// Fewer hours or events do not tell it.
pub const LOAD_HOURS_MIN: usize = 36;
pub const LOAD_EVENTS_MIN: u64 = 30;

// Fading.

/// Now at most half of what it was: less of a fall is within what days differ by.
pub const FADED_RATIO_MAX: f64 = 0.5;
/// Compared are so many hours, the longest first, with those before them: a day is sure to be no night, a quarter of a day sees
/// a quick fix.
pub const FADED_HOURS: [usize; 3] = [24, 12, 6];
/// How likely chance may make the difference.
pub const FADED_CHANCE_MAX: f64 = 1e-3;

// Steady and rare.

/// Known for so long, an issue is not new.
pub const STEADY_DAYS_MIN: f64 = 2.0;
/// A few a day.
pub const RARE_PER_DAY_MAX: f64 = 5.0;
/// Over days.
pub const RARE_DAYS_MIN: f64 = 3.0;
/// With fewer, even "rare" is said of too little.
pub const RARE_EVENTS_MIN: u64 = 3;
