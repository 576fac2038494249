//! Every socket and device: listeners, mutual TLS, peers, services, fetching.
//!
//! The adapters here implement ports of other crates; they carry octets and know no message. What they promise:
//!
//! * every wait has an end: connecting, handshakes, heads, silent bodies, idle connections (architecture.md, I5);
//! * nothing is sent twice: a request is given to another connection only if not one octet of it was written;
//! * a message that breaks off never looks whole: an error in a body breaks the connection that carries it;
//! * no judgement: who a certificate belongs to is for the callers, but for the handshake rule of wire.md §3.1.

pub mod clock;
pub mod fetch;
pub mod listen;
mod net;
pub mod ocsp;
pub mod peer;
pub mod service;
pub mod tls;
