//! The timestamping authority of a lab (RFC 3161).

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use const_oid::db::rfc5911::{
    ID_AA_SIGNING_CERTIFICATE_V_2, ID_CONTENT_TYPE, ID_MESSAGE_DIGEST, ID_SIGNED_DATA, ID_SIGNING_TIME,
};
use const_oid::db::rfc5912::{ECDSA_WITH_SHA_256, ID_SHA_256, ID_SHA_384, ID_SHA_512, RSA_ENCRYPTION};
use der::asn1::{BitString, Int, ObjectIdentifier, OctetString, SetOfVec, UtcTime};
use der::{Any, Decode, Encode, Sequence, Tag, Tagged};
use simpul_core::{DigestAlgorithm, UnixTime};
use simpul_trust::cert::{Certificate, KeyAlgorithm};
use simpul_trust::hash;
use simpul_trust::token::{Signer, SoftSigner};
use x509_cert::attr::Attribute;
use x509_cert::ext::pkix::name::GeneralName;
use x509_tsp::{Accuracy, TimeStampReq, TspVersion, TstInfo};

use crate::REQUEST;
use crate::ocsp::{algorithm, generalized};

/// The policy of X-Road's test authority (wire.md §10.3).
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.3.4.1");

/// id-ct-TSTInfo (RFC 3161 §2.4.2).
const ID_CT_TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// Bits of PKIFailureInfo (RFC 3161 §2.4.2).
const BAD_ALG: u8 = 0;
const BAD_DATA_FORMAT: u8 = 5;
const UNACCEPTED_POLICY: u8 = 15;
const UNACCEPTED_EXTENSION: u8 = 16;
const SYSTEM_FAILURE: u8 = 25;

/// Answers a TimeStampReq with a TimeStampResp, both DER.
///
/// The token says `at`, in whole seconds, and `serial`, which the caller must not use twice. Digests SHA-256,
/// SHA-384 and SHA-512 are stamped, under the policy 1.2.3.4.1 only. The signer's certificate comes along only if certReq asks
/// for it, and the token names it by ESSCertIDv2; a nonce is echoed. What cannot be stamped is answered with status
/// rejection and the reason.
#[must_use]
pub fn respond(signer: &SoftSigner, request: &[u8], at: UnixTime, serial: u64) -> Vec<u8> {
    let request = request.get(..REQUEST.min(request.len())).unwrap_or_default();
    let answer = TimeStampReq::from_der(request)
        .map_err(|_| Refusal(BAD_DATA_FORMAT))
        .and_then(|asked| acceptable(&asked).map(|()| asked))
        .and_then(|asked| token(signer, &asked, at, serial).map_err(|_| Refusal(SYSTEM_FAILURE)));
    match answer {
        Ok(token) => granted(&token),
        Err(Refusal(bit)) => rejection(bit),
    }
    .unwrap_or_default()
}

/// A bit of PKIFailureInfo.
struct Refusal(u8);

fn acceptable(asked: &TimeStampReq) -> Result<(), Refusal> {
    let algorithm = &asked.message_imprint.hash_algorithm;
    let size = match algorithm.oid {
        ID_SHA_256 => DigestAlgorithm::Sha256.size(),
        ID_SHA_384 => DigestAlgorithm::Sha384.size(),
        ID_SHA_512 => DigestAlgorithm::Sha512.size(),
        _ => return Err(Refusal(BAD_ALG)),
    };
    let null = algorithm.parameters.as_ref().is_none_or(|p| p.tag() == Tag::Null);
    if !null || asked.message_imprint.hashed_message.as_bytes().len() != size {
        return Err(Refusal(BAD_DATA_FORMAT));
    }
    if asked.req_policy.is_some_and(|policy| policy != POLICY) {
        return Err(Refusal(UNACCEPTED_POLICY));
    }
    match asked.extensions.iter().flatten().next() {
        Some(_) => Err(Refusal(UNACCEPTED_EXTENSION)),
        None => Ok(()),
    }
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("cannot encode")]
    Encoding(#[source] der::Error),
    #[error("cannot sign")]
    Signing(#[source] simpul_trust::token::SignError),
}

fn token(signer: &SoftSigner, asked: &TimeStampReq, at: UnixTime, serial: u64) -> Result<Vec<u8>, Failure> {
    let own = x509_cert::Certificate::from_der(signer.certificate().der()).map_err(Failure::Encoding)?;
    let info = info(asked, &own, at, serial).map_err(Failure::Encoding)?;
    let attributes = attributes(signer.certificate(), &info, at).map_err(Failure::Encoding)?;
    let signed = attributes.to_der().map_err(Failure::Encoding)?;
    let signature = signer.sign_now(DigestAlgorithm::Sha256, &signed).map_err(Failure::Signing)?;
    let sha256 = || algorithm(ID_SHA_256, true);
    let build = || -> der::Result<Vec<u8>> {
        let signer_info = SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                issuer: own.tbs_certificate.issuer.clone(),
                serial_number: own.tbs_certificate.serial_number.clone(),
            }),
            digest_alg: sha256(),
            signed_attrs: Some(attributes),
            signature_algorithm: match signer.certificate().key_algorithm() {
                KeyAlgorithm::Rsa => algorithm(RSA_ENCRYPTION, true),
                KeyAlgorithm::Ec => algorithm(ECDSA_WITH_SHA_256, false),
            },
            signature: OctetString::new(signature)?,
            unsigned_attrs: None,
        };
        let certificates = match asked.cert_req {
            true => Some(CertificateSet(SetOfVec::try_from(vec![CertificateChoices::Certificate(own.clone())])?)),
            false => None,
        };
        let signed_data = SignedData {
            version: CmsVersion::V3,
            digest_algorithms: SetOfVec::try_from(vec![sha256()])?,
            encap_content_info: EncapsulatedContentInfo {
                econtent_type: ID_CT_TST_INFO,
                econtent: Some(Any::encode_from(&OctetString::new(info)?)?),
            },
            certificates,
            crls: None,
            signer_infos: SignerInfos(SetOfVec::try_from(vec![signer_info])?),
        };
        ContentInfo { content_type: ID_SIGNED_DATA, content: Any::encode_from(&signed_data)? }.to_der()
    };
    build().map_err(Failure::Encoding)
}

