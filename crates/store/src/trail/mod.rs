//! The data trail in one SQLite file: write-ahead log, full synchronisation, one writer, a few readers.

mod append;
mod error;
mod nonces;
mod read;

use std::path::Path;

use async_trait::async_trait;
use simpul_core::{MemberId, UnixTime};
use simpul_services::trail::{
    Access, Entry, Month, Nonce, NonceUse, Position, Pseudonym, StoreError, TrailStore, Withholding,
};
use sqlx::sqlite::SqlitePool;
use tokio::sync::Mutex;

pub use crate::database::OpenError;
use crate::database::{Kind, Opened};
use crate::files::Folder;
use crate::sqlite::changes::Changes;

/// A [`TrailStore`] in a folder of its own.
///
/// What it confirms was flushed to the disk, as the message log does it. What it does not promise: that a removed
/// entry leaves no trace in the file.
pub struct SqliteTrail {
    writer: Mutex<Writer>,
    readers: SqlitePool,
    _folder: Folder,
}

/// The one connection that writes.
struct Writer {
    changes: Changes,
    known: append::Known,
}

const TRAIL: Kind = Kind {
    name: "data trail",
    file: "trail.db",
    schemas: "simpul_trail_schema",
    migrations: &[include_str!("../../migrations/trail/0001_trail.sql")],
};

impl SqliteTrail {
    /// Opens the trail in this folder, or makes it; brings an older schema up to date. No repair is needed after a
    /// crash.
    ///
    /// Refuses a folder that others may enter or that another process uses, a file that is no trail, and a trail that
    /// a newer version has written.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let Opened { folder, changes, readers } = TRAIL.open(path).await?;
        let writer = Writer { changes, known: append::Known::default() };
        Ok(Self { writer: Mutex::new(writer), readers, _folder: folder })
    }

    /// Ends all work, folds the write-ahead log into the file and lets the folder go.
    pub async fn close(self) -> Result<(), StoreError> {
        self.readers.close().await;
        self.writer.into_inner().changes.close().await.map_err(error::writing("close the data trail"))
    }
}

#[async_trait]
impl Withholding for SqliteTrail {
    async fn withheld(&self, holder: &MemberId, month: Month, law: &str) -> Result<u64, StoreError> {
        read::withheld(&self.readers, holder, month, law).await
    }
}

/// The counts of a trail that a running server keeps; the trail is not touched.
pub struct TrailCounts {
    readers: SqlitePool,
}

impl TrailCounts {
    /// Opens the trail in this folder; it must be there, and written by this version.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        TRAIL.view(path).await.map(|readers| Self { readers })
    }
}

#[async_trait]
impl Withholding for TrailCounts {
    async fn withheld(&self, holder: &MemberId, month: Month, law: &str) -> Result<u64, StoreError> {
        read::withheld(&self.readers, holder, month, law).await
    }
}

#[async_trait]
impl TrailStore for SqliteTrail {
    async fn append(&self, accesses: &[Access]) -> Result<(), StoreError> {
        append::append(&mut *self.writer.lock().await, accesses).await
    }

    async fn before(&self, pseudonym: &Pseudonym, position: Position, limit: usize) -> Result<Vec<Entry>, StoreError> {
        read::before(&self.readers, pseudonym, position, limit).await
    }

    async fn take(&self, nonce: &Nonce, now: UnixTime) -> Result<NonceUse, StoreError> {
        nonces::take(&mut *self.writer.lock().await, nonce, now).await
    }
}

#[cfg(test)]
mod tests {
    use simpul_services::trail::contract::{access, pseudonym};
    use sqlx::{AssertSqlSafe, Row};

    use super::*;

    #[tokio::test]
    async fn a_lookup_is_one_range_of_the_key() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteTrail::open(&dir.path().join("trail")).await.unwrap();
        for (sql, expected) in read::SEARCHES {
            let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(&store.readers).await;
            let plan: Vec<String> = plan.unwrap().iter().map(|row| row.get("detail")).collect();
            assert!(plan.iter().any(|step| step == expected), "{sql}: {plan:?}");
            let more = |step: &&String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
            assert_eq!(plan.iter().find(more), None, "{sql}: {plan:?}");
        }
    }

    #[tokio::test]
    async fn a_full_disk_refuses_cleanly_and_goes_on_when_there_is_room() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteTrail::open(&dir.path().join("trail")).await.unwrap();
        store.append(&[access(&[1], 1)]).await.unwrap();
        let set = async |pages: u32| {
            let mut writer = store.writer.lock().await;
            let connection = writer.changes.connection();
            let sql = format!("PRAGMA max_page_count = {pages}");
            sqlx::query(AssertSqlSafe(sql)).execute(connection).await.unwrap();
        };
        let count = async || {
            let end = Position::behind(UnixTime::from_secs(4_000_000_000));
            store.before(&pseudonym(1), end, 1000).await.unwrap().len()
        };
        set(1).await;
        let many: Vec<_> = (2..500).map(|n| access(&[1, 2], n)).collect();
        for _ in 0..2 {
            let outcome = store.append(&many).await;
            assert!(matches!(outcome, Err(StoreError::Retryable { .. })), "{outcome:?}");
            assert_eq!(count().await, 1, "nothing of it is there");
        }
        set(u32::MAX - 1).await;
        store.append(&many).await.unwrap();
        assert_eq!(count().await, 499);
    }
}
