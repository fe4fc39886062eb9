//! From chunks to files that frames are looked up in: chunks become a bundle, each minified file of it is paired with
//! its map, and each pair is converted. One file at a time is unpacked.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};

use base64::engine::general_purpose::STANDARD;
use base64::read::DecoderReader;
use symbolic_common::ByteView;

use crate::artifacts::Artifacts;
use crate::artifacts::bundle::{BUNDLE_BYTES_MAX, Bundle, FILE_BYTES_MAX};
use crate::artifacts::contents::{self, Sources};
use crate::artifacts::convert::ConvertError;
use crate::artifacts::error::{ArtifactError, Result};
use crate::artifacts::pair::{self, Reference};
use crate::artifacts::room::Draft;
use crate::model::artifact::{ArtifactFile, Checksum, DebugId, FileKind, MapState};

/// What a bundle holds.
#[derive(Debug)]
pub struct Assembled {
    pub files: Vec<ArtifactFile>,
    /// Of the bundle and of what was made of it.
    pub bytes: u64,
}

/// A file of a bundle by its path there.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    pub bundle: Checksum,
    pub path: &'a str,
}

impl Artifacts {
    /// Makes a bundle of its chunks, unless it is there already. Rejected where the whole is not what it was called.
    pub fn join(&self, checksum: Checksum, chunks: &[Checksum]) -> Result<()> {
        let path = self.bundle_path(checksum);
        if path.try_exists()? {
            self.forget_chunks(chunks);
            return Ok(());
        }
        let mut bundle = self.sink(BUNDLE_BYTES_MAX)?;
        for chunk in chunks {
            let file = File::open(self.chunk_path(*chunk)).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => ArtifactError::rejected(format!(
                    "chunk {chunk} is not here any more: upload the bundle again"
                )),
                _ => error.into(),
            })?;
            self.copy(file, &mut bundle)?;
        }
        let (draft, found) = bundle.finish();
        if found != checksum {
            let detail = format!("the SHA-1 of its chunks together is {found}: upload the bundle again");
            return Err(ArtifactError::rejected(detail));
        }
        draft.persist(&path)?;
        self.forget_chunks(chunks);
        Ok(())
    }

    fn copy(&self, mut from: impl io::Read, mut to: impl Write) -> Result<u64> {
        io::copy(&mut from, &mut to).map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => {
                ArtifactError::rejected(format!("the bundle has more than {} MiB", BUNDLE_BYTES_MAX >> 20))
            }
            _ => self.or_full(ArtifactError::Io(error)),
        })
    }

    /// Reads a bundle and converts all its maps. Asks between files whether to go on.
    pub fn read_bundle(&self, checksum: Checksum, is_stopped: &dyn Fn() -> bool) -> Result<Assembled> {
        let path = self.bundle_path(checksum);
        let mut bytes = fs::metadata(&path).map_err(of_opening)?.len();
        let mut bundle = Bundle::open(&path)?;
        let maps = Maps::of(&bundle);
        let sources = contents::sources(&bundle);
        for n in 0..bundle.files.len() {
            if is_stopped() {
                return Err(ArtifactError::Stopped);
            }
            if bundle.files[n].file.kind != FileKind::MinifiedSource {
                continue;
            }
            let minified = bundle.unpack(n, self)?;
            let (map, more) = self.convert_file(&mut bundle, n, &minified, &maps, &sources)?;
            bundle.files[n].file.map = Some(map);
            bytes += more;
        }
        let files = bundle.files.into_iter().map(|listed| listed.file).collect();
        Ok(Assembled { files, bytes })
    }

    /// What a minified file is read with, and how many bytes that takes.
    fn convert_file(
        &self,
        bundle: &mut Bundle,
        n: usize,
        minified: &Draft,
        maps: &Maps,
        sources: &Sources,
    ) -> Result<(MapState, u64)> {
        let text = ByteView::open(minified.path())?;
        let listed = &mut bundle.files[n];
        if listed.file.debug_id.is_none() {
            listed.file.debug_id = pair::debug_id(&text);
        }
        let mut reference = pair::reference(&text);
        // What the uploader found counts more than what the file says, unless that is the map itself.
        if let (Some(named), false) = (&listed.named_map, matches!(reference, Reference::Inline { .. })) {
            reference = Reference::Named(named.clone());
        }
        let named = match &reference {
            Reference::Named(name) => Some(name.as_str()),
            Reference::None | Reference::Inline { .. } => None,
        };
        let found = maps.find(&listed.file, named);
        let (map, url) = match (found, &reference) {
            (Some(found), _) => {
                let url = bundle.files[found].file.url.clone();
                (bundle.unpack(found, self)?, url)
            }
            (None, Reference::Inline { is_base64, data }) => match self.inline_map(*is_base64, data) {
                Ok(map) => (map, listed.file.url.clone()),
                Err(ArtifactError::Rejected(detail) | ArtifactError::TooLarge(detail)) => {
                    return Ok((MapState::Malformed { detail }, 0));
                }
                Err(error) => return Err(error),
            },
            (None, _) => return Ok((MapState::Missing { named: named.map(str::to_owned) }, 0)),
        };
        let filled = contents::filled(bundle, sources, &url, &map, self)?;
        self.convert_pair(minified, filled.as_ref().unwrap_or(&map))
    }

    fn convert_pair(&self, minified: &Draft, map: &Draft) -> Result<(MapState, u64)> {
        match self.convert(minified.path(), map.path()) {
            Ok(converted) => {
                self.room.add(converted.bytes);
                let state =
                    MapState::Ready { cache: converted.cache, lacks_contents: converted.lacks_contents };
                Ok((state, converted.bytes))
            }
            Err(ConvertError::Malformed(detail)) => Ok((MapState::Malformed { detail }, 0)),
            Err(ConvertError::Io(error)) => Err(error.into()),
        }
    }

    fn inline_map(&self, is_base64: bool, data: &[u8]) -> Result<Draft> {
        let mut draft = self.draft()?;
        if !is_base64 {
            self.copy(pair::decoded(data).as_slice(), &mut draft)?;
            return Ok(draft);
        }
        let reader = DecoderReader::new(data, &STANDARD);
        let copied = self.copy(io::Read::take(reader, FILE_BYTES_MAX), &mut draft);
        copied.map_err(|error| match error {
            ArtifactError::Io(error) => ArtifactError::of_reading("the map inside the file", error),
            other => other,
        })?;
        Ok(draft)
    }

    /// Converts a minified file of one bundle with the map of another, and says how many bytes that takes.
    pub fn convert_apart(&self, minified: Member<'_>, map: Member<'_>) -> Result<(MapState, u64)> {
        let minified = self.unpack_member(minified)?;
        self.convert_pair(&minified, &self.unpack_member(map)?)
    }

    fn unpack_member(&self, member: Member<'_>) -> Result<Draft> {
        let mut bundle = Bundle::open(&self.bundle_path(member.bundle))?;
        let place = bundle.files.iter().position(|listed| listed.file.path == member.path);
        let place = place.ok_or_else(|| ArtifactError::rejected("the file is not in its bundle"))?;
        bundle.unpack(place, self)
    }
}

