//! Pieces of bundles as clients send them: written as they come, and kept once their SHA-1 is what they were called.

use std::fs;
use std::io::{self, ErrorKind, Write};

use flate2::write::GzDecoder;
use sha1::{Digest, Sha1};

use crate::artifacts::Artifacts;
use crate::artifacts::error::{ArtifactError, Result};
use crate::artifacts::room::Draft;
use crate::model::artifact::Checksum;

/// One chunk, after it is inflated; what clients are told to cut bundles into.
pub const CHUNK_BYTES_MAX: u64 = 8 << 20;

/// A file that a client is sending.
pub struct Incoming {
    writer: Writer,
    bytes_max: u64,
}

enum Writer {
    Plain(Sink),
    Gzip(Box<GzDecoder<Sink>>),
}

impl Artifacts {
    /// A chunk that begins to arrive.
    pub fn receive_chunk(&self, is_gzip: bool) -> Result<Incoming> {
        self.receive(CHUNK_BYTES_MAX, is_gzip)
    }

    pub(super) fn receive(&self, bytes_max: u64, is_gzip: bool) -> Result<Incoming> {
        let sink = self.sink(bytes_max)?;
        let writer = if is_gzip { Writer::Gzip(Box::new(GzDecoder::new(sink))) } else { Writer::Plain(sink) };
        Ok(Incoming { writer, bytes_max })
    }

    pub(super) fn sink(&self, bytes_max: u64) -> Result<Sink> {
        Ok(Sink { draft: self.draft()?, sha1: Sha1::new(), bytes_max })
    }

    /// Keeps a chunk under its checksum. Rejected where `claimed` is another one.
    pub fn keep_chunk(&self, incoming: Incoming, claimed: Checksum) -> Result<()> {
        let (draft, found) = self.finish(incoming)?;
        if found != claimed {
            return Err(ArtifactError::rejected(format!("chunk {claimed}: its SHA-1 is {found}")));
        }
        draft.persist(&self.chunk_path(claimed))
    }

    pub(super) fn finish(&self, incoming: Incoming) -> Result<(Draft, Checksum)> {
        let bytes_max = incoming.bytes_max;
        let sink = match incoming.writer {
            Writer::Plain(sink) => sink,
            Writer::Gzip(decoder) => decoder.finish().map_err(|error| self.of_writing(error, bytes_max))?,
        };
        Ok(sink.finish())
    }

    /// Writes the next bytes.
    pub fn push(&self, incoming: &mut Incoming, bytes: &[u8]) -> Result<()> {
        let written = match &mut incoming.writer {
            Writer::Plain(sink) => sink.write_all(bytes),
            Writer::Gzip(decoder) => decoder.write_all(bytes),
        };
        written.map_err(|error| self.of_writing(error, incoming.bytes_max))
    }

    fn of_writing(&self, error: io::Error, bytes_max: u64) -> ArtifactError {
        match error.kind() {
            ErrorKind::QuotaExceeded => self.room.full(),
            ErrorKind::FileTooLarge => {
                ArtifactError::TooLarge(format!("a file of this kind has at most {bytes_max} bytes"))
            }
            // The decoder takes nothing more after the end of the stream.
            ErrorKind::WriteZero => {
                ArtifactError::rejected("there is more behind the end of the gzip stream")
            }
            _ => ArtifactError::of_reading("what was sent", error),
        }
    }

    /// Of these chunks, those that are not here, each once. Those that are stay for a day from now.
    pub fn missing_chunks(&self, chunks: &[Checksum]) -> Result<Vec<Checksum>> {
        let now = std::time::SystemTime::now();
        let mut missing = Vec::new();
        for chunk in chunks {
            match fs::File::open(self.chunk_path(*chunk)) {
                Ok(file) => file.set_modified(now)?,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    if !missing.contains(chunk) {
                        missing.push(*chunk);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(missing)
    }

    /// Chunks that are part of a bundle now.
    pub(super) fn forget_chunks(&self, chunks: &[Checksum]) {
        for chunk in chunks {
            let path = self.chunk_path(*chunk);
            let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
            match fs::remove_file(&path) {
                Ok(()) => self.room.give_back(bytes),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                // It goes with its age.
                Err(error) => tracing::warn!(%error, "a chunk could not be removed"),
            }
        }
    }
}

/// Counts and digests what is written.
pub(super) struct Sink {
    draft: Draft,
    sha1: Sha1,
    bytes_max: u64,
}

impl Sink {
    pub(super) fn finish(self) -> (Draft, Checksum) {
        (self.draft, Checksum(self.sha1.finalize().into()))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.draft.bytes().saturating_add(bytes.len() as u64) > self.bytes_max {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let written = self.draft.write(bytes)?;
        self.sha1.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use sha1::{Digest, Sha1};

    use super::CHUNK_BYTES_MAX;
    use crate::artifacts::tests::open;
    use crate::artifacts::{ArtifactError, Artifacts};
    use crate::model::artifact::Checksum;

    fn send(artifacts: &Artifacts, bytes: &[u8], is_gzip: bool, sum: Checksum) -> Result<(), ArtifactError> {
        let mut incoming = artifacts.receive_chunk(is_gzip)?;
        for piece in bytes.chunks(1000) {
            artifacts.push(&mut incoming, piece)?;
        }
        artifacts.keep_chunk(incoming, sum)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn a_chunk_is_kept_once_it_is_what_it_was_called() {
        let (_dir, artifacts) = open(1 << 30);
        let text = b"one two three ".repeat(500);
        let sum = Checksum(Sha1::digest(&text).into());
        let missing = || artifacts.missing_chunks(&[sum, sum]).expect("looked");
        assert_eq!(missing(), [sum]);
        let refused = |bytes: &[u8], is_gzip, sum| {
            let before = artifacts.bytes();
            let error = send(&artifacts, bytes, is_gzip, sum).expect_err("refused");
            assert_eq!(artifacts.bytes(), before, "what was refused takes no room: {error}");
            error.to_string()
        };
        assert!(refused(&text, false, Checksum([0; 20])).contains("its SHA-1 is"));
        assert!(refused(&text, true, sum).contains("damaged"));
        assert!(refused(&gzip(&text)[..100], true, sum).contains("damaged"));
        assert!(refused(&[gzip(&text), text.clone()].concat(), true, sum).contains("behind the end"));
        let bomb = gzip(&vec![0; usize::try_from(CHUNK_BYTES_MAX).expect("small") + 1]);
        assert!(matches!(send(&artifacts, &bomb, true, sum), Err(ArtifactError::TooLarge(_))));
        assert_eq!(missing(), [sum]);

        send(&artifacts, &gzip(&text), true, sum).expect("kept");
        send(&artifacts, &text, false, sum).expect("kept again");
        assert!(missing().is_empty());
        assert_eq!(artifacts.bytes(), text.len() as u64);
        artifacts.forget_chunks(&[sum, sum]);
        assert_eq!((missing(), artifacts.bytes()), (vec![sum], 0));
    }

    #[test]
    fn all_artifacts_share_one_bound() {
        let (_dir, artifacts) = open(1 << 20);
        let text = vec![7; (1 << 20) + 1];
        let sum = Checksum(Sha1::digest(&text).into());
        let refused = send(&artifacts, &text, false, sum).expect_err("no room");
        assert!(refused.to_string().contains("(1 MiB)"), "{refused}");
        assert_eq!(artifacts.bytes(), 0);
        let sum = Checksum(Sha1::digest(&text[1..]).into());
        send(&artifacts, &text[1..], false, sum).expect("it fits");
        assert!(send(&artifacts, b"x", false, sum).is_err(), "not one byte more");
    }
}
