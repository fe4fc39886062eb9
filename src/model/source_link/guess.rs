//! Code mappings guessed from frames: by the files that uploaded commits change, which are paths of the repository;
//! where there are none, by how the platforms lay their code out. A person confirms them.

use std::collections::HashMap;

use crate::model::source_link::{CodeMapping, Place, paths, resolve};

pub const SUGGESTIONS_MAX: usize = 5;
/// Segments that two paths must end with alike to be taken for one file, unless one is that short as a whole.
const ALIKE_MIN: usize = 2;

/// Where images and hosts keep an application.
const WORK_FOLDERS: &[&str] = &[
    "/usr/src/app/",
    "/github/workspace/",
    "/var/www/html/",
    "/var/task/",
    "/workspace/",
    "/app/",
    "/code/",
    "/build/",
    "/src/",
    "/_/",
];
/// Folders below which each application has one of its own.
const WORK_PARENTS: &[&str] = &["/var/www/", "/srv/", "/opt/", "/home/*/", "/Users/*/"];
/// What the first folder of a repository is often called.
const FIRST_FOLDERS: &[&str] =
    &["src", "app", "lib", "internal", "cmd", "pkg", "packages", "public", "server"];
const GO_HOSTS: &[&str] = &["github.com", "gitlab.com", "bitbucket.org", "codeberg.org"];

/// A file that a commit changed.
#[derive(Debug, Clone, Copy)]
pub struct Committed<'a> {
    pub repository: Option<&'a str>,
    pub path: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    pub stack_root: String,
    pub source_root: String,
    /// Where commits or the path itself tell.
    pub repository: Option<String>,
    /// Commits change files of these paths.
    pub is_certain: bool,
    pub frames: usize,
    /// Of the frames that it would map: the index of the first.
    pub example: usize,
}

/// `places` are those of the team's own frames, the newest first. What is mapped already is passed over.
pub fn suggest(places: &[Place<'_>], committed: &[Committed<'_>], mapped: &[CodeMapping]) -> Vec<Suggestion> {
    let mut by_name: HashMap<&str, Vec<&Committed<'_>>> = HashMap::new();
    for file in committed {
        by_name.entry(last_segment(file.path)).or_default().push(file);
    }
    let mut found: Vec<Suggestion> = Vec::new();
    for (example, place) in places.iter().enumerate() {
        if resolve(mapped, place).is_some() {
            continue;
        }
        let candidates = place.candidates();
        let guessed = by_commits(&candidates, &by_name).or_else(|| by_layout(&candidates, place.platform));
        let Some(guess) = guessed else { continue };
        let known = found.iter_mut().find(|known| {
            (&known.stack_root, &known.source_root) == (&guess.stack_root, &guess.source_root)
                && known.repository == guess.repository
        });
        match known {
            Some(known) => known.frames += 1,
            None => found.push(Suggestion { example, ..guess }),
        }
    }
    found.sort_by_key(|guess| std::cmp::Reverse((guess.is_certain, guess.frames)));
    found.truncate(SUGGESTIONS_MAX);
    found
}

fn guess(stack_root: &str, source_root: &str) -> Suggestion {
    let (stack_root, source_root) = (stack_root.to_owned(), source_root.to_owned());
    Suggestion { stack_root, source_root, repository: None, is_certain: false, frames: 1, example: 0 }
}

fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The changed file that ends as the frame's path does, if one does better than all others.
fn by_commits(candidates: &[String], by_name: &HashMap<&str, Vec<&Committed<'_>>>) -> Option<Suggestion> {
    let mut best: Option<(usize, Suggestion)> = None;
    let mut is_ambiguous = false;
    for path in candidates {
        let path = path.trim_start_matches("./").trim_start_matches("../");
        for file in by_name.get(last_segment(path)).into_iter().flatten() {
            let alike = path.rsplit('/').zip(file.path.rsplit('/')).take_while(|(a, b)| a == b).count();
            let is_whole = alike == path.split('/').count() || alike == file.path.split('/').count();
            if alike < ALIKE_MIN && !is_whole {
                continue;
            }
            let suggestion = Suggestion {
                repository: file.repository.map(str::to_owned),
                is_certain: true,
                ..guess(before(path, alike), before(file.path, alike))
            };
            match &best {
                Some((most, _)) if *most > alike => {}
                Some((most, other)) if *most == alike => {
                    is_ambiguous |= other.source_root != suggestion.source_root;
                }
                _ => (best, is_ambiguous) = (Some((alike, suggestion)), false),
            }
        }
    }
    best.filter(|_| !is_ambiguous).map(|(_, suggestion)| suggestion)
}

