use super::*;
use crate::model::release::{Author, Commit, Head, Release, ReleaseStatus};
use crate::model::source_link::guess::{Committed, suggest};

const SHA: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

fn mapping(id: u64, stack_root: &str, source_root: &str) -> CodeMapping {
    CodeMapping {
        id,
        project: ProjectId(1),
        repository: RepositoryId(1),
        stack_root: stack_root.to_owned(),
        source_root: source_root.to_owned(),
        default_branch: None,
        is_automatic: false,
        created: Timestamp::UNIX_EPOCH,
    }
}

fn repository(provider: Provider, url: &str) -> Repository {
    Repository {
        id: RepositoryId(1),
        name: "acme/shop".to_owned(),
        provider: Some(provider),
        url: Some(url.to_owned()),
        default_branch: None,
        templates: None,
        created: Timestamp::UNIX_EPOCH,
    }
}

fn place<'a>(platform: &'a str, filename: &'a str, abs_path: &'a str, module: &'a str) -> Place<'a> {
    let given = |text: &'a str| Some(text).filter(|text| !text.is_empty());
    Place { platform, filename: given(filename), abs_path: given(abs_path), module: given(module) }
}

/// Platform, filename, absolute path, module; stack root, source root; the path in the repository, empty for none.
#[rustfmt::skip]
const ROWS: &[(&str, &str, &str, &str, &str, &str, &str)] = &[
    // JavaScript, once source maps have been at it.
    ("javascript", "./src/payment.ts", "webpack:///./src/payment.ts", "src/payment", "", "", "src/payment.ts"),
    ("javascript", "./src/payment.ts", "", "", "./", "packages/web/", "packages/web/src/payment.ts"),
    ("javascript", "../../src/payment.ts", "", "", "", "", "src/payment.ts"),
    ("javascript", "../../src/payment.ts", "", "", "src/", "web/src", "web/src/payment.ts"),
    ("javascript", "webpack:///./src/payment.ts", "", "", "", "", "src/payment.ts"),
    ("javascript", "webpack:///./src/payment.ts", "", "", "webpack:///./", "web", "web/src/payment.ts"),
    ("javascript", "webpack://shop/./src/payment.vue?a1b2", "", "", "", "", "src/payment.vue"),
    ("javascript", "webpack-internal:///(rsc)/./src/app/[id]/page.tsx", "", "", "", "", "src/app/[id]/page.tsx"),
    ("javascript", "turbopack:///[project]/src/payment.ts", "", "", "", "", "src/payment.ts"),
    ("javascript", "app:///src/payment.ts", "app:///src/payment.ts", "", "app:///", "", "src/payment.ts"),
    ("javascript", "app:///src/payment.ts", "", "", "", "mobile", "mobile/src/payment.ts"),
    ("javascript", "/static/app.js", "https://shop.example.com/static/app.js", "", "", "", ""),
    ("javascript", "https://shop.example.com/static/app.js", "", "", "", "", ""),
    ("javascript", "https://shop.example.com/js/cart.js", "", "", "https://shop.example.com/js/", "public/js/", "public/js/cart.js"),
    ("javascript", "../node_modules/mitt/src/index.ts", "", "", "", "", ""),
    ("node", "/app/src/server.ts", "/app/src/server.ts", "", "/app/", "", "src/server.ts"),
    ("node", "../src/server.ts", "/app/src/server.ts", "", "", "api", "api/src/server.ts"),
    ("node", "file:///app/src/server.mjs", "", "", "/app/", "", "src/server.mjs"),
    // Python.
    ("python", "shop/pay.py", "/app/shop/pay.py", "shop.pay", "", "", "shop/pay.py"),
    ("python", "shop/pay.py", "/app/shop/pay.py", "shop.pay", "shop/", "backend/shop/", "backend/shop/pay.py"),
    ("python", "shop/pay.py", "/app/shop/pay.py", "shop.pay", "/app/", "", "shop/pay.py"),
    ("python", "shop/pay.py", "/usr/lib/python3/site-packages/shop/pay.py", "shop.pay", "shop", "src/shop", "src/shop/pay.py"),
    ("python", "shop/pay.py", "/app/shop/pay.py", "shop.pay", "sho", "x", ""),
    // Java and Kotlin.
    ("java", "Cart.java", "", "com.acme.shop.Cart$Item", "com/acme/", "src/main/java/com/acme/", "src/main/java/com/acme/shop/Cart.java"),
    ("java", "Cart.kt", "", "com.acme.shop.CartKt", "com/acme", "app/src/main/kotlin/com/acme", "app/src/main/kotlin/com/acme/shop/Cart.kt"),
    ("java", "Cart.java", "", "app//com.acme.shop.Cart", "", "src/main/java", "src/main/java/com/acme/shop/Cart.java"),
    ("java", "Unknown Source", "", "com.acme.shop.Cart", "com/", "src/com/", ""),
    ("java", "", "", "com.acme.shop.Cart", "com/", "src/com/", ""),
    // Go.
    ("go", "cart.go", "/build/internal/cart/cart.go", "github.com/acme/shop/internal/cart", "github.com/acme/shop/", "", "internal/cart/cart.go"),
    ("go", "/go/src/github.com/acme/shop/main.go", "", "main", "/go/src/github.com/acme/shop/", "", "main.go"),
    ("go", "github.com/acme/shop@v1.4.2/cart/cart.go", "", "", "github.com/acme/shop/", "", "cart/cart.go"),
    ("go", "github.com/acme/shopping/cart.go", "", "", "github.com/acme/shop", "", ""),
    // PHP, Ruby, .NET.
    ("php", "/src/Cart.php", "/var/www/html/src/Cart.php", "", "/var/www/html/", "", "src/Cart.php"),
    ("php", "/src/Cart.php", "/var/www/html/src/Cart.php", "", "/src/", "php/src/", "php/src/Cart.php"),
    ("ruby", "app/models/cart.rb", "/rails/app/models/cart.rb", "", "", "", "app/models/cart.rb"),
    ("ruby", "app/models/cart.rb", "/rails/app/models/cart.rb", "", "/rails", "web", "web/app/models/cart.rb"),
    ("csharp", "C:\\build\\src\\Shop\\Cart.cs", "", "Shop.Cart", "c:/build/", "", "src/Shop/Cart.cs"),
    ("csharp", "C:\\build\\src\\Shop\\Cart.cs", "", "Shop.Cart", "C:\\build", "", "src/Shop/Cart.cs"),
    ("csharp", "/_/src/Shop/Cart.cs", "", "", "/_/", "", "src/Shop/Cart.cs"),
    // Others.
    ("rust", "src/cart.rs", "/home/ci/shop/src/cart.rs", "shop::cart", "", "", "src/cart.rs"),
    ("native", "cart.cpp", "/build/shop/src/cart.cpp", "", "/build/shop/", "", "src/cart.cpp"),
    ("other", "package:shop/cart.dart", "", "", "package:shop/", "lib", "lib/cart.dart"),
    ("elixir", "lib/shop/cart.ex", "", "Shop.Cart", "", "", "lib/shop/cart.ex"),
    ("cocoa", "/Users/ci/Shop/Cart.swift", "", "", "/Users/ci/", "", "Shop/Cart.swift"),
    // What attackers send.
    ("python", "shop/../../../etc/passwd", "", "", "", "", ""),
    ("python", "a/b/../../c.py", "", "", "", "", "c.py"),
    ("python", "shop/\u{7}pay.py", "", "", "", "", ""),
    ("python", "..", "", "", "", "", ""),
    ("python", "/", "", "", "/", "", ""),
    ("python", "", "", "", "", "", ""),
];

