//! Versions inside releases, `package@1.2.3-rc.1+build`, and their precedence. Sentry's own parser reads them: one to four
//! numbers make a version. Beyond it, a `v` before them is passed over, and a release without a package may be a version.

use std::cmp::Ordering;

use crate::model::pattern::fits;

const NUMBERS_MAX: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

impl Op {
    pub fn admits(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Equal => ordering.is_eq(),
            Self::GreaterOrEqual => ordering.is_ge(),
            Self::Greater => ordering.is_gt(),
        }
    }
}

/// The parts of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release<'a> {
    pub package: Option<&'a str>,
    /// Without the build.
    pub version: &'a str,
    pub build: Option<&'a str>,
}

impl<'a> Release<'a> {
    pub fn of(text: &'a str) -> Self {
        let (package, rest) = split_package(text);
        let (version, build) = match rest.split_once('+') {
            Some((version, build)) => (version, Some(build)),
            None => (rest, None),
        };
        Self { package, version, build }
    }

    /// What it is called by, if that is a version: a commit's hash is none, and a number alone only behind a package.
    pub fn numbered(text: &'a str) -> Option<Version<'a>> {
        let (package, rest) = split_package(text);
        let version = Version::parse(rest).filter(|_| !is_build_hash(rest))?;
        (package.is_some() || version.components > 1 || rest.starts_with(['v', 'V'])).then_some(version)
    }
}

/// Sentry's rule: the package ends with the first `@` that is not its first character.
fn split_package(text: &str) -> (Option<&str>, &str) {
    let at = text.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
    match at.map(|at| (&text[..at], &text[at + 1..])) {
        Some((package, rest)) if !rest.is_empty() && package != "@" => (Some(package), rest),
        _ => (None, text),
    }
}

/// Whether Sentry takes a word for the hash of a build.
pub fn is_build_hash(text: &str) -> bool {
    matches!(text.len(), 12 | 16 | 20 | 32 | 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What decides which of two versions is the newer one.
#[derive(Debug, Clone)]
pub struct Version<'a> {
    numbers: [u64; NUMBERS_MAX],
    pre: Option<&'a str>,
    build: Option<&'a str>,
    components: u8,
    order: Vec<u8>,
}

impl<'a> Version<'a> {
    /// Of `1.2.3-rc.1+77`, without package; a `v` before it is passed over.
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let read = sentry_release_parser::Version::parse(text).ok()?;
        let (major, minor, patch, revision) = read.raw_quad();
        let mut numbers = [0; NUMBERS_MAX];
        for (number, digits) in numbers.iter_mut().zip([Some(major), minor, patch, revision]) {
            *number = digits.unwrap_or("0").parse().ok()?;
        }
        let (pre, build) = (read.pre(), read.build_code());
        let order = order_of(numbers, pre, build);
        Some(Self { numbers, pre, build, components: read.components(), order })
    }

    /// Major, minor, patch, revision; 0 for those that are not written.
    pub fn numbers(&self) -> [u64; NUMBERS_MAX] {
        self.numbers
    }

    pub fn pre(&self) -> Option<&'a str> {
        self.pre
    }

    pub fn build(&self) -> Option<&'a str> {
        self.build
    }

    /// How many numbers are written.
    pub fn components(&self) -> u8 {
        self.components
    }

    /// Bytes in whose order the versions stand.
    pub fn order(&self) -> &[u8] {
        &self.order
    }

    /// What is asked for without a build says nothing of builds.
    fn without_build(&self) -> &[u8] {
        let build = build_order(self.build);
        &self.order[..self.order.len() - build.len()]
    }
}

