//! What nothing names any more goes: chunks after a day, bundles and converted maps at once. Runs on the thread that
//! assembles, so that what it is making is never taken for something left over.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use crate::artifacts::Artifacts;
use crate::artifacts::error::{ArtifactError, Result};
use crate::model::artifact::{CacheKey, Checksum};

/// A chunk that no bundle was made of by then belongs to an upload that was given up.
const CHUNK_LIFETIME: Duration = Duration::from_hours(24);
/// Names that are asked about at once.
const NAMES_MAX: usize = 1000;

/// Of some names, those that no row has.
pub type Unnamed<'a, T> = &'a dyn Fn(&[T]) -> std::result::Result<Vec<T>, Box<dyn std::error::Error>>;

impl Artifacts {
    /// Removes what is left over, and counts anew how much room all of it takes. `waited_for` are the chunks of bundles
    /// that wait.
    pub fn sweep(
        &self,
        waited_for: &[Checksum],
        bundles: Unnamed<'_, Checksum>,
        maps: Unnamed<'_, CacheKey>,
        now: SystemTime,
    ) -> Result<()> {
        let mut bytes = self.sweep_chunks(waited_for, now)?;
        bytes += sweep_named(&self.bundles(), bundles)?;
        for entry in list(&self.all_maps())? {
            let (folder, _) = entry?;
            if folder == self.maps() {
                bytes += sweep_named(&folder, maps)?;
            } else {
                // Of another version.
                fs::remove_dir_all(&folder)?;
            }
        }
        self.room.set(bytes);
        Ok(())
    }

    /// A bundle that cannot be read takes no room.
    pub fn forget_bundle(&self, bundle: Checksum) -> Result<()> {
        let path = self.bundle_path(bundle);
        let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        remove(&path)?;
        self.room.give_back(bytes);
        Ok(())
    }

    fn sweep_chunks(&self, waited_for: &[Checksum], now: SystemTime) -> Result<u64> {
        let mut bytes = 0;
        for entry in files(&self.chunks()) {
            let (path, metadata) = entry?;
            let is_old = now.duration_since(metadata.modified()?).is_ok_and(|age| age >= CHUNK_LIFETIME);
            let is_waited_for = name::<Checksum>(&path).is_some_and(|chunk| waited_for.contains(&chunk));
            if is_old && !is_waited_for {
                remove(&path)?;
            } else {
                bytes += metadata.len();
            }
        }
        Ok(bytes)
    }
}

/// Answers how many bytes are left.
fn sweep_named<T: FromStr + Copy + Eq + std::hash::Hash>(
    folder: &Path,
    unnamed: Unnamed<'_, T>,
) -> Result<u64> {
    let (mut bytes, mut asked) = (0, Vec::new());
    let ask = |asked: &mut Vec<(T, PathBuf, u64)>| -> Result<u64> {
        let names: Vec<T> = asked.iter().map(|(name, ..)| *name).collect();
        let gone = unnamed(&names).map_err(|error| io::Error::other(error.to_string()))?;
        let gone: std::collections::HashSet<T> = gone.into_iter().collect();
        let mut left = 0;
        for (name, path, bytes) in asked.drain(..) {
            if gone.contains(&name) {
                remove(&path)?;
            } else {
                left += bytes;
            }
        }
        Ok(left)
    };
    for entry in files(folder) {
        let (path, metadata) = entry?;
        match name::<T>(&path) {
            Some(name) => asked.push((name, path, metadata.len())),
            // Half written when the process ended.
            None => remove(&path)?,
        }
        if asked.len() == NAMES_MAX {
            bytes += ask(&mut asked)?;
        }
    }
    Ok(bytes + ask(&mut asked)?)
}

fn name<T: FromStr>(path: &Path) -> Option<T> {
    path.file_name()?.to_str()?.parse().ok()
}

/// The files of the folders in a folder.
fn files(folder: &Path) -> impl Iterator<Item = Result<(PathBuf, fs::Metadata)>> {
    let folders = list(folder).into_iter().flatten().flatten();
    let files = folders.filter(|(_, metadata)| metadata.is_dir()).flat_map(|(path, _)| list(&path));
    files.flatten().filter(|entry| entry.as_ref().map_or(true, |(_, metadata)| metadata.is_file()))
}

