//! Looking into a message log beside the server that writes it.

use std::path::Path;

use simpul_ledger::{Filter, Page, RecordId, StoreError, StoredRecord, Summary};
use sqlx::sqlite::SqlitePool;

use super::dictionaries::Dictionaries;
use super::{LEDGER, OpenError, error, read};

/// A message log that is read and never written; another process may have it open.
#[derive(Debug)]
pub struct LedgerView {
    readers: SqlitePool,
    dictionaries: Dictionaries,
}

impl LedgerView {
    /// Opens the log in this folder; it must be there, and written by this version.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let readers = LEDGER.view(path).await?;
        Ok(Self { readers, dictionaries: Dictionaries::default() })
    }

    /// The place of the next record.
    pub async fn next(&self) -> Result<u64, StoreError> {
        Ok(read::head(&self.readers).await?.next.number())
    }

    /// As [`LedgerStore::list`](simpul_ledger::LedgerStore::list).
    pub async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Summary>, StoreError> {
        read::list(&self.readers, filter, page).await
    }

    /// As [`LedgerStore::load`](simpul_ledger::LedgerStore::load).
    pub async fn load(&self, id: RecordId) -> Result<Option<StoredRecord>, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(error::reading("a record"))?;
        read::load(&mut connection, &self.dictionaries, id).await
    }
}
