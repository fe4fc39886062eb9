//! Stories: what was resolved how, which event came then, what becomes of the issue, and in which words.

use jiff::{SignedDuration, Timestamp};

use super::{Facts, Finding, Lineage, ReleaseFacts, holds, judge, regressed};
use crate::model::issue::{Fix, Resolution};
use crate::model::regression::Deployed;
use crate::model::release::KnownRelease;
use crate::model::release_order::ReleaseOrder;

const FIX: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678";

/// `Tue 10:00` of the week that begins on Monday, 23 November 2026; `Mon-7 10:00` is a week before.
fn t(text: &str) -> Timestamp {
    let (day, time) = text.split_once(' ').expect("a day and a time");
    let (name, before) = day.split_once('-').unwrap_or((day, "0"));
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let (number, _) = (0_i64..).zip(days).find(|(_, known)| *known == name).expect(name);
    let days = number - before.parse::<i64>().expect(text);
    let start: Timestamp = format!("2026-11-23T{time}:00Z").parse().expect(text);
    start + SignedDuration::from_hours(24 * days)
}

fn known(version: &str, date: &str) -> KnownRelease {
    KnownRelease { version: version.to_owned(), date: t(date) }
}

struct Story {
    order: ReleaseOrder,
    resolution: Resolution,
    release: Option<ReleaseFacts>,
    at: Timestamp,
}

/// Resolved on Tuesday at 10:00, and an event without a release on Wednesday at noon.
fn resolved(fix: Fix) -> Story {
    Story {
        order: ReleaseOrder::Versions,
        resolution: Resolution { at: t("Tue 10:00"), by: None, fix },
        release: None,
        at: t("Wed 12:00"),
    }
}

fn now(newest: Option<KnownRelease>) -> Story {
    resolved(Fix::Now { newest })
}

fn in_release(version: &str, date: &str) -> Story {
    resolved(Fix::Release { release: known(version, date) })
}

fn in_next(after: Option<KnownRelease>) -> Story {
    resolved(Fix::NextRelease { after })
}

fn by_commit(releases: &[(&str, &str)]) -> Story {
    let releases = releases.iter().map(|(version, date)| known(version, date)).collect();
    resolved(Fix::Commit { commit: FIX.to_owned(), repository: None, releases })
}

impl Story {
    fn at(mut self, at: &str) -> Self {
        self.at = t(at);
        self
    }

    fn by_date(mut self) -> Self {
        self.order = ReleaseOrder::Dates;
        self
    }

    /// The event's release, which events alone name, since then.
    fn seen(mut self, version: &str, since: &str) -> Self {
        let known = known(version, since);
        let existed = known.date;
        let lineage = Lineage::Unknown;
        self.release = Some(ReleaseFacts { known, existed, built: None, deploy: None, lineage });
        self
    }

    /// The event's release, which a build declared then.
    fn built(self, version: &str, at: &str) -> Self {
        let mut story = self.seen(version, at);
        story.facts().built = Some(t(at));
        story
    }

    fn deployed(mut self, environment: &str, at: &str) -> Self {
        let release = self.facts();
        release.built = Some(release.built.map_or(t(at), |built| built.min(t(at))));
        release.deploy = Some(Deployed { environment: environment.to_owned(), at: t(at) });
        self
    }

    /// Said to have gone live at another time than the one at which it was first heard of.
    fn released(mut self, at: &str) -> Self {
        self.facts().known.date = t(at);
        self
    }

    fn lineage(mut self, lineage: Lineage) -> Self {
        self.facts().lineage = lineage;
        self
    }

    fn facts(&mut self) -> &mut ReleaseFacts {
        self.release.as_mut().expect("a release")
    }

    fn told(&self) -> String {
        let facts = Facts {
            resolution: &self.resolution,
            order: self.order,
            release: self.release.as_ref(),
            at: self.at,
        };
        match judge(&facts) {
            Finding::Holds(reason) => holds(reason, &facts),
            Finding::Reopens(because) => regressed(&because, None),
        }
    }
}

