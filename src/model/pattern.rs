//! Values with `*` in them. Pure.

/// Whether a text in lower case fits a pattern in lower case in which `*` stands for anything.
pub fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let Some((middle, last)) = rest.rsplit_once('*') else { return left.ends_with(rest) };
    for piece in middle.split('*').filter(|piece| !piece.is_empty()) {
        let Some(at) = left.find(piece) else { return false };
        left = &left[at + piece.len()..];
    }
    left.ends_with(last)
}

/// Whether a path, or its end behind a `/`, fits. Letters match in any case and `\\` is `/`.
pub fn fits_path(pattern: &str, path: &str) -> bool {
    let same = |text: &str| text.to_lowercase().replace('\\', "/");
    let (pattern, path) = (same(pattern), same(path));
    let ends = path.match_indices('/').map(|(at, _)| &path[at + 1..]);
    std::iter::once(path.as_str()).chain(ends).any(|end| fits(&pattern, end))
}

#[cfg(test)]
mod tests {
    use super::{fits, fits_path};

    #[test]
    fn values_fit_wildcards() {
        for (pattern, text, expected) in [
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "abc", true),
            ("a*b*c", "a1b2c", true),
            ("*b*", "abc", true),
            ("ab*bc", "abc", false),
            ("abc", "abc", true),
            ("b*", "abc", false),
            ("*", "", true),
            ("a**c", "ac", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn paths_fit_by_their_end() {
        for (pattern, path, expected) in [
            ("payment.ts", "src/payment.ts", true),
            ("payment.ts", "payment.ts", true),
            ("payment.ts", "src/repayment.ts", false),
            ("src/*/payment.ts", "/srv/src/cart/payment.ts", true),
            ("src/*", "webpack:///./src/a/b.js", true),
            ("src", "src/payment.ts", false),
            ("cart/payment.ts", r"C:\App\Cart\Payment.ts", true),
            ("/srv/a.py", "/srv/a.py", true),
            ("*", "a", true),
        ] {
            assert_eq!(fits_path(pattern, path), expected, "{pattern} {path}");
        }
    }
}
