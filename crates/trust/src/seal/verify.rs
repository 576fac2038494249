//! The rules of a seal, in X-Road's order (wire.md §5.4).

use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};
use simpul_core::{MemberId, UnixTime, limits};
use simpul_wire::{Seal, xml};

use super::SealError;
use super::algorithm::{Scheme, SignatureAlgorithm};
use super::c14n::{self, Canonicalization};
use super::chain::{self, Data, DataRef, Sources};
use super::facts::{Check, SealFacts, Subject};
use super::parts::{self, CHAIN_RESULT, Parts, Received};
use super::signature::{Demand, Policy, Reference, Signature};
use crate::agreement;
use crate::cert::{self, Certificate, KeyAlgorithm};
use crate::conf::proven::{self, Signer};
use crate::conf::{ApprovedCa, GlobalConf};
use crate::hash;
use crate::ocsp::{self, OcspError, OcspFacts, OcspRules};
use crate::token;

/// Checks the seal of a message that another security server has sent (§5.4).
///
/// `expected` is the member that must have sealed it: of the client for a request, of the provider for a response.
/// All parts must be covered. Certificates and OCSP responses are judged at `at`.
pub fn check(
    parts: &Parts,
    seal: &Seal,
    expected: &MemberId,
    conf: &GlobalConf,
    at: UnixTime,
) -> Result<SealFacts, SealError> {
    let received =
        Received { parts, chain_result: seal.hash_chain_result.as_deref(), chain: seal.hash_chain.as_deref() };
    let text = text(&seal.signature)?;
    let text = c14n::normalized(text);
    let document = xml::parse(&text).map_err(SealError::Xml)?;
    let signature = Signature::read(&document, Demand::Message)?;
    let required: Vec<String> = parts.uris().collect();
    let subject =
        Material { sources: &received, chain_result: received.chain_result, required: &required, policy: None };
    verify(&signature, &subject, expected, conf, at)
}

/// The text of a signature, if it is not too large and UTF-8.
pub(crate) fn text(signature: &[u8]) -> Result<&str, SealError> {
    if signature.len() > limits::SIGNATURE_XML {
        return Err(SealError::TooLarge(signature.len()));
    }
    std::str::from_utf8(signature).map_err(|e| SealError::Xml(xml::XmlError::NotUtf8(e)))
}

/// What a signature is about.
pub(crate) struct Material<'a> {
    pub(crate) sources: &'a dyn Sources,
    pub(crate) chain_result: Option<&'a [u8]>,
    /// URIs that must be covered.
    pub(crate) required: &'a [String],
    /// The policy that the signature must be made under. A message may be under any but that of agreements.
    pub(crate) policy: Option<&'a Policy>,
}

/// Rules 3 to 8. Rules 1 and 2 are [`Signature::read`].
pub(crate) fn verify(
    signature: &Signature<'_>,
    material: &Material<'_>,
    expected: &MemberId,
    conf: &GlobalConf,
    at: UnixTime,
) -> Result<SealFacts, SealError> {
    let mut checks = vec![Check::held(Subject::Structure)];
    let policy = purpose(signature, material.policy)?;
    let mut data = chained(signature, material, &mut checks)?;

    let key = key(signature, expected);
    let known = conf.proven().signers.at(&key, at);
    let signer = match &known {
        Some(known) => known.certificate.clone(),
        None => signer_of(signature, expected, conf)?,
    };
    checks.extend([Check::held(Subject::KeyUsage), Check::held(Subject::Member)]);

    references(signature, material.sources, &mut data)?;
    value(signature, &signer)?;
    checks.push(Check::held(Subject::SignatureValue));
    if let Some(uri) = material.required.iter().find(|uri| !data.iter().any(|d| d.verified && parts::same(&d.uri, uri)))
    {
        return Err(SealError::NotCovered(uri.clone()));
    }
    checks.push(Check::held(Subject::Coverage));

    let Signer { path, ocsp, .. } = match known {
        Some(known) => known,
        None => {
            let (known, until) = certificates(signature, &signer, expected, conf, at)?;
            conf.proven().signers.keep(key, at, until, known.clone());
            known
        }
    };
    checks.extend([Check::held(Subject::CertificatePath), Check::held(Subject::Ocsp)]);
    checks.push(certificate_digest(signature, &signer));
    checks.push(Check::skipped(Subject::SigningTime, "only the signer says so"));
    checks.push(policy);
    checks.push(Check::skipped(Subject::DataObjectFormat, "nothing depends on it"));
    let signed_at = signature.signing_time;
    let member = expected.clone();
    Ok(SealFacts { signer, member, signed_at, algorithm: signature.algorithm, path, ocsp, data, checks })
}

/// What rules 4, 7 and 8 look at: the expected member, and all certificates and OCSP responses.
fn key(signature: &Signature<'_>, expected: &MemberId) -> proven::Key {
    let extra: Vec<&[u8]> = signature.unsigned.certificates.iter().map(Vec::as_slice).collect();
    let ocsp: Vec<&[u8]> = signature.unsigned.ocsp.iter().map(Vec::as_slice).collect();
    proven::key(&[&expected.to_string()], [[signature.certificate.as_slice()].as_slice(), &extra, &ocsp])
}

