//! What a build leaves for reading its stack traces: bundles of files, uploaded once, found by debug id or by release
//! and address; and why a frame could not be read with them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::ids::{EventId, ProjectId};

/// A bundle, in the order of uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BundleId(pub u64);

/// The SHA-1 of some bytes, as uploaders name chunks and bundles.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Checksum(pub [u8; 20]);

/// Ties a minified file, its map and the frames of an event together: a UUID that the build made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DebugId(pub [u8; 16]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    MinifiedSource,
    SourceMap,
    Source,
    IndexedRamBundle,
}

/// How far an upload is. `Assembling` begins when all its chunks are there and survives a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum BundleState {
    Assembling,
    Ready,
    /// For the one who uploaded: what is wrong with it, in a sentence.
    Failed {
        detail: String,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    pub id: BundleId,
    pub checksum: Checksum,
    /// Those it was uploaded to, and for which releases and dists. The same bundle may be uploaded again for others.
    pub scopes: Vec<BundleScope>,
    #[serde(flatten)]
    pub state: BundleState,
    /// Of the bundle, compressed, and of what was made of it.
    pub bytes: u64,
    pub files: u32,
    pub uploaded: Timestamp,
    /// When an event was last read with it; never before `uploaded`.
    pub used: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleScope {
    pub project: ProjectId,
    #[serde(default)]
    pub release: Option<String>,
    #[serde(default)]
    pub dist: Option<String>,
}

/// A file of a bundle, as its manifest has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactFile {
    /// Inside the bundle; unique there.
    pub path: String,
    /// `~/static/app.js`, or absolute.
    pub url: String,
    pub kind: FileKind,
    #[serde(default)]
    pub debug_id: Option<DebugId>,
    pub bytes: u64,
    /// Of a minified source: what it can be read with.
    #[serde(default)]
    pub map: Option<MapState>,
}

/// What became of a minified source and its map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MapState {
    /// Converted to a file for look-ups.
    Ready {
        cache: CacheKey,
        /// Whether texts of sources are missing, so that frames get no source lines.
        #[serde(default)]
        lacks_contents: bool,
    },
    /// The file names no map, or one that is not in the bundle: which, where it names one.
    Missing { named: Option<String> },
    /// There is one that can not be read: why, in a sentence.
    Malformed { detail: String },
}

/// Names a converted map by what it was made of (SHA-256 of both files and the converter's version).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey(pub [u8; 32]);

/// Why a frame of a minified file stays as it was sent. The app words each and says what mends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum FrameProblem {
    /// The event names no debug id for this file and the event has no release: the build did not inject any.
    NoDebugId,
    /// No file with this debug id was uploaded. `other_build`: files of the same address were, from another build.
    UnknownDebugId {
        debug_id: DebugId,
        other_build: bool,
    },
    /// The bundle with this debug id was uploaded to other projects only: their slugs, where the reader may know them.
    OtherProject {
        debug_id: DebugId,
        projects: Vec<ProjectId>,
    },
    /// No debug id, and nothing was uploaded for this release.
    ReleaseWithoutArtifacts {
        release: String,
    },
    /// No debug id, and what was uploaded for this release (and dist) holds no such address.
    NotInRelease {
        release: String,
        dist: Option<String>,
        url: String,
    },
    /// The minified file is there, its map is not.
    MissingMap {
        named: Option<String>,
    },
    MalformedMap {
        detail: String,
    },
    /// Resolved, but the map holds no text of this source.
    MissingContents {
        source: String,
    },
    /// The position lies outside what the map covers: not the file that ran.
    OutsideMap {
        line: u64,
        column: u64,
    },
    /// A frame without a line.
    NoPosition,
    /// Uploaded, and being converted.
    Converting,
}

macro_rules! hex_text {
    ($name:ident, $digits:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                let mut bytes = [0; $digits / 2];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidName)?;
                Ok(Self(bytes))
            }
        }
    };
}

hex_text!(Checksum, 40);
hex_text!(CacheKey, 64);

/// Not the text of such a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the hexadecimal name that is expected here")]
pub struct InvalidName;

impl fmt::Display for DebugId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).hyphenated().fmt(f)
    }
}

impl FromStr for DebugId {
    type Err = InvalidName;

    /// With or without dashes, in either case.
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        text.parse::<EventId>().map(|id| Self(id.0)).map_err(|_| InvalidName)
    }
}

macro_rules! as_text {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

as_text!(Checksum);
as_text!(CacheKey);
as_text!(DebugId);

#[cfg(test)]
mod tests {
    use super::{BundleState, CacheKey, Checksum, DebugId};

    #[test]
    fn names_are_read_as_they_are_written() {
        let text = "5f8e3a0c-1b2d-4c3e-9f00-aabbccddeeff";
        let id: DebugId = text.parse().expect("a debug id");
        assert_eq!(id.to_string(), text);
        assert_eq!("5F8E3A0C1B2D4C3E9F00AABBCCDDEEFF".parse(), Ok(id));
        assert_eq!(serde_json::to_string(&id).expect("JSON"), format!("\"{text}\""));
        let sum: Checksum = "da39a3ee5e6b4b0d3255bfef95601890afd80709".parse().expect("a checksum");
        assert_eq!(serde_json::from_str::<Checksum>(&format!("\"{sum}\"")).expect("read"), sum);
        for wrong in ["", "da39", "zz39a3ee5e6b4b0d3255bfef95601890afd80709", "../../etc/passwd"] {
            assert!(wrong.parse::<Checksum>().is_err() && wrong.parse::<CacheKey>().is_err(), "{wrong}");
            assert!(wrong.parse::<DebugId>().is_err(), "{wrong}");
        }
        let failed = BundleState::Failed { detail: "no manifest.json".into() };
        assert_eq!(
            serde_json::to_string(&failed).expect("JSON"),
            r#"{"state":"failed","detail":"no manifest.json"}"#
        );
    }
}