#[test]
fn each_platforms_paths_are_found_in_a_repository() {
    for (platform, filename, abs_path, module, stack_root, source_root, expected) in ROWS {
        let mappings = [mapping(1, stack_root, source_root)];
        let found = resolve(&mappings, &place(platform, filename, abs_path, module));
        let path = found.map_or_else(String::new, |(_, path)| path);
        assert_eq!(
            path, *expected,
            "{platform} {filename} {abs_path} {module}: {stack_root} -> {source_root}"
        );
    }
}

#[test]
fn the_longest_stack_root_decides() {
    let mappings = [mapping(1, "", "a"), mapping(2, "shop/", "b"), mapping(3, "shop/pay/", "c")];
    for (file, id, path) in
        [("shop/pay/x.py", 3, "c/x.py"), ("shop/x.py", 2, "b/x.py"), ("x.py", 1, "a/x.py")]
    {
        let (mapping, found) = resolve(&mappings, &place("python", file, "", "")).expect(file);
        assert_eq!((mapping.id, found.as_str()), (id, path));
    }
}

#[test]
fn each_provider_has_its_addresses() {
    let commit = Revision { name: SHA.to_owned(), is_commit: true };
    let branch = Revision { name: "fix/one two".to_owned(), is_commit: false };
    let cases: &[(Provider, &Revision, [&str; 3])] = &[
        (
            Provider::GitHub,
            &commit,
            [
                "https://h/acme/shop/blob/SHA/src/a%20b.ts#L7",
                "https://h/acme/shop/commits/SHA/src/a%20b.ts",
                "https://h/acme/shop/blame/SHA/src/a%20b.ts#L7",
            ],
        ),
        (
            Provider::GitLab,
            &branch,
            [
                "https://h/acme/shop/-/blob/fix/one%20two/src/a%20b.ts#L7",
                "https://h/acme/shop/-/commits/fix/one%20two/src/a%20b.ts",
                "https://h/acme/shop/-/blame/fix/one%20two/src/a%20b.ts#L7",
            ],
        ),
        (
            Provider::Bitbucket,
            &commit,
            [
                "https://h/acme/shop/src/SHA/src/a%20b.ts#lines-7",
                "https://h/acme/shop/history-node/SHA/src/a%20b.ts",
                "https://h/acme/shop/annotate/SHA/src/a%20b.ts",
            ],
        ),
        (
            Provider::Gitea,
            &commit,
            [
                "https://h/acme/shop/src/commit/SHA/src/a%20b.ts#L7",
                "https://h/acme/shop/commits/commit/SHA/src/a%20b.ts",
                "https://h/acme/shop/blame/commit/SHA/src/a%20b.ts#L7",
            ],
        ),
    ];
    for (provider, revision, expected) in cases {
        let link = repository(*provider, "https://h/acme/shop").link("src/a b.ts", revision, Some(7));
        let link = link.expect("a link");
        let found = [Some(link.url), link.history, link.blame].map(Option::unwrap_or_default);
        assert_eq!(found, expected.map(|url| url.replace("SHA", SHA)), "{provider:?}");
    }
    let without_line =
        repository(Provider::GitHub, "https://h/a").link("x.ts", &commit, None).expect("a link");
    assert_eq!(without_line.url, format!("https://h/a/blob/{SHA}/x.ts"));
    assert_eq!(without_line.label, "x.ts at 1a2b3c4d5e6f in acme/shop");
    let odd = Revision { name: "../x".to_owned(), is_commit: false };
    assert_eq!(repository(Provider::GitHub, "https://h/a").link("x.ts", &odd, None), None);
    let unknown = Repository { provider: None, ..repository(Provider::GitHub, "https://h/a") };
    assert_eq!(unknown.link("x.ts", &commit, None), None);
}

