//! What is asked of who works on an issue, of issues and of events.

use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};

use super::fixture::server;
use super::number_of;
use crate::api::ORG;
use crate::authorization::{add_user, member_number, signed_in};
use crate::support::{EMAIL, Server};

const MIA: &str = "mia@example.com";
const VERA: &str = "vera@example.com";
const PIA: &str = "pia@example.com";

fn read(server: &Server, person: &Client, path: &str, pairs: &[(&str, &str)]) -> (u16, Value) {
    let request = person.get(server.url(&format!("{ORG}/{path}/"))).query(pairs);
    let answer = request.send().expect("an answer");
    (answer.status().as_u16(), answer.json().unwrap_or_default())
}

fn titles(server: &Server, person: &Client, query: &str) -> Vec<String> {
    let (status, rows) = read(server, person, "issues", &[("query", query)]);
    assert_eq!(status, 200, "{query}: {rows}");
    let rows = rows.as_array().expect("rows").iter();
    let mut titles: Vec<String> =
        rows.map(|row| row["title"].as_str().expect("a title").to_owned()).collect();
    titles.sort_unstable();
    titles
}

fn numbers(server: &Server, person: &Client, query: &str) -> Vec<u64> {
    let (status, body) = read(server, person, "events", &[("query", query), ("per_page", "100")]);
    assert_eq!(status, 200, "{query}: {body}");
    let rows = body["data"].as_array().expect("rows").iter();
    let mut numbers: Vec<u64> = rows.map(|row| number_of(row["id"].as_str().expect("an id"))).collect();
    numbers.sort_unstable();
    numbers
}

fn assign(server: &Server, title: &str, to: &str) {
    let issues = server.issues("");
    let issue = issues.iter().find(|issue| issue["title"] == title).expect(title);
    let path = format!("/api/0/issues/{}/", issue["id"].as_str().expect("an id"));
    let answer = server.api(Method::PUT, &path).json(&json!({"assignedTo": to})).send().expect("an answer");
    assert_eq!(answer.status(), 200, "{title} {to}");
}

#[test]
fn issues_and_events_are_found_by_who_works_on_them() {
    let server = server();
    for (email, role) in [(MIA, "member"), (VERA, "viewer"), (PIA, "member")] {
        add_user(&server, email, role);
    }
    // Pia works on the second project only.
    let path = format!("{ORG}/members/{}/", member_number(&server, PIA));
    let restrict = server.api(Method::PUT, &path).json(&json!({"projects": ["second"]}));
    assert_eq!(restrict.send().expect("an answer").status(), 200);
    let (payment, disk, notice) = ("PaymentError: card declined", "disk almost full", "quiet notice");
    assign(&server, payment, EMAIL);
    assign(&server, disk, MIA);
    assign(&server, notice, PIA);
    let [admin, mia, vera, pia] = [EMAIL, MIA, VERA, PIA].map(|email| signed_in(&server, email));

    let all_but = |mine: &[u64]| (1..=40).filter(|number| !mine.contains(number)).collect::<Vec<u64>>();
    let (payments, disks, notices): (Vec<u64>, Vec<u64>, Vec<u64>) =
        ((1..=6).collect(), (21..=26).collect(), (34..=36).collect());
    let both = [payments.clone(), disks.clone()].concat();
    let assigned = [both.clone(), notices.clone()].concat();
    let mia_address = format!("assigned:{MIA}");
    let nobody_but_mia = format!("assigned:[none, {MIA}] level:info");
    for (person, query, expected) in [
        (&admin, "assigned:me", payments.clone()),
        (&mia, "assigned:me", disks.clone()),
        (&mia, "assigned:me disk:sdb", vec![24, 25, 26]),
        (&mia, "assigned:me is:unresolved", vec![]),
        (&vera, "assigned:me", vec![]),
        (&pia, "assigned:me", notices.clone()),
        (&pia, "is:assigned", [disks.clone(), notices].concat()),
        (&admin, &mia_address, disks.clone()),
        (&vera, "assigned:user:1 level:fatal", vec![3]),
        (&admin, "is:assigned", assigned.clone()),
        (&admin, "assigned:none", all_but(&assigned)),
        (&admin, "is:unassigned segfault", vec![37, 38]),
        (&admin, "!assigned:me", all_but(&payments)),
        (&admin, &nobody_but_mia, [vec![13, 14], disks].concat()),
        (&admin, "assigned:me OR is:resolved", both),
    ] {
        assert_eq!(numbers(&server, person, query), expected, "events {query}");
        let mut found: Vec<&str> = expected.iter().map(|&number| super::fixture::title_of(number)).collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(titles(&server, person, query), found, "issues {query}");
    }
    let (status, body) = read(&server, &admin, "issues", &[("query", "assigned:nobody@example.com")]);
    assert_eq!(status, 400, "{body}");

    // Completion offers whom issues can be assigned to, as the list of assignable people does.
    for more in [&[][..], &[("project", "default")], &[("project", "second")]] {
        let (_, people) = read(&server, &admin, "users", more);
        let people = people.as_array().expect("people").iter();
        let expected: Vec<Value> = people.map(|person| person["email"].clone()).collect();
        let pairs: Vec<_> = [("query", "assigned:")].iter().chain(more).copied().collect();
        let (_, body) = read(&server, &admin, "search-suggestions", &pairs);
        let items = body["items"].as_array().expect("items").iter().skip(2);
        assert_eq!(items.map(|item| item["label"].clone()).collect::<Vec<_>>(), expected, "{more:?}: {body}");
        assert!(!expected.contains(&json!(VERA)), "a viewer works on nothing");
        assert_eq!(expected.contains(&json!(PIA)), more != [("project", "default")], "{more:?}");
    }
}
