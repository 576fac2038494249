//! What a check found out, in a form that people can read.

use std::borrow::Cow;
use std::fmt;

use simpul_core::{MemberId, UnixTime};

use super::algorithm::SignatureAlgorithm;
use super::chain::DataRef;
use crate::cert::Certificate;
use crate::ocsp::OcspFacts;

/// What a seal proves.
#[derive(Clone, Debug)]
pub struct SealFacts {
    /// The certificate that signed.
    pub signer: Certificate,
    /// The member that it names.
    pub member: MemberId,
    /// When the signer says that it signed. Nobody else has confirmed it.
    pub signed_at: Option<UnixTime>,
    /// How it is signed.
    pub algorithm: SignatureAlgorithm,
    /// The certificates from the signer's to the approved CA's.
    pub path: Vec<Certificate>,
    /// The OCSP response for the signer's certificate.
    pub ocsp: OcspFacts,
    /// What the signature covers: directly, or through its hash chain.
    pub data: Vec<DataRef>,
    /// What was looked at, in the order of the checks.
    pub checks: Vec<Check>,
}

/// One thing that was looked at, or deliberately not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub subject: Subject,
    /// With which result.
    pub outcome: Outcome,
    /// More about it, in plain words; may be empty.
    pub note: Cow<'static, str>,
}

impl Check {
    /// A check that held.
    pub(crate) fn held(subject: Subject) -> Self {
        Self { subject, outcome: Outcome::Held, note: Cow::Borrowed("") }
    }

    /// Something that was not checked, and why.
    pub(crate) fn skipped(subject: Subject, why: &'static str) -> Self {
        Self { subject, outcome: Outcome::NotChecked, note: Cow::Borrowed(why) }
    }

    /// Something that does not hold and does not break the seal, and why.
    pub(crate) fn failed(subject: Subject, why: &'static str) -> Self {
        Self { subject, outcome: Outcome::Failed, note: Cow::Borrowed(why) }
    }
}

/// The result of one check. A check that breaks the seal is no result but an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Held,
    /// It does not hold. X-Road does not look at it, so the seal is accepted.
    Failed,
    /// It was not looked at.
    NotChecked,
}

/// What can be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The structure of the signature, its Ids and its algorithms.
    Structure,
    /// The hash chain between signature and parts.
    HashChain,
    /// That every part of the message is covered.
    Coverage,
    /// That the certificate is for signing.
    KeyUsage,
    /// That the certificate names the expected member.
    Member,
    /// The signature value and the digests under it.
    SignatureValue,
    /// The path to an approved CA.
    CertificatePath,
    /// The OCSP responses.
    Ocsp,
    /// The digest of the signing certificate in the signed properties.
    SigningCertificateDigest,
    /// The time that the signer claims.
    SigningTime,
    /// The signature policy.
    Policy,
    /// The descriptions of the signed data.
    DataObjectFormat,
    /// The timestamp and its authority.
    Timestamp,
    /// That the timestamp is not from the future.
    TimestampPast,
    /// The hash chain between timestamp and signature.
    TimestampHashChain,
    /// The manifests of a container.
    Manifest,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Structure => "structure of the signature",
            Self::HashChain => "hash chain of the signature",
            Self::Coverage => "all parts are covered",
            Self::KeyUsage => "certificate is for signing",
            Self::Member => "certificate names the member",
            Self::SignatureValue => "signature value",
            Self::CertificatePath => "certificate path",
            Self::Ocsp => "OCSP responses",
            Self::SigningCertificateDigest => "digest of the signing certificate",
            Self::SigningTime => "claimed signing time",
            Self::Policy => "signature policy",
            Self::DataObjectFormat => "data object formats",
            Self::Timestamp => "timestamp",
            Self::TimestampPast => "timestamp is from the past",
            Self::TimestampHashChain => "hash chain of the timestamp",
            Self::Manifest => "manifests",
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Held => "holds",
            Self::Failed => "does not hold",
            Self::NotChecked => "not checked",
        })
    }
}
