//! What the set-up pages tell people to paste: run as it stands there, with the real SDK, against a real server.
//!
//! A snippet is a Markdown file in `web/src/lib/snippets`. Its blocks go into the files that their headings name, one
//! behind the other; the last block says how to run them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sdk;
use crate::support::Server;

struct Snippet {
    /// (file, its text)
    files: Vec<(String, String)>,
    run: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src/lib/snippets")
}

fn read(name: &str, dsn: &str) -> Snippet {
    let text = fs::read_to_string(folder().join(format!("{name}.md"))).expect("the snippet is there");
    let mut snippet = Snippet { files: Vec::new(), run: String::new() };
    let (mut heading, mut block): (&str, Option<String>) = ("", None);
    for line in text.lines() {
        match (&mut block, line.strip_prefix("## "), line.starts_with("```")) {
            (None, Some(found), _) => heading = found,
            (None, None, true) => block = Some(String::new()),
            (Some(code), _, true) => {
                let code = code.replace("__DSN__", dsn);
                match heading.split('`').nth(1) {
                    Some(file) => add(&mut snippet.files, file, &code),
                    None => snippet.run = code,
                }
                block = None;
            }
            (Some(code), ..) => {
                code.push_str(line);
                code.push('\n');
            }
            _ => (),
        }
    }
    assert!(!snippet.files.is_empty(), "{name} names no file");
    snippet
}

fn add(files: &mut Vec<(String, String)>, file: &str, code: &str) {
    match files.iter_mut().find(|(known, _)| known == file) {
        Some((_, text)) => text.extend(["\n", code]),
        None => files.push((file.to_owned(), code.to_owned())),
    }
}

/// Writes a snippet's files and runs them; `set_up` makes the SDK reachable from their folder.
fn check(name: &str, set_up: impl FnOnce(&Path, &Snippet) -> Command) {
    let server = Server::start();
    let snippet = read(name, &server.dsn());
    let dir = tempfile::tempdir().expect("a folder");
    for (file, text) in &snippet.files {
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().expect("inside the folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    // The program fails: that is what it is for.
    let output = set_up(dir.path(), &snippet).current_dir(dir.path()).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Hello, LightTrace"), "{name} did not get to its error: {said}");
    server.wait_until("its issue stands in the list", || !server.issues("").is_empty());
    let issues = server.issues("");
    assert_eq!(issues.len(), 1, "{name}");
    assert!(
        issues[0]["title"].as_str().expect("a title").contains("Hello, LightTrace"),
        "{}",
        issues[0]["title"]
    );
}

fn shell(command: &str, path: &Path) -> Command {
    let mut shell = Command::new("sh");
    let known = std::env::var("PATH").unwrap_or_default();
    shell.args(["-c", command]).env("PATH", format!("{}:{known}", path.display()));
    shell
}

#[test]
fn python() {
    let Some(interpreter) = sdk::python_interpreter() else { return };
    check("python", |_, snippet| shell(&snippet.run, interpreter.parent().expect("a bin folder")));
}

#[test]
fn node() {
    let Some(modules) = sdk::node_modules("@sentry/node") else { return };
    check("node", |dir, snippet| {
        std::os::unix::fs::symlink(&modules, dir.join("node_modules")).expect("linked");
        shell(&snippet.run, dir)
    });
}

#[test]
fn browser() {
    if sdk::node_modules("@sentry/browser").is_none() {
        return;
    }
    check("javascript", |dir, snippet| {
        let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/browser/run.mjs");
        let mut command = Command::new("node");
        command.arg(driver).arg(dir.join(&snippet.files[0].0));
        command
    });
}

#[test]
fn every_snippet_has_its_parts_and_names_the_dsn() {
    let mut found = 0;
    for entry in fs::read_dir(folder()).expect("snippets") {
        let path = entry.expect("readable").path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("text");
        let shown = path.display();
        assert!(text.starts_with("# "), "{shown} has no title");
        assert!(text.contains("__DSN__"), "{shown} has no DSN");
        assert!(text.contains("Hello, LightTrace"), "{shown} lets nothing break");
        assert_eq!(text.matches("\n```").count() % 2, 0, "{shown} has an open block");
        assert!(text.matches("\n## ").count() >= 3, "{shown} has fewer than three steps");
        found += 1;
    }
    assert!(found >= 20, "{found} snippets");
}

/// Where a checker is installed, what is shown is at least its language.
#[test]
fn snippets_are_of_their_language() {
    let dsn = "http://0123456789abcdef0123456789abcdef@localhost:9000/1";
    let python = ["-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())"];
    let checks: [(&str, &[&str], &[&str]); 3] = [
        ("python3", &python, &["python", "python-django", "python-flask", "python-fastapi"]),
        ("node", &["--check"], &["node", "node-express"]),
        ("php", &["-l"], &["php"]),
    ];
    for (program, arguments, names) in checks {
        if Command::new(program).arg("--version").output().is_err() {
            println!("skipped: no {program}");
            continue;
        }
        for name in names {
            let dir = tempfile::tempdir().expect("a folder");
            for (file, text) in read(name, dsn).files {
                let path = dir.path().join(file.replace('/', "-"));
                if path
                    .extension()
                    .is_none_or(|extension| !["py", "mjs", "js", "php"].iter().any(|one| extension == *one))
                {
                    continue;
                }
                fs::write(&path, text).expect("written");
                let output = Command::new(program).args(arguments).arg(&path).output().expect("it runs");
                assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
    }
}
