//! The OCSP responder of a lab CA (RFC 6960).

use std::time::Duration;

use const_oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ID_SHA_1, ID_SHA_256, ID_SHA_384, ID_SHA_512, SHA_256_WITH_RSA_ENCRYPTION,
};
use const_oid::db::rfc6960::ID_PKIX_OCSP_NONCE;
use der::asn1::{BitString, GeneralizedTime, Null, OctetString};
use der::{Any, Decode, Encode};
use openssl::sha::sha1;
use simpul_core::{DigestAlgorithm, UnixTime};
use simpul_trust::cert::{Certificate, KeyAlgorithm};
use simpul_trust::hash;
use simpul_trust::token::{Signer, SoftSigner};
use spki::AlgorithmIdentifierOwned;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse, ResponderId, ResponseData,
    RevokedInfo, SingleResponse, Version,
};

use crate::REQUEST;
use crate::ca::{Issued, LabCa, Level};

/// Certificates that one request may ask about.
const QUESTIONS: usize = 32;

/// Answers an OCSPRequest with an OCSPResponse, both DER, as things are at `at`.
///
/// thisUpdate and producedAt are `at`, nextUpdate lies `validity` later (absent without it). The responder is named
/// by key, its certificate comes along, and a nonce is echoed. A certificate that the CA did not issue is
/// `unknown`; a request that cannot be read is answered with `malformedRequest`, a request about certificates of
/// both CAs with `unauthorized`, since no one signer speaks for both.
#[must_use]
pub fn respond(ca: &LabCa, request: &[u8], at: UnixTime, validity: Option<Duration>) -> Vec<u8> {
    let answered = match OcspRequest::from_der(request.get(..REQUEST.min(request.len())).unwrap_or_default()) {
        Ok(asked) => answer(ca, &asked, at, validity),
        Err(_) => Ok(OcspResponse::malformed_request()),
    };
    // An error of the signer or the encoder is the responder's own.
    let response = answered.unwrap_or_else(|_| OcspResponse::internal_error());
    response.to_der().unwrap_or_default()
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("cannot encode")]
    Encoding(#[source] der::Error),
    #[error("cannot sign")]
    Signing(#[source] simpul_trust::token::SignError),
}

fn answer(ca: &LabCa, asked: &OcspRequest, at: UnixTime, validity: Option<Duration>) -> Result<OcspResponse, Failure> {
    let questions = &asked.tbs_request.request_list;
    if questions.is_empty() || questions.len() > QUESTIONS {
        return Ok(OcspResponse::malformed_request());
    }
    let levels: Vec<Option<Level>> = questions.iter().map(|q| issuer(ca, &q.req_cert)).collect();
    let mut known = levels.iter().flatten();
    let level = known.next().copied();
    if known.any(|l| Some(*l) != level) {
        return Ok(OcspResponse::unauthorized());
    }
    let signer = &ca.authority(level.unwrap_or(Level::Root)).ocsp;
    let data = || -> der::Result<ResponseData> {
        let single = |(question, level): (&x509_ocsp::Request, &Option<Level>)| {
            Ok(SingleResponse {
                cert_id: question.req_cert.clone(),
                cert_status: status(ca, &question.req_cert, *level, at)?,
                this_update: time(at)?,
                next_update: validity.map(|v| time(at.plus(v))).transpose()?,
                single_extensions: None,
            })
        };
        let nonce = asked.tbs_request.request_extensions.iter().flatten().find(|e| e.extn_id == ID_PKIX_OCSP_NONCE);
        Ok(ResponseData {
            version: Version::V1,
            responder_id: ResponderId::ByKey(OctetString::new(sha1(signer.certificate().key_bits()))?),
            produced_at: time(at)?,
            responses: questions.iter().zip(&levels).map(single).collect::<der::Result<_>>()?,
            response_extensions: nonce.map(|n| vec![n.clone()]),
        })
    };
    sign(data().map_err(Failure::Encoding)?, signer)
}

fn sign(data: ResponseData, signer: &SoftSigner) -> Result<OcspResponse, Failure> {
    let signed = data.to_der().map_err(Failure::Encoding)?;
    let signature = signer.sign_now(DigestAlgorithm::Sha256, &signed).map_err(Failure::Signing)?;
    let build = || {
        OcspResponse::successful(BasicOcspResponse {
            tbs_response_data: data,
            signature_algorithm: match signer.certificate().key_algorithm() {
                KeyAlgorithm::Rsa => algorithm(SHA_256_WITH_RSA_ENCRYPTION, true),
                KeyAlgorithm::Ec => algorithm(ECDSA_WITH_SHA_256, false),
            },
            signature: BitString::from_bytes(&signature)?,
            certs: Some(vec![x509_cert::Certificate::from_der(signer.certificate().der())?]),
        })
    };
    build().map_err(Failure::Encoding)
}

pub(crate) fn algorithm(oid: der::asn1::ObjectIdentifier, null: bool) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters: null.then(|| Any::from(Null)) }
}

fn status(ca: &LabCa, id: &CertId, level: Option<Level>, at: UnixTime) -> der::Result<CertStatus> {
    let record = serial(id).and_then(|serial| ca.record(serial)).filter(|r| Some(r.issuer) == level);
    Ok(match record {
        None => CertStatus::unknown(),
        Some(Issued { revoked: Some(since), .. }) if *since <= at => {
            CertStatus::revoked(RevokedInfo { revocation_time: time(*since)?, revocation_reason: None })
        }
        Some(_) => CertStatus::good(),
    })
}

fn serial(id: &CertId) -> Option<u64> {
    let octets = id.serial_number.as_bytes();
    let octets = octets.strip_prefix(&[0]).unwrap_or(octets);
    (octets.len() <= 8).then(|| octets.iter().fold(0, |n, b| (n << 8) | u64::from(*b)))
}

/// The CA that a CertID names, by whichever digest it was made with.
fn issuer(ca: &LabCa, id: &CertId) -> Option<Level> {
    let digest = match id.hash_algorithm.oid {
        ID_SHA_1 => DigestAlgorithm::Sha1,
        ID_SHA_256 => DigestAlgorithm::Sha256,
        ID_SHA_384 => DigestAlgorithm::Sha384,
        ID_SHA_512 => DigestAlgorithm::Sha512,
        _ => return None,
    };
    let fits = |issuer: &Certificate| {
        hash::digest(digest, &issuer.subject_der()).as_bytes() == id.issuer_name_hash.as_bytes()
            && hash::digest(digest, issuer.key_bits()).as_bytes() == id.issuer_key_hash.as_bytes()
    };
    ca.levels().find(|level| fits(ca.authority(*level).certificate()))
}

/// Whole seconds (RFC 6960 §4.2.2.1 with RFC 5280 §4.1.2.5.2).
pub(crate) fn generalized(at: UnixTime) -> der::Result<GeneralizedTime> {
    let secs = u64::try_from(at.secs()).map_err(|_| der::Tag::GeneralizedTime.value_error())?;
    GeneralizedTime::from_unix_duration(Duration::from_secs(secs))
}

fn time(at: UnixTime) -> der::Result<OcspGeneralizedTime> {
    generalized(at).map(OcspGeneralizedTime)
}
