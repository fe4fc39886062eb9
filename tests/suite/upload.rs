//! What Sentry's uploaders send, and what must come of it.

use std::path::Path;

use reqwest::Method;
use reqwest::blocking::multipart::{Form, Part};
use serde_json::{Value, json};
use zip::CompressionMethod;

use crate::api::ORG;
use crate::protocol::{bodies::gzip, raw::memory_kib};
use crate::support::Server;
use crate::upload::kit::{
    CHUNK_BYTES, DEBUG_ID, File, MINIFIED, ask, assemble, body_of, bundle, bundles, chunks_of, files,
    manifest, map, pair, post_chunk, send_chunks, sha1, upload, wait, zip,
};

mod hostile;
pub mod kit;

/// All files below a folder.
fn count_files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let paths = entries.map(|entry| entry.expect("readable").path());
    paths.map(|path| if path.is_dir() { count_files(&path) } else { 1 }).sum()
}

fn artifacts(server: &Server, folder: &str) -> usize {
    count_files(&server.data_dir().join("artifacts").join(folder))
}

#[test]
fn uploaders_are_told_how_to_cut_and_where_to_send() {
    let server = Server::start();
    let options = server.api_get(&format!("{ORG}/chunk-upload/"));
    assert_eq!(options["url"], server.url(&format!("{ORG}/chunk-upload/")), "where this client reached it");
    assert_eq!((&options["chunkSize"], &options["hashAlgorithm"]), (&json!(CHUNK_BYTES), &json!("sha1")));
    for accepted in ["artifact_bundles", "artifact_bundles_v2"] {
        assert!(options["accept"].as_array().expect("a list").contains(&json!(accepted)), "{options}");
    }
    assert_eq!(options["compression"], json!(["gzip"]));
}

#[test]
fn a_bundle_goes_through_the_states_that_uploaders_act_upon() {
    let server = Server::start();
    let bundle = bundle(&pair("static/app.js", DEBUG_ID));
    let body = body_of(&bundle, &json!({"version": "shop@1.0+ab", "dist": "7"}));
    for _ in 0..2 {
        assert_eq!(assemble(&server, &body), ("not_found".into(), vec![sha1(&bundle)], None));
    }
    let answer = post_chunk(&server, "file_gzip", &sha1(&bundle), gzip(&bundle));
    assert_eq!((answer.status().as_u16(), answer.text().expect("text").as_str()), (200, ""));
    assert_eq!(assemble(&server, &body).0, "created");
    assert_eq!(wait(&server, &body), ("ok".into(), None));
    assert_eq!(assemble(&server, &body), ("ok".into(), vec![], None));

    let listed = bundles(&server, "default", "");
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["state"], &listed[0]["fileCount"]), (&json!("ready"), &json!(2)));
    assert_eq!(listed[0]["associations"], json!([{"release": "shop@1.0+ab", "dist": "7"}]));
    assert!(
        listed[0]["bytes"].as_u64().expect("a number") > bundle.len() as u64,
        "what was made of it counts"
    );
    let minified = &files(&server, "default", &bundle)[0];
    assert_eq!(
        (&minified["filePath"], &minified["debugId"]),
        (&json!("files/_/_/static/app.js"), &json!(DEBUG_ID))
    );
    assert_eq!(minified["mapState"], json!({"state": "ready", "lacksContents": false}));
    assert_eq!(
        (artifacts(&server, "chunks"), artifacts(&server, "work"), artifacts(&server, "maps")),
        (0, 0, 1)
    );
    assert!(server.metric("lighttrace_artifact_bytes") > 0.0);

    // The same for another project and release: nothing to send.
    assert!(bundles(&server, "second", "").is_empty());
    let more = json!({"projects": ["default", "second"], "version": "shop@2.0"});
    assert_eq!(assemble(&server, &body_of(&bundle, &more)), ("ok".into(), vec![], None));
    assert_eq!(
        bundles(&server, "second", "")[0]["associations"],
        json!([{"release": "shop@2.0", "dist": null}])
    );
    assert_eq!(bundles(&server, "default", "")[0]["associations"][0]["release"], "shop@2.0");
    for (query, found) in [
        ("?release=shop@2.0", 1),
        ("?release=shop@3.0", 0),
        ("?query=1.0%2BAB", 1),
        ("?query=nothing", 0),
        (&format!("?query={DEBUG_ID}"), 1),
        ("?query=00000000-1b2d-4c3e-9f00-aabbccddeeff", 0),
    ] {
        assert_eq!(bundles(&server, "default", query).len(), found, "{query}");
    }
}

