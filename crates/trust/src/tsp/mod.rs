//! RFC 3161 timestamps: requests, acceptance of answers, and verification (wire.md §6).

mod ber;
mod token;

use std::cmp::Ordering;

use cms::signed_data::SignerIdentifier;
use der::asn1::{Any, Null, OctetString};
use der::{Encode, Reader, SliceReader, Tag, Tagged};
use openssl::bn::BigNum;
use openssl::sha::sha1;
use openssl::x509::X509Name;
use simpul_core::{Code, Digest, UnixTime, limits};
use spki::AlgorithmIdentifierOwned;
use x509_tsp::{MessageImprint, TimeStampReq, TspVersion};

use self::token::{Info, Parts, Signer};
use crate::cert::{Certificate, algorithm};
use crate::hash;

/// The request for a timestamp over a digest, DER: version 1, no nonce, no certReq, no policy (§6.1). X-Road stamps
/// SHA-512 digests. Sent as `application/timestamp-query`.
pub fn request(imprint: &Digest) -> Result<Vec<u8>, TspError> {
    let oid = algorithm::digest_oid(imprint.algorithm())
        .filter(|_| imprint.algorithm().is_strong())
        .ok_or_else(|| TspError::Algorithm(imprint.algorithm().name().to_owned()))?;
    let made = || {
        let hash_algorithm = AlgorithmIdentifierOwned { oid, parameters: Some(Any::from(Null)) };
        let hashed_message = OctetString::new(imprint.as_bytes())?;
        TimeStampReq {
            version: TspVersion::V1,
            message_imprint: MessageImprint { hash_algorithm, hashed_message },
            req_policy: None,
            nonce: None,
            cert_req: false,
            extensions: None,
        }
        .to_der()
    };
    made().map_err(TspError::Malformed)
}

/// A token that was accepted: the signer's certificate is among its certificates, and it is DER, ready to be stored.
#[derive(Clone, Debug)]
pub struct Token {
    der: Vec<u8>,
    facts: TokenFacts,
}

impl Token {
    /// The token, DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What it proves.
    #[must_use]
    pub fn facts(&self) -> &TokenFacts {
        &self.facts
    }
}

/// What a verified token proves: the stamped data existed at that time, says that authority.
#[derive(Clone, Debug)]
pub struct TokenFacts {
    /// When it was made, by the authority's clock.
    pub gen_time: UnixTime,
    /// The authority's certificate, from the configuration.
    pub signer: Certificate,
    /// The token's serial number, decimal.
    pub serial: String,
    /// The authority's policy, dotted.
    pub policy: String,
}

/// Takes a TimeStampResp (BER or DER, at most [`limits::TIMESTAMP_RESPONSE`] octets) as the answer to a request over
/// `imprint` (§6.1).
///
/// The status must be granted or grantedWithMods, the token's imprint must be `imprint`, and the token must pass the
/// signer checks of [`verify_token`] with one of `tsa`, the certificates of approved authorities: a certificate in
/// the token is never trusted.
pub fn accept(response: &[u8], imprint: &Digest, tsa: &[Certificate]) -> Result<Token, TspError> {
    bounded(response)?;
    let der = ber::to_der(response).map_err(|_| TspError::Ber)?;
    let parts = Parts::from_der(&granted(&der)?)?;
    same_imprint(&parts.info, imprint)?;
    let facts = verify_signer(&parts, tsa)?;
    Ok(Token { der: parts.with_certificate(facts.signer.der())?, facts })
}

/// Proves from a stored token (BER or DER) that `data` existed at its time (§6.4).
///
/// The token's imprint must be that of `data`; its only signer is looked up by identifier among `tsa` and never in
/// the token; the signature over the signed attributes, and in them content type, message digest and signing
/// certificate, must hold; the certificate must have been valid at the token's time. The certificate's path is not
/// checked: being configured is what makes it trusted.
pub fn verify_token(token: &[u8], data: &[u8], tsa: &[Certificate]) -> Result<TokenFacts, TspError> {
    bounded(token)?;
    let parts = Parts::from_der(&ber::to_der(token).map_err(|_| TspError::Ber)?)?;
    let oid = parts.info.imprint.hash_algorithm.oid;
    let used = algorithm::digest(oid).ok_or_else(|| TspError::Algorithm(algorithm::refused(oid)))?;
    same_imprint(&parts.info, &hash::digest(used, data))?;
    verify_signer(&parts, tsa)
}

