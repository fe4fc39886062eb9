//! Annotations: their order, their bound, and how they go.

use jiff::{SignedDuration, Timestamp};

use crate::model::annotation::{Annotation, AnnotationKind};
use crate::model::ids::ProjectId;
use crate::store::{Result, Store, annotations};

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + minute * 60).expect("a time")
}

fn note(minute: i64, projects: &[u64]) -> Annotation {
    Annotation {
        id: 0,
        at: at(minute),
        until: None,
        title: format!("minute {minute}"),
        text: String::new(),
        kind: AnnotationKind::Other,
        projects: projects.iter().copied().map(ProjectId).collect(),
        environment: None,
        link: None,
        by: None,
        noted: at(0),
    }
}

fn titles(store: &Store, from: Option<Timestamp>, to: Option<Timestamp>) -> Vec<String> {
    let found = store.annotations(from, to, None, &|_| true, 100).expect("read");
    found.into_iter().map(|annotation| annotation.title).collect()
}

#[test]
fn they_stand_in_the_order_of_their_own_time() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = Store::open(dir.path()).expect("open");
    for minute in [5, 1, 3] {
        store.add_annotation(note(minute, &[])).expect("add");
    }
    assert_eq!(titles(&store, None, None), ["minute 5", "minute 3", "minute 1"]);
    assert_eq!(titles(&store, Some(at(1)), Some(at(5))), ["minute 3", "minute 1"]);
    assert!(titles(&store, Some(at(5)), Some(at(1))).is_empty());
    let found = store.annotations(None, None, Some((at(5), 1)), &|_| true, 1).expect("read");
    assert_eq!(found[0].title, "minute 3");
    let gone = store.find_annotation(found[0].id).expect("read").expect("there");
    assert!(
        store.delete_annotation(&gone).expect("delete") && !store.delete_annotation(&gone).expect("delete")
    );
    assert_eq!(titles(&store, None, None), ["minute 5", "minute 1"]);
}

#[test]
fn they_go_with_retention_once_they_are_over() {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = Store::open(dir.path()).expect("open");
    for (minute, length) in [(1, None), (2, Some(100)), (3, Some(1)), (50, None)] {
        let until = length.map(|length| at(minute) + SignedDuration::from_mins(length));
        store.add_annotation(Annotation { until, ..note(minute, &[]) }).expect("add");
    }
    store.drop_annotations(at(10)).expect("drop");
    assert_eq!(titles(&store, None, None), ["minute 50", "minute 2"]);
}

#[test]
fn what_was_of_a_deleted_project_alone_goes_with_it() -> Result<()> {
    let dir = tempfile::tempdir().expect("tempdir");
    let store = Store::open(dir.path())?;
    for (minute, projects) in [(1, vec![1]), (2, vec![1, 2]), (3, vec![]), (4, vec![2])] {
        store.add_annotation(note(minute, &projects))?;
    }
    store.write(|txn| annotations::erase(txn, ProjectId(1)))?;
    let found = store.annotations(None, None, None, &|_| true, 100)?;
    let left: Vec<_> = found.iter().map(|note| (note.title.as_str(), note.projects.len())).collect();
    assert_eq!(left, [("minute 4", 1), ("minute 3", 0), ("minute 2", 1)]);
    Ok(())
}
