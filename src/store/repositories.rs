//! Repositories of source code: named by those who upload commits, or by a person who also says where it is.

use jiff::Timestamp;
use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use crate::model::ids::RepositoryId;
use crate::model::source_link::{Provider, Repository, Templates};
use crate::store::error::{Result, StoreError};
use crate::store::json::{decode, encode};
use crate::store::schema::{REPOSITORIES, meta, next_number};
use crate::store::{Store, code_mappings};

pub const REPOSITORIES_MAX: u64 = 1_000;
const TOO_MANY: &str = "There are too many repositories: delete one that nobody needs";

/// What a person says of a repository, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRepository {
    pub name: String,
    pub provider: Option<Provider>,
    pub url: Option<String>,
    pub default_branch: Option<String>,
    pub templates: Option<Templates>,
}

impl Store {
    /// `Taken` where another has the name.
    pub fn create_repository(&self, new: NewRepository, now: Timestamp) -> Result<Repository> {
        self.write(|txn| {
            if find_by_name(txn, &new.name)?.is_some() {
                return Err(StoreError::Taken(format!("repository {}", new.name)));
            }
            if txn.open_table(REPOSITORIES)?.len()? >= REPOSITORIES_MAX {
                return Err(StoreError::Refused(TOO_MANY));
            }
            insert(txn, new, now)
        })
    }

    /// `Taken` where another has the name, `Gone` where it is.
    pub fn update_repository(&self, id: RepositoryId, new: NewRepository) -> Result<Repository> {
        self.write(|txn| {
            let known = find(txn, id)?.ok_or(StoreError::Gone)?;
            if find_by_name(txn, &new.name)?.is_some_and(|other| other.id != id) {
                return Err(StoreError::Taken(format!("repository {}", new.name)));
            }
            let NewRepository { name, provider, url, default_branch, templates } = new;
            let repository =
                Repository { id, name, provider, url, default_branch, templates, created: known.created };
            write(txn, &repository)?;
            Ok(repository)
        })
    }

    /// With the code mappings that lead into it.
    pub fn delete_repository(&self, id: RepositoryId) -> Result<()> {
        self.write(|txn| {
            code_mappings::remove_of_repository(txn, id)?;
            txn.open_table(REPOSITORIES)?.remove(id.0)?;
            Ok(())
        })
    }

    /// The one of that name, whatever its case; made where it is missing.
    pub fn ensure_repository(&self, name: &str, now: Timestamp) -> Result<Repository> {
        self.write(|txn| {
            ensure(txn, [name], now)?;
            find_by_name(txn, name)?.ok_or(StoreError::Refused(TOO_MANY))
        })
    }

    /// In the order in which they were made.
    pub fn repositories(&self) -> Result<Vec<Repository>> {
        let table = self.inner.state.begin_read()?.open_table(REPOSITORIES)?;
        table.iter()?.map(|row| decode(row?.1.value())).collect()
    }

    pub fn find_repository(&self, id: RepositoryId) -> Result<Option<Repository>> {
        let table = self.inner.state.begin_read()?.open_table(REPOSITORIES)?;
        table.get(id.0)?.map(|row| decode(row.value())).transpose()
    }
}

/// Makes those that are missing, as far as there is room: commits may name any.
pub(super) fn ensure<'a>(
    txn: &WriteTransaction,
    names: impl IntoIterator<Item = &'a str>,
    now: Timestamp,
) -> Result<()> {
    for name in names {
        let has_room = txn.open_table(REPOSITORIES)?.len()? < REPOSITORIES_MAX;
        if !has_room || find_by_name(txn, name)?.is_some() {
            continue;
        }
        let name = name.to_owned();
        let new = NewRepository { name, provider: None, url: None, default_branch: None, templates: None };
        insert(txn, new, now)?;
    }
    Ok(())
}

fn insert(txn: &WriteTransaction, new: NewRepository, now: Timestamp) -> Result<Repository> {
    let id = RepositoryId(next_number(txn, meta::LAST_REPOSITORY)?);
    let NewRepository { name, provider, url, default_branch, templates } = new;
    let repository = Repository { id, name, provider, url, default_branch, templates, created: now };
    write(txn, &repository)?;
    Ok(repository)
}

fn write(txn: &WriteTransaction, repository: &Repository) -> Result<()> {
    txn.open_table(REPOSITORIES)?.insert(repository.id.0, encode(repository)?.as_slice())?;
    Ok(())
}

pub(super) fn find(txn: &WriteTransaction, id: RepositoryId) -> Result<Option<Repository>> {
    txn.open_table(REPOSITORIES)?.get(id.0)?.map(|row| decode(row.value())).transpose()
}

fn find_by_name(txn: &WriteTransaction, name: &str) -> Result<Option<Repository>> {
    let lower = name.to_lowercase();
    for row in txn.open_table(REPOSITORIES)?.iter()? {
        let repository: Repository = decode(row?.1.value())?;
        if repository.name.to_lowercase() == lower {
            return Ok(Some(repository));
        }
    }
    Ok(None)
}
