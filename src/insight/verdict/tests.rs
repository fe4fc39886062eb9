use super::*;
use crate::insight::slower::compare;
use crate::model::durations::Durations;
use crate::model::health::Outcomes;

fn outcomes(total: u64, errored: u64, crashed: u64) -> Outcomes {
    Outcomes { total, errored, crashed, ..Outcomes::default() }
}

/// A release of the shop after six hours with so many sessions, of which so many had errors and crashed.
fn measured(version: &str, total: u64, errored: u64, crashed: u64) -> Measured {
    let health = Health {
        sessions: outcomes(total, errored, crashed),
        users: outcomes(total / 2, errored / 2, crashed / 2),
        ..Health::default()
    };
    Measured {
        version: format!("shop@{version}"),
        health,
        errors_by_hour: vec![0; 6],
        hours: 6.0,
        new_issues: 0,
    }
}

fn story(before: Measured, after: Measured) -> Facts {
    Facts {
        environment: Some("production".to_owned()),
        age: SignedDuration::from_hours(6),
        after,
        before: Some(before),
        earlier: Vec::new(),
        regressed: Vec::new(),
        transactions: Vec::new(),
        is_newest: true,
    }
}

fn quiet() -> Measured {
    measured("2.14.2", 20_000, 400, 40)
}

/// Both without sessions, with errors by the hour.
fn errors_only(before: [u64; 8], after: [u64; 8]) -> Facts {
    let of = |version: &str, by_hour: [u64; 8]| Measured {
        errors_by_hour: by_hour.to_vec(),
        hours: 8.0,
        ..measured(version, 0, 0, 0)
    };
    Facts { age: SignedDuration::from_hours(8), ..story(of("2.14.2", before), of("2.14.3", after)) }
}

fn with_new(issues: u64, facts: Facts) -> Facts {
    Facts { after: Measured { new_issues: issues, ..facts.after.clone() }, ..facts }
}

fn told(facts: &Facts) -> String {
    let verdict = judge(facts);
    let text = format!("{:?}: {}", verdict.state, verdict.sentence);
    match verdict.ready_in {
        Some(wait) => format!("{text} ({} s)", wait.as_secs()),
        None => text,
    }
}

fn check(stories: Vec<(&str, Facts, &str)>) {
    for (what, facts, expected) in stories {
        assert_eq!(told(&facts), expected, "{what}");
    }
}

fn next(total: u64, errored: u64, crashed: u64) -> Measured {
    measured("2.14.3", total, errored, crashed)
}

