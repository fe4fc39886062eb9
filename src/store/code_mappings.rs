//! Code mappings: where in a repository the paths of a project's stack traces are.

use jiff::Timestamp;
use redb::{ReadableTable, WriteTransaction};

use crate::model::ids::{ProjectId, RepositoryId};
use crate::model::source_link::CodeMapping;
use crate::store::error::{Result, StoreError};
use crate::store::json::{decode, encode};
use crate::store::keys::pair;
use crate::store::schema::{CODE_MAPPINGS, meta, next_number};
use crate::store::{Store, repositories};

/// Of one project.
pub const CODE_MAPPINGS_MAX: usize = 100;

/// What a person says of a mapping, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCodeMapping {
    pub project: ProjectId,
    pub repository: RepositoryId,
    pub stack_root: String,
    pub source_root: String,
    pub default_branch: Option<String>,
    pub is_automatic: bool,
}

impl Store {
    /// `Taken` where the project maps the stack root already, `Gone` where the repository is.
    pub fn create_code_mapping(&self, new: NewCodeMapping, now: Timestamp) -> Result<CodeMapping> {
        self.write(|txn| {
            let held = of_project(&txn.open_table(CODE_MAPPINGS)?, new.project)?;
            if held.len() >= CODE_MAPPINGS_MAX {
                return Err(StoreError::Refused("A project has at most 100 code mappings"));
            }
            put(txn, next_number(txn, meta::LAST_CODE_MAPPING)?, new, now, &held)
        })
    }

    /// The same; `project` is the one that it was of.
    pub fn update_code_mapping(
        &self,
        project: ProjectId,
        id: u64,
        new: NewCodeMapping,
    ) -> Result<CodeMapping> {
        self.write(|txn| {
            let known =
                txn.open_table(CODE_MAPPINGS)?.remove(&pair(project.0, id))?.map(|row| decode(row.value()));
            let known: CodeMapping = known.transpose()?.ok_or(StoreError::Gone)?;
            let held = of_project(&txn.open_table(CODE_MAPPINGS)?, new.project)?;
            put(txn, id, new, known.created, &held)
        })
    }

    pub fn delete_code_mapping(&self, project: ProjectId, id: u64) -> Result<()> {
        self.write(|txn| Ok(txn.open_table(CODE_MAPPINGS)?.remove(&pair(project.0, id)).map(drop)?))
    }

    pub fn find_code_mapping(&self, id: u64) -> Result<Option<CodeMapping>> {
        Ok(self.code_mappings()?.into_iter().find(|mapping| mapping.id == id))
    }

    /// By project, in the order in which they were made.
    pub fn code_mappings(&self) -> Result<Vec<CodeMapping>> {
        let table = self.inner.state.begin_read()?.open_table(CODE_MAPPINGS)?;
        table.iter()?.map(|row| decode(row?.1.value())).collect()
    }

    pub fn code_mappings_of(&self, project: ProjectId) -> Result<Vec<CodeMapping>> {
        of_project(&self.inner.state.begin_read()?.open_table(CODE_MAPPINGS)?, project)
    }
}

fn put(
    txn: &WriteTransaction,
    id: u64,
    new: NewCodeMapping,
    created: Timestamp,
    held: &[CodeMapping],
) -> Result<CodeMapping> {
    let NewCodeMapping { project, repository, stack_root, source_root, default_branch, is_automatic } = new;
    if held.iter().any(|mapping| mapping.stack_root == stack_root) {
        return Err(StoreError::Taken(format!("a code mapping for `{stack_root}` of this project")));
    }
    if repositories::find(txn, repository)?.is_none() {
        return Err(StoreError::Gone);
    }
    let mapping = CodeMapping {
        id,
        project,
        repository,
        stack_root,
        source_root,
        default_branch,
        is_automatic,
        created,
    };
    txn.open_table(CODE_MAPPINGS)?.insert(&pair(project.0, id), encode(&mapping)?.as_slice())?;
    Ok(mapping)
}

fn of_project(
    table: &impl ReadableTable<&'static [u8; 16], &'static [u8]>,
    project: ProjectId,
) -> Result<Vec<CodeMapping>> {
    let (first, last) = (pair(project.0, 0), pair(project.0, u64::MAX));
    table.range::<&[u8; 16]>(&first..=&last)?.map(|row| decode(row?.1.value())).collect()
}

pub(super) fn remove_of_repository(txn: &WriteTransaction, repository: RepositoryId) -> Result<()> {
    let leads_there = |row: &[u8]| decode::<CodeMapping>(row).is_ok_and(|row| row.repository == repository);
    txn.open_table(CODE_MAPPINGS)?.retain(|_, row| !leads_there(row))?;
    Ok(())
}

pub(super) fn erase(txn: &WriteTransaction, project: ProjectId) -> Result<()> {
    let (first, last) = (pair(project.0, 0), pair(project.0, u64::MAX));
    txn.open_table(CODE_MAPPINGS)?.retain_in::<&[u8; 16], _>(&first..=&last, |_, _| false)?;
    Ok(())
}
