//! A security server that a test plays: messages that are good by `wire.md`, and what a dishonest or broken server
//! makes of them.
//!
//! Seals, hash chains and multipart messages are written here once more, from the clauses, and not with the node's own
//! encoders: a mistake that the node makes in writing and in reading alike would not be seen otherwise, and each step
//! can be changed by name.

pub(super) mod message;
mod multipart;
mod mutation;
mod seal;
pub(super) mod wire;

pub(super) use self::message::{Exchange, Message};
pub(super) use self::seal::replace;
