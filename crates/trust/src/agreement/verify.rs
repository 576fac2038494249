//! Verifying the signatures of an agreement.

use bytes::Bytes;
use simpul_core::{DigestAlgorithm, MemberId, UnixTime};
use simpul_wire::xml;

use super::{AgreementError, Container, URI, policy};
use crate::cert::Certificate;
use crate::conf::GlobalConf;
use crate::seal::chain::{Data, Sources};
use crate::seal::{self, Demand, Material, Outcome, SealError, Signature, Subject, c14n};
use crate::tsp;

/// An agreement and the members that have signed it: made by [`verify`] and in no other way.
#[derive(Clone, Debug)]
pub struct SignedAgreement {
    json: Bytes,
    signers: Vec<Signer>,
}

/// One member's signature.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The member that the certificate names.
    pub member: MemberId,
    /// When it was signed: by the timestamp if there is one, or else as the signer says.
    pub time: UnixTime,
    /// Whether `time` is that of a timestamp.
    pub stamped: bool,
    /// The certificate that signed.
    pub certificate: Certificate,
}

impl SignedAgreement {
    /// The octets that were signed.
    #[must_use]
    pub fn json(&self) -> &Bytes {
        &self.json
    }

    /// Who has signed, each member once, in the order of the signatures; nobody for a draft.
    #[must_use]
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// Fails unless all of `parties` and nobody else have signed.
    pub fn demand(&self, parties: &[MemberId]) -> Result<(), AgreementError> {
        let signed = |member: &MemberId| self.signers.iter().any(|s| s.member == *member);
        if let Some(missing) = parties.iter().find(|party| !signed(party)) {
            return Err(AgreementError::NotSigned(missing.clone()));
        }
        match self.signers.iter().find(|s| !parties.contains(&s.member)) {
            Some(other) => Err(AgreementError::NoParty(other.member.clone())),
            None => Ok(()),
        }
    }
}

/// Verifies every signature in a container by the rules of a message seal (wire.md §5.4, rules 1 to 8) and of the
/// agreement policy. One that does not hold makes the whole container nothing.
///
/// The member is the one that the signature claims and the certificate proves. Certificate and OCSP responses are
/// judged at the time of the signature's timestamp, or at `at` where there is none; a timestamp after `at` is refused.
/// Who must have signed is asked with [`SignedAgreement::demand`].
pub fn verify(octets: &[u8], conf: &GlobalConf, at: UnixTime) -> Result<SignedAgreement, AgreementError> {
    let Container { json, signatures } = Container::read(octets)?;
    let mut signers: Vec<Signer> = Vec::new();
    for (signature, number) in signatures.iter().zip(1..) {
        let signer = one(&json, signature, number, conf, at)?;
        if signers.iter().any(|other| other.member == signer.member) {
            return Err(AgreementError::Twice(signer.member));
        }
        signers.push(signer);
    }
    Ok(SignedAgreement { json, signers })
}

fn one(json: &Bytes, octets: &[u8], number: usize, conf: &GlobalConf, at: UnixTime) -> Result<Signer, AgreementError> {
    let refused = |cause| AgreementError::Signature { number, cause };
    let text = c14n::normalized(seal::signature_text(octets).map_err(refused)?);
    let document = xml::parse(&text).map_err(|e| refused(SealError::Xml(e)))?;
    let signature = Signature::read(&document, Demand::Message).map_err(refused)?;
    let agreement = signature.references.iter().filter(|r| r.uri == URI).count();
    if agreement != 1 || signature.references.len() != 2 {
        return Err(AgreementError::References(number));
    }
    let claimed = signature.role.as_ref().and_then(|role| role.parse::<MemberId>().ok());
    let (claimed, signed_at) = claimed.zip(signature.signing_time).ok_or(AgreementError::Unsaid(number))?;
    let stamped = timestamp(&signature, number, conf, at)?;

    let policy = policy();
    let required = [URI.to_owned()];
    let material = Material { sources: &Json(json), chain_result: None, required: &required, policy: Some(&policy) };
    let facts = seal::verify(&signature, &material, &claimed, conf, stamped.unwrap_or(at)).map_err(refused)?;
    let named = facts.checks.iter().find(|c| c.subject == Subject::SigningCertificateDigest);
    if named.is_none_or(|check| check.outcome != Outcome::Held) {
        return Err(AgreementError::CertificateNotNamed(number));
    }
    Ok(Signer {
        member: facts.member,
        time: stamped.unwrap_or(signed_at),
        stamped: stamped.is_some(),
        certificate: facts.signer,
    })
}

/// The time of the timestamp over the signature value, if there is one (§6.2).
fn timestamp(
    signature: &Signature<'_>,
    number: usize,
    conf: &GlobalConf,
    at: UnixTime,
) -> Result<Option<UnixTime>, AgreementError> {
    let token = match signature.unsigned.timestamps.as_slice() {
        [] => return Ok(None),
        [(token, _)] => token,
        _ => return Err(AgreementError::TimestampOrder(number)),
    };
    let facts = tsp::verify_token(token, &signature.value, &conf.tsa_certificates())
        .map_err(|cause| AgreementError::Timestamp { number, cause })?;
    match facts.gen_time > at {
        true => Err(AgreementError::TimestampOrder(number)),
        false => Ok(Some(facts.gen_time)),
    }
}

/// The agreement is all that a signature may refer to.
struct Json<'a>(&'a Bytes);

impl Sources for Json<'_> {
    fn chain(&self, _: &str) -> Option<&[u8]> {
        None
    }

    fn data(&self, uri: &str, _: DigestAlgorithm) -> Data<'_> {
        if uri == URI { Data::Octets(self.0) } else { Data::Unknown }
    }
}
