//! Which address of a set was the fastest last time (wire.md §3.7).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Winners that are remembered at a time.
const MOST: usize = 1024;

/// The last winner of each set of addresses.
#[derive(Debug)]
pub(super) struct Winners {
    remember: Duration,
    by_set: Mutex<HashMap<String, (String, Instant)>>,
}

/// The name of a set of addresses (sorted, each once); `None` if there is nothing to choose.
pub(super) fn set(addresses: &[&str]) -> Option<String> {
    (addresses.len() > 1).then(|| addresses.join("\n"))
}

impl Winners {
    pub(super) fn new(remember: Duration) -> Self {
        Self { remember, by_set: Mutex::new(HashMap::new()) }
    }

    /// The winner of this set, as one of its addresses.
    pub(super) fn of<'a>(&self, set: &str, addresses: &[&'a str]) -> Option<&'a str> {
        let by_set = self.by_set.lock().unwrap_or_else(PoisonError::into_inner);
        let (winner, at) = by_set.get(set)?;
        if at.elapsed() >= self.remember {
            return None;
        }
        addresses.iter().copied().find(|a| a == winner)
    }

    /// Remembers a winner; the oldest is forgotten for it if there are too many.
    pub(super) fn won(&self, set: String, winner: &str) {
        let mut by_set = self.by_set.lock().unwrap_or_else(PoisonError::into_inner);
        if by_set.len() >= MOST && !by_set.contains_key(&set) {
            let oldest = by_set.iter().min_by_key(|(_, (_, at))| *at).map(|(set, _)| set.clone());
            if let Some(oldest) = oldest {
                by_set.remove(&oldest);
            }
        }
        by_set.insert(set, (winner.to_owned(), Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_winner_is_remembered_for_its_time() {
        // wire.md §3.7: cached per address set for 3600 s.
        let winners = Winners::new(Duration::from_secs(3600));
        let addresses = ["a", "b"];
        let key = set(&addresses).unwrap();
        winners.won(key.clone(), "b");
        tokio::time::advance(Duration::from_secs(3599)).await;
        assert_eq!(winners.of(&key, &addresses), Some("b"));
        assert_eq!(winners.of(&set(&["a", "b", "c"]).unwrap(), &["a", "b", "c"]), None, "another set");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(winners.of(&key, &addresses), None);
    }

    #[test]
    fn one_address_needs_no_winner() {
        assert_eq!(set(&["a"]), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_is_forgotten() {
        let winners = Winners::new(Duration::from_secs(3600));
        for n in 0..=MOST {
            winners.won(format!("{n}"), "a");
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(winners.of("0", &["a"]), None);
        assert_eq!(winners.of("1", &["a"]), Some("a"));
        assert_eq!(winners.by_set.lock().unwrap().len(), MOST);
    }
}
