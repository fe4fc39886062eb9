//! Function names without what a compiler put around them: return types, arguments, template parameters, hashes.
//!
//! Only native names and C# signatures are touched. The result is part of group hashes, so each step has to do
//! exactly what Sentry's trimming does, oddities included. Linear in the name, which normalization bounds.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::digest::grouping::rules::Family;

static LAMBDA: LazyLock<Regex> = LazyLock::new(|| {
    // gcc, MSVC and clang each name lambdas in their own way.
    Regex::new(r"\{lambda\(.*?\)#\d+\}|\blambda_[a-f0-9]{32}\b|\$_\d+\b").expect("a constant pattern")
});
static LAMBDA_AT_START: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\{lambda\(.*?\)#\d+\}|\blambda_[a-f0-9]{32}\b|\$_\d+\b)").expect("a constant pattern")
});
static ANONYMOUS_NAMESPACE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\?A0x[a-f0-9]{8}::").expect("a constant pattern"));
static RUST_HASH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"::h[a-z0-9]{16}$").expect("a constant pattern"));
static GLIBC_VERSION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"@@?GLIBC_([0-9.]+)$").expect("a constant pattern"));
static WINDOWS_DECORATION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^@?(.*?)@[0-9]+$").expect("a constant pattern"));

/// Brackets inside brackets that are followed; deeper ones stay as they are.
const NESTING_MAX: usize = 32;

/// The name as grouping, titles and rules use it.
pub(crate) fn trim_function<'a>(function: &'a str, platform: &str) -> Cow<'a, str> {
    if platform == "csharp" {
        return Cow::Borrowed(function.split(" (").next().unwrap_or(function));
    }
    if Family::of(platform) != Family::Native {
        return Cow::Borrowed(function);
    }
    let function = without_il2cpp_hash(function);
    if is_plain(function) {
        return Cow::Borrowed(function);
    }
    trim_native(function, platform)
}

/// Unity's compiler ends a method's name in `_m` and 40 digits that change with every build.
fn without_il2cpp_hash(function: &str) -> &str {
    let Some(start) = function.len().checked_sub(42).filter(|&start| start > 0) else { return function };
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    match function.as_bytes()[start..].strip_prefix(b"_m") {
        Some(digits) if digits.iter().all(is_digit) => &function[..start],
        _ => function,
    }
}

/// Nothing to trim in a name of letters, digits, `_`, `:` and `.`, if no hash can end it.
fn is_plain(function: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.');
    !function.is_empty()
        && function.bytes().all(word)
        && !function.contains("::h")
        && !function.contains("lambda_")
        && !function.ends_with("const")
}

fn trim_native<'a>(original: &'a str, platform: &str) -> Cow<'a, str> {
    if matches!(original, "<redacted>" | "<unknown>") {
        return Cow::Borrowed(original);
    }
    let trimmed = original.trim();
    if trimmed.starts_with('[') || trimmed.starts_with("+[") || trimmed.starts_with("-[") {
        return Cow::Borrowed(trimmed);
    }

    // GCC's `[clone .isra]` goes, other brackets stay.
    let mut function = replace_enclosed(trimmed, '[', ']', &|inner, _| {
        if inner.starts_with("clone .") { String::new() } else { format!("[{inner}]") }
    })
    .into_owned();
    function.truncate(function.trim_end().len());
    while let Some(cut) = trailer(&function) {
        function.truncate(function[..cut].trim_end().len());
    }

    // Operators contain the very signs that are balanced below: stand-ins keep them out of it.
    function = function
        .replace("operator<<", "operator⟨⟨")
        .replace("operator<", "operator⟨")
        .replace("operator()", "operator◯")
        .replace("operator->", "operator⟿")
        .replace(" -> ", " ⟿ ")
        .replace("`anonymous namespace'", "〔anonymousnamespace〕");
    if function.contains("lambda") || function.contains("$_") {
        function = LAMBDA.replace_all(&function, "lambda").into_owned();
    }
    if function.contains("?A0x") {
        function = ANONYMOUS_NAMESPACE.replace_all(&function, "〔anonymousnamespace〕::").into_owned();
    }

    function = replace_enclosed(&function, '(', ')', &|inner, _| match inner.trim() {
        kept @ ("anonymous namespace" | "operator") => format!("({kept})"),
        _ => String::new(),
    })
    .into_owned();
    function = replace_enclosed(&function, '<', '>', &|inner, at| generics(inner, at, 0)).into_owned();

    let name = match name_token(&function, platform) {
        Some(token) => token
            .replace('⟨', "<")
            .replace('◯', "()")
            .replace('⟿', "->")
            .replace("〔anonymousnamespace〕", "`anonymous namespace'"),
        None => original.to_owned(),
    };
    Cow::Owned(without_suffixes(name))
}

