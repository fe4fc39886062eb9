use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;

use super::{folder_bytes, forget_beyond};
use crate::model::event::Event;
use crate::model::grouping::Headline;
use crate::model::ids::{EventId, GroupHash, ProjectId, PublicKey};
use crate::search::{Search, WRITER_BYTES_MIN, document};
use crate::store::{Batch, EventRecord, Record, Recorded, Store};

#[test]
fn the_oldest_weeks_go_until_the_folder_is_within_its_bound_and_this_one_stays() {
    let dir = tempfile::tempdir().expect("a folder");
    let now: Timestamp = "2026-11-23T08:00:00Z".parse().expect("a moment");
    let store = Store::open(dir.path()).expect("opens");
    let search = Search::open(dir.path(), WRITER_BYTES_MIN).expect("opens");
    store.create_project("shop", "Shop", None, PublicKey([7; 16]), now).expect("created");
    let mut head = 0;
    for (number, received) in
        (1u8..).zip(["2026-11-03T00:00:00Z", "2026-11-10T00:00:00Z", "2026-11-23T00:00:00Z"])
    {
        let event: Event = serde_json::from_value(json!({
            "event_id": EventId([number; 16]), "platform": "other", "timestamp": received, "received": received,
        }))
        .expect("an event");
        let record = Record::Event(Box::new(EventRecord {
            project: ProjectId(1),
            recipe: Bytes::new(),
            raw: Bytes::new(),
            hashes: vec![GroupHash([number; 16])],
            headline: Headline::default(),
            tags: Vec::new(),
            wanted: std::collections::BTreeSet::new(),
            event: event.clone(),
        }));
        let recorded =
            store.record(&Batch { records: vec![record], ..Batch::default() }, now).expect("recorded");
        let Recorded::Stored { place: Some(place), .. } = recorded[0] else { panic!("stored") };
        search.add(crate::model::week::Week(place.week), vec![document(&event, &place)]).expect("added");
        head = place.seq.0;
        search.commit(head).expect("committed");
    }
    let folders = || {
        let entries = std::fs::read_dir(dir.path().join("partitions")).expect("listed");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
        names.sort();
        names
    };
    let forget = |bytes_max| forget_beyond(&store, &search, dir.path(), bytes_max, now);
    assert_eq!(forget(folder_bytes(dir.path())), 0, "exactly at the bound");
    assert_eq!(folders().len(), 3);
    assert_eq!(forget(folder_bytes(dir.path()) - 1), 1);
    assert_eq!(folders(), ["2026-W46", "2026-W48"]);
    assert_eq!(forget(0), 1, "all that may go");
    assert_eq!(folders(), ["2026-W48"]);
    assert_eq!(*store.head().borrow(), head);
    assert_eq!(search.events(), 1);
}
