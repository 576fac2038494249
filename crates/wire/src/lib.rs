//! X-Road bytes to values and back, without input or output.

pub mod gconf;
pub mod rest;
pub mod seal;
pub mod soap;
pub mod transport;
pub mod xml;

pub use seal::Seal;
