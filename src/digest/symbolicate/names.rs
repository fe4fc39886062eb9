//! What a function of a minified file is called, by Sentry's rules and in their order.

use crate::artifacts::maps::{Scope, Spot};

/// Names that say less than what the caller calls the function.
const USELESS: [&str; 3] = ["<anonymous>", "__webpack_require__", "__webpack_modules__"];
/// Dart's compiler moves async bodies into functions of its own.
const DART_ASYNC: &str = "$async$";

/// `minified`: the name that the frame came with. `called`: what the calling frame's source has where it calls.
pub fn function(spot: &Spot<'_>, minified: Option<&str>, called: Option<&str>) -> String {
    let minified = minified.map(without_prefix).filter(|name| !name.is_empty());
    let scope = match spot.scope {
        Scope::Named(name) if name.starts_with(DART_ASYNC) => spot.name.unwrap_or(name),
        Scope::Named(name) => name,
        Scope::Anonymous => "<anonymous>",
        Scope::Unknown => minified.unwrap_or("<unknown>"),
    };
    let name = if USELESS.contains(&scope) {
        called.filter(|name| !name.is_empty()).or(minified).unwrap_or(scope)
    } else {
        scope
    };
    folded(name)
}

/// Browsers put `async ` before some names.
fn without_prefix(name: &str) -> &str {
    name.strip_prefix("async ").unwrap_or(name)
}

/// `a.a.b` as `{a#2}.b`: what repeats is counted, but for the last part.
fn folded(name: &str) -> String {
    let Some((path, last)) = name.rsplit_once('.') else { return name.to_owned() };
    let mut groups: Vec<(&str, usize)> = Vec::new();
    for part in path.split('.') {
        match groups.last_mut() {
            Some((same, count)) if *same == part => *count += 1,
            _ => groups.push((part, 1)),
        }
    }
    let mut folded = String::with_capacity(name.len());
    for (part, count) in groups {
        if count == 1 {
            folded.push_str(part);
        } else {
            folded.extend(["{", part, "#", &count.to_string(), "}"]);
        }
        folded.push('.');
    }
    folded.push_str(last);
    folded
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn what_repeats_is_folded() {
        for (name, expected) in [
            ("foo", "foo"),
            ("foo.foo", "foo.foo"),
            ("foo.foo.foo", "{foo#2}.foo"),
            ("bar.foo.foo", "bar.foo.foo"),
            ("bar.foo.foo.onError", "bar.{foo#2}.onError"),
            ("bar.bar.bar.foo.foo.onError", "{bar#3}.{foo#2}.onError"),
        ] {
            assert_eq!(folded(name), expected);
        }
    }
}
