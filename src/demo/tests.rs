use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::*;
use crate::demo::story::Shape;
use crate::wire::envelope::Envelope;

fn wish(seed: u64) -> Wish {
    Wish { seed, events: 900, days: 14, now: "2026-11-26T12:00:00Z".parse().expect("a time") }
}

fn all(plan: &Plan) -> impl Iterator<Item = &Shipment> {
    plan.openings.iter().chain(&plan.rest).chain(&plan.later)
}

#[test]
fn the_same_wish_is_the_same_bytes() {
    let [one, again, other] = [wish(7), wish(7), wish(8)].map(|wish| plan(&wish).expect("sound data"));
    let bytes = |plan: &Plan| all(plan).cloned().collect::<Vec<_>>();
    assert_eq!(bytes(&one), bytes(&again));
    assert_eq!(one.decisions, again.decisions);
    assert_ne!(bytes(&one), bytes(&other));
}

#[test]
fn an_event_keeps_its_id_when_the_demo_is_loaded_another_day() {
    let later = Wish { now: wish(7).now + SignedDuration::from_hours(50), ..wish(7) };
    let ids = |wish: &Wish| {
        let plan = plan(wish).expect("sound data");
        plan.decisions.iter().map(|decision| decision.event).collect::<Vec<_>>()
    };
    assert_eq!(ids(&wish(7)), ids(&later));
}

#[test]
fn envelopes_are_well_formed_and_lie_in_the_asked_span() {
    let wish = wish(1);
    let plan = plan(&wish).expect("sound data");
    let first = wish.now - SignedDuration::from_hours(24 * 14);
    let mut ids = BTreeSet::new();
    let mut errors = 0;
    for shipment in all(&plan) {
        let envelope = Envelope::parse(&shipment.envelope.clone().into()).expect("well-formed");
        let id = envelope.headers.event_id.expect("named");
        assert!(ids.insert(id), "{id} twice");
        assert!(shipment.at >= first, "{}", shipment.at);
        // A report about an error that has only just happened comes a little later.
        assert!(shipment.at <= wish.now + SignedDuration::from_mins(2), "{}", shipment.at);
        let item = envelope.items.first().expect("an item");
        let payload: serde_json::Value = serde_json::from_slice(&item.payload).expect("JSON");
        assert!(payload["release"].as_str().is_some_and(|release| release.starts_with("pinecone-")));
        errors += u32::from(item.headers.ty.as_str() == "event");
    }
    let few = wish.events * 9 / 10..=wish.events + 2 * 60;
    assert!(few.contains(&errors), "{errors} errors");
}

#[test]
fn a_short_demo_holds_every_story_too() {
    for days in [1, 3, 28, DAYS_MAX] {
        let wish = Wish { days, events: 1, ..wish(1) };
        let plan = plan(&wish).expect("sound data");
        let first = wish.now - SignedDuration::from_hours(24 * i64::from(days));
        assert!(all(&plan).all(|shipment| shipment.at >= first), "{days} days");
        let id = |shipment: &Shipment| {
            Envelope::parse(&shipment.envelope.clone().into()).expect("well-formed").headers.event_id
        };
        let sent: BTreeSet<EventId> = plan.openings.iter().filter_map(id).collect();
        let decided: BTreeSet<EventId> = plan.decisions.iter().map(|decision| decision.event).collect();
        assert!(decided.is_subset(&sent), "what is decided about has been sent before, in {days} days");
    }
}

#[test]
fn who_resolves_an_issue_has_seen_the_last_of_it_unless_it_comes_back() {
    let plan = plan(&wish(3)).expect("sound data");
    let shop = Shop::load().expect("sound data");
    for story in shop.stories.iter().filter(|story| story.decided.is_some()) {
        let id = story.name.clone();
        let verdict = story.decided.as_ref().expect("filtered").verdict;
        let comes_back = matches!(story.shape, Some(Shape::Comeback { .. }));
        let goes_on = matches!(story.shape, Some(Shape::Steady));
        assert!(story.shape.is_some(), "{id}: decided, so it happens by itself");
        assert!(goes_on == (verdict == Verdict::Ignored), "{id}: what is ignored goes on");
        assert!(!comes_back || verdict == Verdict::Resolved, "{id}");
    }
    assert!(plan.later.len() > 10, "some come back");
}

