//! Globs as stack-trace rules and fingerprint rules use them, turned once into the cheapest test that decides.
//!
//! Two dialects exist because Sentry has two: stack-trace rules follow the Rust `globset` crate (`**` counts only
//! as a whole path segment, `\` escapes, `{a,b}` alternates); fingerprint rules know `*`, `**`, `?` and `[…]` only.
//! Every pattern ends as a literal comparison or a linear-time regex: a pattern can be wrong, never slow.

use regex::Regex;

/// What a pattern came down to.
#[derive(Debug, Clone)]
pub(super) enum Test {
    All,
    Exact(Box<str>),
    Prefix(Box<str>),
    Suffix(Box<str>),
    Contains(Box<str>),
    /// The literal begins at a segment: `**/name/**`. It ends with `/`.
    Under(Box<str>),
    Regex(Box<Regex>),
}

#[derive(Debug, Clone)]
pub(crate) struct Glob {
    pub(super) test: Test,
    /// A literal that every match begins with.
    pub(super) prefix: Option<Box<str>>,
    /// A literal that every match contains somewhere.
    pub(super) literal: Option<Box<str>>,
}

/// How a fingerprint rule's pattern is read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Dialect {
    pub ignore_case: bool,
    /// `*` stops at `/`, `**` does not; `\` is read as `/`.
    pub path: bool,
}

impl Glob {
    /// The dialect of stack-trace rules. With `path`, values must be given in lower case and with `/`.
    pub(crate) fn stack_rule(pattern: &str, path: bool) -> Option<Self> {
        let pattern = if path { pattern.replace('\\', "/").to_lowercase() } else { pattern.to_owned() };
        let tokens = Parser::new(&pattern).parse()?;
        Self::from_tokens(&tokens, path)
    }

    /// The dialect of fingerprint rules.
    pub(crate) fn fingerprint_rule(pattern: &str, dialect: Dialect) -> Option<Self> {
        let pattern = if dialect.path { pattern.replace('\\', "/") } else { pattern.to_owned() };
        if !pattern.contains(['*', '?', '[']) && !dialect.ignore_case {
            let test = Test::Exact(pattern.as_str().into());
            return Some(Self { test, prefix: Some(pattern.as_str().into()), literal: None });
        }
        let source = fingerprint_regex(&pattern, dialect);
        let test = Test::Regex(Box::new(Regex::new(&source).ok()?));
        Some(Self { test, prefix: None, literal: None })
    }

    pub(crate) fn matches(&self, value: &str) -> bool {
        match &self.test {
            Test::All => true,
            Test::Exact(literal) => value == &**literal,
            Test::Prefix(literal) => value.starts_with(&**literal),
            Test::Suffix(literal) => value.ends_with(&**literal),
            Test::Contains(literal) => value.contains(&**literal),
            Test::Under(literal) => is_under(value, literal),
            Test::Regex(regex) => regex.is_match(value),
        }
    }

    fn from_tokens(tokens: &[Token], path: bool) -> Option<Self> {
        let literal = tokens.iter().filter_map(Token::as_literal).max_by_key(|literal| literal.len());
        let test = match tokens {
            [] => Test::Exact("".into()),
            [Token::Literal(literal)] => Test::Exact(literal.as_str().into()),
            [Token::Literal(literal), Token::Star] if !path => Test::Prefix(literal.as_str().into()),
            [Token::Literal(literal), Token::Below] => Test::Prefix(format!("{literal}/").into()),
            [Token::Star, Token::Literal(literal)] if !path => Test::Suffix(literal.as_str().into()),
            [Token::Star, Token::Literal(literal), Token::Star] if !path => {
                Test::Contains(literal.as_str().into())
            }
            [Token::AnyDirs, Token::Literal(literal), Token::Below] => {
                Test::Under(format!("{literal}/").into())
            }
            [Token::Star] if !path => Test::All,
            [Token::AnyDirs] => Test::All,
            _ => {
                let mut source = String::from("(?s)^");
                push_regex(&mut source, tokens, path);
                source.push('$');
                Test::Regex(Box::new(Regex::new(&source).ok()?))
            }
        };
        let prefix = tokens.first().and_then(Token::as_literal).map(Into::into);
        Some(Self { test, prefix, literal: literal.map(Into::into) })
    }
}

