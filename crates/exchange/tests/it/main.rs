//! Whole exchanges in one process: a consumer and a provider of two instances over ports in memory.

mod access;
mod answers;
mod consumer_causes;
mod consumer_order;
mod evidence;
mod fidelity;
mod flow;
mod provider_causes;
mod provider_order;
mod replies;

mod federation;