#[test]
fn the_newest_events_of_every_service_arrive_last() {
    let plan = plan(&wish(1)).expect("sound data");
    let times: Vec<Timestamp> = plan.later.iter().map(|shipment| shipment.at).collect();
    assert!(times.is_sorted());
    for service in Service::ALL {
        let newest = |shipments: &[Shipment]| {
            shipments.iter().filter(|one| one.service == service).map(|one| one.at).max()
        };
        assert!(newest(&plan.later) > newest(&plan.rest), "{service:?}");
    }
}

#[test]
fn every_story_and_library_is_used() {
    let shop = Shop::load().expect("sound data");
    let mut names = BTreeSet::new();
    for story in &shop.stories {
        assert!(names.insert(&story.name), "{} twice", story.name);
        let caused = shop.stories.iter().any(|other| other.causes.contains(&story.name));
        assert!(caused != story.shape.is_some(), "{}: either caused or at times of its own", story.name);
        assert!(story.shape.is_none() || story.share > 0, "{} never happens", story.name);
    }
}

#[test]
fn what_broke_has_a_commit_that_touched_it() {
    let wish = wish(1);
    let plan = plan(&wish).expect("sound data");
    for built in &plan.builds {
        assert!(built.deploys.iter().all(|(_, at)| *at > built.at), "{}", built.version);
        assert!(built.commits.iter().all(|commit| commit.at < built.at), "{}", built.version);
    }
    let ids: BTreeSet<_> =
        plan.builds.iter().flat_map(|built| &built.commits).map(|commit| commit.id.as_str()).collect();
    assert!(ids.len() >= 20, "{} commits", ids.len());
    let newest = plan.builds.iter().rfind(|built| built.service == Service::Api).expect("a release");
    let touches = |path: &str| {
        newest.commits.iter().any(|commit| commit.files.iter().any(|file| file.path.ends_with(path)))
    };
    assert!(touches("routes/webhooks.js"), "{newest:?}");
}

#[test]
fn sessions_are_as_young_as_they_have_to_be_and_the_last_release_is_the_worst() {
    let wish = wish(1);
    let plan = plan(&wish).expect("sound data");
    let mut by_release = std::collections::BTreeMap::<String, (u64, u64)>::new();
    for visit in &plan.visits {
        assert!(visit.at > wish.now - SignedDuration::from_hours(119) && visit.at <= wish.now);
        let envelope = Envelope::parse(&visit.envelope.clone().into()).expect("well-formed");
        let item = envelope.items.first().expect("an item");
        let payload: serde_json::Value = serde_json::from_slice(&item.payload).expect("JSON");
        let release = payload["attrs"]["release"].as_str().expect("a release").to_owned();
        let counts = by_release.entry(release).or_default();
        if visit.service == Service::Web {
            counts.0 += 1;
            counts.1 += u64::from(payload["status"] == "crashed");
        }
    }
    let share = |release: &str| {
        let (visits, crashed) = by_release[release];
        assert!(visits > 100, "{release}: {visits} visits");
        crashed as f64 / visits as f64
    };
    assert!(share("pinecone-web@2.15.0") > 3.0 * share("pinecone-web@2.14.4"), "{by_release:?}");
}

fn payloads(shipment: &Shipment) -> Vec<serde_json::Value> {
    let envelope = Envelope::parse(&shipment.envelope.clone().into()).expect("well-formed");
    // An attachment is none.
    envelope.items.iter().filter_map(|item| serde_json::from_slice(&item.payload).ok()).collect()
}

fn seconds(time: &serde_json::Value) -> f64 {
    time.as_f64().unwrap_or_else(|| {
        let at: Timestamp = time.as_str().expect("text").parse().expect("a time");
        at.as_microsecond() as f64 / 1e6
    })
}

/// Every span of these transactions: its id, its parent and the seconds of its beginning and end.
type Spans = std::collections::BTreeMap<String, (Option<String>, f64, f64)>;

fn spans(transactions: &[serde_json::Value]) -> Spans {
    let mut all = Spans::new();
    for transaction in transactions {
        let mut root = transaction["contexts"]["trace"].clone();
        root["start_timestamp"] = transaction["start_timestamp"].clone();
        root["timestamp"] = transaction["timestamp"].clone();
        for span in transaction["spans"].as_array().expect("spans").iter().chain([&root]) {
            let id = span["span_id"].as_str().expect("an id").to_owned();
            let (start, end) = (seconds(&span["start_timestamp"]), seconds(&span["timestamp"]));
            assert!(start <= end, "{span}");
            let row = (span["parent_span_id"].as_str().map(str::to_owned), start, end);
            assert!(all.insert(id, row).is_none(), "twice: {span}");
        }
    }
    all
}