#[test]
fn what_an_event_names_never_leaves_its_place_in_an_address() {
    let templates = Templates {
        line: "https://code.example.com/view?p={path}&v={ref}#{line}".to_owned(),
        history: None,
        blame: Some("https://code.example.com/blame/{path}".to_owned()),
    };
    let custom = Repository { templates: Some(templates), ..repository(Provider::Custom, "") };
    let main = Revision { name: "main".to_owned(), is_commit: false };
    for hostile in [
        "a&v=evil#x",
        "javascript:alert(1)",
        "x\"><script>",
        "//evil.example.com/x",
        "{ref}{line}",
        "a?b=c",
        "%2e%2e%2f",
        "\u{202e}gpj.ts",
    ] {
        let place = place("python", hostile, "", "");
        let Some((_, path)) = resolve(&[mapping(1, "", ""), mapping(2, "//", "")], &place) else { continue };
        let link = custom.link(&path, &main, Some(1)).expect("a link");
        let url = url::Url::parse(&link.url).expect(hostile);
        assert_eq!(url.host_str(), Some("code.example.com"), "{hostile}");
        assert_eq!((url.query_pairs().count(), url.fragment()), (2, Some("1")), "{hostile}: {url}");
        assert!(link.url.is_ascii() && !link.url.contains(['"', '<', '>', ' ']), "{hostile}: {url}");
    }
}

