//! Files that are made to hurt whoever converts them: they cost their own bundle one map, and the server nothing.

use std::path::PathBuf;

use lighttrace::artifacts::Artifacts;
use lighttrace::artifacts::convert::{ConvertError, Converted};
use serde_json::json;

struct Rig {
    dir: tempfile::TempDir,
    artifacts: Artifacts,
}

impl Rig {
    fn new(converter: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let artifacts = Artifacts::open(dir.path(), PathBuf::from(converter), u64::MAX).expect("opens");
        Self { dir, artifacts }
    }

    fn convert(&self, minified: &[u8], map: &[u8]) -> Result<Converted, ConvertError> {
        let (minified_path, map_path) = (self.dir.path().join("app.js"), self.dir.path().join("app.js.map"));
        std::fs::write(&minified_path, minified).expect("written");
        std::fs::write(&map_path, map).expect("written");
        self.artifacts.convert(&minified_path, &map_path)
    }
}

fn map() -> Vec<u8> {
    json!({"version": 3, "sources": ["a.ts"], "names": [], "mappings": "AAAA", "sourcesContent": ["a"]})
        .to_string()
        .into_bytes()
}

#[test]
fn a_minified_file_that_kills_the_parser_costs_only_the_names_of_functions() {
    let rig = Rig::new(env!("CARGO_BIN_EXE_lighttrace"));
    for open in ["(", "[", "{", "a=>", "!", "a?", "`${"] {
        let converted = rig.convert(open.repeat(1_000_000).as_bytes(), &map());
        let converted = converted.unwrap_or_else(|error| panic!("{open}: {error}"));
        let map = rig.artifacts.open_map(converted.cache).expect("a look-up file");
        assert_eq!(map.find(0, 5).map(|spot| spot.source.name), Some("a.ts"), "{open}");
        assert!(!converted.lacks_contents);
    }
    let converted = rig.convert(b"\xff\xfe no text", &map()).expect("converted");
    assert!(rig.artifacts.open_map(converted.cache).is_some());
}

#[test]
fn a_map_that_can_not_be_read_is_refused_in_a_sentence() {
    let rig = Rig::new(env!("CARGO_BIN_EXE_lighttrace"));
    let deep = format!("{{\"version\":3,\"mappings\":{}", "[".repeat(1_000_000));
    let sections = r#"{"version":3,"sections":[{"offset":{"line":0,"column":0},"map":"#.repeat(1_000);
    for map in [b"".as_slice(), b"\0\0\0\0", b"<html>", b"\xff", deep.as_bytes(), sections.as_bytes()] {
        match rig.convert(b"a()", map) {
            Err(ConvertError::Malformed(detail)) => {
                assert!(!detail.is_empty() && !detail.contains('\n') && detail.len() < 300, "{detail}");
            }
            other => panic!("{other:?}"),
        }
    }
    let left = std::fs::read_dir(rig.dir.path().join("artifacts/work")).expect("a folder").count();
    assert_eq!(left, 0, "nothing is left behind");
}

#[test]
fn a_machine_that_can_not_convert_is_not_the_maps_fault() {
    let rig = Rig::new("/nonexistent/lighttrace");
    assert!(matches!(rig.convert(b"a()", &map()), Err(ConvertError::Io(_))));
}
