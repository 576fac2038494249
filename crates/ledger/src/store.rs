//! The port behind which records become durable.

use std::error::Error;

use async_trait::async_trait;
use bytes::Bytes;
use simpul_core::UnixTime;

use crate::record::{ConfId, Filter, KeptConf, NewRecord, Page, RecordId, Stamp, StoredRecord, Summary};

/// What a store says when it did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It may or may not have been done; asking the same again is safe and may succeed.
    #[error("the ledger's store is not available: {what}")]
    Retryable {
        /// What was tried.
        what: &'static str,
        /// What the store said.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// Something else stands where this was to be. Nothing was done.
    #[error("the ledger's store holds something else: {0}")]
    Conflict(String),
    /// What is stored cannot be read back as it was written.
    #[error("the ledger's store is damaged: {what}")]
    Damaged {
        /// What could not be read.
        what: String,
        /// Why.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// To go on could fork the evidence, such as after a failed fsync: what is durable is no longer known. The
    /// ledger refuses everything until the node is started again.
    #[error("the ledger's store must stop: {what}")]
    Halt {
        /// What was tried.
        what: &'static str,
        /// What the store said.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
}

/// Where the log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The place of the next record.
    pub next: RecordId,
    /// The first record that waits for a timestamp, and when it was recorded.
    pub oldest_waiting: Option<(RecordId, UnixTime)>,
}

/// Durable storage of one ledger. It has one writer: a second process must not be able to open it.
///
/// An error may mean "not done" or "done, reply lost". Therefore every writing call can be repeated with the same
/// arguments: it then succeeds and changes nothing.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// Where the log ends.
    async fn head(&self) -> Result<Head, StoreError>;

    /// Puts `records` at `first`, `first + 1`, …: all of them or none, each with its body, durable when it returns.
    ///
    /// The same records at the same places again succeed. Another record at one of the places, or a gap before
    /// `first`, is [`StoreError::Conflict`]. A record starts out [`crate::StampState::Waiting`].
    async fn append(&self, first: RecordId, records: &[NewRecord]) -> Result<(), StoreError>;

    /// Gives each record its stamp: all or none, durable when it returns. A record that has a stamp keeps it, and
    /// that is no error; a record that does not exist is [`StoreError::Conflict`]. What the stamps of a batch have in
    /// common is stored once.
    async fn set_stamps(&self, stamps: &[(RecordId, Stamp)]) -> Result<(), StoreError>;

    /// The first `limit` records after `after` that wait for a timestamp, with their `signatures.xml`; more than
    /// `limits::LEDGER_PAGE` is read as that.
    async fn waiting(&self, after: Option<RecordId>, limit: usize) -> Result<Vec<(RecordId, Bytes)>, StoreError>;

    /// Lists records in the order of the log.
    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Summary>, StoreError>;

    /// Counts records.
    async fn count(&self, filter: &Filter) -> Result<u64, StoreError>;

    /// Reads one record with its body and stamp.
    async fn load(&self, id: RecordId) -> Result<Option<StoredRecord>, StoreError>;

    /// Keeps a configuration, durable when it returns. Parts that several configurations share are stored once. A
    /// configuration with this id and other content is [`StoreError::Conflict`].
    async fn keep_conf(&self, conf: &KeptConf) -> Result<(), StoreError>;

    /// Reads a configuration.
    async fn conf(&self, id: ConfId) -> Result<Option<KeptConf>, StoreError>;
}
