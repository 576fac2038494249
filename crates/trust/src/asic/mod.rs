//! ASiC-E containers: one message with its seal and its timestamp, for whoever asks for evidence (wire.md §7.1).

mod content;
mod manifest;
mod read;
mod sender;
mod story;
mod verify;
mod write;

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use bytes::Bytes;
use simpul_core::{Code, limits};
use zip::result::ZipError;

pub use self::content::{Content, Said};
pub use self::sender::{Sender, SenderError};
pub use self::verify::{ContainerVerdict, Stamped, VerifyError, verify_container};

pub(crate) use self::read::read_entries;
pub(crate) use self::write::write_entries;

/// Content type of a container, and content of its entry `mimetype`.
pub const MIME_TYPE: &str = "application/vnd.etsi.asic-e+zip";

/// A container: what it must hold, and what it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// `message.xml`: the REST block or the SOAP bytes.
    pub message: Bytes,
    /// `META-INF/signatures.xml`.
    pub signature: Bytes,
    /// `sig-hashchainresult.xml`; together with the chain or not at all.
    pub hash_chain_result: Option<Bytes>,
    /// `sig-hashchain.xml`.
    pub hash_chain: Option<Bytes>,
    /// `ts-hashchainresult.xml` of a batch timestamp; together with the chain or not at all.
    pub timestamp_chain_result: Option<Bytes>,
    /// `ts-hashchain.xml`.
    pub timestamp_chain: Option<Bytes>,
    /// `META-INF/timestamp.tst`, the DER token of a batch timestamp. A single timestamp is in the signature.
    pub timestamp: Option<Bytes>,
    /// `attachment1` and so on by their numbers: the REST body, or SOAP attachments.
    pub attachments: BTreeMap<usize, Bytes>,
}

/// The entries that have a meaning, in their order in a container (§7.1). Attachments come last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entry {
    /// `mimetype`.
    MimeType,
    /// `message.xml`.
    Message,
    /// `META-INF/signatures.xml`.
    Signature,
    /// `sig-hashchainresult.xml`.
    HashChainResult,
    /// `sig-hashchain.xml`.
    HashChain,
    /// `ts-hashchainresult.xml`.
    TimestampChainResult,
    /// `ts-hashchain.xml`.
    TimestampChain,
    /// `META-INF/manifest.xml`.
    Manifest,
    /// `META-INF/ASiCManifest.xml`.
    AsicManifest,
    /// `META-INF/timestamp.tst`.
    Timestamp,
}

impl Entry {
    /// Every entry, in order.
    pub const ALL: [Self; 10] = [
        Self::MimeType,
        Self::Message,
        Self::Signature,
        Self::HashChainResult,
        Self::HashChain,
        Self::TimestampChainResult,
        Self::TimestampChain,
        Self::Manifest,
        Self::AsicManifest,
        Self::Timestamp,
    ];

    /// Its name in a container.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MimeType => "mimetype",
            Self::Message => "message.xml",
            Self::Signature => "META-INF/signatures.xml",
            Self::HashChainResult => "sig-hashchainresult.xml",
            Self::HashChain => "sig-hashchain.xml",
            Self::TimestampChainResult => "ts-hashchainresult.xml",
            Self::TimestampChain => "ts-hashchain.xml",
            Self::Manifest => "META-INF/manifest.xml",
            Self::AsicManifest => "META-INF/ASiCManifest.xml",
            Self::Timestamp => "META-INF/timestamp.tst",
        }
    }

    /// The entry that a name stands for, compared without regard to case. Signatures may have other names (§7.1).
    fn of_name(lower: &str) -> Option<Self> {
        let signature = lower.strip_prefix("meta-inf/").and_then(|n| n.strip_suffix(".xml"));
        match signature.is_some_and(|n| n.contains("signatures")) {
            true => Some(Self::Signature),
            false => Self::ALL.into_iter().find(|e| e.name().eq_ignore_ascii_case(lower)),
        }
    }

    /// The code for its absence.
    fn missing(self) -> Code {
        match self {
            Self::MimeType => Code::AsicMimeTypeNotFound,
            Self::Message => Code::AsicMessageNotFound,
            Self::Signature => Code::AsicSignatureNotFound,
            Self::HashChainResult | Self::TimestampChainResult => Code::AsicHashChainResultNotFound,
            Self::HashChain | Self::TimestampChain => Code::AsicHashChainNotFound,
            Self::Manifest | Self::AsicManifest => Code::AsicManifestNotFound,
            Self::Timestamp => Code::AsicTimestampNotFound,
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why octets are no container, or a container cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum AsicError {
    /// Not a ZIP file, or one of an unknown kind.
    #[error("not a container")]
    Zip(#[source] ZipError),
    /// More than [`limits::ASIC_ENTRIES`] entries.
    #[error("a container with {0} entries, more than {max}", max = limits::ASIC_ENTRIES)]
    TooManyEntries(usize),
    /// An entry of more than [`limits::ASIC_ENTRY`], or all together more than [`limits::ASIC_CONTENT`].
    #[error("{0} is too large, or makes the container too large")]
    TooLarge(String),
    /// Two entries whose names differ in case at most, or two signatures.
    #[error("two entries are called {0}")]
    Duplicate(String),
    /// The ZIP file would show other entries to a reader that goes through it from the start.
    #[error("the directory of the container does not agree with its entries at octet {0}")]
    Inconsistent(u64),
    /// An entry that cannot be read whole.
    #[error("{name} cannot be read")]
    Unreadable {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// Something that must be there is not, or is empty.
    #[error("{0} is missing or empty")]
    Missing(Entry),
    /// A container of another kind.
    #[error("the container says that it is `{0}`")]
    MimeType(String),
    /// The container could not be written.
    #[error("the container could not be written")]
    Write(#[source] ZipError),
}

impl AsicError {
    /// The stages and the code of the fault (wire.md §7.1).
    #[must_use]
    pub fn path(&self) -> Vec<Code> {
        vec![match self {
            Self::Zip(_)
            | Self::TooManyEntries(_)
            | Self::TooLarge(_)
            | Self::Duplicate(_)
            | Self::Inconsistent(_)
            | Self::Unreadable { .. } => Code::AsicInvalidContainer,
            Self::Missing(entry) => entry.missing(),
            Self::MimeType(_) => Code::AsicInvalidMimeType,
            Self::Write(_) => Code::InternalError,
        }]
    }
}
