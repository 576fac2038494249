//! A store that forgets everything when it is dropped. For tests.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use simpul_core::limits;

use crate::record::{ConfId, Filter, KeptConf, NewRecord, Page, RecordId, Stamp, StampState, StoredRecord, Summary};
use crate::store::{Head, LedgerStore, StoreError};

/// Records in memory.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    records: Vec<StoredRecord>,
    confs: HashMap<ConfId, KeptConf>,
}

impl MemoryStore {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&self) -> RecordId {
        RecordId::FIRST.plus(self.records.len()).unwrap()
    }

    fn at(&self, id: RecordId) -> Option<usize> {
        usize::try_from(id.number() - 1).ok().filter(|n| *n < self.records.len())
    }
}

#[async_trait]
impl LedgerStore for MemoryStore {
    async fn head(&self) -> Result<Head, StoreError> {
        let state = self.lock();
        let oldest_waiting = state.records.iter().find(|r| r.stamp.is_none()).map(|r| (r.id, r.record.at));
        Ok(Head { next: state.next(), oldest_waiting })
    }

    async fn append(&self, first: RecordId, records: &[NewRecord]) -> Result<(), StoreError> {
        let mut state = self.lock();
        if records.is_empty() {
            return Ok(());
        }
        if first == state.next() {
            let placed = records.iter().enumerate();
            let placed =
                placed.map(|(n, r)| StoredRecord { id: first.plus(n).unwrap(), record: r.clone(), stamp: None });
            state.records.extend(placed);
            return Ok(());
        }
        let there = state.at(first).and_then(|n| state.records.get(n..n + records.len()));
        match there {
            Some(there) if there.iter().map(|s| &s.record).eq(records) => Ok(()),
            _ => Err(StoreError::Conflict(format!("the next record is {}, not {first}", state.next()))),
        }
    }

    async fn set_stamps(&self, stamps: &[(RecordId, Stamp)]) -> Result<(), StoreError> {
        let mut state = self.lock();
        if let Some((id, _)) = stamps.iter().find(|(id, _)| state.at(*id).is_none()) {
            return Err(StoreError::Conflict(format!("there is no record {id}")));
        }
        for (id, stamp) in stamps {
            let n = state.at(*id).unwrap();
            state.records[n].stamp.get_or_insert_with(|| stamp.clone());
        }
        Ok(())
    }

    async fn waiting(&self, after: Option<RecordId>, limit: usize) -> Result<Vec<(RecordId, Bytes)>, StoreError> {
        let state = self.lock();
        let seen = after.map_or(0, |after| usize::try_from(after.number()).unwrap());
        let waiting = state.records.iter().skip(seen).filter(|r| r.stamp.is_none());
        let waiting = waiting.take(limit.min(limits::LEDGER_PAGE));
        Ok(waiting.map(|r| (r.id, r.record.seal.signature.clone())).collect())
    }

    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Summary>, StoreError> {
        let state = self.lock();
        let found = state.records.iter().filter(|r| matches(filter, r) && page.after.is_none_or(|after| r.id > after));
        Ok(found.take(page.limit.get().min(limits::LEDGER_PAGE)).map(summary).collect())
    }

    async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        let count = self.lock().records.iter().filter(|r| matches(filter, r)).count();
        Ok(u64::try_from(count).unwrap())
    }

    async fn load(&self, id: RecordId) -> Result<Option<StoredRecord>, StoreError> {
        let state = self.lock();
        Ok(state.at(id).map(|n| state.records[n].clone()))
    }

    async fn keep_conf(&self, conf: &KeptConf) -> Result<(), StoreError> {
        let mut state = self.lock();
        let kept = state.confs.entry(conf.id).or_insert_with(|| conf.clone());
        if kept == conf {
            Ok(())
        } else {
            Err(StoreError::Conflict(format!("the configuration {} has other content", conf.id)))
        }
    }

    async fn conf(&self, id: ConfId) -> Result<Option<KeptConf>, StoreError> {
        Ok(self.lock().confs.get(&id).cloned())
    }
}

fn matches(filter: &Filter, stored: &StoredRecord) -> bool {
    let record = &stored.record;
    match filter {
        Filter::Message { local, message_id, request_id } => {
            record.local() == local
                && record.message_id == *message_id
                && request_id.as_ref().is_none_or(|id| record.request_id == *id)
        }
        Filter::Time { from, to, local } => {
            *from <= record.at && record.at < *to && local.as_ref().is_none_or(|l| record.local() == l)
        }
        Filter::Waiting => stored.stamp.is_none(),
    }
}

fn summary(stored: &StoredRecord) -> Summary {
    let record = stored.record.clone();
    Summary {
        id: stored.id,
        at: record.at,
        side: record.side,
        direction: record.direction,
        message_id: record.message_id,
        request_id: record.request_id,
        client: record.client,
        service: record.service,
        refused: record.refused,
        stamp: stored.stamp.as_ref().map_or(StampState::Waiting, Stamp::state),
    }
}
