//! A clock that stands still until it is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use simpul_core::UnixTime;

/// A clock for tests. Clones show the same time.
#[derive(Clone, Debug)]
pub struct FixedClock(Arc<AtomicI64>);

impl FixedClock {
    /// Stands at `at`.
    #[must_use]
    pub fn at(at: UnixTime) -> Self {
        Self(Arc::new(AtomicI64::new(at.millis())))
    }

    /// The time that it shows.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.0.load(Ordering::SeqCst))
    }

    /// Moves it, forwards or backwards.
    pub fn set(&self, at: UnixTime) {
        self.0.store(at.millis(), Ordering::SeqCst);
    }

    /// Moves it forwards.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_show_the_same_time() {
        let clock = FixedClock::at(UnixTime::from_secs(100));
        let other = clock.clone();
        clock.advance(Duration::from_millis(1500));
        assert_eq!(other.now(), UnixTime::from_millis(101_500));
        other.set(UnixTime::from_secs(5));
        assert_eq!(clock.now(), UnixTime::from_secs(5));
    }
}
