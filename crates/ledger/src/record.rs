//! What one record of the message log holds.

use std::fmt;
use std::num::NonZeroUsize;

use bytes::Bytes;
use simpul_core::{ClientId, Digest, DigestAlgorithm, ServiceId, UnixTime};
use simpul_trust::Seal;
use simpul_trust::seal::chain::Path;

/// The place of a record in the log: 1, 2, 3, … without gaps, in the order in which records became durable.
///
/// Clocks can be wrong; this order cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(u64);

impl RecordId {
    /// The first place.
    pub const FIRST: Self = Self(1);

    /// The place with this number; `None` for 0 and for what does not fit a signed 64-bit column.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        (number >= 1 && i64::try_from(number).is_ok()).then_some(Self(number))
    }

    /// The number of this place, from 1.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    /// The place `n` further on; `None` past the last number that a store can hold.
    #[must_use]
    pub fn plus(self, n: usize) -> Option<Self> {
        self.0.checked_add(u64::try_from(n).ok()?).and_then(Self::new)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// On which side of the exchange this node stood when it recorded the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// For the consumer: the local party is the client.
    Consumer,
    /// For the provider: the local party is the owner of the service.
    Provider,
}

/// Which message of the exchange it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the consumer to the provider.
    Request,
    /// From the provider to the consumer.
    Response,
}

impl Direction {
    /// The word in file names of wire.md §7.3 and §7.4.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

/// The SHA-256 of a signed configuration directory, by which a record cites the configuration in force.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConfId([u8; 32]);

impl ConfId {
    /// From the raw digest.
    #[must_use]
    pub const fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    /// From a digest value; `None` unless it is SHA-256.
    #[must_use]
    pub fn from_digest(digest: &Digest) -> Option<Self> {
        let value = digest.as_bytes().try_into().ok()?;
        (digest.algorithm() == DigestAlgorithm::Sha256).then_some(Self(value))
    }

    /// The raw digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Lower-case hexadecimal.
impl fmt::Display for ConfId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for ConfId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfId({self})")
    }
}

/// What the log keeps of a message's body. [`crate::BodyLog`] makes it while the body streams by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoggedBody {
    /// The message has no body part.
    None,
    /// Every octet of the body part; it may have none.
    Whole(Bytes),
    /// Too long to keep: its length and its SHA-512, which the seal covers.
    Truncated {
        /// Octets of the body.
        len: u64,
        /// SHA-512 of all of them.
        sha512: [u8; 64],
    },
}

impl LoggedBody {
    /// Octets that the log keeps in memory and on disk for it.
    #[must_use]
    pub fn kept(&self) -> usize {
        match self {
            Self::None | Self::Truncated { .. } => 0,
            Self::Whole(bytes) => bytes.len(),
        }
    }
}

/// A message with its seal, as an exchange hands it to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// On which side this node stands.
    pub side: Side,
    /// Which message it is.
    pub direction: Direction,
    /// When this node recorded it, by its own clock.
    pub at: UnixTime,
    /// `x-road-id`; at most `limits::LOGGED_ID_CHARS` characters.
    pub message_id: String,
    /// `x-road-request-id`; at most `limits::LOGGED_ID_CHARS` characters.
    pub request_id: String,
    /// The consumer.
    pub client: ClientId,
    /// The service that was asked.
    pub service: ServiceId,
    /// The message block, octet for octet as it was digested and signed; at most `limits::LOGGED_MESSAGE` octets.
    pub message: Bytes,
    /// Its body.
    pub body: LoggedBody,
    /// Its seal. A refused message may have one that does not hold.
    pub seal: Seal,
    /// The configurations in force, each of which [`crate::Ledger::offer_conf`] was given before; at most
    /// `limits::LOGGED_CONFS`.
    pub conf: Vec<ConfId>,
    /// Why this node refused the message, as a fault code in the 7.8 spelling; `None` if it let it pass. At most
    /// `limits::LOGGED_ID_CHARS` characters.
    pub refused: Option<String>,
}

impl NewRecord {
    /// The local party, under which evidence is searched (wire.md §7.2): the client on the consumer's side, the
    /// owner of the service on the provider's.
    #[must_use]
    pub fn local(&self) -> &ClientId {
        match self.side {
            Side::Consumer => &self.client,
            Side::Provider => &self.service.provider,
        }
    }

    /// Octets of what was said and of its proof: what counts against the queue's bound.
    #[must_use]
    pub fn octets(&self) -> usize {
        let chains = [&self.seal.hash_chain_result, &self.seal.hash_chain];
        let chains: usize = chains.into_iter().flatten().map(Bytes::len).sum();
        self.message.len() + self.body.kept() + self.seal.signature.len() + chains
    }
}

