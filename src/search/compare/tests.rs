use serde_json::json;

use super::{FAILING_MAX, OTHERS_MAX, Picker, without};
use crate::insight::differs::KeyEvents;
use crate::model::ids::{EventSeq, IssueId, ProjectId};
use crate::model::issue::EventRef;
use crate::model::query::Query;
use crate::model::week::Week;
use crate::search::{Filter, Search, WRITER_BYTES_MIN, document};

fn add(search: &Search, seq: u64, issue: u64, browser: &str, user: u64) {
    let at = if seq.is_multiple_of(2) { "2026-11-18T10:00:00Z" } else { "2026-11-24T10:00:00Z" };
    let event = serde_json::from_value(json!({
        "event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0", "platform": "javascript", "timestamp": at, "received": at,
        "tags": [["browser.name", browser]], "user": {"id": user.to_string()},
    }));
    let event: crate::model::event::Event = event.expect("an event");
    let week = Week::of(event.received);
    let at = EventRef {
        seq: EventSeq(seq),
        event_id: event.event_id,
        project: ProjectId(1),
        issue: IssueId(issue),
        timestamp: event.timestamp,
        week: week.0,
    };
    search.add(week, vec![document(&event, &at)]).expect("adds");
}

fn counts(key: &KeyEvents) -> Vec<(&str, usize, usize)> {
    key.values.iter().map(|value| (value.value.as_str(), value.failing.len(), value.others.len())).collect()
}

#[test]
fn both_sets_are_counted_over_segments_and_weeks() {
    let dir = tempfile::tempdir().expect("a folder");
    let search = Search::open(dir.path(), WRITER_BYTES_MIN).expect("opens");
    for seq in 1..=60 {
        let (issue, browser) = if seq <= 10 { (1, "Safari") } else { (2 + seq % 3, "Chrome") };
        add(&search, seq, issue, if seq == 60 { "Safari" } else { browser }, seq % 5);
        if seq % 15 == 0 {
            search.commit(seq).expect("commits");
        }
    }
    let all = Query::default();
    let b = Filter::of(&all);
    let a = Filter { issue: Some(IssueId(1)), ..b };
    let found = search.compare(&a, &b, &["browser.name", "nothing"]).expect("compares");
    assert_eq!((found.a, found.b, found.sampled), (10, 50, false));
    let [browsers] = &found.samples.keys[..] else { panic!("{:?}", found.samples.keys) };
    assert_eq!(counts(browsers), [("Chrome", 0, 49), ("Safari", 10, 1)]);
    assert_eq!((browsers.failing.len(), browsers.others.len()), (10, 50));
    assert!(found.samples.failing.iter().all(|event| event.issue == 1 && event.person != 0));
    let people = |events: &[crate::insight::differs::Sampled]| {
        events.iter().map(|event| event.person).collect::<std::collections::HashSet<_>>().len()
    };
    assert_eq!((people(&found.samples.failing), people(&found.samples.others)), (5, 5));
    // The one Safari event among the others is where its list says.
    let chrome: Vec<u32> = browsers.values[0].others.clone();
    let safari = browsers.values[1].others[0];
    assert!(!chrome.contains(&safari) && chrome.is_sorted() && chrome.len() == 49);

    let week = Filter { from: Some("2026-11-20T00:00:00Z".parse().expect("a time")), ..b };
    let found = search.compare(&Filter { issue: Some(IssueId(1)), ..week }, &week, &["browser.name"]);
    assert_eq!(found.map(|found| (found.a, found.b)).expect("compares"), (5, 25));
}

#[test]
fn samples_are_even() {
    for (all, most, run) in
        [(10, 2_000, 1), (5_000, FAILING_MAX, 1), (1_000_000, OTHERS_MAX, 64), (10_001, OTHERS_MAX, 64)]
    {
        let mut picker = Picker::new(all, most, run);
        let docs: Vec<u32> = (0..u32::try_from(all).expect("few")).collect();
        let chosen: Vec<u32> = docs.chunks(777).flat_map(|docs| picker.pick(docs)).collect();
        assert!(
            chosen.len() <= most + run && chosen.len() * 10 >= most.min(all) * 9,
            "{all}: {}",
            chosen.len()
        );
        let half = chosen.iter().filter(|doc| (**doc as usize) < all / 2).count();
        assert!(half.abs_diff(chosen.len() - half) <= 2 * run, "{all}");
        assert_eq!(chosen.len(), picker.picked as usize);
    }
    assert_eq!(without(vec![1, 2, 3, 5, 8], &[0, 2, 4, 8, 9]), [1, 3, 5]);
}
