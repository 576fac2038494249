//! Evidence: what a register holds is fetched once, under an agreement, and not asked of the citizen.
//!
//! [`EvidenceSource`] is the port to registers, at home and abroad. Its answer is reduced at once to the fields that
//! the service document names ([`extract`]); the rest is dropped here and kept nowhere.

mod extract;
mod source;

pub use self::extract::{ExtractError, extract};
pub use self::source::{EvidenceRequest, EvidenceSource, Fetched, Provenance, Record, RegisterAnswer, RegisterOutcome};