fn check(stories: &[(&str, Story, &str)]) {
    let wrong: Vec<String> = stories
        .iter()
        .filter(|(_, story, expected)| story.told() != *expected)
        .map(|(name, story, expected)| format!("{name}\n   said: {}\n wanted: {expected}", story.told()))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn resolved_now() {
    let newest = || Some(known("shop@2.14.2", "Mon 15:00"));
    check(&[
        ("no release anywhere", now(None), "Regressed: resolved on Tuesday; 1 event that names no release"),
        (
            "no release anywhere, a delayed event",
            now(None).at("Tue 09:00"),
            "Holds: resolved at 10:00; it happened at 09:00, before that",
        ),
        (
            "at the very moment of the resolution",
            now(None).at("Tue 10:00"),
            "Holds: resolved at 10:00; it happened at 10:00, before that",
        ),
        (
            "releases are known, and the event names none",
            now(newest()),
            "Regressed: resolved on Tuesday, when 2.14.2 was the newest; 1 event that names no release",
        ),
        (
            "the newest release goes on failing",
            now(newest()).built("shop@2.14.2", "Mon 15:00"),
            "Regressed: resolved on Tuesday, when 2.14.2 was the newest; 1 event in 2.14.2",
        ),
        (
            "the newest release, a delayed event of a client that was offline for days",
            now(newest()).seen("shop@2.14.2", "Mon 15:00").at("Mon 18:00"),
            "Holds: resolved at 10:00, when 2.14.2 was the newest; it happened on Monday 18:00, before that",
        ),
        (
            "an old client after the fix",
            now(newest()).built("shop@2.13.0", "Mon-7 15:00"),
            "Holds: resolved on Tuesday, when 2.14.2 was the newest; 2.13.0 is older",
        ),
        (
            "an old client whose clock is ahead by days",
            now(newest()).built("shop@2.13.0", "Mon-7 15:00").at("Sun 12:00"),
            "Holds: resolved on Tuesday, when 2.14.2 was the newest; 2.13.0 is older",
        ),
        (
            "a newer release",
            now(newest()).built("shop@2.14.3", "Wed 09:00").deployed("production", "Wed 09:02"),
            "Regressed: resolved on Tuesday, when 2.14.2 was the newest; 1 event in 2.14.3, deployed 09:02 to \
             production, 2 h before",
        ),
        (
            "a newer release, from a client whose clock is behind by days",
            now(newest()).built("shop@2.14.3", "Wed 09:00").at("Mon 08:00"),
            "Regressed: resolved on Tuesday, when 2.14.2 was the newest; 1 event in 2.14.3",
        ),
        (
            "a backport of the old line, made after the fix",
            now(newest()).built("shop@1.9.5", "Wed 09:00"),
            "Holds: resolved on Tuesday, when 2.14.2 was the newest; 1.9.5 is older",
        ),
        (
            "a rollback to the release before",
            now(newest()).built("shop@2.14.1", "Mon 09:00").deployed("production", "Wed 11:00"),
            "Holds: resolved on Tuesday, when 2.14.2 was the newest; 2.14.1 is older",
        ),
        (
            "the other package of the project, as it was",
            now(newest()).built("worker@0.3.0", "Mon 09:00"),
            "Holds: resolved on Tuesday, when 2.14.2 was the newest; 0.3.0 is of another line and was built \
             before the fix",
        ),
        (
            "the other package of the project, made anew",
            now(newest()).built("worker@0.3.1", "Wed 09:00"),
            "Regressed: resolved on Tuesday, when 2.14.2 was the newest; 1 event in 0.3.1, made after the fix",
        ),
        (
            "releases, and none was known when it was resolved",
            now(None).built("shop@1.0.0", "Wed 09:00"),
            "Regressed: resolved on Tuesday; 1 event in 1.0.0",
        ),
        (
            "a pre-release of the newest",
            now(newest()).built("shop@2.14.2-rc.1", "Mon 09:00"),
            "Holds: resolved on Tuesday, when 2.14.2 was the newest; 2.14.2-rc.1 is older",
        ),
    ]);
}

#[test]
fn resolved_in_a_release() {
    let fix = || in_release("shop@2.14.2", "Mon 15:00");
    check(&[
        ("no release", fix(), {
            "Holds: resolved in 2.14.2 on Tuesday; the event names no release, so nothing says that it has the fix"
        }),
        (
            "exactly in that release, afterwards",
            fix().built("shop@2.14.2", "Mon 15:00"),
            "Regressed: resolved in 2.14.2 on Tuesday; 1 event in 2.14.2 itself",
        ),
        (
            "exactly in that release, before",
            fix().built("shop@2.14.2", "Mon 15:00").at("Mon 16:00"),
            "Holds: resolved in 2.14.2 at 10:00; it happened on Monday 16:00, before that",
        ),
        (
            "exactly in that release, by another writing of it",
            fix().built("shop@v2.14.2", "Mon 15:00"),
            "Regressed: resolved in 2.14.2 on Tuesday; 1 event in v2.14.2 itself",
        ),
        ("the release before", fix().built("shop@2.14.1", "Mon 09:00"), {
            "Holds: resolved in 2.14.2 on Tuesday; 2.14.1 is older"
        }),
        (
            "the release after",
            fix().built("shop@2.14.3", "Wed 15:02").deployed("production", "Wed 15:02").at("Wed 18:04"),
            "Regressed: resolved in 2.14.2 on Tuesday; 1 event in 2.14.3, deployed 15:02 to production, 3 h before",
        ),
        (
            "the release after, which was there before anybody resolved",
            fix().built("shop@2.14.3", "Mon 18:00"),
            "Regressed: resolved in 2.14.2 on Tuesday; 1 event in 2.14.3",
        ),
        (
            "a canary of the fix itself",
            fix().built("shop@2.14.2", "Mon 15:00").deployed("canary", "Wed 11:40"),
            "Regressed: resolved in 2.14.2 on Tuesday; 1 event in 2.14.2 itself, deployed 11:40 to canary, 20 min before",
        ),
        (
            "staging has the fix, production not yet",
            fix().built("shop@2.14.1", "Mon 09:00").deployed("production", "Mon 09:10"),
            "Holds: resolved in 2.14.2 on Tuesday; 2.14.1 is older",
        ),
        (
            "the fix fails in staging",
            fix().built("shop@2.14.2", "Mon 15:00").deployed("staging", "Mon 15:30"),
            "Regressed: resolved in 2.14.2 on Tuesday; 1 event in 2.14.2 itself, deployed Monday 15:30 to staging, \
             44 h before",
        ),
        (
            "an old release that is deployed once more",
            fix().built("shop@2.13.9", "Mon-7 09:00").deployed("production", "Wed 09:00"),
            "Holds: resolved in 2.14.2 on Tuesday; 2.13.9 is older",
        ),
        (
            "a release that is still to come has the fix, and nobody has it",
            in_release("shop@3.0.0", "Tue 10:00").built("shop@2.14.2", "Mon 15:00"),
            "Holds: resolved in 3.0.0 on Tuesday; 2.14.2 is older",
        ),
        (
            "weeks later, in a release of long ago",
            fix().built("shop@2.14.4", "Mon-7 09:00").deployed("production", "Mon-7 10:00"),
            "Regressed: resolved in 2.14.2 on Tuesday; 1 event in 2.14.4, deployed 16 Nov 2026 10:00 to production, \
             9 d before",
        ),
        (
            "a version of three numbers and one of two",
            in_release("shop@2.14", "Mon 15:00").built("shop@2.14.0", "Mon 15:00"),
            "Regressed: resolved in 2.14 on Tuesday; 1 event in 2.14.0 itself",
        ),
    ]);
}

#[test]
fn backports_are_lines_of_their_own() {
    let fix = || in_release("shop@1.9.4", "Mon 15:00");
    check(&[
        (
            "2.1.0 was there before the backport",
            fix().built("shop@2.1.0", "Mon 09:00"),
            "Holds: resolved in 1.9.4 on Tuesday; 2.1.0 is of another line and was built before the fix",
        ),
        (
            "2.1.0 was there when it was resolved",
            fix().built("shop@2.1.0", "Mon 20:00"),
            "Holds: resolved in 1.9.4 on Tuesday; 2.1.0 is of another line and was built before the fix",
        ),
        (
            "2.1.1 came after the fix",
            fix().built("shop@2.1.1", "Wed 09:00"),
            "Regressed: resolved in 1.9.4 on Tuesday; 1 event in 2.1.1, made after the fix",
        ),
        (
            "2.1.1 is heard of after the fix, and was released before",
            fix().seen("shop@2.1.1", "Wed 09:00").released("Mon 09:00"),
            "Holds: resolved in 1.9.4 on Tuesday; 2.1.1 is of another line and was built before the fix",
        ),
        (
            "1.9.5, made before the fix was told",
            fix().built("shop@1.9.5", "Mon 16:00"),
            "Regressed: resolved in 1.9.4 on Tuesday; 1 event in 1.9.5",
        ),
        ("1.9.3", fix().built("shop@1.9.3", "Wed 09:00"), {
            "Holds: resolved in 1.9.4 on Tuesday; 1.9.3 is older"
        }),
        ("1.8.7, made after the fix", fix().built("shop@1.8.7", "Wed 09:00"), {
            "Holds: resolved in 1.9.4 on Tuesday; 1.8.7 is older"
        }),
        (
            "another package, made after the fix",
            fix().built("worker@7.0.0", "Wed 09:00"),
            "Regressed: resolved in 1.9.4 on Tuesday; 1 event in 7.0.0, made after the fix",
        ),
        (
            "a release that is called by no version, in a project of versions",
            fix().seen("nightly", "Mon 09:00"),
            "Holds: resolved in 1.9.4 on Tuesday; nightly is of another line and was built before the fix",
        ),
    ]);
}

#[test]
fn releases_without_versions_go_by_date() {
    let hash = "0123456789abcdef0123456789abcdef01234567";
    let fix = || in_release(hash, "Mon 15:00").by_date();
    check(&[
        ("the release itself", fix().built(hash, "Mon 15:00"), {
            "Regressed: resolved in 0123456789ab on Tuesday; 1 event in 0123456789ab itself"
        }),
        ("an older one", fix().built("feedfacefeedface", "Mon 14:59"), {
            "Holds: resolved in 0123456789ab on Tuesday; feedfacefeed is older"
        }),
        ("a newer one", fix().built("deadbeefdeadbeef", "Mon 15:01"), {
            "Regressed: resolved in 0123456789ab on Tuesday; 1 event in deadbeefdead"
        }),
        (
            "calendar versions without a package",
            in_release("2026.11.3", "Mon 15:00").by_date().built("2026.11.2", "Mon 09:00"),
            "Holds: resolved in 2026.11.3 on Tuesday; 2026.11.2 is older",
        ),
        (
            "calendar versions with one",
            in_release("shop@2026.11.3", "Mon 15:00").built("shop@2026.11.4", "Wed 09:00"),
            "Regressed: resolved in 2026.11.3 on Tuesday; 1 event in 2026.11.4",
        ),
        (
            "resolved now, a release of before",
            now(Some(known("build-7", "Mon 15:00"))).by_date().seen("build-6", "Mon 09:00"),
            "Holds: resolved on Tuesday, when build-7 was the newest; build-6 is older",
        ),
        (
            "resolved now, a release of afterwards",
            now(Some(known("build-7", "Mon 15:00"))).by_date().seen("build-8", "Wed 09:00"),
            "Regressed: resolved on Tuesday, when build-7 was the newest; 1 event in build-8",
        ),
    ]);
}

#[test]
fn resolved_in_the_next_release() {
    let next = || in_next(Some(known("shop@2.14.2", "Mon 15:00")));
    check(&[
        ("no release", next(), {
            "Holds: resolved in the release after 2.14.2 on Tuesday; the event names no release, so nothing says that \
             it has the fix"
        }),
        ("the newest then", next().built("shop@2.14.2", "Mon 15:00"), {
            "Holds: resolved in the release after 2.14.2 on Tuesday; 2.14.2 was out already"
        }),
        ("an older one", next().built("shop@2.14.1", "Mon 09:00"), {
            "Holds: resolved in the release after 2.14.2 on Tuesday; 2.14.1 is older"
        }),
        ("the next one", next().built("shop@2.14.3", "Wed 09:00"), {
            "Regressed: resolved in the release after 2.14.2 on Tuesday; 1 event in 2.14.3"
        }),
        ("the next major one", next().built("shop@3.0.0", "Wed 09:00"), {
            "Regressed: resolved in the release after 2.14.2 on Tuesday; 1 event in 3.0.0"
        }),
        ("a beta that some had already", next().seen("shop@3.0.0-beta", "Mon 09:00"), {
            "Holds: resolved in the release after 2.14.2 on Tuesday; 3.0.0-beta was out already"
        }),
        ("before any release, and one that was there", in_next(None).seen("shop@1.0.0", "Mon 09:00"), {
            "Holds: resolved in the next release on Tuesday; 1.0.0 was out already"
        }),
        ("before any release, and the first one", in_next(None).built("shop@1.0.0", "Wed 09:00"), {
            "Regressed: resolved in the next release on Tuesday; 1 event in 1.0.0, made after the fix"
        }),
        (
            "another package, as it was",
            next().built("worker@0.3.0", "Mon 09:00"),
            "Holds: resolved in the release after 2.14.2 on Tuesday; 0.3.0 was out already",
        ),
        (
            "by date, the next build",
            in_next(Some(known("build-7", "Mon 15:00"))).by_date().built("build-8", "Wed 09:00"),
            "Regressed: resolved in the release after build-7 on Tuesday; 1 event in build-8",
        ),
    ]);
}

#[test]
fn resolved_by_a_commit() {
    let fix = || by_commit(&[("shop@2.14.2", "Mon 15:00")]);
    let both = || by_commit(&[("shop@2.14.2", "Mon 15:00"), ("shop@1.9.4", "Mon 16:00")]);
    check(&[
        ("no release", fix(), {
            "Holds: resolved by a1b2c3d in 2.14.2 on Tuesday; the event names no release, so nothing says that it has \
             the fix"
        }),
        (
            "a release of another line that lists the commit",
            fix().built("shop@1.9.4", "Mon 09:00").lineage(Lineage::HasTheFix),
            "Regressed: resolved by a1b2c3d in 2.14.2 on Tuesday; 1 event in 1.9.4, which contains a1b2c3d",
        ),
        (
            "a hotfix that is newer by number and was cut before the commit",
            fix().built("shop@2.14.3", "Wed 09:00").lineage(Lineage::EndsBefore),
            "Holds: resolved by a1b2c3d in 2.14.2 on Tuesday; 2.14.3 ends before the fixing commit",
        ),
        ("a newer release of which no commit is known", fix().built("shop@2.14.3", "Wed 09:00"), {
            "Regressed: resolved by a1b2c3d in 2.14.2 on Tuesday; 1 event in 2.14.3"
        }),
        ("ported back: the old line, before", both().built("shop@1.9.3", "Mon 09:00"), {
            "Holds: resolved by a1b2c3d in 2.14.2 and 1.9.4 on Tuesday; 1.9.3 is older"
        }),
        ("ported back: the old line, afterwards", both().built("shop@1.9.5", "Wed 09:00"), {
            "Regressed: resolved by a1b2c3d in 2.14.2 and 1.9.4 on Tuesday; 1 event in 1.9.5"
        }),
        ("ported back: the new line, before", both().built("shop@2.14.1", "Mon 09:00"), {
            "Holds: resolved by a1b2c3d in 2.14.2 and 1.9.4 on Tuesday; 2.14.1 is older"
        }),
        ("ported back: a line in between", both().built("shop@2.0.7", "Wed 09:00"), {
            "Holds: resolved by a1b2c3d in 2.14.2 and 1.9.4 on Tuesday; 2.0.7 is older"
        }),
        (
            "in no release yet, an event of one that was there",
            by_commit(&[]).built("shop@2.14.1", "Mon 09:00"),
            { "Holds: resolved by a1b2c3d on Tuesday; 2.14.1 was out already" },
        ),
        ("in no release yet, and the next one fails", by_commit(&[]).built("shop@2.14.2", "Wed 09:00"), {
            "Regressed: resolved by a1b2c3d on Tuesday; 1 event in 2.14.2, made after the fix"
        }),
    ]);
}

#[test]
fn the_sentence_counts() {
    let story = in_release("shop@2.14.2", "Mon 15:00").built("shop@2.14.3", "Wed 15:02");
    let facts = Facts {
        resolution: &story.resolution,
        order: story.order,
        release: story.release.as_ref(),
        at: story.at,
    };
    let Finding::Reopens(because) = judge(&facts) else { panic!("it reopens") };
    assert_eq!(because.at, t("Wed 15:02"), "no event is older than its release");
    let told = regressed(&because, Some(14));
    assert_eq!(told, "Regressed: resolved in 2.14.2 on Tuesday; 14 events in 2.14.3");
}
