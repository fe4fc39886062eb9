//! Poisson regression with a constant, a step and a slope, by iteratively reweighted least squares (Nelder and Wedderburn 1972);
//! errors are widened by the bunching that is left (quasi-Poisson).

/// Coefficients of a model: constant, step, slope.
const TERMS: usize = 3;
/// It converges within ten; what does not is no fit.
const ROUNDS_MAX: usize = 30;
const CONVERGED: f64 = 1e-6;
/// Beyond e^±30 a mean is nonsense.
const LOG_MEAN_MAX: f64 = 30.0;
/// Keeps a model solvable whose step is never taken, and is nothing beside any data.
const RIDGE: f64 = 1e-6;

/// One observation.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub count: f64,
    /// Whether the step is taken.
    pub is_after: bool,
    pub slope: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    pub estimate: f64,
    pub error: f64,
}

/// The slope of log(mean), beside a step. `None` where the rows do not determine it.
pub fn slope(rows: &[Row]) -> Option<Slope> {
    let mean = rows.iter().map(|row| row.count).sum::<f64>() / rows.len().max(1) as f64;
    if mean <= 0.0 || rows.len() <= TERMS {
        return None;
    }
    let mut terms = [mean.ln(), 0.0, 0.0];
    for _ in 0..ROUNDS_MAX {
        let (information, score) = derivatives(rows, &terms);
        let change = solve(information, score)?;
        terms.iter_mut().zip(change).for_each(|(term, change)| *term += change.clamp(-2.0, 2.0));
        if change.iter().all(|change| change.abs() < CONVERGED) {
            return finish(rows, &terms, information);
        }
    }
    None
}

fn finish(rows: &[Row], terms: &[f64; TERMS], information: [[f64; TERMS]; TERMS]) -> Option<Slope> {
    let residual = |row: &Row| {
        let expected = expected(row, terms);
        (row.count - expected).powi(2) / expected.max(f64::MIN_POSITIVE)
    };
    let bunching = (rows.iter().map(residual).sum::<f64>() / (rows.len() - TERMS) as f64).max(1.0);
    let variance = solve(information, [0.0, 0.0, 1.0])?[2];
    let error = (variance * bunching).sqrt();
    error.is_finite().then_some(Slope { estimate: terms[2], error })
}

fn given(row: &Row) -> [f64; TERMS] {
    [1.0, f64::from(u8::from(row.is_after)), row.slope]
}

fn expected(row: &Row, terms: &[f64; TERMS]) -> f64 {
    let log: f64 = given(row).iter().zip(terms).map(|(given, term)| given * term).sum();
    log.clamp(-LOG_MEAN_MAX, LOG_MEAN_MAX).exp()
}

fn derivatives(rows: &[Row], terms: &[f64; TERMS]) -> ([[f64; TERMS]; TERMS], [f64; TERMS]) {
    let (mut information, mut score) = ([[0.0; TERMS]; TERMS], [0.0; TERMS]);
    for row in rows {
        let (given, expected) = (given(row), expected(row, terms));
        for (at, left) in given.iter().enumerate() {
            score[at] += left * (row.count - expected);
            for (other, right) in given.iter().enumerate() {
                information[at][other] += left * right * expected;
            }
        }
    }
    for (at, line) in information.iter_mut().enumerate() {
        line[at] += RIDGE;
    }
    (information, score)
}

/// Gauss, with the largest pivot first.
fn solve(mut lines: [[f64; TERMS]; TERMS], mut right: [f64; TERMS]) -> Option<[f64; TERMS]> {
    for at in 0..TERMS {
        let pivot = (at..TERMS).max_by(|a, b| lines[*a][at].abs().total_cmp(&lines[*b][at].abs()))?;
        lines.swap(at, pivot);
        right.swap(at, pivot);
        if lines[at][at].abs() < f64::MIN_POSITIVE {
            return None;
        }
        for below in at + 1..TERMS {
            let factor = lines[below][at] / lines[at][at];
            let above = lines[at];
            lines[below].iter_mut().zip(above).for_each(|(value, above)| *value -= factor * above);
            right[below] -= factor * right[at];
        }
    }
    let mut found = [0.0; TERMS];
    for at in (0..TERMS).rev() {
        let known: f64 = (at + 1..TERMS).map(|column| lines[at][column] * found[column]).sum();
        found[at] = (right[at] - known) / lines[at][at];
    }
    found.iter().all(|value| value.is_finite()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(mean: impl Fn(f64, bool) -> f64) -> Vec<Row> {
        let of = |at: u32| {
            let (slope, is_after) = (f64::from(at % 24) / 8.0, at >= 120);
            Row { count: mean(slope, is_after).round(), is_after, slope }
        };
        (0..240).map(of).collect()
    }

    #[test]
    fn a_slope_is_told_from_a_step() {
        let found = slope(&rows(|slope, _| (3.0 + 2.0 * slope).exp())).expect("a fit");
        assert!((found.estimate - 2.0).abs() < 0.01 && found.error < 0.05, "{found:?}");
        let found = slope(&rows(|_, is_after| if is_after { 90.0 } else { 3.0 })).expect("a fit");
        assert!(found.estimate.abs() < 0.01, "{found:?}");
    }

    #[test]
    fn what_determines_nothing_has_no_slope() {
        assert_eq!(slope(&rows(|_, _| 0.0)), None);
        assert_eq!(slope(&[]), None);
        let alike = vec![Row { count: 3.0, is_after: false, slope: 1.0 }; 50];
        // Constant and slope say the same: the error says so.
        assert!(slope(&alike).is_none_or(|found| found.error > 10.0));
    }
}
