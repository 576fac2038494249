//! Test trust services and sample registers for a laboratory federation.
//!
//! Everything here is pure: bytes and a time in, bytes out. Sockets belong to the composition root, which serves
//! these on loopback only. Every certificate names the organisation [`MARK`], every person is generated: nothing
//! made here can be taken for the real thing.

pub mod ca;
pub mod clock;
pub mod ocsp;
pub mod register;
pub mod tsa;

/// The organisation in every lab certificate's subject or issuer.
pub const MARK: &str = "Simpul Lab";

/// Octets of a request to a lab trust service that are read.
const REQUEST: usize = 64 * 1024;
