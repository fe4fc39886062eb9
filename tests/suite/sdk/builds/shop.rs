//! The app in a folder of its own, as on the machine that builds it, and the server that its builds are uploaded to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::Server;

pub struct Shop {
    pub server: Server,
    folder: tempfile::TempDir,
    token: String,
    release: Option<String>,
}

impl Shop {
    /// `None` where the tools are not installed.
    pub fn open() -> Option<Self> {
        // The programs that run what was built use the SDK and the browser of the other clients.
        crate::sdk::node_modules("@sentry/node")?;
        let folder = tempfile::tempdir().expect("a folder");
        if !lay_out(folder.path()) {
            return None;
        }
        // npm's tools go to the address that the server says it has, so it must be known before: a port that was free.
        let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = probe.local_addr().expect("bound").to_string();
        drop(probe);
        let url = format!("http://{address}");
        let server = Server::start_with(&[("LIGHTTRACE_LISTEN", &address), ("LIGHTTRACE_URL", &url)]);
        let made = server.command(&["token", "add", "ci", "--scopes", "org:ci"]).output().expect("ends");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let token = String::from_utf8(made.stdout).expect("text").trim().to_owned();
        Some(Self { server, folder, token, release: None })
    }

    /// What is run from now on says that it is of this release.
    pub fn of_release(self, release: &str) -> Self {
        Self { release: Some(release.to_owned()), ..self }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a line of a build as CI would.
    pub fn run(&self, line: &str) {
        let mut command = self.command("sh");
        command
            .args(["-c", line])
            .env("SENTRY_URL", self.server.url(""))
            .env("SENTRY_ORG", "lighttrace")
            .env("SENTRY_PROJECT", "default")
            .env("SENTRY_AUTH_TOKEN", &self.token)
            // Nothing of a test leaves the machine.
            .env("SENTRY_CLI_NO_TELEMETRY", "1");
        let output = command.stdin(Stdio::null()).output().expect("a shell");
        let said = [&output.stdout, &output.stderr]
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            .concat();
        assert!(output.status.success(), "{line}\n{said}");
        // Plugins let a build pass whose upload failed.
        assert!(!said.contains("rror:"), "{line}\n{said}");
        println!("{line}\n{said}");
    }

    /// `lighttrace verify` with these arguments: its exit code and what it said.
    pub fn verify(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = self.command(env!("CARGO_BIN_EXE_lighttrace"));
        command.arg("verify").args(arguments).env("SENTRY_AUTH_TOKEN", &self.token);
        let output = command.env("SENTRY_PROJECT", "default").output().expect("ends");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().expect("a code"), String::from_utf8(said).expect("text"))
    }

    /// The server has what every file of a build needs.
    pub fn assert_verified(&self, arguments: &[&str]) {
        let url = self.server.url("");
        let (code, said) = self.verify(&[arguments, &["--url", &url]].concat());
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("all readable."), "{said}");
    }

    /// Runs a built program to its end, which an error is.
    pub fn start(&self, file: &str) {
        let mut command = self.command("node");
        command.arg("--import").arg(builds().join("instrument.mjs")).arg(file);
        command.env("SENTRY_DSN", self.server.dsn());
        if let Some(release) = &self.release {
            command.env("SENTRY_RELEASE", release);
        }
        let output = command.output().expect("node");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("card declined"), "{file} did not fail as it should: {said}");
    }

    /// Opens a built page, or one with a built script, in a browser and clicks its button.
    pub fn browse(&self, folder: &str, entry: &str) {
        let mut command = self.command("node");
        command.arg(builds().join("browse.mjs")).args([folder, entry]).env("SHOP_DSN", self.server.dsn());
        command.env("CHROMIUM_PATH", std::env::var("CHROMIUM_PATH").unwrap_or_default());
        if let Some(release) = &self.release {
            command.env("SHOP_RELEASE", release);
        }
        let output = command.output().expect("node");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{folder}/{entry}: {said}");
    }

    /// The one event that was sent, as the API has it.
    pub fn event(&self) -> Value {
        self.server.wait_until("an issue stands in the list", || !self.server.issues("").is_empty());
        self.server.settled();
        let issues = self.server.issues("");
        assert_eq!(issues.len(), 1, "{issues:#?}");
        let id = issues[0]["id"].as_str().expect("an issue's id is a string");
        self.server.api_get(&format!("/api/0/organizations/lighttrace/issues/{id}/events/latest/"))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let bin = self.folder().join("node_modules/.bin");
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .current_dir(self.folder())
            .env_clear()
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("HOME", self.folder());
        command
    }
}

fn builds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/builds")
}

/// Puts the app and its tools into a folder, where they are installed.
pub fn lay_out(folder: &Path) -> bool {
    let packages = builds().join("node_modules");
    if packages.join(".package-lock.json").exists() {
        copy(&builds().join("app"), folder);
        std::os::unix::fs::symlink(packages, folder.join("node_modules")).expect("linked");
        return true;
    }
    let required = std::env::var("LIGHTTRACE_TEST_DEPS").is_ok_and(|value| value == "required");
    assert!(!required, "{} is missing: run scripts/test-deps.sh", packages.display());
    println!("skipped: {} is missing, run scripts/test-deps.sh", packages.display());
    false
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("readable") {
        let entry = entry.expect("readable");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}