#[test]
fn sessions_tell() {
    let minutes = SignedDuration::from_mins;
    check(vec![
        (
            "nothing changed",
            story(quiet(), next(20_000, 410, 42)),
            "Same: Same as shop 2.14.2: crash-free sessions 99.8 % vs 99.8 %, no new issues",
        ),
        (
            "it crashes",
            with_new(3, story(quiet(), next(10_000, 400, 210))),
            "Worse: Worse: 3 new issues, sessions with errors 4.0 % vs 2.0 %, crash-free sessions 97.9 % vs 99.8 %, \
             crash-free users 97.9 % vs 99.8 %; roll back",
        ),
        (
            "it crashes no more",
            story(measured("2.14.2", 20_000, 420, 400), next(20_000, 40, 20)),
            "Better: Better than shop 2.14.2: sessions with errors 0.2 % vs 2.1 %, crash-free sessions 99.9 % vs 98.0 %, \
             crash-free users 99.9 % vs 98.0 %",
        ),
        (
            "a difference that is sure and does not matter",
            story(measured("2.14.2", 4_000_000, 8_000, 4_000), next(4_000_000, 12_000, 8_000)),
            "Same: Same as shop 2.14.2: crash-free sessions 99.8 % vs 99.9 %, no new issues",
        ),
        (
            "a difference that would matter and is chance",
            story(measured("2.14.2", 400, 8, 2), next(400, 12, 5)),
            "Same: Same as shop 2.14.2: crash-free sessions 98.8 % vs 99.5 %, no new issues",
        ),
        (
            "errors, but no crashes",
            story(quiet(), next(20_000, 2_000, 40)),
            "Worse: Worse: sessions with errors 10.0 % vs 2.0 %; roll back",
        ),
        (
            "half of few sessions crash",
            story(quiet(), next(60, 30, 30)),
            "Worse: Worse: sessions with errors 50.0 % vs 2.0 %, crash-free sessions 50.0 % vs 99.8 %; roll back",
        ),
        (
            "all of too few sessions crash",
            Facts { age: minutes(30), ..story(quiet(), next(10, 10, 10)) },
            "NotEnoughData: Not enough data: 10 of 300 sessions; about 15 h more at this rate (52200 s)",
        ),
        (
            "too few, and another release took its place",
            Facts { is_newest: false, ..story(quiet(), next(200, 4, 0)) },
            "NotEnoughData: Not enough data: 200 of 300 sessions",
        ),
        (
            "too few, and there will not be enough within the window",
            Facts { age: SignedDuration::from_hours(6 * 24), ..story(quiet(), next(200, 4, 0)) },
            "NotEnoughData: Not enough data: 200 of 300 sessions",
        ),
        (
            "too few to call it the same",
            Facts { age: minutes(60), ..story(quiet(), next(200, 4, 0)) },
            "NotEnoughData: Not enough data: 200 of 300 sessions; about 30 min more at this rate (1800 s)",
        ),
        (
            "the release before had too few",
            story(measured("2.14.2", 12, 0, 0), next(900, 9, 1)),
            "NotEnoughData: Not enough data: shop 2.14.2 had only 12 sessions at this age, of 300",
        ),
        (
            "the first release",
            Facts { before: None, ..story(quiet(), next(20_000, 10, 1)) },
            "NotEnoughData: Not enough data: no release before shop 2.14.3 had traffic in production",
        ),
        (
            "not yet used",
            story(quiet(), next(0, 0, 0)),
            "NotEnoughData: Not enough data: neither sessions nor errors of shop 2.14.3 in production yet",
        ),
    ]);
}

#[test]
fn issues_tell() {
    let earlier = vec![(0, 6.0), (1, 6.0), (0, 6.0), (0, 6.0)];
    check(vec![
        (
            "new issues as always",
            Facts {
                earlier: vec![(4, 6.0), (6, 6.0), (5, 6.0)],
                ..with_new(6, story(Measured { new_issues: 5, ..quiet() }, next(20_000, 400, 40)))
            },
            "Same: Same as shop 2.14.2: crash-free sessions 99.8 % vs 99.8 %, 6 new issues",
        ),
        (
            "more new issues than ever",
            Facts { earlier: earlier.clone(), ..with_new(6, story(quiet(), next(20_000, 400, 40))) },
            "Worse: Worse: 6 new issues; look into it first",
        ),
        (
            "two new issues, where there were none",
            Facts { earlier, ..with_new(2, story(quiet(), next(20_000, 400, 40))) },
            "Same: Same as shop 2.14.2: crash-free sessions 99.8 % vs 99.8 %, 2 new issues",
        ),
        (
            "the release before was the newest for minutes, and had its share of new issues",
            with_new(8, story(Measured { new_issues: 1, hours: 0.5, ..quiet() }, next(20_000, 400, 40))),
            "Same: Same as shop 2.14.2: crash-free sessions 99.8 % vs 99.8 %, 8 new issues",
        ),
        (
            "a fix did not hold",
            Facts { regressed: vec![14, 2], ..story(quiet(), next(20_000, 400, 40)) },
            "Worse: Worse: 2 issues came back; look into it first",
        ),
        (
            "a straggler of a fixed issue",
            Facts { regressed: vec![2], ..story(quiet(), next(20_000, 400, 40)) },
            "Same: Same as shop 2.14.2: crash-free sessions 99.8 % vs 99.8 %, no new issues",
        ),
    ]);
}

