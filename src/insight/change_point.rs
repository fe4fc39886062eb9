//! When the rate of something counted changed: the split of a series that makes its counts likeliest, how sure that is, and
//! between which buckets it lies.
//!
//! The model is Poisson's with an exposure for each bucket, so that a night is no change; the log-likelihood ratio of every
//! split is divided by how much the counts are bunched (quasi-likelihood, Wedderburn 1974). The best of many splits is large by
//! chance more often than one: its significance is that of a maximally selected χ² (Miller and Siegmund 1982). The interval
//! holds 95 % of the normalised profile likelihood over all splits (Smith 1975: the posterior under a flat prior), because
//! that of a split is not regular and χ² does not hold there. Several changes are found by binary segmentation (Scott and
//! Knott 1974), a bounded number.

use statrs::distribution::{Continuous, Normal};

/// How likely chance alone may make the best split of a series. A change must also be large to be told: of issues that nothing
/// happened to, fewer than one in a thousand has one.
pub const CHANCE_MAX: f64 = 1e-3;
/// Of the profile likelihood, within the interval.
const CONFIDENCE: f64 = 0.95;
/// Changes that one series is taken apart by: what came before three others is history.
pub const SPLITS_MAX: usize = 6;

/// Counts by buckets of one width, and what each was exposed to: time, or traffic. As many of the one as of the other.
#[derive(Debug, Clone, Copy)]
pub struct Exposed<'a> {
    pub counts: &'a [u64],
    pub exposure: &'a [f64],
}

/// A change between two buckets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// The first bucket of the new rate.
    pub at: usize,
    /// Of the interval, both inclusive.
    pub from: usize,
    pub to: usize,
    /// Events for an exposure of one.
    pub before: f64,
    pub after: f64,
    /// How likely chance makes a split as good anywhere, at most.
    pub chance: f64,
}

impl Split {
    /// How many times as much there is after it; without end where there was nothing.
    pub fn ratio(&self) -> f64 {
        if self.before > 0.0 { self.after / self.before } else { f64::INFINITY }
    }

    fn moved(self, by: usize) -> Self {
        Self { at: self.at + by, from: self.from + by, to: self.to + by, ..self }
    }
}

