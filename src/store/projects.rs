//! Projects and keys. Few, asked for with every request: all of them are in memory, replaced as a whole by writers.

use std::sync::Arc;

use jiff::Timestamp;
use redb::{Database, ReadableDatabase, ReadableTable, WriteTransaction};

use crate::model::ids::{ProjectId, PublicKey};
use crate::model::project::{Project, ProjectKey, ProjectSettings};
use crate::store::Store;
use crate::store::error::{Result, StoreError};
use crate::store::records::Directory;
use crate::store::schema::{PROJECT_KEYS, PROJECTS, meta, next_number};

pub(super) fn load(state: &Database) -> Result<Directory> {
    let txn = state.begin_read()?;
    let mut directory = Directory::default();
    for row in txn.open_table(PROJECTS)?.iter()? {
        let project: Project = serde_json::from_slice(row?.1.value()).map_err(StoreError::failed)?;
        directory.slugs.insert(project.slug.clone(), project.id);
        directory.projects.insert(project.id, Arc::new(project));
    }
    for row in txn.open_table(PROJECT_KEYS)?.iter()? {
        let key: ProjectKey = serde_json::from_slice(row?.1.value()).map_err(StoreError::failed)?;
        directory.keys.insert(key.public, key);
    }
    Ok(directory)
}

pub(super) fn write(txn: &WriteTransaction, project: &Project) -> Result<()> {
    let json = serde_json::to_vec(project).map_err(StoreError::failed)?;
    txn.open_table(PROJECTS)?.insert(project.id.0, json.as_slice())?;
    Ok(())
}

fn write_key(txn: &WriteTransaction, key: &ProjectKey) -> Result<()> {
    let json = serde_json::to_vec(key).map_err(StoreError::failed)?;
    txn.open_table(PROJECT_KEYS)?.insert(&key.public.0, json.as_slice())?;
    Ok(())
}

impl Store {
    /// The current projects and keys; a cheap clone of a pointer.
    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.inner.directory.read())
    }

    /// Makes the project and its first key. `Taken` where the slug or the key exists.
    pub fn create_project(
        &self,
        slug: &str,
        name: &str,
        platform: Option<&str>,
        key: PublicKey,
        now: Timestamp,
    ) -> Result<Project> {
        self.make_project(slug, name, platform, key, now, false)
    }

    /// The same, marked as made up.
    pub fn create_demo_project(
        &self,
        slug: &str,
        name: &str,
        platform: Option<&str>,
        key: PublicKey,
        now: Timestamp,
    ) -> Result<Project> {
        self.make_project(slug, name, platform, key, now, true)
    }

    fn make_project(
        &self,
        slug: &str,
        name: &str,
        platform: Option<&str>,
        key: PublicKey,
        now: Timestamp,
        is_demo: bool,
    ) -> Result<Project> {
        self.change_directory(|txn, directory| {
            if directory.slugs.contains_key(slug) {
                return Err(StoreError::Taken(format!("project {slug}")));
            }
            if directory.keys.contains_key(&key) {
                return Err(StoreError::Taken(format!("key {key}")));
            }
            let project = Project {
                id: ProjectId(next_number(txn, meta::LAST_PROJECT)?),
                slug: slug.to_owned(),
                name: name.to_owned(),
                platform: platform.map(str::to_owned),
                created: now,
                first_event: None,
                settings: ProjectSettings::default(),
                is_demo,
            };
            let key = ProjectKey {
                public: key,
                project: project.id,
                label: "Default".to_owned(),
                enabled: true,
                rate_limit: None,
                created: now,
            };
            write(txn, &project)?;
            write_key(txn, &key)?;
            directory.slugs.insert(project.slug.clone(), project.id);
            directory.projects.insert(project.id, Arc::new(project.clone()));
            directory.keys.insert(key.public, key);
            Ok(project)
        })
    }

    pub fn update_project(
        &self,
        id: ProjectId,
        name: &str,
        platform: Option<&str>,
        settings: &ProjectSettings,
    ) -> Result<Project> {
        self.change_directory(|txn, directory| {
            let known = directory.projects.get_mut(&id);
            let project = known.ok_or_else(|| StoreError::Failed(format!("there is no project {id}")))?;
            let changed = Arc::make_mut(project);
            name.clone_into(&mut changed.name);
            changed.platform = platform.map(str::to_owned);
            changed.settings = settings.clone();
            write(txn, changed)?;
            Ok(changed.clone())
        })
    }

    /// Adds the key or replaces it. `Taken` where another project has it.
    pub fn put_key(&self, key: &ProjectKey) -> Result<()> {
        self.change_directory(|txn, directory| {
            if directory.keys.get(&key.public).is_some_and(|known| known.project != key.project) {
                return Err(StoreError::Taken(format!("key {}", key.public)));
            }
            write_key(txn, key)?;
            directory.keys.insert(key.public, key.clone());
            Ok(())
        })
    }

    pub fn delete_key(&self, key: PublicKey) -> Result<()> {
        self.change_directory(|txn, directory| {
            txn.open_table(PROJECT_KEYS)?.remove(&key.0)?;
            directory.keys.remove(&key);
            Ok(())
        })
    }

    /// Readers see the old directory until the new one is committed.
    fn change_directory<T>(
        &self,
        change: impl FnOnce(&WriteTransaction, &mut Directory) -> Result<T>,
    ) -> Result<T> {
        let _writer = self.inner.writer.lock();
        let txn = self.inner.begin_write()?;
        let mut directory = Directory::clone(&self.directory());
        let answer = change(&txn, &mut directory)?;
        txn.commit()?;
        *self.inner.directory.write() = Arc::new(directory);
        Ok(answer)
    }
}
