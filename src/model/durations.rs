//! How long things took, in a small room: a `DDSketch`, whose quantiles are within one percent and which adds up.

use sketches_ddsketch::{Config, DDSketch};

/// Relative error of a quantile. A little below the one percent that is promised, so that rounding has room.
const ERROR: f64 = 0.0095;
/// From a microsecond to more than a month: a bin is two percent wider than the one before. This and the next are what the
/// library takes for granted when it reads a sketch.
const BINS_MAX: u32 = 2048;
const SHORTEST_US: f64 = 1.0e-9;

/// Durations in microseconds.
#[derive(Clone)]
pub struct Durations(DDSketch);

impl std::fmt::Debug for Durations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Durations")
            .field("count", &self.count())
            .field("p50", &self.quantile_us(0.5))
            .finish()
    }
}

impl Default for Durations {
    fn default() -> Self {
        Self(DDSketch::new(Config::new(ERROR, BINS_MAX, SHORTEST_US)))
    }
}

impl Durations {
    pub fn add(&mut self, us: u64) {
        self.0.add(us as f64);
    }

    pub fn add_many(&mut self, us: u64, count: u64) {
        self.0.add_with_count(us as f64, count);
    }

    pub fn merge(&mut self, other: &Self) {
        if other.0.count() > 0 {
            self.0.merge(&other.0).expect("all sketches have one shape");
        }
    }

    pub fn count(&self) -> u64 {
        self.0.count() as u64
    }

    /// `None` where nothing was counted. `q` lies between 0 and 1.
    pub fn quantile_us(&self, q: f64) -> Option<f64> {
        self.0.quantile(q).ok().flatten()
    }

    pub fn longest_us(&self) -> Option<f64> {
        self.0.max()
    }

    pub fn shortest_us(&self) -> Option<f64> {
        self.0.min()
    }

    pub fn sum_us(&self) -> f64 {
        self.0.sum().unwrap_or(0.0)
    }

    /// How many were at most so long, as well as the bins tell.
    pub fn count_up_to(&self, us: f64) -> u64 {
        let count = self.count();
        if count == 0 || self.shortest_us().is_some_and(|shortest| us < shortest) {
            return 0;
        }
        if self.longest_us().is_some_and(|longest| us >= longest) {
            return count;
        }
        let at = |rank: u64| self.quantile_us((rank as f64 + 0.5) / (count as f64)).unwrap_or(f64::INFINITY);
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            if at(middle) <= us { low = middle + 1 } else { high = middle }
        }
        low
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_java_bytes()
    }

    /// `None`: damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let read = DDSketch::from_java_bytes(bytes).ok()?;
        // One of another shape could not be added to ours.
        let mut own = Self::default();
        own.0.merge(&read).ok()?;
        Some(own)
    }
}

#[cfg(test)]
mod tests {
    use super::Durations;

    /// A small generator, so that the samples are the same everywhere.
    struct Dice(u64);

    impl Dice {
        fn unit(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        }

        fn normal(&mut self) -> f64 {
            (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
        }
    }

    const SAMPLES: usize = 1_000_000;

    type Draw = fn(&mut Dice) -> f64;

    const DISTRIBUTIONS: [(&str, Draw); 5] = [
        ("uniform", |dice| 1_000.0 + 2_000_000.0 * dice.unit()),
        ("exponential", |dice| -50_000.0 * dice.unit().ln()),
        ("lognormal", |dice| (11.0 + 1.2 * dice.normal()).exp()),
        ("pareto", |dice| 5_000.0 * dice.unit().powf(-1.0 / 1.3)),
        ("two humps", |dice| {
            let hump = if dice.unit() < 0.9 { 8_000.0 } else { 3_000_000.0 };
            hump * (1.0 + 0.05 * dice.normal())
        }),
    ];

    #[test]
    fn quantiles_are_within_one_percent_and_hours_add_up() {
        for (name, draw) in DISTRIBUTIONS {
            let mut dice = Dice(7);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "positive, far below 2^63"
            )]
            let mut samples: Vec<u64> = (0..SAMPLES).map(|_| draw(&mut dice).max(1.0) as u64).collect();
            let mut whole = Durations::default();
            let mut hours = vec![Durations::default(); 24];
            for (index, &sample) in samples.iter().enumerate() {
                whole.add(sample);
                hours[index % 24].add(sample);
            }
            let mut merged = Durations::default();
            for hour in &hours {
                merged.merge(&Durations::from_bytes(&hour.to_bytes()).expect("readable"));
            }
            samples.sort_unstable();
            for q in [0.5, 0.75, 0.95, 0.99, 0.999] {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a place in the list"
                )]
                let exact = samples[(q * (SAMPLES as f64 - 1.0)) as usize] as f64;
                let told = whole.quantile_us(q).expect("counted");
                assert!((told / exact - 1.0).abs() <= 0.01, "{name} {q}: {told} for {exact}");
                assert_eq!(merged.quantile_us(q), whole.quantile_us(q), "{name} {q}");
            }
            assert_eq!(merged.count(), SAMPLES as u64);
            let at = samples[SAMPLES / 3] as f64;
            let share = whole.count_up_to(at) as f64 / SAMPLES as f64;
            let [low, high] = [0.98, 1.02].map(|factor| {
                samples.partition_point(|&sample| sample as f64 <= at * factor) as f64 / SAMPLES as f64
            });
            assert!(low <= share && share <= high, "{name}: {share} between {low} and {high}");
            println!("{name}: {} bytes", whole.to_bytes().len());
        }
    }

    #[test]
    fn nothing_and_damage() {
        let none = Durations::default();
        assert_eq!((none.count(), none.quantile_us(0.5), none.count_up_to(1e9)), (0, None, 0));
        assert_eq!(Durations::from_bytes(&none.to_bytes()).expect("empty").count(), 0);
        assert!(Durations::from_bytes(b"").is_none());
        assert!(Durations::from_bytes(b"nonsense").is_none());
        let mut one = Durations::default();
        one.add(0);
        one.merge(&none);
        assert_eq!((one.count(), one.quantile_us(0.5)), (1, Some(0.0)));
    }
}
