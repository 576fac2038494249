//! A bounded memory of responses: the least recently used is forgotten first.

use std::collections::HashMap;

use super::own::Held;

/// Responses that are kept: more than any federation has servers.
pub(super) const MOST: usize = 4096;

/// Responses by the SHA-256 of their certificates.
#[derive(Debug)]
pub(super) struct Cache {
    most: usize,
    entries: HashMap<[u8; 32], Used>,
    uses: u64,
}

#[derive(Debug)]
struct Used {
    held: Held,
    last: u64,
}

impl Cache {
    pub(super) fn new(most: usize) -> Self {
        Self { most, entries: HashMap::new(), uses: 0 }
    }

    pub(super) fn get(&mut self, key: &[u8; 32]) -> Option<&Held> {
        self.uses += 1;
        let used = self.entries.get_mut(key)?;
        used.last = self.uses;
        Some(&used.held)
    }

    pub(super) fn put(&mut self, key: [u8; 32], held: Held) {
        self.uses += 1;
        if self.entries.len() >= self.most && !self.entries.contains_key(&key) {
            let oldest = self.entries.iter().min_by_key(|(_, used)| used.last).map(|(key, _)| *key);
            if let Some(oldest) = oldest {
                self.entries.remove(&oldest);
            }
        }
        self.entries.insert(key, Used { held, last: self.uses });
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use simpul_core::UnixTime;
    use simpul_trust::ocsp::{CertificateStatus, OcspClaim};

    use super::*;

    fn held(n: u8) -> Held {
        let claim =
            OcspClaim { this_update: UnixTime::from_secs(0), next_update: None, status: CertificateStatus::Good };
        Held { response: Bytes::from(vec![n]), claim }
    }

    #[test]
    fn the_least_recently_used_is_forgotten() {
        let mut cache = Cache::new(2);
        cache.put([1; 32], held(1));
        cache.put([2; 32], held(2));
        assert!(cache.get(&[1; 32]).is_some());
        cache.put([1; 32], held(9));
        assert_eq!(cache.entries.len(), 2, "the same key takes no new place");
        cache.put([3; 32], held(3));
        assert_eq!(cache.entries.len(), 2, "one more than the bound");
        assert!(cache.get(&[2; 32]).is_none());
        assert_eq!(cache.get(&[1; 32]).unwrap().response, [9][..]);
        assert!(cache.get(&[3; 32]).is_some());
    }
}
