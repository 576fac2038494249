//! What unit tests share: randomness that counts.

use std::sync::atomic::{AtomicU64, Ordering};

use simpul_exchange::ports::Randomness;

/// Octets that differ on every call and are the same on every run.
#[derive(Debug, Default)]
pub(crate) struct CountingRandom(AtomicU64);

impl Randomness for CountingRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let call = self.0.fetch_add(1, Ordering::Relaxed);
        for (i, chunk) in bytes.chunks_mut(32).enumerate() {
            let seed = [call.to_be_bytes(), (i as u64).to_be_bytes()].concat();
            let digest = openssl::sha::sha256(&seed);
            chunk.copy_from_slice(&digest[..chunk.len()]);
        }
    }
}