/// The maps of a bundle, by what leads to them.
struct Maps {
    debug_ids: HashMap<DebugId, usize>,
    urls: HashMap<String, usize>,
    paths: HashMap<String, usize>,
}

impl Maps {
    fn of(bundle: &Bundle) -> Self {
        let maps = bundle.files.iter().enumerate().map(|(n, listed)| (n, &listed.file));
        let maps = maps.filter(|(_, file)| file.kind == FileKind::SourceMap);
        let mut found = Self { debug_ids: HashMap::new(), urls: HashMap::new(), paths: HashMap::new() };
        for (n, file) in maps {
            if let Some(id) = file.debug_id {
                found.debug_ids.entry(id).or_insert(n);
            }
            found.urls.entry(file.url.clone()).or_insert(n);
            found.paths.entry(file.path.clone()).or_insert(n);
        }
        found
    }

    /// By debug id, by name, or next to it. What plugins name need not be there, so that the id comes first.
    fn find(&self, minified: &ArtifactFile, named: Option<&str>) -> Option<usize> {
        let by_id = minified.debug_id.and_then(|id| self.debug_ids.get(&id));
        let by_name = named.and_then(|named| {
            let by_url = pair::resolve(&minified.url, named).and_then(|url| self.urls.get(&url));
            // The same inside the bundle, where the addresses say nothing.
            by_url.or_else(|| self.paths.get(beside(&minified.path, named)?.as_str()))
        });
        let next_to_it = || {
            let by_url = self.urls.get(&format!("{}.map", minified.url));
            by_url.or_else(|| self.paths.get(&format!("{}.map", minified.path)))
        };
        by_id.or(by_name).or_else(next_to_it).copied()
    }
}

fn of_opening(error: io::Error) -> ArtifactError {
    match error.kind() {
        io::ErrorKind::NotFound => ArtifactError::rejected("its file is not here any more: upload it again"),
        _ => error.into(),
    }
}

fn beside(path: &str, named: &str) -> Option<String> {
    pair::resolve(&format!("~/{path}"), named)?.strip_prefix("~/").map(str::to_owned)
}
