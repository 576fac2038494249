//! Tests of the wire formats as a user of the crate sees them. Expectations come from clauses of wire.md.

#[cfg(test)]
mod gconf;
#[cfg(test)]
mod gconf_properties;
#[cfg(test)]
mod rest;
#[cfg(test)]
mod transport;