/// What is in a folder. What vanishes meanwhile is not.
fn list(folder: &Path) -> Result<impl Iterator<Item = Result<(PathBuf, fs::Metadata)>> + use<>> {
    let entries = fs::read_dir(folder)?;
    Ok(entries.filter_map(|entry| {
        let found = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)));
        match found {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            other => Some(other.map_err(ArtifactError::from)),
        }
    }))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, SystemTime};

    use sha1::{Digest, Sha1};

    use super::CHUNK_LIFETIME;
    use crate::artifacts::tests::open;
    use crate::artifacts::{ArtifactError, Artifacts};
    use crate::model::artifact::{CacheKey, Checksum};

    fn keep(artifacts: &Artifacts, text: &[u8]) -> Checksum {
        let sum = Checksum(Sha1::digest(text).into());
        let mut incoming = artifacts.receive_chunk(false).expect("a draft");
        artifacts.push(&mut incoming, text).expect("written");
        artifacts.keep_chunk(incoming, sum).expect("kept");
        sum
    }

    #[test]
    fn what_nothing_names_goes_and_all_else_is_counted() {
        let (_dir, artifacts) = open(1 << 30);
        let [waited, given_up] = [keep(&artifacts, b"12345"), keep(&artifacts, b"123")];
        let [known, lost] = [keep(&artifacts, b"1234567"), keep(&artifacts, b"1")];
        for bundle in [known, lost] {
            artifacts.join(bundle, &[bundle]).expect("a bundle");
        }
        let [map, old_map] = [CacheKey([1; 32]), CacheKey([2; 32])];
        for path in [
            artifacts.map_path(map),
            artifacts.map_path(old_map),
            artifacts.map_path(map).with_extension("x"),
        ] {
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, "0123456789").expect("written");
        }
        let other_version = artifacts.all_maps().join("0");
        fs::create_dir_all(other_version.join("aa")).expect("made");
        let sweep = |now: SystemTime| {
            let bundles =
                |names: &[Checksum]| Ok(names.iter().copied().filter(|name| *name != known).collect());
            let maps = |names: &[CacheKey]| Ok(names.iter().copied().filter(|name| *name != map).collect());
            artifacts.sweep(&[waited], &bundles, &maps, now).expect("swept");
        };
        let is_there = |chunk| artifacts.missing_chunks(&[chunk]).expect("asked").is_empty();
        sweep(SystemTime::now());
        assert!(is_there(waited) && is_there(given_up), "a day has not passed");
        assert!(artifacts.bundle_path(known).exists() && !artifacts.bundle_path(lost).exists());
        assert!(artifacts.map_path(map).exists() && !artifacts.map_path(old_map).exists());
        assert!(!artifacts.map_path(map).with_extension("x").exists() && !other_version.exists());
        assert_eq!(artifacts.bytes(), 5 + 3 + 7 + 10);

        sweep(SystemTime::now() + CHUNK_LIFETIME + Duration::from_mins(1));
        assert!(is_there(waited), "a bundle waits for it");
        assert!(!is_there(given_up));
        artifacts.forget_bundle(known).expect("forgotten");
        assert_eq!(artifacts.bytes(), 5 + 10);
    }

    #[test]
    fn a_bundle_is_what_its_chunks_are_together() {
        let (_dir, artifacts) = open(1 << 30);
        let chunks = [keep(&artifacts, b"one "), keep(&artifacts, b"two")];
        let whole = Checksum(Sha1::digest(b"one two").into());
        let join = |sum, chunks: &[Checksum]| match artifacts.join(sum, chunks) {
            Err(ArtifactError::Rejected(detail)) => detail,
            other => panic!("{other:?}"),
        };
        assert!(join(Checksum([0; 20]), &chunks).contains("SHA-1 of its chunks together is"));
        assert!(
            join(whole, &[chunks[0], Checksum([9; 20])])
                .contains("is not here any more: upload the bundle again")
        );
        artifacts.join(whole, &chunks).expect("joined");
        assert_eq!(fs::read(artifacts.bundle_path(whole)).expect("there"), b"one two");
        artifacts.join(whole, &chunks).expect("as after a crash, when its chunks are gone");
        assert_eq!(artifacts.bytes(), 7);
    }
}
