//! The machine's clock, for the composition root alone.

use std::time::{SystemTime, UNIX_EPOCH};

use simpul_core::UnixTime;

use simpul_exchange::ports::Clock;

/// The machine's clock. A moment before 1970 reads as 1970.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place where the machine's clock is read")]
    fn now(&self) -> UnixTime {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixTime::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}
