//! Seals: the XAdES signature of one message, with a hash chain where the message has more than one part
//! (wire.md §5).

mod algorithm;
pub mod c14n;
pub mod chain;
mod error;
mod facts;
mod parts;
mod shape;
mod signature;
mod stamp;
#[cfg(test)]
pub(crate) mod tests;
mod verify;
mod write;

pub use self::algorithm::{AlgorithmError, Scheme, SignatureAlgorithm};
pub use self::error::SealError;
pub use self::facts::{Check, Outcome, SealFacts, Subject};
pub use self::parts::{CHAIN, CHAIN_RESULT, MESSAGE, Parts};
pub use self::shape::ShapeError;
pub use self::stamp::{signature_value, with_timestamp};
pub use self::verify::check;
pub use self::write::seal;

pub(crate) use self::signature::{Demand, Policy, Signature};
pub(crate) use self::verify::{Material, text as signature_text, verify};
pub(crate) use self::write::{Statement, sign};
