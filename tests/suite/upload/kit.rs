//! Bundles as uploaders write them, and the calls that upload them.

use std::io::{Cursor, Write};

use reqwest::Method;
use reqwest::blocking::multipart::{Form, Part};
use reqwest::blocking::{RequestBuilder, Response};
use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::api::ORG;
use crate::support::Server;

pub const DEBUG_ID: &str = "5f8e3a0c-1b2d-4c3e-9f00-aabbccddeeff";
pub const MINIFIED: &str = "function a(b){throw new Error(b)}a(\"declined\");";
pub const CHUNK_BYTES: usize = 8 << 20;

/// A file as a manifest has it.
pub struct File {
    pub path: String,
    pub kind: &'static str,
    pub url: String,
    pub headers: Value,
    pub body: Vec<u8>,
}

impl File {
    pub fn new(kind: &'static str, name: &str, headers: Value, body: impl Into<Vec<u8>>) -> Self {
        let (path, url) = (format!("files/_/_/{name}"), format!("~/{name}"));
        Self { path, kind, url, headers, body: body.into() }
    }
}

/// A map of one line of one source.
pub fn map(source: &str, text: Option<&str>) -> Vec<u8> {
    let mut map = json!({"version": 3, "sources": [source], "names": [], "mappings": "AAAA,SAAS"});
    if let Some(text) = text {
        map["sourcesContent"] = json!([text]);
    }
    map.to_string().into_bytes()
}

/// A minified file and its map, tied by a debug id and by name.
pub fn pair(name: &str, debug_id: &str) -> Vec<File> {
    let text = format!("export function charge() {{}} // of {name}");
    let headers = json!({"debug-id": debug_id, "sourcemap": format!("{name}.map")});
    vec![
        File::new("minified_source", name, headers, MINIFIED),
        File::new(
            "source_map",
            &format!("{name}.map"),
            json!({"debug-id": debug_id}),
            map("../src/pay.ts", Some(&text)),
        ),
    ]
}

pub fn manifest(files: &[File]) -> Value {
    let files = files.iter().map(|file| {
        (file.path.clone(), json!({"type": file.kind, "url": file.url, "headers": file.headers}))
    });
    json!({"org": "lighttrace", "project": "default", "files": files.collect::<Map<_, _>>()})
}

/// As the Rust uploader writes it: a header, files deflated, the manifest last.
pub fn bundle(files: &[File]) -> Vec<u8> {
    let manifest = manifest(files).to_string();
    let mut entries: Vec<(&str, &[u8])> =
        files.iter().map(|file| (file.path.as_str(), file.body.as_slice())).collect();
    entries.push(("manifest.json", manifest.as_bytes()));
    zip(b"SYSB\x02\0\0\0", &entries, CompressionMethod::Deflated)
}

pub fn zip(header: &[u8], entries: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut out = Cursor::new(header.to_vec());
    out.set_position(header.len() as u64);
    let mut writer = ZipWriter::new(out);
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, body) in entries {
        writer.start_file(*name, options).expect("an entry");
        writer.write_all(body).expect("memory");
    }
    writer.finish().expect("a zip").into_inner()
}

pub fn sha1(bytes: &[u8]) -> String {
    hex::encode(Sha1::digest(bytes))
}

pub fn chunks_of(bundle: &[u8]) -> Vec<&[u8]> {
    bundle.chunks(CHUNK_BYTES).collect()
}

pub fn post_chunk(server: &Server, field: &'static str, name: &str, body: Vec<u8>) -> Response {
    let form = Form::new().part(field, Part::bytes(body).file_name(name.to_owned()));
    let request = server.api(Method::POST, &format!("{ORG}/chunk-upload/"));
    request.multipart(form).send().expect("an answer")
}

pub fn send_chunks(server: &Server, chunks: &[&[u8]]) {
    for chunk in chunks {
        let answer = post_chunk(server, "file", &sha1(chunk), chunk.to_vec());
        assert_eq!(answer.status(), 200, "{}", answer.text().expect("text"));
    }
}

/// What a bundle is uploaded for.
pub fn body_of(bundle: &[u8], more: &Value) -> Value {
    let chunks: Vec<String> = chunks_of(bundle).into_iter().map(sha1).collect();
    let mut body = json!({"checksum": sha1(bundle), "chunks": chunks, "projects": ["default"]});
    let more = more.as_object().expect("fields").clone();
    body.as_object_mut().expect("fields").extend(more);
    body
}

pub fn ask(server: &Server, body: &Value) -> RequestBuilder {
    server.api(Method::POST, &format!("{ORG}/artifactbundle/assemble/")).json(body)
}

/// The state, what is missing, and the detail.
pub fn assemble(server: &Server, body: &Value) -> (String, Vec<String>, Option<String>) {
    let answer = ask(server, body).send().expect("an answer");
    assert_eq!(answer.status(), 200, "{}", answer.text().expect("text"));
    let answer: Value = answer.json().expect("JSON");
    let missing = answer["missingChunks"].as_array().expect("a list").iter();
    let missing = missing.map(|chunk| chunk.as_str().expect("a name").to_owned()).collect();
    (
        answer["state"].as_str().expect("a state").to_owned(),
        missing,
        answer["detail"].as_str().map(str::to_owned),
    )
}

/// Uploads as an uploader does that waits; answers the last state and its detail.
pub fn upload(server: &Server, bundle: &[u8], more: &Value) -> (String, Option<String>) {
    let body = body_of(bundle, more);
    let (state, missing, _) = assemble(server, &body);
    if state == "not_found" {
        let chunks = chunks_of(bundle);
        send_chunks(
            server,
            &chunks.into_iter().filter(|chunk| missing.contains(&sha1(chunk))).collect::<Vec<_>>(),
        );
    }
    wait(server, &body)
}

/// Polls until a bundle is ready or has failed.
pub fn wait(server: &Server, body: &Value) -> (String, Option<String>) {
    let mut last = (String::new(), None);
    server.wait_until("the bundle is assembled", || {
        let (state, missing, detail) = assemble(server, body);
        assert!(missing.is_empty() && state != "not_found", "{state}: the upload is over");
        last = (state, detail);
        matches!(last.0.as_str(), "ok" | "error")
    });
    last
}

pub fn bundles(server: &Server, project: &str, query: &str) -> Vec<Value> {
    let path = format!("/api/0/projects/lighttrace/{project}/files/artifact-bundles/{query}");
    server.api_get(&path).as_array().expect("a list").clone()
}

pub fn files(server: &Server, project: &str, bundle: &[u8]) -> Vec<Value> {
    let sum = sha1(bundle);
    let path = format!("/api/0/projects/lighttrace/{project}/files/artifact-bundles/{sum}/files/");
    server.api_get(&path)["files"].as_array().expect("a list").clone()
}
