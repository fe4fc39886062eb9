use super::*;

fn read(text: &str) -> Version<'_> {
    Version::parse(text).expect(text)
}

#[test]
fn versions_have_an_order() {
    let ordered = [
        "0.9",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc1",
        "1.0.0-rc9",
        "1.0.0-rc10",
        "v1",
        "1.0+10",
        "1.0+20",
        "1.0+abcd",
        "1.0+abcde",
        "1.0.1",
        "1.0.1.1",
        "1.0.42.0",
        "1.2-dev",
        "1.2",
        "1.10",
        "10.0",
        "2026.11.3",
    ];
    for pair in ordered.windows(2) {
        assert!(read(pair[0]) < read(pair[1]), "{pair:?}");
    }
    for bad in ["", "v", "1.", "1.x", "1.2.3.4.5", "abc", "+1", "99999999999999999999", "1a1", "6f85d2f"] {
        assert!(Version::parse(bad).is_none(), "{bad}");
    }
}

/// The cases that Sentry's parser is published with: what is equal, what is none.
#[test]
fn sentrys_cases_hold() {
    for (a, b, is_equal) in [
        ("1.0", "1.0.0", true),
        ("1.1.0", "1.0.0", false),
        ("1.0dev", "1.0.0-dev", true),
        ("1.0dev", "1.0.0.0-dev", true),
        ("1.0dev", "1.0.0.0-dev1", false),
    ] {
        assert_eq!(read(a) == read(b), is_equal, "{a} {b}");
    }
    for (newer, older) in [
        ("1.0.0.0", "1.0dev"),
        ("1.0.0", "1.0.0-rc1"),
        ("1.0.0-rc1", "0.9"),
        ("2.0", "1.0"),
        ("1.1.1", "1.1.0"),
        ("1.1.0.2", "1.1.0.1"),
        ("1.1.0.1", "1.1.0.0"),
        ("1.1.0.1", "1.0.42.0"),
    ] {
        assert!(read(newer) > read(older), "{newer} {older}");
    }
    let parts = |text: &str| {
        let version = Release::numbered(text)?;
        Some((version.numbers(), version.pre().map(str::to_owned), version.build().map(str::to_owned)))
    };
    let is = |numbers, pre: &str, build: &str| {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Some((numbers, some(pre), some(build)))
    };
    let sha = "a86d127c4b2f23a0a862620280427dcc01c78676";
    for (release, expected) in [
        ("@foo.bar.baz--blah@1.2.3-dev+BUILD-code", is([1, 2, 3, 0], "dev", "BUILD-code")),
        ("@foo.bar.baz--blah@1.0alpha2+build-code", is([1, 0, 0, 0], "alpha2", "build-code")),
        ("foo.bar.baz.App@1.0+1.0.200", is([1, 0, 0, 0], "", "1.0.200")),
        ("foo.bar.baz@1.2.3.04", is([1, 2, 3, 4], "", "")),
        ("com.foogame.FooGame@7211+7211", is([7211, 0, 0, 0], "", "7211")),
        ("foo@01.02.003.4-alpha+1234", is([1, 2, 3, 4], "alpha", "1234")),
        ("some-api@2020.2-1.2.3", is([2020, 2, 0, 0], "1.2.3", "")),
        ("some-api@2020.05.26-01.38.42", None),
        ("some-api@1.0-1234", is([1, 0, 0, 0], "1234", "")),
        ("bla-internal@0.0.0.4bfe251b96", is([0, 0, 0, 4], "bfe251b96", "")),
        ("foo@20210505090610352561", None),
        ("hackweek@6f85d2f", None),
        ("package@085240e737828d8326719bf97730188e927e49ca", None),
        (sha, None),
        ("foo@", None),
        // Sentry reads no version without a package; we do, where it looks like one.
        ("2.14.3", is([2, 14, 3, 0], "", "")),
        ("v2", is([2, 0, 0, 0], "", "")),
        ("4711", None),
        ("main", None),
    ] {
        assert_eq!(parts(release), expected, "{release}");
    }
}

#[test]
fn the_order_of_bytes_is_the_order_of_versions() {
    assert!(read("1.0").order() < read("1.0+1").order());
    assert!(read("1.0-rc.2").order() < read("1.0-rc.10").order());
    assert_eq!(compare("shop@1.2", "shop@1.10"), Some(Ordering::Less));
    assert_eq!(compare("shop@1.2", "api@1.10"), None);
    assert_eq!(compare("shop@1.2", "shop@main"), None);
    assert_eq!(line("shop@1.9.4"), line("shop@1.9.5-rc1"));
    assert_ne!(line("shop@1.9.4"), line("shop@1.10.0"));
    assert_ne!(line("shop@1.9.4"), line("api@1.9.4"));
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
        (compare(Op::Greater, None, "2.14.0"), "shop@2.14.0+77", false),
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
