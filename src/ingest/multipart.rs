//! `multipart/form-data`, read from a body that is in memory and bounded already. Pure; parts are slices.

use bytes::Bytes;
use memchr::memmem;

/// Parts beyond this refuse the body.
const PARTS_MAX: usize = 1000;
/// All headers of one part.
const HEADERS_BYTES_MAX: usize = 16 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    pub name: String,
    pub filename: Option<String>,
    pub content_type: Option<String>,
    pub body: Bytes,
}

/// The boundary that a `Content-Type` names.
pub fn find_boundary(content_type: &str) -> Option<String> {
    let (media_type, parameters) = content_type.split_once(';')?;
    if !media_type.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary")?;
    (1..=200).contains(&boundary.len()).then_some(boundary)
}

/// Reads all parts. The error says what is wrong.
pub fn parse(body: &Bytes, boundary: &str) -> Result<Vec<Part>, &'static str> {
    let between = format!("\n--{boundary}");
    let finder = memmem::Finder::new(between.as_bytes());
    let delimiter = &between.as_bytes()[1..];
    let mut at = if body.starts_with(delimiter) && ends_delimiter(&body[delimiter.len()..]) {
        delimiter.len()
    } else {
        find_delimiter(body, &finder).ok_or("no boundary found")? + between.len()
    };
    let mut parts = Vec::new();
    loop {
        let rest = &body[at..];
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        if parts.len() == PARTS_MAX {
            return Err("too many parts");
        }
        let line_end = memchr::memchr(b'\n', rest).ok_or("a boundary without a line end")?;
        at += line_end + 1;
        let (mut part, head_bytes) = parse_headers(&body[at..])?;
        at += head_bytes;
        // A part may be empty: its delimiter then follows the blank line at once.
        let end = find_delimiter(&body[at - 1..], &finder).ok_or("a part without an end")?;
        let next = at - 1 + end;
        let mut content_end = next.max(at);
        if content_end > at && body[content_end - 1] == b'\r' {
            content_end -= 1;
        }
        part.body = body.slice(at..content_end);
        parts.push(part);
        at = next + between.len();
    }
}

/// A line that is the delimiter and nothing more: what merely begins like it belongs to a part.
fn find_delimiter(bytes: &[u8], finder: &memmem::Finder<'_>) -> Option<usize> {
    finder.find_iter(bytes).find(|at| ends_delimiter(&bytes[at + finder.needle().len()..]))
}

/// Whether a delimiter's line, or the whole body, ends here.
fn ends_delimiter(rest: &[u8]) -> bool {
    if rest.starts_with(b"--") {
        return true;
    }
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
    rest.get(blanks).is_none_or(|byte| *byte == b'\n')
}

/// A part without its body, and where the body starts.
fn parse_headers(bytes: &[u8]) -> Result<(Part, usize), &'static str> {
    let bytes = &bytes[..bytes.len().min(HEADERS_BYTES_MAX)];
    let mut part = Part::default();
    let mut at = 0;
    loop {
        let length = memchr::memchr(b'\n', &bytes[at..]).ok_or("part headers without an end")?;
        let line = bytes[at..at + length].trim_ascii();
        at += length + 1;
        if line.is_empty() {
            return Ok((part, at));
        }
        let line = String::from_utf8_lossy(line);
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-type") {
            part.content_type = Some(value.trim().to_owned());
        } else if name.eq_ignore_ascii_case("content-disposition") {
            let parameters = value.split_once(';').map_or("", |(_, parameters)| parameters);
            part.name = parameter(parameters, "name").unwrap_or_default();
            part.filename = parameter(parameters, "filename*")
                .and_then(|value| extended(&value))
                .or_else(|| parameter(parameters, "filename"));
        }
    }
}

