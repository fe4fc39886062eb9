//! Documents in the place of others.

use serde_json::json;

use super::{W47, add, found, made, open};

#[test]
fn a_document_takes_the_place_of_the_one_before() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = open(dir.path());
    let frame = |function: &str| json!({"stacktrace": {"frames": [{"function": function}]}});
    for seq in 1..=3 {
        add(&search, seq, &frame("minified"), W47);
    }
    search.commit(3).expect("commits");
    // The third was not committed when it was replaced, the fourth comes with the replacement.
    add(&search, 4, &frame("minified"), W47);
    let documents = [2, 4, 5].map(|seq| made(seq, &frame("chargeCard"), W47).1);
    let week = made(1, &frame("x"), W47).0;
    search.replace(week, documents.into()).expect("replaces");
    assert_eq!(found(&search, "chargeCard"), [5, 4, 2]);
    assert_eq!(found(&search, "minified"), [3, 1]);
    assert_eq!(search.cursor(), 3);
    // What is followed again is known.
    assert_eq!(add(&search, 4, &frame("minified"), W47), 0);
    search.commit(4).expect("commits");
    assert_eq!(search.events(), 5);
    drop(search);
    assert_eq!(found(&open(dir.path()), "minified"), [3, 1]);
}