#[test]
fn a_bundle_that_two_projects_have_goes_with_the_last() {
    let server = Server::start();
    let bundle = bundle(&pair("app.js", DEBUG_ID));
    assert_eq!(upload(&server, &bundle, &json!({"projects": ["default", 2]})).0, "ok");
    let delete = |project: &str| {
        let path = format!("/api/0/projects/lighttrace/{project}/files/artifact-bundles/");
        let request = server.api(Method::DELETE, &path).query(&[("bundleId", sha1(&bundle))]);
        request.send().expect("an answer").status().as_u16()
    };
    assert_eq!((delete("default"), delete("default")), (204, 404));
    assert!(bundles(&server, "default", "").is_empty());
    assert_eq!(files(&server, "second", &bundle).len(), 2);
    assert_eq!(artifacts(&server, "bundles"), 1);
    assert_eq!(delete("second"), 204);
    server
        .wait_until("its files are gone", || artifacts(&server, "bundles") + artifacts(&server, "maps") == 0);
    server.wait_until("their room is free", || server.metric("lighttrace_artifact_bytes") == 0.0);
    let log = server.api_get(&format!("{ORG}/audit-logs/?event=artifact-bundle.remove"));
    assert_eq!(log["rows"].as_array().expect("rows").len(), 2);
    assert_eq!(upload(&server, &bundle, &json!({})).0, "ok", "it may come again");
}

#[test]
fn every_uploaders_way_to_write_a_bundle_is_read() {
    let server = Server::start();
    let other_id = "00000000-1111-4222-8333-444455556666";
    let ready = json!({"state": "ready", "lacksContents": false});
    let lacks = json!({"state": "ready", "lacksContents": true});
    let check = |what: &str, bytes: &[u8], expected: &Value| {
        assert_eq!(upload(&server, bytes, &json!({})), ("ok".into(), None), "{what}");
        assert_eq!(minified_of(&files(&server, "default", bytes))["mapState"], *expected, "{what}");
    };

    // npm: stored, the manifest first, no header, header names in capitals.
    let mut npm = pair("x.js", DEBUG_ID);
    npm[0].headers = json!({"Debug-Id": DEBUG_ID, "Sourcemap": "x.js.map"});
    let text = manifest(&npm).to_string();
    let entries: Vec<(&str, &[u8])> = std::iter::once(("manifest.json", text.as_bytes()))
        .chain(npm.iter().map(|file| (file.path.as_str(), file.body.as_slice())))
        .collect();
    check("npm", &zip(b"", &entries, CompressionMethod::Stored), &ready);

    // A plugin's name for the map leads nowhere: the debug id does.
    let mut dangling = pair("y.js", DEBUG_ID);
    dangling[0].headers = json!({"debug-id": DEBUG_ID, "sourcemap": "assets/elsewhere.js.map"});
    check("a dangling name", &bundle(&dangling), &ready);

    // Without debug ids: a header's name, the file's own last line, and the map beside it.
    let minified = |name: &str, headers: Value, body: &str| File::new("minified_source", name, headers, body);
    let its_map =
        |name: &str| File::new("source_map", name, Value::Null, map("../src/pay.ts", Some("charge()")));
    check(
        "a header",
        &bundle(&[minified("a.js", json!({"sourcemap": "maps/a.map"}), MINIFIED), its_map("maps/a.map")]),
        &ready,
    );
    let named = format!("{MINIFIED}\n//# sourceMappingURL=b.map");
    check("its last line", &bundle(&[minified("b.js", Value::Null, &named), its_map("b.map")]), &ready);
    check("beside it", &bundle(&[minified("c.js", Value::Null, MINIFIED), its_map("c.js.map")]), &ready);

    // The debug id stands in the file alone.
    let injected = format!("{MINIFIED}\n//# debugId={other_id}\n");
    let mut by_text = pair("d.js", other_id);
    by_text[0] = minified("d.js", Value::Null, &injected);
    by_text[1].url = "~/elsewhere.map".into();
    by_text[1].path = "elsewhere.map".into();
    let bytes = bundle(&by_text);
    check("a debug id in the text", &bytes, &ready);
    assert_eq!(minified_of(&files(&server, "default", &bytes))["debugId"], other_id);

    // The map inside the file.
    let data = base64(&map("../src/pay.ts", Some("charge()")));
    let inline =
        format!("{MINIFIED}\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,{data}");
    check("an inline map", &bundle(&[minified("e.js", Value::Null, &inline)]), &ready);
    let broken = inline.replace(&data, "%%%");
    let bytes = bundle(&[minified("e.js", Value::Null, &broken)]);
    assert_eq!(upload(&server, &bytes, &json!({})).0, "ok");
    assert_eq!(files(&server, "default", &bytes)[0]["mapState"]["state"], "malformed");

    // Texts of sources from the bundle's own files, as tsc wants it, and where there are none.
    let plain = |root: &str| {
        let map = json!({"version": 3, "sources": ["../src/pay.ts"], "sourceRoot": root, "names": [], "mappings": "AAAA"});
        File::new("source_map", "dist/f.js.map", Value::Null, map.to_string())
    };
    let tsc = minified("dist/f.js", Value::Null, MINIFIED);
    check("texts missing", &bundle(&[tsc, plain("")]), &lacks);
    let tsc = minified("dist/f.js", Value::Null, MINIFIED);
    let source = File::new("source", "src/pay.ts", Value::Null, "charge()");
    check("texts beside it", &bundle(&[tsc, plain(""), source]), &ready);

    // No map, a broken one, and a file for a phone: the bundle is fine.
    let missing = json!({"state": "missing", "named": "gone.map"});
    check("no map", &bundle(&[minified("g.js", json!({"sourcemap": "gone.map"}), MINIFIED)]), &missing);
    let bad =
        [minified("h.js", Value::Null, MINIFIED), File::new("source_map", "h.js.map", Value::Null, "{")];
    let bytes = bundle(&bad);
    assert_eq!(upload(&server, &bytes, &json!({})).0, "ok");
    assert_eq!(files(&server, "default", &bytes)[0]["mapState"]["state"], "malformed");
    check(
        "a RAM bundle",
        &bundle(&[File::new("indexed_ram_bundle", "main.jsbundle", Value::Null, [0xE5, 0xD1, 0x0B])]),
        &Value::Null,
    );
}

