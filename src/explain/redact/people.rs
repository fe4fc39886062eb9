//! Who people are: addresses of mail and of the network, phone numbers, names and ids, each with the number of the person that it belongs
//! to where that is known. A pseudonym is stable in a pack, so that a model can tell one person from another, and says nothing beyond it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;

use crate::model::event::User;

/// Names that are looked for at once; an event has one user and a release a few authors.
const NAMES_MAX: usize = 400;
/// Shorter ones are words, or numbers, by chance.
const NAME_CHARS_MIN: usize = 3;
const ID_CHARS_MIN: usize = 4;
const DIGITS_MIN: usize = 5;
const PART_CHARS_MIN: usize = 4;

/// They name nobody, and are words that texts need.
const NOBODY: &[&str] = &[
    "undefined",
    "null",
    "none",
    "nan",
    "unknown",
    "anonymous",
    "anonymoususer",
    "guest",
    "user",
    "admin",
    "root",
    "test",
    "system",
    "true",
    "false",
    "name",
    "error",
    "-1",
    "0",
    "me",
    "self",
    "{{auto}}",
];

/// What is known of one person.
#[derive(Debug, Clone, Copy, Default)]
pub struct Person<'a> {
    pub id: Option<&'a str>,
    pub name: Option<&'a str>,
    pub username: Option<&'a str>,
    pub email: Option<&'a str>,
    pub ip: Option<&'a str>,
}

impl<'a> Person<'a> {
    pub fn of(user: &'a User) -> Self {
        Self {
            id: user.id.as_deref(),
            name: user.name.as_deref(),
            username: user.username.as_deref(),
            email: user.email.as_deref(),
            ip: user.ip_address.as_deref(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Personal {
    User,
    Email,
    Ip,
    Phone,
}

impl Personal {
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "name",
            Self::Email => "e-mail address",
            Self::Ip => "IP address",
            Self::Phone => "phone number",
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Email => "email",
            Self::Ip => "ip",
            Self::Phone => "phone",
        }
    }
}

#[derive(Default)]
pub struct People {
    count: usize,
    /// Which person, by what is known of them, in lower case.
    numbers: HashMap<String, usize>,
    /// Looked for in every text, with whether it may only stand as it is written.
    names: Vec<(String, bool)>,
    automaton: Option<AhoCorasick>,
}

static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]{1,64}(?:@|%40)(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?-u:\b)",
    )
    .expect("a tested pattern")
});
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[0-9A-Fa-f:.]{3,45}").expect("a tested pattern"));
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\+\d{1,3}(?:[\s./-]?\(?\d{1,5}\)?){2,6}(?-u:\b)",
        r"|\(\d{3}\) ?\d{3}[-. ]\d{4}(?-u:\b)",
        r"|(?-u:\b)\d{3}[-.]\d{3}[-.]\d{4}(?-u:\b)",
        r"|(?-u:\b)0\d{2,4}[ /-]\d{6,8}(?-u:\b)"
    ))
    .expect("a tested pattern")
});

/// Whether a key's value says who somebody is.
pub fn kind_of(key: &str) -> Option<Personal> {
    let key = key
        .rsplit(['.', '['])
        .next()
        .unwrap_or(key)
        .trim_end_matches(']')
        .to_ascii_lowercase()
        .replace(['-', '_', ' '], "");
    match key.as_str() {
        "email" | "emailaddress" | "mail" | "useremail" | "from" | "to" | "cc" | "bcc" | "replyto" => {
            Some(Personal::Email)
        }
        "ip" | "ipaddress" | "remoteaddr" | "clientip" | "xforwardedfor" | "xrealip" | "cfconnectingip"
        | "trueclientip" | "clientaddress" | "forwarded" | "peerip" => Some(Personal::Ip),
        "phone" | "phonenumber" | "mobile" | "tel" | "telephone" | "msisdn" => Some(Personal::Phone),
        "user" | "username" | "userid" | "uid" | "login" | "fullname" | "firstname" | "lastname"
        | "surname" | "displayname" | "realname" | "nickname" | "givenname" | "familyname" | "author"
        | "customername" | "accountname" | "owner" | "assignee" => Some(Personal::User),
        _ => None,
    }
}

/// `email:a@b.c` of the tag `user`.
pub fn tagged(kind: Personal, text: &str) -> (Personal, &str) {
    let (kind, text) = match (kind, text.trim().split_once(':')) {
        (Personal::User, Some(("email", rest))) => (Personal::Email, rest),
        (Personal::User, Some(("ip", rest))) => (Personal::Ip, rest),
        (Personal::User, Some(("id" | "username", rest))) => (Personal::User, rest),
        _ => (kind, text.trim()),
    };
    let kind = if EMAIL.is_match(text) && kind == Personal::User { Personal::Email } else { kind };
    (kind, text)
}

pub fn is_nobody(text: &str) -> bool {
    NOBODY.contains(&text.trim().to_ascii_lowercase().as_str())
}

impl People {
    /// Numbers begin after this one.
    pub fn after(count: usize) -> Self {
        Self { count, ..Self::default() }
    }

