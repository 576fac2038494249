//! Integration tests of the trust crate.

#[cfg(test)]
mod conf;
#[cfg(test)]
mod fixtures;
