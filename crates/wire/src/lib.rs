//! X-Road bytes to values and back, without input or output.
//!
//! What is signed is never rebuilt: a message block is kept as the bytes that came, and values are read out of it. This
//! crate knows no keys, no clock, no sockets and no storage; every reader has its bound in `simpul_core::limits`.

pub mod gconf;
pub mod rest;
pub mod seal;
pub mod soap;
pub mod transport;
pub mod xml;

pub use seal::Seal;
