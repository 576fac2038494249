//! How many connections each address has.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts connections by address. Holds no more entries than there are connections.
#[derive(Debug)]
pub(super) struct Guests {
    most: usize,
    counts: Mutex<HashMap<IpAddr, usize>>,
}

/// One counted connection; leaving is dropping it.
#[derive(Debug)]
pub(super) struct Guest {
    guests: Arc<Guests>,
    from: IpAddr,
}

impl Guests {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, counts: Mutex::new(HashMap::new()) })
    }

    /// One more from this address, unless it has its share already.
    pub(super) fn admit(self: &Arc<Self>, from: IpAddr) -> Option<Guest> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(from).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Guest { guests: Arc::clone(self), from })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut counts = self.guests.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = counts.entry(self.from) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_no_more() {
        let guests = Guests::new(2);
        let here = IpAddr::from([127, 0, 0, 1]);
        let first = guests.admit(here).unwrap();
        let _second = guests.admit(here).unwrap();
        assert!(guests.admit(here).is_none(), "one more than the bound");
        assert!(guests.admit(IpAddr::from([127, 0, 0, 2])).is_some(), "another address has its own share");
        drop(first);
        assert!(guests.admit(here).is_some());
        assert_eq!(guests.counts.lock().unwrap().len(), 1, "who left is forgotten");
    }
}
