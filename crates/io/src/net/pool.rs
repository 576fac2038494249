//! Idle connections, kept for the next request to the same place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::client::Client;

/// How many idle connections are kept, and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolBounds {
    /// To one place.
    pub per_place: usize,
    /// Altogether.
    pub total: usize,
    /// How long a connection may be idle. Less than what others allow, so that it is rarely closed under a request.
    pub idle: Duration,
    /// How old a connection may become: then addresses, keys and configuration are met anew.
    pub age: Duration,
}

impl Default for PoolBounds {
    fn default() -> Self {
        Self { per_place: 64, total: 512, idle: Duration::from_secs(25), age: Duration::from_secs(600) }
    }
}

/// Idle connections by place. The last one put back is the first one taken.
#[derive(Debug)]
pub(crate) struct Pool {
    bounds: PoolBounds,
    idle: Mutex<Idle>,
}

#[derive(Debug, Default)]
struct Idle {
    places: HashMap<String, Vec<Entry>>,
    count: usize,
    swept: Option<Instant>,
}

#[derive(Debug)]
struct Entry {
    client: Client,
    since: Instant,
}

/// How long a connection may take to become idle after its answer was read.
const SETTLE: Duration = Duration::from_secs(1);

/// How often connections that nobody asks for are looked through.
const SWEEP: Duration = Duration::from_secs(1);

impl Pool {
    pub(crate) fn new(bounds: PoolBounds) -> Arc<Self> {
        Arc::new(Self { bounds, idle: Mutex::new(Idle::default()) })
    }

    /// An idle connection to `place` that is alive and `fits`. Those that are not alive are dropped.
    pub(crate) fn take(&self, place: &str, fits: impl Fn(&Client) -> bool) -> Option<Client> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let entries = idle.places.get_mut(place)?;
        let before = entries.len();
        let mut taken = None;
        while let Some(entry) = entries.pop() {
            if self.is_fresh(&entry, now) && fits(&entry.client) && entry.client.is_alive() {
                taken = Some(entry.client.kept());
                break;
            }
        }
        let gone = before - entries.len();
        if entries.is_empty() {
            idle.places.remove(place);
        }
        idle.count = idle.count.saturating_sub(gone);
        taken
    }

    /// Takes a connection back whose answer was read to its end, once it is idle.
    pub(crate) fn settle(self: &Arc<Self>, place: String, mut client: Client) {
        if client.is_idle() {
            return self.put(place, client);
        }
        let pool = Arc::clone(self);
        tokio::spawn(async move {
            if let Ok(true) = tokio::time::timeout(SETTLE, client.idle()).await {
                pool.put(place, client);
            }
        });
    }

    fn put(&self, place: String, client: Client) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if idle.swept.is_none_or(|at| now.duration_since(at) >= SWEEP) {
            self.sweep(&mut idle, now);
        }
        let here = idle.places.get(&place).map_or(0, Vec::len);
        if idle.count >= self.bounds.total || here >= self.bounds.per_place {
            return;
        }
        idle.places.entry(place).or_default().push(Entry { client, since: now });
        idle.count += 1;
    }

    fn sweep(&self, idle: &mut Idle, now: Instant) {
        idle.swept = Some(now);
        idle.places.retain(|_, entries| {
            entries.retain(|e| self.is_fresh(e, now) && e.client.is_idle());
            !entries.is_empty()
        });
        idle.count = idle.places.values().map(Vec::len).sum();
    }

    fn is_fresh(&self, entry: &Entry, now: Instant) -> bool {
        now.duration_since(entry.since) < self.bounds.idle && entry.client.age() < self.bounds.age
    }
}