/// A path without its last segments.
fn before(path: &str, segments: usize) -> &str {
    let kept: usize = path.rsplit('/').take(segments).map(|segment| segment.len() + 1).sum();
    &path[..(path.len() + 1).saturating_sub(kept)]
}

fn by_layout(candidates: &[String], platform: &str) -> Option<Suggestion> {
    match platform {
        "java" | "kotlin" | "android" | "scala" | "groovy" => return by_package(candidates.first()?),
        "go" => {
            if let Some(found) = candidates.iter().find_map(|path| by_go_module(path)) {
                return Some(found);
            }
        }
        _ => {}
    }
    if let Some(found) = candidates.iter().find_map(|path| by_dart_package(path)) {
        return Some(found);
    }
    if candidates.iter().any(|path| paths::is_relative(path) && path.contains('/')) {
        return Some(guess("", ""));
    }
    // The absolute path comes last, and says most.
    candidates.iter().rev().find_map(|path| by_folder(path)).map(|root| guess(root, ""))
}

/// `com/acme/shop/Cart.kt`: below `src/main/kotlin`.
fn by_package(path: &str) -> Option<Suggestion> {
    let folder = match path.rsplit_once('.')?.1 {
        "kt" | "kts" => "kotlin",
        "scala" => "scala",
        "groovy" => "groovy",
        _ => "java",
    };
    let mut parts = path.split('/');
    let root = format!("{}/{}/", parts.next()?, parts.next()?);
    parts.next()?;
    Some(guess(&root, &format!("src/main/{folder}/{root}")))
}

/// `/go/src/github.com/acme/shop/cart.go`: the repository stands in it.
fn by_go_module(path: &str) -> Option<Suggestion> {
    let at = GO_HOSTS.iter().find_map(|host| path.find(&format!("{host}/")).map(|at| at + host.len() + 1))?;
    let mut parts = path[at..].split('/');
    let (owner, name) = (parts.next()?, parts.next()?);
    parts.next()?;
    let root = &path[..at + owner.len() + name.len() + 2];
    Some(Suggestion { repository: Some(format!("{owner}/{name}")), ..guess(root, "") })
}

fn by_dart_package(path: &str) -> Option<Suggestion> {
    let (package, _) = path.strip_prefix("package:")?.split_once('/')?;
    Some(guess(&format!("package:{package}/"), "lib/"))
}

/// What lies before the repository in an absolute path.
fn by_folder(path: &str) -> Option<&str> {
    if path.contains("://") {
        return None;
    }
    if let Some(folder) = WORK_FOLDERS.iter().find(|folder| path.starts_with(**folder)) {
        return Some(&path[..folder.len()]);
    }
    if let Some(root) = WORK_PARENTS.iter().find_map(|parent| below_parent(path, parent)) {
        return Some(root);
    }
    let mut at = 0;
    for segment in path.split('/') {
        if FIRST_FOLDERS.contains(&segment) && at > 0 {
            return Some(&path[..at]);
        }
        at += segment.len() + 1;
    }
    None
}

/// `/srv/shop/cart.php` below `/srv/`: `/srv/shop/`.
fn below_parent<'a>(path: &'a str, parent: &str) -> Option<&'a str> {
    let mut at = 0;
    let mut parts = path.split('/');
    for wanted in parent.trim_end_matches('/').split('/').chain(["*"]) {
        let part = parts.next()?;
        if wanted != "*" && wanted != part {
            return None;
        }
        at += part.len() + 1;
    }
    parts.next().is_some().then(|| &path[..at])
}