impl Exposed<'_> {
    #[must_use]
    pub fn range(self, from: usize, to: usize) -> Self {
        Self { counts: &self.counts[from..to], exposure: &self.exposure[from..to] }
    }

    pub fn events(self) -> u64 {
        self.counts.iter().sum()
    }

    /// Events for an exposure of one.
    pub fn rate(self) -> f64 {
        let exposure: f64 = self.exposure.iter().sum();
        if exposure > 0.0 { self.events() as f64 / exposure } else { 0.0 }
    }

    /// Variance over mean, from the differences of neighbours (von Neumann 1941), so that a change or a slow drift is not
    /// taken for bunching: `statistics::bunching` for buckets that are not exposed alike. At least 1.
    pub fn bunching(self) -> f64 {
        let (mut squares, mut events) = (0.0, 0.0);
        let pairs = self.counts.windows(2).zip(self.exposure.windows(2));
        for (counts, exposure) in pairs {
            let both = (counts[0] + counts[1]) as f64;
            let whole = exposure[0] + exposure[1];
            if both > 0.0 && exposure[0] > 0.0 && exposure[1] > 0.0 {
                // Given both together, the first is binomial.
                let share = exposure[0] / whole;
                squares += (counts[0] as f64 - both * share).powi(2) / (share * (1.0 - share));
                events += both;
            }
        }
        if events > 0.0 { (squares / events).max(1.0) } else { 1.0 }
    }

    /// The best split, whether or not it is more than chance. `bunching_min`: what is known of it from elsewhere. `None` where
    /// there is nothing to split.
    pub fn best_split(self, bunching_min: f64) -> Option<Split> {
        let profile = self.profile();
        let (at, best) = profile.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let at = at + 1;
        if best <= 0.0 {
            return None;
        }
        let (before, after) = (self.range(0, at), self.range(at, self.counts.len()));
        let bunching = bunching_min.max(before.bunching()).max(after.bunching());
        let chance = selected(best / bunching, profile.len() + 1);
        let (from, to) = interval(&profile, bunching);
        Some(Split { at, from: from + 1, to: to + 1, before: before.rate(), after: after.rate(), chance })
    }

    /// How much likelier the best split makes the counts, as a logarithm.
    pub fn best_log_ratio(self) -> f64 {
        self.profile().into_iter().fold(0.0, f64::max)
    }

    /// The log-likelihood ratio of each split against none; the first is that before the second bucket.
    fn profile(self) -> Vec<f64> {
        let events = self.events() as f64;
        let exposure: f64 = self.exposure.iter().sum();
        if events == 0.0 || exposure <= 0.0 {
            return Vec::new();
        }
        let term = |events: f64, exposure: f64| {
            if events > 0.0 && exposure > 0.0 { events * (events / exposure).ln() } else { 0.0 }
        };
        let whole = term(events, exposure);
        let (mut counted, mut exposed) = (0.0, 0.0);
        let splits = self.counts.len().saturating_sub(1);
        let each = self.counts.iter().zip(self.exposure).take(splits);
        each.map(|(count, exposure_here)| {
            counted += *count as f64;
            exposed += exposure_here;
            if exposed <= 0.0 || exposure - exposed <= 0.0 {
                return 0.0;
            }
            term(counted, exposed) + term(events - counted, exposure - exposed) - whole
        })
        .collect()
    }

    /// The changes of the series, in its order, each with the rates of its neighbours: the best is found, then what lies before
    /// and behind it is looked at alone. `is_change` is asked of each with the range that it splits.
    pub fn splits(self, bunching_min: f64, is_change: &dyn Fn(&Split, Self) -> bool) -> Vec<Split> {
        let mut found: Vec<Split> = Vec::new();
        let mut left = vec![(0, self.counts.len())];
        while let Some((from, to)) = left.pop() {
            if found.len() == SPLITS_MAX {
                break;
            }
            let part = self.range(from, to);
            let split = part.best_split(bunching_min).filter(|split| split.chance < CHANCE_MAX);
            let Some(split) = split.filter(|split| is_change(&split.moved(from), part)) else { continue };
            let at = from + split.at;
            // The newer part is looked at first: what was long ago matters less.
            left.extend([(from, at), (at, to)]);
            found.push(split.moved(from));
        }
        found.sort_by_key(|split| split.at);
        self.among_neighbours(bunching_min, &mut found);
        found
    }

    /// Each split was the best of a stretch that held others: between its neighbours it is looked for again (Bai 1997).
    fn among_neighbours(self, bunching_min: f64, splits: &mut [Split]) {
        for number in 0..splits.len() {
            let start = if number == 0 { 0 } else { splits[number - 1].at };
            let end = splits.get(number + 1).map_or(self.counts.len(), |next| next.at);
            if let Some(found) = self.range(start, end).best_split(bunching_min) {
                splits[number] = Split { chance: splits[number].chance, ..found.moved(start) };
            }
        }
        let edges: Vec<usize> = splits.iter().map(|split| split.at).collect();
        for (number, split) in splits.iter_mut().enumerate() {
            let start = if number == 0 { 0 } else { edges[number - 1] };
            let end = edges.get(number + 1).copied().unwrap_or(self.counts.len());
            split.before = self.range(start, split.at).rate();
            split.after = self.range(split.at, end).rate();
        }
    }
}

/// How likely the best of all splits of so many buckets is as good by chance: Miller and Siegmund's (1982) tail of a maximally
/// selected χ², of which half is the log-likelihood ratio.
fn selected(log_ratio: f64, buckets: usize) -> f64 {
    let z = (2.0 * log_ratio).sqrt();
    if z <= 1.0 || buckets < 2 {
        return 1.0;
    }
    let density = Normal::standard().pdf(z);
    // Splits from behind the first bucket to before the last.
    let odds = 2.0 * ((buckets - 1) as f64).ln();
    (density * (z - 1.0 / z) * odds + 4.0 * density / z).min(1.0)
}