/// Files stand in the order of their manifest.
fn minified_of(files: &[Value]) -> &Value {
    files.iter().find(|file| file["fileType"] == "minified_source").unwrap_or(&files[0])
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn what_two_runs_of_an_uploader_sent_is_read_together() {
    let server = Server::start();
    let [minified, map] = <[File; 2]>::try_from(pair("app.js", DEBUG_ID)).ok().expect("two");
    let [later, earlier] = [bundle(&[minified]), bundle(&[map])];
    assert_eq!(upload(&server, &earlier, &json!({})).0, "ok");
    assert_eq!(upload(&server, &later, &json!({})).0, "ok");
    assert_eq!(files(&server, "default", &later)[0]["mapState"]["state"], "ready", "by debug id");

    let named = |name: &str| File::new("minified_source", name, json!({"sourcemap": "maps/b.map"}), MINIFIED);
    let its_map =
        File::new("source_map", "maps/b.map", Value::Null, self::map("../src/pay.ts", Some("charge()")));
    let [first, second] = [bundle(&[named("b.js")]), bundle(&[its_map])];
    let release = json!({"version": "shop@1.0"});
    assert_eq!(upload(&server, &first, &release).0, "ok");
    assert_eq!(files(&server, "default", &first)[0]["mapState"]["state"], "missing");
    assert_eq!(upload(&server, &second, &json!({"version": "shop@2.0"})).0, "ok");
    assert_eq!(
        files(&server, "default", &first)[0]["mapState"]["state"],
        "missing",
        "that was another release"
    );
    assert_eq!(upload(&server, &second, &release).0, "ok");
    server.wait_until("the file is read with the map that came later", || {
        files(&server, "default", &first)[0]["mapState"]["state"] == "ready"
    });
}

#[test]
fn files_that_come_one_by_one_find_each_other() {
    let server = Server::start();
    let send = |path: &str, name: &str, header: &str, body: Vec<u8>| {
        let file = Part::bytes(body).file_name("blob");
        // The file first: what it is called comes behind it.
        let form = Form::new().part("file", file).text("name", name.to_owned()).text("dist", "7");
        let form = form.text("header", header.to_owned());
        let answer = server.api(Method::POST, path).multipart(form).send().expect("an answer");
        assert_eq!(answer.status(), 201);
        answer.json::<Value>().expect("JSON")
    };
    let of_project = "/api/0/projects/lighttrace/default/releases/shop@1.0%2Bab/files/";
    let of_all = "/api/0/organizations/lighttrace/releases/shop%401.0%2Bab/files/";
    let minified = send(of_project, "~/js/app.js", "Sourcemap: ../maps/app.map", MINIFIED.into());
    assert_eq!((&minified["name"], &minified["dist"]), (&json!("~/js/app.js"), &json!("7")));
    assert_eq!(minified["sha1"], sha1(MINIFIED.as_bytes()));
    let text = map("../src/pay.ts", Some("charge()"));
    send(of_all, "~/maps/app.map", "Content-Type: application/json", text.clone());
    let id = minified["id"].as_str().expect("an id");
    let path = format!("/api/0/projects/lighttrace/default/files/artifact-bundles/{id}/files/");
    server.wait_until("the file is read with its map", || {
        server.api_get(&path)["files"][0]["mapState"]["state"] == "ready"
    });
    let names = |path: &str| -> Vec<String> {
        let listed = server.api_get(path);
        let listed = listed.as_array().expect("a list").iter();
        listed.map(|file| file["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(of_project), ["~/maps/app.map", "~/js/app.js"]);
    assert_eq!(names("/api/0/projects/lighttrace/second/releases/shop@1.0%2Bab/files/"), ["~/maps/app.map"]);
    assert_eq!(names(&format!("{of_all}?checksum={}", sha1(&text))), ["~/maps/app.map"]);
    assert!(names("/api/0/projects/lighttrace/default/releases/shop@1.0/files/").is_empty());

    let delete = |path: &str| server.api(Method::DELETE, path).send().expect("an answer").status().as_u16();
    assert_eq!(delete(&format!("/api/0/projects/lighttrace/second/releases/shop@1.0%2Bab/files/{id}/")), 404);
    assert_eq!(delete(&format!("{of_project}{id}/")), 204);
    assert_eq!(names(of_project), ["~/maps/app.map"]);
    for (form, detail) in [
        (Form::new().text("name", "~/a.js"), "Missing uploaded file"),
        (Form::new().part("file", Part::bytes(b"x".to_vec())), "name:"),
    ] {
        let answer = server.api(Method::POST, of_project).multipart(form).send().expect("an answer");
        assert_eq!(answer.status(), 400);
        assert!(answer.text().expect("text").contains(detail));
    }
}

#[test]
fn bundles_of_a_release_as_older_uploaders_send_them() {
    let server = Server::start();
    let bundle = bundle(&pair("app.js", DEBUG_ID));
    let chunk = sha1(&bundle);
    send_chunks(&server, &[&bundle]);
    let body = json!({"checksum": chunk, "chunks": [chunk]});
    server.wait_until("it is ready", || {
        let request = server.api(Method::POST, &format!("{ORG}/releases/shop@1.0/assemble/"));
        request.json(&body).send().expect("an answer").json::<Value>().expect("JSON")["state"] == "ok"
    });
    assert_eq!(bundles(&server, "second", "?release=shop@1.0").len(), 1, "of all projects");
}

#[test]
fn an_upload_that_broke_off_goes_on_where_it_was() {
    let server = Server::start();
    let mut parts = pair("app.js", DEBUG_ID);
    parts.push(File::new("source", "noise.bin", Value::Null, noise(CHUNK_BYTES * 2)));
    let bundle = bundle(&parts);
    let body = body_of(&bundle, &json!({}));
    let chunks = chunks_of(&bundle);
    assert_eq!(chunks.len(), 3);
    send_chunks(&server, &chunks[..2]);
    assert_eq!(assemble(&server, &body), ("not_found".into(), vec![sha1(chunks[2])], None));
    server.restart();
    // One that was here is lost with a part of the disk.
    let lost = sha1(chunks[0]);
    std::fs::remove_file(server.data_dir().join("artifacts/chunks").join(&lost[..2]).join(&lost))
        .expect("removed");
    assert_eq!(assemble(&server, &body), ("not_found".into(), vec![lost, sha1(chunks[2])], None));
    assert_eq!(upload(&server, &bundle, &json!({})), ("ok".into(), None));
}

#[test]
fn one_bundle_that_many_upload_at_once_is_one_bundle() {
    let server = Server::start();
    let bundle = bundle(&pair("app.js", DEBUG_ID));
    std::thread::scope(|scope| {
        for n in 0..6 {
            let (server, bundle) = (&server, &bundle);
            scope.spawn(move || {
                assert_eq!(
                    upload(server, bundle, &json!({"version": format!("shop@{n}")})),
                    ("ok".into(), None)
                );
            });
        }
    });
    let listed = bundles(&server, "default", "");
    assert_eq!((listed.len(), listed[0]["associations"].as_array().expect("a list").len()), (1, 6));
    assert_eq!(artifacts(&server, "bundles"), 1);
}

#[test]
fn a_bundle_is_ready_after_kills_in_the_midst_of_it() {
    const PAIRS: usize = 60;
    let server = Server::start();
    let pairs = (0..PAIRS).flat_map(|n| pair(&format!("{n}.js"), &format!("{n:032x}")));
    let bundle = bundle(&pairs.collect::<Vec<_>>());
    let body = body_of(&bundle, &json!({}));
    send_chunks(&server, &chunks_of(&bundle));
    assert_eq!(assemble(&server, &body).0, "created");
    let mut converted = 0;
    for _ in 0..3 {
        let target = (converted + 5).min(PAIRS / 2);
        server.wait_until("it is in the midst of it", || artifacts(&server, "maps") >= target);
        server.kill();
        converted = artifacts(&server, "maps");
        assert!(converted < PAIRS, "it was killed before the end");
        server.restart();
    }
    assert_eq!(wait(&server, &body), ("ok".into(), None));
    assert_eq!(artifacts(&server, "maps"), PAIRS);
    let ready =
        files(&server, "default", &bundle).iter().filter(|f| f["mapState"]["state"] == "ready").count();
    assert_eq!(ready, 13, "of the first 25 files");
}

#[test]
fn converted_maps_that_are_lost_are_made_again() {
    let server = Server::start();
    let bundle = bundle(&pair("app.js", DEBUG_ID));
    assert_eq!(upload(&server, &bundle, &json!({})).0, "ok");
    server.kill();
    std::fs::remove_dir_all(server.data_dir().join("artifacts/maps")).expect("removed");
    server.restart();
    server.wait_until("the map is there again", || artifacts(&server, "maps") == 1);
}

#[test]
fn a_large_upload_costs_disk_and_no_memory() {
    const NOISE_FILES: usize = 10;
    let server = Server::start();
    let mut parts = pair("app.js", DEBUG_ID);
    parts.extend(
        (0..NOISE_FILES).map(|n| File::new("source", &format!("{n}.bin"), Value::Null, noise(20 << 20))),
    );
    let bundle = bundle(&parts);
    assert!(bundle.len() > 200 << 20, "{} bytes", bundle.len());
    let before = memory_kib(&server);
    assert_eq!(upload(&server, &bundle, &json!({})), ("ok".into(), None));
    let grown = memory_kib(&server).saturating_sub(before);
    assert!(grown < 64 * 1024, "{grown} KiB");
}

/// What does not compress.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ bytes as u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..bytes / 8).flat_map(|_| next()).collect()
}

#[test]
fn what_is_no_upload_is_told_why() {
    let server = Server::start();
    let sum = sha1(b"x");
    for (body, detail) in [
        (json!({"checksum": "x", "chunks": [sum], "projects": ["default"]}), "checksum: expected a SHA-1"),
        (json!({"checksum": sum, "chunks": [], "projects": ["default"]}), "chunks: expected 1 to"),
        (
            json!({"checksum": sum, "chunks": ["../../etc"], "projects": ["default"]}),
            "chunks: expected a SHA-1",
        ),
        (json!({"checksum": sum, "chunks": [sum], "projects": []}), "projects: name 1 to"),
        (json!({"checksum": sum, "chunks": [sum], "projects": ["default"], "version": "a/b"}), "version:"),
        (json!({"checksum": sum, "chunks": [sum], "projects": ["default"], "dist": "x".repeat(65)}), "dist:"),
        (json!({"chunks": [sum]}), "checksum"),
    ] {
        let answer = ask(&server, &body).send().expect("an answer");
        assert_eq!(answer.status(), 400, "{body}");
        let answer: Value = answer.json().expect("JSON");
        assert!(answer["detail"].as_str().expect("words").contains(detail), "{body}: {answer}");
    }
    let gone = json!({"checksum": sum, "chunks": [sum], "projects": ["nowhere"]});
    assert_eq!(ask(&server, &gone).send().expect("an answer").status(), 404);
}

#[test]
fn tokens_of_builds_upload_and_others_do_not() {
    let server = Server::start();
    let bundle = bundle(&pair("app.js", DEBUG_ID));
    let body = body_of(&bundle, &json!({}));
    for (scopes, status) in [
        ("project:releases", 200),
        ("org:ci", 200),
        ("project:write", 200),
        ("project:read", 403),
        ("event:write", 403),
        ("org:read", 403),
    ] {
        let token = server.command(&["token", "add", "ci", "--scopes", scopes]).output().expect("ends");
        let token = String::from_utf8(token.stdout).expect("text");
        let url = server.url(&format!("{ORG}/artifactbundle/assemble/"));
        let answer = server.client.post(url).bearer_auth(token.trim()).json(&body).send().expect("an answer");
        assert_eq!(answer.status(), status, "{scopes}");
    }
}
