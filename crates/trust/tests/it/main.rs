//! Tests of `simpul-trust` against files: goldens made by other tools, and the fixtures of `SIMPUL_FIXTURES`.

#[cfg(test)]
mod c14n;
#[cfg(test)]
mod chain;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod pki;
