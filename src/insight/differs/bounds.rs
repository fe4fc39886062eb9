//! From when on a difference is told, each bound with its reason.

/// How often chance alone may give an issue any finding, of events and of traces each (after Holm's correction, which holds
/// however values hang together, as browsers and systems do). Both together are a fifth of what is allowed of noise: the model of
/// how events come in bunches is only a model.
pub const ALPHA: f64 = 0.005;
/// The same where it is asked whether one value says more within another: one question, not hundreds.
pub const ALPHA_WITHIN: f64 = 0.01;

/// Failing people (or moments, where nobody is named) that are needed. Five who all have what a tenth of the others have are
/// one chance in 100,000; of four nothing survives the correction over a few hundred values.
pub const FAILING_MIN: f64 = 5.0;
/// Others that are needed: fewer do not tell how frequent a value is.
pub const OTHERS_MIN: f64 = 20.0;
/// Traces of either side that are needed. They are picked one by one, and a few values are asked of them.
pub const TRACES_MIN: usize = 5;

/// A difference matters from so many points on: what 15 of 100 have more of is worth looking at …
pub const POINTS_MIN: f64 = 0.15;
/// … and from "medium" on, as Cohen (1988) calls it, so that 100 % beside 85 % counts and 60 % beside 45 % does not.
pub const COHENS_H_MIN: f64 = 0.5;
/// Of the events themselves it must be seen too, at least half as much, for it is they that the sentence tells of.
pub const POINTS_SHOWN_MIN: f64 = POINTS_MIN / 2.0;

/// People with a value, on both sides together, from which it is tested: fewer could never become significant (Tarone 1990).
pub const PEOPLE_MIN: f64 = 3.0;
/// Events that must say something of a key before its values are compared, as a share of the failing ones.
pub const COVERAGE_MIN: f64 = 0.5;

/// No other issue may stand for more of the others than this: else the loudest is what everything is compared with.
pub const ISSUE_SHARE_MAX: f64 = 0.1;
/// Where nobody is named, events of so long are taken for one occasion: loops are faster, people slower.
pub const MOMENT_MS: i64 = 1_000;

/// A key that says where the code is (route, transaction) is compared only where the issue happens in so many places: code of
/// one to three is where it is because of grouping, and so is what is not among them.
pub const PLACES_MIN: usize = 4;
/// And one of them must have most: how much traffic each place has is not known from errors.
pub const PLACE_SHARE_MIN: f64 = 0.6;

/// Days on which an hour must have been seen: a burst has one hour and says nothing of others.
pub const HOUR_DAYS_MIN: usize = 4;
/// Share of its hours that must be this hour of the day. Traffic alone gives the busiest hour of a day 10 %.
pub const HOUR_SHARE_MIN: f64 = 0.3;

/// Events that have both values, of those that have either (Jaccard): from here on they are the same events.
pub const JACCARD_MIN: f64 = 0.6;
/// Or of those that have the rarer: it is nested in the other, as `Safari 17.2` is in `Safari`.
pub const NESTED_MIN: f64 = 0.9;
/// How much two values go together among the others (phi), from which they are one dimension: Safari and iOS.
pub const PHI_MIN: f64 = 0.4;

pub const FINDINGS_MAX: usize = 8;
/// Values of other keys that one finding names.
pub const ALIKE_MAX: usize = 6;
/// Findings of one key: one value wins, unless another says something of its own.
pub const PER_KEY_MAX: usize = 2;
/// Significant values that are held against each other.
pub const CANDIDATES_MAX: usize = 60;