#[test]
fn traffic_goes_on_for_two_weeks_and_every_span_has_its_parent() {
    let wish = wish(1);
    let plan = plan(&wish).expect("sound data");
    let first = wish.now - SignedDuration::from_hours(24 * 14 + 1);
    assert!(plan.traffic.iter().all(|one| one.at >= first && one.at <= wish.now));
    let transactions: Vec<_> = plan.traffic.iter().map(|one| payloads(one)[0].clone()).collect();
    assert!((600..2_000).contains(&transactions.len()), "{}", transactions.len());
    let spans = spans(&transactions);
    assert!(spans.values().all(|(parent, ..)| parent.as_ref().is_none_or(|id| spans.contains_key(id))));
    let logs = plan.traffic.iter().flat_map(payloads).filter(|payload| payload["items"].is_array()).count();
    assert!(logs > 50, "{logs} logs");
    assert!(transactions.iter().any(|one| one["measurements"]["lcp"]["value"].as_f64() > Some(0.0)));
}

#[test]
fn one_transaction_became_slower_with_the_last_release_and_one_fails_with_its_provider() {
    let plan = plan(&Wish { events: 3_000, ..wish(1) }).expect("sound data");
    let transactions: Vec<_> = plan.traffic.iter().map(|one| payloads(one)[0].clone()).collect();
    let named = |name: &'static str| transactions.iter().filter(move |one| one["transaction"] == name);
    let middle = |is_last: bool| {
        let mut durations: Vec<f64> = named("POST /api/cart/lines")
            .filter(|one| (one["release"] == "pinecone-api@2.15.0") == is_last)
            .map(|one| seconds(&one["timestamp"]) - seconds(&one["start_timestamp"]))
            .collect();
        durations.sort_by(f64::total_cmp);
        assert!(durations.len() > 10, "{}", durations.len());
        durations[durations.len() / 2]
    };
    assert!(middle(true) > 3.0 * middle(false), "{} after {}", middle(true), middle(false));
    let failed =
        named("POST /api/checkout").filter(|one| one["contexts"]["trace"]["status"] == "internal_error");
    let failed = failed.count();
    assert!((3..60).contains(&failed), "{failed}");
}

#[test]
fn a_trace_of_an_incident_spans_all_services_and_the_clock_of_one_is_behind() {
    let plan = plan(&wish(1)).expect("sound data");
    let mut traces = std::collections::BTreeMap::<String, Vec<serde_json::Value>>::new();
    let mut errors = std::collections::BTreeMap::<String, serde_json::Value>::new();
    for payload in all(&plan).flat_map(payloads) {
        let Some(trace) = payload["contexts"]["trace"]["trace_id"].as_str().map(str::to_owned) else {
            continue;
        };
        if payload["type"] == "transaction" {
            traces.entry(trace).or_default().push(payload);
        } else if payload["contexts"]["feedback"].is_null() {
            errors.insert(trace, payload);
        }
    }
    let mut through_all = 0;
    for (trace, transactions) in &traces {
        let spans = spans(transactions);
        let error = &errors[trace];
        let own = error["contexts"]["trace"]["span_id"].as_str().expect("a span");
        let (_, start, end) = &spans[own];
        let at = seconds(&error["timestamp"]);
        assert!(*start <= at && at <= *end, "the error is within its span: {start} {at} {end}");
        let orphans = spans.values().filter_map(|(parent, ..)| parent.as_ref());
        assert_eq!(orphans.filter(|id| !spans.contains_key(*id)).count(), 0, "{trace}");
        if transactions.len() == 3 {
            through_all += 1;
            let (parent, start, _) = &spans[own];
            let (_, called, _) = spans[parent.as_ref().expect("called")];
            let early_ms = (called - start) * 1e3;
            assert!((140.0..180.0).contains(&early_ms), "its clock is 180 ms behind: {early_ms}");
        }
    }
    assert!(through_all > 0, "one goes through web, api and worker");
}
