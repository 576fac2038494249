//! Why a configuration is not accepted, each with its code (wire.md §3.9).

use simpul_core::ident::Instance;
use simpul_core::{Code, UnixTime, limits};
use simpul_wire::gconf::{DirectoryError, DocumentError, TreeError};

use crate::cert::CertError;

/// Why a configuration is not accepted, or not good any more.
#[derive(Debug, thiserror::Error)]
pub enum ConfError {
    /// The directory cannot be read.
    #[error("the configuration directory of {instance} cannot be read")]
    Directory {
        /// The instance that it was expected from.
        instance: Instance,
        /// Why.
        #[source]
        cause: DirectoryError,
    },
    /// The files hold no directory of the name that the anchor gives.
    #[error("there is no configuration directory of {instance} named {names}")]
    NoDirectory {
        /// The instance of the anchor.
        instance: Instance,
        /// The names that were looked for.
        names: String,
    },
    /// No certificate of the location has the hash that the signature names.
    #[error("no certificate verifies the directory of {instance}: its signature names {hash}")]
    NoVerificationCertificate {
        /// The instance.
        instance: Instance,
        /// The hash that the signature names.
        hash: String,
    },
    /// The certificate of the location cannot be read.
    #[error("the certificate that verifies the directory of {instance} cannot be read")]
    VerificationCertificate {
        /// The instance.
        instance: Instance,
        /// Why.
        #[source]
        cause: CertError,
    },
    /// The signature does not hold.
    #[error("the signature of the directory of {0} does not hold")]
    Signature(Instance),
    /// The time of validity is over.
    #[error("the configuration of {instance} expired at {expires}, before {at}")]
    Expired {
        /// The instance.
        instance: Instance,
        /// The end of its validity.
        expires: UnixTime,
        /// The moment of the check.
        at: UnixTime,
    },
    /// An older configuration than one that was accepted before.
    #[error("the configuration of {instance} that expires at {offered} is older than the accepted one of {accepted}")]
    Rollback {
        /// The instance.
        instance: Instance,
        /// The Expire-date of the offered one.
        offered: UnixTime,
        /// The Expire-date of the newest accepted one.
        accepted: UnixTime,
    },
    /// A part belongs to another instance than its directory or its header say.
    #[error("{part} belongs to {found} and not to {expected}")]
    PartInstance {
        /// The part.
        part: String,
        /// Whom it names.
        found: Instance,
        /// Whom it should name.
        expected: Instance,
    },
    /// The directory does not list this part.
    #[error("{0} is not listed in the directory")]
    PartNotListed(String),
    /// The directory lists a part that is not there.
    #[error("{0} is listed in the directory but is not there")]
    PartMissing(String),
    /// The part is larger than [`limits::CONF_PART`].
    #[error("{part} of {octets} octets, more than {max}", max = limits::CONF_PART)]
    PartTooLarge {
        /// The part.
        part: String,
        /// Its size.
        octets: usize,
    },
    /// The octets of a part do not have the hash that the directory lists.
    #[error("{0} does not have the hash that its directory lists")]
    PartHash(String),
    /// The part is not what its schema demands.
    #[error("{part} cannot be read")]
    Part {
        /// The part.
        part: String,
        /// Why.
        #[source]
        cause: DocumentError,
    },
    /// The name of a folder contradicts the part in it.
    #[error("the folder `{folder}` holds {part} of {found}")]
    Folder {
        /// The folder.
        folder: String,
        /// The part.
        part: String,
        /// The instance that the part names.
        found: Instance,
    },
    /// The files are no configuration.
    #[error("the files are no configuration")]
    Tree(#[source] TreeError),
    /// There are no shared parameters of the own instance.
    #[error("there are no shared parameters of {0}")]
    NoShared(Instance),
    /// Two parts of one kind, or of two directories, for one instance.
    #[error("two different {part} are given for {instance}")]
    Ambiguous {
        /// The instance.
        instance: Instance,
        /// The part.
        part: String,
    },
    /// More instances than [`limits::CONF_INSTANCES`].
    #[error("more than {max} instances", max = limits::CONF_INSTANCES)]
    TooManyInstances,
    /// A certificate of a trust service cannot be read.
    #[error("the certificate of {service} in the configuration of {instance} cannot be read")]
    TrustService {
        /// The instance.
        instance: Instance,
        /// The service, by its name.
        service: String,
        /// Why.
        #[source]
        cause: CertError,
    },
}

impl ConfError {
    /// The code that an operator sees.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Directory { cause, .. } => cause.code(),
            Self::NoDirectory { .. } => Code::GlobalConfDownloadFailure,
            Self::NoVerificationCertificate { .. } | Self::VerificationCertificate { .. } => {
                Code::GlobalConfMissingVerificationCert
            }
            Self::Signature(_) => Code::GlobalConfSignatureVerificationFailure,
            Self::Expired { .. } | Self::Rollback { .. } => Code::GlobalConfOutdated,
            Self::PartInstance { .. } => Code::GlobalConfPartInvalidInstanceIdentifier,
            Self::PartMissing(_) => Code::GlobalConfPartDownloadFailure,
            Self::PartNotListed(_) | Self::PartTooLarge { .. } | Self::PartHash(_) => {
                Code::GlobalConfPartIntegrityFailure
            }
            Self::Part { cause, .. } => cause.code(),
            Self::Folder { .. }
            | Self::Tree(_)
            | Self::NoShared(_)
            | Self::Ambiguous { .. }
            | Self::TooManyInstances
            | Self::TrustService { .. } => Code::MalformedGlobalConf,
        }
    }
}
