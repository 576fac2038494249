//! Public services.
//!
//! [`trail`]: who used my data. This crate knows no HTTP, no SQL, no HTML and no clock.

pub mod trail;
