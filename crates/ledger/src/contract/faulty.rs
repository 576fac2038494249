//! A store that fails where a test says.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::record::{ConfId, Filter, KeptConf, NewRecord, Page, RecordId, Stamp, StoredRecord, Summary};
use crate::store::{Head, LedgerStore, StoreError};

/// Which call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// [`LedgerStore::head`].
    Head,
    /// [`LedgerStore::append`].
    Append,
    /// [`LedgerStore::set_stamps`].
    SetStamps,
    /// [`LedgerStore::waiting`].
    Waiting,
    /// [`LedgerStore::keep_conf`].
    KeepConf,
    /// [`LedgerStore::conf`].
    Conf,
    /// [`LedgerStore::load`], [`LedgerStore::list`] and [`LedgerStore::count`].
    Read,
}

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Not done, and an error that says nothing of it.
    Lost,
    /// Done, and the same error.
    LostAfterEffect,
    /// Not done, and what is durable is no longer known: a failed fsync.
    Halt,
    /// Done, and what is durable is no longer known.
    HaltAfterEffect,
}

/// Passes calls on to `S`, but for those that a test breaks.
pub struct Faulty<S> {
    inner: S,
    plan: Mutex<HashMap<Step, Vec<Option<How>>>>,
}

impl<S: LedgerStore> Faulty<S> {
    /// Breaks nothing yet.
    pub fn new(inner: S) -> Self {
        Self { inner, plan: Mutex::new(HashMap::new()) }
    }

    /// The next `times` calls of `step` fail like this, after those that were planned before.
    pub fn break_next(&self, step: Step, how: How, times: usize) {
        self.plan().entry(step).or_default().extend(std::iter::repeat_n(Some(how), times));
    }

    /// The next `times` calls of `step` work, after those that were planned before.
    pub fn pass_next(&self, step: Step, times: usize) {
        self.plan().entry(step).or_default().extend(std::iter::repeat_n(None, times));
    }

    /// The store behind it.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    fn plan(&self) -> MutexGuard<'_, HashMap<Step, Vec<Option<How>>>> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call<T>(&self, step: Step, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let how = self.plan().get_mut(&step).filter(|p| !p.is_empty()).and_then(|p| p.remove(0));
        match how {
            None => work.await,
            Some(How::Lost) => Err(lost()),
            Some(How::LostAfterEffect) => work.await.and_then(|_| Err(lost())),
            Some(How::Halt) => Err(halt()),
            Some(How::HaltAfterEffect) => work.await.and_then(|_| Err(halt())),
        }
    }
}

fn lost() -> StoreError {
    StoreError::Retryable { what: "a planned fault", cause: "planned".into() }
}

fn halt() -> StoreError {
    StoreError::Halt { what: "a planned fault", cause: "planned".into() }
}

#[async_trait]
impl<S: LedgerStore> LedgerStore for Faulty<S> {
    async fn head(&self) -> Result<Head, StoreError> {
        self.call(Step::Head, self.inner.head()).await
    }

    async fn append(&self, first: RecordId, records: &[NewRecord]) -> Result<(), StoreError> {
        self.call(Step::Append, self.inner.append(first, records)).await
    }

    async fn set_stamps(&self, stamps: &[(RecordId, Stamp)]) -> Result<(), StoreError> {
        self.call(Step::SetStamps, self.inner.set_stamps(stamps)).await
    }

    async fn waiting(&self, after: Option<RecordId>, limit: usize) -> Result<Vec<(RecordId, Bytes)>, StoreError> {
        self.call(Step::Waiting, self.inner.waiting(after, limit)).await
    }

    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Summary>, StoreError> {
        self.call(Step::Read, self.inner.list(filter, page)).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        self.call(Step::Read, self.inner.count(filter)).await
    }

    async fn load(&self, id: RecordId) -> Result<Option<StoredRecord>, StoreError> {
        self.call(Step::Read, self.inner.load(id)).await
    }

    async fn keep_conf(&self, conf: &KeptConf) -> Result<(), StoreError> {
        self.call(Step::KeepConf, self.inner.keep_conf(conf)).await
    }

    async fn conf(&self, id: ConfId) -> Result<Option<KeptConf>, StoreError> {
        self.call(Step::Conf, self.inner.conf(id)).await
    }
}
