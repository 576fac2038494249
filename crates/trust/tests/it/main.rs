//! Integration tests of the trust crate: goldens made by other tools, and the fixtures of `SIMPUL_FIXTURES`.

#[cfg(test)]
mod asic;
#[cfg(test)]
mod c14n;
#[cfg(test)]
mod chain;
#[cfg(test)]
mod conf;
#[cfg(test)]
mod files;
#[cfg(test)]
mod fixtures;