fn is_under(value: &str, literal: &str) -> bool {
    let mut from = 0;
    while let Some(found) = value[from..].find(literal) {
        let at = from + found;
        if at == 0 || value.as_bytes()[at - 1] == b'/' {
            return true;
        }
        from = at + literal.chars().next().map_or(1, char::len_utf8);
    }
    false
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Literal(String),
    Star,
    One,
    /// A character class, already as regex source.
    Class(String),
    /// `**/` at the start.
    AnyDirs,
    /// `/**` at the end.
    Below,
    /// `/**/` inside.
    Between,
    Either(Vec<Vec<Token>>),
}

impl Token {
    fn as_literal(&self) -> Option<&str> {
        match self {
            Self::Literal(literal) => Some(literal),
            _ => None,
        }
    }
}

fn push_regex(source: &mut String, tokens: &[Token], path: bool) {
    for token in tokens {
        match token {
            Token::Literal(literal) => source.push_str(&regex::escape(literal)),
            Token::Star => source.push_str(if path { "[^/]*" } else { ".*" }),
            Token::One => source.push_str(if path { "[^/]" } else { "." }),
            Token::Class(class) => source.push_str(class),
            Token::AnyDirs => source.push_str("(?:/?|.*/)"),
            Token::Below => source.push_str("/.*"),
            Token::Between => source.push_str("(?:/|/.*/)"),
            Token::Either(branches) => {
                source.push_str("(?:");
                for (index, branch) in branches.iter().enumerate() {
                    if index > 0 {
                        source.push('|');
                    }
                    push_regex(source, branch, path);
                }
                source.push(')');
            }
        }
    }
}

struct Parser<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    previous: Option<char>,
    /// The open branches of `{…}`, innermost last; the first is the pattern itself.
    stack: Vec<Vec<Vec<Token>>>,
}

impl<'a> Parser<'a> {
    fn new(pattern: &'a str) -> Self {
        Self { chars: pattern.chars().peekable(), previous: None, stack: vec![vec![Vec::new()]] }
    }

    fn parse(mut self) -> Option<Vec<Token>> {
        while let Some(char) = self.chars.next() {
            match char {
                '*' => self.star(),
                '?' => self.push(Token::One),
                '[' => {
                    let class = self.class()?;
                    self.push(Token::Class(class));
                }
                '{' if self.stack.len() < 4 => self.stack.push(vec![Vec::new()]),
                '{' => return None,
                '}' => {
                    let branches = if self.stack.len() > 1 { self.stack.pop()? } else { return None };
                    self.push(Token::Either(branches));
                }
                ',' if self.stack.len() > 1 => self.stack.last_mut()?.push(Vec::new()),
                '\\' => {
                    let escaped = self.chars.next()?;
                    self.push_char(escaped);
                }
                other => self.push_char(other),
            }
            if char != '*' {
                self.previous = Some(char);
            }
        }
        let mut pattern = if self.stack.len() == 1 { self.stack.pop()? } else { return None };
        pattern.pop()
    }

    fn tokens(&mut self) -> &mut Vec<Token> {
        let branches = self.stack.last_mut().expect("the pattern itself is never popped while parsing");
        branches.last_mut().expect("every open group has a branch")
    }

    fn push(&mut self, token: Token) {
        // Two stars in a row say what one says.
        if token != Token::Star || self.tokens().last() != Some(&Token::Star) {
            self.tokens().push(token);
        }
    }

    fn push_char(&mut self, char: char) {
        if let Some(Token::Literal(literal)) = self.tokens().last_mut() {
            literal.push(char);
        } else {
            self.tokens().push(Token::Literal(char.to_string()));
        }
    }

    fn star(&mut self) {
        let before = self.previous.replace('*');
        if self.chars.peek() != Some(&'*') {
            return self.push(Token::Star);
        }
        self.chars.next();
        let next = self.chars.peek().copied();
        if self.stack.len() == 1 && self.tokens().is_empty() {
            if next.is_none_or(|char| char == '/') {
                self.previous = self.chars.next();
                self.push(Token::AnyDirs);
            } else {
                self.push(Token::Star);
            }
            return;
        }
        if before != Some('/') || next.is_some_and(|char| char != '/') {
            return self.push(Token::Star);
        }
        let tokens = self.tokens();
        // The separator before `**` belongs to it.
        if let Some(Token::Literal(literal)) = tokens.last_mut() {
            literal.pop();
            if literal.is_empty() {
                tokens.pop();
            }
        }
        if matches!(tokens.last(), Some(Token::AnyDirs | Token::Below | Token::Between)) {
            self.previous = self.chars.next();
            return;
        }
        self.previous = self.chars.next();
        let token = if self.previous.is_some() { Token::Between } else { Token::Below };
        self.push(token);
    }

