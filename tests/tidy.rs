//! Checks the house rules that the compiler cannot: layering, engine ownership, file size.

use std::fs;
use std::path::{Path, PathBuf};

/// Layers, bottom first. A module may import only from rows above its own in this table.
/// Siblings on one row never import each other.
const LAYERS: &[&[&str]] = &[
    &["model"],
    &["config", "metrics", "wire"],
    &["insight", "demo"],
    &["inbox", "store", "search", "artifacts", "outbound"],
    &["digest"],
    &["indexing", "lookup", "findings", "retention"],
    &["alerts", "explain"],
    &["ingest", "api", "act", "ui"],
    &["app"],
    &["cli"],
    &["main", "lib"],
];

/// Third-party crates with exactly one owner.
const OWNERS: &[(&str, &[&str])] = &[
    ("redb", &["store"]),
    ("tantivy", &["search"]),
    ("sourcemap", &["artifacts"]),
    ("lettre", &["outbound"]),
    ("async_openai", &["outbound"]),
    ("actix_web", &["ingest", "api", "act", "ui", "app"]),
    ("minijinja", &["alerts", "explain"]),
];

const LINES_MAX: usize = 500;

#[test]
fn tidy() {
    let mut errors = Vec::new();
    for path in rust_files(Path::new("src")) {
        let text = fs::read_to_string(&path).expect("source files are UTF-8");
        check_file(&path, &text, &mut errors);
    }
    assert!(errors.is_empty(), "\n{}", errors.join("\n"));
}

fn check_file(path: &Path, text: &str, errors: &mut Vec<String>) {
    let home = module_of(path);
    let Some(home_rank) = rank(&home) else {
        return errors.push(format!("{}: `{home}` has no layer", path.display()));
    };
    if text.lines().count() > LINES_MAX {
        errors.push(format!("{}: over {LINES_MAX} lines", path.display()));
    }
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let place = format!("{}:{}", path.display(), index + 1);
        for target in words_after(code, "crate::") {
            // Unknown names include the empty one, from `use crate::{...}`: spell each path out.
            let downward = rank(&target).is_some_and(|r| r < home_rank);
            if target != home && !downward {
                errors.push(format!("{place}: `{home}` may not import `{target}`"));
            }
        }
        for (dependency, owners) in OWNERS {
            let used = code.contains(&format!("{dependency}::"));
            if used && !owners.contains(&home.as_str()) {
                errors.push(format!("{place}: only {owners:?} may use `{dependency}`"));
            }
        }
    }
}

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

/// `src/store/issues.rs` and `src/store.rs` both belong to `store`.
fn module_of(path: &Path) -> String {
    let first = path.components().nth(1).expect("path starts with src/");
    let name = first.as_os_str().to_string_lossy();
    name.trim_end_matches(".rs").to_owned()
}

fn words_after(code: &str, marker: &str) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.split(marker).skip(1).map(|rest| rest.chars().take_while(|&c| is_word(c)).collect()).collect()
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).expect("src exists") {
        let path = entry.expect("readable entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
