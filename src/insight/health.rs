//! How healthy a release is, and how many use it: rates with how sure they are, and the stage of its adoption.

use statrs::distribution::{ContinuousCDF, Normal};

use crate::model::health::Outcomes;

/// How often the true rate lies inside the interval that is given.
const CONFIDENCE: f64 = 0.95;
/// An interval that is wider than this, half a point in a hundred, is worth showing: numbers are small.
const TELLING_WIDTH: f64 = 0.005;

/// From this share of a project's sessions on, a release is adopted. Sentry's number.
pub const ADOPTED_SHARE: f64 = 0.1;
/// The share is that of the sessions of so many hours. Sentry's number.
pub const ADOPTION_HOURS: usize = 6;

/// A share of 1 with the interval in which the true one lies 95 times of 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Rate {
    /// Of `total`, `part` were so; `None` where there were none at all. The interval is Wilson's: unlike the usual one
    /// it stays within 0 and 1 and keeps a width where everything (or nothing) was so, which is what most releases
    /// look like on their first day. Brown, Cai and `DasGupta`, "Interval Estimation for a Binomial Proportion" (2001).
    pub fn of(part: u64, total: u64) -> Option<Self> {
        if total == 0 {
            return None;
        }
        // Sessions whose opening update was lost may have ended all the same.
        let (n, p) = (total as f64, part.min(total) as f64 / total as f64);
        let z = Normal::standard().inverse_cdf(0.5 + CONFIDENCE / 2.0);
        let shrink = 1.0 + z * z / n;
        let center = (p + z * z / (2.0 * n)) / shrink;
        let reach = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt() / shrink;
        Some(Self { value: p, low: (center - reach).clamp(0.0, p), high: (center + reach).clamp(p, 1.0) })
    }

    /// Numbers are so small that the rate says little without its interval.
    pub fn is_uncertain(&self) -> bool {
        self.high - self.low > TELLING_WIDTH
    }
}

/// Abnormal and unhandled ends are no crashes. `None` without data.
pub fn crash_free(outcomes: &Outcomes) -> Option<Rate> {
    Rate::of(outcomes.total.saturating_sub(outcomes.crashed), outcomes.total)
}

/// `None` where the project had none.
pub fn share(release: u64, project: u64) -> Option<f64> {
    (project > 0).then(|| release.min(project) as f64 / project as f64)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Few use it, or not yet.
    Low,
    Adopted,
    /// It was adopted, and others have taken its place.
    Replaced,
}

/// How far a release has come, and since when. Moments are seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adoption {
    pub stage: Stage,
    /// When it was adopted first.
    pub adopted: Option<i64>,
    /// When it was replaced last; `None` while it is adopted.
    pub unadopted: Option<i64>,
}

/// The sessions that began in an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HourOfSessions {
    /// Where the hour ends, in seconds since 1970.
    pub end: i64,
    pub release: u64,
    pub project: u64,
}

/// Judged hour by hour, oldest first and without gaps. In hours without any session of the project nobody replaces
/// anybody: a quiet night changes nothing.
pub fn adoption(hours: &[HourOfSessions]) -> Adoption {
    let (mut adopted, mut unadopted) = (None, None);
    let (mut of_release, mut of_project) = (0u64, 0u64);
    for (index, hour) in hours.iter().enumerate() {
        of_release = of_release.saturating_add(hour.release);
        of_project = of_project.saturating_add(hour.project);
        if let Some(left) = index.checked_sub(ADOPTION_HOURS).map(|index| hours[index]) {
            of_release = of_release.saturating_sub(left.release);
            of_project = of_project.saturating_sub(left.project);
        }
        match share(of_release, of_project) {
            Some(share) if share >= ADOPTED_SHARE => {
                adopted = adopted.or(Some(hour.end));
                unadopted = None;
            }
            Some(_) if adopted.is_some() => unadopted = unadopted.or(Some(hour.end)),
            _ => (),
        }
    }
    let stage = match (adopted, unadopted) {
        (None, _) => Stage::Low,
        (Some(_), None) => Stage::Adopted,
        (Some(_), Some(_)) => Stage::Replaced,
    };
    Adoption { stage, adopted, unadopted }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beside the roots of `(p̂ - p)² = z² p (1 - p) / n`, found by bisection.
    #[test]
    fn intervals_are_wilsons() {
        for (part, total, low, high) in [
            (0, 10, 0.0, 0.277_533),
            (10, 10, 0.722_467, 1.0),
            (1, 1, 0.206_549, 1.0),
            (98, 100, 0.929_988, 0.994_498),
            (9_980, 10_000, 0.996_913, 0.998_705),
        ] {
            let rate = Rate::of(part, total).expect("data");
            assert!(
                (rate.low - low).abs() < 1e-5 && (rate.high - high).abs() < 1e-5,
                "{part}/{total}: {rate:?}"
            );
        }
        assert_eq!(Rate::of(0, 0), None);
        assert!(Rate::of(98, 100).expect("data").is_uncertain());
        assert!(!Rate::of(9_980, 10_000).expect("data").is_uncertain());
    }

    #[test]
    fn only_crashes_are_crashes() {
        let outcomes = Outcomes { total: 10, errored: 9, crashed: 1, abnormal: 4, unhandled: 4 };
        assert_eq!(crash_free(&outcomes).map(|rate| rate.value), Some(0.9));
        assert_eq!(crash_free(&Outcomes { crashed: 3, ..Outcomes::default() }), None);
        let lost = Outcomes { total: 2, crashed: 3, ..outcomes };
        assert_eq!(crash_free(&lost).map(|rate| rate.value), Some(0.0), "never below nothing");
    }

    fn judged(hours: &[(u64, u64)]) -> (Stage, Option<i64>, Option<i64>) {
        let hour = |(end, &(release, project)): (i64, _)| HourOfSessions { end, release, project };
        let Adoption { stage, adopted, unadopted } =
            adoption(&(1..).zip(hours).map(hour).collect::<Vec<_>>());
        (stage, adopted, unadopted)
    }

    #[test]
    fn a_release_is_adopted_and_replaced_by_the_share_of_six_hours() {
        let run = |parts: &[(usize, (u64, u64))]| {
            parts.iter().flat_map(|(count, hour)| vec![*hour; *count]).collect::<Vec<_>>()
        };
        assert_eq!(judged(&[]), (Stage::Low, None, None));
        assert_eq!(judged(&[(0, 100), (9, 100)]), (Stage::Low, None, None));
        assert_eq!(judged(&[(10, 100)]), (Stage::Adopted, Some(1), None), "exactly a tenth");
        // Six hours of others, then its own 20 %: a tenth of the last six once three are past.
        let rising = run(&[(6, (0, 100)), (3, (20, 100))]);
        assert_eq!(judged(&rising[..8]), (Stage::Low, None, None));
        assert_eq!(judged(&rising), (Stage::Adopted, Some(9), None));
        // It goes: six hours later nothing is left of it.
        let gone = run(&[(1, (100, 100)), (6, (0, 100))]);
        assert_eq!(judged(&gone), (Stage::Replaced, Some(1), Some(7)));
        // A quiet night.
        let quiet = run(&[(1, (100, 100)), (20, (0, 0))]);
        assert_eq!(judged(&quiet), (Stage::Adopted, Some(1), None));
        // Rolled back to.
        let back = run(&[(1, (100, 100)), (6, (0, 100)), (1, (90, 100))]);
        assert_eq!(judged(&back), (Stage::Adopted, Some(1), None));
    }
}
