//! The `dsn` of an envelope's header: `https://KEY[:SECRET]@HOST[/PATH]/PROJECT`. The host says nothing to us.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use crate::model::ids::{ProjectId, PublicKey};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dsn {
    pub key: PublicKey,
    pub project: ProjectId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid DSN")]
pub struct InvalidDsn;

impl FromStr for Dsn {
    type Err = InvalidDsn;

    fn from_str(text: &str) -> Result<Self, InvalidDsn> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(InvalidDsn)?;
        if !matches!(scheme, "http" | "https") {
            return Err(InvalidDsn);
        }
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (user, rest) = rest.split_once('@').ok_or(InvalidDsn)?;
        let (_host, path) = rest.split_once('/').ok_or(InvalidDsn)?;
        let key = user.split([':', '.']).next().unwrap_or_default();
        let project = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        Ok(Self {
            key: key.parse().map_err(|_| InvalidDsn)?,
            project: project.parse().map_err(|_| InvalidDsn)?,
        })
    }
}

impl<'de> Deserialize<'de> for Dsn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Dsn;

    #[test]
    fn dsns() {
        let key = "0123456789abcdef0123456789abcdef";
        for good in ["https://KEY@host/7", "http://KEY:secret@host:9000/a/b/7", "https://KEY.flag@host/7/"] {
            let dsn: Dsn = good.replace("KEY", key).parse().expect(good);
            assert_eq!((dsn.key.to_string().as_str(), dsn.project.0), (key, 7), "{good}");
        }
        for bad in
            ["", "KEY@host/7", "https://host/7", "https://KEY@host", "https://KEY@host/x", "https://k@h/7"]
        {
            assert!(bad.replace("KEY", key).parse::<Dsn>().is_err(), "{bad}");
        }
    }
}
