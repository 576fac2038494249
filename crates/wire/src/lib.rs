//! X-Road bytes to values and back, without input or output.

pub mod seal;
pub mod xml;

pub use seal::Seal;
