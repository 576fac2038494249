//! The system's randomness.

use simpul_exchange::ports::Randomness;

/// Octets from the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemRandom;

impl Randomness for SystemRandom {
    #[allow(clippy::expect_used, reason = "without randomness no id is unique and no node may go on")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}
