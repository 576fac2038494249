//! Whole exchanges in one process: a consumer and a provider of two instances over ports in memory.

mod access;
mod consumer_causes;
mod consumer_order;
mod evidence;
mod fidelity;
mod provider_causes;
mod provider_order;

mod federation;
