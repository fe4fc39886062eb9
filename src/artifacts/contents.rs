//! Maps without the texts of their sources, as `tsc` writes them: the texts are taken from the bundle's own source
//! files before the map is converted.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use serde_json::value::{RawValue, to_raw_value};

use crate::artifacts::Artifacts;
use crate::artifacts::bundle::Bundle;
use crate::artifacts::error::{ArtifactError, Result};
use crate::artifacts::pair::resolve;
use crate::artifacts::room::Draft;
use crate::model::artifact::FileKind;

/// A map beyond this is left as it is: to fill it, it is read into memory.
const FILLED_MAP_BYTES_MAX: u64 = 32 << 20;
/// All texts put into one map.
const CONTENTS_BYTES_MAX: u64 = 64 << 20;

/// The source files of a bundle by their addresses.
pub(super) type Sources = HashMap<String, usize>;

pub(super) fn sources(bundle: &Bundle) -> Sources {
    let sources = bundle.files.iter().enumerate().filter(|(_, listed)| listed.file.kind == FileKind::Source);
    sources.map(|(n, listed)| (listed.file.url.clone(), n)).collect()
}

/// The map at `url` with texts for those of its sources that have none and that the bundle has. `None`: as it is.
pub(super) fn filled(
    bundle: &mut Bundle,
    sources: &Sources,
    url: &str,
    map: &Draft,
    artifacts: &Artifacts,
) -> Result<Option<Draft>> {
    if sources.is_empty() || map.bytes() > FILLED_MAP_BYTES_MAX {
        return Ok(None);
    }
    let text = std::fs::read(map.path())?;
    // One that is no map, or one in sections, is for the converter to judge.
    let Ok(mut fields) = serde_json::from_slice::<BTreeMap<String, &RawValue>>(&text) else {
        return Ok(None);
    };
    let Some(missing) = without_contents(&fields) else { return Ok(None) };
    let root = fields.get("sourceRoot").and_then(|root| serde_json::from_str::<String>(root.get()).ok());
    let mut contents = missing.contents;
    let (mut bytes_left, mut is_changed) = (CONTENTS_BYTES_MAX, false);
    for (content, name) in contents.iter_mut().zip(&missing.names) {
        let Some(name) = name.as_ref().filter(|_| content.is_none()) else { continue };
        let Some(&n) = address(url, root.as_deref(), name).and_then(|address| sources.get(&address)) else {
            continue;
        };
        let Some(left) = bytes_left.checked_sub(bundle.files[n].file.bytes) else { break };
        bytes_left = left;
        *content = Some(String::from_utf8_lossy(&bundle.read(n)?).into_owned());
        is_changed = true;
    }
    if !is_changed {
        return Ok(None);
    }
    let contents = to_raw_value(&contents).map_err(std::io::Error::from)?;
    fields.insert("sourcesContent".to_owned(), &contents);
    let mut draft = artifacts.draft()?;
    let text = serde_json::to_vec(&fields).map_err(std::io::Error::from)?;
    draft.write_all(&text).map_err(|error| artifacts.or_full(ArtifactError::Io(error)))?;
    Ok(Some(draft))
}

struct Missing {
    names: Vec<Option<String>>,
    /// One for each name.
    contents: Vec<Option<String>>,
}

/// `None`: nothing is missing.
fn without_contents(fields: &BTreeMap<String, &RawValue>) -> Option<Missing> {
    let names: Vec<Option<String>> = serde_json::from_str(fields.get("sources")?.get()).ok()?;
    let contents = fields.get("sourcesContent").map(|contents| contents.get());
    let mut contents: Vec<Option<String>> = match contents {
        Some(contents) => serde_json::from_str::<Option<_>>(contents).ok()?.unwrap_or_default(),
        None => Vec::new(),
    };
    contents.resize(names.len(), None);
    contents.iter().any(Option::is_none).then_some(Missing { names, contents })
}

fn address(map: &str, root: Option<&str>, source: &str) -> Option<String> {
    match root.filter(|root| !root.is_empty()) {
        Some(root) => resolve(&resolve(map, &format!("{}/", root.trim_end_matches('/')))?, source),
        None => resolve(map, source),
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn sources_lie_where_the_map_says() {
        for (map, root, source, expected) in [
            ("~/dist/app.js.map", None, "../src/app.ts", "~/src/app.ts"),
            ("~/dist/app.js.map", Some(""), "app.ts", "~/dist/app.ts"),
            ("~/dist/app.js.map", Some("../src"), "app.ts", "~/src/app.ts"),
            ("~/dist/app.js.map", Some("/src/"), "lib/app.ts", "~/src/lib/app.ts"),
        ] {
            assert_eq!(address(map, root, source).as_deref(), Some(expected), "{map} {root:?} {source}");
        }
    }
}
