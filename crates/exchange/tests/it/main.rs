//! Whole exchanges in one process: a consumer and a provider of two instances over ports in memory.

mod evidence;
mod fidelity;

mod federation;
