//! Whether an issue rises faster than traffic does: the power that its rate is of traffic, hour by hour.

use crate::insight::pattern::facts::TrafficOf;
use crate::insight::pattern::rates::Rates;
use crate::insight::pattern::regression::{Row, slope};
use crate::insight::pattern::series::{Series, usual};
use crate::insight::pattern::thresholds::{
    EXPONENT_LOWER_MIN, EXPONENT_MIN, LOAD_EVENTS_MIN, LOAD_HOURS_MIN, TRAFFIC_RANGE_MIN,
};

/// Of a normal distribution, to either side of 95 %.
const SIDE: f64 = 1.96;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Twice the traffic makes 2^exponent times as many events.
    pub exponent: f64,
    /// The lower end of its 95 % interval.
    pub lower: f64,
    pub hours: usize,
}

impl Load {
    pub fn is_more_than_traffic(&self) -> bool {
        self.exponent >= EXPONENT_MIN && self.lower >= EXPONENT_LOWER_MIN
    }
}

/// Other issues' bursts are no traffic: where it is told by events, an hour has at most so many times what it usually has.
const BURST_CAP: f64 = 1.5;

fn people(traffic: &Series, of: TrafficOf) -> Vec<f64> {
    let counts = traffic.counts.iter().map(|count| *count as f64);
    if of == TrafficOf::Sessions {
        return counts.collect();
    }
    let usual = usual(traffic);
    let mut levels: Vec<f64> = counts.clone().zip(&usual).map(|(count, usual)| count / usual).collect();
    levels.sort_unstable_by(f64::total_cmp);
    let level = levels.get(levels.len() / 2).copied().unwrap_or(0.0);
    counts.zip(&usual).map(|(count, usual)| count.min(level * usual * BURST_CAP)).collect()
}

/// `traffic`: as long ago as the rates' hours and longer. A jump is a step of its own in the model, so that an issue that came
/// while traffic grew is not taken for one that came of it.
pub fn load(rates: &Rates, traffic: &Series, of: TrafficOf) -> Option<Load> {
    let hours = &rates.hours;
    let traffic = &people(traffic, of)[traffic.len().saturating_sub(hours.len())..];
    let first = hours.first_not_empty()?;
    // The open hour would count as a quiet one.
    let closed = hours.len().saturating_sub(1);
    if closed < first + LOAD_HOURS_MIN || hours.events() < LOAD_EVENTS_MIN || traffic.len() != hours.len() {
        return None;
    }
    let step = rates
        .jump
        .map(|jump| hours.bucket(jump.at))
        .or_else(|| rates.exposed().range(first, closed).best_split(1.0).map(|split| first + split.at));
    let row = |hour: usize| Row {
        count: hours.counts[hour] as f64,
        is_after: step.is_some_and(|step| hour >= step),
        slope: traffic[hour].max(0.5).ln(),
    };
    let rows: Vec<Row> = (first..closed).map(row).collect();
    let mut sorted: Vec<f64> = rows.iter().map(|row| row.slope).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let (low, high) = (sorted[sorted.len() / 10], sorted[sorted.len() - 1 - sorted.len() / 10]);
    if high - low < TRAFFIC_RANGE_MIN.ln() {
        return None;
    }
    let found = slope(&rows)?;
    Some(Load { exponent: found.estimate, lower: found.estimate - SIDE * found.error, hours: rows.len() })
}
