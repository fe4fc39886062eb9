//! One bundle: a zip with a manifest, perhaps behind a header of eight bytes. All that stands in it is a claim of
//! whoever uploaded it. What it says of itself is checked when it is opened, what it holds when it is unpacked; nothing
//! is unpacked under a name of its choosing.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, de};
use zip::{CompressionMethod, ZipArchive};

use crate::artifacts::Artifacts;
use crate::artifacts::error::{ArtifactError, Result};
use crate::artifacts::room::Draft;
use crate::model::artifact::{ArtifactFile, DebugId, FileKind};

/// One bundle, as it is uploaded.
pub const BUNDLE_BYTES_MAX: u64 = 2 << 30;
/// One file of a bundle, unpacked.
pub const FILE_BYTES_MAX: u64 = 256 << 20;
/// All files of a bundle, unpacked.
const UNPACKED_BYTES_MAX: u64 = 8 << 30;
const FILES_MAX: usize = 20_000;
const MANIFEST_BYTES_MAX: u64 = 32 << 20;
/// A file may be so many times larger than it is compressed: source maps are up to 20 times …
const RATIO_MAX: u64 = 200;
/// … unless it is small.
const RATIO_FREE_BYTES: u64 = 1 << 20;
const PATH_BYTES_MAX: usize = 1024;
const URL_BYTES_MAX: usize = 4096;
pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const HEADER_MAGIC: &[u8; 4] = b"SYSB";
const ZIP_MAGIC: &[u8; 4] = b"PK\x03\x04";
pub(super) const HEADER_VERSION: u32 = 2;

/// A bundle whose claims fit together.
pub(super) struct Bundle {
    archive: ZipArchive<BufReader<File>>,
    pub files: Vec<Listed>,
}

/// A file that the manifest names.
pub(super) struct Listed {
    pub file: ArtifactFile,
    /// The map that a header names, as it stands there.
    pub named_map: Option<String>,
    /// Its place in the zip.
    index: usize,
}

impl Bundle {
    pub fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => rejected("the bundle's file is not here any more: upload it again"),
            _ => error.into(),
        })?;
        check_header(&mut file)?;
        check_length(&mut file)?;
        let of_zip = |error| ArtifactError::of_zip("the bundle", error);
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(of_zip)?;
        if archive.has_duplicate_names() {
            return Err(rejected("two files of the bundle have one name"));
        }
        if archive.has_overlapping_files().map_err(of_zip)? {
            return Err(rejected("files of the bundle overlap each other"));
        }
        let places = check_entries(&archive)?;
        let manifest = read_manifest(&mut archive, &places)?;
        let files = manifest.files.0.into_iter().filter_map(|(path, entry)| list(path, entry, &places));
        let files = files.collect::<Result<Vec<_>>>()?;
        Ok(Self { archive, files })
    }

    /// Unpacks a file of the manifest. What is more or less than the zip says, or has another checksum, is rejected.
    pub fn unpack(&mut self, n: usize, artifacts: &Artifacts) -> Result<Draft> {
        let Listed { file, index, .. } = &self.files[n];
        let what = format!("`{}`", file.path);
        let mut draft = artifacts.draft()?;
        let mut entry = self.archive.by_index(*index).map_err(|error| ArtifactError::of_zip(&what, error))?;
        copy(&mut entry, file.bytes, &what, &mut |piece| Ok(draft.write_all(piece)?))
            .map_err(|error| artifacts.or_full(error))?;
        Ok(draft)
    }

    /// The same into memory, for what is known to be small.
    pub fn read(&mut self, n: usize) -> Result<Vec<u8>> {
        let Listed { file, index, .. } = &self.files[n];
        let what = format!("`{}`", file.path);
        let mut entry = self.archive.by_index(*index).map_err(|error| ArtifactError::of_zip(&what, error))?;
        let mut bytes = Vec::new();
        copy(&mut entry, file.bytes, &what, &mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }
}

impl Artifacts {
    pub(super) fn or_full(&self, error: ArtifactError) -> ArtifactError {
        match error {
            ArtifactError::Io(error) if error.kind() == io::ErrorKind::QuotaExceeded => self.room.full(),
            other => other,
        }
    }
}

fn rejected(detail: impl Into<String>) -> ArtifactError {
    ArtifactError::rejected(detail)
}

