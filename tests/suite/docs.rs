//! Every command in the documentation is run, in the order of its page, as a reader would.
//!
//! The fence of a code block says what becomes of it: `run` it in a shell (`python run`, `js run`, `js browser` with
//! the SDK), `serve` keeps it running until the page ends, `run stopped` stops the server before, `file=NAME` writes
//! it down, `skip="…"` says why not. Languages that hold no command need nothing; all others are an error.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What a reader looks at and does not type.
const SHOWN: &[&str] = &["text", "ini", "nginx", "caddyfile", "json"];
/// Why a block may stay unrun, and how many do.
const SKIPPED: &[(&str, usize)] =
    &[("needs Docker", 3), ("builds the release", 2), ("installs a package", 4)];

#[derive(Debug)]
struct Block {
    /// `docs/quick-start.md:12`
    place: String,
    language: String,
    rest: String,
    code: String,
}

impl Block {
    fn skipped(&self) -> Option<&str> {
        self.rest.strip_prefix("skip=\"")?.strip_suffix('"')
    }
}

fn blocks(page: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(page).expect("the page is there");
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_open = false;
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), is_open) {
            (Some(info), false) => {
                let (language, rest) = info.split_once(' ').unwrap_or((info, ""));
                let place = format!("{}:{}", page.display(), index + 1);
                let [language, rest] = [language, rest].map(str::to_owned);
                blocks.push(Block { place, language, rest, code: String::new() });
                is_open = true;
            }
            (Some(_), true) => is_open = false,
            (None, true) => {
                let code = &mut blocks.last_mut().expect("open").code;
                code.push_str(line);
                code.push('\n');
            }
            (None, false) => {}
        }
    }
    assert!(!is_open, "{}: a code block does not end", page.display());
    blocks
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("docs")).expect("the folder is there");
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.push(root().join("README.md"));
    pages.sort();
    pages
}