#[test]
fn without_sessions_errors_tell() {
    let minutes = SignedDuration::from_mins;
    check(vec![
        (
            "no sessions, and many more errors",
            errors_only([3, 5, 4, 6, 4, 5, 3, 4], [40, 38, 52, 41, 47, 39, 50, 44]),
            "Worse: Worse: errors 43.9 vs 4.2 an hour; roll back",
        ),
        (
            "no sessions, and one error more an hour at most",
            errors_only([0, 1, 0, 0, 0, 0, 1, 0], [1, 0, 2, 1, 1, 0, 1, 1]),
            "Same: Same as shop 2.14.2: errors 0.9 vs 0.2 an hour, no new issues",
        ),
        (
            "no sessions, and errors that come in bunches",
            errors_only([0, 60, 0, 2, 0, 0, 55, 1], [0, 0, 120, 70, 0, 40, 20, 0]),
            "Same: Same as shop 2.14.2: errors 31.2 vs 14.8 an hour, no new issues",
        ),
        (
            "no sessions, and as many errors",
            errors_only([3, 5, 4, 6, 4, 5, 3, 4], [5, 4, 3, 6, 5, 4, 6, 3]),
            "Same: Same as shop 2.14.2: errors 4.5 vs 4.2 an hour, no new issues",
        ),
        (
            "no sessions, and far fewer errors",
            errors_only([40, 38, 52, 41, 47, 39, 50, 44], [3, 5, 4, 6, 4, 5, 3, 4]),
            "Better: Better than shop 2.14.2: errors 4.2 vs 43.9 an hour",
        ),
        (
            "no sessions, and a release before that was the newest for minutes",
            {
                let facts = errors_only([3; 8], [5; 8]);
                Facts { before: facts.before.map(|before| Measured { hours: 0.2, ..before }), ..facts }
            },
            "NotEnoughData: Not enough data: there are no sessions, and shop 2.14.2 was the newest in production for less \
             than an hour",
        ),
        (
            "the first release with sessions, and without errors",
            {
                let facts = errors_only([40, 38, 52, 41, 47, 39, 50, 44], [0; 8]);
                Facts { after: Measured { hours: 8.0, ..next(900, 0, 0) }, ..facts }
            },
            "Better: Better than shop 2.14.2: errors 0.0 vs 43.9 an hour",
        ),
        (
            "no sessions, and a young release",
            Facts {
                age: minutes(20),
                after: Measured { errors_by_hour: vec![90], hours: 1.0 / 3.0, ..next(0, 0, 0) },
                ..errors_only([3; 8], [0; 8])
            },
            "NotEnoughData: Not enough data: there are no sessions, and errors by the hour want an hour; 40 min to go (2400 s)",
        ),
    ]);
}

#[test]
fn a_check_shows_its_numbers_and_its_test() {
    let verdict = judge(&story(quiet(), measured("2.14.3", 10_000, 400, 210)));
    let names: Vec<CheckName> = verdict.checks.iter().map(|check| check.name).collect();
    assert_eq!(
        names,
        [
            CheckName::NewIssues,
            CheckName::RegressedIssues,
            CheckName::ErrorRate,
            CheckName::CrashFreeSessions,
            CheckName::CrashFreeUsers,
            CheckName::DurationP95
        ]
    );
    let crash_free = &verdict.checks[3];
    assert_eq!((crash_free.before, crash_free.after), (Some(0.998), Some(0.979)));
    assert_eq!(crash_free.test, Some(Test::TwoProportions));
    assert_eq!(crash_free.sentence, "Crash-free sessions 97.9 % vs 99.8 %, of 10,000 and 20,000 sessions");
    let (low, high) = crash_free.interval.expect("an interval");
    assert!(low > 0.975 && low < 0.979 && high > 0.979 && high < 0.983, "{low} {high}");
    assert!(crash_free.p.is_some_and(|p| p < 1e-6));
    assert_eq!(
        (verdict.checks[5].state, verdict.checks[5].sentence.as_str()),
        (State::NotEnoughData, "No traces yet")
    );
}