fn check_header(file: &mut File) -> Result<()> {
    let mut header = [0; 8];
    let unknown = || rejected("the bundle is neither an artifact bundle nor a zip file");
    file.read_exact(&mut header).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => unknown(),
        _ => error.into(),
    })?;
    let (magic, version) = header.split_at(4);
    if magic == HEADER_MAGIC {
        let version = u32::from_le_bytes(version.try_into().expect("four bytes"));
        if version != HEADER_VERSION {
            return Err(rejected(format!("the bundle has version {version}, known is {HEADER_VERSION}")));
        }
    } else if magic != ZIP_MAGIC {
        return Err(unknown());
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(())
}

/// Holds the number of entries against our bound before they are read into memory: what stands in each record that may
/// be the zip's end.
fn check_length(file: &mut File) -> Result<()> {
    const END: &[u8] = b"PK\x05\x06";
    const END_BYTES: usize = 22;
    const LOCATOR_64: &[u8] = b"PK\x06\x07";
    const LOCATOR_64_BYTES: usize = 20;
    let tail_bytes = (LOCATOR_64_BYTES + END_BYTES + usize::from(u16::MAX)) as u64;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(tail_bytes)))?;
    let mut tail = Vec::new();
    file.take(tail_bytes).read_to_end(&mut tail)?;
    for at in memchr::memmem::find_iter(&tail, END) {
        let entries = tail.get(at + 10..at + 12).map_or(0, |n| u16::from_le_bytes([n[0], n[1]]));
        if usize::from(entries) > FILES_MAX {
            return Err(rejected(format!("the bundle has more than {FILES_MAX} files")));
        }
        if at >= LOCATOR_64_BYTES && tail[at - LOCATOR_64_BYTES..].starts_with(LOCATOR_64) {
            return Err(rejected("the bundle is a ZIP64 file, which no bundle has to be"));
        }
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(())
}

/// Where an entry is in the zip, and its size.
type Places = HashMap<String, (usize, u64)>;

/// Holds all that the zip says of its entries against our bounds.
fn check_entries(archive: &ZipArchive<BufReader<File>>) -> Result<Places> {
    let of_zip = |error| ArtifactError::of_zip("the bundle", error);
    let (mut places, mut unpacked_bytes) = (HashMap::new(), 0u64);
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index).map_err(of_zip)?;
        let name = entry.name().map_err(of_zip)?.into_owned();
        if !is_safe(&name) {
            return Err(rejected(format!("`{}` leads out of the bundle, or is no path", shown(&name))));
        }
        if entry.is_dir() {
            continue;
        }
        let is_plain = matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated);
        if entry.encrypted() || entry.is_symlink() || !is_plain {
            return Err(rejected(format!("`{name}` is no plain file: expected it stored or deflated")));
        }
        let (bytes, packed_bytes) = (entry.size(), entry.compressed_size());
        if bytes > FILE_BYTES_MAX {
            return Err(rejected(format!(
                "`{name}` has {bytes} bytes, at most {FILE_BYTES_MAX} are allowed"
            )));
        }
        if bytes > RATIO_FREE_BYTES && bytes / RATIO_MAX > packed_bytes {
            return Err(rejected(format!("`{name}` grows more than {RATIO_MAX} times when it is unpacked")));
        }
        unpacked_bytes += bytes;
        places.insert(name, (index, bytes));
    }
    if unpacked_bytes > UNPACKED_BYTES_MAX {
        let most = UNPACKED_BYTES_MAX >> 20;
        return Err(rejected(format!("the bundle's files have more than {most} MiB together")));
    }
    Ok(places)
}

/// A path that stays inside the bundle on every system.
fn is_safe(path: &str) -> bool {
    let is_relative = !path.starts_with('/') && path.as_bytes().get(1) != Some(&b':');
    is_relative
        && !path.is_empty()
        && path.len() <= PATH_BYTES_MAX
        && !path.contains(|c: char| c == '\\' || c.is_control())
        && !path.split('/').any(|part| part == "..")
}

/// The beginning of a name, for people.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// Copies exactly `bytes`, piece by piece.
fn copy(from: &mut impl Read, bytes: u64, what: &str, to: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let (mut piece, mut copied) = (vec![0; 64 * 1024], 0);
    loop {
        let length = from.read(&mut piece).map_err(|error| ArtifactError::of_reading(what, error))?;
        copied += length as u64;
        if copied > bytes || (length == 0 && copied < bytes) {
            return Err(rejected(format!("{what} does not have the {bytes} bytes that the bundle says")));
        }
        if length == 0 {
            return Ok(());
        }
        to(&piece[..length])?;
    }
}