/// The likeliest splits that together hold the confidence: the first and the last of them.
fn interval(profile: &[f64], bunching: f64) -> (usize, usize) {
    let most = profile.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = profile.iter().map(|ratio| ((ratio - most) / bunching).exp()).collect();
    let whole: f64 = weights.iter().sum();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]));
    let (mut held, mut from, mut to) = (0.0, usize::MAX, 0);
    for at in order {
        (from, to) = (from.min(at), to.max(at));
        held += weights[at];
        if held >= CONFIDENCE * whole {
            break;
        }
    }
    (from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(counts: &[u64], exposure: &[f64]) -> Option<Split> {
        Exposed { counts, exposure }.best_split(1.0)
    }

    fn is_sure(split: Option<Split>) -> bool {
        split.is_some_and(|split| split.chance < CHANCE_MAX)
    }

    #[test]
    fn a_jump_is_dated() {
        let counts = [vec![2; 40], vec![20; 10]].concat();
        let split = best(&counts, &[1.0; 50]).expect("a split");
        assert!(is_sure(Some(split)));
        assert_eq!((split.at, split.before, split.after), (40, 2.0, 20.0));
        assert!((39..=40).contains(&split.from) && (40..=41).contains(&split.to), "{split:?}");
    }

    #[test]
    fn what_is_even_or_empty_has_no_change() {
        for counts in [vec![5; 60], vec![0; 60], vec![3], vec![], vec![4, 6, 5, 5, 7, 3, 5, 4, 6, 5]] {
            let exposure = vec![1.0; counts.len()];
            assert!(!is_sure(best(&counts, &exposure)), "{counts:?}");
        }
    }

    #[test]
    fn more_traffic_is_no_change() {
        let counts = [vec![3; 20], vec![30; 20]].concat();
        let exposure = [vec![1.0; 20], vec![10.0; 20]].concat();
        assert!(!is_sure(best(&counts, &exposure)));
        assert!(is_sure(best(&counts, &[1.0; 40])), "with as much traffic all the time it were one");
        // Nor is a bucket that had no exposure at all one.
        assert_eq!(best(&[0, 5, 4, 6], &[0.0, 1.0, 1.0, 1.0]).map(|split| split.chance > 0.5), Some(true));
    }

    #[test]
    fn a_few_events_out_of_nothing_are_enough_and_a_bunch_is_not() {
        let few = [vec![0; 300], vec![1, 2, 1, 2]].concat();
        let split = best(&few, &[1.0; 304]).expect("a split");
        assert!(split.chance < CHANCE_MAX && split.ratio().is_infinite(), "{split:?}");
        // Loops send forty at once, again and again; now one did again.
        let mut bunches = vec![0; 300];
        (0..300).step_by(30).for_each(|at| bunches[at] = 40);
        bunches[298] = 40;
        assert!(!is_sure(best(&bunches, &[1.0; 300])));
    }

    #[test]
    fn a_slow_change_has_a_wide_interval() {
        let counts = [vec![1, 0, 1, 0, 1, 0, 0, 1, 0, 1], vec![1, 2, 1, 2, 1, 1, 2, 2, 1, 2]].concat();
        let split = best(&counts, &[1.0; 20]).expect("a split");
        assert!(split.to - split.from >= 5, "{split:?}");
    }

    #[test]
    fn several_changes_are_found_in_their_order() {
        let counts = [vec![1; 50], vec![30; 10], vec![1; 50], vec![60; 10]].concat();
        let series = Exposed { counts: &counts, exposure: &[1.0; 120] };
        let places: Vec<usize> = series.splits(1.0, &|_, _| true).iter().map(|split| split.at).collect();
        assert_eq!(places, [50, 60, 110]);
        let long: Vec<u64> = (0..400).map(|at| if at / 20 % 2 == 0 { 1 } else { 90 }).collect();
        let series = Exposed { counts: &long, exposure: &[1.0; 400] };
        assert_eq!(series.splits(1.0, &|_, _| true).len(), SPLITS_MAX);
    }
}
