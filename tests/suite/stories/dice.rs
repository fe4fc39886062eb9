//! Numbers that look random and are the same for the same seed: `SplitMix64`, and the distributions that stories draw from.

pub struct Dice(u64);

impl Dice {
    /// Those of one story: `stream` keeps what one part draws from changing another.
    pub fn of(seed: u64, kind: usize, stream: u64) -> Self {
        let mut dice =
            Self(seed ^ (kind as u64).wrapping_mul(0x9e6c_63d0_876a_68de) ^ stream.rotate_left(40));
        dice.roll();
        dice.roll();
        dice
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// At least 0, less than 1.
    pub fn unit(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        u64::try_from((u128::from(self.roll()) * u128::from(bound)) >> 64).expect("half of 128 bits")
    }

    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    pub fn real(&mut self, least: f64, most: f64) -> f64 {
        least + self.unit() * (most - least)
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).expect("an index")]
    }

    /// Poisson, by counting waiting times; beyond 500 by the normal it then is.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        if mean > 500.0 {
            return whole(mean + self.normal() * mean.sqrt());
        }
        let (mut count, mut left) = (0, mean);
        loop {
            left += self.unit().max(1e-300).ln();
            if left < 0.0 {
                return count;
            }
            count += 1;
        }
    }

    /// Box and Muller.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of stories are small, and none is negative"
)]
fn whole(count: f64) -> u64 {
    count.max(0.0).round() as u64
}