/// `; name="value"`; quoted values may escape quotes and hold semicolons.
fn parameter(mut parameters: &str, wanted: &str) -> Option<String> {
    loop {
        parameters = parameters.trim_start_matches([';', ' ', '\t']);
        let (name, rest) = parameters.split_once('=')?;
        let rest = rest.trim_start();
        let (value, after) = if let Some(quoted) = rest.strip_prefix('"') {
            let mut value = String::new();
            let mut chars = quoted.char_indices();
            let mut end = quoted.len();
            while let Some((index, c)) = chars.next() {
                match c {
                    '"' => {
                        end = index + 1;
                        break;
                    }
                    // Old browsers send Windows paths unescaped: only a quote can be escaped.
                    '\\' if quoted[index + 1..].starts_with('"') => {
                        value.extend(chars.next().map(|(_, c)| c));
                    }
                    c => value.push(c),
                }
            }
            (value, &quoted[end..])
        } else {
            let end = rest.find(';').unwrap_or(rest.len());
            (rest[..end].trim().to_owned(), &rest[end..])
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        parameters = after.find(';').map(|at| &after[at..])?;
    }
}

/// RFC 5987: `UTF-8''na%20me`
fn extended(value: &str) -> Option<String> {
    let mut parts = value.splitn(3, '\'');
    let (_charset, _language, text) = (parts.next()?, parts.next()?, parts.next()?);
    Some(percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{find_boundary, parse};

    /// (name, filename, body)
    type Shown = (String, Option<String>, String);

    fn parts(text: &str) -> Result<Vec<Shown>, &'static str> {
        let parts = parse(&Bytes::copy_from_slice(text.as_bytes()), "X")?;
        let show =
            |part: super::Part| (part.name, part.filename, String::from_utf8_lossy(&part.body).into_owned());
        Ok(parts.into_iter().map(show).collect())
    }

    #[test]
    fn boundaries() {
        assert_eq!(find_boundary("multipart/form-data; boundary=abc").as_deref(), Some("abc"));
        assert_eq!(
            find_boundary("Multipart/Form-Data; charset=utf-8; boundary=\"a;b\"").as_deref(),
            Some("a;b")
        );
        for none in ["multipart/form-data", "application/json; boundary=x", "multipart/form-data; boundary="]
        {
            assert_eq!(find_boundary(none), None, "{none}");
        }
    }

    #[test]
    fn well_formed() {
        let text = "preamble\r\n--X\r\nContent-Disposition: form-data; name=\"sentry\"\r\n\r\n{\"a\":\"--X\"}\r\n\
            --X\r\nContent-Type: application/x-dmp\r\ncontent-disposition: form-data; name=\"upload\"; \
            filename=\"C:\\a \\\"b\\\";.dmp\"\r\n\r\n\r\nline\r\n\r\n--X\r\n\
            Content-Disposition: form-data; name=empty; filename*=UTF-8''n%C3%A4me\r\n\r\n\r\n--X--\r\n";
        let expected = [
            ("sentry".into(), None, "{\"a\":\"--X\"}".into()),
            ("upload".into(), Some("C:\\a \"b\";.dmp".into()), "\r\nline\r\n".into()),
            ("empty".into(), Some("näme".into()), String::new()),
        ];
        assert_eq!(parts(text).expect("valid"), expected);
        let alike = "--X\n\na\n--Xylophone\n--X\n\nb\n--X--";
        let alike: Vec<_> = parts(alike).expect("valid").into_iter().map(|(_, _, body)| body).collect();
        assert_eq!(alike, ["a\n--Xylophone", "b"], "a line that begins like the boundary is content");
        assert_eq!(parts("--X--").expect("no parts"), []);
        assert_eq!(parts("--X\n\n\n--X--").expect("bare newlines"), [(String::new(), None, String::new())]);
        assert_eq!(
            parts("--X\r\n\r\n--X--").expect("nothing at all"),
            [(String::new(), None, String::new())]
        );
    }

    #[test]
    fn malformed() {
        for text in [
            "",
            "nothing",
            "--X",
            "--X\r\n",
            "--X\r\nname: x\r\n",
            "--X\r\n\r\nbody",
            "--X\r\n\r\nbody\r\n--Y",
        ] {
            assert!(parts(text).is_err(), "{text:?}");
        }
        let many = format!("{}--X--", "--X\n\n\n".repeat(1001));
        assert_eq!(parts(&many), Err("too many parts"));
    }
}
