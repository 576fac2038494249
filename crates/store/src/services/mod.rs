//! Applications for public services in one SQLite file: write-ahead log, full synchronisation, one writer, a few readers.

mod append;
mod error;
mod read;
mod rows;
mod search;

use std::path::Path;

use async_trait::async_trait;
use simpul_core::UnixTime;
use simpul_services::application::{
    Append, Appended, Counts, Event, Key, NationalId, Position, Reference, Search, ServicesStore, StoreError, Summary,
};
use simpul_services::catalogue::OfficeId;
use sqlx::sqlite::SqlitePool;
use tokio::sync::Mutex;

pub use crate::database::OpenError;
use crate::database::{Kind, Opened};
use crate::files::Folder;
use crate::sqlite::changes::Changes;

/// A [`ServicesStore`] in a folder of its own.
///
/// What it confirms was flushed to the disk, as the message log does it. It holds personal data as they are: what
/// protects them is the folder, which belongs to one user alone.
pub struct SqliteServices {
    writer: Mutex<Changes>,
    readers: SqlitePool,
    _folder: Folder,
}

const SERVICES: Kind = Kind {
    name: "store of applications",
    file: "services.db",
    schemas: "simpul_services_schema",
    migrations: &[include_str!("../../migrations/services/0001_services.sql")],
};

impl SqliteServices {
    /// Opens the applications in this folder, or makes it; brings an older schema up to date. No repair is needed after
    /// a crash.
    ///
    /// Refuses a folder that others may enter or that another process uses, a file that is something else, and one that
    /// a newer version has written.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let Opened { folder, changes, readers } = SERVICES.open(path).await?;
        Ok(Self { writer: Mutex::new(changes), readers, _folder: folder })
    }

    /// Ends all work, folds the write-ahead log into the file and lets the folder go.
    pub async fn close(self) -> Result<(), StoreError> {
        self.readers.close().await;
        self.writer.into_inner().close().await.map_err(error::writing("close the applications"))
    }
}

#[async_trait]
impl ServicesStore for SqliteServices {
    async fn append(&self, append: &Append) -> Result<Appended, StoreError> {
        append::append(&mut *self.writer.lock().await, append).await
    }

    async fn known(&self, key: &Key) -> Result<Option<Reference>, StoreError> {
        let mut reader = self.readers.acquire().await.map_err(error::reading("a request"))?;
        append::known(&mut reader, key, error::reading).await
    }

    async fn load(&self, reference: Reference) -> Result<Vec<Event>, StoreError> {
        read::load(&self.readers, reference).await
    }

    async fn of_person(
        &self,
        person: &NationalId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Summary>, StoreError> {
        read::of_person(&self.readers, person, after, limit).await
    }

    async fn queue(
        &self,
        office: &OfficeId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Summary>, StoreError> {
        read::queue(&self.readers, office, after, limit).await
    }

    async fn waking(&self, until: UnixTime, after: Option<Position>, limit: usize) -> Result<Vec<Summary>, StoreError> {
        read::waking(&self.readers, until, after, limit).await
    }

    async fn counts(&self, office: &OfficeId, now: UnixTime, soon: UnixTime) -> Result<Counts, StoreError> {
        read::counts(&self.readers, office, now, soon).await
    }

    async fn record_search(&self, search: &Search) -> Result<(), StoreError> {
        search::record(&mut *self.writer.lock().await, search).await
    }

    async fn searches(&self, person: &NationalId, limit: usize) -> Result<Vec<Search>, StoreError> {
        search::of_person(&self.readers, person, limit).await
    }
}

#[cfg(test)]
mod tests {
    use simpul_services::application::contract::{append, draft, reference};
    use sqlx::{AssertSqlSafe, Row};

    use super::*;

    #[tokio::test]
    async fn a_lookup_is_one_range_of_an_index() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteServices::open(&dir.path().join("services")).await.unwrap();
        for sql in read::SEARCHES.into_iter().chain(search::SEARCHES).chain(append::SEARCHES) {
            let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(&store.readers).await;
            let plan: Vec<String> = plan.unwrap().iter().map(|row| row.get("detail")).collect();
            assert!(plan.iter().any(|step| step.starts_with("SEARCH")), "{sql}: {plan:?}");
            let more = |step: &&String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
            assert_eq!(plan.iter().find(more), None, "{sql}: {plan:?}");
        }
    }

    #[tokio::test]
    async fn a_full_disk_refuses_cleanly_and_goes_on_when_there_is_room() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteServices::open(&dir.path().join("services")).await.unwrap();
        store.append(&append(reference(1), draft(1, 0))).await.unwrap();
        let set = async |pages: u32| {
            let mut writer = store.writer.lock().await;
            let sql = format!("PRAGMA max_page_count = {pages}");
            sqlx::query(AssertSqlSafe(sql)).execute(writer.connection()).await.unwrap();
        };
        set(1).await;
        let mut refused = 0;
        for n in 2..200 {
            match store.append(&append(reference(n), draft(n, 0))).await {
                Ok(_) => {}
                Err(StoreError::Retryable { .. }) => {
                    refused += 1;
                    assert_eq!(store.load(reference(n)).await.unwrap(), [], "nothing of it is there");
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(refused > 0);
        set(u32::MAX - 1).await;
        store.append(&append(reference(500), draft(500, 0))).await.unwrap();
        assert_eq!(store.load(reference(500)).await.unwrap().len(), 1);
    }
}