/// What the timestamping job made of a record's seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// A token over this record's signature value alone (wire.md §6.2), whose place is in the signature.
    Single {
        /// The TimeStampToken, DER, signer certificate included.
        token: Bytes,
    },
    /// A token over many records (wire.md §6.3), whose place is beside the signature.
    Batch {
        /// The TimeStampToken, DER, signer certificate included. The same for all records of the batch.
        token: Bytes,
        /// The result of the hash chain, XML: what the token covers, octet for octet. The same for all records.
        result: Bytes,
        /// The way from the result to the SHA-512 of this record's signature; all its digests are SHA-512.
        chain: Path,
    },
    /// There is no signature value to stamp, and there never will be: a refused message with a broken seal.
    Impossible {
        /// Why, in words for the operator.
        why: String,
    },
}

/// Where a record stands with the timestamping job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampState {
    /// It waits.
    Waiting,
    /// It has a token.
    Stamped,
    /// It cannot have one.
    Impossible,
}

impl Stamp {
    /// The state of a record that has this stamp.
    #[must_use]
    pub fn state(&self) -> StampState {
        match self {
            Self::Single { .. } | Self::Batch { .. } => StampState::Stamped,
            Self::Impossible { .. } => StampState::Impossible,
        }
    }
}

/// A record as it was read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its place.
    pub id: RecordId,
    /// What was recorded, unchanged since.
    pub record: NewRecord,
    /// Its stamp; `None` while it waits.
    pub stamp: Option<Stamp>,
}

/// What a list shows of a record: all but the message, its body and its seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its place.
    pub id: RecordId,
    /// When it was recorded.
    pub at: UnixTime,
    /// On which side.
    pub side: Side,
    /// Which message.
    pub direction: Direction,
    /// `x-road-id`.
    pub message_id: String,
    /// `x-road-request-id`.
    pub request_id: String,
    /// The consumer.
    pub client: ClientId,
    /// The service.
    pub service: ServiceId,
    /// Why it was refused, if it was.
    pub refused: Option<String>,
    /// Where it stands with timestamping.
    pub stamp: StampState,
}

/// Which records a list or a count is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Messages of one local party with one message id (wire.md §7.4).
    Message {
        /// The local party, exactly.
        local: ClientId,
        /// `x-road-id`, exactly.
        message_id: String,
        /// `x-road-request-id`, exactly; `None` for all.
        request_id: Option<String>,
    },
    /// Messages recorded in `from..to` by this node's clock.
    Time {
        /// The first moment that counts.
        from: UnixTime,
        /// The first moment that no longer counts.
        to: UnixTime,
        /// Only of this local party; `None` for all.
        local: Option<ClientId>,
    },
    /// Messages that wait for a timestamp.
    Waiting,
}

/// Which part of a list is wanted. Lists are in the order of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Only what stands after this record; `None` starts at the beginning.
    pub after: Option<RecordId>,
    /// How many at most; more than `limits::LEDGER_PAGE` is read as that.
    pub limit: NonZeroUsize,
}

/// One signed configuration, kept whole so that evidence can be judged years later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptConf {
    /// SHA-256 of `directory`.
    pub id: ConfId,
    /// The instance that published it.
    pub instance: String,
    /// The signed directory as downloaded (wire.md §8.3); at most `limits::CONF_DIRECTORY` octets.
    pub directory: Bytes,
    /// The parts that it lists, by the name in the directory; at most `limits::CONF_PARTS` of at most
    /// `limits::CONF_PART` octets.
    pub parts: Vec<(String, Bytes)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_start_at_one_and_fit_a_signed_column() {
        assert_eq!(RecordId::new(0), None);
        assert_eq!(RecordId::new(1), Some(RecordId::FIRST));
        let last = i64::MAX.unsigned_abs();
        assert!(RecordId::new(last).is_some());
        assert_eq!(RecordId::new(last + 1), None);
        assert_eq!(RecordId::new(last).unwrap().plus(1), None);
        assert_eq!(RecordId::FIRST.plus(2).map(RecordId::number), Some(3));
    }

    #[test]
    fn a_configuration_is_named_by_sha_256_alone() {
        let sha256 = Digest::new(DigestAlgorithm::Sha256, &[7; 32]).unwrap();
        assert_eq!(ConfId::from_digest(&sha256), Some(ConfId::new([7; 32])));
        let sha512 = Digest::new(DigestAlgorithm::Sha512, &[7; 64]).unwrap();
        assert_eq!(ConfId::from_digest(&sha512), None);
    }
}
