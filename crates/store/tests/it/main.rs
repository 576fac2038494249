//! The stores against the contracts of their ports, and against what happens to machines.

#[cfg(test)]
mod disk;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod services;
#[cfg(test)]
mod services_kill;
#[cfg(test)]
mod spool;
#[cfg(test)]
mod trail;
