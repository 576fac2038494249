//! Listeners: what reaches the handler, what the answer looks like on the wire, and every bound.

mod answers;
mod bounds;
mod ocsp;
mod requests;
mod secure;
mod stopping;

use std::time::Duration;

use simpul_io::listen::Bounds;

use crate::support::port::bounds;

/// Times of a listener that is in a hurry.
fn hasty() -> Bounds {
    let soon = Duration::from_millis(150);
    Bounds { head: soon, idle: Duration::from_secs(1), body: soon, stall: soon, handshake: soon, ..bounds() }
}
