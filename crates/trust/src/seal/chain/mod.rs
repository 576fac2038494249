//! Hash chains: how one signature or timestamp covers many parts (wire.md §5.2).
//!
//! A result file names the first step of a chain file and the digest of that step. Each step lists digests: of
//! data, of another step, or bare. [`build`] makes both files for a batch of messages, [`paths`] the same in
//! less memory for a batch of signatures under one timestamp, [`verify`] checks them.

mod build;
mod read;
mod verify;

use der::Encode;
use der::asn1::{Null, OctetStringRef, Utf8StringRef};
use simpul_core::{Code, Digest, DigestAlgorithm, limits};
use simpul_wire::xml::XmlError;

pub use self::build::{Branch, Chains, Path, build, paths};
pub use self::verify::{Data, DataRef, Sources, verify};
use super::algorithm::AlgorithmError;
use super::c14n::TooLarge;
use super::shape::ShapeError;
use crate::hash;

/// Namespace of hash chains (wire.md §5.2).
const NAMESPACE: &str = "http://cyber.ee/hashchain";

/// Why a hash chain proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// More than [`limits::HASH_CHAIN_XML`].
    #[error("a hash chain of {0} octets, more than {max}", max = limits::HASH_CHAIN_XML)]
    TooLarge(usize),
    /// Not XML.
    #[error("a hash chain that is not XML")]
    Xml(#[source] XmlError),
    /// Not what the schema allows.
    #[error("a hash chain of another shape")]
    Shape(#[source] ShapeError),
    /// An algorithm or transform that is not accepted.
    #[error("a hash chain with an algorithm that is not accepted")]
    Algorithm(#[source] AlgorithmError),
    /// Neither the value nor its chain names a digest algorithm.
    #[error("a hash chain value without a digest algorithm")]
    NoAlgorithm,
    /// Two steps of one file have the same id.
    #[error("two hash steps have the id {0}")]
    DuplicateStep(String),
    /// A reference that is not `file#step` of a step that exists.
    #[error("{0} is no hash step")]
    UnknownStep(String),
    /// A step that is reached twice: the chain runs in a circle or repeats itself.
    #[error("the hash step {0} is referred to twice")]
    RepeatedStep(String),
    /// Deeper than [`limits::HASH_CHAIN_DEPTH`].
    #[error("a hash chain of more than {max} levels", max = limits::HASH_CHAIN_DEPTH)]
    TooDeep,
    /// What a reference names is not at hand.
    #[error("{0} is not at hand")]
    Unresolved(String),
    /// A transform of data that is not XML.
    #[error("{uri} is to be canonicalized and is not XML")]
    NotXml {
        /// The reference.
        uri: String,
        /// Why.
        #[source]
        cause: XmlError,
    },
    /// A transform whose output is too large.
    #[error("{uri} cannot be canonicalized")]
    NotCanonical {
        /// The reference.
        uri: String,
        /// Why.
        #[source]
        cause: TooLarge,
    },
    /// The data has another digest than the chain says.
    #[error("{0} has another digest than its hash chain says")]
    DataDiffers(String),
    /// The chain leads to another digest than the result says.
    #[error("the hash chain does not lead to its result")]
    ResultDiffers,
    /// Data that must be covered and is not.
    #[error("the hash chain does not cover {0}")]
    Unused(String),
    /// A digest that has no DER form.
    #[error("a hash step that cannot be encoded")]
    Encoding(#[source] der::Error),
}

impl ChainError {
    /// The last word of the fault (wire.md §5.2).
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::TooLarge(_)
            | Self::Xml(_)
            | Self::Shape(_)
            | Self::Algorithm(_)
            | Self::NoAlgorithm
            | Self::DuplicateStep(_)
            | Self::UnknownStep(_)
            | Self::RepeatedStep(_)
            | Self::TooDeep
            | Self::Encoding(_) => Code::MalformedHashChain,
            Self::Unresolved(_) | Self::NotXml { .. } | Self::NotCanonical { .. } => Code::InvalidReference,
            Self::DataDiffers(_) => Code::InvalidHashChainRef,
            Self::ResultDiffers => Code::InvalidHashChain,
            Self::Unused(_) => Code::HashchainUnusedInputs,
        }
    }
}

/// `SEQUENCE { OCTET STRING digest, UTF8String digestMethodUri, SEQUENCE {} }` (wire.md §5.2).
#[derive(der::Sequence)]
struct SingleDigest<'a> {
    digest: OctetStringRef<'a>,
    method: Utf8StringRef<'a>,
    transforms: Vec<Null>,
}

/// The digest of a step: of the DER of its digests in order (wire.md §5.2).
fn step_digest<'a>(
    algorithm: DigestAlgorithm,
    digests: impl Iterator<Item = (DigestAlgorithm, &'a [u8])>,
) -> Result<Digest, der::Error> {
    let list = digests
        .map(|(method, digest)| {
            let (digest, method) = (OctetStringRef::new(digest)?, Utf8StringRef::new(method.uri())?);
            Ok(SingleDigest { digest, method, transforms: Vec::new() })
        })
        .collect::<Result<Vec<_>, der::Error>>()?;
    Ok(hash::digest(algorithm, &list.to_der()?))
}
