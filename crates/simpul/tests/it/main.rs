//! Whole-federation tests: separate processes, real sockets, programs that are not ours.

#[cfg(test)]
mod agreements;
#[cfg(test)]
mod config;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod flip;
#[cfg(test)]
mod generations;
#[cfg(test)]
mod https;
#[cfg(test)]
mod journey;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod large_body;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod rollback;
#[cfg(test)]
mod schedule;
#[cfg(test)]
mod support;
#[cfg(test)]
mod trail;
#[cfg(test)]
mod travel;
#[cfg(test)]
mod verify;
