//! What spans are counted together by: their description without what differs from one to the next. Linear, no cache.

use std::borrow::Cow;

mod ids;
mod sql;

pub use sql::parameterize as sql;

/// Kept of a name.
pub const NAME_BYTES_MAX: usize = 512;
/// Looked at of a description; a name is shorter anyway.
const LOOKED_AT_BYTES_MAX: usize = 8 << 10;

/// `GET https://api.x.com/users/42?x=1` → `GET https://api.x.com/users/*`, `/orders/7c1811ed-…` → `/orders/*`,
/// `job 4711` → `job *`.
pub fn cluster(text: &str) -> String {
    let text = &text[..text.floor_char_boundary(LOOKED_AT_BYTES_MAX)];
    let mut out = String::with_capacity(text.len().min(NAME_BYTES_MAX));
    for (place, word) in text.split_ascii_whitespace().enumerate() {
        if place > 0 {
            out.push(' ');
        }
        push_word(&mut out, word);
        if out.len() > NAME_BYTES_MAX {
            break;
        }
    }
    out.truncate(out.floor_char_boundary(NAME_BYTES_MAX));
    out
}

fn push_word(out: &mut String, word: &str) {
    if let Some((scheme, rest)) = word.split_once("://") {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        // Who is calling does not name the call.
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        out.push_str(scheme);
        out.push_str("://");
        out.push_str(host);
        push_path(out, path);
    } else if word.starts_with("data:") && word.contains(',') {
        out.push_str("data:*");
    } else if word.contains('/') {
        push_path(out, word);
    } else {
        push_segment(out, word, ids::is_id);
    }
}

/// Without query and fragment.
fn push_path(out: &mut String, path: &str) {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    for (place, segment) in path.split('/').enumerate() {
        if place > 0 {
            out.push('/');
        }
        // The first part of `a/b` has no slash before it: it may be a word of any kind.
        push_segment(out, segment, if place == 0 { ids::is_id } else { ids::is_id_in_path });
    }
}

fn push_segment(out: &mut String, segment: &str, is_id: fn(&str) -> bool) {
    out.push_str(if is_id(segment) { "*" } else { segment });
}

/// A file that a page loads: `https://cdn.x.com/static/app.3f2a9c.js` → `https://cdn.x.com/static/*.js`.
pub fn resource(text: &str) -> String {
    let clustered = cluster(text);
    let Some((folder, file)) = clustered.rsplit_once('/') else { return clustered };
    match file.rsplit_once('.') {
        Some((stem, extension)) if stem.bytes().any(|byte| byte.is_ascii_digit()) => {
            format!("{folder}/*.{extension}")
        }
        _ => clustered,
    }
}

/// The command alone: `GET user:42` → `GET *`.
pub fn command(text: &str) -> String {
    let mut words = text.split_ascii_whitespace();
    let Some(command) = words.next() else { return String::new() };
    let is_command =
        command.len() <= 32 && command.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    match (is_command, words.next()) {
        (true, None) => command.to_owned(),
        (true, Some(_)) => format!("{command} *"),
        // Keys only, as caches are asked for.
        (false, _) => "*".to_owned(),
    }
}

/// As it is, cut.
pub fn bounded(text: &str) -> String {
    text[..text.floor_char_boundary(NAME_BYTES_MAX)].to_owned()
}

/// SQL where it looks like it; what a document store is asked in JSON keeps only its kind.
pub fn query<'a>(text: &'a str, summary: Option<&'a str>) -> Cow<'a, str> {
    let text = &text[..text.floor_char_boundary(LOOKED_AT_BYTES_MAX)];
    match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => Cow::Borrowed(summary.unwrap_or("*")),
        _ => Cow::Owned(sql(text, NAME_BYTES_MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::{cluster, command, query, resource};

    #[test]
    fn clusters() {
        let table = [
            ("GET /users/42", "GET /users/*"),
            ("/users/4", "/users/*"),
            ("GET https://api.x.com/users/42?x=1#top", "GET https://api.x.com/users/*"),
            ("https://bob@api.x.com:8443/v1/a", "https://api.x.com:8443/v1/a"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("POST /orders/7c1811ed-e98f-4c9c-a9f9-58c757ff494f/items", "POST /orders/*/items"),
            ("/commit/0751007cd28df267e8e051b51f918c60deadbeef", "/commit/*"),
            ("/archive/2024-02-20/x", "/archive/*/x"),
            ("/api/v10/users", "/api/v10/users"),
            ("/api/v2/posts/my-post-12-title", "/api/v2/posts/*"),
            ("/u/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/u/*"),
            ("/u/dGhpc0lzQVRva2VuWithLetters1", "/u/*"),
            ("/customers/{customerId}/:order/<id>", "/customers/{customerId}/:order/<id>"),
            ("/b/0x1f", "/b/*"),
            ("GET /", "GET /"),
            ("process order 4711", "process order *"),
            ("charge_card", "charge_card"),
            ("utf8 md5", "utf8 md5"),
            ("send mail to 7c1811ede98f4c9ca9f958c757ff494f", "send mail to *"),
            ("tasks.cleanup", "tasks.cleanup"),
            ("data:image/png;base64,AAAA", "data:*"),
            ("  a   b ", "a b"),
            ("", ""),
        ];
        for (before, after) in table {
            assert_eq!(cluster(before), after, "{before}");
            assert_eq!(cluster(after), after, "twice: {before}");
        }
        assert!(cluster(&"é".repeat(9_000)).len() <= super::NAME_BYTES_MAX);
    }

    #[test]
    fn commands_and_files() {
        assert_eq!(command("GET user:42"), "GET *");
        assert_eq!(command("PING"), "PING");
        assert_eq!(command("user:42, user:43"), "*");
        assert_eq!(resource("https://cdn.x.com/static/app.3f2a9c.js"), "https://cdn.x.com/static/*.js");
        assert_eq!(resource("https://cdn.x.com/logo.png"), "https://cdn.x.com/logo.png");
        assert_eq!(query("{\"find\": \"users\", \"x\": \"secret\"}", Some("find users")), "find users");
        assert_eq!(query("[{}]", None), "*");
    }
}
