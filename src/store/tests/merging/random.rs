//! Random stories of merging, held against a reading of the same events that counts them anew each time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::super::{Draft, draft, hash, id, now, open, with_project};
use crate::model::ids::{AccountId, GroupHash, IssueId, ProjectId};
use crate::model::series::{Resolution, Scope};
use crate::store::{IssueFilter, IssueSort, Recorded, Store};

const STORIES: u64 = 200;
const STEPS: usize = 30;
const SEED: u64 = 0x000d_da11_3e96;
const GROUPS: usize = 7;
const USERS: [&str; 4] = ["ada", "bo", "cy", "di"];
const RELEASES: [&str; 3] = ["shop@1.0", "shop@1.1", "shop@2.0"];
const ADA: Option<AccountId> = Some(AccountId(1));
const PROJECT: ProjectId = ProjectId(1);

/// `SplitMix64`: the same stories every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).expect("small")
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
}

#[derive(Debug, Clone)]
struct Event {
    number: u64,
    hashes: Vec<u8>,
    at: Timestamp,
    user: Option<&'static str>,
    release: Option<&'static str>,
    /// Many values, so that they have rows of their own.
    order: usize,
}

impl Event {
    fn draft(&self) -> Draft {
        let mut draft = draft(self.number, 1).hashes(&self.hashes).tag("order", &format!("{}", self.order));
        draft.event.timestamp = self.at;
        if let Some(user) = self.user {
            draft = draft.user(user).tag("user", user);
        }
        match self.release {
            Some(release) => draft.release(release),
            None => draft,
        }
    }
}

/// What is known without the store: which part each event went into, and which issue shows each part.
#[derive(Default)]
struct World {
    events: Vec<(Event, IssueId)>,
    shown: BTreeMap<IssueId, IssueId>,
    /// Hash -> part; `None` once it was split off.
    hashes: BTreeMap<u8, Option<IssueId>>,
    /// The last change that can be taken back, with what was shown before it.
    undo: Option<(u64, BTreeMap<IssueId, IssueId>)>,
}

#[derive(Debug, Default, PartialEq)]
struct Counted {
    events: u64,
    users: u64,
    first_seen: Option<Timestamp>,
    last_seen: Option<Timestamp>,
    latest: u64,
    hours: BTreeMap<i64, u64>,
    tags: BTreeMap<(String, String), u64>,
    listed: Vec<u64>,
}

impl World {
    fn made(&self, dice: &mut Dice) -> Event {
        let first = u8::try_from(1 + dice.roll(GROUPS)).expect("small");
        let mut hashes = vec![first];
        if dice.roll(3) == 0 {
            // A later grouping version adds a hash.
            hashes.push(first + 100);
        }
        if dice.roll(12) == 0 {
            hashes.insert(0, u8::try_from(1 + dice.roll(GROUPS)).expect("small") + 100);
        }
        hashes.dedup();
        let ago = SignedDuration::from_mins(i64::try_from(dice.roll(4 * 24 * 60)).expect("small"));
        Event {
            number: self.events.len() as u64 + 1,
            hashes,
            at: now().checked_sub(ago).expect("a time"),
            user: (dice.roll(4) > 0).then(|| dice.pick(&USERS)),
            release: (dice.roll(3) > 0).then(|| dice.pick(&RELEASES)),
            order: dice.roll(40),
        }
    }

    /// Which part an event goes into, by the rules; `None`: a new one.
    fn expected(&self, event: &Event) -> Option<IssueId> {
        let known = event.hashes.iter().find_map(|hash| self.hashes.get(hash));
        known.copied().flatten()
    }

    fn learn(&mut self, event: &Event, part: IssueId) {
        let was_split = event.hashes.iter().find_map(|hash| self.hashes.get(hash)) == Some(&None);
        for &hash in &event.hashes {
            let owner = self.hashes.get(&hash).copied();
            if owner.is_none() || was_split && owner == Some(None) {
                self.hashes.insert(hash, Some(part));
            }
        }
        self.shown.entry(part).or_insert(part);
    }

