//! Whole exchanges in one process: a consumer and a provider of two instances over ports in memory.

#[cfg(test)]
mod access;
#[cfg(test)]
mod agreements;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod consumer_causes;
#[cfg(test)]
mod consumer_order;
#[cfg(test)]
mod dialects;
#[cfg(test)]
mod downloads;
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
mod persons;
#[cfg(test)]
mod provider_causes;
#[cfg(test)]
mod provider_order;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod replies;
#[cfg(test)]
mod sizes;
#[cfg(test)]
mod trace;
