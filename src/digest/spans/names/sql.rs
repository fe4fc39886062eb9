//! SQL without its values: literals and lists of them become `%s`, comments go, blanks are folded.
//!
//! A scanner, not a parser: it knows how texts, names and numbers are written in all dialects, and nothing of grammar, so that
//! there is nothing it chokes on. Where dialects differ it takes for a value what may be one.

/// What stands for a value.
const VALUE: &str = "%s";

/// At most `bytes_max` of it.
pub fn parameterize(text: &str, bytes_max: usize) -> String {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        out: String::with_capacity(text.len().min(bytes_max) + VALUE.len()),
        // Backticks are MySQL's way to quote names: there, double quotes hold texts.
        double_quotes_texts: text.contains('`'),
    };
    while scanner.at < text.len() && scanner.out.len() <= bytes_max {
        scanner.step();
    }
    let mut out = scanner.out;
    out.truncate(out.floor_char_boundary(bytes_max));
    out.truncate(out.trim_end_matches([' ', ';']).len());
    out
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    out: String,
    double_quotes_texts: bool,
}

impl Scanner<'_> {
    fn step(&mut self) {
        let byte = self.bytes[self.at];
        match byte {
            b'-' if self.next() == Some(b'-') => self.skip_line(),
            b'#' if self.next().is_some_and(|next| next.is_ascii_whitespace()) => self.skip_line(),
            b'/' if self.next() == Some(b'*') => self.skip_comment(),
            b'\'' => {
                self.at = self.text_end(self.at, b'\'');
                self.push_value();
            }
            b'"' => self.double_quoted(),
            b'`' => self.copy_to(self.text_end(self.at, b'`')),
            b'$' => self.dollar(),
            b'?' => self.question(),
            b':' => self.colon(),
            b'@' if self.next().is_some_and(is_name) => self.parameter(1),
            b'%' => self.percent(),
            b'0'..=b'9' => self.number(),
            b'.' if self.next().is_some_and(|next| next.is_ascii_digit()) && !self.follows_name() => {
                self.number();
            }
            _ if is_name(byte) || byte >= 0x80 => self.name(),
            _ if byte.is_ascii_whitespace() => {
                self.at += 1;
                self.blank();
            }
            b')' => {
                self.at += 1;
                self.close();
            }
            _ => {
                self.at += 1;
                self.out.push(char::from(byte));
            }
        }
    }

    fn next(&self) -> Option<u8> {
        self.bytes.get(self.at + 1).copied()
    }

    fn follows_name(&self) -> bool {
        self.out.as_bytes().last().is_some_and(|&last| is_name(last) || matches!(last, b'"' | b'`' | b']'))
    }

    fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with([' ', '(']) {
            self.out.push(' ');
        }
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        self.blank();
    }

    fn skip_comment(&mut self) {
        let rest = &self.bytes[self.at + 2..];
        let end = memchr::memmem::find(rest, b"*/").map_or(rest.len(), |at| at + 2);
        self.at += 2 + end;
        self.blank();
    }

    /// Behind the closing quote; a quote is doubled or escaped to stand for itself.
    fn text_end(&self, start: usize, quote: u8) -> usize {
        let mut at = start + 1;
        while let Some(&byte) = self.bytes.get(at) {
            let is_escape = byte == b'\\' && quote != b'`';
            let is_doubled = byte == quote && self.bytes.get(at + 1) == Some(&quote);
            if is_escape || is_doubled {
                at += 2;
            } else if byte == quote {
                return at + 1;
            } else {
                at += 1;
            }
        }
        self.bytes.len()
    }

    fn copy_to(&mut self, end: usize) {
        let end = self.text.ceil_char_boundary(end);
        self.out.push_str(&self.text[self.at..end]);
        self.at = end;
    }

    /// A value, once where several follow each other.
    fn push_value(&mut self) {
        self.at = self.text.ceil_char_boundary(self.at);
        let before = self.out.trim_end_matches([' ', ',']);
        if before.len() < self.out.len() && self.out[before.len()..].contains(',') && before.ends_with(VALUE)
        {
            self.out.truncate(before.len());
        } else {
            self.out.push_str(VALUE);
        }
    }

    /// `(%s), (%s)` says no more than `(%s)`.
    fn close(&mut self) {
        if self.out.ends_with(' ') {
            self.out.pop();
        }
        if let Some(before) = self.out.strip_suffix("(%s") {
            let row = before.trim_end_matches([' ', ',']);
            if row.len() < before.len() && row.ends_with("(%s)") {
                self.out.truncate(row.len());
                return;
            }
        }
        self.out.push(')');
    }

    /// A name in standard SQL, a text in `MySQL`.
    fn double_quoted(&mut self) {
        let end = self.text_end(self.at, b'"').min(self.bytes.len());
        let inside = self.bytes.get(self.at + 1..end.saturating_sub(1)).unwrap_or_default();
        let is_qualified = self.bytes.get(end) == Some(&b'.') || self.out.ends_with('.');
        let may_be_name = !inside.is_empty()
            && inside.len() <= 128
            && inside.iter().all(|&byte| is_name(byte) || matches!(byte, b'.' | b' ' | b'-'));
        let follows_comparison = self.out.trim_end().ends_with(['=', '<', '>']);
        let before = self.out.trim_end().as_bytes();
        let follows_like = before.len() >= 4 && before[before.len() - 4..].eq_ignore_ascii_case(b"LIKE");
        let is_value = !may_be_name
            || (!is_qualified
                && (self.double_quotes_texts
                    || follows_comparison
                    || follows_like
                    || self.out.ends_with(VALUE)
                    || self.is_in_values()));
        if is_value {
            self.at = end;
            self.push_value();
        } else {
            self.copy_to(end);
        }
    }

    /// Whether what is open is a row of `VALUES` or the list of an `IN`.
    fn is_in_values(&self) -> bool {
        let Some(open) = self.out.rfind('(') else { return false };
        if self.out[open..].contains(')') {
            return false;
        }
        let before = self.out[..open].trim_end().as_bytes();
        [b"VALUES".as_slice(), b" IN", b"),"].iter().any(|word| {
            before.len() >= word.len() && before[before.len() - word.len()..].eq_ignore_ascii_case(word)
        })
    }

    /// `$1`, `$$text$$`, `$tag$text$tag$`
    fn dollar(&mut self) {
        let rest = &self.bytes[self.at + 1..];
        let tag = rest.iter().position(|&byte| !is_name(byte)).unwrap_or(rest.len());
        if rest.get(tag) == Some(&b'$') && !self.follows_name() {
            let mark = &self.bytes[self.at..self.at + tag + 2];
            let body = &self.bytes[self.at + mark.len()..];
            let end = memchr::memmem::find(body, mark).map_or(body.len(), |at| at + mark.len());
            self.at += mark.len() + end;
            self.push_value();
        } else if tag > 0 {
            self.at += 1 + tag;
            self.push_value();
        } else {
            self.copy_to(self.at + 1);
        }
    }

    /// A parameter, unless it is one of Postgres' operators on JSON.
    fn question(&mut self) {
        if self.next().is_some_and(|next| matches!(next, b'|' | b'&')) {
            return self.copy_to(self.at + 2);
        }
        self.parameter(1);
    }

    /// `:name` is a parameter, `::type` a cast.
    fn colon(&mut self) {
        match self.next() {
            Some(b':') => self.copy_to(self.at + 2),
            Some(next) if is_name(next) && !self.follows_name() => self.parameter(1),
            _ => self.copy_to(self.at + 1),
        }
    }

    /// `%s`, `%(name)s`, or the remainder of a division.
    fn percent(&mut self) {
        let rest = &self.bytes[self.at + 1..];
        if rest.first() == Some(&b's') {
            self.at += 2;
            self.push_value();
        } else if rest.first() == Some(&b'(')
            && let Some(close) = memchr::memchr(b')', rest)
            && rest.get(close + 1).is_some_and(|byte| matches!(byte, b's' | b'd'))
        {
            self.at += close + 3;
            self.push_value();
        } else {
            self.copy_to(self.at + 1);
        }
    }

    /// A mark of `length` bytes and the name behind it.
    fn parameter(&mut self, length: usize) {
        self.at += length;
        while self.bytes.get(self.at).is_some_and(|&byte| is_name(byte)) {
            self.at += 1;
        }
        self.push_value();
    }

    /// `1`, `1.5e-7`, `0xff`
    fn number(&mut self) {
        let mut last = 0;
        while let Some(&byte) = self.bytes.get(self.at) {
            let is_sign = matches!(byte, b'+' | b'-') && matches!(last, b'e' | b'E');
            if !(byte.is_ascii_alphanumeric() || byte == b'.' || is_sign) {
                break;
            }
            last = byte;
            self.at += 1;
        }
        self.push_value();
    }

    fn name(&mut self) {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|&byte| !is_name(byte) && byte < 0x80).unwrap_or(rest.len());
        let is_prefix = length == 1 && rest.get(1) == Some(&b'\'');
        if is_prefix {
            // `E'…'`, `N'…'`, `x'…'`
            self.at += 1;
        } else {
            self.copy_to(self.at + length);
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::parameterize;

    #[test]
    fn dialects() {
        let table = [
            ("SELECT * FROM users WHERE id = 42", "SELECT * FROM users WHERE id = %s"),
            (
                "select a,b from t where x='O''Brien' -- why\n and y=1.5e-7;",
                "select a,b from t where x=%s and y=%s",
            ),
            ("SELECT 1 /* route='/x' */ FROM t", "SELECT %s FROM t"),
            ("SELECT * FROM t WHERE id IN (1, 2, 3)", "SELECT * FROM t WHERE id IN (%s)"),
            ("SELECT * FROM t WHERE id IN ($1,$2 , $3)", "SELECT * FROM t WHERE id IN (%s)"),
            ("INSERT INTO t (a, b) VALUES ('x', 2), ('y', 3)", "INSERT INTO t (a, b) VALUES (%s)"),
            ("INSERT INTO t VALUES (?, ?)", "INSERT INTO t VALUES (%s)"),
            (
                r#"SELECT "users"."id" FROM "users" WHERE "users"."email" = 'a@b.c'"#,
                r#"SELECT "users"."id" FROM "users" WHERE "users"."email" = %s"#,
            ),
            (r#"SELECT * FROM `t` WHERE `name` = "hunter2""#, "SELECT * FROM `t` WHERE `name` = %s"),
            (r#"SELECT * FROM t WHERE name = "hunter2""#, "SELECT * FROM t WHERE name = %s"),
            (r#"INSERT INTO t (a) VALUES ("hunter2", "x y")"#, "INSERT INTO t (a) VALUES (%s)"),
            (
                "SELECT a::text, b FROM t WHERE c = :name AND d = @p1",
                "SELECT a::text, b FROM t WHERE c = %s AND d = %s",
            ),
            (
                "SELECT * FROM t WHERE a = %(name)s AND b = %s LIMIT 10",
                "SELECT * FROM t WHERE a = %s AND b = %s LIMIT %s",
            ),
            ("SELECT $$it's$$, $tag$ $$ $tag$, E'a\\'b', x'ff'", "SELECT %s"),
            ("SELECT [id] FROM [dbo].[users2]", "SELECT [id] FROM [dbo].[users2]"),
            ("SELECT a->>'key', b ?| array['x'] FROM t2", "SELECT a->>%s, b ?| array[%s] FROM t2"),
            ("UPDATE t1\n   SET  a = a % 2\tWHERE id2=-7", "UPDATE t1 SET a = a % %s WHERE id2=-%s"),
            ("SELECT * FROM users_2024 WHERE täg = 'ü'", "SELECT * FROM users_2024 WHERE täg = %s"),
            ("SELECT 'never closed", "SELECT %s"),
            ("SELECT /* never closed", "SELECT"),
            ("# note 'x'\nSELECT 0xff", "SELECT %s"),
            ("BEGIN", "BEGIN"),
            ("", ""),
            ("'", "%s"),
            ("\"", "%s"),
            ("$", "$"),
            ("é'é\\é", "é%s"),
        ];
        for (before, after) in table {
            assert_eq!(parameterize(before, 512), after, "{before}");
        }
    }

    #[test]
    fn hostile_texts_are_linear_and_bounded() {
        for part in ["(", "'", "\"", "$a$", "--", "/*", "%(", "\\", "1,", "(1),", "é", "VALUES (\"", "`"] {
            let found = parameterize(&part.repeat(8_192 / part.len()), 512);
            assert!(found.len() <= 512, "{part}");
        }
    }
}
