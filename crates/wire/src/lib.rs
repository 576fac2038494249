//! X-Road bytes to values and back, without input or output.
//!
//! Each format has a bounded parser and, where a node sends it, a writer: REST message blocks and their faults
//! ([`rest`]), SOAP faults ([`soap`]), the multipart message between security servers ([`transport`]), and the parts
//! of a global configuration ([`gconf`]). XML has one door ([`xml`]). Values say what the bytes mean and not whether
//! they are true: this crate knows no keys, no clock, no sockets and no storage.

pub mod gconf;
pub mod rest;
pub mod seal;
pub mod soap;
pub mod transport;
pub mod xml;

pub use seal::Seal;
