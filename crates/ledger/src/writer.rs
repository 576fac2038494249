//! The one task that writes: it takes what waits and commits it together.

use std::sync::{Arc, Weak};

use futures_channel::{mpsc, oneshot};

use crate::gate::Permit;
use crate::log::{Halted, LedgerError, Shared};
use crate::record::{NewRecord, RecordId};
use crate::store::StoreError;

/// One record on its way to the store.
pub(crate) struct Job {
    pub(crate) record: NewRecord,
    pub(crate) permit: Permit,
    pub(crate) reply: oneshot::Sender<Result<RecordId, LedgerError>>,
}

/// Writes the records of one [`crate::Ledger`].
///
/// Whatever waits when a commit ends goes into the next one. Nothing is delayed to fill a batch.
pub struct Writer {
    shared: Weak<Shared>,
    jobs: mpsc::UnboundedReceiver<Job>,
    /// The place of the next record; `None` when an unanswered commit may have moved it.
    next: Option<RecordId>,
}

impl Writer {
    pub(crate) fn new(shared: Weak<Shared>, jobs: mpsc::UnboundedReceiver<Job>, next: RecordId) -> Self {
        Self { shared, jobs, next: Some(next) }
    }

    /// Runs until every [`crate::Ledger`] is gone and all that waited is written, or until the ledger stops.
    ///
    /// When it returns [`Halted`] the node must stop: nothing can be recorded, so nothing can be exchanged. Dropping
    /// this future refuses what waits and all that comes later.
    pub async fn run(mut self) -> Result<(), Halted> {
        let mut halted = None;
        while let Ok(first) = self.jobs.recv().await {
            // A waiting exchange holds the ledger, so it is there as long as there are jobs; without one nobody
            // hears the answer.
            let Some(shared) = self.shared.upgrade() else { continue };
            let batch = self.batch(first, shared.settings.batch_records);
            self.write(&shared, batch).await;
            halted = shared.halted().cloned();
        }
        halted.or_else(|| self.shared.upgrade().and_then(|s| s.halted().cloned())).map_or(Ok(()), Err)
    }

    fn batch(&mut self, first: Job, max: usize) -> Vec<Job> {
        let mut batch = vec![first];
        while batch.len() < max {
            let Ok(job) = self.jobs.try_recv() else { break };
            batch.push(job);
        }
        batch.iter_mut().for_each(|job| job.permit.leave_queue());
        batch
    }

    async fn write(&mut self, shared: &Arc<Shared>, batch: Vec<Job>) {
        let (records, replies): (Vec<_>, Vec<_>) = batch.into_iter().map(|j| (j.record, (j.permit, j.reply))).unzip();
        let outcome = self.append(shared, &records).await;
        if let (Ok(first), Some(record)) = (&outcome, records.first()) {
            shared.note_written(*first, record.at);
        }
        drop(records);
        for (n, (permit, reply)) in replies.into_iter().enumerate() {
            drop(permit);
            let answer = outcome.clone().and_then(|first| first.plus(n).ok_or(LedgerError::Closed));
            // The exchange may have given up; its record stands all the same.
            let _ = reply.send(answer);
        }
    }

    async fn append(&mut self, shared: &Shared, records: &[NewRecord]) -> Result<RecordId, LedgerError> {
        shared.refuse_if_halted()?;
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.append_once(shared, records).await {
                Ok(first) => return Ok(first),
                Err(error) => error,
            };
            match error {
                StoreError::Retryable { .. } if tries < shared.settings.attempts => {}
                StoreError::Retryable { .. } => {
                    self.next = None;
                    return Err(LedgerError::NotDurable(Arc::new(error)));
                }
                // Someone else wrote where this writer must be alone, or what is durable is no longer known.
                StoreError::Conflict(_) | StoreError::Damaged { .. } | StoreError::Halt { .. } => {
                    return Err(LedgerError::Halted(shared.halt(error)));
                }
            }
        }
    }

    /// One try. A repeated try uses the same place, so that a commit whose answer was lost is not made twice.
    async fn append_once(&mut self, shared: &Shared, records: &[NewRecord]) -> Result<RecordId, StoreError> {
        let first = match self.next {
            Some(next) => next,
            None => shared.store.head().await?.next,
        };
        self.next = Some(first);
        shared.store.append(first, records).await?;
        self.next = first.plus(records.len());
        Ok(first)
    }
}
