//! Bundles and their files, as the API shows them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::when;
use crate::artifacts::kind_name;
use crate::model::artifact::{ArtifactFile, Bundle, BundleScope, BundleState, MapState};
use crate::model::ids::ProjectId;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BundleJson {
    pub bundle_id: String,
    pub date: String,
    pub date_modified: String,
    pub file_count: u32,
    /// All that it takes on disk.
    pub bytes: u64,
    /// The releases and dists of this project that it was uploaded for.
    pub associations: Vec<Association>,
    /// When an event was last read with it, or it was uploaded again.
    #[schema(required)]
    pub last_used: Option<String>,
    /// `assembling`, `ready` or `failed`.
    pub state: &'static str,
    /// What is wrong with it.
    #[schema(required)]
    pub detail: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Association {
    #[schema(required)]
    pub release: Option<String>,
    #[schema(required)]
    pub dist: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct BundleFilesJson<'a> {
    #[serde(flatten)]
    pub bundle: BundleJson,
    pub files: &'a [FileJson],
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileJson {
    pub id: String,
    pub file_path: String,
    /// Its address: `~/static/app.js`, or absolute.
    pub url: String,
    /// `minified_source`, `source_map`, `source` or `indexed_ram_bundle`.
    pub file_type: &'static str,
    /// Unpacked, in bytes.
    pub file_size: u64,
    #[schema(required)]
    pub debug_id: Option<String>,
    /// The map that a minified file names, where it is not to be had.
    #[schema(required)]
    pub sourcemap: Option<String>,
    /// Of a minified file: what it can be read with.
    #[schema(required)]
    pub map_state: Option<MapStateJson>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum MapStateJson {
    #[serde(rename_all = "camelCase")]
    Ready {
        /// Texts of sources are missing.
        lacks_contents: bool,
    },
    Missing {
        #[schema(required)]
        named: Option<String>,
    },
    Malformed {
        detail: String,
    },
}

impl BundleJson {
    /// As the project sees it.
    pub fn of(bundle: &Bundle, project: ProjectId) -> Self {
        let (state, detail) = match &bundle.state {
            BundleState::Assembling => ("assembling", None),
            BundleState::Ready => ("ready", None),
            BundleState::Failed { detail } => ("failed", Some(detail.clone())),
        };
        let association =
            |scope: &BundleScope| Association { release: scope.release.clone(), dist: scope.dist.clone() };
        Self {
            bundle_id: bundle.checksum.to_string(),
            date: when(bundle.uploaded),
            date_modified: when(bundle.uploaded),
            file_count: bundle.files,
            bytes: bundle.bytes,
            associations: bundle
                .scopes
                .iter()
                .filter(|scope| scope.project == project)
                .rev()
                .map(association)
                .collect(),
            last_used: Some(bundle.used).filter(|used| *used > bundle.uploaded).map(when),
            state,
            detail,
        }
    }
}

impl FileJson {
    pub fn of(n: u32, file: &ArtifactFile) -> Self {
        let map_state = file.map.as_ref().map(|map| match map {
            MapState::Ready { lacks_contents, .. } => MapStateJson::Ready { lacks_contents: *lacks_contents },
            MapState::Missing { named } => MapStateJson::Missing { named: named.clone() },
            MapState::Malformed { detail } => MapStateJson::Malformed { detail: detail.clone() },
        });
        let sourcemap = match &file.map {
            Some(MapState::Missing { named }) => named.clone(),
            _ => None,
        };
        Self {
            id: n.to_string(),
            file_path: file.path.clone(),
            url: file.url.clone(),
            file_type: kind_name(file.kind),
            file_size: file.bytes,
            debug_id: file.debug_id.map(|id| id.to_string()),
            sourcemap,
            map_state,
        }
    }
}