/// Rule 4: the certificate, if it is one that may sign for the expected member.
fn signer_of(signature: &Signature<'_>, expected: &MemberId, conf: &GlobalConf) -> Result<Certificate, SealError> {
    let signer = Certificate::from_der(&signature.certificate).map_err(SealError::Certificate)?;
    if !signer.is_signing() {
        return Err(SealError::NotSigning { subject: signer.subject_text() });
    }
    let ca = approved_ca(&signer, expected, conf)?;
    let member = ca.member_id(&signer, &expected.instance).map_err(SealError::Subject)?;
    match member == *expected {
        true => Ok(signer),
        false => Err(SealError::OtherMember { certificate: member, expected: expected.clone() }),
    }
}

/// Keeps signatures of messages and of agreements apart: each kind has its own policy, and neither passes for the
/// other, whatever it covers.
fn purpose(signature: &Signature<'_>, demanded: Option<&Policy>) -> Result<Check, SealError> {
    match (demanded, &signature.policy) {
        (Some(demanded), Some(policy)) if policy == demanded => Ok(Check::held(Subject::Policy)),
        (Some(_), _) => Err(SealError::Policy),
        (None, Some(policy)) if policy.identifier.trim() == agreement::POLICY => Err(SealError::Policy),
        (None, _) => Ok(Check::skipped(Subject::Policy, "nothing depends on it")),
    }
}

/// Rule 3: the hash chain, if the signature refers to its result. What it covers.
fn chained(
    signature: &Signature<'_>,
    material: &Material<'_>,
    checks: &mut Vec<Check>,
) -> Result<Vec<DataRef>, SealError> {
    let referred = signature.refers_to(CHAIN_RESULT);
    match (referred, material.chain_result) {
        (false, None) => checks.push(Check::skipped(Subject::HashChain, "the signature has none")),
        (false, Some(_)) => checks.push(Check::skipped(Subject::HashChain, "the signature does not refer to it")),
        (true, None) => return Err(SealError::NoChain),
        (true, Some(result)) => {
            let required: Vec<&str> = material.required.iter().map(String::as_str).collect();
            let data = chain::verify(result, material.sources, &required).map_err(SealError::Chain)?;
            // A chain commits to digests in their order and not to names: with another order, a body could pass
            // for a message. X-Road writes no other order (§5.2).
            if let Some((found, _)) = data.iter().zip(parts::uris()).find(|(found, expected)| found.uri != *expected) {
                return Err(SealError::PartOrder(found.uri.clone()));
            }
            checks.push(Check::held(Subject::HashChain));
            return Ok(data);
        }
    }
    Ok(Vec::new())
}

/// The approved CA with the name of the certificate's issuer, in the instance of the member (§5.4, rule 7). Where a
/// CA has an old and a new key under one name, it is the one that signed the certificate.
fn approved_ca<'a>(
    signer: &Certificate,
    expected: &MemberId,
    conf: &'a GlobalConf,
) -> Result<&'a ApprovedCa, SealError> {
    let named = conf.approved_cas(&expected.instance, &signer.issuer_der()).collect::<Vec<_>>();
    let ca = match named.as_slice() {
        [only] => Some(*only),
        several => several.iter().copied().find(|ca| signer.is_issued_by(&ca.cert)).or(several.last().copied()),
    };
    match ca {
        None => Err(SealError::UnknownCa { issuer: signer.issuer_text() }),
        Some(ca) if ca.authentication_only => Err(SealError::AuthenticationOnly { ca: ca.name.clone() }),
        Some(ca) => Ok(ca),
    }
}

/// Rule 5, first half: every reference has the digest of what it names.
pub(super) fn references(
    signature: &Signature<'_>,
    sources: &dyn Sources,
    data: &mut Vec<DataRef>,
) -> Result<(), SealError> {
    let is_properties = |r: &&Reference<'_>| r.uri.strip_prefix('#') == Some(signature.signed_properties_id);
    match signature.references.iter().filter(is_properties).count() {
        1 => {}
        n => return Err(SealError::SignedProperties(n)),
    }
    for reference in &signature.references {
        let wrong = || SealError::DataDiffers(reference.uri.to_owned());
        if is_properties(&reference) {
            let method = reference.transform.as_ref().unwrap_or(&Canonicalization::Inclusive);
            let octets = c14n::element(signature.signed_properties, method).map_err(SealError::NotCanonical)?;
            if hash::digest(reference.method, &octets).as_bytes() != reference.digest {
                return Err(wrong());
            }
            continue;
        }
        if reference.transform.is_some() {
            return Err(SealError::Transform(reference.uri.to_owned()));
        }
        let holds = match sources.data(reference.uri, reference.method) {
            Data::Digest(digest) => digest == reference.digest,
            Data::Octets(octets) => hash::digest(reference.method, octets).as_bytes() == reference.digest,
            Data::Elsewhere | Data::Unknown => return Err(SealError::Unresolved(reference.uri.to_owned())),
        };
        if !holds {
            return Err(wrong());
        }
        let (uri, digest) = (reference.uri.to_owned(), reference.digest.clone());
        if !parts::same(&uri, CHAIN_RESULT) {
            data.push(DataRef { uri, algorithm: reference.method, digest, verified: true });
        }
    }
    Ok(())
}

