//! Publishing a global configuration in format 6 (wire.md §8.3 to §8.5).
//!
//! The way: a [`Membership`] and the certificates of the signing keys make a [`Draft`]; two signatures make it a
//! [`Publication`]; a [`Site`] holds the newest one and those whose parts may still be fetched, and answers requests.

mod check;
pub mod draft;
pub mod membership;
pub mod site;

pub use draft::{Draft, Publication, Side, SigningCertificates};
pub use membership::{
    CaEntry, CertificationService, Group, MemberEntry, Membership, OcspResponder, ServerEntry, SubsystemEntry,
    TimestampingService,
};
pub use site::{Answer, Site};

use simpul_core::Code;
use simpul_trust::token::SignError;
use simpul_wire::gconf::{DirectoryWriteError, DocumentWriteError};

/// Why a membership cannot be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Something stands twice.
    #[error("{0} stands twice")]
    Duplicate(String),
    /// Something refers to what is not there.
    #[error("{what} refers to {missing}, which is not registered")]
    Unregistered {
        /// What refers.
        what: String,
        /// What is missing.
        missing: String,
    },
    /// Something belongs to another instance.
    #[error("{0} does not belong to this instance")]
    Foreign(String),
    /// Something that must not be empty is.
    #[error("there is no {0}")]
    Missing(&'static str),
    /// A number of seconds that the format cannot carry: more than 2147483647, or no whole seconds.
    #[error("{0} is not a whole number of seconds up to 2147483647")]
    Seconds(&'static str),
    /// A serial that does not fit below one millisecond.
    #[error("the serial {0} is not below 1000000")]
    Serial(u32),
    /// The signing key does not belong to the first certificate of its side.
    #[error("the signing key does not belong to the certificate that the directory names")]
    OtherKey,
    /// A document cannot be written.
    #[error("a document cannot be written")]
    Document(#[source] DocumentWriteError),
    /// A directory cannot be written.
    #[error("a directory cannot be written")]
    Directory(#[source] DirectoryWriteError),
    /// The key did not sign.
    #[error("the configuration was not signed")]
    Sign(#[source] SignError),
}

impl PublishError {
    /// The code that an operator sees (§3.9).
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Sign(cause) => cause.code(),
            Self::OtherKey => Code::CannotCreateSignature,
            Self::Duplicate(_)
            | Self::Unregistered { .. }
            | Self::Foreign(_)
            | Self::Missing(_)
            | Self::Seconds(_)
            | Self::Serial(_)
            | Self::Document(_)
            | Self::Directory(_) => Code::MalformedGlobalConf,
        }
    }
}
