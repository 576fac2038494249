//! A store that forgets everything when it is dropped. For tests.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use simpul_core::{MemberId, UnixTime};

use crate::trail::pseudonym::Pseudonym;
use crate::trail::secrecy::Month;
use crate::trail::store::{Access, Entry, Nonce, NonceUse, Position, StoreError, TrailStore, Withholding};

/// Access events in memory.
#[derive(Default)]
pub struct MemoryTrail {
    state: Mutex<State>,
}

#[derive(Clone, Default)]
struct State {
    entries: BTreeMap<(Pseudonym, Position), Entry>,
    withheld: HashMap<(MemberId, Month, String), u64>,
    nonces: HashMap<String, Nonce>,
}

impl MemoryTrail {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out every entry that is shown later than `now`, to see that nothing changes.
    pub fn forget_what_is_not_shown(&self, now: UnixTime) -> usize {
        let mut state = self.lock();
        let before = state.entries.len();
        state.entries.retain(|_, entry| entry.shown <= now);
        before - state.entries.len()
    }

    /// Everything that is in it, as text, to see what is not.
    #[must_use]
    pub fn everything(&self) -> String {
        let state = self.lock();
        format!("{:?} {:?} {:?}", state.entries, state.withheld, state.nonces)
    }
}

impl State {
    fn append(&mut self, access: &Access) -> Result<(), StoreError> {
        let there = |entry: &Entry| self.entries.get(&(entry.pseudonym, entry.position()));
        let known = access.entries.iter().filter(|entry| there(entry).is_some()).count();
        if known > 0 {
            let same = access.entries.iter().all(|entry| there(entry) == Some(entry));
            return if same { Ok(()) } else { Err(StoreError::Conflict("another entry, or half an access")) };
        }
        for entry in &access.entries {
            self.entries.insert((entry.pseudonym, entry.position()), entry.clone());
        }
        if let Some(withheld) = &access.withheld {
            let key = (withheld.holder.clone(), withheld.month, withheld.law.clone());
            *self.withheld.entry(key).or_default() += 1;
        }
        Ok(())
    }
}

#[async_trait]
impl Withholding for MemoryTrail {
    async fn withheld(&self, holder: &MemberId, month: Month, law: &str) -> Result<u64, StoreError> {
        Ok(self.lock().withheld.get(&(holder.clone(), month, law.to_owned())).copied().unwrap_or(0))
    }
}

#[async_trait]
impl TrailStore for MemoryTrail {
    async fn append(&self, accesses: &[Access]) -> Result<(), StoreError> {
        let mut state = self.lock();
        let mut changed = state.clone();
        accesses.iter().try_for_each(|access| changed.append(access))?;
        *state = changed;
        Ok(())
    }

    async fn before(&self, pseudonym: &Pseudonym, position: Position, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let state = self.lock();
        let own = state.entries.values().rev().filter(|entry| entry.pseudonym == *pseudonym);
        Ok(own.filter(|entry| entry.position() < position).take(limit).cloned().collect())
    }

    async fn take(&self, nonce: &Nonce, now: UnixTime) -> Result<NonceUse, StoreError> {
        let mut state = self.lock();
        state.nonces.retain(|_, known| known.until > now);
        if state.nonces.contains_key(&nonce.value) {
            return Ok(NonceUse::Again);
        }
        if state.nonces.values().filter(|known| known.issuer == nonce.issuer).count() >= nonce.most {
            return Ok(NonceUse::Full);
        }
        state.nonces.insert(nonce.value.clone(), nonce.clone());
        Ok(NonceUse::First)
    }
}
