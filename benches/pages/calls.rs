//! The calls that pages make, by kind, each with the latency that it should stay under.

use serde_json::Value;

use crate::Client;
use crate::insight::Issues;
use crate::workload::Rng;

pub const ORG: &str = "/api/0/organizations/lighttrace";
pub const PAGE_MS: f64 = 20.0;
pub const SEARCH_MS: f64 = 50.0;
const COMPLETION_MS: f64 = 20.0;
/// Ids of events that are held to be asked for.
const EVENTS_KNOWN: usize = 100;

/// What calls may name.
pub struct Known {
    pub issues: usize,
    pub releases: usize,
    pub special: Issues,
    events: Vec<String>,
}

impl Known {
    pub fn gather(client: &Client<'_>, issues: usize, releases: usize, special: Issues) -> Self {
        let path = format!("{ORG}/events/?query=&field=id&per_page={EVENTS_KNOWN}");
        let page: Value = serde_json::from_str(&client.get(&path)).expect("JSON");
        let rows = page["data"].as_array().expect("rows");
        let events = rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect();
        Self { issues, releases, special, events }
    }
}

pub struct Kind {
    pub name: &'static str,
    pub aim_ms: f64,
    pub path: fn(&mut Rng, &Known) -> String,
}

fn pick<'a>(rng: &mut Rng, words: &[&'a str]) -> &'a str {
    words[rng.below(words.len())]
}

pub fn noun(rng: &mut Rng) -> &'static str {
    pick(rng, &["order", "payment", "customer", "invoice", "session", "refund", "thumbnail", "inventory"])
}

pub fn issues(query: &str, more: &str) -> String {
    format!("{ORG}/issues/?query={}&limit=25{more}", encode(query))
}

fn events(query: &str, more: &str) -> String {
    format!("{ORG}/events/?query={}&field=title&per_page=25{more}", encode(query))
}

pub fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub fn issue(rng: &mut Rng, known: &Known, below: &str) -> String {
    format!("/api/0/issues/{}/{below}", 1 + rng.below(known.issues))
}

