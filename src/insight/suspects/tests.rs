use super::*;
use crate::model::release::{Author, ChangedFile};

fn frame(function: &str, path: &str) -> OwnFrame {
    OwnFrame {
        function: Some(function.to_owned()),
        filename: Some(path.to_owned()),
        line: Some(7),
        paths: vec![path.to_owned()],
        mapped: None,
    }
}

fn commit(id: &str, paths: &[&str]) -> Commit {
    let file = |path: &&str| ChangedFile { path: (*path).to_owned(), kind: FileChange::Modified };
    Commit {
        id: id.to_owned(),
        repository: Some("acme/shop".to_owned()),
        message: None,
        author: Author::default(),
        at: Timestamp::UNIX_EPOCH,
        files: paths.iter().map(file).collect(),
    }
}

/// The ids of the suspects, the likeliest first.
fn ranked(frames: &[OwnFrame], all: &[Commit]) -> String {
    let ids: Vec<&str> = commits(frames, all).iter().map(|suspect| all[suspect.commit].id.as_str()).collect();
    ids.join(" ")
}

#[test]
fn commits_are_ranked_by_frame_then_likeness_then_age() {
    let frames = [frame("chargeCard", "src/shop/payment.ts"), frame("checkout", "src/shop/cart.ts")];
    for (what, all, expected) in [
        ("no commits", vec![], ""),
        ("none has files", vec![commit("a", &[])], ""),
        ("other files", vec![commit("a", &["docs/payment.md", "src/shop/user.ts"])], ""),
        (
            "the inner frame first",
            vec![commit("a", &["src/shop/cart.ts"]), commit("b", &["src/shop/payment.ts"])],
            "b a",
        ),
        (
            "the newest of equals",
            vec![commit("new", &["src/shop/payment.ts"]), commit("old", &["src/shop/payment.ts"])],
            "new old",
        ),
        (
            "the closer path",
            vec![commit("a", &["web/shop/payment.ts"]), commit("b", &["web/src/shop/payment.ts"])],
            "b a",
        ),
        (
            "a folder above is one of the repository",
            vec![commit("a", &["packages/shop/src/shop/payment.ts"])],
            "a",
        ),
        ("a name alone, like no other", vec![commit("a", &["lib/payment.ts"])], "a"),
        (
            "a name alone, of two files",
            vec![commit("a", &["lib/payment.ts"]), commit("b", &["test/payment.ts"])],
            "",
        ),
        (
            "the same file twice is one",
            vec![commit("a", &["lib/payment.ts"]), commit("b", &["lib/payment.ts"])],
            "a b",
        ),
    ] {
        assert_eq!(ranked(&frames, &all), expected, "{what}");
    }
}

#[test]
fn a_code_mapping_has_the_last_word() {
    let mapped = OwnFrame {
        mapped: Some(("acme/shop".to_owned(), "packages/api/src/index.ts".to_owned())),
        ..frame("main", "src/index.ts")
    };
    let other =
        Commit { repository: Some("acme/web".to_owned()), ..commit("c", &["packages/api/src/index.ts"]) };
    let nameless = Commit { repository: None, ..commit("d", &["packages/api/src/index.ts"]) };
    let all = [
        commit("a", &["packages/web/src/index.ts"]),
        commit("b", &["packages/api/src/index.ts"]),
        other,
        nameless,
    ];
    assert_eq!(ranked(&[mapped], &all), "b d");
}

#[test]
fn a_file_at_the_root_is_one_file_only_with_itself() {
    let frames = [frame("main", "app.py")];
    let all = [commit("a", &["app.py"]), commit("b", &["tools/app.py"])];
    assert_eq!(ranked(&frames, &all), "a");
}

#[test]
fn a_suspect_says_what_it_touches() {
    let nameless = frame("<anonymous>", "src/a/user.ts");
    let frames =
        [frame("chargeCard", "src/shop/payment.ts"), frame("checkout", "src/shop/cart.ts"), nameless];
    let mut all = vec![
        commit("a", &["src/shop/cart.ts", "src/shop/payment.ts"]),
        commit("b", &["src/shop/cart.ts"]),
        commit("c", &["src/a/user.ts"]),
    ];
    all[1].files[0].kind = FileChange::Added;
    all[2].files[0].kind = FileChange::Deleted;
    let said: Vec<String> = commits(&frames, &all).into_iter().map(|suspect| suspect.sentence).collect();
    assert_eq!(
        said,
        [
            "touches src/shop/payment.ts, where chargeCard failed",
            "adds src/shop/cart.ts, where checkout led to it",
            "removes src/a/user.ts, which led to it",
        ]
    );
    let paths: Vec<String> = commits(&frames, &all)[0].touched.iter().map(|file| file.path.clone()).collect();
    assert_eq!(paths, ["src/shop/payment.ts", "src/shop/cart.ts"], "the inner frame's file first");
}

#[test]
fn suspects_are_few() {
    let all: Vec<Commit> =
        (0..50).map(|number| commit(&number.to_string(), &["src/shop/payment.ts"])).collect();
    let found = commits(&[frame("f", "src/shop/payment.ts")], &all);
    assert_eq!((found.len(), found[0].commit), (SUSPECTS_MAX, 0));
}

#[test]
fn deploys_are_suspect_for_a_day() {
    let seen: Timestamp = "2026-11-20T12:00:00Z".parse().expect("a time");
    let minutes = SignedDuration::from_mins;
    let deploy = |before: i64, lasted: Option<i64>| {
        let finished = seen - minutes(before);
        Deploy {
            id: 1,
            environment: "production".to_owned(),
            name: None,
            url: None,
            started: lasted.map(|lasted| finished - minutes(lasted)),
            finished,
            projects: Vec::new(),
        }
    };
    for (before, lasted, expected) in [
        (12, None, true),
        (24 * 60, None, true),
        (24 * 60 + 1, None, false),
        (-3, None, false),
        (-3, Some(5), true),
        (-3, Some(2), false),
        (-16, Some(60), false),
    ] {
        assert_eq!(is_in_time(&deploy(before, lasted), seen), expected, "{before} {lasted:?}");
    }
    let said = |before, lasted| deploy_sentence("api@2.14.3", &deploy(before, lasted), seen);
    assert_eq!(said(12, None), "api 2.14.3 to production, 12 min before");
    assert_eq!(said(-3, Some(5)), "api 2.14.3 to production, done 3 min after: it was under way");
}
