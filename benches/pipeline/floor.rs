//! What the parts cost alone, on one thread: the least that an event can cost.

use std::time::Instant;

use redb::{Database, TableDefinition};
use tantivy::schema::{FAST, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions};

use crate::workload::{Rng, event};

const EVENTS: usize = 4_000;

pub fn print() {
    let mut rng = Rng::new(11);
    let bodies: Vec<String> = (0..EVENTS).map(|_| event(&mut rng).to_string()).collect();
    let bytes: usize = bodies.iter().map(String::len).sum();
    println!("floor of the parts, one thread, {EVENTS} events of {} bytes on average", bytes / EVENTS);
    let parse = time("parse JSON to a tree", || {
        for body in &bodies {
            std::hint::black_box(serde_json::from_str::<serde_json::Value>(body).expect("JSON"));
        }
        bodies.len()
    });
    let mut compressor = zstd::bulk::Compressor::new(3).expect("level 3");
    let mut packed = Vec::with_capacity(EVENTS);
    let compress = time("compress, zstd level 3", || {
        packed.extend(bodies.iter().map(|body| compressor.compress(body.as_bytes()).expect("fits")));
        packed.len()
    });
    let store = time("redb, 1,000 a commit, with an id index", || redb(&packed));
    let index = time("tantivy, text with positions and 10 tags", || tantivy(&bodies));
    println!("{:44} {:8.1} µs", "sum", parse + compress + store + index);
    let packed_bytes: usize = packed.iter().map(Vec::len).sum();
    println!("{:44} {:8} bytes\n", "compressed alone", packed_bytes / EVENTS);
}

fn time(what: &str, work: impl FnOnce() -> usize) -> f64 {
    let start = Instant::now();
    let count = work();
    let each = start.elapsed().as_secs_f64() * 1e6 / count as f64;
    println!("{what:44} {each:8.1} µs");
    each
}

fn redb(packed: &[Vec<u8>]) -> usize {
    const EVENTS: TableDefinition<u64, &[u8]> = TableDefinition::new("events");
    const IDS: TableDefinition<(u64, u128), u64> = TableDefinition::new("ids");
    let dir = tempfile::tempdir().expect("a folder");
    let database = Database::create(dir.path().join("floor.redb")).expect("created");
    let mut rng = Rng::new(3);
    for (chunk_index, chunk) in packed.chunks(1_000).enumerate() {
        let transaction = database.begin_write().expect("begins");
        {
            let mut events = transaction.open_table(EVENTS).expect("opens");
            let mut ids = transaction.open_table(IDS).expect("opens");
            for (index, body) in chunk.iter().enumerate() {
                let seq = (chunk_index * 1_000 + index) as u64;
                events.insert(seq, body.as_slice()).expect("inserted");
                ids.insert((1, u128::from(rng.next()) << 64 | u128::from(rng.next())), seq)
                    .expect("inserted");
            }
        }
        transaction.commit().expect("commits");
    }
    packed.len()
}

fn tantivy(bodies: &[String]) -> usize {
    let mut schema = Schema::builder();
    let positions = TextFieldIndexing::default()
        .set_tokenizer("default")
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let text = schema.add_text_field("text", TextOptions::default().set_indexing_options(positions));
    let tag = schema.add_text_field("tag", STRING);
    let seq = schema.add_u64_field("seq", FAST);
    let dir = tempfile::tempdir().expect("a folder");
    let index = tantivy::Index::create_in_dir(dir.path(), schema.build()).expect("created");
    let mut writer = index.writer_with_num_threads(1, 50_000_000).expect("a writer");
    for (number, body) in bodies.iter().enumerate() {
        let value: serde_json::Value = serde_json::from_str(body).expect("JSON");
        let mut document = tantivy::TantivyDocument::default();
        document.add_u64(seq, number as u64);
        document.add_text(text, searchable(&value));
        for index in 0..10 {
            document.add_text(tag, format!("tag{index}={}", number % (index + 2)));
        }
        writer.add_document(document).expect("added");
    }
    writer.commit().expect("commits");
    bodies.len()
}

/// What a person may search for: names, places, messages, crumbs.
fn searchable(event: &serde_json::Value) -> String {
    let mut text = String::new();
    let mut add = |value: &serde_json::Value| {
        if let Some(value) = value.as_str() {
            text.push_str(value);
            text.push(' ');
        }
    };
    let exception = &event["exception"]["values"][0];
    add(&exception["type"]);
    add(&exception["value"]);
    for frame in exception["stacktrace"]["frames"].as_array().into_iter().flatten() {
        for key in ["function", "module", "filename", "context_line"] {
            add(&frame[key]);
        }
    }
    for crumb in event["breadcrumbs"]["values"].as_array().into_iter().flatten() {
        add(&crumb["message"]);
        add(&crumb["data"]["url"]);
    }
    text
}
