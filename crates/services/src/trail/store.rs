//! The port behind which access events become durable.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use simpul_core::{DigestAlgorithm, MemberId, UnixTime};
use simpul_trust::hash::Hasher;

use super::event::{Evidence, Terms};
use super::pseudonym::{Epoch, Pseudonym, counted};
use super::secrecy::{Month, Withheld};

/// What a store says when it did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It may or may not have been done; asking the same again is safe and may succeed.
    #[error("the data trail's store is not available: {what}")]
    Retryable {
        /// What was tried.
        what: &'static str,
        /// What the store said.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// Something else stands where this was to be. Nothing was done.
    #[error("the data trail's store holds something else: {0}")]
    Conflict(&'static str),
    /// What is stored cannot be read back as it was written.
    #[error("the data trail's store is damaged: {what}")]
    Damaged {
        /// What could not be read.
        what: &'static str,
        /// Why.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// What is durable is no longer known, such as after a failed flush. Only opening the store again helps.
    #[error("the data trail's store must stop: {what}")]
    Halt {
        /// What was tried.
        what: &'static str,
        /// What the store said.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
}

/// Names one person's part of one access, and tells nothing of either.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId([u8; 16]);

/// One person's part of one access, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The person.
    pub pseudonym: Pseudonym,
    /// The epoch of the pseudonym.
    pub epoch: Epoch,
    /// The first moment at which the person sees it.
    pub shown: UnixTime,
    /// Its name.
    pub id: EntryId,
    /// When it was.
    pub at: UnixTime,
    /// Who, what for, under which clause, which fields.
    pub terms: Arc<Terms>,
    /// Where the proof is.
    pub evidence: Evidence,
}

/// One access: the parts of all persons whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// One entry per person; at least one.
    pub entries: Vec<Entry>,
    /// What is counted, if the persons do not see it at once.
    pub withheld: Option<Withheld>,
}

/// A place in the entries of one person, which are ordered by the moment from which they are shown, and among those
/// of one moment by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The moment.
    pub shown: UnixTime,
    /// The id.
    pub id: EntryId,
}

/// The nonce of an assertion, or of a subject token that came with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce {
    /// The member that used it. The bound is per member: none can use up what others need.
    pub issuer: MemberId,
    /// The nonce. It is unique over all members.
    pub value: String,
    /// It is remembered up to this moment, and may be forgotten from it on.
    pub until: UnixTime,
    /// How many nonces of its issuer are remembered at a time.
    pub most: usize,
}

/// What a store knew of a nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceUse {
    /// It is new, and now remembered.
    First,
    /// It was used before.
    Again,
    /// The member has used as many as are remembered; this one is not.
    Full,
}

/// What is counted of accesses that persons do not see at once.
#[async_trait]
pub trait Withholding: Send + Sync {
    /// How many accesses were withheld.
    async fn withheld(&self, holder: &MemberId, month: Month, law: &str) -> Result<u64, StoreError>;
}

/// Durable storage of access events.
///
/// An error may mean "not done" or "done, reply lost". Therefore [`append`](Self::append) can be repeated with the
/// same arguments: it then succeeds and changes nothing.
#[async_trait]
pub trait TrailStore: Withholding {
    /// Keeps each access with all its entries and counts what is withheld: all or none, durable when it returns.
    ///
    /// The same access again succeeds and is not counted again. Another entry of the same pseudonym at the same
    /// position, or an access of which only a part is there, is [`StoreError::Conflict`].
    async fn append(&self, accesses: &[Access]) -> Result<(), StoreError>;

    /// At most `limit` entries of one pseudonym that stand before a position, latest first. Reads no other entry:
    /// neither of other pseudonyms nor from the position on.
    async fn before(&self, pseudonym: &Pseudonym, position: Position, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// Takes a nonce, durable when it returns: of two that take the same one, only one is first. Forgets those whose
    /// time is over at `now`; remembers at most [`Nonce::most`] of one issuer.
    async fn take(&self, nonce: &Nonce, now: UnixTime) -> Result<NonceUse, StoreError>;
}

impl EntryId {
    /// From stored octets.
    #[must_use]
    pub const fn new(octets: [u8; 16]) -> Self {
        Self(octets)
    }

    /// The octets, to be stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The first half of SHA-256 over the pseudonym, the moment and the proof: the same access has the same id.
    pub(super) fn of(pseudonym: &Pseudonym, at: UnixTime, evidence: &Evidence) -> Self {
        let mut hasher = Hasher::new(DigestAlgorithm::Sha256);
        hasher.update(pseudonym.as_bytes());
        hasher.update(&at.millis().to_be_bytes());
        hasher.update(&evidence.record.to_be_bytes());
        hasher.update(&counted(&[&evidence.message_id, &evidence.request_id]));
        let mut octets = [0; 16];
        octets.iter_mut().zip(hasher.finish().as_bytes()).for_each(|(to, from)| *to = *from);
        Self(octets)
    }
}

impl Entry {
    /// Where it stands.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { shown: self.shown, id: self.id }
    }
}

impl Position {
    /// Behind everything that is shown at `now`, and before everything that is shown later.
    #[must_use]
    pub fn behind(now: UnixTime) -> Self {
        Self { shown: now.plus(Duration::from_millis(1)), id: EntryId([0; 16]) }
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