#[derive(Deserialize)]
struct Manifest {
    files: Entries,
}

/// By path, in the manifest's order; none twice.
struct Entries(Vec<(String, Entry)>);

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    headers: Option<HashMap<String, String>>,
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("files by their paths")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Entries, A::Error> {
                let (mut entries, mut seen) = (Vec::new(), std::collections::HashSet::new());
                while let Some((path, entry)) = map.next_entry::<String, Entry>()? {
                    if !seen.insert(path.clone()) {
                        return Err(de::Error::custom(format_args!("`{}` stands there twice", shown(&path))));
                    }
                    if seen.len() > FILES_MAX {
                        return Err(de::Error::custom(format_args!("more than {FILES_MAX} files")));
                    }
                    entries.push((path, entry));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

fn read_manifest(archive: &mut ZipArchive<BufReader<File>>, places: &Places) -> Result<Manifest> {
    let missing = || rejected(format!("the bundle has no {MANIFEST}"));
    let &(index, bytes) = places.get(MANIFEST).ok_or_else(missing)?;
    if bytes > MANIFEST_BYTES_MAX {
        return Err(rejected(format!(
            "{MANIFEST} has {bytes} bytes, at most {MANIFEST_BYTES_MAX} are allowed"
        )));
    }
    let mut text = Vec::new();
    let mut entry = archive.by_index(index).map_err(|error| ArtifactError::of_zip(MANIFEST, error))?;
    copy(&mut entry, bytes, MANIFEST, &mut |piece| {
        text.extend_from_slice(piece);
        Ok(())
    })?;
    serde_json::from_slice(&text).map_err(|error| rejected(format!("{MANIFEST} can not be read: {error}")))
}

const KINDS: [FileKind; 4] =
    [FileKind::MinifiedSource, FileKind::SourceMap, FileKind::Source, FileKind::IndexedRamBundle];

/// As manifests have it.
pub fn kind_name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::MinifiedSource => "minified_source",
        FileKind::SourceMap => "source_map",
        FileKind::Source => "source",
        FileKind::IndexedRamBundle => "indexed_ram_bundle",
    }
}

/// `None`: a kind of file that this version has no use for.
fn list(path: String, entry: Entry, places: &Places) -> Option<Result<Listed>> {
    let kind = KINDS.into_iter().find(|kind| entry.kind.as_deref() == Some(kind_name(*kind)))?;
    Some(list_known(path, kind, entry, places))
}

fn list_known(path: String, kind: FileKind, entry: Entry, places: &Places) -> Result<Listed> {
    let Some(&(index, bytes)) = places.get(&path) else {
        return Err(rejected(format!("{MANIFEST} names `{}`, which is not in the bundle", shown(&path))));
    };
    let headers = entry.headers.unwrap_or_default();
    let header = |name: &str| {
        let found = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    let debug_id = match header("debug-id").map(str::parse::<DebugId>) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => return Err(rejected(format!("{MANIFEST}: the debug-id of `{path}` is none"))),
    };
    let named_map = header("sourcemap").or_else(|| header("x-sourcemap")).map(str::to_owned);
    let url = entry.url.filter(|url| !url.is_empty()).unwrap_or_else(|| format!("~/{path}"));
    if url.len() > URL_BYTES_MAX || url.contains(char::is_control) {
        return Err(rejected(format!("{MANIFEST}: the url of `{path}` is too long, or none")));
    }
    let file = ArtifactFile { path, url, kind, debug_id, bytes, map: None };
    Ok(Listed { file, named_map, index })
}

#[cfg(test)]
mod tests {
    use super::is_safe;

    #[test]
    fn paths_stay_in_the_bundle() {
        for path in ["files/_/_/app.js", "_/_/a..b.js", "a", "~/app.js", "files/ü/x.js.map"] {
            assert!(is_safe(path), "{path}");
        }
        let long = "a/".repeat(600);
        for path in
            ["", "/etc/passwd", "..", "a/../../b", "a/..", "..\\b", "C:/x", "a\\b", "a\0", "a\nb", &long]
        {
            assert!(!is_safe(path), "{path:?}");
        }
    }
}
