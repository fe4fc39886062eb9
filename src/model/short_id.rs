//! `SHOP-1A`: an issue's number in its project, as people say it. Base 32 in Crockford's alphabet, like Sentry's.

use crate::model::project::Project;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

pub fn short_id(project: &Project, number: u64) -> String {
    format!("{}-{}", project.slug.to_uppercase(), encode(number))
}

/// The project's slug and the number in it.
pub fn parse(text: &str) -> Option<(String, u64)> {
    let (slug, number) = text.rsplit_once('-')?;
    Some((slug.to_lowercase(), decode(number)?))
}

fn encode(mut number: u64) -> String {
    let mut digits = Vec::with_capacity(13);
    loop {
        digits.push(char::from(ALPHABET[(number % 32) as usize]));
        number /= 32;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

fn decode(text: &str) -> Option<u64> {
    // Thirteen digits hold 65 bits; `checked_mul` refuses what does not fit.
    if text.is_empty() || text.len() > 13 {
        return None;
    }
    text.bytes().try_fold(0u64, |number, byte| {
        let letter = match byte.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            other => other,
        };
        let digit = ALPHABET.iter().position(|&known| known == letter)?;
        number.checked_mul(32)?.checked_add(digit as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_and_lookalikes_are_read() {
        for (number, text) in
            [(0, "0"), (1, "1"), (31, "Z"), (32, "10"), (42, "1A"), (u64::MAX, "FZZZZZZZZZZZZ")]
        {
            assert_eq!(encode(number), text);
            assert_eq!(decode(text), Some(number));
        }
        assert_eq!(decode("io"), Some(32));
        for bad in ["", "U", "é", "ZZZZZZZZZZZZZ", "00000000000000"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
        assert_eq!(parse("my-shop-1A"), Some(("my-shop".into(), 42)));
    }
}
