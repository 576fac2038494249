//! The central role: it builds and signs the global configuration of an instance.
//!
//! What is published follows from the membership, a moment and the keys, and from nothing else ([`publish`]). This
//! crate knows no clock, no sockets and no storage, and nothing of how messages are exchanged: where the membership is
//! kept, and which port serves the files, is decided elsewhere.

pub mod publish;
