//! Made-up people: devices, places and flags that go together, a few who are there all day.

use crate::stories::dice::Dice;

pub type Attributes = Vec<(&'static str, String)>;

pub struct Person {
    pub number: u32,
    /// Of the place, the device and the flags: the same in every event.
    pub attributes: Attributes,
    /// From 0 to 1: when a release reaches this person.
    pub patience: f64,
}

pub fn weighted<'a, T>(dice: &mut Dice, of: &'a [(T, f64)]) -> &'a T {
    let mut left = dice.unit() * of.iter().map(|(_, weight)| weight).sum::<f64>();
    for (value, weight) in of {
        left -= weight;
        if left <= 0.0 {
            return value;
        }
    }
    &of[0].0
}

/// Few have most: the numbers from 0 on.
pub fn skewed(dice: &mut Dice, of: usize) -> usize {
    let bound = dice.below(of as u64) + 1;
    usize::try_from(dice.below(bound)).expect("an index")
}

const DEVICES: &[((&str, &str, &str), f64)] = &[
    (("Chrome", "Windows", "Desktop"), 38.0),
    (("Edge", "Windows", "Desktop"), 8.0),
    (("Firefox", "Windows", "Desktop"), 4.0),
    (("Chrome", "macOS", "Mac"), 9.0),
    (("Safari", "macOS", "Mac"), 4.0),
    (("Firefox", "Linux", "Desktop"), 3.0),
    (("Safari", "iOS", "iPhone"), 10.0),
    (("Chrome Mobile", "Android", "Pixel"), 13.0),
    (("Samsung Internet", "Android", "Galaxy"), 6.0),
];

const PLACES: &[((&str, &str, &str), f64)] = &[
    (("US", "en-US", "America/New_York"), 30.0),
    (("US", "en-US", "America/Los_Angeles"), 16.0),
    (("GB", "en-GB", "Europe/London"), 14.0),
    (("DE", "de-DE", "Europe/Berlin"), 14.0),
    (("FR", "fr-FR", "Europe/Paris"), 10.0),
    (("JP", "ja-JP", "Asia/Tokyo"), 8.0),
    (("TR", "tr-TR", "Europe/Istanbul"), 4.0),
    (("BR", "pt-BR", "America/Sao_Paulo"), 4.0),
];

pub fn people(dice: &mut Dice) -> Vec<Person> {
    let (count, tenants) = (dice.between(300, 1_200), dice.between(12, 40));
    let person = |number: u64, dice: &mut Dice| {
        let (browser, os, device) = *weighted(dice, DEVICES);
        let (country, locale, timezone) = *weighted(dice, PLACES);
        // Some are abroad, or read another language.
        let locale = if dice.chance(0.1) { "en-US" } else { locale };
        let timezone = if dice.chance(0.05) { "Europe/London" } else { timezone };
        let attributes = vec![
            ("browser.name", browser.to_owned()),
            ("browser", format!("{browser} {}", 120 - dice.below(4))),
            ("os.name", os.to_owned()),
            ("os", format!("{os} {}", 14 + dice.below(4))),
            ("device.family", device.to_owned()),
            ("geo.country_code", country.to_owned()),
            ("locale", locale.to_owned()),
            ("timezone", timezone.to_owned()),
            ("tenant", format!("tenant-{}", skewed(dice, usize::try_from(tenants).expect("few")))),
            ("plan", (*weighted(dice, &[("free", 6.0), ("team", 3.0), ("enterprise", 1.0)])).to_owned()),
            ("flag.newCheckout", dice.chance(0.25).to_string()),
            ("flag.darkMode", dice.chance(0.5).to_string()),
            ("flag.fastSearch", dice.chance(0.1).to_string()),
        ];
        Person { number: u32::try_from(number + 1).expect("few"), attributes, patience: dice.unit() }
    };
    (0..count).map(|number| person(number, dice)).collect()
}
