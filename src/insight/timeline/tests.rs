//! What is shown of a stretch of time, and what is said of it.

use jiff::{SignedDuration, Timestamp};

use crate::insight::timeline::{Kind, MOMENTS_MAX, Moment, choose, sentences};
use crate::model::ids::ProjectId;
use crate::model::standing::ChangePoint;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + minute * 60).expect("a time")
}

/// At minute 100, give or take so many.
fn change(minutes: i64) -> ChangePoint {
    ChangePoint { at: at(100), from: at(100 - minutes), to: at(100 + minutes), before: 2.0, after: 200.0 }
}

fn moment(kind: Kind, minute: i64, title: &str) -> Moment {
    Moment { is_own: true, project: Some(ProjectId(1)), ..Moment::new(kind, at(minute), title) }
}

fn deploy(minute: i64, title: &str) -> Moment {
    moment(Kind::Deploy, minute, title).detailed("deployed to production")
}

fn said(moments: Vec<Moment>, change: &ChangePoint) -> Vec<String> {
    sentences(&choose(moments, Some(change)), Some(change))
}

#[test]
fn what_was_near_is_said() {
    let found = said(
        vec![
            deploy(98, "api 2.14.3"),
            deploy(95, "api 2.14.2"),
            Moment { is_own: false, ..deploy(99, "web 1.0") },
            moment(Kind::Host, 100, "auth.example"),
            moment(Kind::Issue, 101, "SHOP-2 Timeout"),
            moment(Kind::Issue, 102, "SHOP-3 Refused"),
            moment(Kind::Annotation, 96, "flag `new-pay` on"),
        ],
        &change(1),
    );
    assert_eq!(
        found,
        [
            "It jumped 2 min after `api 2.14.3` was deployed to production.",
            "Calls to `auth.example` began to fail in the same minute.",
            "2 other issues began or jumped with it, among them `SHOP-2 Timeout`.",
            "`flag 'new-pay' on` was noted 4 min before.",
        ]
    );
}

#[test]
fn what_came_later_or_long_before_has_not_brought_it() {
    let nothing = ["Nothing else is known of that time: no deploy, no other issue, no note."];
    assert_eq!(said(vec![deploy(103, "late"), deploy(80, "early")], &change(1)), nothing);
    assert_eq!(said(vec![moment(Kind::Change, 100, "Resolved")], &change(1)), nothing);
    assert!(sentences(&choose(vec![deploy(98, "a")], None), None).is_empty());
}

#[test]
fn an_uncertain_beginning_is_told_as_one() {
    let found = said(vec![deploy(103, "api 2")], &change(5));
    assert_eq!(found, ["It jumped as `api 2` was deployed to production, at about the same time."]);
    let found = said(vec![deploy(100, "api 2")], &ChangePoint { before: 0.0, ..change(0) });
    assert_eq!(found, ["It began as `api 2` was deployed to production, in the same minute."]);
    let found = said(vec![deploy(93, "api 2")], &ChangePoint { before: 9.0, after: 1.0, ..change(0) });
    assert_eq!(found, ["It fell 7 min after `api 2` was deployed to production."]);
}

#[test]
fn each_thing_is_shown_once() {
    let titles = |moments: Vec<Moment>| -> Vec<(Kind, String, bool)> {
        let found = choose(moments, Some(&change(1)));
        found.into_iter().map(|moment| (moment.kind, moment.title, moment.near)).collect()
    };
    let found = titles(vec![
        moment(Kind::Release, 99, "api 2"),
        deploy(98, "api 2"),
        deploy(99, "api 2"),
        deploy(105, "api 2"),
        Moment { project: Some(ProjectId(2)), ..deploy(98, "api 2") },
        moment(Kind::Release, 10, "api 1"),
    ]);
    let expected = [
        (Kind::Release, "api 1", false),
        (Kind::Deploy, "api 2", true),
        (Kind::Deploy, "api 2", true),
        (Kind::Deploy, "api 2", true),
    ];
    let expected: Vec<_> = expected.map(|(kind, title, near)| (kind, title.to_owned(), near)).into();
    assert_eq!(found, expected);
}

#[test]
fn what_is_near_is_shown_before_what_is_not() {
    let mut moments: Vec<Moment> =
        (0..500).map(|minute| moment(Kind::Alert, minute + 200, &format!("{minute}"))).collect();
    moments.push(deploy(99, "near"));
    let found = choose(moments, Some(&change(1)));
    assert_eq!(found.len(), MOMENTS_MAX);
    assert!(found[0].near && found.is_sorted_by_key(|moment| moment.at));
}

#[test]
fn texts_are_bounded_and_on_one_line() {
    let found = Moment::new(Kind::Alert, at(1), &"x\ny\u{202e}".repeat(1_000)).detailed(" \n ");
    assert!(found.title.chars().count() <= 201 && !found.title.contains(['\n', '\u{202e}']));
    assert_eq!(found.detail, None);
    let far = ChangePoint { from: Timestamp::MIN, to: Timestamp::MAX, ..change(1) };
    assert!(said(vec![found], &far).len() == 1 && SignedDuration::ZERO.is_zero());
}
