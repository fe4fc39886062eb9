use jiff::{SignedDuration, Timestamp};

use super::{now, with_project};
use crate::model::artifact::{
    ArtifactFile, BundleId, BundleScope, BundleState, CacheKey, Checksum, DebugId, FileKind, MapState,
};
use crate::model::ids::{ProjectId, PublicKey};
use crate::store::{DebugIdFound, Store, UrlFound};

const ID: DebugId = DebugId([5; 16]);
const FILE: &str = "~/static/app.js";

fn scope(project: ProjectId, release: Option<&str>, dist: Option<&str>) -> BundleScope {
    BundleScope { project, release: release.map(str::to_owned), dist: dist.map(str::to_owned) }
}

fn file(kind: FileKind, url: &str, cache: u8) -> ArtifactFile {
    let is_minified = kind == FileKind::MinifiedSource;
    let map = MapState::Ready { cache: CacheKey([cache; 32]), lacks_contents: false };
    ArtifactFile {
        path: format!("files{}", &url[1..]),
        url: url.to_owned(),
        kind,
        debug_id: Some(ID),
        bytes: 10,
        map: is_minified.then_some(map),
    }
}

fn files(cache: u8) -> Vec<ArtifactFile> {
    vec![file(FileKind::MinifiedSource, FILE, cache), file(FileKind::SourceMap, "~/static/app.js.map", cache)]
}

/// A bundle that is ready; its number is its checksum and its map.
pub(super) fn ready(store: &Store, number: u8, scopes: &[BundleScope], at: Timestamp) -> BundleId {
    let bundle = store.begin_bundle(Checksum([number; 20]), scopes, &[Checksum([0; 20])], at).expect("begun");
    assert!(store.finish_bundle(bundle.id, &files(number), 100).expect("finished"));
    bundle.id
}

fn found(found: &DebugIdFound) -> Option<BundleId> {
    match found {
        DebugIdFound::Found { bundle, .. } => Some(*bundle),
        _ => None,
    }
}

#[test]
fn a_debug_id_leads_to_the_newest_bundle_of_the_project() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, shop) = with_project(dir.path());
    let pay = store.create_project("pay", "Pay", None, PublicKey([8; 16]), now()).expect("created").id;
    let find = |project| store.file_by_debug_id(project, ID).expect("asked");
    assert!(!store.has_artifacts(shop));
    let before = store.artifacts_generation();

    let bundle =
        store.begin_bundle(Checksum([1; 20]), &[scope(shop, None, None)], &[], now()).expect("begun");
    assert!(store.has_artifacts(shop) && !store.has_artifacts(pay));
    assert_eq!(find(shop), DebugIdFound::Converting, "it may be in there");
    assert_eq!(find(pay), DebugIdFound::Unknown);
    store.finish_bundle(bundle.id, &files(1), 100).expect("finished");
    assert_eq!(found(&find(shop)), Some(bundle.id));
    assert_eq!(find(pay), DebugIdFound::OtherProjects(vec![shop]));
    assert!(store.artifacts_generation() > before);

    let newer = ready(&store, 2, &[scope(shop, None, None)], now());
    assert_eq!(found(&find(shop)), Some(newer));
    // One that cannot be read is the second best, however new.
    let broken =
        store.begin_bundle(Checksum([3; 20]), &[scope(shop, None, None)], &[], now()).expect("begun");
    let mut unreadable = files(3);
    unreadable[0].map = Some(MapState::Missing { named: None });
    store.finish_bundle(broken.id, &unreadable, 100).expect("finished");
    assert_eq!(found(&find(shop)), Some(newer));
    assert_eq!(
        found(&store.find_by_debug_id(shop, ID, FileKind::SourceMap).expect("asked")),
        Some(broken.id)
    );
    let mended = MapState::Ready { cache: CacheKey([4; 32]), lacks_contents: false };
    assert!(store.set_map(broken.id, 0, &mended, 7).expect("set"));
    assert_eq!(found(&find(shop)), Some(broken.id));
    assert!(store.unnamed_maps(&[CacheKey([4; 32])]).expect("asked").is_empty());

    drop(store);
    let store = super::open(dir.path());
    assert!(store.has_artifacts(shop) && !store.has_artifacts(pay));
}

