//! Integration tests of the trust crate.

#[cfg(test)]
mod fixtures;