    fn class(&mut self) -> Option<String> {
        let mut class = String::from("[");
        if matches!(self.chars.peek(), Some('!' | '^')) {
            self.chars.next();
            class.push('^');
        }
        let mut first = true;
        loop {
            let char = self.chars.next()?;
            match char {
                ']' if !first => break,
                '-' if !first && self.chars.peek() != Some(&']') => class.push('-'),
                other => push_class_char(&mut class, other),
            }
            first = false;
        }
        class.push(']');
        Some(class)
    }
}

fn push_class_char(class: &mut String, char: char) {
    if matches!(char, '[' | ']' | '\\' | '^' | '&' | '~' | '-') {
        class.push('\\');
    }
    class.push(char);
}

fn fingerprint_regex(pattern: &str, dialect: Dialect) -> String {
    let mut source = String::from(if dialect.ignore_case { "(?si)^" } else { "(?s)^" });
    let mut rest = pattern;
    while let Some(char) = rest.chars().next() {
        let (piece, length) = match char {
            '*' if dialect.path && rest.starts_with("**/") => (Some("(?:.*/)?"), 3),
            '*' if dialect.path && rest.starts_with("**") => (Some(".*"), 2),
            '*' if dialect.path => (Some("[^/]*"), 1),
            '*' => (Some(".*"), 1),
            '?' if dialect.path => (Some("[^/]"), 1),
            '?' => (Some("."), 1),
            _ => (None, char.len_utf8()),
        };
        match (piece, char) {
            (Some(piece), _) => source.push_str(piece),
            (None, '[') => {
                if let Some(end) = rest[1..].find(']').filter(|&end| end > 0) {
                    source.push('[');
                    let body = &rest[1..=end];
                    let body = body.strip_prefix('!').inspect(|_| source.push('^')).unwrap_or(body);
                    for inner in body.chars() {
                        match inner {
                            '-' => source.push('-'),
                            other => push_class_char(&mut source, other),
                        }
                    }
                    source.push(']');
                    rest = &rest[end + 2..];
                    continue;
                }
                source.push_str("\\[");
            }
            (None, other) => source.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
        rest = &rest[length..];
    }
    source.push('$');
    source
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Glob};

    #[test]
    fn stack_rule_globs() {
        let table = [
            ("**/site-packages/**", true, "/usr/lib/site-packages/a.py", true),
            ("**/site-packages/**", true, "site-packages/a.py", true),
            ("**/site-packages/**", true, "/usr/my-site-packages/a.py", false),
            ("**.app/Contents/**", true, "/x/foo.app/contents/a", false),
            ("**.app/Contents/**", true, "foo.app/contents/a", true),
            ("**https://unpkg.com/**", true, "https://unpkg.com/react", true),
            ("/apex/com.android.*/lib*/**", true, "/apex/com.android.runtime/lib64/bionic/libc.so", true),
            ("libobjc*", true, "libobjc.a.dylib", true),
            ("std::*", false, "std::rt/x", true),
            ("*::\\{dtor\\}", false, "Foo::{dtor}", true),
            ("?[[]KSCrash*", false, "+[KSCrash install]", true),
            ("@babel/**", false, "@babel/runtime/helpers", true),
            ("@babel/**", false, "@babel", false),
            ("a/**/b", true, "a/b", true),
            ("a/**/b", true, "a/x/y/b", true),
            ("{a,b}c", false, "bc", true),
            ("{a,b}c", false, "cc", false),
        ];
        for (pattern, path, value, expected) in table {
            let glob = Glob::stack_rule(pattern, path).expect(pattern);
            assert_eq!(glob.matches(value), expected, "{pattern} on {value}");
        }
        for broken in ["[a", "{a", "a}", "a\\"] {
            assert!(Glob::stack_rule(broken, false).is_none(), "{broken}");
        }
    }

    #[test]
    fn fingerprint_globs() {
        let path = Dialect { ignore_case: true, path: true };
        let table = [
            ("ChunkLoadError*", Dialect::default(), "ChunkLoadError: x", true),
            ("ChunkLoadError*", Dialect::default(), "chunkloaderror: x", false),
            ("a[!b]c", Dialect::default(), "axc", true),
            ("a[!b]c", Dialect::default(), "abc", false),
            ("**/lib/*.js", path, "/x/LIB/a.js", true),
            ("**/lib/*.js", path, "/x/lib/y/a.js", false),
            ("[", Dialect::default(), "[", true),
        ];
        for (pattern, dialect, value, expected) in table {
            let glob = Glob::fingerprint_rule(pattern, dialect).expect(pattern);
            assert_eq!(glob.matches(value), expected, "{pattern} on {value}");
        }
    }
}