/// The numbers; a pre-release before the release itself; the build. Numbers in words are compared as numbers, so that
/// `rc10` is newer than `rc9`, where Sentry compares letters.
fn order_of(numbers: [u64; NUMBERS_MAX], pre: Option<&str>, build: Option<&str>) -> Vec<u8> {
    const PRE_RELEASE: u8 = 1;
    const RELEASE: u8 = 2;
    const NUMBER: u8 = 1;
    const WORD: u8 = 2;
    const END: u8 = 0;
    let mut order: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
    match pre {
        None => order.push(RELEASE),
        Some(pre) => {
            order.push(PRE_RELEASE);
            for part in pre.split('.') {
                let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                order.push(if is_number { NUMBER } else { WORD });
                add_word(&mut order, part);
                order.push(END);
            }
            order.push(END);
        }
    }
    order.extend(build_order(build));
    order
}

/// A run of digits stands as `0`, how many there are, and themselves: so longer runs, which are larger, come later.
fn add_word(order: &mut Vec<u8>, word: &str) {
    let mut rest = word;
    while let Some(first) = rest.bytes().next() {
        if first.is_ascii_digit() {
            let end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
            let digits = rest[..end].trim_start_matches('0');
            order.extend([b'0', u8::try_from(digits.len()).unwrap_or(u8::MAX)]);
            order.extend(digits.bytes());
            rest = &rest[end..];
        } else {
            order.push(first.to_ascii_lowercase());
            rest = &rest[1..];
        }
    }
}

/// None, before a number, before any other.
fn build_order(build: Option<&str>) -> Vec<u8> {
    match build.map(|build| (build, build.parse::<u64>())) {
        None => vec![0],
        Some((_, Ok(number))) => [&[1], &number.to_be_bytes()[..]].concat(),
        Some((word, Err(_))) => [&[2], word.as_bytes()].concat(),
    }
}

impl PartialEq for Version<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Version<'_> {}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.cmp(&other.order)
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether a release is called by a version: `shop@1.2.3`, `v1.2`.
pub fn is_version(release: &str) -> bool {
    Release::numbered(release).is_some()
}

/// By precedence of versions. `None`: of different packages, or not both are versions.
pub fn compare(a: &str, b: &str) -> Option<Ordering> {
    if split_package(a).0 != split_package(b).0 {
        return None;
    }
    Some(Release::numbered(a)?.cmp(&Release::numbered(b)?))
}

/// What is fixed and released together: 1.9.4 and 1.9.5 are of one line, 2.0.0 is of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line<'a> {
    pub package: Option<&'a str>,
    pub major: u64,
    pub minor: u64,
}

/// `None` where the release is not called by a version.
pub fn line(release: &str) -> Option<Line<'_>> {
    let [major, minor, ..] = Release::numbered(release)?.numbers();
    Some(Line { package: split_package(release).0, major, minor })
}

/// What is asked of a release. Patterns may hold `*`; letters match in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseTest {
    Is(String),
    /// By precedence of versions; releases that are none match nothing. `package`: only of this one.
    Compare {
        op: Op,
        package: Option<String>,
        version: String,
    },
    Package(String),
    Version(String),
    Build(String),
}

impl ReleaseTest {
    pub fn holds(&self, release: &str) -> bool {
        let fits = |pattern: &str, text: &str| fits(&pattern.to_lowercase(), &text.to_lowercase());
        let parts = Release::of(release);
        match self {
            Self::Is(pattern) => fits(pattern, release),
            Self::Package(pattern) => parts.package.is_some_and(|package| fits(pattern, package)),
            Self::Version(pattern) => fits(pattern, parts.version),
            Self::Build(pattern) => parts.build.is_some_and(|build| fits(pattern, build)),
            Self::Compare { op, package, version } => {
                let right_package = package.as_deref().is_none_or(|asked| {
                    parts.package.is_some_and(|package| package.to_lowercase() == asked.to_lowercase())
                });
                let (Some(held), Some(asked)) = (Release::numbered(release), Version::parse(version)) else {
                    return false;
                };
                right_package && op.admits(held.without_build().cmp(asked.without_build()))
            }
        }
    }
}

#[cfg(test)]
mod tests;