fn without_suffixes(mut name: String) -> String {
    if name.contains("::h") {
        name = RUST_HASH.replace(&name, "").into_owned();
    }
    if name.contains("@GLIBC_") {
        name = GLIBC_VERSION.replace(&name, "").into_owned();
    }
    if name.contains('@') {
        name = WINDOWS_DECORATION.replace(&name, "$1").into_owned();
    }
    name
}

/// Where a trailing `const` or `&` begins.
fn trailer(function: &str) -> Option<usize> {
    if function.ends_with('&') {
        return Some(function.len() - 1);
    }
    let rest = function.strip_suffix("const")?;
    let joined = rest.chars().next_back().is_some_and(|char| char.is_alphanumeric() || char == '_');
    (!joined).then_some(rest.len())
}

/// `<T>` for template parameters; at the start it is Rust's `<Foo as Trait>::method`.
fn generics(inner: &str, at: usize, depth: usize) -> String {
    if inner == "lambda" || LAMBDA_AT_START.is_match(inner) {
        return format!("<{inner}>");
    }
    if at > 0 || depth >= NESTING_MAX {
        return "<T>".to_owned();
    }
    // A blanket implementation (`<T as Trait>`) is named by its trait.
    let mut chars = inner.chars();
    let inner = match (chars.next(), chars.as_str().strip_prefix(" as ")) {
        (Some('A'..='Z'), Some(rest)) => rest,
        _ => inner,
    };
    let replaced = replace_enclosed(inner, '<', '>', &|inner, at| generics(inner, at, depth + 1));
    replaced.split(" as ").next().unwrap_or_default().to_owned()
}

/// Replaces each outermost `open…close`; `replace` gets what is inside and its position in characters.
fn replace_enclosed<'a>(
    text: &'a str,
    open: char,
    close: char,
    replace: &dyn Fn(&str, usize) -> String,
) -> Cow<'a, str> {
    if !text.contains(open) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut depth = 0_i64;
    let mut start = (0, 0);
    for (count, (at, char)) in text.char_indices().enumerate() {
        if char == open {
            if depth == 0 {
                start = (at + char.len_utf8(), count);
            }
            depth += 1;
        } else if char == close {
            depth -= 1;
            if depth == 0 {
                out.push_str(&replace(&text[start.0..at], start.1));
            }
        } else if depth == 0 {
            out.push(char);
        }
    }
    Cow::Owned(out)
}