/// Rule 5, second half: the signature value over the canonical SignedInfo.
pub(super) fn value(signature: &Signature<'_>, signer: &Certificate) -> Result<(), SealError> {
    let octets = c14n::element(signature.signed_info, &signature.canonicalization).map_err(SealError::NotCanonical)?;
    let SignatureAlgorithm { scheme, digest } = signature.algorithm;
    let holds = match (scheme, signer.key_algorithm()) {
        (Scheme::RsaPkcs1, KeyAlgorithm::Rsa) => signer.verifies(digest, &octets, &signature.value),
        (Scheme::RsaPss, KeyAlgorithm::Rsa) => pss(signature, signer, &octets).unwrap_or(false),
        (Scheme::Ecdsa, KeyAlgorithm::Ec) => {
            ecdsa_der(&signature.value).is_some_and(|der| signer.verifies(digest, &octets, &der))
        }
        (Scheme::RsaPkcs1 | Scheme::RsaPss, KeyAlgorithm::Ec) | (Scheme::Ecdsa, KeyAlgorithm::Rsa) => false,
    };
    if holds { Ok(()) } else { Err(SealError::Value) }
}

fn pss(signature: &Signature<'_>, signer: &Certificate, octets: &[u8]) -> Result<bool, ErrorStack> {
    let Some(digest) = token::message_digest(signature.algorithm.digest) else { return Ok(false) };
    let mut verifier = Verifier::new(digest, signer.public_key())?;
    verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
    verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
    verifier.verify_oneshot(&signature.value, octets)
}

/// The DER form of `r || s`. Java may have cut leading zeros of both alike, so they meet in the middle (§5.3).
fn ecdsa_der(raw: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = raw.split_at_checked(raw.len() / 2).filter(|(r, s)| r.len() == s.len() && !r.is_empty())?;
    let (r, s) = (BigNum::from_slice(r).ok()?, BigNum::from_slice(s).ok()?);
    EcdsaSig::from_private_components(r, s).ok()?.to_der().ok()
}

/// Rules 7 and 8: the path to the CA, and an OCSP response for every certificate of it but the CA's. Until when that
/// holds.
fn certificates(
    signature: &Signature<'_>,
    signer: &Certificate,
    expected: &MemberId,
    conf: &GlobalConf,
    at: UnixTime,
) -> Result<(Signer, UnixTime), SealError> {
    let ca = &approved_ca(signer, expected, conf)?.cert;
    let unsigned = &signature.unsigned;
    let extra = unsigned.certificates.iter().map(|der| Certificate::from_der(der)).collect::<Result<Vec<_>, _>>();
    let path = cert::verify_path(signer, &extra.map_err(SealError::Certificate)?, ca, at).map_err(SealError::Path)?;
    if unsigned.ocsp.is_empty() {
        return Err(SealError::NoOcsp);
    }
    let mut facts = Vec::new();
    let mut until = proven::path_end(&path);
    for (certificate, issuer) in path.iter().zip(path.iter().skip(1)) {
        let rules = conf.ocsp_rules(issuer);
        let good = good(certificate, issuer, &unsigned.ocsp, &rules, at)?;
        until = until.min(good.until(&rules));
        facts.push(good);
    }
    let subject = || signer.subject_text();
    let first = facts.into_iter().next().ok_or_else(|| SealError::MissingOcsp { subject: subject() })?;
    Ok((Signer { certificate: signer.clone(), path, ocsp: first }, until))
}

/// Rule 8 for one certificate: the first response that is about it decides.
fn good(
    certificate: &Certificate,
    issuer: &Certificate,
    responses: &[Vec<u8>],
    rules: &OcspRules<'_>,
    at: UnixTime,
) -> Result<OcspFacts, SealError> {
    let subject = || certificate.subject_text();
    for response in responses {
        match ocsp::verify(response, certificate, issuer, rules, at) {
            Ok(facts) => return Ok(facts),
            Err(OcspError::OtherCertificate { .. }) => {}
            Err(cause) => return Err(SealError::Ocsp { subject: subject(), cause }),
        }
    }
    Err(SealError::MissingOcsp { subject: subject() })
}

/// Whether the signed properties name the certificate that signed. X-Road does not look (§5.4); the answer is kept
/// for people.
fn certificate_digest(signature: &Signature<'_>, signer: &Certificate) -> Check {
    let subject = Subject::SigningCertificateDigest;
    match &signature.certificate_digest {
        None => Check::skipped(subject, "the signature has none"),
        Some((None, _)) => Check::skipped(subject, "its algorithm is not accepted"),
        Some((Some(algorithm), said)) if hash::digest(*algorithm, signer.der()).as_bytes() == said.as_slice() => {
            Check::held(subject)
        }
        Some((Some(_), _)) => Check::failed(subject, "it names another certificate"),
    }
}