#[test]
fn the_commit_is_the_releases_else_the_branch_is_the_default() {
    let repository = repository(Provider::GitHub, "https://h/acme/shop");
    let mapping = mapping(1, "", "");
    let release = Release {
        id: crate::model::ids::ReleaseId(1),
        version: "1.0".to_owned(),
        created: Timestamp::UNIX_EPOCH,
        released: None,
        status: ReleaseStatus::Open,
        is_declared: true,
        reference: None,
        url: None,
        heads: Vec::new(),
        commits: 0,
        last_commit: None,
        authors: Vec::new(),
        deploys: 0,
        last_deploy: None,
    };
    let head = |repository: &str| {
        vec![Head { repository: repository.to_owned(), commit: "abc".to_owned(), previous: None }]
    };
    let last_commit = Commit {
        id: "def".to_owned(),
        repository: None,
        message: None,
        author: Author::default(),
        at: Timestamp::UNIX_EPOCH,
        files: Vec::new(),
    };
    let cases = [
        (Release { heads: head("ACME/shop"), ..release.clone() }, "abc"),
        (Release { heads: head("shop"), ..release.clone() }, "abc"),
        (Release { heads: head("acme/other"), ..release.clone() }, "HEAD"),
        (Release { last_commit: Some(last_commit), ..release.clone() }, "def"),
        (Release { reference: Some(SHA.to_owned()), ..release.clone() }, SHA),
        (Release { reference: Some("v1.0".to_owned()), ..release.clone() }, "HEAD"),
    ];
    for (release, expected) in cases {
        assert_eq!(repository.revision(Some(&release), Some("1.0"), &mapping).name, expected);
    }
    for version in [SHA.to_owned(), format!("shop@{SHA}"), format!("shop@1.0+{SHA}")] {
        assert_eq!(repository.revision(None, Some(&version), &mapping).name, SHA, "{version}");
    }
    let branch = CodeMapping { default_branch: Some("develop".to_owned()), ..mapping.clone() };
    assert_eq!(repository.revision(None, Some("1.0"), &branch).name, "develop");
    let gitea = Repository { provider: Some(Provider::Gitea), ..repository };
    assert_eq!(gitea.revision(None, None, &mapping).name, "main");
}

#[test]
fn addresses_are_read_as_people_copy_them() {
    let good = [
        ("https://github.com/acme/shop", "https://github.com/acme/shop"),
        ("https://github.com/acme/shop.git", "https://github.com/acme/shop"),
        (" https://gitlab.example.com:8443/a/b/c/ ", "https://gitlab.example.com:8443/a/b/c"),
        ("git@github.com:acme/shop.git", "https://github.com/acme/shop"),
        ("ssh://git@bitbucket.org/acme/shop.git", "https://bitbucket.org/acme/shop"),
        ("ssh://git@git.example.com:7999/acme/shop.git", "https://git.example.com/acme/shop"),
        ("https://github.com/acme/shop?tab=readme#top", "https://github.com/acme/shop"),
    ];
    for (text, expected) in good {
        assert_eq!(address::read(text).as_deref(), Ok(expected), "{text}");
    }
    for bad in [
        "",
        "acme/shop",
        "javascript:alert(1)",
        "ftp://github.com/acme/shop",
        "https://user:secret@github.com/acme/shop",
        "https://github.com",
        "data:text/html,x",
    ] {
        assert!(address::read(bad).is_err(), "{bad}");
    }
    assert_eq!(address::provider("https://codeberg.org/a/b"), Some(Provider::Gitea));
    assert_eq!(address::provider("https://git.example.com/a/b"), None);
}

