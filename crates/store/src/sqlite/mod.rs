//! The message log in one SQLite file: write-ahead log, full synchronisation, one writer, a few readers.

mod append;
pub(crate) mod changes;
mod confs;
mod dictionaries;
mod error;
mod read;
mod rows;
mod stamps;
mod view;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use simpul_ledger::pack::Packer;
use simpul_ledger::{
    ConfId, Filter, Head, KeptConf, LedgerStore, NewRecord, Page, RecordId, Stamp, StoreError, StoredRecord, Summary,
};
use sqlx::Row;
use sqlx::sqlite::SqlitePool;
use tokio::sync::Mutex;

use self::changes::Changes;
use self::dictionaries::Dictionaries;
pub(crate) use self::error::refused_cleanly;
pub use self::view::LedgerView;
pub use crate::database::OpenError;
use crate::database::{Kind, Opened};
use crate::files::Folder;

/// A [`LedgerStore`] in a folder of its own.
///
/// What it confirms was flushed to the disk: each commit flushes the write-ahead log before it returns, and a flush
/// that fails is [`StoreError::Halt`]. What it does not promise: that the disk keeps its own promise.
pub struct SqliteLedger {
    writer: Mutex<Writer>,
    readers: SqlitePool,
    dictionaries: Arc<Dictionaries>,
    _folder: Folder,
}

/// The one that writes.
struct Writer {
    changes: Changes,
    /// The place of the next record; `None` when it has to be looked up.
    next: Option<RecordId>,
    /// Whatever it gave out is on the disk.
    packer: Packer,
    dictionaries: Arc<Dictionaries>,
}

const LEDGER: Kind = Kind {
    name: "message log",
    file: "ledger.db",
    schemas: "simpul_schema",
    migrations: &[
        include_str!("../../migrations/0001_message_log.sql"),
        include_str!("../../migrations/0002_batch_timestamps.sql"),
        include_str!("../../migrations/0003_dictionaries.sql"),
    ],
};
const SETTINGS: [(&str, &str); 4] = [
    ("journal_mode", "PRAGMA journal_mode"),
    ("synchronous", "PRAGMA synchronous"),
    ("foreign_keys", "PRAGMA foreign_keys"),
    ("page_size", "PRAGMA page_size"),
];

impl SqliteLedger {
    /// Opens the ledger in this folder, or makes it; brings an older schema up to date. No repair is needed after a
    /// crash: what was confirmed is there, what was not may be there.
    ///
    /// Refuses a folder that others may enter or that another process uses, a file that is no ledger, and a ledger
    /// that a newer version has written.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let Opened { folder, changes, readers } = LEDGER.open(path).await?;
        let dictionaries = Arc::<Dictionaries>::default();
        let packer = Packer::default();
        let writer = Writer { changes, next: None, packer, dictionaries: Arc::clone(&dictionaries) };
        Ok(Self { writer: Mutex::new(writer), readers, dictionaries, _folder: folder })
    }

    /// The settings of SQLite on which durability rests, as the writing connection reports them.
    pub async fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut writer = self.writer.lock().await;
        let connection = writer.changes.connection();
        let mut settings = Vec::new();
        for (name, sql) in SETTINGS {
            let row = sqlx::query(sql).fetch_one(&mut *connection).await.map_err(error::reading("settings"))?;
            let value: String = row.try_get_unchecked(0).map_err(error::reading("settings"))?;
            settings.push((name.to_owned(), value));
        }
        Ok(settings)
    }

    /// Ends all work, folds the write-ahead log into the file and lets the folder go.
    pub async fn close(self) -> Result<(), StoreError> {
        self.readers.close().await;
        self.writer.into_inner().changes.close().await.map_err(error::writing("close the ledger"))
    }
}

#[async_trait]
impl LedgerStore for SqliteLedger {
    async fn head(&self) -> Result<Head, StoreError> {
        read::head(&self.readers).await
    }

    async fn append(&self, first: RecordId, records: &[NewRecord]) -> Result<(), StoreError> {
        append::append(&mut *self.writer.lock().await, first, records).await
    }

    async fn set_stamps(&self, stamps: &[(RecordId, Stamp)]) -> Result<(), StoreError> {
        stamps::set(&mut self.writer.lock().await.changes, stamps).await
    }

    async fn waiting(&self, after: Option<RecordId>, limit: usize) -> Result<Vec<(RecordId, Bytes)>, StoreError> {
        read::waiting(&self.readers, &self.dictionaries, after, limit).await
    }

    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Summary>, StoreError> {
        read::list(&self.readers, filter, page).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        read::count(&self.readers, filter).await
    }

    async fn load(&self, id: RecordId) -> Result<Option<StoredRecord>, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(error::reading("a record"))?;
        read::load(&mut connection, &self.dictionaries, id).await
    }

    async fn keep_conf(&self, conf: &KeptConf) -> Result<(), StoreError> {
        confs::keep(&mut self.writer.lock().await.changes, conf).await
    }

    async fn conf(&self, id: ConfId) -> Result<Option<KeptConf>, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(error::reading("a configuration"))?;
        confs::load(&mut connection, id).await
    }
}

#[cfg(test)]
mod tests {
    use simpul_ledger::contract::record;
    use sqlx::AssertSqlSafe;

    use super::*;

    async fn fresh() -> (tempfile::TempDir, SqliteLedger) {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteLedger::open(&dir.path().join("ledger")).await.unwrap();
        (dir, store)
    }

    #[tokio::test]
    async fn a_full_disk_refuses_cleanly_and_goes_on_when_there_is_room() {
        let (_dir, store) = fresh().await;
        store.append(RecordId::FIRST, &[record(1)]).await.unwrap();
        let limit = |pages: u32| format!("PRAGMA max_page_count = {pages}");
        let set = async |pages| {
            let mut writer = store.writer.lock().await;
            let connection = writer.changes.connection();
            sqlx::query(AssertSqlSafe(limit(pages))).execute(connection).await.unwrap();
        };
        set(1).await;
        let many: Vec<_> = (2..500).map(record).collect();
        let second = RecordId::FIRST.plus(1).unwrap();
        // Whatever statement the disk is full at, and after it again.
        for count in [498, 15, 498, 31] {
            let some: Vec<_> = many.iter().take(count).cloned().collect();
            let outcome = store.append(second, &some).await;
            assert!(matches!(outcome, Err(StoreError::Retryable { .. })), "{count}: {outcome:?}");
            assert_eq!(store.head().await.unwrap().next, second, "nothing of it is there");
        }
        set(u32::MAX - 1).await;
        store.append(second, &many).await.unwrap();
        assert_eq!(store.head().await.unwrap().next.number(), 500);
    }

    #[tokio::test]
    async fn searches_use_an_index() {
        let (_dir, store) = fresh().await;
        for (sql, index) in read::SEARCHES {
            let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(&store.readers).await;
            let plan: Vec<String> = plan.unwrap().iter().map(|row| row.get("detail")).collect();
            assert!(plan.iter().any(|step| step.contains(index)), "{sql}: {plan:?}");
            assert!(!plan.iter().any(|step| step.starts_with("SCAN record") && !step.contains(index)), "{plan:?}");
        }
    }
}