#[test]
fn an_address_leads_to_the_last_upload_of_its_release_and_dist() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, shop) = with_project(dir.path());
    let find = |release: &str, dist: Option<&str>, urls: &[&str]| {
        store.file_by_url(shop, release, dist, urls).expect("asked")
    };
    let bundle_of = |found: UrlFound| match found {
        UrlFound::Found { bundle, .. } => Some(bundle),
        _ => None,
    };
    assert_eq!(find("1.0", None, &[FILE]), UrlFound::EmptyRelease);
    let later = |minutes| now() + SignedDuration::from_mins(minutes);
    let first = ready(&store, 1, &[scope(shop, Some("1.0"), None)], now());
    let second = ready(&store, 2, &[scope(shop, Some("1.0"), None)], later(1));
    let of_dist = ready(&store, 3, &[scope(shop, Some("1.0"), Some("7"))], later(2));
    assert_eq!(bundle_of(find("1.0", None, &["~/other.js", FILE])), Some(second));
    assert_eq!(bundle_of(find("1.0", Some("7"), &[FILE])), Some(of_dist));
    assert_eq!(find("1.0", Some("8"), &[FILE]), UrlFound::NotInRelease);
    assert_eq!(
        find("1.0", None, &["~/other.js", "~/static/app.js.map"]),
        UrlFound::NotInRelease,
        "a map is none"
    );
    assert_eq!(find("2.0", None, &[FILE]), UrlFound::EmptyRelease);
    assert!(store.knows_url(shop, &["~/other.js", FILE]).expect("asked"));
    assert!(!store.knows_url(shop, &["~/static/app"]).expect("asked"));

    // Rolled back: the first build is uploaded again, and is what runs now.
    let again = store.begin_bundle(Checksum([1; 20]), &[scope(shop, Some("1.0"), None)], &[], later(3));
    assert_eq!(again.expect("known").state, BundleState::Ready);
    assert_eq!(bundle_of(find("1.0", None, &[FILE])), Some(first));
    assert!(!store.delete_bundle(first, Some(shop), Some("2.0")).expect("not of that release"));
    assert!(store.delete_bundle(first, Some(shop), Some("1.0")).expect("deleted"));
    assert_eq!(bundle_of(find("1.0", None, &[FILE])), Some(second));
    let listed = |release: Option<&str>, before| {
        let bundles = store.bundles_of(shop, release, before, 10).expect("listed");
        bundles.into_iter().map(|bundle| bundle.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, None), [of_dist, second]);
    assert_eq!(listed(Some("1.0"), Some(of_dist)), [second]);
    assert!(listed(Some("2.0"), None).is_empty());
}

#[test]
fn a_bundle_that_failed_is_tried_again_and_one_that_is_unused_expires() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, shop) = with_project(dir.path());
    let begin = || {
        let chunks = [Checksum([8; 20]), Checksum([9; 20])];
        store.begin_bundle(Checksum([1; 20]), &[scope(shop, None, None)], &chunks, now()).expect("begun")
    };
    let bundle = begin();
    let waiting = store.assembling_bundles().expect("listed");
    assert_eq!((waiting.len(), waiting[0].chunks.len()), (1, 2));
    store.fail_bundle(bundle.id, "no manifest.json", now()).expect("failed");
    assert!(store.assembling_bundles().expect("listed").is_empty());
    let failed = store.find_bundle(Checksum([1; 20])).expect("asked").expect("there");
    assert_eq!(failed.state, BundleState::Failed { detail: "no manifest.json".into() });
    assert_eq!(begin().id, bundle.id);
    assert_eq!(store.assembling_bundles().expect("listed").len(), 1, "a client may try it again");
    store.finish_bundle(bundle.id, &files(1), 100).expect("finished");

    let (minute, hour) = (now() + SignedDuration::from_mins(1), now() + SignedDuration::from_hours(1));
    let used = || store.bundle(bundle.id).expect("asked").expect("there").used;
    store.note_bundles_used(&[bundle.id, BundleId(99)], minute).expect("noted");
    assert_eq!(used(), now(), "not every minute");
    store.note_bundles_used(&[bundle.id], hour).expect("noted");
    assert_eq!(used(), hour);
    assert!(store.expired_bundles(hour, 10).expect("asked").is_empty());
    let later = hour + SignedDuration::from_secs(1);
    assert_eq!(store.expired_bundles(later, 10).expect("asked"), [bundle.id]);
    assert!(store.delete_bundle(bundle.id, None, None).expect("deleted"));
    assert!(!store.has_artifacts(shop));
    assert_eq!(store.unnamed_maps(&[CacheKey([1; 32])]).expect("asked").len(), 1);
    assert_eq!(store.unnamed_bundles(&[Checksum([1; 20])]).expect("asked").len(), 1);
    assert!(!store.finish_bundle(bundle.id, &files(1), 100).expect("it is gone"));
}

#[test]
fn releases_beyond_the_bound_push_out_the_oldest() {
    let dir = tempfile::tempdir().expect("tempdir");
    let (store, shop) = with_project(dir.path());
    let scopes: Vec<_> = (0..201).map(|n| scope(shop, Some(&n.to_string()), None)).collect();
    let bundle = ready(&store, 1, &scopes, now());
    let release = |name: &str| store.file_by_url(shop, name, None, &[FILE]).expect("asked");
    assert_eq!(store.bundle(bundle).expect("asked").expect("there").scopes.len(), 200);
    assert_eq!(release("0"), UrlFound::EmptyRelease);
    assert!(matches!(release("1"), UrlFound::Found { .. }));
}
