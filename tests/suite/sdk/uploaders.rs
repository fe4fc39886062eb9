//! What the real uploaders say of a release: sentry-cli 3.x and 2.58, and the npm package `sentry`, as people run them
//! in a repository.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::api::ORG;
use crate::support::{Server, TOKEN};

const TREE: &str = env!("CARGO_MANIFEST_DIR");

/// `None`, and a line that says so, where it is not installed; a failure where it must be.
fn installed(package: &str, file: &str) -> Option<PathBuf> {
    let path = Path::new(TREE).join("tests/sdk/builds/node_modules").join(package).join(file);
    if path.is_file() {
        return Some(path);
    }
    assert!(
        std::env::var("LIGHTTRACE_TEST_DEPS").as_deref() != Ok("required"),
        "{} is missing, and LIGHTTRACE_TEST_DEPS wants it",
        path.display()
    );
    println!("skipped: {} is not installed", path.display());
    None
}

/// A repository with two commits, in a folder of its own.
struct Shop(tempfile::TempDir);

impl Shop {
    fn new() -> Self {
        let shop = Self(tempfile::tempdir().expect("a folder"));
        shop.git(&["init", "-q"]);
        shop.git(&["remote", "add", "origin", "https://github.com/acme/shop.git"]);
        for (message, text) in [("first", "one"), ("pay: decline politely", "two")] {
            std::fs::write(shop.0.path().join("pay.ts"), text).expect("written");
            shop.git(&["add", "."]);
            let (name, email) = ("user.name=Ada", "user.email=ada@example.com");
            shop.git(&["-c", name, "-c", email, "commit", "-qm", message]);
        }
        shop
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(&self.0).env("GIT_CONFIG_GLOBAL", "/dev/null");
        let output = command.stderr(Stdio::inherit()).output().expect("git runs");
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    fn run(&self, server: &Server, uploader: &Path, arguments: &[&str]) {
        let mut command = Command::new("node");
        command.arg(uploader).args(arguments).current_dir(&self.0).env_clear();
        command.env("PATH", std::env::var("PATH").unwrap_or_default()).env("HOME", self.0.path());
        let url = server.url("");
        for (name, value) in [
            ("SENTRY_URL", url.as_str()),
            ("SENTRY_HOST", url.as_str()),
            ("SENTRY_AUTH_TOKEN", TOKEN),
            ("SENTRY_ORG", "lighttrace"),
            ("SENTRY_PROJECT", "default"),
            ("SENTRY_CLI_NO_TELEMETRY", "1"),
        ] {
            command.env(name, value);
        }
        let output = command.stdin(Stdio::null()).output().expect("starts");
        let [out, err] =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(output.status.success(), "{arguments:?}: {}\n{out}\n{err}", output.status);
    }
}

/// The clients ask where to go on, and go where the settings say.
fn server() -> Server {
    // A port that was free a moment ago: the settings name it before the server has it.
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = probe.local_addr().expect("bound").to_string();
    drop(probe);
    let url = format!("http://{address}");
    Server::start_with(&[("LIGHTTRACE_LISTEN", &address), ("LIGHTTRACE_URL", &url)])
}

/// `files`: what the newest commit changes, as far as the uploader says it.
fn check(server: &Server, shop: &Shop, version: &str, files: &Value) {
    let path = version.replace('+', "%2B");
    let release = server.api_get(&format!("{ORG}/releases/{path}/"));
    assert_eq!(release["version"], version);
    assert!(release["dateReleased"].is_string(), "{release}");
    assert_eq!((&release["commitCount"], &release["deployCount"]), (&json!(2), &json!(1)), "{release}");
    assert_eq!(release["lastCommit"]["id"], shop.head());
    assert_eq!(release["lastCommit"]["author"], json!({"name": "Ada", "email": "ada@example.com"}));
    assert_eq!(release["lastDeploy"]["environment"], "production");
    let commits = server.api_get(&format!("{ORG}/releases/{path}/commits/"));
    let message = commits[0]["message"].as_str().map(str::trim);
    assert_eq!(message, Some("pay: decline politely"));
    assert_eq!(&commits[0]["files"], files);
}

fn sentry_cli_says_all_of_a_release(package: &str) {
    let Some(cli) = installed(package, "bin/sentry-cli") else { return };
    let (server, shop, version) = (server(), Shop::new(), "shop@2.4.1+ab");
    shop.run(&server, &cli, &["info"]);
    shop.run(&server, &cli, &["releases", "new", version]);
    shop.run(&server, &cli, &["releases", "set-commits", "--auto", version]);
    shop.run(&server, &cli, &["releases", "finalize", version]);
    shop.run(&server, &cli, &["deploys", "new", "--release", version, "--env", "production"]);
    check(&server, &shop, version, &json!([{"path": "pay.ts", "type": "M"}]));
    for command in [["releases", "list"], ["organizations", "list"], ["repos", "list"], ["projects", "list"]]
    {
        shop.run(&server, &cli, &command);
    }
    shop.run(&server, &cli, &["releases", "archive", version]);
    shop.run(&server, &cli, &["releases", "restore", version]);
    // The next release's commits go on from here, also once it is known where the repository is.
    let repository = json!({"url": "https://github.com/acme/shop"});
    let made = server.api(reqwest::Method::POST, &format!("{ORG}/repos/")).json(&repository).send();
    assert_eq!(made.expect("an answer").status(), 201);
    // Commits that came without its name lead there too.
    let newest = server.api_get(&format!("{ORG}/releases/"))[0]["lastCommit"].clone();
    let page = format!("https://github.com/acme/shop/commit/{}", newest["id"].as_str().expect("a hash"));
    assert_eq!(newest["url"], json!(page));
    std::fs::write(shop.0.path().join("cart.ts"), "three").expect("written");
    shop.git(&["add", "."]);
    shop.git(&["-c", "user.name=Bo", "-c", "user.email=bo@example.com", "commit", "-qm", "cart"]);
    shop.run(&server, &cli, &["releases", "set-commits", "--auto", "shop@2.5.0"]);
    let next = server.api_get(&format!("{ORG}/releases/shop@2.5.0/commits/"));
    let messages: Vec<_> = next.as_array().expect("commits").iter().map(|row| &row["message"]).collect();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!(next[0]["files"], json!([{"path": "cart.ts", "type": "A"}]));
    shop.run(&server, &cli, &["releases", "delete", "shop@2.5.0"]);
    let left: Value = server.api_get(&format!("{ORG}/releases/"));
    assert_eq!(left.as_array().map(Vec::len), Some(1));
}

fn the_npm_package_says_all_of_a_release(package: &str) {
    let Some(cli) = installed(package, "dist/bin.cjs") else { return };
    let (server, shop, version) = (server(), Shop::new(), "shop@2.4.1+ab");
    let named = format!("lighttrace/{version}");
    shop.run(&server, &cli, &["release", "create", &named, "--project", "default"]);
    shop.run(&server, &cli, &["release", "set-commits", &named, "--local"]);
    shop.run(&server, &cli, &["release", "finalize", &named]);
    shop.run(&server, &cli, &["release", "deploy", &named, "production"]);
    check(&server, &shop, version, &json!([]));
    for command in ["view", "deploys", "archive", "restore"] {
        shop.run(&server, &cli, &["release", command, &named]);
    }
    // Heads alone leave the commits.
    shop.run(&server, &cli, &["release", "set-commits", &named, "--commit", "acme/shop@abc123..def456"]);
    check(&server, &shop, version, &json!([]));
}

#[test]
fn sentry_cli_3_says_all_of_a_release() {
    sentry_cli_says_all_of_a_release("sentry-cli-3");
}

#[test]
fn sentry_cli_2_says_all_of_a_release() {
    sentry_cli_says_all_of_a_release("@sentry/cli");
}

#[test]
fn the_npm_package_sentry_says_all_of_a_release() {
    the_npm_package_says_all_of_a_release("sentry");
}

#[test]
fn the_newest_npm_package_sentry_says_all_of_a_release() {
    the_npm_package_says_all_of_a_release("sentry-newest");
}
