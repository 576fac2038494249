//! What unit tests share: randomness that counts, and a clock that stands.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use simpul_core::UnixTime;
use simpul_exchange::ports::{Clock, Randomness};

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

/// A clock that goes when it is told to.
#[derive(Debug)]
pub(crate) struct StandingClock(AtomicI64);

impl StandingClock {
    pub(crate) fn at(text: &str) -> Self {
        Self(AtomicI64::new(text.parse::<UnixTime>().unwrap().millis()))
    }

    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }
}

impl Clock for StandingClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.0.load(Ordering::Relaxed))
    }
}
