//! The scripts below a folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

const EXTENSIONS: [&str; 3] = ["js", "mjs", "cjs"];
/// Nobody deploys these as part of a build, and nobody means them.
const PACKAGES: &str = "node_modules";
const FILES_MAX: usize = 20_000;
const DEPTH_MAX: usize = 64;

/// Their paths below the folder, in order; links are not followed.
pub fn scripts(folder: &Path, ignored: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![(PathBuf::new(), 0)];
    while let Some((below, depth)) = waiting.pop() {
        let path = folder.join(&below);
        let entries = fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot read {}", path.display()))?;
            let kind = entry.file_type()?;
            let relative = below.join(entry.file_name());
            if ignored.iter().any(|ignored| relative.starts_with(clean(ignored))) {
                continue;
            }
            if kind.is_dir() && entry.file_name() != PACKAGES {
                if depth == DEPTH_MAX {
                    bail!("{} is nested deeper than {DEPTH_MAX} folders", path.display());
                }
                waiting.push((relative, depth + 1));
            } else if kind.is_file() && is_script(&relative) {
                found.push(relative);
            }
        }
        if found.len() > FILES_MAX {
            bail!("{} holds more than {FILES_MAX} scripts; name a folder below it", folder.display());
        }
    }
    found.sort();
    Ok(found)
}

fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
}

/// `./vendor/` means `vendor`.
fn clean(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}