    fn issues(&self) -> Vec<IssueId> {
        self.shown.values().copied().collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn parts(&self, issue: IssueId) -> Vec<IssueId> {
        self.shown.iter().filter(|(_, shown)| **shown == issue).map(|(part, _)| *part).collect()
    }

    fn hashes_of(&self, part: IssueId) -> Vec<u8> {
        self.hashes.iter().filter(|(_, owner)| **owner == Some(part)).map(|(hash, _)| *hash).collect()
    }

    fn counted(&self, parts: &[IssueId]) -> Counted {
        let events: Vec<&Event> =
            self.events.iter().filter(|(_, part)| parts.contains(part)).map(|(event, _)| event).collect();
        let mut counted = Counted {
            events: events.len() as u64,
            users: events.iter().filter_map(|event| event.user).collect::<BTreeSet<_>>().len() as u64,
            first_seen: events.iter().map(|event| event.at).min(),
            last_seen: events.iter().map(|event| event.at).max(),
            latest: events.iter().map(|event| event.number).max().unwrap_or(0),
            listed: events.iter().map(|event| event.number).rev().collect(),
            ..Counted::default()
        };
        for event in events {
            *counted.hours.entry(event.at.as_second() / 3_600 * 3_600).or_default() += 1;
            *counted.tags.entry(("order".to_owned(), event.order.to_string())).or_default() += 1;
            if let Some(user) = event.user {
                *counted.tags.entry(("user".to_owned(), user.to_owned())).or_default() += 1;
            }
        }
        counted
    }
}

fn read(store: &Store, issue: IssueId) -> Counted {
    let row = store.find_issue(issue).expect("found").expect("there");
    let mut counted = Counted {
        events: row.events,
        users: row.users,
        first_seen: Some(row.first_seen),
        last_seen: Some(row.last_seen),
        ..Counted::default()
    };
    let from = now().checked_sub(SignedDuration::from_hours(5 * 24)).expect("a time");
    let hours =
        store.series(Scope::Issue(issue), Resolution::Hour, from, now() + SignedDuration::from_hours(1));
    counted.hours = hours.expect("series").into_iter().filter(|(_, events)| *events > 0).collect();
    for key in store.tag_keys(issue).expect("keys") {
        let values = store.tag_values(issue, &key.key, 100).expect("values");
        assert_eq!(values.iter().map(|value| value.events).sum::<u64>(), key.events, "{}", key.key);
        assert_eq!(values.len() as u64, key.values, "{}", key.key);
        counted.tags.extend(values.into_iter().map(|value| ((key.key.clone(), value.value), value.events)));
    }
    let number =
        |event: crate::model::ids::EventId| u64::from_be_bytes(event.0[8..].try_into().expect("eight"));
    let events = store.issue_events(issue, None, 1_000).expect("events");
    let mut upwards = store.issue_events_after(issue, None, 1_000).expect("events");
    upwards.reverse();
    assert_eq!(events, upwards);
    counted.latest = events.first().map_or(0, |newest| number(newest.event_id));
    assert_eq!(events.first().map(|newest| newest.seq), Some(row.latest_event));
    counted.listed = events.iter().map(|event| number(event.event_id)).collect();
    counted
}

fn check(store: &Store, world: &World, told: &[String]) {
    let filter = IssueFilter { cells: None, seen_since: None, sort: IssueSort::Events };
    let page = store.list_issues(&filter, None, 1_000, &|_| true).expect("listed");
    let mut listed: Vec<IssueId> = page.issues.iter().map(|issue| issue.id).collect();
    listed.sort_unstable();
    assert_eq!(listed, world.issues(), "{told:#?}");
    let counted: u64 = store.issue_counts(None).expect("counts").iter().map(|(_, issues)| issues).sum();
    assert_eq!(counted, listed.len() as u64, "{told:#?}");
    let sum: u64 = page.issues.iter().map(|issue| issue.events).sum();
    assert_eq!(sum, world.events.len() as u64, "{told:#?}");
    for issue in listed {
        let parts = world.parts(issue);
        assert_eq!(read(store, issue), world.counted(&parts), "{issue} of {parts:?}: {told:#?}");
        let behind = store.issue_parts(issue).expect("parts");
        assert_eq!(behind.len(), parts.len(), "{told:#?}");
        for part in behind {
            let alone = world.counted(&[part.name.id]);
            assert_eq!((part.counted.events, part.counted.users), (alone.events, alone.users), "{told:#?}");
            let hashes: Vec<GroupHash> = world.hashes_of(part.name.id).into_iter().map(hash).collect();
            assert_eq!(part.hashes, hashes, "{told:#?}");
            assert_eq!(store.shown_issue(part.name.id), issue, "{told:#?}");
        }
    }
}

fn record(store: &Store, world: &mut World, dice: &mut Dice) -> String {
    let mut events = Vec::new();
    let mut batch = Vec::new();
    for _ in 0..=dice.roll(4) {
        let number = (world.events.len() + events.len()) as u64 + 1;
        let event = Event { number, ..world.made(dice) };
        batch.push(event.draft().record());
        events.push(event);
    }
    if !world.events.is_empty() && dice.roll(2) == 0 {
        // What was recorded comes again.
        let again = dice.roll(world.events.len());
        batch.push(world.events[again].0.draft().record());
    }
    let outcomes = store.record_all(batch, now()).expect("recorded");
    let told = format!("{:?}", events.iter().map(|event| &event.hashes).collect::<Vec<_>>());
    for (event, outcome) in events.into_iter().zip(outcomes) {
        let Recorded::Stored { place: Some(place), .. } = outcome else { panic!("{outcome:?}") };
        match world.expected(&event) {
            Some(part) => assert_eq!(place.issue, part, "{event:?}"),
            None => assert!(!world.shown.contains_key(&place.issue), "{event:?}"),
        }
        assert_eq!(place.event_id, id(event.number));
        world.learn(&event, place.issue);
        world.events.push((event, place.issue));
    }
    format!("recorded {told}")
}

fn merge(store: &Store, world: &mut World, dice: &mut Dice) -> String {
    let parts: Vec<IssueId> = world.shown.keys().copied().collect();
    let some: Vec<IssueId> = (0..2 + dice.roll(2)).map(|_| dice.pick(&parts)).collect();
    let issues: BTreeSet<IssueId> = some.iter().map(|part| world.shown[part]).collect();
    let merged = store.merge_issues(&some, ADA, now());
    if issues.len() < 2 {
        assert!(merged.is_err());
        return "merged nothing".to_owned();
    }
    let merged = merged.expect("merged");
    let most = issues.iter().map(|issue| world.counted(&world.parts(*issue)).events).max();
    assert_eq!(Some(world.counted(&world.parts(merged.parent.id)).events), most);
    let before = world.shown.clone();
    for shown in world.shown.values_mut().filter(|shown| issues.contains(shown)) {
        *shown = merged.parent.id;
    }
    world.undo = Some((merged.undo, before));
    format!("merged {issues:?} into {}", merged.parent.id)
}

fn unmerge(store: &Store, world: &mut World, dice: &mut Dice) -> String {
    let issue = dice.pick(&world.issues());
    let parts = world.parts(issue);
    let hashes: Vec<u8> = parts.iter().flat_map(|part| world.hashes_of(*part)).collect();
    let named: BTreeSet<u8> = (0..=dice.roll(2)).map(|_| dice.pick(&hashes)).collect();
    let asked: Vec<GroupHash> = named.iter().copied().map(hash).collect();
    let done = store.unmerge_hashes(issue, &asked, ADA, now());
    if parts.len() == 1 {
        if named.len() == hashes.len() {
            assert!(done.is_err(), "the last group stays");
            return "split nothing".to_owned();
        }
        assert_eq!(done.expect("split").split, asked);
        world.hashes.extend(named.iter().map(|hash| (*hash, None)));
        return format!("split {named:?} off {issue}");
    }
    let out: BTreeSet<IssueId> = named.iter().filter_map(|hash| world.hashes[hash]).collect();
    if out.len() == parts.len() {
        assert!(done.is_err(), "something stays");
        return "unmerged nothing".to_owned();
    }
    let done = done.expect("unmerged");
    let [new] = done.issues[..] else { panic!("one issue is new: {done:?}") };
    assert!(parts.contains(&new) && new != issue);
    let before = world.shown.clone();
    for part in &parts {
        // An issue keeps its number with its own events.
        let goes = out.contains(part) != out.contains(&issue);
        world.shown.insert(*part, if goes { new } else { issue });
    }
    world.undo = Some((done.undo.expect("it can be undone"), before));
    format!("unmerged {out:?} from {issue}: {new}")
}

fn undo(store: &Store, world: &mut World) -> String {
    let Some((undo, before)) = world.undo.take() else { return "undid nothing".to_owned() };
    let done = store.undo_change(undo, ADA, now()).expect("asked").expect("it is there");
    assert_eq!(done.passed_over, 0);
    for (part, shown) in before {
        world.shown.insert(part, shown);
    }
    "undid".to_owned()
}

fn story(dir: &Path, seed: u64) {
    let (mut store, project) = with_project(dir);
    assert_eq!(project, PROJECT);
    let (mut dice, mut world, mut told) = (Dice(seed), World::default(), Vec::new());
    told.push(record(&store, &mut world, &mut dice));
    for _ in 0..STEPS {
        told.push(match dice.roll(10) {
            0..4 => record(&store, &mut world, &mut dice),
            4..7 => merge(&store, &mut world, &mut dice),
            7 | 8 => unmerge(&store, &mut world, &mut dice),
            _ if dice.roll(2) == 0 => undo(&store, &mut world),
            _ => {
                let merges = store.merges();
                drop(store);
                store = open(dir);
                assert_eq!(store.merges(), merges);
                "opened anew".to_owned()
            }
        });
        check(&store, &world, &told);
    }
}

#[test]
fn sums_are_exact_after_any_order_of_merges_unmerges_events_and_replays() {
    use rayon::prelude::*;
    (0..STORIES).into_par_iter().for_each(|number| {
        let dir = tempfile::tempdir().expect("tempdir");
        story(dir.path(), SEED.wrapping_add(number));
    });
}