fn bounded(bytes: &[u8]) -> Result<(), TspError> {
    match bytes.len() > limits::TIMESTAMP_RESPONSE {
        true => Err(TspError::TooLarge(bytes.len())),
        false => Ok(()),
    }
}

/// The token of a response that grants one (RFC 3161 §2.4.2).
fn granted(response: &[u8]) -> Result<Vec<u8>, TspError> {
    let read = || -> der::Result<(u8, Option<Vec<u8>>)> {
        let mut reader = SliceReader::new(response)?;
        let parts = reader.sequence(|seq| {
            let status = seq.sequence(|info| {
                let status = info.decode::<u8>()?;
                while !info.is_finished() {
                    info.tlv_bytes()?;
                }
                Ok(status)
            })?;
            let token = if seq.is_finished() { None } else { Some(seq.tlv_bytes()?.to_vec()) };
            Ok((status, token))
        })?;
        reader.finish(parts)
    };
    match read().map_err(TspError::Malformed)? {
        (0 | 1, Some(token)) => Ok(token),
        (0 | 1, None) => Err(TspError::NoToken),
        (status, _) => Err(TspError::NotGranted(status)),
    }
}

fn same_imprint(info: &Info, expected: &Digest) -> Result<(), TspError> {
    let algorithm = &info.imprint.hash_algorithm;
    let same = algorithm::digest(algorithm.oid) == Some(expected.algorithm())
        && algorithm.parameters.as_ref().is_none_or(|p| p.tag() == Tag::Null)
        && info.imprint.hashed_message.as_bytes() == expected.as_bytes();
    if same { Ok(()) } else { Err(TspError::Imprint) }
}

fn verify_signer(parts: &Parts, tsa: &[Certificate]) -> Result<TokenFacts, TspError> {
    if tsa.is_empty() {
        return Err(TspError::NoAuthority);
    }
    let signer = &parts.signer;
    // Several configured certificates may fit a key identifier: one has to pass.
    let mut failure = TspError::UnknownSigner;
    for candidate in tsa.iter().filter(|c| identifies(&signer.id, c)) {
        match signed_by(signer, parts, candidate) {
            Ok(()) => return facts(&parts.info, candidate),
            Err(why) => failure = why,
        }
    }
    Err(failure)
}

fn facts(info: &Info, signer: &Certificate) -> Result<TokenFacts, TspError> {
    let serial = BigNum::from_slice(&info.serial).and_then(|n| n.to_dec_str().map(|text| text.to_string()));
    Ok(TokenFacts {
        gen_time: info.gen_time,
        signer: signer.clone(),
        serial: serial.map_err(TspError::Library)?,
        policy: info.policy.clone(),
    })
}