#[test]
fn several_looks_at_chance_are_corrected() {
    // Alone, the users' p-value would be below the bound; among four looks it is not.
    let of = |version: &str, crashed| Measured {
        health: Health {
            sessions: outcomes(2_000, 40, 4),
            users: outcomes(1_000, 20, crashed),
            ..Health::default()
        },
        ..measured(version, 0, 0, 0)
    };
    let verdict = judge(&story(of("2.14.2", 4), of("2.14.3", 17)));
    let users = &verdict.checks[4];
    assert!(users.p.is_some_and(|p| p > P_MAX && p < 4.0 * P_MAX), "{:?}", users.p);
    assert_eq!((users.state, verdict.state), (State::Same, State::Same));
}

#[test]
fn of_several_projects_the_worst_counts() {
    use State::{Better, NotEnoughData, Same, Worse};
    for (states, expected) in [
        (vec![], NotEnoughData),
        (vec![NotEnoughData, Better], Better),
        (vec![Same, Better], Same),
        (vec![Worse, NotEnoughData, Better], Worse),
    ] {
        assert_eq!(worst(states.clone()), expected, "{states:?}");
    }
}

#[test]
fn the_transaction_that_became_slowest_is_named() {
    let even = |of: u64, us: u64| {
        let mut durations = Durations::default();
        (0..of).for_each(|at| durations.add(us / 10 + us * at / of));
        durations
    };
    let compared = |name: &str, before: (u64, u64), after: (u64, u64)| Compared {
        name: name.to_owned(),
        comparison: compare(&even(before.0, before.1), &even(after.0, after.1), confidence_of_each(3)),
    };
    let usual = compared("GET /", (2_000, 400_000), (2_000, 401_000));
    let slower = compared("POST /pay", (2_000, 400_000), (2_000, 900_000));
    let slowest = compared("GET /report", (2_000, 400_000), (2_000, 2_000_000));
    let faster = compared("GET /users/*", (2_000, 400_000), (2_000, 100_000));
    let few = compared("GET /rare", (20, 400_000), (2_000, 900_000));
    let said = |transactions: &[&Compared]| {
        let transactions = transactions.iter().copied().cloned().collect();
        let verdict = judge(&Facts { transactions, ..story(quiet(), next(20_000, 400, 40)) });
        let check = verdict.checks.into_iter().find(|check| check.name == CheckName::DurationP95);
        let check = check.expect("a check");
        (check.state, check.sentence, verdict.sentence)
    };
    for (what, transactions, expected, first, last, whole) in [
        ("none", vec![], State::NotEnoughData, "No traces yet", "", "Same as"),
        (
            "one of two",
            vec![&usual, &slower],
            State::Worse,
            "P95 of POST /pay ",
            "; of 2 transactions",
            "Worse: p95 of POST /pay ",
        ),
        (
            "two",
            vec![&slower, &usual, &slowest, &faster],
            State::Worse,
            "P95 of GET /report ",
            "; 1 more of 4 slower",
            "Worse: p95 of GET /report ",
        ),
        (
            "faster",
            vec![&usual, &faster],
            State::Better,
            "P95 of GET /users/* ",
            "; of 2 transactions",
            "Better than shop 2.14.2: p95 of GET /users/* ",
        ),
        (
            "as before",
            vec![&usual],
            State::Same,
            "P95 of GET / ",
            "; of 1 transaction, none is slower",
            "Same as",
        ),
        (
            "too few",
            vec![&few],
            State::NotEnoughData,
            "1 transaction, none with 50 in both releases",
            "",
            "Same as",
        ),
    ] {
        let (state, sentence, verdict) = said(&transactions);
        assert_eq!(state, expected, "{what}");
        assert!(sentence.starts_with(first) && sentence.ends_with(last), "{what}: {sentence}");
        assert!(verdict.starts_with(whole), "{what}: {verdict}");
        assert_eq!(verdict.ends_with("look into it first"), state == State::Worse, "{what}: {verdict}");
    }
}
