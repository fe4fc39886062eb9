//! Whether an issue escalates: its last hour against the hours of the week before.

use statrs::distribution::{DiscreteCDF, Poisson};

use crate::model::issue::Surge;

/// What is usual is told by a week: every hour of the day and every day of the week is in it once.
pub const HOURS: usize = 7 * 24;
/// With less than a day behind it, an issue that is not archived is new rather than worse.
pub const HOURS_MIN: usize = 24;
/// Fewer events in an hour are nobody's emergency, however quiet it had been.
pub const EVENTS_MIN: u64 = 10;
/// How likely chance alone may make such an hour. A thousand busy issues that are looked at every five minutes make some
/// nine million looks a month: a few false alarms in it, were errors as regular as chance. They are not, but come in
/// bursts, which is why the last hour must also be above every hour of the week.
pub const CHANCE_MAX: f64 = 1e-6;

/// `hours`: events by the hour before the last one, oldest first, from when the issue began. `None`: it does not.
pub fn surge(hours: &[u64], last: u64) -> Option<Surge> {
    let hours = &hours[hours.len().saturating_sub(HOURS)..];
    let highest = hours.iter().copied().max()?;
    if last < EVENTS_MIN || last <= highest {
        return None;
    }
    let usual = hours.iter().sum::<u64>() as f64 / hours.len() as f64;
    // One event in the week, where there was none: a rate of zero would make anything a wonder.
    let rate = usual.max(1.0 / HOURS as f64);
    let chance = Poisson::new(rate).ok()?.sf(last - 1);
    (chance < CHANCE_MAX).then_some(Surge { events: last, usual, highest })
}

/// "Escalating: 120 events in an hour, usually 3; at most 14 in the week before".
pub fn told(surge: &Surge) -> String {
    let Surge { events, usual, highest } = surge;
    let usual = if *usual < 1.0 { "less than 1".to_owned() } else { format!("{usual:.0}") };
    format!("Escalating: {events} events in an hour, usually {usual}; at most {highest} in the week before")
}

#[cfg(test)]
mod tests {
    use super::{HOURS, surge, told};

    #[test]
    fn an_hour_stands_out_or_does_not() {
        let flat = |events: u64| vec![events; HOURS];
        let daily: Vec<u64> = (0..HOURS).map(|hour| if hour % 24 == 9 { 60 } else { 2 }).collect();
        let cases = [
            ("silence, then a handful", flat(0), 9, false),
            ("silence, then ten", flat(0), 10, true),
            ("three an hour, then twelve", flat(3), 12, false),
            ("three an hour, then twenty", flat(3), 20, true),
            ("a thousand an hour, then a tenth more", flat(1_000), 1_100, false),
            ("a thousand an hour, then a fifth more", flat(1_000), 1_200, true),
            ("the morning's usual wave", daily.clone(), 60, false),
            ("more than the morning's wave", daily, 61, true),
            ("one hour of history", vec![5], 40, true),
            ("no history", vec![], 40, false),
            ("quiet again", flat(50), 3, false),
        ];
        for (story, hours, last, expected) in cases {
            assert_eq!(surge(&hours, last).is_some(), expected, "{story}");
        }
    }

    #[test]
    fn only_the_week_before_counts() {
        let mut hours = vec![900];
        hours.extend(vec![3; HOURS]);
        let found = surge(&hours, 120).expect("the burst is older than a week");
        assert_eq!(
            told(&found),
            "Escalating: 120 events in an hour, usually 3; at most 3 in the week before"
        );
        let rare = surge(&[0; 48], 30).expect("out of nothing");
        assert!(told(&rare).contains("usually less than 1;"), "{}", told(&rare));
    }
}
