//! Projects and keys. Few, asked for with every request: all of them are in memory, replaced as a whole by writers.
//!
//! A project that is renamed keeps its former slugs until another one takes them. One that is deleted is out of the
//! directory at once, and so are its keys; `erase` removes what it had.

use std::sync::Arc;

use jiff::Timestamp;
use redb::{Database, ReadableDatabase, ReadableTable, WriteTransaction};

use crate::model::ids::{ProjectId, PublicKey};
use crate::model::project::{FORMER_SLUGS_MAX, Project, ProjectEdit, ProjectKey, ProjectSettings};
use crate::store::Store;
use crate::store::erase::Deleted;
use crate::store::error::{Result, StoreError};
use crate::store::json::{decode, encode};
use crate::store::keys::{from_micros, micros};
use crate::store::records::Directory;
use crate::store::schema::{DELETED_PROJECTS, KEY_USES, PROJECT_KEYS, PROJECTS, meta, next_number};

pub(super) fn load(state: &Database) -> Result<Directory> {
    let txn = state.begin_read()?;
    let mut directory = Directory::default();
    for row in txn.open_table(PROJECTS)?.iter()? {
        let project: Project = decode(row?.1.value())?;
        directory.slugs.insert(project.slug.clone(), project.id);
        directory.projects.insert(project.id, Arc::new(project));
    }
    for project in directory.projects.values() {
        for slug in &project.former_slugs {
            directory.slugs.entry(slug.clone()).or_insert(project.id);
        }
    }
    for row in txn.open_table(PROJECT_KEYS)?.iter()? {
        let key: ProjectKey = decode(row?.1.value())?;
        directory.keys.insert(key.public, key);
    }
    Ok(directory)
}

pub(super) fn write(txn: &WriteTransaction, project: &Project) -> Result<()> {
    txn.open_table(PROJECTS)?.insert(project.id.0, encode(project)?.as_slice())?;
    Ok(())
}

fn write_key(txn: &WriteTransaction, key: &ProjectKey) -> Result<()> {
    txn.open_table(PROJECT_KEYS)?.insert(&key.public.0, encode(key)?.as_slice())?;
    Ok(())
}

fn no_project(id: ProjectId) -> StoreError {
    StoreError::Failed(format!("there is no project {id}"))
}

fn remove_key(txn: &WriteTransaction, directory: &mut Directory, key: PublicKey) -> Result<()> {
    txn.open_table(PROJECT_KEYS)?.remove(&key.0)?;
    txn.open_table(KEY_USES)?.remove(&key.0)?;
    directory.keys.remove(&key);
    Ok(())
}

/// Makes a slug nobody's. `Taken` where a project is called that now; a former one is given up.
fn free_slug(txn: &WriteTransaction, directory: &mut Directory, slug: &str) -> Result<()> {
    let Some(owner) = directory.slugs.get(slug).copied() else { return Ok(()) };
    let Some(project) = directory.projects.get_mut(&owner) else { return Ok(()) };
    if project.slug == slug {
        return Err(StoreError::Taken(format!("project {slug}")));
    }
    let project = Arc::make_mut(project);
    project.former_slugs.retain(|former| former != slug);
    directory.slugs.remove(slug);
    write(txn, project)
}

fn rename(
    txn: &WriteTransaction,
    directory: &mut Directory,
    project: &mut Project,
    slug: &str,
) -> Result<()> {
    free_slug(txn, directory, slug)?;
    project.former_slugs.retain(|former| former != slug);
    project.former_slugs.push(std::mem::replace(&mut project.slug, slug.to_owned()));
    if project.former_slugs.len() > FORMER_SLUGS_MAX {
        let oldest = project.former_slugs.remove(0);
        directory.slugs.remove(&oldest);
    }
    directory.slugs.insert(slug.to_owned(), project.id);
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
            free_slug(txn, directory, slug)?;
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
                former_slugs: Vec::new(),
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

    /// `Taken` where another project has the slug.
    pub fn update_project(&self, id: ProjectId, edit: &ProjectEdit) -> Result<Project> {
        self.change_directory(|txn, directory| {
            let known = directory.projects.get(&id).cloned();
            let mut project = known.ok_or_else(|| no_project(id))?;
            let changed = Arc::make_mut(&mut project);
            if changed.slug != edit.slug {
                rename(txn, directory, changed, &edit.slug)?;
            }
            edit.name.clone_into(&mut changed.name);
            changed.platform.clone_from(&edit.platform);
            changed.settings = edit.settings.clone();
            write(txn, changed)?;
            let answer = changed.clone();
            directory.projects.insert(id, project);
            Ok(answer)
        })
    }

    /// Takes the project and its keys out of the directory: from now on nobody reaches it, and nothing is accepted
    /// for it. What it had is left to `erase`.
    pub fn delete_project(&self, id: ProjectId, now: Timestamp) -> Result<()> {
        self.change_directory(|txn, directory| {
            let project = directory.projects.remove(&id).ok_or_else(|| no_project(id))?;
            txn.open_table(PROJECTS)?.remove(id.0)?;
            let keys: Vec<_> =
                directory.keys.values().filter(|key| key.project == id).map(|key| key.public).collect();
            for key in keys {
                remove_key(txn, directory, key)?;
            }
            directory.slugs.retain(|_, owner| *owner != id);
            let deleted = Deleted { slug: project.slug.clone(), at: now, is_erased: false };
            txn.open_table(DELETED_PROJECTS)?.insert(id.0, encode(&deleted)?.as_slice())?;
            Ok(())
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
        self.change_directory(|txn, directory| remove_key(txn, directory, key))
    }

    /// Remembers when keys were last used; of those that are gone by now nothing.
    pub fn note_key_uses(&self, uses: &[(PublicKey, Timestamp)]) -> Result<()> {
        self.write(|txn| {
            let directory = self.directory();
            let mut table = txn.open_table(KEY_USES)?;
            for (key, at) in uses.iter().filter(|(key, _)| directory.keys.contains_key(key)) {
                table.insert(&key.0, micros(*at))?;
            }
            Ok(())
        })
    }

    /// `None`: never, or not since this is counted.
    pub fn last_use_of_key(&self, key: PublicKey) -> Result<Option<Timestamp>> {
        let table = self.inner.state.begin_read()?.open_table(KEY_USES)?;
        Ok(table.get(&key.0)?.map(|at| from_micros(at.value())))
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
