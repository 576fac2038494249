//! OCSP: requests, and the validity rules of wire.md §3.8.

mod response;
mod verify;

use std::time::Duration;

use der::asn1::{Null, OctetString};
use der::{Decode, Encode};
use openssl::sha::sha1;
use simpul_core::{Code, UnixTime, limits};
use spki::AlgorithmIdentifierOwned;
use x509_cert::serial_number::SerialNumber;
use x509_ocsp::{CertId, OcspRequest, Request, TbsRequest};

use self::response::Basic;
pub use self::verify::{OcspFacts, OcspRules, verify};
use crate::cert::Certificate;

/// The request for the status of `cert`, DER: unsigned, one CertID made with SHA-1, no nonce (§3.8, producing side).
/// Sent as `application/ocsp-request`.
pub fn request(cert: &Certificate, issuer: &Certificate) -> Result<Vec<u8>, OcspError> {
    let request = Request { req_cert: cert_id(cert, issuer)?, single_request_extensions: None };
    let tbs_request = TbsRequest { request_list: vec![request], ..TbsRequest::default() };
    OcspRequest { tbs_request, optional_signature: None }.to_der().map_err(OcspError::Malformed)
}

/// The CertID of RFC 6960 §4.1.1 with SHA-1.
fn cert_id(cert: &Certificate, issuer: &Certificate) -> Result<CertId, OcspError> {
    let made = || -> der::Result<CertId> {
        let parameters = Some(Null.into());
        Ok(CertId {
            hash_algorithm: AlgorithmIdentifierOwned { oid: const_oid::db::rfc5912::ID_SHA_1, parameters },
            issuer_name_hash: OctetString::new(sha1(&issuer.subject_der()))?,
            issuer_key_hash: OctetString::new(sha1(issuer.key_bits()))?,
            serial_number: SerialNumber::from_der(&integer(cert.serial_der())?)?,
        })
    };
    made().map_err(OcspError::Malformed)
}

/// DER of an INTEGER with this content.
fn integer(content: &[u8]) -> der::Result<Vec<u8>> {
    der::asn1::AnyRef::new(der::Tag::Integer, content)?.to_der()
}

/// What a response says of its first certificate, without any proof: for planning when to fetch the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OcspClaim {
    /// When the status was known to be right.
    pub this_update: UnixTime,
    /// When newer information will be there.
    pub next_update: Option<UnixTime>,
    /// The status.
    pub status: CertificateStatus,
}

/// The status of a certificate in an OCSP response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateStatus {
    /// Not revoked.
    Good,
    /// Revoked, or on hold, since then.
    Revoked(UnixTime),
    /// The responder does not know the certificate.
    Unknown,
}

/// Reads what a response claims. Nothing is verified: use [`verify`] before anything rests on it.
pub fn peek(response: &[u8]) -> Result<OcspClaim, OcspError> {
    let basic = Basic::from_response(response)?;
    let single = basic.first()?;
    Ok(OcspClaim { this_update: single.this_update, next_update: single.next_update, status: single.status })
}

impl OcspClaim {
    /// Whether it is fresh enough at `at`: thisUpdate is not older than `freshness`, and nextUpdate, if there is one
    /// and `verify_next_update` is set, is not before `at` (§3.8).
    #[must_use]
    pub fn is_fresh(&self, freshness: Duration, verify_next_update: bool, at: UnixTime) -> bool {
        self.check_fresh(freshness, verify_next_update, at).is_ok()
    }

    fn check_fresh(&self, freshness: Duration, verify_next_update: bool, at: UnixTime) -> Result<(), OcspError> {
        if self.this_update < at.minus(freshness) {
            return Err(OcspError::TooOld { this_update: self.this_update, at });
        }
        match self.next_update.filter(|_| verify_next_update) {
            Some(next_update) if next_update < at => Err(OcspError::Superseded { next_update, at }),
            _ => Ok(()),
        }
    }
}

/// Why an OCSP response does not prove that a certificate is good.
#[derive(Debug, thiserror::Error)]
pub enum OcspError {
    /// More octets than [`limits::OCSP_RESPONSE`].
    #[error("an OCSP response of {0} octets is larger than {max} octets", max = limits::OCSP_RESPONSE)]
    TooLarge(usize),
    /// Not the DER of an OCSP message.
    #[error("not a readable OCSP message")]
    Malformed(#[source] der::Error),
    /// The responder answered with an error instead of a status.
    #[error("the OCSP responder answered `{0}`")]
    Unsuccessful(&'static str),
    /// A response type other than id-pkix-ocsp-basic.
    #[error("unknown OCSP response type {0}")]
    UnknownType(String),
    /// A response without a single status.
    #[error("the OCSP response holds no status")]
    Empty,
    /// The first status is for another certificate.
    #[error("the OCSP response does not apply to the certificate with serial number {serial}")]
    OtherCertificate {
        /// Serial number of the certificate in question, decimal.
        serial: String,
    },
    /// No known certificate fits the responder's identifier.
    #[error("no certificate is known for the OCSP responder's identifier")]
    UnknownResponder,
    /// The signature does not verify.
    #[error("the signature on the OCSP response is not valid")]
    Signature,
    /// The signature uses an algorithm that is not accepted.
    #[error("the OCSP response is signed with {0}, which is not accepted")]
    Algorithm(String),
    /// The responder may not speak for the issuer of the certificate.
    #[error("the OCSP responder {responder} is not authorised for the issuer of the certificate")]
    NotAuthorised {
        /// Subject of the responder (RFC 2253).
        responder: String,
    },
    /// thisUpdate lies too far back.
    #[error("the OCSP response is too old: this update {this_update}, checked at {at}")]
    TooOld {
        /// Its thisUpdate.
        this_update: UnixTime,
        /// The moment of the check.
        at: UnixTime,
    },
    /// nextUpdate has passed.
    #[error("the OCSP response is superseded: next update {next_update}, checked at {at}")]
    Superseded {
        /// Its nextUpdate.
        next_update: UnixTime,
        /// The moment of the check.
        at: UnixTime,
    },
    /// The status is not good.
    #[error("the certificate's OCSP status is {0:?}")]
    NotGood(CertificateStatus),
}

impl OcspError {
    /// `cert_validation` if the status is not good, otherwise `incorrect_validation_info` (§3.8).
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotGood(_) => Code::CertValidation,
            Self::TooLarge(_)
            | Self::Malformed(_)
            | Self::Unsuccessful(_)
            | Self::UnknownType(_)
            | Self::Empty
            | Self::OtherCertificate { .. }
            | Self::UnknownResponder
            | Self::Signature
            | Self::Algorithm(_)
            | Self::NotAuthorised { .. }
            | Self::TooOld { .. }
            | Self::Superseded { .. } => Code::IncorrectValidationInfo,
        }
    }
}