#[test]
fn templates_are_pages_with_a_path_and_a_line() {
    let checked = |line: &str| Templates { line: line.to_owned(), history: None, blame: None }.check();
    assert_eq!(checked("https://code.example.com/{ref}/{path}?l={line}"), Ok(()));
    for bad in [
        "https://code.example.com/{path}",
        "https://code.example.com/{line}",
        "https://{path}/{line}",
        "https://code.example.com/{path}#{line}{user}",
        "javascript://code.example.com/{path}#{line}",
        "javascript:{path}{line}",
        "{path}{line}",
        "https://user@code.example.com/{path}#{line}",
    ] {
        assert!(checked(bad).is_err(), "{bad}");
    }
}

#[test]
fn mappings_are_guessed_by_what_commits_change() {
    let committed: Vec<_> =
        ["backend/shop/pay.py", "backend/shop/cart.py", "README.md", "a/x/same.py", "b/x/same.py"]
            .map(|path| Committed { repository: Some("acme/shop"), path })
            .to_vec();
    let places = [
        place("python", "shop/pay.py", "/app/shop/pay.py", "shop.pay"),
        place("python", "shop/cart.py", "/app/shop/cart.py", "shop.cart"),
        place("python", "x/same.py", "", ""),
    ];
    let found = suggest(&places, &committed, &[]);
    let first = &found[0];
    assert_eq!((first.stack_root.as_str(), first.source_root.as_str()), ("", "backend/"));
    assert_eq!((first.repository.as_deref(), first.is_certain, first.frames), (Some("acme/shop"), true, 2));
    // Two files end alike: nothing is certain of it.
    assert!(found.iter().skip(1).all(|guess| !guess.is_certain), "{found:?}");
    assert_eq!(suggest(&places[..2], &committed, &[mapping(1, "", "backend")]), [], "mapped already");
}

#[test]
fn mappings_are_guessed_by_where_platforms_lay_code() {
    let cases = [
        (place("javascript", "./src/pay.ts", "", ""), "", ""),
        (place("java", "Cart.kt", "", "com.acme.shop.Cart"), "com/acme/", "src/main/kotlin/com/acme/"),
        (place("go", "x.go", "/b/x.go", "github.com/acme/shop/cart"), "github.com/acme/shop/", ""),
        (place("php", "/src/Cart.php", "/var/www/html/src/Cart.php", ""), "/var/www/html/", ""),
        (place("php", "/var/www/shop/public/index.php", "", ""), "/var/www/shop/", ""),
        (place("csharp", "C:\\agent\\_work\\1\\src\\Cart.cs", "", ""), "C:/agent/_work/1/", ""),
        (place("csharp", "/_/Shop/Cart.cs", "", ""), "/_/", ""),
        (place("native", "/home/ci/shop/main.cpp", "", ""), "/home/ci/shop/", ""),
        (place("other", "package:shop/cart.dart", "", ""), "package:shop/", "lib/"),
    ];
    for (place, stack_root, source_root) in cases {
        let found = suggest(&[place], &[], &[]);
        let found: Vec<_> =
            found.iter().map(|guess| (guess.stack_root.as_str(), guess.source_root.as_str())).collect();
        assert_eq!(found, [(stack_root, source_root)], "{place:?}");
    }
    let go = suggest(&[place("go", "x.go", "/b/x.go", "github.com/acme/shop/cart")], &[], &[]);
    assert_eq!(go[0].repository.as_deref(), Some("acme/shop"));
    assert_eq!(suggest(&[place("javascript", "https://shop.example.com/app.js", "", "")], &[], &[]), []);
}
