//! What the sentences of findings are made of: numbers, lengths of time and releases as a person says them.

use jiff::SignedDuration;

use crate::model::version;

/// Up to here a length is told in the smaller unit: `90 min`, `26 h`.
const MINUTES_MAX: i64 = 120;
const HOURS_MAX: i64 = 48;
/// Digits of a hash that people are shown.
const HASH_SHOWN: usize = 12;

/// `12,400`.
pub fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The nearest whole number, of what is never negative.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded on both sides before")]
pub fn whole(value: f64) -> u64 {
    value.round().clamp(0.0, u32::MAX.into()) as u64
}

/// `1 new issue`, `3 new issues`; of nothing `no new issues`.
pub fn some(count: u64, one: &str) -> String {
    match count {
        0 => format!("no {one}s"),
        1 => format!("1 {one}"),
        count => format!("{} {one}s", number(count)),
    }
}

/// `97.9 %`, with more digits where fewer would say 100 % of what is not all, or 0 % of what is not nothing.
pub fn percent(rate: f64) -> String {
    percent_with(rate, digits(rate))
}

/// Two that are compared have as many digits: `99.90 %` and `99.97 %`.
pub fn percents(a: f64, b: f64) -> (String, String) {
    let digits = digits(a).max(digits(b));
    (percent_with(a, digits), percent_with(b, digits))
}

fn percent_with(rate: f64, digits: usize) -> String {
    let digits = if distance(rate) <= 0.0 { 0 } else { digits };
    format!("{:.digits$} %", rate * 100.0)
}

fn digits(rate: f64) -> usize {
    match distance(rate) {
        distance if distance <= 0.0 => 0,
        distance if distance < 0.005 => 3,
        distance if distance < 0.05 => 2,
        _ => 1,
    }
}

/// In points, from nothing or from all.
fn distance(rate: f64) -> f64 {
    let percent = rate * 100.0;
    percent.min(100.0 - percent)
}

/// `40 s`, `12 min`, `26 h`, `3 days`; what is negative is told without its sign.
pub fn length(length: SignedDuration) -> String {
    let seconds = length.abs().as_secs();
    let (minutes, hours) = (seconds / 60, (seconds + 1_800) / 3_600);
    if seconds < 60 {
        format!("{seconds} s")
    } else if minutes < MINUTES_MAX {
        format!("{minutes} min")
    } else if hours < HOURS_MAX {
        format!("{hours} h")
    } else {
        format!("{} days", (hours + 12) / 24)
    }
}

/// `shop@2.14.3` is called `shop 2.14.3`, a commit's hash by its first digits.
pub fn release(name: &str) -> String {
    let parts = version::Release::of(name);
    let short = match parts.version {
        hash if version::is_build_hash(hash) => &hash[..HASH_SHOWN],
        version => version,
    };
    let build = parts.build.map(|build| format!("+{build}")).unwrap_or_default();
    match parts.package {
        Some(package) => format!("{package} {short}{build}"),
        None => format!("{short}{build}"),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// With a capital at the beginning.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_as_people_say_them() {
        for (count, said) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (12_400, "12,400"), (1_234_567, "1,234,567")]
        {
            assert_eq!(number(count), said);
        }
        assert_eq!(
            [some(0, "event"), some(1, "event"), some(1_400, "event")],
            ["no events", "1 event", "1,400 events"]
        );
        for (rate, said) in [
            (0.979, "97.9 %"),
            (1.0, "100 %"),
            (0.0, "0 %"),
            (0.99998, "99.998 %"),
            (0.99963, "99.96 %"),
            (0.0001, "0.01 %"),
            (0.998, "99.8 %"),
        ] {
            assert_eq!(percent(rate), said);
        }
    }

    #[test]
    fn what_is_compared_has_as_many_digits() {
        let said = |a, b| percents(a, b);
        assert_eq!(said(0.999, 0.9997), ("99.90 %".to_owned(), "99.97 %".to_owned()));
        assert_eq!(said(0.979, 0.998), ("97.9 %".to_owned(), "99.8 %".to_owned()));
        assert_eq!(said(1.0, 0.9997), ("100 %".to_owned(), "99.97 %".to_owned()));
    }

    #[test]
    fn lengths_are_rounded_as_people_round_them() {
        for (seconds, said) in [
            (40, "40 s"),
            (725, "12 min"),
            (7_199, "119 min"),
            (7_200, "2 h"),
            (26 * 3_600 + 60, "26 h"),
            (-3_600 * 3, "3 h"),
            (60 * 3_600, "3 days"),
        ] {
            assert_eq!(length(SignedDuration::from_secs(seconds)), said);
        }
    }

    #[test]
    fn releases_are_called_by_package_and_version() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        for (name, said) in [
            ("shop@2.14.3", "shop 2.14.3"),
            ("shop@2.1+7", "shop 2.1+7"),
            ("2.0", "2.0"),
            (hash, "0123456789ab"),
        ] {
            assert_eq!(release(name), said);
        }
        let parts = |texts: &[&str]| list(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!([parts(&[]), parts(&["a"]), parts(&["a", "b", "c"])], ["", "a", "a, b and c"]);
        assert_eq!(sentence("not fixed"), "Not fixed");
    }
}
