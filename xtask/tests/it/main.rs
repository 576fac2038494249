//! The project's rules about itself, as tests: what each crate may know, which provider does cryptography, where code
//! comes from, and what every file and document keeps to. The prose is ARCHITECTURE.md and STYLE.md.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod provider;
#[cfg(test)]
mod spdx;
#[cfg(test)]
mod supply;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod tree;
