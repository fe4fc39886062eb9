//! A disk that really is full, and has room again.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use super::{draft, id, now, open, with_project};
use crate::model::ids::{EventSeq, IssueId};
use crate::store::{Record, Recorded, StoreError, UserReportRecord};

/// A small file system of its own, gone with the value.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where this process may not mount one.
    fn mount(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().expect("tempdir");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(dir.path());
        if mount.output().is_ok_and(|output| output.status.success()) {
            return Some(Self(dir));
        }
        println!("skipped: a small file system cannot be mounted here");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut ballast = fs::File::create(self.path().join("ballast")).expect("created");
        while ballast.write_all(&[0; 4096]).is_ok() {}
        while ballast.write_all(&[0]).is_ok() {}
    }

    fn free(&self) {
        fs::remove_file(self.path().join("ballast")).expect("removed");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: what is still open there ends with this process.
        drop(Command::new("umount").arg("-l").arg(self.path()).status());
    }
}

/// Events that no compression makes small.
fn large(numbers: std::ops::Range<u64>) -> Vec<Record> {
    let noise = |number: u64| {
        let mut state = number + 1;
        let hex = std::iter::repeat_with(move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            format!("{state:016x}")
        });
        hex.take(2_000).collect::<String>()
    };
    numbers
        .map(|number| draft(number, 1).tag("noise", &noise(number)[..500]).raw(&noise(number)).record())
        .collect()
}

#[test]
fn a_store_works_again_once_its_disk_has_room() {
    let Some(disk) = SmallDisk::mount("16m") else { return };
    let (store, project) = with_project(disk.path());
    store.record_all(large(0..40), now()).expect("there is room");
    let mut stored = 40u64;
    for round in 1..=3u64 {
        disk.fill();
        // The files have some room of their own, which is used up first.
        let refused = (0..50)
            .map(|batch| round * 10_000 + batch * 40)
            .find(|&first| match store.record_all(large(first..first + 40), now()) {
                Ok(_) => {
                    stored += 40;
                    false
                }
                Err(StoreError::Failed(_)) => true,
                Err(other) => panic!("{other}"),
            })
            .expect("a full disk refuses");
        let seen = store.all_events(EventSeq(0), 10_000).expect("what is there can be read on a full disk");
        assert_eq!(seen.len() as u64, stored);
        assert!(store.read_event(&seen[0]).expect("read").is_some());
        store.record_all(large(refused..refused + 40), now()).expect_err("still full");

        disk.free();
        let recorded = store.record_all(large(refused..refused + 40), now()).expect("there is room");
        assert!(recorded.iter().all(|one| matches!(one, Recorded::Stored { place: Some(_), .. })));
        stored += 40;
        for number in refused..refused + 40 {
            let place = store.find_event(project, id(number)).expect("find").expect("stored");
            assert!(store.read_event(&place).expect("read").is_some());
        }
        assert_eq!(store.find_issue(IssueId(1)).expect("found").expect("there").events, stored);
    }
    drop(store);
    let store = open(disk.path());
    assert_eq!(store.all_events(EventSeq(0), 10_000).expect("listed").len() as u64, stored);
}

#[test]
fn the_state_alone_comes_back_too() {
    let Some(disk) = SmallDisk::mount("12m") else { return };
    let (store, project) = with_project(disk.path());
    let reports = |first: u64| -> Vec<Record> {
        let report = |number: u64| UserReportRecord {
            project,
            event_id: id(number),
            received: now(),
            name: String::new(),
            email: String::new(),
            comments: number.to_string().repeat(5_000),
        };
        (first..first + 40).map(|number| Record::UserReport(report(number))).collect()
    };
    store.record_all(reports(0), now()).expect("there is room");
    disk.fill();
    let refused = (1..50u64)
        .map(|batch| batch * 40)
        .find(|&first| store.record_all(reports(first), now()).is_err())
        .expect("a full disk refuses");
    assert_eq!(store.user_reports(project, id(1)).expect("can be read").len(), 1);
    store.record_all(reports(refused), now()).expect_err("still full");
    disk.free();
    store.record_all(reports(refused), now()).expect("there is room");
    assert_eq!(store.user_reports(project, id(refused)).expect("list").len(), 1, "once");
}
