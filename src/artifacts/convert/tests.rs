use std::path::Path;

use serde_json::json;
use symbolic_common::ByteView;

use crate::artifacts::convert::convert_here;
use crate::artifacts::maps::{MapFile, Scope, context_of};

fn opened(path: &Path) -> MapFile {
    MapFile::new(ByteView::open(path).expect("mapped")).expect("a look-up file")
}

/// The look-up file of a map, and whether it lacks texts.
fn converted(minified: &str, map: &serde_json::Value) -> (MapFile, bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("map");
    let lacks = convert_here(minified, map.to_string().as_bytes(), &path).expect("converted");
    (opened(&path), lacks)
}

/// What a look-up says, in one line.
fn said(map: &MapFile, line: u32, column: u32) -> String {
    let Some(spot) = map.find(line, column) else { return "nothing".to_owned() };
    let scope = match spot.scope {
        Scope::Named(name) => name,
        Scope::Anonymous => "<anonymous>",
        Scope::Unknown => "?",
    };
    let name = spot.name.unwrap_or("-");
    format!("{}:{}:{} {name} in {scope}", spot.source.name, spot.line, spot.column)
}

/// A map of one source: where something stands in the minified file's first line, where it stood, how it was called.
fn map_of(mappings: &[(u32, u32, u32, &str)], text: &str) -> serde_json::Value {
    let mut builder = sourcemap::SourceMapBuilder::new(None);
    for (column, line, source_column, name) in mappings {
        let name = (!name.is_empty()).then_some(*name);
        builder.add(0, *column, *line, *source_column, Some("pay.ts"), name, false);
    }
    builder.set_source_contents(0, Some(text));
    let mut json = Vec::new();
    builder.into_sourcemap().to_writer(&mut json).expect("JSON");
    serde_json::from_slice(&json).expect("JSON")
}

#[test]
fn functions_are_called_as_before_they_were_minified() {
    let minified = "function a(){b.c()}";
    let map = map_of(
        &[(0, 0, 0, ""), (9, 0, 9, "charge"), (13, 1, 2, "shop"), (15, 1, 7, "pay")],
        "function charge() {\n  shop.pay();\n}\n",
    );
    let (map, lacks) = converted(minified, &map);
    assert!(!lacks);
    assert_eq!(said(&map, 0, 9), "pay.ts:0:9 charge in charge");
    assert_eq!(said(&map, 0, 16), "pay.ts:1:7 pay in charge");
    assert_eq!(said(&map, 1, 0), "nothing", "a line without mappings");
    let spot = map.find(0, 15).expect("a spot");
    let context = context_of(&spot.source, spot.line, spot.column).expect("a context");
    assert_eq!(context.before, ["function charge() {"]);
    assert_eq!(context.line, "  shop.pay();");
    assert_eq!(context.after, ["}", ""]);
}

#[test]
fn sections_keep_sources_of_one_name_apart() {
    let section = |line: u32, column: u32, text: &str| {
        json!({"offset": {"line": line, "column": column}, "url": null, "map": {
            "version": 3, "sources": ["a.ts"], "names": [], "mappings": "AAAA,EACA", "sourcesContent": [text]}})
    };
    let map = json!({"version": 3, "sources": null, "debugId": "x", "sections": [
        section(0, 0, "one\ntwo"), section(0, 10, "three\nfour"), section(2, 4, "five\nsix")]});
    let (map, lacks) = converted("", &map);
    assert!(!lacks);
    let line = |line, column| {
        let spot = map.find(line, column)?;
        Some(String::from_utf8(spot.source.line(spot.line)?.to_vec()).expect("text"))
    };
    assert_eq!(line(0, 1).as_deref(), Some("one"));
    assert_eq!(line(0, 9).as_deref(), Some("two"));
    assert_eq!(line(0, 11).as_deref(), Some("three"));
    assert_eq!(line(0, 99).as_deref(), Some("four"));
    assert_eq!(line(2, 5).as_deref(), Some("five"));
    assert_eq!(line(2, 3), None, "before the section");
    assert_eq!(line(1, 0), None);
}

#[test]
fn hermes_maps_name_their_functions_themselves() {
    let mut map = map_of(&[(0, 0, 0, ""), (10, 4, 2, "")], "");
    map["sourcesContent"] = json!(null);
    // <global> from line 1, onPress from line 3.
    map["x_facebook_sources"] = json!([[{"names": ["<global>", "onPress"], "mappings": "AAA;ACE"}]]);
    let (map, lacks) = converted("not javascript at all {{{", &map);
    assert!(lacks, "no texts");
    assert_eq!(said(&map, 0, 3), "pay.ts:0:0 - in <global>");
    assert_eq!(said(&map, 0, 12), "pay.ts:4:2 - in onPress");
}

#[test]
fn a_minified_file_that_can_not_be_parsed_still_has_positions() {
    let map =
        json!({"version": 3, "sources": ["a.ts"], "names": ["x"], "mappings": "AAAAA", "sourceRoot": "/src"});
    let (map, lacks) = converted("function ((( {", &map);
    assert!(lacks);
    assert_eq!(said(&map, 0, 3), "/src/a.ts:0:0 x in ?");
}

#[test]
fn a_text_that_no_position_needs_is_not_missed() {
    let map = json!({"version": 3, "sources": ["a.ts", "(bootstrap)"], "names": [], "mappings": "AAAA",
        "sourcesContent": ["x", null]});
    assert!(!converted("", &map).1);
}

#[test]
fn maps_that_are_none_say_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused =
        |json: &str| convert_here("", json.as_bytes(), &folder.path().join("out")).expect_err("refused");
    for (json, why) in [
        ("", "it is no source map"),
        ("<!doctype html>", "it is no source map"),
        ("{}", "neither `mappings` nor `sections`"),
        (r#"{"version":3,"sources":["a"],"names":[],"mappings":"!!!"}"#, "its mappings"),
        (r#"{"version":3,"sources":["a"],"names":[],"mappings":"ACAA"}"#, "its mappings"),
        (r#"{"version":3,"sections":[{"offset":{"line":0,"column":0},"url":"x.map"}]}"#, "by URL"),
    ] {
        assert!(refused(json).contains(why), "{json}: {}", refused(json));
    }
    let deep = format!("{}{}", r#"{"version":3,"mappings":"#, "[".repeat(100_000));
    assert!(!refused(&deep).is_empty());
}
