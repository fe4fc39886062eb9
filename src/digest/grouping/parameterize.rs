//! Replaces what differs between two messages of the same problem (ids, numbers, addresses, times) by its name:
//! `Order 8123 of maisey@dogs.com` becomes `Order <int> of <email>`.
//!
//! At each position the kinds are tried in one fixed order and the first that fits wins, as in Sentry's one big
//! alternation; its look-arounds are checked by hand, which keeps the time linear whatever an attacker sends.
//! Never touches the event: the result only goes into hashes and fingerprints.

use std::borrow::Cow;

use crate::digest::grouping::parameterize::scan::Scan;

mod addresses;
mod dates;
mod numbers;
mod scan;

/// Longer messages are hashed as they are; normalization cuts them well before.
pub const PARAMETERIZE_BYTES_MAX: usize = 16 * 1024;

/// Borrowed where nothing was replaced.
pub fn parameterize(text: &str) -> Cow<'_, str> {
    if text.len() > PARAMETERIZE_BYTES_MAX {
        return Cow::Borrowed(text);
    }
    let mut scan = Scan::new(text);
    let mut out = String::new();
    let (mut at, mut copied) = (0, 0);
    while at < text.len() {
        match kind_at(&mut scan, at) {
            Some((name, end)) => {
                out.push_str(&text[copied..at]);
                out.push('<');
                out.push_str(name);
                out.push('>');
                (at, copied) = (end, end);
            }
            None => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// The first kind that begins here, and where it ends.
fn kind_at(scan: &mut Scan, at: usize) -> Option<(&'static str, usize)> {
    let byte = scan.bytes[at];
    if let Some(end) = addresses::email(scan, at) {
        return Some(("email", end));
    }
    if byte.is_ascii_alphanumeric() || byte == b'-' {
        let starts_word = byte != b'-' && !scan.word_before(at);
        if starts_word && let Some(end) = addresses::url(scan, at) {
            return Some(("url", end));
        }
        if let Some(end) = addresses::hostname(scan, at) {
            return Some(("hostname", end));
        }
        if byte != b'-'
            && let Some(found) = word_at(scan, at, starts_word)
        {
            return Some(found);
        }
        return numbers::number(scan, at, starts_word);
    }
    match byte {
        b':' => addresses::ip(scan, at).map(|end| ("ip", end)),
        b'\'' | b'"' if at > 0 && scan.bytes[at - 1] == b'=' => {
            scan.closing_quote(at).map(|end| ("quoted_str", end))
        }
        _ => None,
    }
}

fn word_at(scan: &mut Scan, at: usize, starts_word: bool) -> Option<(&'static str, usize)> {
    if let Some(end) = addresses::ip(scan, at) {
        return Some(("ip", end));
    }
    if starts_word && let Some(found) = numbers::identifier(scan, at) {
        return Some(found);
    }
    if let Some(end) = dates::date(scan, at) {
        return Some(("date", end));
    }
    if at > 0 && scan.bytes[at - 1] == b'=' {
        let rest = &scan.text[at..];
        let word = ["True", "true", "False", "false"].into_iter().find(|word| rest.starts_with(word));
        // Nothing earlier in the order begins with these letters and fits, `fa…` as hex excepted: not eight long.
        return word.map(|word| ("bool", at + word.len()));
    }
    None
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::parameterize;

    #[test]
    fn kinds_in_order() {
        let table = [
            ("user maisey+dog@dogs.example.com!", "user <email>!"),
            ("GET https://dogs.example.com/a?b=c failed", "GET <url> failed"),
            ("lookup of www.example.net.", "lookup of <hostname>."),
            ("connect to 10.0.0.1:8080", "connect to <ip>:<int>"),
            ("::1 and fe80::1 refuse", "<ip> and <ip> refuse"),
            ("Option::unwrap()", "Option::unwrap()"),
            (
                "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "traceparent: <traceparent>",
            ),
            ("7c1811ed-e98f-4c9c-a9f9-58c757ff494f/x", "<uuid>/x"),
            ("0751007cd28df267e8e051b51f918c60", "<md5>"),
            ("at 2024-02-20T22:16:36.123Z or 11:21pm", "at <date> or <date>"),
            ("Mon, 02 Jan 2006 15:04:05 MST", "<date>"),
            ("Mon Jan 02 2006 14:04:05 GMT-0800 (Pacific Standard Time)", "<date>"),
            ("took 10ms, 1.5s", "took <duration>, <duration>"),
            ("0x9af8 deadbeef 9af8 a93c7d2 cabcafe", "<hex> <hex> <hex> <git_sha> cabcafe"),
            ("-1.5 -2 a-3 4,5", "<float> <int> a-<int> <int>,<int>"),
            ("a='x y' b=\"z\" c=True d = 'q'", "a=<quoted_str> b=<quoted_str> c=<bool> d = 'q'"),
            ("é123 naïve", "é123 naïve"),
        ];
        for (text, expected) in table {
            assert_eq!(parameterize(text), expected, "{text}");
        }
        assert!(matches!(parameterize("nothing to replace"), Cow::Borrowed(_)));
    }

    #[test]
    fn hostile_input_is_only_long() {
        for unit in ["1", "a.", "1:", ":", "='", "a@", "1.", "-", "Mon, ", "a-b.", "datetime.datetime(", "f"]
        {
            let text = unit.repeat(super::PARAMETERIZE_BYTES_MAX / unit.len());
            assert!(!parameterize(&text).is_empty());
        }
    }
}