/// The word that is the name: the last one, or the one before Swift's arrow.
fn name_token(function: &str, platform: &str) -> Option<String> {
    let mut tokens = split_tokens(function);
    // MSVC puts a space between `operator==` and its parameters.
    if tokens.len() > 1 && tokens.last().is_some_and(|token| token == "<T>") {
        tokens.pop();
        if let Some(last) = tokens.last_mut() {
            last.push_str(" <T>");
        }
    }
    if function.contains("initialization expression of") {
        let of = tokens.iter().rposition(|token| token == "of")?;
        let mut token = tokens.get(of + 1)?;
        if token == "static" {
            token = tokens.get(of + 2)?;
        }
        return Some(format!("initializer expression of {}", token.strip_prefix(':').unwrap_or(token)));
    }
    let arrow = tokens.iter().rposition(|token| token == "⟿");
    let index = match arrow {
        Some(0) | None => tokens.len().checked_sub(1)?,
        Some(arrow) if tokens[arrow - 1] == "throws" && arrow > 1 => arrow - 2,
        Some(arrow) => arrow - 1,
    };
    let token = &tokens[index];
    if token.is_empty() {
        return None;
    }
    if token.starts_with('@') && matches!(platform, "cocoa" | "swift") {
        let thunk = if function.contains("thunk for ") { "thunk for " } else { "" };
        return Some(format!("{thunk}closure"));
    }
    if token != "closure" && tokens.iter().any(|token| token == "closure") {
        return Some(format!("closure in {token}"));
    }
    Some(token.clone())
}

/// Words at spaces that stand in no bracket.
fn split_tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut token = String::new();
    let mut has_token = false;
    let mut stack: Vec<char> = Vec::new();
    let mut from = 0;
    for (at, char) in text.char_indices() {
        let end = at + char.len_utf8();
        let closing = match char {
            '(' => Some(')'),
            '{' => Some('}'),
            '[' => Some(']'),
            '<' => Some('>'),
            _ => None,
        };
        if let Some(closing) = closing {
            stack.push(closing);
        } else if stack.last() == Some(&char) {
            stack.pop();
            if stack.is_empty() {
                token.push_str(&text[from..end]);
                has_token = true;
                from = end;
            }
        } else if stack.is_empty() {
            if char.is_whitespace() {
                if has_token {
                    tokens.push(std::mem::take(&mut token));
                }
                has_token = false;
            } else {
                token.push_str(&text[from..end]);
                has_token = true;
            }
            from = end;
        }
    }
    if has_token {
        tokens.push(token);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::trim_function;

    #[test]
    fn native_names() {
        let table = [
            ("main", "main"),
            ("Foo<Bar>::baz(int, char const *) const", "Foo<T>::baz"),
            ("std::vector<int>::push_back(int const&)", "std::vector<T>::push_back"),
            ("<Foo as Bar>::baz::h0123456789abcdef", "Foo::baz"),
            ("<T as core::fmt::Display>::fmt", "core::fmt::Display::fmt"),
            ("unsigned int whatever(void)", "whatever"),
            ("@objc ViewController.tap(Any) -> ()", "ViewController.tap"),
            ("-[NSView drawRect:]", "-[NSView drawRect:]"),
            ("operator<<(std::ostream&, int)", "operator<<"),
            ("Foo::operator()(int) const", "Foo::operator()"),
            ("(anonymous namespace)::run()", "(anonymous namespace)::run"),
            ("`anonymous namespace'::start", "`anonymous namespace'::start"),
            ("?A0xc3a0617d::crash", "`anonymous namespace'::crash"),
            ("<lambda_5db80dab47756d3e72c2dcd38b80b1dd>::operator()", "<lambda>::operator()"),
            ("foo [clone .isra.1]", "foo"),
            ("memcpy@@GLIBC_2.14", "memcpy"),
            ("_foo@12", "_foo"),
            ("<redacted>", "<redacted>"),
            ("Play_m7F1A2B4C6D7E8F9A0B1C2D3E4F506172839405D3", "Play"),
            (
                "Invoker_t22962CB4C05B1D89B55A6E1139F0E87A90987017",
                "Invoker_t22962CB4C05B1D89B55A6E1139F0E87A90987017",
            ),
        ];
        for (name, expected) in table {
            assert_eq!(trim_function(name, "native"), expected, "{name}");
        }
        assert_eq!(trim_function("Foo (int a)", "csharp"), "Foo");
        assert_eq!(trim_function("foo(bar)", "python"), "foo(bar)");
        assert_eq!(trim_function(&"<".repeat(5000), "native").len(), 5000);
    }
}
