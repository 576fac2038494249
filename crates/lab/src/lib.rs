//! Test trust services and sample registers for a laboratory federation.
//!
//! Bytes and a time in, bytes out: this crate knows no sockets and no clock, and touches files only to keep a CA.
//! Every certificate names the organisation [`MARK`] or comes from an issuer that does, every person is generated:
//! nothing made here can be taken for the real thing. The composition root serves it, on loopback only.

pub mod ca;
pub mod clock;
pub mod identity;
pub mod ocsp;
pub mod register;
pub mod tsa;

/// The organisation in every lab certificate's subject or issuer.
pub const MARK: &str = "Simpul Lab";

/// Octets of a request to a lab trust service that are read.
const REQUEST: usize = 64 * 1024;
