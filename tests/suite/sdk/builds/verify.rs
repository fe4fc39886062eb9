//! `lighttrace verify` on what real tools wrote: whole, broken in each way, before and after an upload.

use std::fs;
use std::path::{Path, PathBuf};

use crate::sdk::builds::shop::Shop;
use crate::sdk::builds::{CLI_3, PLAIN_BROWSER, PLAIN_NODE};

const GOOD: i32 = 0;
const BAD: i32 = 1;
const UNCHECKED: i32 = 2;

/// A build whose every file is well, with debug ids.
fn injected() -> Option<Shop> {
    let shop = Shop::open()?;
    shop.run(PLAIN_NODE);
    shop.run(&format!("{CLI_3} sourcemaps inject dist"));
    Some(shop)
}

/// The chunk that the app loads, whose name has a hash in it.
fn chunk(shop: &Shop) -> PathBuf {
    let entries = fs::read_dir(shop.folder().join("dist")).expect("built");
    let mut paths = entries.map(|entry| entry.expect("readable").path());
    let is_chunk = |path: &PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        name.starts_with("register-") && path.extension().is_some_and(|extension| extension == "js")
    };
    paths.find(is_chunk).expect("a chunk")
}

fn map_of(script: &Path) -> PathBuf {
    PathBuf::from(format!("{}.map", script.display()))
}

fn edit(path: &Path, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(path).expect("readable");
    fs::write(path, change(text)).expect("written");
}

/// The command that a line of advice ends with.
fn command<'a>(said: &'a str, opening: &str) -> &'a str {
    let at = said.find(opening).unwrap_or_else(|| panic!("no `{opening}` in {said}"));
    said[at..].lines().next().expect("a line")
}

#[test]
fn what_it_advises_mends_a_build() {
    let Some(shop) = Shop::open() else { return };
    shop.run(PLAIN_NODE);
    let (code, said) = shop.verify(&["dist"]);
    assert_eq!(code, BAD, "{said}");
    assert_eq!(said.matches("has no debug id").count(), 2, "{said}");
    assert!(said.ends_with("2 files, 2 with problems.\n"), "{said}");

    let inject = command(&said, "sentry-cli ").to_owned();
    shop.run(&inject);
    let (code, said) = shop.verify(&["dist"]);
    assert_eq!(code, GOOD, "{said}");
    assert!(said.ends_with("2 files, all readable.\n"), "{said}");
    assert_eq!(said.matches("ok     ").count(), 2, "{said}");
}

#[test]
fn what_it_advises_mends_an_upload() {
    let Some(shop) = injected() else { return };
    let url = shop.server.url("");
    let (code, said) = shop.verify(&["dist", "--url", &url]);
    assert_eq!(code, BAD, "{said}");
    assert_eq!(said.matches("is not on the server").count(), 2, "{said}");

    let upload = command(&said, "sentry-cli ").to_owned();
    shop.run(&format!("{upload} --wait"));
    shop.assert_verified(&["dist"]);

    // Maps need not be deployed: the server has them.
    fs::remove_file(map_of(&chunk(&shop))).expect("removed");
    shop.assert_verified(&["dist"]);
    assert_eq!(shop.verify(&["dist"]).0, BAD);
}

#[test]
fn what_was_uploaded_to_another_project_is_not_there() {
    let Some(shop) = injected() else { return };
    shop.run(&format!("{CLI_3} sourcemaps upload --wait dist"));
    let url = shop.server.url("");
    let (code, said) = shop.verify(&["dist", "--url", &url, "--project", "second"]);
    assert_eq!(code, BAD, "{said}");
    assert!(said.contains("is not on the server"), "{said}");
}

