//! Why a seal is refused or cannot be made, and the fault that says so.

use simpul_core::{Code, MemberId, limits};
use simpul_wire::xml::XmlError;

use super::algorithm::AlgorithmError;
use super::c14n::TooLarge;
use super::chain::ChainError;
use super::shape::ShapeError;
use crate::cert::CertError;
use crate::ocsp::OcspError;
use crate::token::SignError;

/// Why a seal is refused or cannot be made. [`SealError::path`] is its place in a fault code.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// More than [`limits::SIGNATURE_XML`].
    #[error("a signature of {0} octets, more than {max}", max = limits::SIGNATURE_XML)]
    TooLarge(usize),
    /// Not XML.
    #[error("a signature that is not XML")]
    Xml(#[source] XmlError),
    /// Not the structure of a signature.
    #[error("a signature of another shape")]
    Shape(#[source] ShapeError),
    /// The root element, or where the signature stands in it, is not what X-Road's schema check looks at.
    #[error("the signature is not the first thing in asic:XAdESSignatures")]
    Place,
    /// An element has a prefix that X-Road does not look for.
    #[error("the prefix of {0} is not the one that X-Road demands")]
    Prefix(String),
    /// Not exactly one signature in the document.
    #[error("{0} signatures in one document")]
    SignatureCount(usize),
    /// Two elements have the same Id, so a reference could mean either.
    #[error("two elements have the Id `{0}`")]
    DuplicateId(String),
    /// `Target` of the qualifying properties names another signature.
    #[error("the qualifying properties belong to another signature")]
    Target,
    /// An algorithm or transform that is not accepted.
    #[error("a signature with an algorithm that is not accepted")]
    Algorithm(#[source] AlgorithmError),
    /// The canonical form is too large.
    #[error("a signature that cannot be canonicalized")]
    NotCanonical(#[source] TooLarge),
    /// Not exactly one reference to the signed properties.
    #[error("{0} references to the signed properties instead of one")]
    SignedProperties(usize),
    /// A reference to data has a transform; data is signed as it is.
    #[error("a transform of {0}")]
    Transform(String),
    /// What a reference names is not at hand.
    #[error("{0} is signed and not at hand")]
    Unresolved(String),
    /// A part of the message that the signature does not cover.
    #[error("the signature does not cover {0}")]
    NotCovered(String),
    /// The signature covers a hash chain that did not come along.
    #[error("the signature covers a hash chain that is not there")]
    NoChain,
    /// The hash chain proves nothing.
    #[error("the hash chain of the signature does not hold")]
    Chain(#[source] ChainError),
    /// The hash chain lists the parts in another order than message, first attachment, second attachment and so on.
    #[error("the hash chain has {0} at the place of another part")]
    PartOrder(String),
    /// A manifest of timestamps in a form that is no longer made (§5.4, rule 6).
    #[error("the signature has a manifest of timestamps, which is not supported")]
    TimestampManifest,
    /// The signature was made for another purpose: an agreement's on a message, or the other way round.
    #[error("the signature is made under another policy")]
    Policy,
    /// A certificate in the signature cannot be read.
    #[error("a certificate in the signature cannot be read")]
    Certificate(#[source] CertError),
    /// The certificate is not for signing.
    #[error("the certificate of {subject} is not for signing")]
    NotSigning {
        /// Its subject (RFC 2253).
        subject: String,
    },
    /// No approved CA of the instance has this name.
    #[error("{issuer} is no approved certification authority")]
    UnknownCa {
        /// The issuer of the signing certificate (RFC 2253).
        issuer: String,
    },
    /// The CA may only issue certificates that authenticate.
    #[error("{ca} is approved for authentication certificates only")]
    AuthenticationOnly {
        /// Its name in the configuration.
        ca: String,
    },
    /// The certificate names no member.
    #[error("the signing certificate names no member")]
    Subject(#[source] CertError),
    /// The certificate names another member.
    #[error("signed by {certificate}, expected {expected}")]
    OtherMember {
        /// The member that the certificate names.
        certificate: MemberId,
        /// The member that has to sign.
        expected: MemberId,
    },
    /// Signed data has another digest than the signature says.
    #[error("{0} is not what was signed")]
    DataDiffers(String),
    /// The signature value is not that of the certificate's key.
    #[error("the signature value is wrong")]
    Value,
    /// An intermediate certificate is not described as it must be.
    #[error("the intermediate certificate {0} is not the one that the signature lists")]
    Intermediate(String),
    /// No valid path to the CA.
    #[error("no valid certificate path")]
    Path(#[source] CertError),
    /// No OCSP response at all.
    #[error("no OCSP response in the signature")]
    NoOcsp,
    /// No OCSP response for a certificate of the path.
    #[error("no OCSP response for {subject}")]
    MissingOcsp {
        /// Its subject (RFC 2253).
        subject: String,
    },
    /// An OCSP response that does not prove its certificate good.
    #[error("the OCSP response for {subject} does not hold")]
    Ocsp {
        /// Subject of the certificate (RFC 2253).
        subject: String,
        /// Why.
        #[source]
        cause: OcspError,
    },
    /// Nothing to put a timestamp into, or a timestamp is there already.
    #[error("the signature cannot take a timestamp")]
    Stamp,
    /// A part's digest is not SHA-512, which is what seals are made with.
    #[error("a part to seal has a digest other than SHA-512")]
    PartDigest,
    /// No OCSP response to put into the seal.
    #[error("no OCSP response for the own signing certificate")]
    NothingToProve,
    /// The hash chain cannot be made.
    #[error("no hash chain could be made")]
    BuildChain(#[source] ChainError),
    /// The device did not sign, or its signature is not of the expected form.
    #[error("no signature could be made")]
    Sign(#[source] SignError),
    /// The device's ECDSA signature cannot be read.
    #[error("the signing device gave no readable signature")]
    Encoding(#[source] openssl::error::ErrorStack),
}

impl SealError {
    /// The stages and the code of the fault, without `signature_verification`, which the exchange puts before a
    /// received seal's error (wire.md §5.4).
    #[must_use]
    pub fn path(&self) -> Vec<Code> {
        match self {
            Self::Xml(_) => vec![Code::InvalidXml],
            Self::TooLarge(_)
            | Self::Shape(_)
            | Self::Place
            | Self::Prefix(_)
            | Self::SignatureCount(_)
            | Self::DuplicateId(_)
            | Self::Target
            | Self::Algorithm(_)
            | Self::NotCanonical(_)
            | Self::SignedProperties(_)
            | Self::Transform(_)
            | Self::NotCovered(_)
            | Self::Certificate(_)
            | Self::NotSigning { .. }
            | Self::Intermediate(_)
            | Self::NoOcsp
            | Self::Policy
            | Self::Stamp => vec![Code::MalformedSignature],
            Self::Chain(cause) => vec![Code::MalformedSignature, cause.code()],
            Self::PartOrder(_) => vec![Code::MalformedSignature, Code::MalformedHashChain],
            Self::NoChain => vec![Code::MalformedSignature, Code::InvalidReference],
            Self::Unresolved(_) | Self::TimestampManifest => vec![Code::InvalidReference],
            Self::AuthenticationOnly { .. } | Self::Subject(_) | Self::OtherMember { .. } => {
                vec![Code::IncorrectCertificate]
            }
            Self::DataDiffers(_) | Self::Value => vec![Code::InvalidSignatureValue],
            Self::UnknownCa { .. } | Self::Path(_) => vec![Code::CannotCreateCertPath],
            Self::MissingOcsp { .. } => vec![Code::InvalidCertPath, Code::CertValidation],
            // X-Road reads every response before it judges one: what is no response makes the signature malformed.
            Self::Ocsp { cause: OcspError::Malformed(_), .. } => vec![Code::MalformedSignature],
            Self::Ocsp { cause, .. } => vec![Code::InvalidCertPath, cause.code()],
            Self::PartDigest | Self::NothingToProve | Self::BuildChain(_) | Self::Sign(_) | Self::Encoding(_) => {
                vec![Code::CannotCreateSignature]
            }
        }
    }
}
