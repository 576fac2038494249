//! The ledger over a store that fails, and under load.

#[cfg(test)]
mod batches;
#[cfg(test)]
mod commit;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod stamps;
#[cfg(test)]
mod state;
