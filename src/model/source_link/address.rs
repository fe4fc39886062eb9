//! What people enter as a repository's address or as a template, checked: only `http` and `https`, and nothing that an
//! event could change the host by.

use url::Url;

use crate::model::source_link::{Provider, Templates};

pub const ADDRESS_BYTES_MAX: usize = 500;
const PLACEHOLDERS: [&str; 3] = ["{ref}", "{path}", "{line}"];

/// A repository's page from its page's or its clone's address, `git@github.com:acme/shop.git` too.
pub fn read(text: &str) -> Result<String, &'static str> {
    const EXPECTED: &str = "expected the address of a repository, such as https://github.com/acme/shop";
    let text = text.trim();
    if text.len() > ADDRESS_BYTES_MAX {
        return Err("an address has at most 500 characters");
    }
    let web = match text.strip_prefix("git@").or_else(|| text.strip_prefix("ssh://git@")) {
        Some(rest) => {
            let (host, path) = rest.split_once([':', '/']).ok_or(EXPECTED)?;
            // `ssh://git@host:7999/acme/shop.git`
            let path = path.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('/');
            format!("https://{host}/{path}")
        }
        None => text.to_owned(),
    };
    let mut url = Url::parse(&web).map_err(|_| EXPECTED)?;
    if !is_plain(&url) || url.path().trim_matches('/').is_empty() {
        return Err(EXPECTED);
    }
    url.set_query(None);
    url.set_fragment(None);
    let page = url.as_str().trim_end_matches('/');
    Ok(page.strip_suffix(".git").unwrap_or(page).to_owned())
}

fn is_plain(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
}

/// Which provider a host is of, as far as its name tells.
pub fn provider(page: &str) -> Option<Provider> {
    let url = Url::parse(page).ok()?;
    let host = url.host_str()?;
    let words = [
        ("github", Provider::GitHub),
        (".ghe.com", Provider::GitHub),
        ("gitlab", Provider::GitLab),
        ("bitbucket.org", Provider::Bitbucket),
        ("gitea", Provider::Gitea),
        ("forgejo", Provider::Gitea),
        ("codeberg.org", Provider::Gitea),
    ];
    words.into_iter().find(|(word, _)| host.contains(word)).map(|(_, provider)| provider)
}

/// `acme/shop` of `https://github.com/acme/shop`.
pub fn name(page: &str) -> Option<String> {
    let url = Url::parse(page).ok()?;
    Some(url.path().trim_matches('/').to_owned()).filter(|name| !name.is_empty())
}

impl Templates {
    pub fn check(&self) -> Result<(), &'static str> {
        check(&self.line, true)?;
        [&self.history, &self.blame].into_iter().flatten().try_for_each(|template| check(template, false))
    }
}

fn check(template: &str, is_line: bool) -> Result<(), &'static str> {
    if template.len() > ADDRESS_BYTES_MAX {
        return Err("a template has at most 500 characters");
    }
    let Some((scheme, rest)) = template.split_once("://") else {
        return Err("a template begins with https:// or http://");
    };
    if !matches!(scheme, "http" | "https") {
        return Err("a template begins with https:// or http://");
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains(['{', '}']) {
        return Err("a template's host is written out");
    }
    let mut plain = template.to_owned();
    for placeholder in PLACEHOLDERS {
        plain = plain.replace(placeholder, "x");
    }
    if plain.contains(['{', '}']) {
        return Err("a template knows {ref}, {path} and {line}");
    }
    if !template.contains("{path}") || is_line && !template.contains("{line}") {
        return Err("a template contains {path}, and that of a line {line}");
    }
    let is_address = Url::parse(&plain).is_ok_and(|url| is_plain(&url));
    if is_address { Ok(()) } else { Err("a template is the address of a page") }
}