    pub fn know(&mut self, person: &Person<'_>) {
        let said = [person.id, person.name, person.username, person.email, person.ip];
        let said: Vec<&str> = said
            .into_iter()
            .flatten()
            .map(str::trim)
            .filter(|text| !text.is_empty() && !is_nobody(text))
            .collect();
        if said.is_empty() {
            return;
        }
        let known = said.iter().find_map(|text| self.numbers.get(&text.to_lowercase()).copied());
        let number = known.unwrap_or_else(|| self.next());
        for text in &said {
            self.numbers.entry(text.to_lowercase()).or_insert(number);
        }
        for id in [person.id, person.username].into_iter().flatten().map(str::trim) {
            let is_number = id.bytes().all(|byte| byte.is_ascii_digit());
            let least = if is_number { DIGITS_MIN } else { ID_CHARS_MIN };
            if id.chars().count() >= least {
                self.look_for(id, number, is_number);
            }
        }
        if let Some(name) = person.name.map(str::trim).filter(|name| name.chars().count() >= NAME_CHARS_MIN) {
            self.look_for(name, number, false);
            // A first name that is a word stands as a name only with its capital.
            for part in name.split_whitespace().filter(|part| part.chars().count() >= PART_CHARS_MIN) {
                if part.starts_with(char::is_uppercase) {
                    self.look_for(part, number, true);
                }
            }
        }
        // The address's own name: logs tell people apart by it.
        let local = person.email.and_then(|email| email.split_once('@')).map(|(local, _)| local);
        if let Some(local) = local.filter(|local| local.chars().count() >= DIGITS_MIN) {
            self.look_for(local, number, true);
        }
    }

    fn look_for(&mut self, name: &str, number: usize, is_exact: bool) {
        if self.names.len() < NAMES_MAX
            && !is_nobody(name)
            && !self.names.iter().any(|(known, _)| known == name)
        {
            self.names.push((name.to_owned(), is_exact));
            self.numbers.entry(name.to_lowercase()).or_insert(number);
            self.automaton = None;
        }
    }

    fn next(&mut self) -> usize {
        self.count += 1;
        self.count
    }

    /// The same person has the same number.
    pub fn placeholder(&mut self, kind: Personal, text: &str) -> String {
        let key = text.trim().to_lowercase().replace("%40", "@");
        let known = self.numbers.get(&key).copied();
        let number = known.unwrap_or_else(|| {
            let number = self.next();
            self.numbers.insert(key, number);
            number
        });
        format!("{}_{number}", kind.prefix())
    }

    pub fn replace(&mut self, text: &str, note: &mut dyn FnMut(&str, &'static str)) -> String {
        let mut told = |people: &mut Self, kind: Personal, found: &str| {
            let placeholder = people.placeholder(kind, found);
            note(&placeholder, kind.name());
            placeholder
        };
        let mut text = text.to_owned();
        if text.contains(['@', '%']) {
            text =
                replaced(&EMAIL, &text, |_, found| Some(found), |found| told(self, Personal::Email, found));
        }
        text = replaced(&ADDRESS, &text, address, |found| told(self, Personal::Ip, found));
        text = replaced(&PHONE, &text, phone, |found| told(self, Personal::Phone, found));
        self.replace_names(text, &mut told)
    }

    fn replace_names(
        &mut self,
        text: String,
        told: &mut dyn FnMut(&mut Self, Personal, &str) -> String,
    ) -> String {
        if self.names.is_empty() {
            return text;
        }
        let automaton = self.automaton.take().or_else(|| {
            let names = self.names.iter().map(|(name, _)| name);
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::LeftmostLongest)
                .build(names)
                .ok()
        });
        let Some(automaton) = automaton else { return text };
        let is_word =
            |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for found in automaton.find_iter(&text) {
            let (before, after) =
                (text[..found.start()].chars().next_back(), text[found.end()..].chars().next());
            let (name, is_exact) = &self.names[found.pattern().as_usize()];
            let said = &text[found.range()];
            if is_word(before) || is_word(after) || *is_exact && said != name {
                continue;
            }
            out.push_str(&text[done..found.start()]);
            out.push_str(&told(self, Personal::User, said));
            done = found.end();
        }
        out.push_str(&text[done..]);
        self.automaton = Some(automaton);
        out
    }
}

/// `choose`: which part of a match is meant, given what stands before it.
fn replaced<'a>(
    pattern: &Regex,
    text: &'a str,
    choose: impl Fn(&'a str, &'a str) -> Option<&'a str>,
    mut with: impl FnMut(&str) -> String,
) -> String {
    let mut out = String::new();
    let mut done = 0;
    for found in pattern.find_iter(text) {
        let Some(part) = choose(&text[..found.start()], found.as_str()) else { continue };
        let after = text[found.end()..].chars().next();
        if part.len() == found.len() && after.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
        {
            continue;
        }
        out.push_str(&text[done..found.start()]);
        out.push_str(&with(part));
        done = found.start() + part.len();
    }
    if done == 0 {
        return text.to_owned();
    }
    out.push_str(&text[done..]);
    out
}

/// An address of the network that is somebody's: not the own machine, no version of a browser, no time.
fn address<'a>(before: &str, found: &'a str) -> Option<&'a str> {
    let last = before.chars().next_back();
    if last.is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
        return None;
    }
    let trimmed = found.trim_end_matches(['.', ':']);
    let whole = if found.ends_with("::") { found } else { trimmed };
    let bare = if whole.matches(':').count() == 1 { whole.split(':').next().unwrap_or(whole) } else { whole };
    match bare.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => {
            let is_version = address.octets()[2..] == [0, 0]
                || last == Some('/') && before.trim_end_matches('/').ends_with(char::is_alphabetic);
            (!is_version && !address.is_loopback() && !address.is_unspecified()).then_some(bare)
        }
        IpAddr::V6(address) => {
            let has_digit = bare.bytes().any(|byte| byte.is_ascii_digit());
            (has_digit && address != Ipv6Addr::LOCALHOST && address != Ipv6Addr::UNSPECIFIED).then_some(bare)
        }
    }
}

/// With as many digits as a number that can be called has; a difference of clocks has four.
fn phone<'a>(before: &str, found: &'a str) -> Option<&'a str> {
    let digits = found.bytes().filter(u8::is_ascii_digit).count();
    let is_part =
        before.ends_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_'));
    ((9..=15).contains(&digits) && !is_part).then(|| found.trim_end())
}