fn info(asked: &TimeStampReq, own: &x509_cert::Certificate, at: UnixTime, serial: u64) -> der::Result<Vec<u8>> {
    TstInfo {
        version: TspVersion::V1,
        policy: POLICY,
        message_imprint: asked.message_imprint.clone(),
        serial_number: unsigned(serial)?,
        gen_time: generalized(at)?,
        accuracy: Some(Accuracy { seconds: Some(1), millis: None, micros: None }),
        ordering: false,
        nonce: asked.nonce.clone(),
        tsa: Some(GeneralName::DirectoryName(own.tbs_certificate.subject.clone())),
        extensions: None,
    }
    .to_der()
}

/// A non-negative INTEGER: a zero octet before a high bit (X.690 §8.3).
fn unsigned(n: u64) -> der::Result<Int> {
    let octets: Vec<u8> = [0].into_iter().chain(n.to_be_bytes()).collect();
    let zeros = octets.windows(2).take_while(|w| matches!(w, [0, next] if next & 0x80 == 0)).count();
    Int::new(octets.get(zeros..).unwrap_or_default())
}

/// RFC 5035 §3: `SEQUENCE { certs SEQUENCE OF ESSCertIDv2 }`.
#[derive(Sequence)]
struct SigningCertificateV2 {
    certs: Vec<EssCertIdV2>,
}

/// RFC 5035 §4: the digest is SHA-256, which DER leaves out as the default.
#[derive(Sequence)]
struct EssCertIdV2 {
    cert_hash: OctetString,
}

fn attributes(certificate: &Certificate, info: &[u8], at: UnixTime) -> der::Result<SetOfVec<Attribute>> {
    let digest = hash::digest(DigestAlgorithm::Sha256, info);
    let ess = SigningCertificateV2 {
        certs: vec![EssCertIdV2 { cert_hash: OctetString::new(certificate.sha256().as_slice())? }],
    };
    let signing_time = match UtcTime::try_from(generalized(at)?.to_date_time()) {
        Ok(utc) => Any::encode_from(&utc)?,
        Err(_) => Any::encode_from(&generalized(at)?)?,
    };
    let one = |oid, value| Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? });
    let all: [der::Result<Attribute>; 4] = [
        one(ID_CONTENT_TYPE, Any::encode_from(&ID_CT_TST_INFO)?),
        one(ID_SIGNING_TIME, signing_time),
        one(ID_MESSAGE_DIGEST, Any::encode_from(&OctetString::new(digest.as_bytes())?)?),
        one(ID_AA_SIGNING_CERTIFICATE_V_2, Any::encode_from(&ess)?),
    ];
    SetOfVec::try_from(all.into_iter().collect::<der::Result<Vec<_>>>()?)
}

/// `TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken OPTIONAL }`.
#[derive(Sequence)]
struct Response {
    status: StatusInfo,
    #[asn1(optional = "true")]
    token: Option<Any>,
}

/// `PKIStatusInfo ::= SEQUENCE { status INTEGER, statusString OPTIONAL, failInfo BIT STRING OPTIONAL }`.
#[derive(Sequence)]
struct StatusInfo {
    status: u8,
    #[asn1(optional = "true")]
    failure: Option<BitString>,
}

fn granted(token: &[u8]) -> der::Result<Vec<u8>> {
    Response { status: StatusInfo { status: 0, failure: None }, token: Some(Any::from_der(token)?) }.to_der()
}

fn rejection(bit: u8) -> der::Result<Vec<u8>> {
    let octets = 1_u32.checked_shl(31_u32.saturating_sub(u32::from(bit))).unwrap_or(0).to_be_bytes();
    let used: Vec<u8> = octets.into_iter().take(usize::from(bit / 8) + 1).collect();
    let failure = Some(BitString::new(7 - bit % 8, used)?);
    Response { status: StatusInfo { status: 2, failure }, token: None }.to_der()
}
