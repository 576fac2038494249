//! Agreements between states: a signed document that decides each exchange.
//!
//! A document ([`Agreement`]) is understood completely or refused. Its clauses become Cedar policies, validated
//! strictly against a schema; [`Agreements`] holds those in force by consumer and service and decides: what no clause
//! allows is refused, and the refusal names the clause that came nearest. Nothing here knows a key, a clock, a socket
//! or a store: signatures, time and volumes already used are arguments.

pub mod act;
pub mod canonical;
mod compile;
mod decide;
pub mod diff;
mod document;
mod explain;
mod fault;
mod ident;
pub mod life;
pub mod purpose;
mod refusal;
pub mod schema;
pub mod terms;
mod usage;

pub use self::compile::{CEDAR_SCHEMA, CompileError};
pub use self::decide::{AgreementGrant, Agreements, Cited, Context, LoadError};
pub use self::document::Agreement;
pub use self::explain::{Candidate, Explanation, Trial};
#[cfg(any(test, feature = "faults"))]
pub use self::fault::Fault;
pub use self::ident::{AgreementDigest, AgreementId, ClauseId, NameError};
pub use self::refusal::{Reason, Refusal};
pub use self::usage::{Counters, Meter, Spent, Uncounted, Usage};
pub use crate::written::DocumentError;
