//! Versions inside releases, `package@1.2.3-rc.1+build`, and their precedence after semver 2.0. As Sentry reads them, one to
//! four numbers make a version, a `v` before them is passed over, and a release without `@` may be a version alone.

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
        let (package, rest) = match text.rsplit_once('@') {
            Some((package, rest)) => (Some(package).filter(|package| !package.is_empty()), rest),
            None => (None, text),
        };
        let (version, build) = match rest.split_once('+') {
            Some((version, build)) => (version, Some(build)),
            None => (rest, None),
        };
        Self { package, version, build }
    }
}

/// What decides which of two versions is the newer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version<'a> {
    numbers: [u64; NUMBERS_MAX],
    /// Parts of the pre-release; empty: none, which is newer than any.
    pre: Vec<&'a str>,
}

impl<'a> Version<'a> {
    /// Of `1.2.3-rc.1`, without package and build.
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (numbers, pre) = match text.split_once('-') {
            Some((numbers, pre)) => (numbers, pre.split('.').collect()),
            None => (text, Vec::new()),
        };
        let mut read = [0; NUMBERS_MAX];
        for (index, part) in numbers.split('.').enumerate() {
            let is_number = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            *read.get_mut(index)? = part.parse().ok().filter(|_| is_number)?;
        }
        Some(Self { numbers: read, pre })
    }

    /// Major, minor, patch, revision; 0 for those that are not written.
    pub fn numbers(&self) -> [u64; NUMBERS_MAX] {
        self.numbers
    }

    pub fn pre(&self) -> Option<String> {
        Some(self.pre.join(".")).filter(|pre| !pre.is_empty())
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let released = |version: &Self| version.pre.is_empty();
        self.numbers.cmp(&other.numbers).then_with(|| released(self).cmp(&released(other))).then_with(|| {
            let parts = self.pre.iter().zip(&other.pre);
            let different = parts.map(|(a, b)| compare_part(a, b)).find(|ordering| ordering.is_ne());
            different.unwrap_or_else(|| self.pre.len().cmp(&other.pre.len()))
        })
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether a release is called by a version: `shop@1.2.3`.
pub fn is_version(release: &str) -> bool {
    let parts = Release::of(release);
    parts.package.is_some() && Version::parse(parts.version).is_some()
}

/// By precedence of versions. `None`: of different packages, or not both are versions.
pub fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Release::of(a), Release::of(b));
    if a.package != b.package {
        return None;
    }
    Some(Version::parse(a.version)?.cmp(&Version::parse(b.version)?).then_with(|| a.build.cmp(&b.build)))
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
    let parts = Release::of(release);
    let [major, minor, ..] = Version::parse(parts.version)?.numbers();
    Some(Line { package: parts.package, major, minor })
}

/// Numbers before words, and by their value.
fn compare_part(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.to_lowercase().cmp(&b.to_lowercase()),
    }
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
                let (Some(held), Some(asked)) = (Version::parse(parts.version), Version::parse(version))
                else {
                    return false;
                };
                right_package && op.admits(held.cmp(&asked))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_an_order() {
        let ordered = [
            "0.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "v1",
            "1.0.1",
            "1.0.1.1",
            "1.2",
            "1.10",
            "2026.11.3",
        ];
        for pair in ordered.windows(2) {
            let read = |text| Version::parse(text).expect(text);
            assert!(read(pair[0]) < read(pair[1]), "{pair:?}");
        }
        assert_eq!(Version::parse("1.2"), Version::parse("1.2.0"));
        for bad in ["", "v", "1.", "1.x", "1.2.3.4.5", "abc", "+1", "99999999999999999999", "deadbeef"] {
            assert_eq!(Version::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn releases_are_tested_by_their_parts() {
        let compare = |op, package: Option<&str>, version: &str| ReleaseTest::Compare {
            op,
            package: package.map(str::to_owned),
            version: version.to_owned(),
        };
        for (test, release, expected) in [
            (compare(Op::GreaterOrEqual, None, "2.14.0"), "shop@2.14.0+77", true),
            (compare(Op::Greater, None, "2.14.0"), "shop@2.14.0", false),
            (compare(Op::Greater, None, "2.14"), "2.14.1", true),
            (compare(Op::Less, Some("Shop"), "3"), "shop@2.14.0", true),
            (compare(Op::Less, Some("api"), "3"), "shop@2.14.0", false),
            (compare(Op::Less, None, "3"), "deadbeef", false),
            (ReleaseTest::Is("SHOP@2.*".into()), "shop@2.14.0", true),
            (ReleaseTest::Package("sh*".into()), "Shop@2", true),
            (ReleaseTest::Package("shop".into()), "2.0", false),
            (ReleaseTest::Version("2.*".into()), "shop@2.1+5", true),
            (ReleaseTest::Build("5".into()), "shop@2.1+5", true),
            (ReleaseTest::Build("*".into()), "shop@2.1", false),
        ] {
            assert_eq!(test.holds(release), expected, "{test:?} {release}");
        }
        assert_eq!(
            Release::of("@scope/app@1.0-rc+3"),
            Release { package: Some("@scope/app"), version: "1.0-rc", build: Some("3") }
        );
    }
}
