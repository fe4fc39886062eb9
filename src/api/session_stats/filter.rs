//! The query of `sessions/`: `release:shop@1.0`, `release:[a, "b c"]`, `environment:production`. Words stand side by side and
//! all must hold.

use crate::api::error::{ApiError, Result};
use crate::api::params::Params;

/// Values of one key.
const VALUES_MAX: usize = 100;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// May hold `*`. Empty: all.
    pub releases: Vec<String>,
    pub environments: Vec<String>,
}

impl Filter {
    /// Of `query` and `environment`.
    pub fn of(params: &Params) -> Result<Self> {
        let mut filter = Self::parse(params.get("query").unwrap_or_default()).map_err(|word| {
            ApiError::bad_request(format!(
                "query: `{word}` is not understood here; expected release:VERSION or environment:NAME"
            ))
        })?;
        filter.environments.extend(params.all("environment").map(str::to_owned));
        if filter.releases.len() > VALUES_MAX || filter.environments.len() > VALUES_MAX {
            return Err(ApiError::bad_request("query: at most 100 releases and 100 environments"));
        }
        Ok(filter)
    }

    fn parse(query: &str) -> std::result::Result<Self, String> {
        let mut filter = Self::default();
        let mut rest = query.trim_start();
        while !rest.is_empty() {
            let word = || rest.split_whitespace().next().unwrap_or_default().to_owned();
            let (key, behind) = rest.split_once(':').ok_or_else(word)?;
            let values = match key {
                "release" => &mut filter.releases,
                "environment" => &mut filter.environments,
                _ => return Err(word()),
            };
            let (found, left) = read_values(behind).ok_or_else(word)?;
            values.extend(found);
            rest = left.trim_start();
        }
        Ok(filter)
    }
}

/// One value, or several in brackets; and what stands behind.
fn read_values(text: &str) -> Option<(Vec<String>, &str)> {
    let Some(mut rest) = text.strip_prefix('[') else {
        let (value, rest) = read_value(text, char::is_whitespace)?;
        return Some((vec![value], rest));
    };
    let mut values = Vec::new();
    loop {
        let (value, left) = read_value(rest.trim_start(), |c| matches!(c, ',' | ']'))?;
        values.push(value);
        let left = left.trim_start();
        match left.strip_prefix(',') {
            Some(left) => rest = left,
            None => return Some((values, left.strip_prefix(']')?)),
        }
    }
}

/// In quotes, or up to where it ends. An empty one in quotes is a value: sessions that name no environment.
fn read_value(text: &str, is_end: fn(char) -> bool) -> Option<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (value, rest) = quoted.split_once('"')?;
        return Some((value.to_owned(), rest));
    }
    let (value, rest) = text.split_at(text.find(is_end).unwrap_or(text.len()));
    let value = value.trim();
    (!value.is_empty()).then(|| (value.to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read() {
        for (query, releases, environments) in [
            ("", &[][..], &[][..]),
            ("release:shop@1.0", &["shop@1.0"], &[]),
            ("release:\"shop 1.0\"  environment:production", &["shop 1.0"], &["production"]),
            ("release:[a, \"b, c\" ,d] environment:\"\"", &["a", "b, c", "d"], &[""]),
            ("release:shop@2.*", &["shop@2.*"], &[]),
        ] {
            let filter = Filter::parse(query).expect(query);
            assert_eq!(
                (&filter.releases[..], &filter.environments[..]),
                (
                    &releases.iter().map(ToString::to_string).collect::<Vec<_>>()[..],
                    &environments.iter().map(ToString::to_string).collect::<Vec<_>>()[..],
                ),
                "{query}"
            );
        }
        for (bad, word) in [
            ("crash", "crash"),
            ("level:error", "level:error"),
            ("release:", "release:"),
            ("release:[a", "release:[a"),
            ("release:\"a", "release:\"a"),
            ("!release:a", "!release:a"),
        ] {
            assert_eq!(Filter::parse(bad), Err(word.to_owned()), "{bad}");
        }
    }
}