/// A folder in which a reader follows one page, and what runs there.
struct Desk {
    folder: tempfile::TempDir,
    address: String,
    servers: Vec<Child>,
    key: Option<String>,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // A port that was free a moment ago: the settings name it before the server has it.
        let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = probe.local_addr().expect("bound").to_string();
        let bin = folder.path().join("bin");
        std::fs::create_dir(&bin).expect("made");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_lighttrace"), bin.join("lighttrace")).expect("linked");
        Self { folder, address, servers: Vec::new(), key: None }
    }

    /// The page's address and key are those of this test.
    fn filled(&self, code: &str) -> String {
        let code = code.replace("localhost:9000", &self.address).replace("127.0.0.1:9000", &self.address);
        match &self.key {
            Some(key) => code.replace("//KEY@", &format!("//{key}@")).replace("=KEY", &format!("={key}")),
            None => code,
        }
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", format!("{}:{path}", self.folder.path().join("bin").display()))
            .env("HOME", self.folder.path())
            .env("NODE_PATH", root().join("tests/sdk/node/node_modules"))
            .env("LIGHTTRACE_LISTEN", &self.address)
            .env("LIGHTTRACE_URL", format!("http://{}", self.address))
            .env("LIGHTTRACE_LOG", "warn");
        command
    }

    /// What a block exports, the next one has.
    fn shell(&self, code: &str) -> Command {
        let mut command = self.command("sh");
        let script = format!("set -e\n[ ! -f .exports ] || . ./.exports\n{code}\nexport -p > .exports\n");
        command.arg("-c").arg(script);
        command
    }

    fn run(mut command: Command, block: &Block) -> String {
        let output = command.stdin(Stdio::null()).output().expect("starts");
        let [out, err] =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(output.status.success(), "{}: {}\n{}\n{out}\n{err}", block.place, output.status, block.code);
        out
    }

    fn serve(&mut self, code: &str) {
        let mut command = self.command("sh");
        command.arg("-c").arg(format!("exec {code}"));
        let mut server = command.stdout(Stdio::piped()).spawn().expect("starts");
        let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines().map_while(Result::ok);
        self.servers.push(server);
        let dsn = lines.find(|line| line.starts_with("DSN ")).expect("the start prints a DSN");
        self.key = dsn.split(['/', '@']).find(|part| part.len() == 32).map(str::to_owned);
        assert!(self.key.is_some(), "no key in {dsn}");
        lines.find(|line| line.starts_with("Listening on ")).expect("the server listens");
        std::thread::spawn(move || lines.for_each(drop));
    }

    fn stop(&mut self) {
        for mut server in self.servers.drain(..) {
            let sent = Command::new("kill").args(["-TERM", &server.id().to_string()]).status();
            assert!(sent.expect("kill runs").success());
            assert!(server.wait().expect("ends").success(), "a clean stop");
        }
    }

    fn follow(&mut self, block: &Block) {
        let code = self.filled(&block.code);
        match (block.language.as_str(), block.rest.as_str()) {
            (_, rest) if rest.starts_with("skip=") => {}
            ("sh", "serve") => self.serve(code.trim()),
            ("sh", "run") => drop(Self::run(self.shell(&code), block)),
            ("sh", "run stopped") => {
                self.stop();
                Self::run(self.shell(&code), block);
            }
            (_, rest) if rest.starts_with("file=") => {
                std::fs::write(self.folder.path().join(&rest["file=".len()..]), code).expect("written");
            }
            ("python" | "js", _) => self.with_sdk(block, &code),
            (language, "") if SHOWN.contains(&language) => {}
            (language, rest) => panic!("{}: what becomes of `{language} {rest}`?", block.place),
        }
    }

    /// Runs a program that sends one event, and waits until it is there.
    fn with_sdk(&self, block: &Block, code: &str) {
        let (program, installed, file) = match (block.language.as_str(), block.rest.as_str()) {
            ("python", "run") => (root().join(".venv/2/bin/python"), ".venv/2/.installed", "docs.py"),
            ("js", "run") => ("node".into(), "tests/sdk/node/node_modules/@sentry/node", "docs.cjs"),
            ("js", "browser") => ("node".into(), "tests/sdk/node/node_modules/@sentry/browser", "docs.js"),
            (language, rest) => panic!("{}: what becomes of `{language} {rest}`?", block.place),
        };
        if !root().join(installed).exists() {
            let required = std::env::var("LIGHTTRACE_TEST_DEPS").is_ok_and(|value| value == "required");
            assert!(!required, "{installed} is missing: run scripts/test-deps.sh");
            return println!("skipped: {}, {installed} is missing, run scripts/test-deps.sh", block.place);
        }
        std::fs::write(self.folder.path().join(file), code).expect("written");
        let before = self.accepted();
        let mut command = self.command(program);
        if block.rest == "browser" {
            command.arg(root().join("tests/sdk/browser/run.mjs"));
            command.env("CHROMIUM_PATH", std::env::var("CHROMIUM_PATH").unwrap_or_default());
        }
        command.arg(file);
        Self::run(command, block);
        let start = std::time::Instant::now();
        while self.accepted() <= before {
            assert!(start.elapsed().as_secs() < 60, "{}: nothing was sent", block.place);
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// Events that the server answered 200.
    fn accepted(&self) -> u64 {
        let url = format!("http://{}/metrics", self.address);
        crate::support::with_crypto();
        let text = reqwest::blocking::get(url).expect("metrics").text().expect("text");
        let line = text.lines().find_map(|line| line.strip_prefix("lighttrace_events_accepted_total "));
        line.expect("promised").parse().expect("a number")
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        for server in &mut self.servers {
            server.kill().expect("killed");
            server.wait().expect("reaped");
        }
    }
}

fn follow(page: &str) {
    let mut desk = Desk::new();
    for block in blocks(&root().join(page)) {
        desk.follow(&block);
    }
}

#[test]
fn the_quick_start_works() {
    follow("docs/quick-start.md");
}

#[test]
fn what_the_page_on_sdks_says_works() {
    let mut desk = Desk::new();
    desk.serve("lighttrace serve");
    for block in blocks(&root().join("docs/sdks.md")) {
        desk.follow(&block);
    }
}

#[test]
fn what_the_page_on_operations_says_works() {
    follow("docs/operations.md");
}

/// In the folder of an app; each tool's build arrives whole.
#[test]
fn what_the_page_on_source_maps_says_works() {
    let mut desk = Desk::new();
    if !crate::sdk::builds::lay_out(desk.folder.path()) {
        return;
    }
    let admin = "LIGHTTRACE_ADMIN_EMAIL=ada@example.com LIGHTTRACE_ADMIN_PASSWORD=correct-horse-battery";
    desk.serve(&format!("env {admin} lighttrace serve"));
    let dist = desk.folder.path().join("dist");
    let mut builds = 0;
    for block in blocks(&root().join("docs/source-maps.md")) {
        desk.follow(&block);
        if block.language == "sh" && dist.exists() && !block.code.contains("lighttrace verify") {
            let check = desk.filled("lighttrace verify dist --url http://localhost:9000");
            Desk::run(desk.shell(&check), &block);
            std::fs::remove_dir_all(&dist).expect("removed");
            builds += 1;
        }
    }
    assert_eq!(builds, 5, "a build of each tool");
}

#[test]
fn the_readme_works() {
    follow("README.md");
}

#[test]
fn every_other_page_works() {
    let own =
        ["README.md", "docs/operations.md", "docs/quick-start.md", "docs/sdks.md", "docs/source-maps.md"]
            .map(|name| root().join(name));
    for page in pages().into_iter().filter(|page| !own.contains(page)) {
        let mut desk = Desk::new();
        desk.serve("lighttrace serve");
        for block in blocks(&page) {
            desk.follow(&block);
        }
    }
}

#[test]
fn what_is_not_run_has_one_of_three_reasons() {
    let mut skipped = BTreeMap::new();
    for page in pages() {
        for block in blocks(&page) {
            if let Some(reason) = block.skipped() {
                *skipped.entry(reason.to_owned()).or_insert(0_usize) += 1;
            }
        }
    }
    let expected: BTreeMap<String, usize> =
        SKIPPED.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect();
    assert_eq!(skipped, expected);
}

#[test]
fn the_table_of_settings_is_that_of_the_program() {
    let page = std::fs::read_to_string(root().join("docs/operations.md")).expect("the page is there");
    let named: Vec<&str> =
        page.split('`').filter(|word| word.len() > 11 && word.starts_with("LIGHTTRACE_")).collect();
    assert!(named.len() > 14, "{named:?}");
    for name in named {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lighttrace"));
        let folder = tempfile::tempdir().expect("a folder");
        // A value that no setting has: known names complain about it or take it, unknown ones are called unknown.
        command.arg("doctor").env_clear().env("LIGHTTRACE_DATA_DIR", folder.path().join("data"));
        command.env(name, "\u{1}").current_dir(folder.path());
        let output = command.output().expect("ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("unknown setting"), "{name}: {said}");
        let left = std::fs::read_dir(folder.path()).expect("readable").count();
        assert_eq!(left, 0, "doctor only looks, also where there is no data folder yet");
    }
}
