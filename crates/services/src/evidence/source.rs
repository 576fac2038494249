//! The port to registers.

use async_trait::async_trait;
use simpul_core::{ServiceId, UnixTime};
use simpul_policy::agreement::AgreementId;

use crate::application::{NationalId, Reference};
use crate::catalogue::FieldId;

/// What a register is asked, for one person and one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceRequest {
    /// The application: the case that conditions of an agreement ask for.
    pub case: Reference,
    /// The person whom the facts are about.
    pub person: NationalId,
    /// The register's service.
    pub service: ServiceId,
    /// The path of a `GET`, with the person's identifier in it.
    pub path: String,
    /// The agreement under which it is asked; `None` where access rights are enough.
    pub agreement: Option<AgreementId>,
    /// The purpose that is declared.
    pub purpose: String,
    /// The legal basis that is declared.
    pub basis: String,
    /// The consent that is declared: when and to which words it was given.
    pub consent: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterOutcome {
    /// The register answered.
    Answered(RegisterAnswer),
    /// The register knows nothing of this person.
    NoData(Provenance),
    /// It was refused: no agreement allows it, or a condition does not hold.
    Refused {
        /// Why, as the fault says it.
        reason: String,
    },
    /// It could not be reached, or its answer could not be used. Asking again later may help.
    Unavailable {
        /// Why, for the log and the officer.
        reason: String,
    },
}

/// An answer with facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterAnswer {
    /// JSON as it came.
    pub body: Vec<u8>,
    /// Where it came from.
    pub provenance: Provenance,
}

/// Where facts come from, and where the proof is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The register's service.
    pub source: ServiceId,
    /// When it answered.
    pub at: UnixTime,
    /// The message id of the exchange.
    pub message_id: String,
    /// The place in the own message log.
    pub record: Option<u64>,
    /// The agreement and its version under which it was asked, such as `id-my-lab 1`.
    pub agreement: Option<String>,
}

/// Facts of a register, reduced to what the document names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// One or more; 1 to [`simpul_core::limits::EVIDENCE_RECORDS`].
    pub records: Vec<Record>,
    /// Where they come from.
    pub provenance: Provenance,
}

/// One record: the fields that are there, in the order of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record(pub Vec<(FieldId, String)>);

impl Record {
    /// The value of a field.
    #[must_use]
    pub fn value(&self, field: &FieldId) -> Option<&str> {
        self.0.iter().find(|(id, _)| id == field).map(|(_, value)| value.as_str())
    }
}

/// Registers, at home and in other states.
///
/// Implementations bring the request under the agreement and verify the answer. They never invent an answer: what is
/// not known to be an answer is `Unavailable`.
#[async_trait]
pub trait EvidenceSource: Send + Sync {
    /// Asks once. Asking twice is allowed and is two accesses in the person's data trail.
    async fn fetch(&self, request: &EvidenceRequest) -> RegisterOutcome;
}