pub const KINDS: &[Kind] = &[
    Kind {
        name: "issue list: unresolved, newest",
        aim_ms: PAGE_MS,
        path: |_, _| issues("is:unresolved", ""),
    },
    Kind {
        name: "issue list: unresolved, any order, 14 d sparklines",
        aim_ms: PAGE_MS,
        path: |rng, _| {
            let sort = pick(rng, &["date", "new", "freq", "user"]);
            issues("is:unresolved", &format!("&sort={sort}&groupStatsPeriod=14d"))
        },
    },
    Kind {
        name: "issue list: is:unresolved is:unassigned",
        aim_ms: PAGE_MS,
        path: |_, _| issues("is:unresolved is:unassigned", ""),
    },
    Kind {
        name: "issue list: is:regressed (none)",
        aim_ms: PAGE_MS,
        path: |_, _| issues("is:regressed", ""),
    },
    Kind {
        name: "issue list: is:unresolved age:-24h",
        aim_ms: PAGE_MS,
        path: |_, _| issues("is:unresolved age:-24h", ""),
    },
    Kind { name: "issue list: times_seen:>100", aim_ms: PAGE_MS, path: |_, _| issues("times_seen:>100", "") },
    Kind {
        name: "issue list: environment=staging",
        aim_ms: SEARCH_MS,
        path: |_, _| issues("is:unresolved", "&environment=staging"),
    },
    Kind { name: "issue page: the issue", aim_ms: PAGE_MS, path: |rng, known| issue(rng, known, "") },
    Kind { name: "issue page: its tags", aim_ms: PAGE_MS, path: |rng, known| issue(rng, known, "tags/") },
    Kind {
        name: "issue page: its latest event",
        aim_ms: PAGE_MS,
        path: |rng, known| issue(rng, known, "events/latest/"),
    },
    Kind { name: "issue page: its events", aim_ms: PAGE_MS, path: |rng, known| issue(rng, known, "events/") },
    Kind {
        name: "issue page: its activities",
        aim_ms: PAGE_MS,
        path: |rng, known| issue(rng, known, "activities/"),
    },
    Kind {
        name: "issue page: similar issues",
        aim_ms: SEARCH_MS,
        path: |rng, known| issue(rng, known, "text-similar/"),
    },
    Kind {
        name: "event page",
        aim_ms: PAGE_MS,
        path: |rng, known| {
            let id = &known.events[rng.below(known.events.len())];
            format!("/api/0/projects/lighttrace/bench/events/{id}/")
        },
    },
    Kind {
        name: "full text: a frequent word, issues",
        aim_ms: SEARCH_MS,
        path: |rng, _| issues(noun(rng), ""),
    },
    Kind {
        name: "full text: a frequent word, events",
        aim_ms: SEARCH_MS,
        path: |rng, _| events(noun(rng), ""),
    },
    Kind {
        name: "full text: a rare word, issues",
        aim_ms: SEARCH_MS,
        path: |rng, _| issues(&rng.below(100_000).to_string(), ""),
    },
    Kind {
        name: "full text: a rare word, events",
        aim_ms: SEARCH_MS,
        path: |rng, _| events(&rng.below(100_000).to_string(), ""),
    },
    Kind {
        name: "full text: two words, events",
        aim_ms: SEARCH_MS,
        path: |rng, _| events(&format!("{} {}", noun(rng), noun(rng)), ""),
    },
    Kind {
        name: "full text: a phrase, events",
        aim_ms: SEARCH_MS,
        path: |rng, _| events(&format!("\"charge {}\"", noun(rng)), ""),
    },
    Kind {
        name: "full text: a prefix, issues",
        aim_ms: SEARCH_MS,
        path: |rng, _| issues(&format!("{}*", &noun(rng)[..4]), ""),
    },
    Kind {
        name: "full text: most relevant events",
        aim_ms: SEARCH_MS,
        path: |rng, _| events(noun(rng), "&sort=relevance"),
    },
    Kind {
        name: "full text: most relevant issues",
        aim_ms: SEARCH_MS,
        path: |rng, _| issues(noun(rng), "&sort=relevance"),
    },
    Kind {
        name: "full text: frame:, issues",
        aim_ms: SEARCH_MS,
        path: |rng, _| issues(&format!("frame:charge_{}", noun(rng)), ""),
    },
    Kind {
        name: "combined: is:unresolved and a word",
        aim_ms: SEARCH_MS,
        path: |rng, _| issues(&format!("is:unresolved {}", noun(rng)), ""),
    },
    Kind {
        name: "combined: is:resolved, tag, word, by frequency",
        aim_ms: SEARCH_MS,
        path: |rng, _| issues(&format!("is:resolved region:eu-west {}", noun(rng)), "&sort=freq"),
    },
    Kind {
        name: "combined: is:ignored and a rare word",
        aim_ms: SEARCH_MS,
        path: |rng, _| issues(&format!("is:ignored {}", rng.below(100_000)), ""),
    },
    Kind {
        name: "combined: (is:ignored OR times_seen:>50) and a word",
        aim_ms: SEARCH_MS,
        path: |rng, _| issues(&format!("(is:ignored OR times_seen:>50) {}", noun(rng)), ""),
    },
    Kind {
        name: "combined: is:regressed and a word (none)",
        aim_ms: SEARCH_MS,
        path: |rng, _| issues(&format!("is:regressed {}", noun(rng)), ""),
    },
    Kind {
        name: "combined: is:unresolved, a word, a release, events",
        aim_ms: SEARCH_MS,
        path: |rng, _| events(&format!("is:unresolved release:>=2.14.2 {}", noun(rng)), ""),
    },
    Kind {
        name: "completion: of keys",
        aim_ms: COMPLETION_MS,
        path: |rng, _| suggestions(pick(rng, &["", "us", "rel", "feature", "is:unresolved o"])),
    },
    Kind {
        name: "completion: of values",
        aim_ms: COMPLETION_MS,
        path: |rng, _| {
            let user = format!("user.email:user{}", rng.below(500));
            suggestions(pick(
                rng,
                &["release:", "user.id:", "transaction:/api/ord", "is:", "region:eu", &user],
            ))
        },
    },
    Kind {
        name: "search page: histogram",
        aim_ms: SEARCH_MS,
        path: |rng, _| format!("{ORG}/events-stats/?query={}&statsPeriod=14d", noun(rng)),
    },
    Kind {
        name: "search page: facets",
        aim_ms: SEARCH_MS,
        path: |rng, _| format!("{ORG}/events-facets/?query={}&statsPeriod=14d", noun(rng)),
    },
];

fn suggestions(query: &str) -> String {
    format!(
        "{ORG}/search-suggestions/?query={}&position={}&scope=issues",
        encode(query),
        query.chars().count()
    )
}
