//! The validity rules (wire.md §3.8), in their order.

use std::cmp::Ordering;
use std::time::Duration;

use der::Encode;
use openssl::sha::sha1;
use openssl::x509::X509Name;
use simpul_core::UnixTime;
use x509_ocsp::{CertId, ResponderId};

use super::response::{Basic, Single};
use super::{CertificateStatus, OcspClaim, OcspError, cert_id};
use crate::cert::{Certificate, algorithm};

/// What the global configuration says about OCSP for one issuer.
#[derive(Clone, Debug)]
pub struct OcspRules<'a> {
    /// Responder certificates configured for the issuer itself: authorised by that alone.
    pub responders: Vec<&'a Certificate>,
    /// Every OCSP and CA certificate of the configuration: where a responder may be found.
    pub candidates: Vec<&'a Certificate>,
    /// How old thisUpdate may be (`ocspFreshnessSeconds` of the own instance).
    pub freshness: Duration,
    /// Whether nextUpdate counts (extension part NEXTUPDATE, default true).
    pub verify_next_update: bool,
}

/// What a verified response proves.
#[derive(Clone, Debug)]
pub struct OcspFacts {
    /// When the status was known to be right.
    pub this_update: UnixTime,
    /// When newer information will be there.
    pub next_update: Option<UnixTime>,
    /// When the response was made.
    pub produced_at: UnixTime,
    /// Who signed it.
    pub responder: Certificate,
}

impl OcspFacts {
    /// The first moment at which the response does not count any more by these rules: to the last moment of its
    /// freshness or before nextUpdate, whichever ends first.
    #[must_use]
    pub fn until(&self, rules: &OcspRules<'_>) -> UnixTime {
        let stale = self.this_update.plus(rules.freshness);
        let superseded = self.next_update.filter(|_| rules.verify_next_update);
        superseded.map_or(stale, |end| end.min(stale))
    }
}

/// Proves from `response` that `cert`, issued by `issuer`, is not revoked at `at` (§3.8).
///
/// In this order: the first status is for `cert`; a certificate is found for the responder's identifier; it signed
/// the response as received; it is authorised for `issuer`; thisUpdate is fresh; nextUpdate has not passed; the
/// status is good. A thisUpdate in the future is accepted, as X-Road does. Signatures with SHA-1 are refused. A
/// responder that is authorised only by its extendedKeyUsage must have been valid at thisUpdate.
pub fn verify(
    response: &[u8],
    cert: &Certificate,
    issuer: &Certificate,
    rules: &OcspRules<'_>,
    at: UnixTime,
) -> Result<OcspFacts, OcspError> {
    let basic = Basic::from_response(response)?;
    let single = basic.first()?;
    if !same_certificate(single.id, &cert_id(cert, issuer)?) {
        return Err(OcspError::OtherCertificate { serial: cert.serial_decimal() });
    }
    let responder = responder(&basic, &single, issuer, rules)?;
    let claim = OcspClaim { this_update: single.this_update, next_update: single.next_update, status: single.status };
    claim.check_fresh(rules.freshness, rules.verify_next_update, at)?;
    match claim.status {
        CertificateStatus::Good => Ok(OcspFacts {
            this_update: claim.this_update,
            next_update: claim.next_update,
            produced_at: basic.produced_at(),
            responder,
        }),
        other => Err(OcspError::NotGood(other)),
    }
}

/// Whether both name the same certificate; absent parameters of the digest algorithm count as NULL.
fn same_certificate(theirs: &CertId, ours: &CertId) -> bool {
    let parameters_empty = theirs.hash_algorithm.parameters.as_ref().is_none_or(|p| p.is_null());
    parameters_empty
        && theirs.hash_algorithm.oid == ours.hash_algorithm.oid
        && theirs.issuer_name_hash == ours.issuer_name_hash
        && theirs.issuer_key_hash == ours.issuer_key_hash
        && theirs.serial_number == ours.serial_number
}

/// The certificate that signed the response and may speak for `issuer`.
///
/// Several known certificates may fit the identifier, such as a responder's old and new one under the same name:
/// one of them has to pass. The error is that of the one that came furthest.
fn responder(
    basic: &Basic,
    single: &Single<'_>,
    issuer: &Certificate,
    rules: &OcspRules<'_>,
) -> Result<Certificate, OcspError> {
    // A certificate in the response that cannot be read cannot have signed it.
    let carried: Vec<Certificate> = basic.certs.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
    let known = rules.responders.iter().chain(&rules.candidates).copied().chain([issuer]).chain(&carried);
    let identifier = Identifier::of(basic.responder())?;
    let (key_algorithm, digest) = algorithm::signature(basic.algorithm)
        .ok_or_else(|| OcspError::Algorithm(algorithm::refused(basic.algorithm)))?;
    let mut failure = OcspError::UnknownResponder;
    for candidate in known.filter(|c| identifier.fits(c)) {
        let signed =
            candidate.key_algorithm() == key_algorithm && candidate.verifies(digest, &basic.signed, &basic.signature);
        match (signed, &failure) {
            (true, _) if authorised(candidate, issuer, rules, single.this_update) => return Ok(candidate.clone()),
            (true, _) => failure = OcspError::NotAuthorised { responder: candidate.subject_text() },
            (false, OcspError::UnknownResponder) => failure = OcspError::Signature,
            (false, _) => {}
        }
    }
    Err(failure)
}

/// §3.8: configured for that CA, or the issuer itself, or issued by it with OCSPSigning.
fn authorised(candidate: &Certificate, issuer: &Certificate, rules: &OcspRules<'_>, at: UnixTime) -> bool {
    rules.responders.contains(&candidate)
        || candidate == issuer
        || (candidate.signs_ocsp()
            && candidate.is_issued_by(issuer)
            && at.within(candidate.not_before(), candidate.not_after()))
}

enum Identifier {
    Name(X509Name),
    KeyHash(Vec<u8>),
}

impl Identifier {
    fn of(id: &ResponderId) -> Result<Self, OcspError> {
        match id {
            ResponderId::ByName(name) => {
                let der = name.to_der().map_err(OcspError::Malformed)?;
                X509Name::from_der(&der).map(Self::Name).map_err(|_| OcspError::UnknownResponder)
            }
            ResponderId::ByKey(hash) => Ok(Self::KeyHash(hash.as_bytes().to_vec())),
        }
    }

    fn fits(&self, candidate: &Certificate) -> bool {
        match self {
            Self::Name(name) => candidate.x509().subject_name().try_cmp(name).is_ok_and(Ordering::is_eq),
            Self::KeyHash(hash) => sha1(candidate.key_bits()).as_slice() == hash.as_slice(),
        }
    }
}
