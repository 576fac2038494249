//! Whole exchanges in one process: a consumer and a provider of two instances over ports in memory.
#![allow(clippy::type_complexity, reason = "tables of cases name what each case does to a message")]

#[cfg(test)]
#[cfg(test)]
mod access;
#[cfg(test)]
#[cfg(test)]
mod answers;
#[cfg(test)]
#[cfg(test)]
mod consumer_causes;
#[cfg(test)]
#[cfg(test)]
mod consumer_order;
#[cfg(test)]
#[cfg(test)]
mod dialects;
#[cfg(test)]
#[cfg(test)]
mod evidence;
#[cfg(test)]
#[cfg(test)]
mod expiry;
#[cfg(test)]
#[cfg(test)]
mod federation;
#[cfg(test)]
#[cfg(test)]
mod fidelity;
#[cfg(test)]
#[cfg(test)]
mod flow;
#[cfg(test)]
#[cfg(test)]
mod provider_causes;
#[cfg(test)]
#[cfg(test)]
mod provider_order;
#[cfg(test)]
#[cfg(test)]
mod replies;
#[cfg(test)]
#[cfg(test)]
mod sizes;
