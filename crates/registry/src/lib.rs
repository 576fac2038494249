//! The central role: builds and signs the global configuration.
//!
//! Everything here is pure: what is published follows from the membership, a moment and the keys. Where the
//! membership is stored, and which socket serves the files, is decided elsewhere.

pub mod publish;
