//! A store that forgets everything when it is dropped. For tests.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use simpul_core::UnixTime;

use crate::application::event::Event;
use crate::application::person::NationalId;
use crate::application::reference::Reference;
use crate::application::store::{Append, Appended, Counts, Key, Position, Search, ServicesStore, StoreError, Summary};
use crate::catalogue::OfficeId;

/// Applications in memory.
#[derive(Default)]
pub struct MemoryServices {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    events: BTreeMap<Reference, Vec<Event>>,
    summaries: BTreeMap<Reference, Summary>,
    keys: HashMap<(String, String, String), (String, Reference)>,
    searches: Vec<Search>,
}

impl MemoryServices {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every application that is in it.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        self.lock().events.keys().copied().collect()
    }
}

impl State {
    fn known(&self, key: &Key) -> Result<Option<Reference>, StoreError> {
        match self.keys.get(&place(key)) {
            None => Ok(None),
            Some((request, reference)) if *request == key.request => Ok(Some(*reference)),
            Some(_) => Err(StoreError::KeyUsed),
        }
    }
}

fn place(key: &Key) -> (String, String, String) {
    (key.scope.home().to_string(), key.scope.reveal().to_owned(), key.key.clone())
}

fn page(
    mut found: Vec<(Position, Summary)>,
    after: Option<Position>,
    limit: usize,
    before: fn(&Position, &Position) -> bool,
) -> Vec<Summary> {
    found.sort_by(|(a, _), (b, _)| if before(a, b) { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater });
    let behind = |place: &Position| after.is_none_or(|after| before(&after, place));
    found.into_iter().filter(|(place, _)| behind(place)).map(|(_, summary)| summary).take(limit).collect()
}

#[async_trait]
impl ServicesStore for MemoryServices {
    async fn append(&self, append: &Append) -> Result<Appended, StoreError> {
        let mut state = self.lock();
        if let Some(key) = &append.key
            && let Some(reference) = state.known(key)?
        {
            return Ok(Appended::Before(reference));
        }
        let there = state.events.get(&append.reference).map_or(0, Vec::len) as u64;
        if there != append.expected {
            return Err(StoreError::Conflict);
        }
        state.events.entry(append.reference).or_default().extend(append.events.iter().cloned());
        state.summaries.insert(append.reference, append.summary.clone());
        if let Some(key) = &append.key {
            state.keys.insert(place(key), (key.request.clone(), append.reference));
        }
        Ok(Appended::Now)
    }

    async fn known(&self, key: &Key) -> Result<Option<Reference>, StoreError> {
        self.lock().known(key)
    }

    async fn load(&self, reference: Reference) -> Result<Vec<Event>, StoreError> {
        Ok(self.lock().events.get(&reference).cloned().unwrap_or_default())
    }

    async fn of_person(
        &self,
        person: &NationalId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Summary>, StoreError> {
        let state = self.lock();
        let own = state.summaries.values().filter(|s| s.citizen == *person || s.person == *person);
        let found = own.map(|summary| (summary.position(), summary.clone())).collect();
        Ok(page(found, after, limit, |a, b| a > b))
    }

    async fn queue(
        &self,
        office: &OfficeId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Summary>, StoreError> {
        let state = self.lock();
        let own = state.summaries.values().filter(|s| s.work.as_ref().is_some_and(|work| work.office == *office));
        let found = own.filter_map(|summary| Some((summary.queue_position()?, summary.clone()))).collect();
        Ok(page(found, after, limit, |a, b| a < b))
    }

    async fn waking(&self, until: UnixTime, after: Option<Position>, limit: usize) -> Result<Vec<Summary>, StoreError> {
        let state = self.lock();
        let awake = state.summaries.values().filter(|s| s.wakes.is_some_and(|at| at <= until));
        let found = awake.filter_map(|summary| Some((summary.waking_position()?, summary.clone()))).collect();
        Ok(page(found, after, limit, |a, b| a < b))
    }

    async fn counts(&self, office: &OfficeId, now: UnixTime, soon: UnixTime) -> Result<Counts, StoreError> {
        let mut counts = Counts::default();
        for summary in self.lock().summaries.values() {
            let Some(work) = summary.work.as_ref().filter(|work| work.office == *office) else { continue };
            counts.open += 1;
            counts.waiting += u64::from(summary.waits);
            counts.late += u64::from(!summary.waits && work.deadline <= now);
            counts.soon += u64::from(!summary.waits && work.deadline > now && work.deadline < soon);
        }
        Ok(counts)
    }

    async fn record_search(&self, search: &Search) -> Result<(), StoreError> {
        self.lock().searches.push(search.clone());
        Ok(())
    }

    async fn searches(&self, person: &NationalId, limit: usize) -> Result<Vec<Search>, StoreError> {
        let state = self.lock();
        let mut found: Vec<_> = state.searches.iter().filter(|s| s.person == *person).cloned().rev().collect();
        found.sort_by_key(|search| std::cmp::Reverse(search.at));
        found.truncate(limit);
        Ok(found)
    }
}
