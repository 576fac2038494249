//! The words that every part of Simpul uses.
//!
//! This crate knows nothing but the standard library and a calendar: no bytes on a wire, no keys, no clock, no
//! storage. What stands here is here because two other crates would otherwise each have their own.

pub mod digest;
pub mod fault;
pub mod ident;
pub mod limits;
pub mod time;

pub use digest::{Digest, DigestAlgorithm};
pub use fault::{Code, Dialect, Fault, FaultCode, Origin};
pub use ident::{ClientId, GlobalGroupId, IdError, MemberId, ServerId, ServiceId, SubsystemId};
pub use time::UnixTime;
