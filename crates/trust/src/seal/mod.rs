//! Seals: the XAdES signature of one message, with a hash chain where the message has more than one part
//! (wire.md §5).

mod algorithm;
pub mod c14n;
pub mod chain;
mod shape;

pub use self::algorithm::{AlgorithmError, Scheme, SignatureAlgorithm};
pub use self::shape::ShapeError;
