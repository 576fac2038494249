//! The persons whom exchanges are about: the token of a request is opened once, and what left about a person is kept
//! for that person to see.
//!
//! Nothing of this has a part in an exchange that names no person.

use std::error::Error;

use async_trait::async_trait;
use simpul_core::UnixTime;
use simpul_core::ident::Instance;
use simpul_ledger::RecordId;
use simpul_policy::agreement::AgreementGrant;
pub use simpul_trust::subject::Opened;
use simpul_trust::subject::{Subject, SubjectError};
use simpul_wire::rest::RestRequest;

/// A request that may be carried out, and names a person.
#[derive(Clone, Copy)]
pub struct About<'a> {
    /// What was asked.
    pub request: &'a RestRequest,
    /// The agreement that allows it; `None` where an access right alone does.
    pub agreement: Option<&'a AgreementGrant>,
}

/// An answer that is about to leave, and is about persons.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// What was asked.
    pub about: About<'a>,
    /// The persons; at least one.
    pub persons: &'a [Concerned],
    /// The place of the request in the message log.
    pub record: RecordId,
    /// Now.
    pub at: UnixTime,
}

/// A person, and what the answer holds about that person.
#[derive(Clone, Debug)]
pub struct Concerned {
    /// The identifier.
    pub subject: Subject,
    /// The state that gave it.
    pub home: Instance,
    /// Which of the fields that the agreement allows: places in its list of fields.
    pub fields: Vec<usize>,
}

/// Whoever opens tokens, and keeps who used whose data.
#[async_trait]
pub trait Persons: Send + Sync {
    /// Opens the token that came with a request. It is good once: its nonce is remembered, durable when this returns,
    /// as long as the token could be used.
    async fn open(&self, token: &str, about: &About<'_>, at: UnixTime) -> Result<Opened, Unopened>;

    /// Keeps an access, durable when it returns. The same access again changes nothing.
    async fn record(&self, access: &Access<'_>) -> Result<(), NotRecorded>;
}

/// Why a token was not opened. No text of it tells anything of the person.
#[derive(Debug, thiserror::Error)]
pub enum Unopened {
    /// The provider has no keys for tokens.
    #[error("This service opens no tokens that name persons")]
    NoKeys,
    /// Not a token, not in one piece, or not for a key that still opens tokens.
    #[error("The token that names the person cannot be opened")]
    Unreadable(#[source] SubjectError),
    /// Made for another agreement, service or provider.
    #[error("The token that names the person was made for another agreement, service or provider")]
    Elsewhere(#[source] SubjectError),
    /// Its time is over, or ends too late.
    #[error("The token that names the person has expired, or is good for too long")]
    Expired(#[source] SubjectError),
    /// It was used before.
    #[error("The token that names the person was used before")]
    Used,
    /// The consumer has used as many as are remembered.
    #[error("More tokens that name persons were used in a short time than are remembered")]
    TooMany,
    /// The request has the identifier in it where it would be kept and told.
    #[error("The request names the person in clear: {0} has the identifier in it")]
    Named(&'static str),
    /// What was used before is not known now.
    #[error("It cannot be told now whether the token that names the person was used before")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl Unopened {
    /// Its name in receipts.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoKeys => "subject-no-keys",
            Self::Unreadable(_) => "subject-unreadable",
            Self::Elsewhere(_) => "subject-elsewhere",
            Self::Expired(_) => "subject-expired",
            Self::Used => "subject-used",
            Self::TooMany => "subject-too-many",
            Self::Named(_) => "subject-named",
            Self::Unavailable(_) => "subject-unavailable",
        }
    }
}

impl From<SubjectError> for Unopened {
    fn from(e: SubjectError) -> Self {
        match e {
            SubjectError::OtherAgreement | SubjectError::OtherService | SubjectError::OtherAudience => {
                Self::Elsewhere(e)
            }
            SubjectError::Expired | SubjectError::TooFar => Self::Expired(e),
            SubjectError::Subject
            | SubjectError::Home
            | SubjectError::Key
            | SubjectError::Keys
            | SubjectError::OtherKey
            | SubjectError::TooLong(_)
            | SubjectError::Malformed
            | SubjectError::Algorithm
            | SubjectError::Sealed
            | SubjectError::Library(_) => Self::Unreadable(e),
        }
    }
}

/// An access could not be kept. No text of it tells anything of the person.
#[derive(Debug, thiserror::Error)]
#[error("who used the data of the person could not be kept")]
pub struct NotRecorded(#[source] pub Box<dyn Error + Send + Sync>);

/// Nobody opens tokens here.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPersons;

#[async_trait]
impl Persons for NoPersons {
    async fn open(&self, _: &str, _: &About<'_>, _: UnixTime) -> Result<Opened, Unopened> {
        Err(Unopened::NoKeys)
    }

    async fn record(&self, _: &Access<'_>) -> Result<(), NotRecorded> {
        Err(NotRecorded("nobody keeps accesses here".into()))
    }
}
