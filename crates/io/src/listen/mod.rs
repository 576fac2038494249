//! The ports that others connect to: information systems, peers, and peers that ask for OCSP responses.
//!
//! Every listener is HTTP/1.1 (and 1.0) with the same [`Bounds`]. What a caller sends reaches the handler as it came:
//! the target undecoded, every header value, any method. HTTP knows header names without case, so names are given in
//! lower case, in the order in which each first appeared.
//!
//! A handler runs in a task of its own and to its end, even when the caller goes away in between: what an exchange
//! has begun, such as writing evidence, is never torn off by an impatient caller. Its connection's place stays taken
//! until then.

mod answer;
mod bounds;
mod connection;
mod consumer;
mod guests;
mod ocsp;
mod pace;
mod peer;
mod serve;

pub use self::bounds::Bounds;
pub use self::consumer::{ConsumerHandler, consumer};
pub use self::ocsp::{OwnResponses, ocsp};
pub use self::peer::{PeerHandler, peer};
pub use self::serve::Listener;
