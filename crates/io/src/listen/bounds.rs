//! What one listener bears.

use std::time::Duration;

/// The bounds of one listener. Sizes of heads are [`simpul_core::limits::HTTP_HEAD`] and
/// [`simpul_core::limits::HTTP_HEADERS`] everywhere.
///
/// Times are kept by a clock that ticks at a quarter of the shortest of them: a connection may live that much longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at a time. Those that come when all places are taken wait in the system's queue.
    pub connections: usize,
    /// Connections at a time from one IP address; more are closed at once, so that one caller cannot take every place.
    pub per_address: usize,
    /// For the whole TLS handshake.
    pub handshake: Duration,
    /// From the first octet of a request to the end of its head.
    pub head: Duration,
    /// Between two requests, and before the first.
    pub idle: Duration,
    /// Without one octet of a body that is waited for.
    pub body: Duration,
    /// Without the other side taking one octet of an answer that waits to be written.
    pub stall: Duration,
    /// For exchanges that run when the listener is told to stop.
    pub grace: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 2048,
            per_address: 1024,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(20),
            idle: Duration::from_secs(60),
            body: Duration::from_secs(60),
            stall: Duration::from_secs(60),
            grace: Duration::from_secs(30),
        }
    }
}

impl Bounds {
    /// How often the times are looked at.
    pub(super) fn tick(&self) -> Duration {
        let shortest = self.head.min(self.idle).min(self.stall).min(LINGER);
        (shortest / 4).max(Duration::from_millis(10))
    }
}

/// How long what a caller still sends is thrown away after an answer that did not wait for it. Closing at once would
/// reset the connection, and the caller might never see the answer.
pub(super) const LINGER: Duration = Duration::from_secs(2);
