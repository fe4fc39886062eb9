//! Random queries over random events, held against a reading of the same events that knows nothing of any index.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ask, id_of, number_of};
use crate::support::{KEY, SECOND_KEY, Server};

const EVENTS: u64 = 80;
const ISSUES: usize = 10;
const QUERIES: u64 = 400;
const SEED: u64 = 0x5eed_1157;

// Every word stands in one kind of place only, so that a naive reading is a right one.
const MESSAGE: [&str; 6] = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot"];
const FUNCTIONS: [&str; 4] = ["golf", "hotel", "india", "juliett"];
const FOLDERS: [&str; 2] = ["kilo", "lima"];
const FILES: [&str; 3] = ["mike.py", "november.py", "oscar.rb"];
const CRUMBS: [&str; 3] = ["papa", "quebec", "romeo"];
const TAGS: [&str; 3] = ["sierra", "tango", "sierratango"];
const ENVIRONMENTS: [&str; 2] = ["uniform", "victor"];
const LEVELS: [&str; 4] = ["fatal", "error", "warning", "info"];
const STATUSES: [&str; 3] = ["unresolved", "resolved", "ignored"];

/// `SplitMix64`: the same queries every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).expect("small")
    }

    fn of(&mut self, words: &[&'static str]) -> &'static str {
        words[self.roll(words.len())]
    }
}

struct Frame {
    function: &'static str,
    folder: &'static str,
    file: &'static str,
    in_app: bool,
}

struct Event {
    number: u64,
    issue: usize,
    message: Vec<&'static str>,
    frames: Vec<Frame>,
    crumbs: Vec<&'static str>,
    tag: Option<&'static str>,
    environment: Option<&'static str>,
    level: &'static str,
    version: Option<(usize, usize)>,
    hours_ago: u64,
}

struct Issue {
    status: &'static str,
    events: u64,
}

fn made(number: u64, dice: &mut Dice) -> Event {
    let mut frames = Vec::new();
    for _ in 0..dice.roll(4) {
        frames.push(Frame {
            function: dice.of(&FUNCTIONS),
            folder: dice.of(&FOLDERS),
            file: dice.of(&FILES),
            in_app: dice.roll(2) == 0,
        });
    }
    Event {
        number,
        issue: dice.roll(ISSUES),
        message: (0..2 + dice.roll(3)).map(|_| dice.of(&MESSAGE)).collect(),
        frames,
        crumbs: (0..dice.roll(3)).map(|_| dice.of(&CRUMBS)).collect(),
        tag: (dice.roll(3) > 0).then(|| dice.of(&TAGS)),
        environment: (dice.roll(3) > 0).then(|| dice.of(&ENVIRONMENTS)),
        level: dice.of(&LEVELS),
        version: (dice.roll(3) > 0).then(|| (1 + dice.roll(3), dice.roll(12))),
        hours_ago: 1 + dice.roll(40) as u64,
    }
}

impl Event {
    fn in_second(&self) -> bool {
        self.issue % 2 == 1
    }

    fn send(&self, server: &Server, now: Timestamp) {
        let ago = SignedDuration::from_hours(i64::try_from(self.hours_ago).expect("small"));
        let frame = |frame: &Frame| {
            json!({"function": frame.function, "in_app": frame.in_app,
                "filename": format!("{}/{}", frame.folder, frame.file)})
        };
        let mut sent = json!({
            "event_id": id_of(self.number), "platform": "other", "level": self.level,
            "timestamp": now.checked_sub(ago).expect("a time").to_string(),
            "fingerprint": [format!("issue {}", self.issue)],
            "logentry": {"formatted": self.message.join(" ")},
            "stacktrace": {"frames": self.frames.iter().map(frame).collect::<Vec<_>>()},
            "breadcrumbs": self.crumbs.iter().map(|word| json!({"message": word})).collect::<Vec<_>>(),
        });
        if let Some(tag) = self.tag {
            sent["tags"] = json!({"team": tag});
        }
        if let Some(environment) = self.environment {
            sent["environment"] = environment.into();
        }
        if let Some((major, minor)) = self.version {
            sent["release"] = format!("app@{major}.{minor}").into();
        }
        let (project, key) = if self.in_second() { (2, SECOND_KEY) } else { (1, KEY) };
        let url = server.url(&format!("/api/{project}/store/?sentry_key={key}&sentry_version=7"));
        let answer = server.client.post(url).body(sent.to_string()).send().expect("an answer");
        assert_eq!(answer.status(), 200, "{sent}");
    }

    fn has_word(&self, word: &str) -> bool {
        self.message.contains(&word)
            || self.crumbs.contains(&word)
            || self.tag == Some(word)
            || self.environment == Some(word)
            || self.has_frame_word(word, None)
    }

    fn has_frame_word(&self, word: &str, in_app: Option<bool>) -> bool {
        self.frames.iter().filter(|frame| in_app.is_none_or(|own| own == frame.in_app)).any(|frame| {
            frame.function == word || frame.folder == word || frame.file.split('.').any(|part| part == word)
        })
    }
}

#[derive(Debug)]
enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Word(&'static str),
    StartOf(&'static str),
    Phrase(&'static str, &'static str),
    Message(&'static str),
    FrameWord(&'static str, Option<bool>),
    File(&'static str),
    FileIn(&'static str),
    Crumb(&'static str),
    HasOwnFrame,
    Level(&'static str),
    LevelOf(&'static str, &'static str),
    Environment(&'static str),
    HasEnvironment,
    Team(&'static str),
    TeamStart,
    FromVersion(usize, usize),
    Younger(u64),
    Status(&'static str),
    MoreEventsThan(u64),
    InSecond,
}

fn grown(dice: &mut Dice, depth: usize) -> Tree {
    let parts = |dice: &mut Dice| (0..2 + dice.roll(2)).map(|_| grown(dice, depth - 1)).collect();
    match if depth == 0 { 4 + dice.roll(21) } else { dice.roll(8) } {
        0 | 1 => Tree::All(parts(dice)),
        2 => Tree::Any(parts(dice)),
        3 => Tree::Not(Box::new(grown(dice, depth.saturating_sub(1)))),
        4 => Tree::Word(
            [&MESSAGE[..], &FUNCTIONS, &FOLDERS, &CRUMBS, &TAGS, &ENVIRONMENTS][dice.roll(6)][dice.roll(2)],
        ),
        5 => Tree::Status(dice.of(&STATUSES)),
        6 => Tree::Message(dice.of(&MESSAGE)),
        7 => Tree::MoreEventsThan(dice.roll(14) as u64),
        8 => Tree::StartOf(dice.of(&MESSAGE)),
        9 => Tree::Phrase(dice.of(&MESSAGE), dice.of(&MESSAGE)),
        10 | 11 => Tree::FrameWord(dice.of(&FUNCTIONS), [None, Some(true), Some(false)][dice.roll(3)]),
        12 => Tree::File(dice.of(&FILES)),
        13 => Tree::FileIn(dice.of(&FOLDERS)),
        14 => Tree::Crumb(dice.of(&CRUMBS)),
        15 => Tree::HasOwnFrame,
        16 => Tree::Level(dice.of(&LEVELS)),
        17 => Tree::LevelOf(dice.of(&LEVELS), dice.of(&LEVELS)),
        18 => Tree::Environment(dice.of(&ENVIRONMENTS)),
        19 => Tree::HasEnvironment,
        20 => Tree::Team(dice.of(&TAGS)),
        21 => Tree::TeamStart,
        22 => Tree::FromVersion(1 + dice.roll(3), dice.roll(12)),
        23 => Tree::Younger(dice.roll(40) as u64),
        _ => Tree::InSecond,
    }
}

impl Tree {
    /// As a person writes it.
    fn written(&self) -> String {
        let all =
            |parts: &[Self], joint: &str| parts.iter().map(Self::written).collect::<Vec<_>>().join(joint);
        match self {
            Self::All(parts) => format!("({})", all(parts, if parts.len() > 2 { " " } else { " AND " })),
            Self::Any(parts) => format!("({})", all(parts, " OR ")),
            Self::Not(inner) => format!("!({})", inner.written()),
            Self::Word(word) => (*word).to_owned(),
            Self::StartOf(word) => format!("{}*", &word[..3]),
            Self::Phrase(one, other) => format!("\"{one} {other}\""),
            Self::Message(word) => format!("message:{word}"),
            Self::FrameWord(word, None) => format!("frame:{word}"),
            Self::FrameWord(word, Some(own)) => format!("(in_app:{own} frame:{word})"),
            Self::File(file) => format!("file:{file}"),
            Self::FileIn(folder) => format!("file:{folder}/*"),
            Self::Crumb(word) => format!("breadcrumb:{word}"),
            // Beside a frame it would say which frames are meant.
            Self::HasOwnFrame => "(in_app:true OR nowhere)".to_owned(),
            Self::Level(level) => format!("level:{level}"),
            Self::LevelOf(one, other) => format!("level:[{one}, {other}]"),
            Self::Environment(name) => format!("environment:{name}"),
            Self::HasEnvironment => "has:environment".to_owned(),
            Self::Team(team) => format!("team:{team}"),
            Self::TeamStart => "team:sierra*".to_owned(),
            Self::FromVersion(major, minor) => format!("release:>={major}.{minor}"),
            Self::Younger(hours) => format!("timestamp:-{}m", hours * 60 + 30),
            Self::Status(status) => format!("is:{status}"),
            Self::MoreEventsThan(events) => format!("times_seen:>{events}"),
            Self::InSecond => "project:second".to_owned(),
        }
    }

    fn holds(&self, event: &Event, issue: &Issue) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(event, issue)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(event, issue)),
            Self::Not(inner) => !inner.holds(event, issue),
            Self::Word(word) => event.has_word(word),
            Self::Phrase(one, other) => event.message.windows(2).any(|pair| pair == [*one, *other]),
            Self::Message(word) | Self::StartOf(word) => event.message.contains(word),
            Self::FrameWord(word, own) => event.has_frame_word(word, *own),
            Self::File(file) => event.frames.iter().any(|frame| frame.file == *file),
            Self::FileIn(folder) => event.frames.iter().any(|frame| frame.folder == *folder),
            Self::Crumb(word) => event.crumbs.contains(word),
            Self::HasOwnFrame => event.frames.iter().any(|frame| frame.in_app),
            Self::Level(level) => event.level == *level,
            Self::LevelOf(one, other) => event.level == *one || event.level == *other,
            Self::Environment(name) => event.environment == Some(*name),
            Self::HasEnvironment => event.environment.is_some(),
            Self::Team(team) => event.tag == Some(*team),
            Self::TeamStart => event.tag.is_some_and(|tag| tag.starts_with("sierra")),
            Self::FromVersion(major, minor) => event.version.is_some_and(|held| held >= (*major, *minor)),
            Self::Younger(hours) => event.hours_ago <= *hours,
            Self::Status(status) => issue.status == *status,
            Self::MoreEventsThan(events) => issue.events > *events,
            Self::InSecond => event.in_second(),
        }
    }
}

fn numbers_of(rows: &Value) -> BTreeSet<u64> {
    rows.as_array().expect("rows").iter().map(|row| number_of(row["id"].as_str().expect("an id"))).collect()
}

#[test]
fn random_queries_find_what_a_naive_reading_finds() {
    let server = Server::start();
    let mut dice = Dice(SEED);
    let now = Timestamp::now();
    let all: Vec<Event> = (1..=EVENTS).map(|number| made(number, &mut dice)).collect();
    for event in &all {
        event.send(&server, now);
    }
    server.settled();
    // An issue is known by the events it has.
    let mut ids = vec![String::new(); ISSUES];
    for event in &all {
        let project = if event.in_second() { "second" } else { "default" };
        let place = format!("/api/0/projects/lighttrace/{project}/events/{}/", id_of(event.number));
        let found = server.api_get(&place);
        found["groupID"].as_str().expect("an issue").clone_into(&mut ids[event.issue]);
    }
    let mut statuses = BTreeMap::new();
    for id in ids.iter().filter(|id| !id.is_empty()) {
        let status = dice.of(&STATUSES);
        let answer = server.api(Method::PUT, &format!("/api/0/issues/{id}/"));
        assert_eq!(answer.json(&json!({"status": status})).send().expect("an answer").status(), 200);
        statuses.insert(id.clone(), status);
    }
    let own = [0, 2, 4, 6].map(|group: usize| ids[group].clone());
    let decided = own.each_ref().map(|id| statuses[id]);
    let mut world = World { all, ids, statuses };
    world.hold(&server, &mut dice, QUERIES / 2);
    // Every other issue is of the second project.
    let merged = world.merge(&server, "default", &[0, 2, 4, 6]);
    world.merge(&server, "second", &[1, 3]);
    world.hold(&server, &mut dice, QUERIES / 2);
    let answer = server.api(Method::POST, &format!("/api/0/organizations/lighttrace/issues/undo/{merged}/"));
    assert_eq!(answer.send().expect("an answer").status(), 200);
    for (number, id) in [0, 2, 4, 6].into_iter().zip(&own) {
        world.ids[number].clone_from(id);
    }
    for (id, status) in own.iter().zip(&decided) {
        world.statuses.insert(id.clone(), status);
    }
    world.hold(&server, &mut dice, QUERIES / 4);
}

/// The events, the issue that shows those of each group, and the status of each issue.
struct World {
    all: Vec<Event>,
    ids: Vec<String>,
    statuses: BTreeMap<String, &'static str>,
}

impl World {
    fn merge(&mut self, server: &Server, project: &str, groups: &[usize]) -> String {
        let ids: Vec<&str> = groups.iter().map(|group| self.ids[*group].as_str()).collect();
        let path = format!("/api/0/projects/lighttrace/{project}/issues/?id={}", ids.join("&id="));
        let answer = server.api(Method::PUT, &path).json(&json!({"merge": 1})).send().expect("an answer");
        let answer: Value = answer.json().expect("JSON");
        let parent = answer["merge"]["parent"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        if ids.iter().any(|id| self.statuses[*id] == "unresolved") {
            self.statuses.insert(parent.clone(), "unresolved");
        }
        for group in groups {
            self.ids[*group].clone_from(&parent);
        }
        answer["undo"].as_str().expect("it can be undone").to_owned()
    }

    fn issue(&self, id: &str) -> Issue {
        let events = self.all.iter().filter(|event| self.ids[event.issue] == id).count() as u64;
        Issue { status: self.statuses[id], events }
    }

    /// What random queries find is what reading all events finds.
    fn hold(&self, server: &Server, dice: &mut Dice, queries: u64) {
        let Self { all, ids, statuses } = self;
        let issues: BTreeMap<&String, Issue> = statuses.keys().map(|id| (id, self.issue(id))).collect();
        let mut answered = 0;
        for _ in 0..queries {
            let tree = grown(dice, 3);
            let query = tree.written();
            let (status, body, _) = ask(server, super::EVENTS, &[("query", &query), ("per_page", "100")]);
            let is_refused = body["detail"].as_str().is_some_and(|detail| detail.contains("too many ways"));
            if status == 400 && is_refused {
                continue;
            }
            assert_eq!(status, 200, "{query}: {body}");
            answered += 1;
            let holds = |event: &&Event| tree.holds(event, &issues[&ids[event.issue]]);
            let expected: BTreeSet<u64> = all.iter().filter(holds).map(|event| event.number).collect();
            assert_eq!(numbers_of(&body["data"]), expected, "events of {query}");
            assert_eq!(body["meta"]["total"], expected.len(), "{query}");

            let expected: BTreeSet<&str> =
                all.iter().filter(holds).map(|event| ids[event.issue].as_str()).collect();
            for sort in ["freq", "relevance"] {
                let pairs = [("query", query.as_str()), ("limit", "100"), ("sort", sort)];
                let (status, body, _) = ask(server, super::ISSUES, &pairs);
                assert_eq!(status, 200, "{query}: {body}");
                let rows = body.as_array().expect("rows");
                let found: BTreeSet<&str> =
                    rows.iter().map(|row| row["id"].as_str().expect("an id")).collect();
                assert_eq!((found.len(), &found), (rows.len(), &expected), "issues of {query} by {sort}");
            }
        }
        assert!(answered > queries / 2, "{answered}");
    }
}
