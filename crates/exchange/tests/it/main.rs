//! Whole exchanges in one process: a consumer and a provider of two instances over ports in memory.
#![allow(clippy::type_complexity, reason = "tables of cases name what each case does to a message")]
#![allow(clippy::large_enum_variant, reason = "a verdict is looked at once")]
#![allow(dead_code, reason = "what a test prints when it fails is read by people")]

#[cfg(test)]
mod access;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod consumer_causes;
#[cfg(test)]
mod consumer_order;
#[cfg(test)]
mod dialects;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod expiry;
#[cfg(test)]
mod federation;
#[cfg(test)]
mod fidelity;
#[cfg(test)]
mod flow;
#[cfg(test)]
mod provider_causes;
#[cfg(test)]
mod provider_order;
#[cfg(test)]
mod replies;
#[cfg(test)]
mod sizes;
#[cfg(test)]
mod trace;
