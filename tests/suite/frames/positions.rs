//! Our look-ups say what Mozilla's `source-map` says, for maps of published packages.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lighttrace::artifacts::maps::MapFile;
use serde_json::Value;
use symbolic_common::ByteView;

use crate::sdk::node_modules;

/// Files of packages that the SDK tests install: bundled by esbuild, Terser, Rollup, compiled by TypeScript.
const FILES: [&str; 7] = [
    "glob/dist/esm/index.min.js",
    "lru-cache/dist/esm/index.min.js",
    "@sentry/tracing/build/bundle.tracing.min.js",
    "path-scurry/dist/esm/index.js",
    "minimatch/dist/commonjs/index.js",
    "@sentry-internal/feedback/esm/index.js",
    "@sentry-internal/replay-canvas/node_modules/@sentry/replay/esm/index.js",
];
const POSITIONS_OF_EACH: usize = 2_500;

/// The folder with Mozilla's package, where that is installed.
fn mozilla() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/maps");
    if folder.join("node_modules/source-map").exists() {
        return Some(folder);
    }
    let required = std::env::var("LIGHTTRACE_TEST_DEPS").is_ok_and(|value| value == "required");
    assert!(!required, "{}: run scripts/test-deps.sh", folder.display());
    println!("skipped: {} has no packages, run scripts/test-deps.sh", folder.display());
    None
}

/// As the server converts, in a process of its own.
fn converted(minified: &Path, map: &Path) -> MapFile {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("map");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lighttrace"));
    let output = command.arg("convert-map").args([minified, map, &out]).output().expect("it runs");
    assert!(output.status.success(), "{}: {}", map.display(), String::from_utf8_lossy(&output.stdout));
    MapFile::new(ByteView::open(&out).expect("mapped")).expect("a look-up file")
}

fn answers(folder: &Path, minified: &Path, map: &Path) -> Vec<(u32, u32, Value)> {
    let output = Command::new("node")
        .arg(folder.join("positions.cjs"))
        .args([minified, map])
        .arg(POSITIONS_OF_EACH.to_string())
        .stderr(Stdio::inherit())
        .output()
        .expect("node runs");
    assert!(output.status.success());
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).expect("a position")).collect()
}

/// Source, line, column, name, as Mozilla says it.
fn ours(map: &MapFile, line: u32, column: u32) -> Value {
    let Some(spot) = map.find(line, column) else { return Value::Null };
    serde_json::json!([spot.source.name, spot.line, spot.column, spot.name])
}

#[test]
fn positions_agree_with_mozillas_source_map() {
    let (Some(mozilla), Some(packages)) = (mozilla(), node_modules("esbuild")) else { return };
    let (mut compared, mut mapped, mut named) = (0, 0, 0);
    for file in FILES {
        let minified = packages.join(file);
        let map_path = packages.join(format!("{file}.map"));
        let map = converted(&minified, &map_path);
        for (line, column, expected) in answers(&mozilla, &minified, &map_path) {
            assert_eq!(ours(&map, line, column), expected, "{file}:{line}:{column}");
            compared += 1;
            mapped += usize::from(!expected.is_null());
            named += usize::from(expected[3].is_string());
        }
    }
    assert_eq!(compared, FILES.len() * POSITIONS_OF_EACH);
    assert!(mapped > 10_000 && named > 500, "{mapped} of {compared} lead somewhere, {named} have names");
}