#[test]
fn every_way_to_be_broken() {
    type Break = fn(&Path);
    let rows: &[(&str, Break)] = &[
        ("names the source map register-", |script| fs::remove_file(map_of(script)).expect("removed")),
        ("has a source map that cannot be read", |script| {
            fs::write(map_of(script), "<!doctype html>").expect("written");
        }),
        ("has the source map of another build, with debug id", |script| {
            let other = map_of(&script.with_file_name("node.js"));
            fs::copy(other, map_of(script)).map(drop).expect("copied");
        }),
        ("has a source map without a single position", |script| {
            let empty = r#"{"version":3,"sources":[],"names":[],"mappings":""}"#;
            fs::write(map_of(script), empty).expect("written");
        }),
        ("has the source map of another build: it ends before line", |script| {
            edit(script, |text| {
                let (code, ids) = text.split_at(text.rfind("\n//# sourceMappingURL").expect("a comment"));
                format!("{}{ids}", &code[..code.len() / 2])
            });
        }),
        ("was changed after its source map was made", |script| {
            edit(script, |text| text.replace("var ", "/**/var "));
        }),
        ("has no debug id", |script| {
            edit(script, |text| {
                let lines = text
                    .lines()
                    .filter(|line| !line.contains("debugId") && !line.contains("_sentryDebugIds"));
                lines.collect::<Vec<_>>().join("\n")
            });
        }),
        ("without the text of 2 of 2 sources, such as ../src/", |script| {
            edit(&map_of(script), |map| map.replace("\"sourcesContent\"", "\"was\""));
        }),
    ];
    for (expected, spoil) in rows {
        let Some(shop) = injected() else { return };
        let script = chunk(&shop);
        spoil(&script);
        let (code, said) = shop.verify(&["dist"]);
        assert_eq!(code, BAD, "{expected}: {said}");
        assert!(said.contains(expected), "{expected}: {said}");
        assert!(said.contains("2 files, 1 with problems."), "{expected}: {said}");
    }
}

#[test]
fn texts_that_nobody_uploaded() {
    let Some(shop) = injected() else { return };
    edit(&map_of(&chunk(&shop)), |map| map.replace("\"sourcesContent\"", "\"was\""));
    shop.run(&format!("{CLI_3} sourcemaps upload --wait dist"));
    let url = shop.server.url("");
    let (code, said) = shop.verify(&["dist", "--url", &url]);
    assert_eq!(code, BAD, "{said}");
    assert!(said.contains("is on the server with a source map that lacks texts"), "{said}");
}

/// The plugin marks entry points only, as its documentation does not say.
#[test]
fn chunks_that_a_plugin_left_out() {
    let Some(shop) = Shop::open() else { return };
    edit(&shop.folder().join("esbuild.config.mjs"), |text| {
        text.replace("bundle: true,", "bundle: true, splitting: true,")
    });
    shop.run("node esbuild.config.mjs");
    let (code, said) = shop.verify(&["dist"]);
    assert_eq!(code, BAD, "{said}");
    assert!(said.contains("ok     node.js"), "{said}");
    assert!(said.contains("ERROR  register-"), "{said}");
}

#[test]
fn inline_maps_and_files_to_leave_out() {
    let Some(shop) = Shop::open() else { return };
    shop.run(&format!("{PLAIN_BROWSER} --sourcemap=inline"));
    fs::create_dir(shop.folder().join("dist/vendor")).expect("made");
    fs::write(shop.folder().join("dist/vendor/old.js"), "alert(1)").expect("written");
    let (code, said) = shop.verify(&["dist", "--release", "shop@1", "--ignore", "./vendor/"]);
    assert_eq!(code, GOOD, "{said}");
    assert!(said.contains("release shop@1, "), "{said}");
    let (code, said) = shop.verify(&["dist", "--release", "shop@1"]);
    assert_eq!(code, BAD, "{said}");
    assert!(said.contains("ERROR  vendor/old.js"), "{said}");
    assert!(said.contains("has no source map"), "{said}");
    assert!(said.contains("in vite.config.mjs: build: { sourcemap: "), "{said}");
}

#[test]
fn what_it_cannot_check() {
    let Some(shop) = injected() else { return };
    fs::create_dir(shop.folder().join("empty")).expect("made");
    let url = shop.server.url("");
    let rows: &[(&[&str], &str)] = &[
        (&["nowhere"], "cannot read nowhere"),
        (&["empty"], "there is no .js, .mjs or .cjs file below empty"),
        (&["dist", "--url", "http://127.0.0.1:9"], "cannot reach http://127.0.0.1:9"),
        (&["dist", "--url", &url, "--token", "wrong"], "does not let this token"),
        (&["dist", "--url", &url, "--project", "none"], "has no project none"),
    ];
    for (arguments, expected) in rows {
        let (code, said) = shop.verify(arguments);
        assert_eq!(code, UNCHECKED, "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}
