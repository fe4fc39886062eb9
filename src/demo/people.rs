//! The shop's customers: made up of lists of names, the same for the same seed, reachable nowhere.

use crate::demo::dice::Dice;
use crate::demo::shop::{Device, Place, Shop};
use crate::demo::story::Who;

const PEOPLE: usize = 300;
/// Customers number from here, as those of a shop that is not new.
const FIRST_ID: usize = 10_418;

pub struct Person<'a> {
    pub id: String,
    pub name: String,
    pub username: String,
    pub email: String,
    /// Of the ranges that are set aside for documentation.
    pub ip: String,
    pub place: &'a Place,
    pub device: &'a Device,
    pub tenant: &'a str,
}

pub fn all(shop: &Shop, seed: u64) -> Vec<Person<'_>> {
    (0..PEOPLE).filter_map(|index| person(shop, seed, index)).collect()
}

fn person(shop: &Shop, seed: u64, index: usize) -> Option<Person<'_>> {
    let mut dice = Dice::of(seed, "people", index);
    let (given, family) = (dice.pick(&shop.given_names)?, dice.pick(&shop.family_names)?);
    let id = FIRST_ID + index * 7;
    let handle = handle(given, family, id);
    let domain = dice.pick(&["example.com", "example.org", "example.net"])?;
    let network = dice.pick(&["203.0.113", "198.51.100", "192.0.2"])?;
    let weights: Vec<u64> = shop.devices.iter().map(|device| device.weight).collect();
    let device = &shop.devices[dice.weighted(&weights)];
    let weights: Vec<u64> = shop.tenants.iter().map(|tenant| tenant.weight).collect();
    let tenant = &shop.tenants[dice.weighted(&weights)];
    Some(Person {
        id: id.to_string(),
        name: format!("{given} {family}"),
        email: format!("{handle}@{domain}"),
        username: handle,
        ip: format!("{network}.{}", dice.between(1, 254)),
        place: dice.pick(&shop.places)?,
        device,
        tenant: &tenant.name,
    })
}

/// Only letters that every mail system takes; a number where none are left.
fn handle(given: &str, family: &str, id: usize) -> String {
    let plain =
        |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let parts: Vec<String> =
        [plain(given), plain(family)].into_iter().filter(|part| part.len() > 1).collect();
    if parts.is_empty() { format!("customer.{id}") } else { parts.join(".") }
}

impl Person<'_> {
    /// What templates call them by.
    pub fn facts(&self) -> impl Iterator<Item = (String, String)> {
        let facts = [
            ("user.id", self.id.clone()),
            ("user.name", self.name.clone()),
            ("user.email", self.email.clone()),
            ("user.city", self.place.city.clone()),
            ("user.country", self.place.country.clone()),
            ("user.locale", self.place.locale.clone()),
            ("user.timezone", self.place.timezone.clone()),
            ("tenant", self.tenant.to_owned()),
        ];
        facts.into_iter().map(|(name, fact)| (name.to_owned(), fact))
    }

    fn is(&self, who: &Who) -> bool {
        let has = |text: &str, part: &Option<String>| part.as_ref().is_none_or(|part| text.contains(part));
        has(self.tenant, &who.tenant) && has(&self.device.name, &who.device) && has(&self.name, &who.name)
    }
}

/// One of those to whom it can happen.
pub fn choose<'a, 'b>(people: &'b [Person<'a>], who: &Who, dice: &mut Dice) -> Option<&'b Person<'a>> {
    if who.nobody {
        return None;
    }
    let mut fitting: Vec<&Person> = people.iter().filter(|person| person.is(who)).collect();
    fitting.truncate(who.people.unwrap_or(usize::MAX));
    dice.pick(&fitting).copied()
}
