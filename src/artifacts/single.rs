//! A file that came by itself, from uploaders that know no bundles: it becomes a bundle of one, so that all else has one
//! kind of thing to deal with. The same file makes the same bundle.

use std::io::{self, Write};

use serde_json::json;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::artifacts::Artifacts;
use crate::artifacts::bundle::{FILE_BYTES_MAX, HEADER_MAGIC, HEADER_VERSION, MANIFEST, kind_name};
use crate::artifacts::chunks::Incoming;
use crate::artifacts::error::{ArtifactError, Result};
use crate::model::artifact::{Checksum, FileKind};

/// Where the file lies in its bundle: behind this, its SHA-1.
const FOLDER: &str = "single/";

/// What is known of such a file beside its bytes.
pub struct Single<'a> {
    /// `~/static/app.js`, or absolute.
    pub url: &'a str,
    /// The map that its `Sourcemap` header names.
    pub named_map: Option<&'a str>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub bundle: Checksum,
    pub sha1: Checksum,
    pub bytes: u64,
}

/// The SHA-1 of the file, where a path is that of the only file of such a bundle.
pub fn single(path: &str) -> Option<Checksum> {
    path.strip_prefix(FOLDER)?.parse().ok()
}

impl Artifacts {
    /// A file that begins to arrive.
    pub fn receive_file(&self) -> Result<Incoming> {
        self.receive(FILE_BYTES_MAX, false)
    }

    /// Makes a bundle of a file and keeps it as its only chunk.
    pub fn keep_file(&self, incoming: Incoming, about: &Single<'_>) -> Result<Kept> {
        let (file, sha1) = self.finish(incoming)?;
        let mut bundle = self.sink(u64::MAX)?;
        let mut content = std::fs::File::open(file.path())?;
        let path = format!("{FOLDER}{sha1}");
        let headers = about.named_map.map(|name| json!({"sourcemap": name}));
        let entry = json!({"type": kind_name(kind_of(about.url)), "url": about.url, "headers": headers});
        let manifest = json!({"files": {&path: entry}}).to_string();
        let mut write = || -> io::Result<()> {
            bundle.write_all(HEADER_MAGIC)?;
            bundle.write_all(&HEADER_VERSION.to_le_bytes())?;
            let mut zip = ZipWriter::new_stream(&mut bundle);
            let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
            zip.start_file(path.as_str(), options).map_err(io::Error::other)?;
            io::copy(&mut content, &mut zip)?;
            zip.start_file(MANIFEST, options).map_err(io::Error::other)?;
            zip.write_all(manifest.as_bytes())?;
            zip.finish().map_err(io::Error::other)?;
            Ok(())
        };
        write().map_err(|error| self.or_full(ArtifactError::Io(error)))?;
        let (draft, checksum) = bundle.finish();
        draft.persist(&self.chunk_path(checksum))?;
        Ok(Kept { bundle: checksum, sha1, bytes: file.bytes() })
    }
}

fn kind_of(url: &str) -> FileKind {
    let name = url.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "map" => FileKind::SourceMap,
        "" | "js" | "mjs" | "cjs" | "jsbundle" | "bundle" | "hbc" => FileKind::MinifiedSource,
        _ => FileKind::Source,
    }
}

#[cfg(test)]
mod tests {
    use super::{Kept, Single, kind_of, single};
    use crate::artifacts::tests::open;
    use crate::model::artifact::FileKind;

    #[test]
    fn one_file_makes_the_same_bundle_every_time() {
        let (_dir, artifacts) = open(1 << 30);
        let about = Single { url: "~/app.js", named_map: Some("app.js.map") };
        let keep = |text: &[u8]| {
            let mut incoming = artifacts.receive_file().expect("a draft");
            artifacts.push(&mut incoming, text).expect("written");
            artifacts.keep_file(incoming, &about).expect("kept")
        };
        let kept = keep(b"a()");
        let Kept { bundle, sha1, bytes } = kept;
        assert_eq!((keep(b"a()"), bytes), (kept, 3));
        assert_ne!(keep(b"b()").bundle, bundle);
        artifacts.join(bundle, &[bundle]).expect("a bundle");
        let read = artifacts.read_bundle(bundle, &|| false).expect("read");
        assert_eq!((read.files[0].url.as_str(), read.files[0].bytes), ("~/app.js", 3));
        assert_eq!(single(&read.files[0].path), Some(sha1));
        assert_eq!(single("files/_/_/app.js"), None);
    }

    #[test]
    fn a_name_tells_what_a_file_is() {
        for (url, kind) in [
            ("~/app.js", FileKind::MinifiedSource),
            ("https://x.test/app.js?v=1.map", FileKind::MinifiedSource),
            ("~/main.jsbundle", FileKind::MinifiedSource),
            ("~/a.b/main", FileKind::MinifiedSource),
            ("~/app.js.map", FileKind::SourceMap),
            ("~/app.tsx", FileKind::Source),
        ] {
            assert_eq!(kind_of(url), kind, "{url}");
        }
    }
}
