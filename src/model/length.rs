//! Lengths of time as people write them.

use jiff::SignedDuration;

/// Ten years: what a relative time may reach at most.
pub const REACH_SECONDS_MAX: i64 = 10 * 366 * 86_400;

/// `30s`, `90m`, `24h`, `14d`, `2w`, at most `REACH_SECONDS_MAX`.
pub fn read(text: &str) -> Option<SignedDuration> {
    let at = text.len().checked_sub(1).filter(|&at| text.is_char_boundary(at))?;
    let (number, unit) = text.split_at(at);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    let seconds = number.parse::<u32>().ok().map(|number| i64::from(number) * seconds)?;
    (seconds <= REACH_SECONDS_MAX).then(|| SignedDuration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_number_and_a_unit() {
        let seconds = |text| read(text).map(|length| length.as_secs());
        for (text, expected) in [
            ("30s", Some(30)),
            ("90m", Some(5_400)),
            ("24h", Some(86_400)),
            ("2w", Some(1_209_600)),
            ("3660d", Some(316_224_000)),
            ("3661d", None),
            ("24", None),
            ("h", None),
            ("-1h", None),
            ("1é", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