/// Whether a SignerIdentifier is that of a certificate (RFC 5652 §5.3).
fn identifies(id: &SignerIdentifier, certificate: &Certificate) -> bool {
    match id {
        SignerIdentifier::IssuerAndSerialNumber(id) => {
            let issuer = id.issuer.to_der().ok().and_then(|der| X509Name::from_der(&der).ok());
            id.serial_number.as_bytes() == certificate.serial_der()
                && issuer.is_some_and(|n| certificate.x509().issuer_name().try_cmp(&n).is_ok_and(Ordering::is_eq))
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => certificate.subject_key_id() == Some(id.0.as_bytes()),
    }
}

fn signed_by(signer: &Signer, parts: &Parts, certificate: &Certificate) -> Result<(), TspError> {
    let refused = |oid| TspError::Algorithm(algorithm::refused(oid));
    let digest = algorithm::digest(signer.digest).ok_or_else(|| refused(signer.digest))?;
    let (key, signature_digest) =
        algorithm::cms_signature(signer.algorithm, digest).ok_or_else(|| refused(signer.algorithm))?;
    if hash::digest(digest, &parts.content).as_bytes() != signer.message_digest {
        return Err(TspError::Attribute("messageDigest"));
    }
    if key != certificate.key_algorithm() || !certificate.verifies(signature_digest, &signer.signed, &signer.signature)
    {
        return Err(TspError::Signature);
    }
    names_certificate(signer, certificate)?;
    let at = parts.info.gen_time;
    match at.within(certificate.not_before(), certificate.not_after().plus(LAST_SECOND)) {
        true => Ok(()),
        false => Err(TspError::SignerValidity { at }),
    }
}

/// A certificate is valid to the end of its last second.
const LAST_SECOND: std::time::Duration = std::time::Duration::from_millis(999);

/// The signing-certificate attribute must be there, in one version or both, and name the signer (RFC 3161 §2.4.2,
/// RFC 5816).
fn names_certificate(signer: &Signer, certificate: &Certificate) -> Result<(), TspError> {
    if signer.ess.is_none() && signer.ess_v2.is_none() {
        return Err(TspError::Attribute("signingCertificate"));
    }
    let v1 = signer.ess.as_ref().is_none_or(|hash| *hash == sha1(certificate.der()));
    let v2 = signer.ess_v2.as_ref().is_none_or(|(oid, hash)| {
        algorithm::digest(*oid).is_some_and(|a| hash::digest(a, certificate.der()).as_bytes() == hash.as_slice())
    });
    if v1 && v2 { Ok(()) } else { Err(TspError::Attribute("signingCertificate")) }
}

/// Why a timestamp was not made, taken or believed.
#[derive(Debug, thiserror::Error)]
pub enum TspError {
    /// More octets than [`limits::TIMESTAMP_RESPONSE`].
    #[error("a timestamp of {0} octets is larger than {max} octets", max = limits::TIMESTAMP_RESPONSE)]
    TooLarge(usize),
    /// Not BER.
    #[error("the timestamp is not readable BER")]
    Ber,
    /// Not the structure of a timestamp.
    #[error("not a readable timestamp")]
    Malformed(#[source] der::Error),
    /// The authority refused, with this PKIStatus.
    #[error("the timestamping authority refused with status {0}")]
    NotGranted(u8),
    /// Granted without a token.
    #[error("the timestamping authority sent no token")]
    NoToken,
    /// The token is for other data.
    #[error("the timestamp does not apply to the data")]
    Imprint,
    /// A digest or signature algorithm that is not accepted.
    #[error("the timestamp uses {0}, which is not accepted")]
    Algorithm(String),
    /// Not exactly one signer.
    #[error("the timestamp has {0} signers instead of one")]
    SignerCount(usize),
    /// No approved authority is configured.
    #[error("no timestamping authority is configured")]
    NoAuthority,
    /// The signer is no approved authority.
    #[error("no configured timestamping authority has signed the timestamp")]
    UnknownSigner,
    /// A signed attribute is missing, repeated or wrong.
    #[error("the timestamp's signed attributes are wrong: {0}")]
    Attribute(&'static str),
    /// The signature does not verify.
    #[error("the signature on the timestamp is not valid")]
    Signature,
    /// The authority's certificate was not valid at the token's time.
    #[error("the timestamping authority's certificate was not valid at {at}")]
    SignerValidity {
        /// The token's time.
        at: UnixTime,
    },
    /// The cryptographic library refused to work.
    #[error("OpenSSL failed")]
    Library(#[source] openssl::error::ErrorStack),
}

impl TspError {
    /// The last word of the fault (§6.1, §6.4).
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Imprint | Self::Malformed(_) | Self::Ber | Self::TooLarge(_) => Code::MalformedSignature,
            Self::NotGranted(_) | Self::NoToken => Code::TimestampingFailed,
            Self::NoAuthority => Code::NoTimestampingProviderFound,
            Self::UnknownSigner => Code::TspCertificateNotFound,
            Self::SignerCount(_) => Code::TimestampTokenSignerInfoNotFound,
            Self::Algorithm(_)
            | Self::Attribute(_)
            | Self::Signature
            | Self::SignerValidity { .. }
            | Self::Library(_) => Code::TimestampSignerVerificationFailed,
        }
    }
}
